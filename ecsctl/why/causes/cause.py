"""A cause: what is wrong, how certain that is, the evidence, and the fixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from ecsctl.why.causes.fixes import Fix
from ecsctl.why.evidence import Evidence, Facts


class Certainty(IntEnum):
    """How certain a cause is."""

    UNKNOWN = 0  # what failed is known, why is not
    POSSIBLE = 1  # it fits, but nothing confirms it
    LIKELY = 2  # a log says so, or AWS does in a truncated message
    CERTAIN = 3  # AWS says so of this very resource, or only this explains two facts


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
    calm: bool = False  # nothing is broken: something is waited for, or configured so
    hints: tuple[str, ...] = ()
    process: str = ""  # the process that it concerns; empty for the app as a whole
    also: tuple[str, ...] = ()  # further processes with the same cause


Check = Callable[[Facts], Cause | None]
