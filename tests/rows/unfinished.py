"""AWS's answers as they are while it is still creating a resource: what `observe` returns then is not ready."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

UNFINISHED = re.compile(r"(pending|creat|provisioning|in_?progress|initiali|authorizing)", re.IGNORECASE)
STATUS = re.compile(r"(status|state|code)$", re.IGNORECASE)


_HERE = threading.local()  # others observe at the same time


@contextmanager
def answers_can_be_unfinished() -> Iterator[None]:
    """Within it, `observed_unfinished` works."""
    call = BaseClient._make_api_call

    def answer(client: Any, operation: str, parameters: Any) -> Any:
        finished = call(client, operation, parameters)
        shape, changed = client.meta.service_model.operation_model(operation).output_shape, getattr(_HERE, "set", None)
        return finished if shape is None or changed is None else _unfinished(shape, finished, operation, changed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", answer)
        yield


def observed_unfinished(observe: Callable[[], Any]) -> tuple[Any, set[str]]:
    """What it returns while every status that AWS answers with is the one its model has for what is still created.

    Also the members that hold such a status, by operation: "DescribeNatGateways.NatGateways.State".
    """
    _HERE.set = set[str]()
    try:
        return observe(), _HERE.set
    finally:
        _HERE.set = None


def _unfinished(shape: Any, value: Any, path: str, found: set[str]) -> Any:
    if shape.type_name == "structure":
        members = shape.members
        return {
            name: _unfinished(members[name], one, f"{path}.{name}", found) if name in members else one
            for name, one in value.items()
        }
    if shape.type_name == "list":
        return [_unfinished(shape.member, one, path, found) for one in value]
    if shape.type_name != "string" or not STATUS.search(path):
        return value
    # Without an enumeration its documentation lists the values: the status of an ECS cluster.
    values = list(shape.enum or re.findall(r"\b[A-Z_]{5,}\b", shape.documentation))
    unfinished = [one for one in values if UNFINISHED.match(one)]
    if value not in values or not unfinished:
        return value
    found.add(path)
    return value if value in unfinished else unfinished[0]
