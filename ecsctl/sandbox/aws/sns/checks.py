"""What SNS refuses: an existing topic with other tags, and unsubscribing a pending subscription."""

import json
from collections.abc import Callable
from typing import Any

from moto.sns.models import SNSBackend
from moto.sns.responses import SNSResponse

from ecsctl.sandbox.aws.sns.state import PENDING
from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.core.overlay import Refusal


@overlay.wraps(SNSResponse)
def create_topic(original: Callable[..., Any], response: SNSResponse) -> Any:
    """Return an existing topic, unless its tags differ; the message is the one that Terraform's users see.

    Raises Refusal.
    """
    name, tags = response._get_param("Name"), response._get_tags()
    for topic in response.backend.topics.values():
        if topic.name == name and topic._tags != tags:
            message = "Invalid parameter: Tags Reason: Topic already exists with different tags"
            raise Refusal("InvalidParameter", message)
    return original()


@overlay.wraps(SNSBackend, "create_topic")
def with_policy(
    original: Callable[..., Any], _backend: SNSBackend, name: str, attributes: Any = None, *more: Any
) -> Any:
    """Refuse an invalid policy."""
    _check_policy((attributes or {}).get("Policy"))
    return original(name, attributes, *more)


@overlay.wraps(SNSResponse)
def set_topic_attributes(original: Callable[..., Any], response: SNSResponse) -> Any:
    """Refuse an invalid policy."""
    if response._get_param("AttributeName") == "Policy":
        _check_policy(response._get_param("AttributeValue"))
    return original()


def _check_policy(policy: str | None) -> None:
    """Refuse a policy without statements. The message is quoted in serverless/serverless#5519 and others."""
    try:
        statements = json.loads(policy)["Statement"] if policy else [""]
    except (ValueError, TypeError, KeyError):
        statements = []
    if not statements:
        raise Refusal("InvalidParameter", "Invalid parameter: Policy Error: null")


@overlay.wraps(SNSResponse)
def unsubscribe(original: Callable[..., Any], response: SNSResponse) -> Any:
    """Refuse a pending subscription, which has no ARN."""
    if response._get_param("SubscriptionArn") == PENDING:
        message = "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"
        raise Refusal("InvalidParameter", message)
    return original()
