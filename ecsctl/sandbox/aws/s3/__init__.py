"""The behaviour of S3 that moto lacks: names that stay taken for a while, owners, and policies with conditions."""

from ecsctl.sandbox.aws.s3 import answers, checks, state  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.s3.time import block_deleted_names, hide_new_buckets

__all__ = ["block_deleted_names", "hide_new_buckets"]
