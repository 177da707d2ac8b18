"""What both scripts of one's own stand on: patient clients, and where they work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

APP, REGION, DOMAIN = "hello", "eu-central-1", "hello.ecsctl.example"
TAGS = [{"Key": "app", "Value": APP}]
PAUSE = 0.5  # seconds between two reads
Made = dict[str, Any]
Steps = dict[str, tuple[tuple[str, ...], Callable[[Made], Any]]]  # name: what it needs, and how it is done


def until(read: Callable[[], Any], limit: float = 900.0) -> Any:
    """Look until there is an answer. Errors are taken for "not yet": what is new is not known everywhere."""
    end = time.monotonic() + limit
    while True:
        try:
            if found := read():
                return found
        except ClientError:
            if time.monotonic() > end:
                raise
        time.sleep(PAUSE)


class Patient:
    """A client whose calls are made until AWS takes them."""

    def __init__(self, service: str) -> None:
        self.client = boto3.client(service, region_name=REGION)  # type: ignore[call-overload]  # the name is a variable

    def __getattr__(self, name: str) -> Any:
        """An operation of the client; `get_waiter` is none."""
        call = getattr(self.client, name)
        return call if name == "get_waiter" or not patient else lambda **given: until(lambda: call(**given))


patient = sys.argv[1:2] == ["up"]
ec2, elbv2, acm, route53, iam, ecr = map(Patient, ("ec2", "elbv2", "acm", "route53", "iam", "ecr"))
ecs, logs, s3, secretsmanager = map(Patient, ("ecs", "logs", "s3", "secretsmanager"))
codebuild, codepipeline = map(Patient, ("codebuild", "codepipeline"))


def record(which: Any, action: str = "CREATE") -> None:
    """Change one record of the domain's zone."""
    zone = route53.list_hosted_zones_by_name(DNSName=DOMAIN.split(".", 1)[1], MaxItems="1")["HostedZones"][0]["Id"]
    batch: Any = {"Changes": [{"Action": action, "ResourceRecordSet": which}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def alias(made: Made) -> Any:
    """The domain's record."""
    leads_to = {"DNSName": made["balancer"]["dns"], "HostedZoneId": made["balancer"]["zone"]}
    return {"Name": DOMAIN, "Type": "A", "AliasTarget": {**leads_to, "EvaluateTargetHealth": False}}


def proof(shown: Any) -> Any:
    """The record that proves the domain to ACM."""
    return {"Name": shown["Name"], "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": shown["Value"]}]}
