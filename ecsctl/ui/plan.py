"""A plan as a person reads it: what is created, changed, replaced and removed, and what is in the way."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from rich.text import Text

from ecsctl.engine.plan import HIDDEN, UNKNOWN, Change, Plan, Step, Verb, Why
from ecsctl.engine.report import main_id
from ecsctl.ui import copied
from ecsctl.ui.console import put, stderr_console, stdout_console, write
from ecsctl.ui.diff import Difference, compact, differences
from ecsctl.ui.names import called
from ecsctl.ui.safe import padded, plain, safe

INDENT = " " * 7

SIGNS = {
    Verb.CREATE: ("+", "green"),
    Verb.UPDATE: ("~", "yellow"),
    Verb.REPLACE: ("-/+", "magenta"),
    Verb.DELETE: ("-", "red"),
    Verb.REFUSE: ("!", "bold red"),
    Verb.KEEP: ("=", "dim"),
}
COUNTED = {
    Verb.CREATE: "to create",
    Verb.UPDATE: "to update",
    Verb.REPLACE: "to replace",
    Verb.DELETE: "to delete",
    Verb.REFUSE: "refused",
}
SIDE = {"+": "green", "-": "red", "~": "yellow"}
ORIGIN = {Why.DRIFT: "drift: changed outside ecsctl", Why.CONFIG: "your change", Why.FOLLOWS: "follows",
          Why.STATE: "its state on AWS", Why.BACK: "rolled back",
          Why.UNFINISHED: "left by an unfinished run",
          Why.OTHERWISE: "sent before; AWS shows another value"}  # fmt: skip


class Estimate(Protocol):
    """The costs and the duration of a run, in words and numbers."""

    @property
    def after(self) -> float:
        """Dollars a month afterwards."""

    @property
    def more(self) -> float:
        """How many dollars a month more than now."""

    @property
    def seconds(self) -> float:
        """The run's usual duration, in seconds."""

    @property
    def cost(self) -> str:
        """The price in words; may be empty."""

    @property
    def time(self) -> str:
        """The time in words."""


def show(plan: Plan, *, removal: bool = False, estimate: Estimate | None = None, asked_for: bool = False) -> None:
    """Print the plan: on stdout if it was `asked_for`, as data, otherwise on stderr.

    `removal` is `down`'s: what is deleted and what is lost with it, what stays and why.
    """
    console = stdout_console() if asked_for else stderr_console()
    for line in lines(plan, removal=removal, width=console.width):
        put(line, console)
    if estimate and plan.work:
        where = " on AWS" if copied.sandbox else ""  # which the sandbox only simulates
        for label, figure in (("cost", estimate.cost), ("time", estimate.time)):
            if figure:
                write(plain(figure), label=Text(f"{label}{where}: ", style="bold"), console=console)
    if not asked_for:
        console.print()


def lines(plan: Plan, *, removal: bool = False, width: int = 80) -> Iterable[Text]:
    """The plan, line by line, for a screen of that many columns."""
    return _removal(plan, width) if removal else _change(plan, width)


def _change(plan: Plan, width: int) -> Iterable[Text]:
    shown = [step for step in plan.steps if step.verb is not Verb.KEEP]
    kept = len(plan.steps) - len(shown)
    if not shown:
        yield Text(f"nothing to change: {_resources(kept)} up to date")
        return
    column = _column(shown, width)
    for step in shown:
        yield from _step(step, column, width)
    if kept:
        yield Text(f"  {'=':>3}  {_resources(kept)} up to date", style="dim")
    counts = [f"{plan.count(verb)} {word}" for verb, word in COUNTED.items() if plan.count(verb)]
    yield Text()
    yield Text(f"plan: {', '.join(counts)}", style="bold")


def _removal(plan: Plan, width: int) -> Iterable[Text]:
    dying = [step for step in plan.steps if step.verb is Verb.DELETE]
    staying = [step for step in plan.steps if step.verb is not Verb.DELETE]
    column = _column(plan.steps, width)
    if dying:
        yield Text("will be deleted:", style="bold")
        for step in dying:
            contents = Text(f"with {safe(step.reason)}", style="bold red") if step.reason else Text()
            yield from _row(step, column, width, plain(main_id(step.ids)), contents)
    else:
        yield Text("nothing to delete: nothing in this account and region has the app's tags")
    if staying:
        yield Text("stay:", style="bold")
        for step in staying:
            yield from _row(step, column, width, plain(main_id(step.ids)), plain(copied.copied(step.reason), "dim"))
    if dying:
        yield Text()
        lost = [step for step in dying if step.reason]
        ends = [f"{len(dying)} to delete" + (f" ({len(lost)} with contents)" if lost else "")]
        ends += [f"{len(staying)} to stay"] if staying else []
        yield Text(f"plan: {', '.join(ends)}", style="bold")


def _step(step: Step, column: int, width: int) -> Iterable[Text]:
    ends = step.verb in (Verb.DELETE, Verb.REPLACE)
    own = main_id(step.ids) if ends else ""
    why = plain(copied.copied(step.reason), "red" if step.verb is Verb.REFUSE else "dim")
    yield from _row(step, column, width, plain(own), why, plain(step.summary, "dim"))
    for change in step.changes:
        yield from _field(change, width)
    if step.impact:
        yield from _wrapped(plain(step.impact), width, ("for clients: ", "bold yellow"))
    if step.hint:
        yield from _wrapped(plain(copied.copied(step.hint)), width, ("hint: ", "cyan"))


def _row(step: Step, column: int, width: int, *more: Text) -> Iterable[Text]:
    """Sign and resource in columns; then the details, on lines of their own if they are too long."""
    sign, style = SIGNS[step.verb]
    line = Text.assemble("  ", (f"{sign:>3}", style), "  ", padded(called(step.title, step.name), column))
    exceeds = line.cell_len > len(INDENT) + column + 2
    for part in filter(None, more):
        if line.cell_len + part.cell_len <= width and not exceeds:
            line.append_text(part).append("  ")
            continue
        line.rstrip()
        yield line
        *full, line = _wrapped(part, width)
        yield from full
        line.append("  ")
        exceeds = False
    line.rstrip()
    yield line


def _wrapped(text: Text, width: int, label: tuple[str, str] = ("", "")) -> Iterator[Text]:
    """The text below a row, on as many lines as it takes, each indented."""
    room = width - len(INDENT) - len(label[0])
    found = textwrap.wrap(text.plain, max(room, 30), break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(found):
        yield Text.assemble(INDENT, label if number == 0 else " " * len(label[0]), (line, text.style))


def _field(change: Change, width: int) -> Iterable[Text]:
    """A field's difference: on one line if it fits, else part by part below the field's name."""
    if change.problem:
        yield from _wrapped(plain(change.problem), width)
        return
    origin = Text(f"  ({ORIGIN[change.why]})", style="yellow" if change.why is Why.DRIFT else "dim")
    if change.after in (UNKNOWN, HIDDEN):
        after = UNKNOWN if change.after == UNKNOWN else "another one, not shown"
        found = [Difference("~", "", compact(change.before), after)]
    else:
        found = list(differences(change.before, change.after))
    first = found[0] if found else Difference("~", "", "in another order", "in this order")
    if len(found) < 2 and first.sign == "~" and not first.path:
        line = Text.assemble(INDENT, plain(f"{change.field}: "), _both(first), origin)
        if line.cell_len <= width:
            yield line
            return
    yield Text.assemble(INDENT, plain(change.field), origin)
    for one in found or [first]:
        yield from _part(one, width)


def _part(one: Difference, width: int) -> Iterable[Text]:
    """One difference in a field: a line; or the old and the new value below each other, if it is long."""
    head = Text.assemble(INDENT, "  ", (one.sign, SIDE[one.sign]), " ", plain(f"{one.path}: " if one.path else ""))
    room = width - head.cell_len
    if one.sign != "~":
        value = one.after if one.sign == "+" else one.before
        yield head.append_text(plain(_shortened(value, max(room, 30)), SIDE[one.sign]))
        return
    both = _both(one)
    if both.cell_len <= room:
        yield head.append_text(both)
        return
    if one.path:
        head.rstrip()
        yield head
    indent = INDENT + ("    " if one.path else "  ")
    for sign, value in zip("-+", _apart(one.before, one.after, width - len(indent) - 2), strict=True):
        yield Text.assemble(indent, (f"{sign} ", SIDE[sign]), plain(value, SIDE[sign]))


def _both(one: Difference) -> Text:
    return Text.assemble(plain(one.before, "red"), " → ", plain(one.after, "green"))


def _column(steps: Sequence[Step], width: int) -> int:
    """The width of the column with the resources' titles and names: half the screen at most, which a few exceed."""
    widths = (called(step.title, step.name).cell_len for step in steps)
    return max((one for one in widths if one <= width // 2 - len(INDENT)), default=0)


def _shortened(text: str, room: int) -> str:
    """The text with its middle left out if it is too long: ids and digests differ at their ends."""
    if len(text) <= room:
        return text
    head = (room - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (room - 1 - head) :]}"


def _apart(before: str, after: str, room: int) -> tuple[str, str]:
    """Both values, each in that room, and so that the difference remains visible."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    if max(len(before), len(after)) > room and same > room // 3:
        cut = same - room // 3
        before, after = f"…{before[cut:]}", f"…{after[cut:]}"
    return _shortened(before, room), _shortened(after, room)


def _resources(count: int) -> str:
    return f"{count} resource is" if count == 1 else f"{count} resources are"
