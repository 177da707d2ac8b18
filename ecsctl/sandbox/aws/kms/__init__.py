"""KMS, as far as the services that encrypt depend on it."""

from ecsctl.sandbox.aws.kms.checks import allows, arn, includes_service, refusal, state, suffix

__all__ = ["allows", "arn", "includes_service", "refusal", "state", "suffix"]
