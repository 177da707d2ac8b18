"""The settings of a bucket, each read and written by its own S3 call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecsctl.resources.support import log_delivery
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.policy_document import same_spelling

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import LifecycleRuleUnionTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label

RULE = "ecsctl"  # the name of our lifecycle rule
SID, LOGS = "TlsOnly", "AccessLogs"  # and of our statements in the bucket's policy
_HIDDEN = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def blocks_public_access(aws: Aws, name: str, owner: str) -> bool:
    """Whether all public access to the bucket is blocked."""
    answer = none_if_gone(lambda: aws.read(aws.s3.get_public_access_block, Bucket=name, ExpectedBucketOwner=owner))
    settings: dict[str, Any] = dict(answer["PublicAccessBlockConfiguration"]) if answer else {}
    return all(settings.get(key) for key in _HIDDEN)


def block_public_access(aws: Aws, name: str, owner: str, *, on: bool) -> None:
    """Block all public access to the bucket, or (off) block none."""
    aws.s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": on,
            "IgnorePublicAcls": on,
            "BlockPublicPolicy": on,
            "RestrictPublicBuckets": on,
        },
        ExpectedBucketOwner=owner,
    )


def encryption(aws: Aws, name: str, owner: str) -> str:
    """How S3 encrypts new objects: the ARN of a key, `AES256` or `aws:kms`; empty if not set."""
    answer = none_if_gone(lambda: aws.read(aws.s3.get_bucket_encryption, Bucket=name, ExpectedBucketOwner=owner))
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"] if answer else []
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    return default.get("KMSMasterKeyID") or default.get("SSEAlgorithm", "")


def encrypt(aws: Aws, name: str, owner: str, how: str) -> None:
    """Set how S3 encrypts new objects, as returned by `encryption`. With a bucket key S3 calls KMS less often."""
    default: Any = {"SSEAlgorithm": how}
    if how.startswith("arn:"):
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": how}
    aws.s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": how.startswith("arn:")}]
        },
        ExpectedBucketOwner=owner,
    )


def requires_tls(aws: Aws, name: str, owner: str, partition: str) -> bool:
    """Whether the bucket's policy refuses every request without TLS."""
    wanted = same_spelling(_tls_only(name, partition))
    return any(same_spelling(statement) == wanted for statement in _statements(aws, name, owner))


def require_tls(aws: Aws, name: str, owner: str, partition: str, *, on: bool) -> None:
    """Add or remove the statement that refuses requests without TLS. Other statements in the policy stay."""
    _state(aws, name, owner, _tls_only(name, partition), on=on)


def allows_log_delivery(aws: Aws, name: str, me: Label) -> bool:
    """Whether ELB may put the access logs of this account's load balancers into the bucket."""
    wanted = same_spelling(_delivery(name, me))
    return any(same_spelling(statement) == wanted for statement in _statements(aws, name, me.account))


def allow_log_delivery(aws: Aws, name: str, me: Label, *, on: bool) -> None:
    """Add or remove the statement that allows this. Other statements in the policy stay."""
    _state(aws, name, me.account, _delivery(name, me), on=on)


def _state(aws: Aws, name: str, owner: str, ours: dict[str, Any], *, on: bool) -> None:
    """Add a statement of ours to the bucket's policy, or remove it."""
    with aws.uncached():
        kept = [one for one in _statements(aws, name, owner) if one.get("Sid") != ours["Sid"]]
    policy = [*kept, ours] if on else kept
    if policy:
        document = json.dumps({"Version": "2012-10-17", "Statement": policy})
        aws.s3.put_bucket_policy(Bucket=name, Policy=document, ExpectedBucketOwner=owner)
    else:
        aws.s3.delete_bucket_policy(Bucket=name, ExpectedBucketOwner=owner)


def expiry(aws: Aws, name: str, owner: str) -> tuple[int, int]:
    """After how many days our rule removes objects, and after how many unfinished uploads. 0: never."""
    rule: dict[str, Any] = next((rule for rule in _rules(aws, name, owner) if rule.get("ID") == RULE), {})
    if rule.get("Status") != "Enabled" or any(_narrows(rule)):
        return 0, 0
    return (
        rule.get("Expiration", {}).get("Days", 0),
        rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation", 0),
    )


def expire(aws: Aws, name: str, owner: str, days: int, abort_days: int) -> None:
    """Set after how many days objects, and unfinished uploads, are removed. Other rules stay."""
    ours: LifecycleRuleUnionTypeDef = {
        "ID": RULE,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": days},
        "NoncurrentVersionExpiration": {"NoncurrentDays": days},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": abort_days},
    }
    with aws.uncached():
        kept = [rule for rule in _rules(aws, name, owner) if rule.get("ID") != RULE]
    aws.s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": [*kept, ours]}, ExpectedBucketOwner=owner
    )


def _tls_only(name: str, partition: str) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{name}"
    return {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _delivery(name: str, me: Label) -> dict[str, Any]:
    return {
        "Sid": LOGS,
        "Effect": "Allow",
        "Principal": log_delivery.principal(me.region, me.partition),
        "Action": "s3:PutObject",
        "Resource": f"arn:{me.partition}:s3:::{name}/{log_delivery.where('', me.account)}/*",
    }


def _statements(aws: Aws, name: str, owner: str) -> list[dict[str, Any]]:
    answer = none_if_gone(lambda: aws.read(aws.s3.get_bucket_policy, Bucket=name, ExpectedBucketOwner=owner))
    found = json.loads(answer["Policy"]).get("Statement", []) if answer else []
    return found if isinstance(found, list) else [found]


def _rules(aws: Aws, name: str, owner: str) -> list[Any]:
    call = aws.s3.get_bucket_lifecycle_configuration
    answer = none_if_gone(lambda: aws.read(call, Bucket=name, ExpectedBucketOwner=owner))
    return list(answer["Rules"]) if answer else []


def _narrows(rule: dict[str, Any]) -> list[Any]:
    """The filters that keep a rule from covering every object."""
    where = rule.get("Filter") or {}
    return [rule.get("Prefix"), *where.values()]
