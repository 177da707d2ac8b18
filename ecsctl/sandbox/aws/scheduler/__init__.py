"""What AWS's scheduler does that moto does not: it refuses what AWS refuses, and runs what is due."""

from ecsctl.sandbox.aws.scheduler import groups, schedules, time  # noqa: F401 - imported for their declarations
