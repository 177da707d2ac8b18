"""What every new bucket has on AWS: its tags, default encryption, and blocked public access."""

import copy
from typing import Any

import xmltodict  # type: ignore[import-untyped] # moto brings it, and it has no types
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend, s3_backends
from moto.s3.responses import S3Response

from ecsctl.sandbox.core import overlay

_SSE_S3: dict[str, Any] = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}


@overlay.wraps(S3Response)
def _bucket_response_put(original: Any, self: S3Response, request: Any, bucket_name: str, querystring: Any) -> Any:
    """Store the tags that are sent with CreateBucket."""
    fresh = not querystring and bucket_name not in s3_backends.bucket_accounts
    answer = original(request, bucket_name, querystring)
    tags = _tags(self.body) if fresh else {}
    if tags:
        self.backend.put_bucket_tagging(bucket_name, tags)
    return answer


def _tags(body: bytes) -> dict[str, str]:
    given = (xmltodict.parse(body).get("CreateBucketConfiguration") or {}) if body else {}
    tags = (given.get("Tags") or {}).get("Tag", [])
    return {tag["Key"]: tag["Value"] or "" for tag in (tags if isinstance(tags, list) else [tags])}


@overlay.wraps(S3Backend, "create_bucket")
def secure(original: Any, _self: S3Backend, *args: Any, **kwargs: Any) -> FakeBucket:
    """Apply the defaults since April 2023: S3 guide, "Blocking public access …", "Default encryption FAQ"."""
    bucket: FakeBucket = original(*args, **kwargs)
    bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
    bucket.ownership_rule = "BucketOwnerEnforced"  # type: ignore[assignment] # moto keeps the word
    bucket.encryption = copy.deepcopy(_SSE_S3)
    return bucket


@overlay.wraps(S3Backend)
def delete_bucket_encryption(original: Any, self: S3Backend, bucket_name: str) -> None:
    """Reset to S3's own keys: every bucket is encrypted (API reference, DeleteBucketEncryption)."""
    original(bucket_name)
    self.get_bucket(bucket_name).encryption = copy.deepcopy(_SSE_S3)
