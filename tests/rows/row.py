"""What the contract's tests do with one kind of resource, and with which part of a stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecsctl.engine.resource import AnyResource
from ecsctl.engine.stack import Stack

Compose = Callable[[Stack], Any]
Changes = Mapping[str, Mapping[str, Any]]  # by part and field: values in place of the usual ones
ByHand = Callable[[Any, Mapping[str, Any]], Any]  # called with the cloud and the ids of all parts


@dataclass(frozen=True)
class Row:
    """One kind, the stack and part that it is tested with, and other values for its fields.

    `made` are values that are applied, all in one run. `observed` are only planned: they mean another resource, or need
    something that the stack does not have. `reasons` say why a field has no other value. A value that is a function is
    called with the parts of the stack.
    """

    kind: type[AnyResource]
    stack: str
    part: str
    made: Mapping[str, Any] = field(default_factory=dict)
    observed: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    leaves: frozenset[str] = frozenset()  # fields to which others may add: that is not drift
    by_hand: Mapping[str, ByHand] = field(default_factory=dict)  # by field: a change that somebody makes by hand
    beside: ByHand | None = None  # something that others add to it, which is not ours
    kept: Callable[[Any, Mapping[str, Any]], bool] | None = None  # whether that is still there
    apart: str = ""  # why another app can have the same one; if empty, another app's is refused
    withheld: frozenset[str] = frozenset()  # actions that are needed only for values that ecsctl.toml cannot set

    def __str__(self) -> str:
        return self.part
