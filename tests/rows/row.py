"""One kind of resource, and the part of a stack that stands for it in the tests of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecsctl.engine.resource import AnyResource
from ecsctl.engine.stack import Stack

Compose = Callable[[Stack], Any]
Changes = Mapping[str, Mapping[str, Any]]  # by part and field: other values than the usual ones
Spoil = Callable[[Any, Mapping[str, Any]], Any]  # called with the cloud and the ids of all parts


@dataclass(frozen=True)
class Row:
    """A value that is a function is called with the parts of the stack.

    `made` are other values that AWS takes all at once; `observed` are such as are planned and not made, for they mean
    another thing of the kind, or would have to be tied to more than the stack holds. `reasons` say why a field has no
    other value.
    """

    kind: type[AnyResource]
    stack: str
    part: str
    made: Mapping[str, Any] = field(default_factory=dict)
    observed: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    leaves: frozenset[str] = frozenset()  # fields in which what others have added is left alone
    spoiled: Mapping[str, Spoil] = field(default_factory=dict)  # what others do to a field by hand, by its name
    stays: Callable[[Any, Mapping[str, Any]], bool] | None = None  # whether what others put there is left
    apart: str = ""  # why another app can have the same beside ours; without it, it stands in the way and is refused
    withheld: frozenset[str] = frozenset()  # actions that only values need which no ecsctl.toml brings about

    def __str__(self) -> str:
        return self.part
