"""A run's trace as a picture: a bar for each resource, and those that the run waited for one after the other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

RESOURCES = 2  # the group of a trace's events in which the resources are
LATE = 0.5  # seconds by which one that was waited for may seem to end after what waited for it has begun
LEFT, RIGHT, ROW, TOP, FOOT = 340, 860, 18, 64, 30  # pixels: the names, the bars, a line, what is above and below
INK, FAINT, BAR, AFTER, PATH = "#1f2328", "#d0d7de", "#9ecbff", "#ddf4ff", "#cf222e"


@dataclass
class Bar:
    """What happened to a resource: made, perhaps waited for until ready, perhaps completed when all else was there.

    Seconds of the run.
    """

    name: str
    label: str  # as a person says it
    began: float
    done: float
    ready: float
    later: list[tuple[float, float]] = field(default_factory=list)


def bars(trace: Mapping[str, Any]) -> dict[str, Bar]:
    """By resource, in the order in which they began."""
    found: dict[str, Bar] = {}
    events = (one for one in trace["traceEvents"] if one["ph"] == "X" and one["pid"] == RESOURCES)
    for event in sorted(events, key=lambda event: event["ts"] + event["dur"]):
        label, _, verb = event["name"].rpartition(": ")
        name = event["args"]["resource"]
        began, ended = event["ts"] / 1e6, (event["ts"] + event["dur"]) / 1e6
        if name not in found:
            found[name] = Bar(name, label, began, ended, ended)
        elif verb == "until ready":
            found[name].ready = ended
        else:
            found[name].later.append((began, ended))
    return dict(sorted(found.items(), key=lambda item: (item[1].began, item[1].ready)))


def needs(mermaid: str) -> dict[str, set[str]]:
    """What each resource needs, out of `ecsctl plan --graph mermaid`."""
    names = dict(re.findall(r"(n\d+)\[.*<b>(.*)</b>", mermaid))
    found: dict[str, set[str]] = {name: set() for name in names.values()}
    for need, name in re.findall(r"(n\d+) --> (n\d+)", mermaid):
        found[names[name]].add(names[need])
    return found


def waited_for(found: Mapping[str, Bar], graph: Mapping[str, Collection[str]]) -> list[Bar]:
    """From the first to the last: of what each needs, that which was there last."""
    chain = [max(found.values(), key=lambda bar: bar.ready)]
    while before := [found[name] for name in graph.get(chain[0].name, ()) if name in found]:
        chain.insert(0, max(before, key=lambda bar: _let_go(bar, chain[0])))
    return chain


def _let_go(bar: Bar, next_one: Bar) -> float:
    """When what needs a bar could begin: when it was ready, or done, where that was enough for it."""
    return bar.ready if bar.ready <= next_one.began + LATE else bar.done


def draw(found: Mapping[str, Bar], path: list[Bar], heading: str) -> str:
    """The SVG."""
    end = max(max([bar.ready, *(ended for _, ended in bar.later)]) for bar in found.values())
    height = TOP + ROW * len(found) + FOOT
    lines = [*_frame(end, height, heading, path)]
    for number, bar in enumerate(found.values()):
        lines += _row(number, bar, end, on_path=bar in path)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + RIGHT + 60} {height}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">\n' + "\n".join(lines) + "\n</svg>\n"
    )


def _x(seconds: float, end: float) -> float:
    return round(LEFT + RIGHT * seconds / end, 1)


def _text(x: float, y: float, said: str, colour: str = INK, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}"{more}>{escape(said)}</text>'


def _frame(end: float, height: int, heading: str, path: list[Bar]) -> Iterator[str]:
    yield f'<rect width="100%" height="{height}" rx="8" fill="#ffffff"/>'
    yield _text(16, 24, heading, more=' font-weight="bold"')
    chain = " → ".join(bar.label for bar in path if bar.ready - bar.began >= end / 50)
    yield _text(16, 44, f"it waited for: {chain}", PATH)
    step = next(step for step in (1, 2, 5, 10, 20, 30, 60, 120, 300) if end / step <= 12)
    for number in range(int(end // step) + 1):
        x = _x(number * step, end)
        yield f'<line x1="{x}" y1="{TOP - 6}" x2="{x}" y2="{height - FOOT + 4}" stroke="{FAINT}"/>'
        yield _text(x, height - 10, f"{number * step} s", more=' text-anchor="middle"')


def _row(number: int, bar: Bar, end: float, *, on_path: bool) -> Iterator[str]:
    y = TOP + ROW * number
    colour = PATH if on_path else INK
    yield _text(LEFT - 10, y + 12, bar.label, colour, ' text-anchor="end"')
    for began, ended, fill in (
        (bar.began, bar.done, BAR),
        (bar.done, bar.ready, AFTER),
        *((began, ended, BAR) for began, ended in bar.later),
    ):
        width = max(_x(ended, end) - _x(began, end), 2.0 if fill == BAR else 0.0)
        stroke = f' stroke="{PATH}" stroke-width="1.5"' if on_path and ended <= bar.ready else ""
        if width:
            yield (f'<rect x="{_x(began, end)}" y="{y + 2}" width="{width:.1f}" height="{ROW - 5}" rx="2" '
                   f'fill="{fill}"{stroke}/>')  # fmt: skip
    if bar.ready - bar.began >= end / 40:
        yield _text(_x(bar.ready, end) + 5, y + 12, f"{bar.ready - bar.began:.0f} s", colour)
