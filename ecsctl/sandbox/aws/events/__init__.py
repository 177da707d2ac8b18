"""The behaviour of AWS's events that moto lacks."""

from ecsctl.sandbox.aws.events import checks, state  # noqa: F401 - imported for their declarations
