"""The behaviour of ACM that moto lacks: a certificate is issued once its CNAME resolves, and deletable once unused."""

from ecsctl.sandbox.aws.acm import answers, checks  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.acm.state import validation_record
from ecsctl.sandbox.aws.acm.time import VALIDATION, issued_since, release_if_unused

__all__ = ["VALIDATION", "issued_since", "release_if_unused", "validation_record"]
