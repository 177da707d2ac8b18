"""The behaviour of EventBridge Scheduler that moto lacks: refusals, and running schedules that are due."""

from ecsctl.sandbox.aws.scheduler import groups, schedules, time  # noqa: F401 - imported for their declarations
