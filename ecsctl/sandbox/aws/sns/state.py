"""An e-mail subscription is pending, without an ARN, until its address confirms it."""

from collections.abc import Callable
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.sns.models import SNSBackend, sns_backends
from moto.sns.responses import SNSResponse

from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.script import switch

PENDING = "PendingConfirmation"  # in lists, in place of the ARN


@switch
def confirm_email(address: str, region: str = REGION) -> int:
    """Follow the confirmation link in each of SNS's e-mails to this address. Returns their number."""
    waiting = [one for one in pending(sns_backends[DEFAULT_ACCOUNT_ID][region]) if one.endpoint == address]
    for one in waiting:
        one.confirmed = True
    return len(waiting)


@overlay.wraps(SNSResponse)
def subscribe(original: Callable[..., Any], response: SNSResponse) -> Any:
    """Make an e-mail subscription pending: it has no ARN before its confirmation (SNS API reference, Subscribe)."""
    answer = original()
    if response._get_param("Protocol") != "email":
        return answer
    address = response._get_param("Endpoint")
    asked = (response._get_param("TopicArn"), address)
    one: Any = next(one for one in response.backend.subscriptions.values() if (one.topic_arn, one.endpoint) == asked)
    if not hasattr(one, "asked"):
        one.asked = clock.now()
    return answer if one.confirmed else ActionResult({"SubscriptionArn": "pending confirmation"})


def _listed(original: Callable[..., Any], _response: SNSResponse) -> Any:
    """Hide the ARNs of pending subscriptions in lists."""
    answer = original()
    subscriptions = [
        {
            "SubscriptionArn": PENDING if _is_pending(one) else one.arn,
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


def pending(backend: SNSBackend) -> list[Any]:
    """The subscriptions that wait for confirmation."""
    return [one for one in backend.subscriptions.values() if _is_pending(one)]


def _is_pending(subscription: Any) -> bool:
    return hasattr(subscription, "asked") and not subscription.confirmed
