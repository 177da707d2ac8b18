"""Calls to AWS outside the engine: a refusal is explained in the user's terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from ecsctl.aws.explaining import explained, is_unanswered


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Within it, or in a function decorated with it, AWS's refusals are raised in the user's terms."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise explained(error, what) from error


def sent(call: Callable[[], object], happened: Callable[[], bool]) -> None:
    """Make a change that must not be made twice. If no answer came, a read shows whether it has happened."""
    try:
        call()
    except Exception as error:
        if not is_unanswered(error) or not happened():
            raise
