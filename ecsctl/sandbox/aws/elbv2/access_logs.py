"""Access logs: when they are enabled, ELB writes a test file into the bucket, and refuses if it cannot.

Application Load Balancers guide, "Enable access logs for your Application Load Balancer". The writer is an
account of ELB in regions older than August 2022, where the service is also allowed (later versions of the guide).
"""

import json
from fnmatch import fnmatchcase
from typing import Any

from moto.elbv2.models import FakeLoadBalancer
from moto.s3.models import s3_backends

from ecsctl.sandbox.core.overlay import Refusal

_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"
_ACCOUNTS = dict(one.split("=") for one in (
    "af-south-1=098369216593 ap-east-1=754344448648 ap-northeast-1=582318560864 ap-northeast-2=600734575887 "
    "ap-northeast-3=383597477331 ap-south-1=718504428378 ap-southeast-1=114774131450 ap-southeast-2=783225319266 "
    "ap-southeast-3=589379963580 ca-central-1=985666609251 cn-north-1=638102146993 cn-northwest-1=037604701340 "
    "eu-central-1=054676820928 eu-north-1=897822967062 eu-south-1=635631232127 eu-west-1=156460612806 "
    "eu-west-2=652711504416 eu-west-3=009996457667 me-south-1=076674570225 sa-east-1=507241528517 "
    "us-east-1=127311923021 us-east-2=033677994240 us-gov-east-1=190560391635 us-gov-west-1=048591011584 "
    "us-west-1=027434742980 us-west-2=797873946194").split())  # fmt: skip


def check(balancer: FakeLoadBalancer, account: str, region: str, sent: dict[str, str]) -> None:
    """Refuse to enable logs in a bucket that ELB cannot write to; otherwise write the test file."""
    if not any(key.startswith("access_logs.") for key in sent):
        return
    attributes = {**balancer.attrs, **sent}
    if str(attributes.get("access_logs.s3.enabled")).lower() != "true":
        return
    name, prefix = attributes.get("access_logs.s3.bucket") or "", attributes.get("access_logs.s3.prefix") or ""
    if not name:
        raise Refusal("ValidationError", "The value of 'access_logs.s3.bucket' cannot be empty")  # an assumption
    found = s3_backends.bucket_accounts.get(name)
    bucket = s3_backends[found[1]][found[0]].buckets.get(name) if found else None
    if bucket is not None and bucket.region_name != region:
        message = f"S3Bucket: {name} is not located in the same region with ELB: {balancer.name}"
        raise Refusal("InvalidConfigurationRequest", message)
    key = f"{prefix}/AWSLogs/{account}".lstrip("/") + "/ELBAccessLogTestFile"
    if bucket is None or not _allows(bucket, region, f"{bucket.arn}/{key}"):
        # terraform-aws-modules/terraform-aws-s3-bucket#185; for KMS keys #61 of its terraform-aws-alb.
        message = f"Access Denied for bucket: {name}. Please check S3bucket permission"
        raise Refusal("InvalidConfigurationRequest", message)
    s3_backends[found[1]][found[0]].put_object(name, key, b"Enable AccessLog for ELB")  # type: ignore[index]  # or there was no bucket


def _allows(bucket: Any, region: str, key: str) -> bool:
    rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    if rule.get("SSEAlgorithm", "AES256") != "AES256":
        return False
    statements = json.loads(bucket.policy or b"{}").get("Statement", [])
    account = _ACCOUNTS.get(region, "-")
    writers = {"*", _SERVICE, account, f"arn:{bucket.partition}:iam::{account}:root"}
    return any(
        one["Effect"] == "Allow"
        and writers & {*_principals(one.get("Principal"))}
        and any(fnmatchcase("s3:PutObject", action) for action in _many(one.get("Action")))
        and any(fnmatchcase(key, resource) for resource in _many(one.get("Resource")))
        for one in _many(statements)
    )


def _principals(principal: Any) -> list[str]:
    named = principal.values() if isinstance(principal, dict) else [principal]
    return [one for some in named for one in _many(some)]


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
