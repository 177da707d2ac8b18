"""How often `why` is right: `python -m tests.why.field.score` prints the table of docs/why.md."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable

from ecsctl.why import Cause, Certainty, diagnose
from tests.why.field.scene import facts
from tests.why.field.threads import CASES, Case

RIGHT, HONEST, WRONG, CERTAIN = "right", "honest", "wrong", "wrong, as certain"
OPEN = ("build-failed", "unexplained", "source-failed", "action-failed")


@functools.cache
def top(case: Case) -> Cause | None:
    """The first cause. Several tests ask for it."""
    found = diagnose(facts(*case.scenes)).causes
    return found[0] if found else None


def outcome(case: Case) -> str:
    """How well a case is diagnosed."""
    cause = top(case)
    if cause is None:
        return CERTAIN
    if {cause.name, *cause.either} & {case.cause, *case.also}:
        return RIGHT if cause.name in (case.cause, *case.also) else HONEST
    if cause.name in OPEN or cause.certainty == Certainty.UNKNOWN:
        return HONEST
    return CERTAIN if cause.certainty == Certainty.CERTAIN else WRONG


def table(cases: Iterable[Case] = CASES) -> str:
    """The outcomes by place, in Markdown."""
    places: dict[str, list[str]] = {}
    for case in cases:
        places.setdefault(case.where.split(",")[0], []).append(outcome(case))
    head = ["where", "cases", "right first", "honest: not known", "wrong", "wrong, as certain"]
    rows = [head, ["---"] * len(head)]
    every = [one for found in places.values() for one in found]
    for place, found in [*sorted(places.items()), ("all", every)]:
        rows.append([place, str(len(found)), *(str(found.count(kind)) for kind in (RIGHT, HONEST, WRONG, CERTAIN))])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Print the table, and with -v each case that is not right."""
    lines = [table()]
    for case in CASES if "-v" in sys.argv else ():
        if (how := outcome(case)) != RIGHT:
            cause = top(case)
            said = f"{cause.name}: {cause.sentence}" if cause else "nothing"
            lines.append(f"{how}: {case.thread}: {case.cause}, got {said}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
