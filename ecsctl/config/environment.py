"""Values from variables: ECSCTL_* of the environment, and the dotenv file that service.environment_file names.

ECSCTL_REGION, ECSCTL_SERVICE__PORT and ECSCTL_SERVICE__ENVIRONMENT__LOG_LEVEL set options of ecsctl.toml.
pydantic-settings does most of this, but converts the names of an app's variables to lower case and ignores an unknown
ECSCTL_ variable, which usually is a typing mistake.

python-dotenv parses the dotenv file. `${NAME}` and `$NAME` stay unchanged in it: otherwise a container's variables
would depend on the environment of whoever runs ecsctl.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

from ecsctl import files
from ecsctl.config.json_schema import Node, is_map_of_tables, is_table, node, options
from ecsctl.config.mistakes import Source, nearest
from ecsctl.config.tables import texts
from ecsctl.config.tree import Path
from ecsctl.errors import ConfigError

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
        if not is_table(here) and not (is_map_of_tables(here) and words[1:]):
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
    return f"; did you mean {PREFIX}{near}?" if near else "; ecsctl config options lists them all"


FILE_BYTES = 65536  # bytes: no task definition has more
FILE_KEY = "service.environment_file"


def dotenv(values: Mapping[str, Any], folder: File) -> tuple[Source | None, list[str]]:
    """The variables of the file that `values` name, below `folder`, and its mistakes; None if none is named.

    An invalid path is left to the check of the configuration as a whole.
    """
    table = values.get("service")
    name = table.get("environment_file") if isinstance(table, Mapping) else None
    if not isinstance(name, str) or not re.fullmatch(texts.WITHIN, name):
        return None, []
    from dotenv.parser import parse_stream

    text = _dotenv_text(folder, name)
    found: dict[str, str] = {}
    places: dict[Path, str] = {}
    wrong = []
    for one in parse_stream(io.StringIO(text)):
        place = f"{name}:{one.original.line}"
        if one.error:
            wrong.append(f"{place}: expected NAME=value, found a line that is not shown")
        elif one.key is not None and one.value is None:
            wrong.append(f"{place}: {_name_shown(one.key)} has no value: expected {_name_shown(one.key)}=value")
        elif one.key is not None:
            found[one.key] = one.value or ""
            places["service", "environment", one.key] = place
    return Source({"service": {"environment": found}}, places, name), wrong


def dotenv_warnings(variables: Mapping[str, str], file: Source) -> Iterator[str]:
    """A sentence for each variable of the file that seems to contain a placeholder."""
    for name, value in file.values["service"]["environment"].items():
        if variables.get(name) == value and re.search(r"\$\{\w+", value):
            place = file.place(("service", "environment", name))
            problem = f"{_name_shown(name)} has ${{…}} in its value, which is not filled in"
            yield f"{place}: {problem}: the app gets it unchanged"


def _dotenv_text(folder: File, name: str) -> str:
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ConfigError(
                f"{FILE_KEY}: {name} leads out of {folder}, by a link", hint="name a file below ecsctl.toml"
            )
        content = files.read(path)
    except FileNotFoundError:
        raise ConfigError(f"{FILE_KEY}: there is no file {name} beside ecsctl.toml", hint="fix its path") from None
    except OSError as error:
        raise ConfigError(f"{FILE_KEY}: {name} cannot be read: {error.strerror}", hint="name a file of yours") from None
    if len(content) > FILE_BYTES:
        raise ConfigError(f"{FILE_KEY}: {name} has {len(content)} bytes, expected at most {FILE_BYTES}",
                          hint="a task definition has no room for more")  # fmt: skip
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{FILE_KEY}: {name} is not UTF-8 text", hint="save it as UTF-8") from None
    if "\0" in text:
        raise ConfigError(
            f"{FILE_KEY}: {name} has a NUL byte, which no environment variable can hold", hint="take it out"
        )
    return text


def _name_shown(key: str) -> str:
    return key if re.fullmatch(r"\w{1,60}", key) else "a name that is not shown"
