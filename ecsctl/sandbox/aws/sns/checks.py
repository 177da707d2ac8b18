"""What SNS refuses: a topic with other tags, and to unsubscribe what is pending."""

from collections.abc import Callable
from typing import Any

from moto.sns.responses import SNSResponse

from ecsctl.sandbox.aws.sns.state import PENDING
from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.core.overlay import Refusal


@overlay.wraps(SNSResponse)
def create_topic(original: Callable[..., Any], response: SNSResponse) -> Any:
    """One of the name is answered with, unless its tags are others; the words are those that Terraform's users see."""
    name, tags = response._get_param("Name"), response._get_tags()
    for topic in response.backend.topics.values():
        if topic.name == name and topic._tags != tags:
            message = "Invalid parameter: Tags Reason: Topic already exists with different tags"
            raise Refusal("InvalidParameter", message)
    return original()


@overlay.wraps(SNSResponse)
def unsubscribe(original: Callable[..., Any], response: SNSResponse) -> Any:
    """What is pending has no ARN to go by."""
    if response._get_param("SubscriptionArn") == PENDING:
        message = "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"
        raise Refusal("InvalidParameter", message)
    return original()
