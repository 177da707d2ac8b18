"""State of EventBridge Scheduler that moto's own dictionaries lack."""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.scheduler.models import EventBridgeSchedulerBackend

from ecsctl.sandbox.core import constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal

Wire = dict[str, Any]


@dataclass(order=True)
class Try:
    """One attempt to run a schedule: when, the due time it is for, and its number."""

    when: float
    due: float
    number: int = 0


@dataclass
class Plan:
    """The time up to which a schedule's due times have been handled, and pending attempts."""

    handled: float
    tries: list[Try] = field(default_factory=list)


@dataclass
class Memory:
    """The state of one account and region."""

    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)  # by token: parameters, and the resulting ARN
    leaving: dict[str, float] = field(default_factory=dict)  # groups that are being deleted, and since when
    plans: dict[str, Plan] = field(default_factory=dict)  # by schedule ARN


def memory(backend: EventBridgeSchedulerBackend) -> Memory:
    """The state of a backend. A reset deletes it."""
    return overlay.memory(backend, Memory)


def sent(response: Any, operation: str) -> Wire:
    """A request's parameters, as passed to the SDK. Raises ValidationException if the model does not allow them."""
    asked: Wire = json.loads(response.body or "{}") | {"Name": response.uri.split("?")[0].rsplit("/", 1)[-1]}
    if wrong := constraints.violation("scheduler", operation, asked):
        raise Refusal("ValidationException", wrong)
    return asked


def repeated(backend: EventBridgeSchedulerBackend, asked: Wire) -> str | None:
    """The ARN from the same request with the same token, None if there was none (API reference, ClientToken).

    Raises ConflictException for other parameters; the wording is an assumption.
    """
    before = memory(backend).tokens.get(asked.get("ClientToken") or "")
    if before is None:
        return None
    if before[0] != json.dumps(asked, sort_keys=True):
        raise Refusal("ConflictException", "The client token was used with other parameters.")
    return before[1]


def remember(backend: EventBridgeSchedulerBackend, asked: Wire, arn: str) -> None:
    """Store a request's resulting ARN under its token."""
    if token := asked.get("ClientToken"):
        memory(backend).tokens[token] = (json.dumps(asked, sort_keys=True), arn)
