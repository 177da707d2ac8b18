"""What is written from the model: a new ecsctl.toml, and the table of all options in docs/config.md."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecsctl.config.json_schema import Node, document, is_table, meant, node, options
from ecsctl.config.model import Config
from ecsctl.config.printing import toml
from ecsctl.config.tree import Path, dotted

SCHEMA = "ecsctl.schema.json"
"""The schema's file name next to the file that refers to it."""

_WIDTH = 80
_FOUND = (
    "What ecsctl makes of this repository. All other options are at their defaults: ecsctl config options lists "
    "them, and ecsctl init --force --all-options writes them all here, as comments."
)
_EVERY = (
    "What ecsctl makes of this repository. Every option is here: behind a # at its default, or with an example where "
    "it has none."
)
_TLS = "TLS needs a name in a public hosted zone. Without one the app is served by HTTP only."
_IN_TLS = ("name", "hosted_zone")
_BEGIN, _END = "<!-- options: python -m ecsctl.config writes them -->", "<!-- end of options -->"


def template(
    values: Mapping[str, Any],
    remarks: Mapping[str, Sequence[str]] | None = None,
    workers: Mapping[str, tuple[str, Sequence[str]]] | None = None,
    doubts: Sequence[str] = (),
    *,
    every: bool = False,
) -> str:
    """The text of an ecsctl.toml that sets `values`; with `every`, all other options in comments, at their defaults.

    `remarks` are sentences by the table that they are about, as comments, or items of a list; `workers` are proposed,
    as comments too, by name: where each was found, and its command. `doubts` come first: a person has to decide on
    them.
    """
    alone = values.get("service", {}).get("web") is False  # then something else has to run
    lines = [f"#:schema ./{SCHEMA}", *_comment(_EVERY if every else _FOUND), ""]
    if doubts:
        lines.append("# To check before the first ecsctl up; the repository does not settle it:")
        lines += [line for doubt in doubts for line in _comment(doubt, "- ")] + [""]
    tables = {key: below for key in Config.model_fields if is_table(below := _node((key,)))}
    top = [(key,) for key in Config.model_fields if key not in tables]
    lines += _options(top, values) if every else _set(top, values)
    if not every and "domain" not in values and not alone:
        lines += ["", *_comment(_TLS), "# [domain]", *(f"# {key} = {_example(('domain', key))}" for key in _IN_TLS)]
    for key, below in tables.items():
        own, said = values.get(key, {}), (remarks or {}).get(key, ())
        if not (every or own or said):
            continue
        # A table that has an effect just by existing stays a comment until it is needed.
        off = Config.model_fields[key].default_factory is None and key not in values
        lines += ["", *(_comment(below["description"]) if every else ()), f"{'# ' if off else ''}[{key}]"]
        for remark in said:
            lead = "- " if remark.startswith("- ") else ""
            lines += _comment(remark.removeprefix(lead), lead)
        paths = [(key, option) for option in below["properties"]]
        lines += _options(paths, own, off=off) if every else _set(paths, own)
    for name, (who, command) in (workers or {}).items():
        comment = who if alone else f"{who}: as a worker, once the lines below are no comment"
        table = [f"[workers.{name}]", *([f"command = {toml(list(command))}"] if command else [])]
        lines += ["", *_comment(comment), *(one if alone else f"# {one}" for one in table)]
    return "\n".join(lines) + "\n"


def table() -> str:
    """Every option as Markdown: key, value, default and meaning, in a table for each table of the file."""
    lines: list[str] = []
    sections: dict[Path, list[tuple[Path, Node]]] = {}
    for path, option in options():
        sections.setdefault(path[:-1], []).append((path, option))
    for section, inside in sections.items():
        title = [f"### `[{dotted(section)}]`", _node(section)["description"]] if section else ["### At the top"]
        lines += ["", *title, "", "| key | value | default | meaning |", "|---|---|---|---|"]
        for path, option in inside:
            default = "**required**" if path[-1] in _node(section).get("required", ()) else ""
            if "default" in option:
                default = f"`{toml(option['default'])}`"
            lines.append(f"| `{path[-1]}` | {meant(option)} | {default} | {option['description']} |")
    return "\n".join(lines).strip("\n") + "\n"


def listed(word: str = "") -> Iterator[tuple[str, str, str]]:
    """For each option whose dotted name contains `word`: that name, the default in words, and what it means."""
    for path, option in options():
        name = dotted(path)
        if word.lower() not in name:
            continue
        required = path[-1] in _node(path[:-1]).get("required", ())
        default = "required" if required else f"default: {toml(option['default'])}" if "default" in option else ""
        yield name, f"{meant(option)}; {default}" if default else meant(option), option["description"]


def refreshed(page: str) -> str:
    """A Markdown page with the options' table in it regenerated. Raises ValueError if it has no place for one."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"the page lacks {_BEGIN} or {_END}")
    return f"{before}{_BEGIN}\n{table()}{_END}{after}"


def _set(paths: Sequence[Path], values: Mapping[str, Any]) -> list[str]:
    return [f"{path[-1]} = {toml(values[str(path[-1])])}" for path in paths if path[-1] in values]


def _options(paths: Sequence[Path], values: Mapping[str, Any], *, off: bool = False) -> list[str]:
    """Each option with what it says of itself. In a table that is `off` nothing is at its default: all are examples."""
    lines: list[str] = []
    for path in paths:
        option, key = _node(path), path[-1]
        lines += _comment(option["description"])
        if key in values:
            lines += _set([path], values)
        elif off and "examples" not in option and "default" in option:
            lines.append(f"# {key} = {toml(option['default'])}  # an example")
        elif option.get("default") not in (None, [], {}) and not off:
            lines.append(f"# {key} = {toml(option['default'])}")
        else:
            lines.append(f"# {key} = {_example(path)}  # an example" if "examples" in option else f'# {key} = ""')
    return lines


def _example(path: Path) -> str:
    return toml(_node(path)["examples"][0])


def _node(path: Path) -> Node:
    return node(path) or document()


def _comment(text: str, lead: str = "") -> list[str]:
    """The lines of a comment, none of which can be mistaken for an option that is commented out."""
    text = re.sub(r"[\x00-\x1f\x7f]", " ", text)  # a file's name may contain them, and a TOML comment may not
    lines: list[str] = []
    for width in range(_WIDTH, _WIDTH - 20, -1):
        lines = textwrap.wrap(
            text,
            width,
            initial_indent=f"# {lead}",
            subsequent_indent="# " + " " * len(lead),
            break_on_hyphens=False,
            break_long_words=False,
        )
        if not any(re.match(r"# \w+ = ", line) for line in lines):
            break
    return lines
