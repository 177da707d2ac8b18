"""The parts of S3's answers that moto leaves out: status codes of errors, ids of rules, encryption details."""

import base64
from typing import Any

from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from ecsctl.sandbox.core import overlay

_STATUS = {"AccessDenied": 403, "OperationAborted": 409, "SlowDown": 503}  # codes that moto would send with status 400


@overlay.wraps(S3Response)
def serialized(original: Any, self: S3Response, answer: ActionResult) -> Any:
    """Send errors that are missing in S3's model with AWS's status code."""
    status, headers, body = original(answer)
    if isinstance(answer.result, S3ClientError):
        status = _STATUS.get(answer.result.code, status)
        if self.request.method == "HEAD":
            body = ""
    return status, headers, body


@overlay.wraps(FakeBucket)
def set_lifecycle(original: Any, _self: FakeBucket, rules: list[dict[str, Any]]) -> None:
    """Give rules without an id one, as in AWS's answers (go-to-k/cdk-real-drift, c00ed982)."""
    original([rule if rule.get("ID") else {**rule, "ID": _rule_name()} for rule in rules])


def _rule_name() -> str:
    return base64.b64encode(str(mock_random.uuid4()).encode()).decode()


@overlay.wraps(S3Response)
def get_bucket_encryption(original: Any, self: S3Response) -> Any:
    """Add that SSE-C is blocked, as in answers of 2026 (go-to-k/cdk-real-drift, c00ed982)."""
    original()  # raises the error if there is none
    rule = self.backend.get_bucket(self.bucket_name).encryption["Rule"]  # type: ignore[index] # it always has one
    encryption = {
        "ApplyServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
        "BucketKeyEnabled": str(rule.get("BucketKeyEnabled", "false")).lower() == "true",
        "BlockedEncryptionTypes": rule.get("BlockedEncryptionTypes") or {"EncryptionType": ["SSE-C"]},
    }
    return self.serialized(ActionResult({"ServerSideEncryptionConfiguration": {"Rules": [encryption]}}))
