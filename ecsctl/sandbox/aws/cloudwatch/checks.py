"""The checks that CloudWatch makes of an alarm."""

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse

from ecsctl.sandbox.core import constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal


@overlay.wraps(CloudWatchResponse, "put_metric_alarm")
def checked(original: Callable[..., Any], response: CloudWatchResponse) -> Any:
    """Enforce the limits of the API's own model. Raises Refusal."""
    sent = response._get_params()
    if wrong := constraints.violation("cloudwatch", "PutMetricAlarm", sent):
        raise Refusal("ValidationError", wrong)
    returned = [one for one in sent.get("Metrics") or [] if one.get("ReturnData", True)]
    if sent.get("Metrics") and len(returned) != 1:  # the wording is an assumption
        raise Refusal("ValidationError", "Exactly one element of the metrics list should return data.")
    return original()
