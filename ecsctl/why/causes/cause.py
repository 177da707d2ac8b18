"""A cause: what is wrong, how sure that is, what shows it, and what fixes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from ecsctl.why.causes.fixes import Fix
from ecsctl.why.evidence import Evidence, Facts


class Certainty(IntEnum):
    """How sure a cause is."""

    UNKNOWN = 0  # what failed is known, why is not
    POSSIBLE = 1  # it fits, and nothing says so
    LIKELY = 2  # a log says so, or AWS does in words that were cut short
    CERTAIN = 3  # AWS says so of this very thing in its own words, or two facts that only this explains


@dataclass(frozen=True)
class Cause:
    """One thing that explains the facts. `either` names several between which the facts do not decide.

    `hints` are what a log says beside it: words of an app, which prove nothing.
    """

    name: str
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    fix: tuple[Fix, ...] = ()
    certainty: Certainty = Certainty.CERTAIN
    either: tuple[str, ...] = ()
    effect: bool = False  # it follows from another cause, where one is known
    calm: bool = False  # nothing is broken: something is waited for, or desired so
    hints: tuple[str, ...] = ()
    process: str = ""  # whose tasks it is about; empty where it is about the app
    also: tuple[str, ...] = ()  # further processes with the same cause


Check = Callable[[Facts], Cause | None]
