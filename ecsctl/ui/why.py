"""A diagnosis for a person: the first cause in full, what else there is, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from rich.text import Text

from ecsctl.ui.console import glyph, put, stdout_console
from ecsctl.ui.copied import copied, optioned
from ecsctl.ui.output import VERSION
from ecsctl.ui.safe import plain

SURE = {3: "", 2: "likely: ", 1: "perhaps: ", 0: ""}
CERTAINTY = {3: "certain", 2: "likely", 1: "possible", 0: "unknown"}


class Fact(Protocol):
    """One fact, and its source."""

    @property
    def source(self) -> str:
        """The place that it was read from."""

    @property
    def text(self) -> str:
        """The fact in the words of its source."""

    @property
    def at(self) -> datetime | None:
        """Since when, if that is known."""


class Step(Protocol):
    """One thing to do."""

    @property
    def act(self) -> str:
        """The kind of step: run, set, change, push, by hand, wait."""

    @property
    def what(self) -> str:
        """The command, the key, or what it says."""

    @property
    def value(self) -> str:
        """The new value of a key."""


class Way(Protocol):
    """One way out. As a string it is a sentence."""

    @property
    def steps(self) -> Sequence[Step]:
        """The steps, in order."""

    @property
    def note(self) -> str:
        """The purpose, or a caution."""


class ShownCause(Protocol):
    """One cause."""

    @property
    def name(self) -> str:
        """The cause's name, for programs."""

    @property
    def sentence(self) -> str:
        """The cause in a sentence."""

    @property
    def process(self) -> str:
        """The process whose tasks it is about; empty where it is about the app."""

    @property
    def also(self) -> Sequence[str]:
        """Further processes with the same cause."""

    @property
    def certainty(self) -> int:
        """3 certain, 2 likely, 1 possible, 0 unknown: what failed is known, why is not."""

    @property
    def either(self) -> tuple[str, ...]:
        """The causes between which the facts do not decide."""

    @property
    def effect(self) -> bool:
        """Whether it follows from another."""

    @property
    def waiting(self) -> bool:
        """Whether nothing is broken."""

    @property
    def evidence(self) -> Sequence[Fact]:
        """The facts that show it."""

    @property
    def fix(self) -> Sequence[Way]:
        """The ways to fix it, the first to try in front."""

    @property
    def hints(self) -> Sequence[str]:
        """Lines of a log that may belong to it, which proves nothing."""


class Found(Protocol):
    """A diagnosis."""

    @property
    def causes(self) -> Sequence[ShownCause]:
        """The causes, ranked."""

    @property
    def well(self) -> Sequence[Fact]:
        """Sentences about what works."""

    @property
    def unread(self) -> Sequence[str]:
        """The names of what could not be read."""

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken."""

    @property
    def line(self) -> str:
        """All in one line."""


def show(found: Found) -> None:
    """Print the diagnosis on stdout."""
    console = stdout_console()
    for line in lines(found):
        put(line, console)


def lines(found: Found) -> list[Text]:
    """The diagnosis, line by line. What follows from another cause goes with that one, so it has no fix of its own."""
    shown: list[Text] = []
    rooted = any(not cause.effect and not cause.waiting for cause in found.causes)
    for number, cause in enumerate(found.causes):
        if number:
            shown.append(Text())
        sign = glyph("…", ".", stdout_console()) if cause.waiting else glyph("✗", "x", stdout_console())
        follows = rooted and cause.effect and not cause.waiting
        lead = "as a result: " if follows else "also: " if number else ""
        sure = SURE[int(cause.certainty)] if not cause.either and not cause.waiting else ""
        shown.append(
            Text.assemble(
                (f"{sign} ", "cyan" if cause.waiting else "bold red"), lead, sure, plain(cause.sentence, "bold")
            )
        )
        shown += [_fact(fact) for fact in cause.evidence]
        shown += [Text.assemble("    ", ("hint: ", "yellow"), plain(one)) for one in cause.hints]
        shown += [
            Text.assemble(
                "    ", ("fix: " if not cause.waiting else "now: ", "cyan"), plain(copied(str(one))), no_wrap=True
            )
            for one in (() if follows else cause.fix)
        ]
    if not found.causes:
        shown.append(Text.assemble((f"{glyph('✓', '+', stdout_console())} ", "green"), plain(found.line)))
        shown += [_fact(fact) for fact in found.well]
    shown += [Text.assemble(("could not read ", "yellow"), plain(one)) for one in found.unread]
    return shown


def why_document(found: Found, where: Mapping[str, str]) -> dict[str, Any]:
    """The diagnosis for programs; docs/why.md describes it."""
    return {
        "version": VERSION,
        "kind": "why",
        **{name: where[name] for name in ("app", "account", "region")},
        "sound": found.healthy,
        "line": found.line,
        "causes": [
            {
                "name": cause.name,
                "processes": [*filter(None, (cause.process, *cause.also))],
                "sentence": cause.sentence,
                "certainty": CERTAINTY[int(cause.certainty)],
                "either": list(cause.either),
                "effect": cause.effect,
                "waiting": cause.waiting,
                "evidence": [_plain_fact(fact) for fact in cause.evidence],
                "hints": list(cause.hints),
                "mend": [optioned(str(one)) for one in cause.fix],
                "ways": [_way(one) for one in cause.fix],
            }
            for cause in found.causes
        ],
        "well": [_plain_fact(fact) for fact in found.well],
        "unread": list(found.unread),
    }


def _fact(fact: Fact) -> Text:
    at = f" ({fact.at:%H:%M:%S} UTC)" if fact.at else ""
    return Text.assemble("    ", (plain(fact.source + at, "dim")), ": ", plain(fact.text))


def _way(way: Way) -> dict[str, Any]:
    steps = [{"act": str(one.act), "what": optioned(one.what), "value": one.value} for one in way.steps]
    return {"steps": steps, "note": way.note}


def _plain_fact(fact: Fact) -> dict[str, Any]:
    return {"source": fact.source, "text": fact.text, "at": fact.at.isoformat(timespec="seconds") if fact.at else None}
