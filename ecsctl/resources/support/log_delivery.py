"""Which principal writes a load balancer's access logs into a bucket, and under which keys.

Application Load Balancers guide, "Enable access logs for your Application Load Balancer": an account of ELB's in the
regions that are older than August 2022, by number (as also in aws/aws-cdk, region-info/build-tools/fact-tables.ts);
the log delivery service in all others.
"""

from __future__ import annotations

SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"
ACCOUNTS = {
    "af-south-1": "098369216593", "ap-east-1": "754344448648", "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887", "ap-northeast-3": "383597477331", "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450", "ap-southeast-2": "783225319266", "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251", "cn-north-1": "638102146993", "cn-northwest-1": "037604701340",
    "eu-central-1": "054676820928", "eu-north-1": "897822967062", "eu-south-1": "635631232127",
    "eu-west-1": "156460612806", "eu-west-2": "652711504416", "eu-west-3": "009996457667",
    "me-south-1": "076674570225", "sa-east-1": "507241528517", "us-east-1": "127311923021",
    "us-east-2": "033677994240", "us-gov-east-1": "190560391635", "us-gov-west-1": "048591011584",
    "us-west-1": "027434742980", "us-west-2": "797873946194",
}  # fmt: skip


def principal(region: str, partition: str) -> dict[str, str]:
    """The writing principal, as a policy names it."""
    if account := ACCOUNTS.get(region):
        return {"AWS": f"arn:{partition}:iam::{account}:root"}
    return {"Service": SERVICE}


def where(prefix: str, account: str) -> str:
    """The key prefix of all logs of the account's load balancers."""
    return f"{prefix}/AWSLogs/{account}" if prefix else f"AWSLogs/{account}"
