"""What AWS's s3 does that moto does not: names that stay taken for a while, owners, and policies with conditions."""

import base64
import copy
import json
from dataclasses import dataclass, field
from typing import Any

import xmltodict  # type: ignore[import-untyped] # moto brings it, and it has no types
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.s3.exceptions import BucketNotEmpty, MissingBucket, MissingKey, S3ClientError
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend, s3_backends
from moto.s3.responses import S3Response

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.core import authorization, clock, congestion, overlay, requests, script

# S3 guide, "Deleting a bucket": a deleted name "might not be available for some time". In practice up to an hour and
# more; twenty seconds here, so that a test of down and up need not wait that long. `block_deleted_names` changes it.
BLOCKED = 20.0

_SSE_S3: dict[str, Any] = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}

_STATUS = {"AccessDenied": 403, "OperationAborted": 409, "SlowDown": 503}  # those that moto would send as 400


@dataclass
class _Names:
    """When each name was deleted and each bucket made, in sandbox time, and how long that is felt."""

    deleted: dict[str, float] = field(default_factory=dict)
    made: dict[str, float] = field(default_factory=dict)
    blocked: float = BLOCKED
    hidden: float = 0.0


def _names(account_id: str) -> _Names:
    return overlay.memory(s3_backends[account_id]["aws"], _Names)


@script.switch
def block_deleted_names(seconds: float, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Refuse to make a bucket again for `seconds` of sandbox time after its name was deleted; 3600 is like AWS."""
    _names(account_id).blocked = seconds


@script.switch
def hide_new_buckets(seconds: float, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Answer NoSuchBucket for `seconds` of sandbox time after a bucket was made. 0 unless switched on.

    S3 guide, "Amazon S3 data consistency model": bucket configurations are eventually consistent.
    """
    _names(account_id).hidden = seconds


@overlay.wraps(S3Response)
def _bucket_response(original: Any, self: S3Response, request: Any, full_url: str) -> Any:
    """Let nobody but its owner near a bucket, and see that the owner is whom the caller expects."""
    requests.bring_to_now()  # S3's requests take another way through moto than all others
    _check_time(self, request)
    _check_rights(self, request)
    settings = self._get_querystring(request, full_url)
    _check_owner(self, request, creates=request.method == "PUT" and not settings)
    what = ("s3", self.bucket_name)
    if request.method != "PUT" or not settings:
        return original(request, full_url)
    if congestion.busy(what):
        raise S3ClientError(congestion.BUCKET_BUSY.code, congestion.BUCKET_BUSY.message)
    try:
        return original(request, full_url)
    finally:
        congestion.ended(what)


@overlay.wraps(S3Response)
def _key_response(original: Any, self: S3Response, request: Any, full_url: str) -> Any:
    """The same for what is in it."""
    requests.bring_to_now()
    _check_time(self, request)
    key = self.parse_key_name()
    _check_rights(self, request, key)
    _check_owner(self, request, creates=False)
    # S3 API reference, GetObject: only who may list a bucket gets a 404 for what is not in it.
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
    names = _names(owner)
    if clock.now() - names.made.get(response.bucket_name, float("-inf")) < names.hidden:
        raise MissingBucket(bucket=response.bucket_name)


@overlay.wraps(S3Response)
def serialized(original: Any, self: S3Response, answer: ActionResult) -> Any:
    """Send the errors that S3's model leaves out with the status they have on AWS."""
    status, headers, body = original(answer)
    if isinstance(answer.result, S3ClientError):
        status = _STATUS.get(answer.result.code, status)
        if self.request.method == "HEAD":
            body = ""
    return status, headers, body


@overlay.wraps(S3Response)
def _bucket_response_put(original: Any, self: S3Response, request: Any, bucket_name: str, querystring: Any) -> Any:
    """Keep the tags that CreateBucket brings along."""
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


@overlay.wraps(S3Backend)
def create_bucket(original: Any, self: S3Backend, bucket_name: str, *args: Any, **kwargs: Any) -> FakeBucket:
    """Refuse a name that is another account's, and one that was deleted a moment ago."""
    owner = s3_backends.bucket_accounts.get(bucket_name, ("", self.account_id))[1]
    if owner != self.account_id:
        message = (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
        )
        raise S3ClientError("BucketAlreadyExists", f"{message} Please select a different name and try again.")
    names = _names(self.account_id)
    if clock.now() - names.deleted.get(bucket_name, float("-inf")) < names.blocked:
        raise S3ClientError(congestion.BUCKET_BUSY.code, congestion.BUCKET_BUSY.message)
    made: FakeBucket = original(bucket_name, *args, **kwargs)
    names.made[bucket_name] = clock.now()
    _secure(made)
    return made


def _secure(bucket: FakeBucket) -> None:
    """As every new bucket has been since April 2023: S3 guide, "Blocking public access …", "Default encryption FAQ"."""
    bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
    bucket.ownership_rule = "BucketOwnerEnforced"  # type: ignore[assignment] # moto keeps the word
    bucket.encryption = copy.deepcopy(_SSE_S3)


@overlay.wraps(FakeBucket)
def set_lifecycle(original: Any, _self: FakeBucket, rules: list[dict[str, Any]]) -> None:
    """Name the rules that have no name, as answers of AWS do (go-to-k/cdk-real-drift, c00ed982)."""
    original([rule if rule.get("ID") else {**rule, "ID": _rule_name()} for rule in rules])


def _rule_name() -> str:
    return base64.b64encode(str(mock_random.uuid4()).encode()).decode()


@overlay.wraps(S3Backend)
def delete_bucket_encryption(original: Any, self: S3Backend, bucket_name: str) -> None:
    """Back to S3's own keys: no bucket is without (API reference, DeleteBucketEncryption)."""
    original(bucket_name)
    self.get_bucket(bucket_name).encryption = copy.deepcopy(_SSE_S3)


@overlay.wraps(S3Response)
def get_bucket_encryption(original: Any, self: S3Response) -> Any:
    """Show as well that nobody's own keys are taken, as in answers of 2026 (go-to-k/cdk-real-drift, c00ed982)."""
    original()  # it refuses for what is not there
    rule = self.backend.get_bucket(self.bucket_name).encryption["Rule"]  # type: ignore[index] # it always has one
    encryption = {
        "ApplyServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
        "BucketKeyEnabled": str(rule.get("BucketKeyEnabled", "false")).lower() == "true",
        "BlockedEncryptionTypes": rule.get("BlockedEncryptionTypes") or {"EncryptionType": ["SSE-C"]},
    }
    return self.serialized(ActionResult({"ServerSideEncryptionConfiguration": {"Rules": [encryption]}}))


@overlay.wraps(S3Backend)
def put_bucket_acl(original: Any, self: S3Backend, bucket_name: str, acl: Any) -> None:
    """Refuse while the bucket's owner owns all (S3 guide, "Controlling ownership of objects and disabling ACLs")."""
    if str(self.get_bucket(bucket_name).ownership_rule) == "BucketOwnerEnforced":
        raise S3ClientError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    original(bucket_name, acl)


@overlay.wraps(S3Backend)
def delete_bucket(original: Any, self: S3Backend, bucket_name: str) -> Any:
    """Refuse while there are objects, versions or delete markers; the message says so when there are versions."""
    bucket = self.get_bucket(bucket_name)
    if bucket.keys:
        refusal = BucketNotEmpty(bucket_name=bucket_name)
        if bucket.versioning_status:
            refusal.message += ". You must delete all versions in the bucket."
        raise refusal
    gone = original(bucket_name)
    self.tagger.delete_all_tags_for_resource(bucket.arn)  # or a new bucket of this name would have them
    _names(self.account_id).deleted[bucket_name] = clock.now()
    return gone


@overlay.wraps(S3Backend)
def put_bucket_policy(original: Any, _self: S3Backend, bucket_name: str, policy: bytes) -> None:
    """Refuse what is no policy, and principals that are not there (API reference, PutBucketPolicy: MalformedPolicy)."""
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
    """Decide by the statements that hold for a call over TLS: moto takes no condition into account.

    The sandbox is spoken to over plain HTTP on loopback; it counts as TLS.
    """
    if self.policy is None:
        return original(action, resource)
    kept, document = self.policy, json.loads(self.policy)
    document["Statement"] = [s for s in document["Statement"] if not _for_plain_http(s)]
    try:
        self.policy = json.dumps(document).encode()
        return original(action, resource)
    finally:
        self.policy = kept


def _for_plain_http(statement: dict[str, Any]) -> bool:
    keys = {key.lower() for tests in statement.get("Condition", {}).values() for key in tests}
    return bool(keys & {"aws:securetransport", "s3:tlsversion"})
