"""The behaviour of AWS's scheduler that moto lacks: it refuses what AWS refuses, and runs what is due."""

from ecsctl.sandbox.aws.scheduler import groups, schedules, time  # noqa: F401 - imported for their declarations
