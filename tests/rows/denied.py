"""What a kind does for a caller whom AWS denies something: it raises, and neither takes what it may not read for absent
nor what it may not change for changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

READS = ("Describe", "List", "Get", "BatchGet", "Head")
DENIED = {"Error": {"Code": "AccessDeniedException", "Message": "User is not authorized to perform it"}}


def reads_without_consequence(act: Callable[[], object]) -> Iterator[str]:
    """The operations of a call that it does without: it returns a value although AWS denies them."""
    call, sent = BaseClient._make_api_call, set[str]()

    def recorded(client: Any, operation: str, parameters: Any) -> Any:
        sent.add(f"{client.meta.service_model.service_name}.{operation}")
        return call(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", recorded)
        act()
    for name in sorted(sent):
        if not _denied(act, lambda called, name=name: called == name):  # type: ignore[misc]  # a default pins the name
            yield name


def ignores_a_denied_change(act: Callable[[], object]) -> bool:
    """Whether it returns although AWS denies the first change that it asks for."""
    asked: list[str] = []

    def is_change(called: str) -> bool:
        asked.append(called)
        return not called.partition(".")[2].startswith(READS)

    return not _denied(act, is_change) and any(map(is_change, [*asked]))


def _denied(act: Callable[[], object], denies: Callable[[str], bool]) -> bool:
    """Whether it raises that AWS has denied such a call, by its name: "ec2.DescribeVpcs"."""
    call = BaseClient._make_api_call

    def refused(client: Any, operation: str, parameters: Any) -> Any:
        if denies(f"{client.meta.service_model.service_name}.{operation}"):
            raise ClientError(DENIED, operation)  # type: ignore[arg-type]  # as much of an answer as is read
        return call(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", refused)
        try:
            act()
        except ClientError:
            return True
        return False
