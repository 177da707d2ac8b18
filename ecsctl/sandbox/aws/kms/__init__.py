"""What the services that encrypt ask of AWS's kms."""

from ecsctl.sandbox.aws.kms.checks import arn, lets, refusal, state, suffix

__all__ = ["arn", "lets", "refusal", "state", "suffix"]
