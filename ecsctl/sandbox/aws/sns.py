"""What AWS's sns does that moto does not: an e-mail subscription waits for the person whose address it is."""

from collections.abc import Callable
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.sns.models import SNSBackend, sns_backends
from moto.sns.responses import SNSResponse

from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.core.script import switch

PENDING = "PendingConfirmation"  # in lists, where the ARN stands otherwise
# "Amazon SNS deletes unconfirmed subscriptions after 48 hours" (SNS developer guide, "Creating a subscription to an
# Amazon SNS topic").
WAITS = 48 * 3600.0


@switch
def confirm_email(address: str, region: str = REGION) -> int:
    """Follow the link in each e-mail by which SNS asks this address to confirm; how many there were."""
    waiting = [one for one in _pending(sns_backends[DEFAULT_ACCOUNT_ID][region]) if one.endpoint == address]
    for one in waiting:
        one.confirmed = True
    return len(waiting)


@overlay.wraps(SNSResponse)
def call_action(original: Callable[..., Any], response: SNSResponse) -> Any:
    """First forget the subscriptions that nobody has confirmed in time."""
    for one in _pending(response.backend):
        if clock.now() - one.asked >= WAITS:
            response.backend.subscriptions.pop(one.arn)
    return original()


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
def subscribe(original: Callable[..., Any], response: SNSResponse) -> Any:
    """An e-mail's is pending; SNS API reference, Subscribe: only then is there an ARN."""
    answer = original()
    if response._get_param("Protocol") != "email":
        return answer
    address = response._get_param("Endpoint")
    asked = (response._get_param("TopicArn"), address)
    one: Any = next(one for one in response.backend.subscriptions.values() if (one.topic_arn, one.endpoint) == asked)
    if not hasattr(one, "asked"):
        one.asked = clock.now()
    return answer if one.confirmed else ActionResult({"SubscriptionArn": "pending confirmation"})


@overlay.wraps(SNSResponse)
def unsubscribe(original: Callable[..., Any], response: SNSResponse) -> Any:
    """What is pending has no ARN to go by."""
    if response._get_param("SubscriptionArn") == PENDING:
        message = "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"
        raise Refusal("InvalidParameter", message)
    return original()


def _listed(original: Callable[..., Any], _response: SNSResponse) -> Any:
    """What is pending, without its ARN."""
    answer = original()
    subscriptions = [
        {
            "SubscriptionArn": PENDING if _waits(one) else one.arn,
            "Owner": one.owner,
            "Protocol": one.protocol,
            "Endpoint": one.endpoint,
            "TopicArn": one.topic_arn,
        }
        for one in answer.result["Subscriptions"]
    ]
    return ActionResult({**answer.result, "Subscriptions": subscriptions})


for _operation in ("list_subscriptions", "list_subscriptions_by_topic"):
    overlay.wraps(SNSResponse, _operation)(_listed)


def _pending(backend: SNSBackend) -> list[Any]:
    return [one for one in backend.subscriptions.values() if _waits(one)]


def _waits(subscription: Any) -> bool:
    return hasattr(subscription, "asked") and not subscription.confirmed
