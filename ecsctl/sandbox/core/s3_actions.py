"""Says what S3's requests need to be allowed. Its actions predate its API's names.

S3 guide, "Required permissions for Amazon S3 API operations".
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ecsctl.sandbox.core.permissions import Asked

# By method and what of a bucket, or of an object, is asked for.
_BUCKET = {
    ("HEAD", ""): "ListBucket",
    ("GET", ""): "ListBucket",
    ("GET", "list-type"): "ListBucket",
    ("PUT", ""): "CreateBucket",
    ("DELETE", ""): "DeleteBucket",
    ("GET", "versions"): "ListBucketVersions",
    ("GET", "uploads"): "ListBucketMultipartUploads",
    ("GET", "location"): "GetBucketLocation",
    ("DELETE", "policy"): "DeleteBucketPolicy",
    ("DELETE", "website"): "DeleteBucketWebsite",
}
_SETTINGS = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "analytics": "AnalyticsConfiguration",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "intelligent-tiering": "IntelligentTieringConfiguration",
    "inventory": "InventoryConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "logging": "BucketLogging",
    "metrics": "MetricsConfiguration",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
_BUCKET |= {("GET", which): f"Get{name}" for which, name in _SETTINGS.items()}
for _method in ("PUT", "DELETE"):  # to delete a setting is to write it, where nothing else is said
    _BUCKET = {(_method, which): f"Put{name}" for which, name in _SETTINGS.items()} | _BUCKET
_OBJECT = {
    ("HEAD", ""): "GetObject",
    ("GET", ""): "GetObject",
    ("GET", "acl"): "GetObjectAcl",
    ("GET", "attributes"): "GetObjectAttributes",
    ("GET", "legal-hold"): "GetObjectLegalHold",
    ("GET", "retention"): "GetObjectRetention",
    ("GET", "tagging"): "GetObjectTagging",
    ("GET", "uploadId"): "ListMultipartUploadParts",
    ("PUT", ""): "PutObject",
    ("PUT", "acl"): "PutObjectAcl",
    ("PUT", "legal-hold"): "PutObjectLegalHold",
    ("PUT", "retention"): "PutObjectRetention",
    ("PUT", "tagging"): "PutObjectTagging",
    ("PUT", "uploadId"): "PutObject",
    ("POST", "uploadId"): "PutObject",
    ("POST", "uploads"): "PutObject",
    ("POST", "restore"): "RestoreObject",
    ("POST", "select"): "GetObject",
    ("DELETE", ""): "DeleteObject",
    ("DELETE", "tagging"): "DeleteObjectTagging",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}
_OF_VERSIONS = re.compile(r"(?<=Object)(?=$|Acl$|Attributes$|Tagging$)")
_TAGS = re.compile(rb"<Tag>\s*<Key>([^<]*)</Key>\s*<Value>([^<]*)</Value>")
_WITH = {"x-amz-acl": "PutObjectAcl", "x-amz-tagging": "PutObjectTagging"}


def bucket(method: str, arn: str, query: Mapping[str, Any], body: bytes) -> list[Asked]:
    """Returns what a request that is about a bucket needs; nothing where that is not known."""
    if method == "POST" and "delete" in query:
        keys = [unquote(key.decode(errors="replace")) for key in re.findall(rb"<Key>([^<]*)</Key>", body)] or ["*"]
        kind = "DeleteObjectVersion" if b"<VersionId>" in body else "DeleteObject"
        return [Asked(f"s3:{kind}", f"{arn}/{key}") for key in keys]
    action = _BUCKET.get((method, next(iter(sorted(query.keys() & _BUCKET_PARTS)), "")))
    if action is None:
        return []
    context = {f"s3:{name}": (_first(query[name]),) for name in ("prefix", "delimiter") if name in query}
    asked = [Asked(f"s3:{action}", arn, context)]
    if action == "CreateBucket" and b"<Tags>" in body:
        context |= {f"aws:RequestTag/{key.decode()}": (value.decode(),) for key, value in _TAGS.findall(body)}
        asked.append(Asked("s3:TagResource", arn, context))
    return asked


def object_rights(method: str, arn: str, query: Mapping[str, Any], headers: Mapping[str, str]) -> list[Asked]:
    """Returns what a request that is about an object needs; nothing where that is not known."""
    action = _OBJECT.get((method, next(iter(sorted(query.keys() & _OBJECT_PARTS)), "")))
    if action is None:
        return []
    if "versionId" in query and method in ("GET", "HEAD", "DELETE"):
        action = _OF_VERSIONS.sub("Version", action, count=1)
    asked = [Asked(f"s3:{action}", arn)]
    if source := headers.get("x-amz-copy-source"):
        read = unquote(source.partition("?")[0]).strip("/")
        asked.insert(0, Asked("s3:GetObject", f"{arn.partition(':::')[0]}:::{read}"))
    return asked + [Asked(f"s3:{also}", arn) for name, also in _WITH.items() if name in headers and method == "PUT"]


_BUCKET_PARTS = {which for _, which in _BUCKET}
_OBJECT_PARTS = {which for _, which in _OBJECT}


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)
