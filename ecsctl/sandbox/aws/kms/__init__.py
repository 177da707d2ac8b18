"""Says what the services that encrypt ask of AWS's kms."""

from ecsctl.sandbox.aws.kms.checks import arn, lets, names, refusal, state, suffix

__all__ = ["arn", "lets", "names", "refusal", "state", "suffix"]
