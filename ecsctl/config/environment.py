"""ECSCTL_* variables as values of options: ECSCTL_REGION, ECSCTL_SERVICE__PORT, ECSCTL_SERVICE__ENVIRONMENT__LOG_LEVEL.

pydantic-settings does most of this, but converts the names of an app's variables to lower case and ignores an unknown
ECSCTL_ variable, which usually is a typing mistake.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from ecsctl.config.form import Node, is_table, node, options, tables
from ecsctl.config.lines import Path
from ecsctl.config.mistakes import Source, nearest

PREFIX = "ECSCTL_"
RESERVED = frozenset(
    f"{PREFIX}{name}" for name in ("STATE", "SANDBOX", "SANDBOX_SPEED", "CONTAINERS", "REGISTRY", "DEBUG", "YES")
)
"""Variables that are not options of ecsctl.toml: the state file's path, and options of the command line."""


def variable(path: Path) -> str:
    """The variable that sets the option at a path."""
    return PREFIX + "__".join(str(part).upper() for part in path)


def read(environ: Mapping[str, str] | None = None) -> tuple[Source, list[str]]:
    """The options that the environment sets, and its mistakes. An empty variable counts as not set."""
    values: dict[str, Any] = {}
    places: dict[Path, str] = {}
    wrong = []
    for name, text in sorted((os.environ if environ is None else environ).items()):
        if not name.startswith(PREFIX) or name in RESERVED or not text:
            continue
        path = _path(name.removeprefix(PREFIX).split("__"))
        if path is None:
            wrong.append(f"{name}: no such option{_suggestion(name)}")
            continue
        places[path] = name
        table = values
        for part in path[:-1]:
            table = table.setdefault(part, {})
        table[path[-1]] = _value(text, node(path) or {})
    return Source(values, places, "the environment"), wrong


def _path(words: list[str]) -> tuple[str, ...] | None:
    """The option that a variable's name leads to. Below a free map the rest is one key, unchanged.

    The name of a table that the user chooses is in lower case.
    """
    path: tuple[str, ...] = ()
    while words:
        here = node(path)
        if here is None or here.get("type") != "object":
            return None
        if not is_table(here) and not (tables(here) and words[1:]):
            return (*path, "__".join(words))
        if is_table(here) and words[0].lower() not in here["properties"]:
            return None
        path, words = (*path, words[0].lower()), words[1:]
    here = node(path)
    return None if here is None or here.get("type") == "object" else path


def _value(text: str, node: Node) -> Any:
    """The variable's text converted to the option's type. If that is impossible it stays text, and is refused later."""
    match node.get("type"):
        case "integer":
            return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip()) else text
        case "boolean":
            return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower(), text)
        case "array":
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                return text
        case _:
            return text


def _suggestion(name: str) -> str:
    word = name.removeprefix(PREFIX)
    known = sorted(one.removeprefix(PREFIX) for one in {variable(path) for path, _ in options()} | RESERVED)
    ends = [one for one in known if one.endswith(f"__{word}")]
    near = ends[0] if ends else nearest(word, known)
    return f"; did you mean {PREFIX}{near}?" if near else "; docs/config.md names them all"
