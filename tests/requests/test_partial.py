"""Failures inside of an answer with status 200: each batch call of the product tells the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsctl.aws.clients import Aws
from ecsctl.aws.partial import FAILURES
from ecsctl.aws.patience import Patience
from ecsctl.errors import AccessError, EcsctlError
from ecsctl.sandbox.core.canned_answers import answer_next
from ecsctl.sandbox.server.inprocess import inprocess
from tests.requests.in_use import uses
from tests.stack.conftest import World, shared_session, world

__all__ = ["world"]

FAILED = re.compile(
    r"fail|error|notfound|not_found|unsuccess|unprocess|unknown|invalid|missing|rejected", re.IGNORECASE
)
ARN = "arn:aws:ecs:eu-central-1:123456789012:task-definition/hello:1"


def test_every_operation_whose_answer_may_tell_of_failures_is_in_the_table() -> None:
    found = {
        use.name: {
            member
            for member in use.model.output_shape.members
            if FAILED.search(member) and not member.endswith("Count")
        }
        for use in uses()
        if use.model.output_shape
    }
    assert {name: members for name, members in found.items() if members} == {
        name: {shape.member} for name, shape in FAILURES.items()
    }


def test_every_member_that_the_table_reads_is_in_the_model() -> None:
    for use in uses():
        if (failure := FAILURES.get(use.name)) and failure.item:
            shape = use.model.output_shape.members[failure.member].member.members
            inside = shape[failure.inside].members if failure.inside else shape
            assert failure.item in shape
            assert {failure.code, *failure.reasons} <= inside.keys(), use.name


@pytest.fixture
def aws() -> Iterator[Aws]:
    with inprocess() as clock:
        yield Aws(Patience(clock), session=shared_session())


TOLD: list[tuple[str, str, dict[str, Any], dict[str, Any], str, str]] = [
    ("ecs", "describe_services", {"services": ["a"]}, {"arn": "a", "reason": "ACCESS_DENIED", "detail": "no"},
     "ACCESS_DENIED", "a: ACCESS_DENIED: no"),
    ("ecs", "describe_tasks", {"tasks": ["a"]}, {"reason": "RESOURCE:MEMORY"}, "Failed", "RESOURCE:MEMORY"),
    ("ecs", "delete_task_definitions", {"taskDefinitions": [ARN]}, {"arn": ARN, "reason": "It is in use."}, "Failed",
     f"{ARN}: It is in use."),
    ("ec2", "delete_flow_logs", {"FlowLogIds": ["fl-1"]},
     {"ResourceId": "fl-1", "Error": {"Code": "IncorrectState.Logs", "Message": "Not now."}}, "IncorrectState.Logs",
     "fl-1: Not now."),
    ("ecr", "batch_get_image", {"repositoryName": "hello", "imageIds": [{"imageTag": "b"}]},
     {"imageId": {"imageTag": "b"}, "failureCode": "KmsError", "failureReason": "The key is disabled."}, "KmsError",
     "b: The key is disabled."),
]  # fmt: skip


@pytest.mark.parametrize(("service", "method", "sent", "failure", "code", "message"), TOLD)
def test_a_failure_is_raised_as_the_error_that_it_is(
    aws: Aws, service: str, method: str, sent: dict[str, Any], failure: dict[str, Any], code: str, message: str
) -> None:
    operation = "".join(map(str.capitalize, method.split("_")))
    answer_next(service, operation, {FAILURES[f"{service}.{method}"].member: [failure]})
    with pytest.raises(ClientError) as caught:
        getattr(getattr(aws, service), method)(**sent)
    assert caught.value.response["Error"] == {"Code": code, "Message": message}
    assert caught.value.operation_name == operation


def test_that_a_thing_is_not_there_is_no_failure(aws: Aws) -> None:
    answer_next("ecs", "DescribeServices", {"services": [], "failures": [{"arn": "none", "reason": "MISSING"}]})
    assert aws.ecs.describe_services(services=["none"])["services"] == []
    assert aws.ecs.describe_clusters(clusters=["none"])["clusters"] == []
    assert aws.ecs.delete_task_definitions(taskDefinitions=[ARN])["taskDefinitions"] == []


def test_objects_that_may_not_be_deleted_are_reported_with_their_reason(world: World) -> None:
    world.running()
    [bucket] = world.boto("s3").list_buckets()["Buckets"]
    world.boto("s3").put_object(Bucket=bucket["Name"], Key="kept", Body=b"x")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{bucket['Name']}/*",
    }
    world.boto("s3").put_bucket_policy(
        Bucket=bucket["Name"], Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    )
    with pytest.raises(EcsctlError) as caught:
        world.down()
    errors = [caught.value, *getattr(caught.value, "errors", ())]
    [denied] = [one for one in errors if isinstance(one, AccessError)]
    assert "not allowed to call DeleteObjects" in denied.message
    assert "Access Denied" in denied.why
