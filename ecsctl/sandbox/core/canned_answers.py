"""Answers prepared in advance: what AWS says now and then, and nothing in the sandbox's own world leads to.

For example a batch of which some items failed: the answer names them, and is otherwise a success.
"""

from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import BaseResponse
from moto.iam.models import iam_backends

from ecsctl.sandbox.core import overlay, script


@dataclass
class _Prepared:
    """Indexed by service and operation: the answers to its next calls."""

    answers: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)


def _held(account: str = DEFAULT_ACCOUNT_ID) -> dict[tuple[str, str], list[dict[str, Any]]]:
    return overlay.memory(iam_backends[account]["aws"], _Prepared).answers  # any backend that is one for all regions


@script.switch
def answer_next(service: str, operation: str, answer: dict[str, Any], times: int = 1) -> None:
    """Give this answer to the next `times` calls of an operation (such as "ecs", "DescribeServices"), and do nothing
    else.
    """
    _held().setdefault((service, operation), []).extend([answer] * times)


def answer(response: BaseResponse) -> dict[str, Any] | None:
    """The answer prepared for this request; None if there is none."""
    waiting = _held().get((response.boto3_service_name, response._get_action()))
    return waiting.pop(0) if waiting else None
