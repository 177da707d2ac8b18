"""The behaviour of CloudWatch that moto lacks: an updated alarm keeps its state.

The sandbox's apps have no clients to measure, so no alarm changes by itself: `aws cloudwatch set-alarm-state` puts one
into ALARM.
"""

from ecsctl.sandbox.aws.cloudwatch import checks  # noqa: F401 - imported for its declarations
from ecsctl.sandbox.aws.cloudwatch.state import exists, in_alarm, takes

__all__ = ["exists", "in_alarm", "takes"]
