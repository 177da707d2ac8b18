"""What S3 refuses: other accounts, callers without permission, invalid policies, deleting non-empty buckets."""

import json
from typing import Any

from moto.s3.exceptions import BucketNotEmpty, MissingBucket, MissingKey, S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.s3.responses import S3Response

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.s3.time import memory
from ecsctl.sandbox.core import authorization, clock, congestion, overlay, requests


@overlay.wraps(S3Response)
def _bucket_response(original: Any, self: S3Response, request: Any, full_url: str) -> Any:
    """Refuse callers other than the bucket's owner, and buckets of another owner than the caller expects."""
    requests.advance_world()  # moto dispatches S3's requests differently from all others
    _check_time(self, request)
    _check_rights(self, request)
    settings = self._get_querystring(request, full_url)
    _check_owner(self, request, creates=request.method == "PUT" and not settings)
    what = ("s3", self.bucket_name)
    if request.method != "PUT" or not settings:
        return original(request, full_url)
    if congestion.is_busy(what):
        raise S3ClientError(congestion.BUCKET_BUSY.code, congestion.BUCKET_BUSY.message)
    try:
        return original(request, full_url)
    finally:
        congestion.ended(what)


@overlay.wraps(S3Response)
def _key_response(original: Any, self: S3Response, request: Any, full_url: str) -> Any:
    """The same for requests about objects."""
    requests.advance_world()
    _check_time(self, request)
    key = self.parse_key_name()
    _check_rights(self, request, key)
    _check_owner(self, request, creates=False)
    # S3 API reference, GetObject: only callers with ListBucket get a 404 for a missing object.
    hidden = request.method in ("GET", "HEAD") and authorization.s3_refusal(self, request, key, lists=True)
    try:
        answer = original(request, full_url)
    except MissingKey:
        if hidden:
            raise S3ClientError(hidden[0].code, hidden[0].message) from None
        raise
    return (403, {}, "") if hidden and request.method == "HEAD" and answer[0] == 404 else answer


def _check_time(response: S3Response, request: Any) -> None:
    if refused := congestion.throttled("s3", response.region, reads=request.method in ("GET", "HEAD")):
        raise S3ClientError(refused[0].code, refused[0].message)


def _check_rights(response: S3Response, request: Any, key: str | None = None) -> None:
    if refused := authorization.s3_refusal(response, request, key):
        raise S3ClientError(refused[0].code, refused[0].message)


def _check_owner(response: S3Response, request: Any, creates: bool) -> None:
    found = s3_backends.bucket_accounts.get(response.bucket_name)
    if found is None or creates:
        return
    owner, expected = found[1], request.headers.get("x-amz-expected-bucket-owner")
    if owner != response.current_account or (expected and expected != owner):
        raise S3ClientError("AccessDenied", "Access Denied")
    names = memory(owner)
    if clock.now() - names.made.get(response.bucket_name, float("-inf")) < names.hidden:
        raise MissingBucket(bucket=response.bucket_name)


@overlay.wraps(S3Backend)
def create_bucket(original: Any, self: S3Backend, bucket_name: str, *args: Any, **kwargs: Any) -> FakeBucket:
    """Refuse a name that belongs to another account."""
    owner = s3_backends.bucket_accounts.get(bucket_name, ("", self.account_id))[1]
    if owner != self.account_id:
        message = (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
        )
        raise S3ClientError("BucketAlreadyExists", f"{message} Please select a different name and try again.")
    made: FakeBucket = original(bucket_name, *args, **kwargs)
    return made


@overlay.wraps(S3Backend)
def put_bucket_acl(original: Any, self: S3Backend, bucket_name: str, acl: Any) -> None:
    """Refuse while ACLs are disabled (S3 guide, "Controlling ownership of objects and disabling ACLs")."""
    if str(self.get_bucket(bucket_name).ownership_rule) == "BucketOwnerEnforced":
        raise S3ClientError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    original(bucket_name, acl)


@overlay.wraps(S3Backend)
def delete_bucket(original: Any, self: S3Backend, bucket_name: str) -> Any:
    """Refuse while there are objects, versions or delete markers; the message mentions versions if there are any."""
    bucket = self.get_bucket(bucket_name)
    if bucket.keys:
        refusal = BucketNotEmpty(bucket_name=bucket_name)
        if bucket.versioning_status:
            refusal.message += ". You must delete all versions in the bucket."
        raise refusal
    return original(bucket_name)


@overlay.wraps(S3Backend)
def put_bucket_policy(original: Any, _self: S3Backend, bucket_name: str, policy: bytes) -> None:
    """Refuse an invalid policy, and principals that do not exist (API reference, PutBucketPolicy: MalformedPolicy)."""
    try:
        document = json.loads(policy)
        statements = document["Statement"]
    except (ValueError, TypeError, KeyError):
        message = "Policies must be valid JSON and the first byte must be '{'"
        raise S3ClientError("MalformedPolicy", message) from None
    for statement in statements if isinstance(statements, list) else [statements]:
        for needed in ("Effect", "Principal", "Action", "Resource"):
            if needed not in statement and f"Not{needed}" not in statement:
                raise S3ClientError("MalformedPolicy", f"Missing required field {needed}")
        resources = statement.get("Resource", [])
        for resource in resources if isinstance(resources, list) else [resources]:
            if resource.split(":::")[-1].split("/")[0] != bucket_name:
                raise S3ClientError("MalformedPolicy", "Policy has invalid resource")
    if iam.invalid_principal(policy.decode()):
        raise S3ClientError("MalformedPolicy", "Invalid principal in policy")
    original(bucket_name, policy)


@overlay.wraps(FakeBucket)
def get_permission(original: Any, self: FakeBucket, action: str, resource: str) -> Any:
    """Evaluate the policy's statements as for a call over TLS: moto ignores conditions.

    The sandbox is called over plain HTTP on loopback, which counts as TLS.
    """
    if self.policy is None:
        return original(action, resource)
    kept, document = self.policy, json.loads(self.policy)
    document["Statement"] = [s for s in document["Statement"] if not _is_about_tls(s)]
    try:
        self.policy = json.dumps(document).encode()
        return original(action, resource)
    finally:
        self.policy = kept


def _is_about_tls(statement: dict[str, Any]) -> bool:
    keys = {key.lower() for tests in statement.get("Condition", {}).values() for key in tests}
    return bool(keys & {"aws:securetransport", "s3:tlsversion"})
