"""Faults that can happen to a changing call, and an `Aws` that numbers a run's changes and applies the faults."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from ecsctl.aws.clients import Aws, Call
from ecsctl.aws.patience import Clock
from ecsctl.engine.resource import Resource

_SECRET = re.compile('"SecretToken": "[^"]*"')  # made again for each try
MOST = 300  # failures after which a run that still tries would try for ever
URL = "https://aws.example"
Make = Callable[[], Any]
Fault = Callable[[Make, str, Clock], Any]  # (the call itself, its operation in AWS's spelling, the run's clock)


VERBS = ("create", "update", "delete", "drain")


def at_work() -> tuple[str, str]:
    """The kind of resource whose method makes the current call, and the method; empty if none does."""
    frame = inspect.currentframe()
    while frame := frame and frame.f_back:
        caller = frame.f_locals.get("cls", type(frame.f_locals.get("self")))
        if frame.f_code.co_name in VERBS and isinstance(caller, type) and issubclass(caller, Resource):
            return caller.kind, frame.f_code.co_name
    return "", ""


class Killed(BaseException):
    """The process was killed: no handler may catch this."""


def refusal(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    """AWS's answer with an error."""
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


def _answers(code: str, message: str, status: int, *, effect: bool = False) -> Fault:
    def apply_fault(make: Make, operation: str, clock: Clock) -> Any:
        if effect:
            make()
        raise refusal(operation, code, message, status)

    return apply_fault


def _killed_before(make: Make, operation: str, clock: Clock) -> Any:
    raise Killed


def _killed_after(make: Make, operation: str, clock: Clock) -> Any:
    make()
    raise Killed


def _reset(make: Make, operation: str, clock: Clock) -> Any:
    raise ConnectionClosedError(endpoint_url=URL)


def _lost(make: Make, operation: str, clock: Clock) -> Any:
    make()
    raise ConnectionClosedError(endpoint_url=URL)


def _timed_out(make: Make, operation: str, clock: Clock) -> Any:
    make()
    clock.sleep(60.0)
    raise ReadTimeoutError(endpoint_url=URL)


def _late(make: Make, operation: str, clock: Clock) -> Any:
    answer = make()
    clock.sleep(20.0)
    return answer


def _twice(make: Make, operation: str, clock: Clock) -> Any:
    """The request is delivered twice, as proxies do; the second answer is returned."""
    first = make()
    try:
        return make()
    except ClientError:
        return first


def _unreachable(make: Make, operation: str, clock: Clock) -> Any:
    raise EndpointConnectionError(endpoint_url=URL)


DEATHS: dict[str, Fault] = {"killed before": _killed_before, "killed after": _killed_after}
# One run must outlive these without being started again.
LOST = "answer lost"
PASSING: dict[str, Fault] = {
    LOST: _lost,
    "answer timed out": _timed_out,
    "500 after the effect": _answers("InternalFailure", "We broke.", 500, effect=True),
    "500": _answers("InternalFailure", "We broke.", 500),
    "503": _answers("ServiceUnavailable", "Please come again.", 503),
    "throttled": _answers("Throttling", "Rate exceeded", 400),
    "connection reset": _reset,
    "answered late": _late,
    "delivered twice": _twice,
}
# From the k-th change on, reads included, until the run ends.
LASTING: dict[str, Fault] = {
    "credentials expired": _answers("ExpiredToken", "The security token included in the request is expired", 403),
    "network lost": _unreachable,
    "500 for good": _answers("InternalFailure", "We broke.", 500),
}
DENIED = _answers("AccessDenied", "You are not authorized to perform this operation.", 403)  # changes only


class Script:
    """The faults that happen to the calls of one run. Changes are numbered from 0, and so are the different ones among
    them.
    """

    def __init__(
        self,
        change: Callable[[int, int | None], Fault | None] = lambda number, different: None,
        *,
        lasting: Fault | None = None,
        since: int = 0,
        reads: bool = True,
    ) -> None:
        self.change = (
            change  # (number, number among the different ones or None for a repeated one) → what happens to it
        )
        self.lasting, self.since, self.reads = lasting, since, reads
        self.changes = 0
        self.happened = 0
        self._observed: set[str] = set()

    def deliver(self, call: Call, parameters: dict[str, Any], make: Make, clock: Clock, operation: str) -> Any:
        """Make the call, or do what the script says."""
        fault = self._fault(call, parameters)
        if fault is None:
            return make()
        self.happened += 1
        if self.happened > MOST:
            raise Killed(f"still trying after {MOST} failures")
        return fault(make, operation, clock)

    def _fault(self, call: Call, parameters: dict[str, Any]) -> Fault | None:
        if call.reads:
            return self.lasting if self.reads and self.changes > self.since else None
        key = _SECRET.sub("", f"{call.service} {call.operation} {json.dumps(parameters, sort_keys=True, default=str)}")
        number, different = self.changes, None if key in self._observed else len(self._observed)
        self._observed.add(key)
        self.changes += 1
        if self.lasting and number >= self.since:
            return self.lasting
        return self.change(number, different)


class Faulty(Aws):
    """An `Aws` whose calls are subject to the script's faults."""

    script: Script

    def _timed(self, call: Call, parameters: dict[str, Any], make: Make) -> Any:
        operation = self.client(call.service).meta.method_to_api_mapping[call.operation]
        whole = super()._timed
        return self.script.deliver(
            call, parameters, lambda: whole(call, parameters, make), self.patience.clock, operation
        )
