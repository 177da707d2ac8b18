"""KMS, as far as the services that encrypt depend on it."""

from ecsctl.sandbox.aws.kms.checks import arn, lets, names, refusal, state, suffix

__all__ = ["arn", "lets", "names", "refusal", "state", "suffix"]
