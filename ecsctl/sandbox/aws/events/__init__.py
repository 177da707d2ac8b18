"""What AWS's events does that moto does not."""

from ecsctl.sandbox.aws.events import checks, state  # noqa: F401 - imported for their declarations
