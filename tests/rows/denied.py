"""What a kind returns for a caller who may not read something: an error, and never that it does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

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
        if not _fails(act, name):
            yield name


def _fails(act: Callable[[], object], denied: str) -> bool:
    call = BaseClient._make_api_call

    def refused(client: Any, operation: str, parameters: Any) -> Any:
        if f"{client.meta.service_model.service_name}.{operation}" == denied:
            raise ClientError(DENIED, operation)  # type: ignore[arg-type]  # as much of an answer as is read
        return call(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", refused)
        try:
            act()
        except ClientError:
            return True
        return False
