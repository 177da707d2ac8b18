"""Pictures for the docs: a stack's graph as Mermaid text, and a terminal's text as SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from ecsctl.ui.safe import safe


def mermaid(
    graph: Mapping[str, Collection[str]], titles: Mapping[str, str], groups: Mapping[str, str] | None = None
) -> str:
    """The graph as a Mermaid flowchart: an arrow leads from what is needed to what needs it.

    `graph` tells for each name what it needs, `titles` what it is, `groups` in which box it is drawn. An arrow that
    others imply is left out.
    """
    numbers = {name: f"n{number}" for number, name in enumerate(graph)}
    boxes: dict[str, list[str]] = {}
    for name in graph:
        boxes.setdefault((groups or {}).get(name, ""), []).append(name)
    lines = ["flowchart LR"]
    for number, (box, names) in enumerate(boxes.items()):
        inside = [f'{numbers[name]}["{_label(titles.get(name, ""))}<br/><b>{_label(name)}</b>"]' for name in names]
        if box:
            lines += [f'  subgraph g{number}["{_label(box)}"]', *(f"    {line}" for line in inside), "  end"]
        else:
            lines += [f"  {line}" for line in inside]
    lines += [f"  {numbers[need]} --> {numbers[name]}" for name in graph for need in _direct(graph, name)]
    return "\n".join(lines) + "\n"


def svg(text: str, *, title: str, width: int = 100) -> str:
    """A terminal's text, with its ANSI colours, as an SVG of a terminal window that loads nothing from outside."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(text))
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title=title, code_format=form, unique_id="terminal")


def _direct(graph: Mapping[str, Collection[str]], name: str) -> list[str]:
    """What a node needs and nothing else that it needs needs already."""
    implied = {far for need in graph[name] for far in _reached(graph, need)}
    return [need for need in graph if need in graph[name] and need not in implied]


def _reached(graph: Mapping[str, Collection[str]], start: str) -> set[str]:
    """All that a node needs, near and far."""
    found: set[str] = set()
    todo = list(graph[start])
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(graph[name])
    return found


def _label(text: str) -> str:
    """The text as Mermaid shows it, whatever is in it."""
    return "".join(one if one.isalnum() or one in " -_./:," else f"#{ord(one)};" for one in safe(text))
