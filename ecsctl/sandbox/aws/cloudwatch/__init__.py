"""What AWS's cloudwatch does that moto does not: an alarm's state outlives its change, and nothing rings by itself.

The sandbox's apps have no clients to be measured: `aws cloudwatch set-alarm-state` lets an alarm ring."""

from ecsctl.sandbox.aws.cloudwatch import checks  # noqa: F401 - imported for its declarations
from ecsctl.sandbox.aws.cloudwatch.state import known, ringing, takes

__all__ = ["known", "ringing", "takes"]
