"""A plan as a person reads it: what is made, changed, replaced and removed, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from ecsctl.engine.plan import UNKNOWN, Change, Plan, Step, Verb, Why
from ecsctl.engine.report import telling
from ecsctl.ui.console import talk
from ecsctl.ui.diff import Difference, compact, differences
from ecsctl.ui.safe import plain, safe

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
ORIGIN = {Why.DRIFT: "drift: somebody changed it", Why.WISH: "your change", Why.NEW: "new"}


def show(plan: Plan, *, removal: bool = False) -> None:
    """Print the plan on stderr. `removal` is `down`'s: what dies and what is lost with it, what stays and why."""
    for line in lines(plan, removal=removal, width=talk().width):
        talk().print(line, soft_wrap=True)


def lines(plan: Plan, *, removal: bool = False, width: int = 80) -> Iterable[Text]:
    """The plan, line by line, for a screen of that many columns."""
    return _removal(plan, width) if removal else _change(plan, width)


def _change(plan: Plan, width: int) -> Iterable[Text]:
    shown = [step for step in plan.steps if step.verb is not Verb.KEEP]
    kept = len(plan.steps) - len(shown)
    if not shown:
        yield Text(f"nothing to change: {_resources(kept)} as wished")
        return
    columns = _columns(shown)
    for step in shown:
        yield from _step(step, columns, width)
    if kept:
        yield Text(f"  {'=':<3}  {_resources(kept)} as wished", style="dim")
    counts = [f"{plan.count(verb)} {word}" for verb, word in COUNTED.items() if plan.count(verb)]
    yield Text()
    yield Text(f"plan: {', '.join(counts)}, {kept} as wished", style="bold")


def _removal(plan: Plan, width: int) -> Iterable[Text]:
    dying = [step for step in plan.steps if step.verb is Verb.DELETE]
    staying = [step for step in plan.steps if step.verb is not Verb.DELETE]
    columns = _columns(plan.steps)
    if dying:
        yield Text("will be deleted:", style="bold")
        for step in dying:
            contents = Text(f"with {safe(step.reason)}", style="bold red") if step.reason else Text()
            yield from _row(step, columns, width, plain(telling(step.ids)), contents)
    else:
        yield Text("nothing to delete: nothing here carries the app's mark")
    if staying:
        yield Text("stay:", style="bold")
        for step in staying:
            yield from _row(step, columns, width, plain(telling(step.ids)), plain(step.reason, "dim"))
    if dying:
        yield Text()
        lost = [step for step in dying if step.reason]
        ends = f", {len(lost)} of them with what is in them" if lost else ""
        yield Text(f"plan: {len(dying)} to delete{ends}, {len(staying)} to stay", style="bold")


def _step(step: Step, columns: tuple[int, int], width: int) -> Iterable[Text]:
    own = Text()
    if step.verb in (Verb.DELETE, Verb.REPLACE):
        own = plain(telling(step.ids))
    reason = plain(step.reason, "red" if step.verb is Verb.REFUSE else "dim")
    yield from _row(step, columns, width, own, reason)
    for change in step.changes:
        yield from _field(change, width)
    if step.hint:
        yield Text.assemble(INDENT, ("hint: ", "cyan"), plain(step.hint))


def _row(step: Step, columns: tuple[int, int], width: int, *more: Text) -> Iterable[Text]:
    """Sign, title and name in columns; then what else there is to say, on a line of its own where it is too long."""
    sign, style = SIGNS[step.verb]
    title, name = columns
    head = Text.assemble(
        "  ", (f"{sign:<3}", style), "  ", (f"{safe(step.title):<{title}}", style), "  ", (f"{safe(step.name):<{name}}")
    )
    for part in more:
        if not part:
            continue
        if head.cell_len + 2 + part.cell_len > width and head.plain.strip():
            head.rstrip()
            yield head
            head = Text("     ")
        head.append("  ").append_text(part)
    head.rstrip()
    if head.plain.strip():
        yield head


def _field(change: Change, width: int) -> Iterable[Text]:
    """A field's difference: on one line if it fits, else part by part below the field's name."""
    origin = Text(f"  ({ORIGIN[change.why]})", style="yellow" if change.why is Why.DRIFT else "dim")
    if change.after == UNKNOWN:
        found = [Difference("~", "", compact(change.before), UNKNOWN)]
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
    """One place in a field where it differs: a line; or what was and what will be below each other, if it is long."""
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
    for sign, value in zip("-+", _apart(one.before, one.after, width - len(INDENT) - 6), strict=True):
        yield Text.assemble(INDENT, "    ", (f"{sign} ", SIDE[sign]), plain(value, SIDE[sign]))


def _both(one: Difference) -> Text:
    return Text.assemble(plain(one.before, "red"), " → ", plain(one.after, "green"))


def _columns(steps: Sequence[Step]) -> tuple[int, int]:
    """How wide titles and names are, within reason."""
    return (
        min(max((len(safe(step.title)) for step in steps), default=0), 24),
        min(max((len(safe(step.name)) for step in steps), default=0), 24),
    )


def _shortened(text: str, room: int) -> str:
    """The text with its middle left out if it is too long: ids and digests tell by their ends."""
    if len(text) <= room:
        return text
    head = (room - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (room - 1 - head) :]}"


def _apart(before: str, after: str, room: int) -> tuple[str, str]:
    """Both values, each in that room, and so that where they differ can be seen."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    if max(len(before), len(after)) > room and same > room // 3:
        cut = same - room // 3
        before, after = f"…{before[cut:]}", f"…{after[cut:]}"
    return _shortened(before, room), _shortened(after, room)


def _resources(count: int) -> str:
    return f"{count} resource is" if count == 1 else f"{count} resources are"
