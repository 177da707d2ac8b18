"""SNS deletes subscriptions that nobody confirms in time."""

from collections.abc import Callable
from typing import Any

from moto.sns.responses import SNSResponse

from ecsctl.sandbox.aws.sns.state import pending
from ecsctl.sandbox.core import clock, overlay

# "Amazon SNS deletes unconfirmed subscriptions after 48 hours" (SNS developer guide, "Creating a subscription to an
# Amazon SNS topic").
WAITS = 48 * 3600.0


@overlay.wraps(SNSResponse)
def call_action(original: Callable[..., Any], response: SNSResponse) -> Any:
    """Before each request, delete the subscriptions that nobody has confirmed in time."""
    for one in pending(response.backend):
        if clock.now() - one.asked >= WAITS:
            response.backend.subscriptions.pop(one.arn)
    return original()
