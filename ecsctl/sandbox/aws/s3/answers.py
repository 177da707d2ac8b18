"""The parts of S3's answers that moto leaves out: the status of its errors, the names of rules, and the whole
encryption.
"""

import base64
from typing import Any

from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from ecsctl.sandbox.core import overlay

_STATUS = {"AccessDenied": 403, "OperationAborted": 409, "SlowDown": 503}  # those that moto would send as 400


@overlay.wraps(S3Response)
def serialized(original: Any, self: S3Response, answer: ActionResult) -> Any:
    """Send the errors that S3's model leaves out with the status they have on AWS."""
    status, headers, body = original(answer)
    if isinstance(answer.result, S3ClientError):
        status = _STATUS.get(answer.result.code, status)
        if self.request.method == "HEAD":
            body = ""
    return status, headers, body


@overlay.wraps(FakeBucket)
def set_lifecycle(original: Any, _self: FakeBucket, rules: list[dict[str, Any]]) -> None:
    """Name the rules that have no name, as answers of AWS do (go-to-k/cdk-real-drift, c00ed982)."""
    original([rule if rule.get("ID") else {**rule, "ID": _rule_name()} for rule in rules])


def _rule_name() -> str:
    return base64.b64encode(str(mock_random.uuid4()).encode()).decode()


@overlay.wraps(S3Response)
def get_bucket_encryption(original: Any, self: S3Response) -> Any:
    """Show as well that nobody's own keys are taken, as in answers of 2026 (go-to-k/cdk-real-drift, c00ed982)."""
    original()  # it refuses for what does not exist
    rule = self.backend.get_bucket(self.bucket_name).encryption["Rule"]  # type: ignore[index] # it always has one
    encryption = {
        "ApplyServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
        "BucketKeyEnabled": str(rule.get("BucketKeyEnabled", "false")).lower() == "true",
        "BlockedEncryptionTypes": rule.get("BlockedEncryptionTypes") or {"EncryptionType": ["SSE-C"]},
    }
    return self.serialized(ActionResult({"ServerSideEncryptionConfiguration": {"Rules": [encryption]}}))
