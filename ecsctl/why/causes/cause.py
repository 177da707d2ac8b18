"""A cause: what is wrong, how certain that is, the evidence, and the fixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from ecsctl.why.causes.fixes import Fix
from ecsctl.why.evidence import Evidence, Facts


class Certainty(IntEnum):
    """How certain a cause is."""

    UNKNOWN = 0  # it is known what failed, but not why
    POSSIBLE = 1  # it fits, but nothing confirms it
    LIKELY = 2  # according to a log, or to a truncated message from AWS
    CERTAIN = 3  # according to AWS about this resource, or the only explanation of two facts


@dataclass(frozen=True)
class Cause:
    """One explanation of the facts. `either` names the causes that the facts cannot distinguish.

    `hints` are further lines of a log, which prove nothing.
    """

    name: str
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    fix: tuple[Fix, ...] = ()
    certainty: Certainty = Certainty.CERTAIN
    either: tuple[str, ...] = ()
    effect: bool = False  # it follows from another cause, if one is known
    waiting: bool = False  # nothing is broken: it waits for something, or is configured so
    hints: tuple[str, ...] = ()
    process: str = ""  # the process that it concerns; empty for the app as a whole
    also: tuple[str, ...] = ()  # further processes with the same cause


Check = Callable[[Facts], Cause | None]
