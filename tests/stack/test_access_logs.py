"""load_balancer.access_logs and load_balancer.waf: made, drift-checked, taken back; what is others' stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.plan import Verb
from ecsctl.operations.policy import policies
from ecsctl.resources.support import log_delivery
from ecsctl.sandbox.aws.elbv2 import access_logs as sandboxed
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.theirs import acl

PLAIN = desired_stack(domain=None, github=None)
BUCKET = f"hello-access-logs-{ACCOUNT}-{REGION}"


def with_(**front: Any) -> dict[str, Any]:
    return {**PLAIN, "load_balancer": front}


def balancer(world: World) -> str:
    found: str = world.boto("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    return found


def attributes(world: World) -> dict[str, str]:
    attributes = world.boto("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer(world))["Attributes"]
    return {
        one["Key"].removeprefix("access_logs.s3."): one["Value"] for one in attributes if "access_logs" in one["Key"]
    }


def set_by_hand(world: World, **values: str) -> None:
    world.boto("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=balancer(world),
        Attributes=[{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in values.items()],
    )


def protected_by(world: World) -> str:
    web_acl = world.boto("wafv2").get_web_acl_for_resource(ResourceArn=balancer(world)).get("WebACL") or {}
    return str(web_acl.get("ARN", ""))


def buckets(world: World) -> list[str]:
    return [one["Name"] for one in world.boto("s3").list_buckets()["Buckets"]]


def test_a_bucket_is_made_that_the_load_balancer_can_write_to_and_that_forgets(world: World) -> None:
    logged = with_(access_logs={"days": 30})
    world.up(logged)
    assert attributes(world) == {"enabled": "true", "bucket": BUCKET, "prefix": ""}
    s3 = world.boto("s3")
    [first] = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert first["Key"] == f"AWSLogs/{ACCOUNT}/ELBAccessLogTestFile"
    [rule] = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert rule["Expiration"]["Days"] == 30
    assert not world.plan(logged).work


def test_logs_that_somebody_has_switched_off_are_drift(world: World) -> None:
    logged = with_(access_logs={})
    world.running(logged)
    set_by_hand(world, enabled="false")
    assert [step.name for step in world.plan(logged).work] == ["load-balancer"]
    world.up(logged)
    assert attributes(world)["enabled"] == "true"


def test_without_the_key_they_end_and_the_bucket_goes_with_what_is_in_it(world: World) -> None:
    world.running(with_(access_logs={}))
    [gone] = [step for step in world.plan(PLAIN).steps if step.verb is Verb.DELETE]
    assert gone.kind == "log-bucket"
    world.up(PLAIN)
    assert attributes(world)["enabled"] == "false"
    assert BUCKET not in buckets(world)
    assert not world.plan(PLAIN).work


def test_down_keeps_logs_that_are_protected(world: World) -> None:
    world.running({**with_(access_logs={}), "protect": ["logs"]})
    world.down(keep=lambda owned: 'protect = ["logs"]' if owned.kind.protect == "logs" else "")
    assert buckets(world) == [BUCKET]


def test_down_takes_them_otherwise(world: World) -> None:
    world.running(with_(access_logs={}))
    world.boto("s3").put_object(Bucket=BUCKET, Key="more", Body=b"x")
    world.down()
    assert buckets(world) == []


def test_what_is_set_on_aws_stays_while_the_keys_are_absent(world: World) -> None:
    world.running(PLAIN)
    made = acl(world)["acl"]
    world.boto("wafv2").associate_web_acl(WebACLArn=made, ResourceArn=balancer(world))
    s3 = world.boto("s3")
    s3.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": REGION})
    who = {"Service": log_delivery.SERVICE}
    allow = {"Effect": "Allow", "Principal": who, "Action": "s3:*", "Resource": "arn:aws:s3:::theirs/*"}
    s3.put_bucket_policy(Bucket="theirs", Policy=json.dumps({"Version": "2012-10-17", "Statement": allow}))
    set_by_hand(world, enabled="true", bucket="theirs", prefix="web")
    assert not world.plan(PLAIN).work
    world.up({**PLAIN, "load_balancer": {"idle_timeout_seconds": 90}})
    assert attributes(world) == {"enabled": "true", "bucket": "theirs", "prefix": "web"}
    assert protected_by(world) == made


def test_a_prefix_of_before_does_not_keep_the_load_balancer_out(world: World) -> None:
    world.running(PLAIN)
    set_by_hand(world, prefix="old")
    world.up(with_(access_logs={}))
    assert attributes(world)["prefix"] == ""


def test_a_web_acl_is_associated_compared_and_taken_back(world: World) -> None:
    ours = acl(world)["acl"]
    protected = with_(waf=ours)
    world.up(protected)
    assert protected_by(world) == ours
    assert not world.plan(protected).work
    world.boto("wafv2").disassociate_web_acl(ResourceArn=balancer(world))
    assert [step.name for step in world.plan(protected).work] == ["load-balancer"]
    world.up(protected)
    assert protected_by(world) == ours
    world.up(PLAIN)
    assert protected_by(world) == ""
    assert not world.plan(PLAIN).work


def test_another_one_that_took_its_place_is_not_taken_back(world: World) -> None:
    world.up(with_(waf=acl(world)["acl"]))
    metrics = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "x"}
    wafv2 = world.boto("wafv2")
    theirs = wafv2.create_web_acl(
        Name="theirs", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=metrics
    )["Summary"]["ARN"]
    wafv2.associate_web_acl(WebACLArn=theirs, ResourceArn=balancer(world))
    assert not world.plan(PLAIN).work
    world.up(PLAIN)
    assert protected_by(world) == theirs


def test_rights_are_printed_only_where_they_are_used() -> None:
    def actions(front: dict[str, Any]) -> set[str]:
        found = policies(Config.model_validate(with_(**front)), ACCOUNT, REGION).values()
        ours = [
            one for policy in found for one in policy["Statement"] if "access-logs" in str(one) or "waf" in str(one)
        ]
        return {one for statement in ours for one in statement["Action"]}

    assert actions({}) == {
        "s3:GetBucketTagging", "s3:ListBucket",
        "wafv2:GetWebACL", "wafv2:GetWebACLForResource",  # web ACLs that others have put before the load balancer
    }  # fmt: skip
    assert "s3:PutBucketPolicy" in actions({"access_logs": {}})
    protected = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/shop/1b2c3d4e-0000-4000-8000-000000000000"
    assert "wafv2:AssociateWebACL" in actions({"waf": protected})


@pytest.mark.parametrize(
    ("region", "partition", "who"),
    [
        ("eu-central-1", "aws", {"AWS": "arn:aws:iam::054676820928:root"}),
        ("us-gov-west-1", "aws-us-gov", {"AWS": "arn:aws-us-gov:iam::048591011584:root"}),
        ("eu-central-2", "aws", {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}),
        ("me-central-1", "aws", {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}),
    ],
)
def test_who_writes_depends_on_the_region(region: str, partition: str, who: dict[str, str]) -> None:
    assert log_delivery.principal(region, partition) == who
    assert sandboxed._ACCOUNTS == log_delivery.ACCOUNTS
