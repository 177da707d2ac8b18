"""The behaviour of AWS's cloudwatch that moto lacks: a changed alarm keeps its state, and none changes by itself.

The sandbox's apps have no clients to be measured: `aws cloudwatch set-alarm-state` puts an alarm into ALARM.
"""

from ecsctl.sandbox.aws.cloudwatch import checks  # noqa: F401 - imported for its declarations
from ecsctl.sandbox.aws.cloudwatch.state import in_alarm, known, takes

__all__ = ["in_alarm", "known", "takes"]
