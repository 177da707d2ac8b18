"""A stack's graph as Mermaid text, for the docs and for the curious."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ecsctl.ui.safe import safe


def mermaid(graph: Mapping[str, Collection[str]], titles: Mapping[str, str]) -> str:
    """The graph as a Mermaid flowchart: an arrow leads from what is needed to what needs it.

    `graph` has for each name what it needs, `titles` what it is. An arrow that others imply is left out.
    """
    numbers = {name: f"n{number}" for number, name in enumerate(graph)}
    lines = [
        "flowchart LR",
        *(f'  {numbers[name]}["{_label(titles.get(name, ""))}<br/><b>{_label(name)}</b>"]' for name in graph),
    ]
    lines += [f"  {numbers[need]} --> {numbers[name]}" for name in graph for need in _direct(graph, name)]
    return "\n".join(lines) + "\n"


def _direct(graph: Mapping[str, Collection[str]], name: str) -> list[str]:
    """The nodes that a node needs directly, without those that others of them need already."""
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
    """The text in the form that Mermaid shows unchanged."""
    return "".join(one if one.isalnum() or one in " -_./:," else f"#{ord(one)};" for one in safe(text))
