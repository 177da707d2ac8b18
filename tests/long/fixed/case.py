"""What a case of the ways out is: how the account is broken, and what its owner does elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.why.person import Person

Deed = Callable[[Person], object]


@dataclass(frozen=True)
class Case:
    """Describes how the account is broken, what only the user knows, and what he does elsewhere.

    `skips`: ways that are not done here, and why. `passes`: what passes by itself before a way is gone. `effect`: the
    cause is behind the one that brought it about, and is searched for among all.
    """

    breaks: Deed
    values: Mapping[str, Any] = field(default_factory=dict)
    hand: Deed | None = None
    skips: Mapping[int, str] = field(default_factory=dict)
    toml: Mapping[str, Any] | Callable[[Person], Mapping[str, Any]] = field(default_factory=dict)
    passes: Deed | None = None
    effect: bool = False
