import pytest

from ecsctl.engine.resource import Contents
from ecsctl.errors import Refused
from ecsctl.resources.log_group import LogGroup
from tests.desired_stack import usual

NAME = "/ecs/shop"


def group(days=30, name=NAME):
    return lambda stack: stack.ensure("app-logs", usual(LogGroup, name=name, retention_in_days=days))


def retention(cloud):
    groups = cloud.boto("logs").describe_log_groups(logGroupNamePrefix=NAME)["logGroups"]
    return {one["logGroupName"]: one.get("retentionInDays") for one in groups}


def test_events_are_kept_as_long_as_configured_and_no_longer(cloud):
    cloud.up(group(14))
    assert retention(cloud) == {NAME: 14}
    cloud.up(group(14))
    assert cloud.changes == 0
    cloud.up(group(0))
    assert retention(cloud) == {NAME: None}


def test_drift_is_named_and_corrected(cloud):
    cloud.up(group())
    logs = cloud.boto("logs")
    logs.put_retention_policy(logGroupName=NAME, retentionInDays=1)
    arn = logs.describe_log_groups(logGroupNamePrefix=NAME)["logGroups"][0]["arn"].removesuffix(":*")
    logs.untag_resource(resourceArn=arn, tagKeys=["owner"])
    assert cloud.plan(group()).steps[0].changed == {"retention_in_days", "tags"}
    cloud.up(group())
    assert cloud.plan(group()).work == ()


def test_a_longer_name_is_another_group(cloud):
    cloud.boto("logs").create_log_group(logGroupName=NAME + "-2")
    cloud.up(group())
    cloud.down()
    assert retention(cloud) == {NAME + "-2": None}


@pytest.mark.parametrize(
    "name", ["/ecs/shop", "/aws/codebuild/shop-build", "/aws/ecs/containerinsights/shop/performance"]
)
def test_up_without_a_state_file_changes_nothing(cloud, name):
    cloud.up(group(name=name))
    cloud.lose_state()
    assert cloud.plan(group(name=name)).work == ()
    cloud.lose_state()
    cloud.down()
    assert cloud.boto("logs").describe_log_groups()["logGroups"] == []


def test_a_group_that_is_not_ours_is_refused_and_survives(cloud):
    cloud.boto("logs").create_log_group(logGroupName=NAME)
    with pytest.raises(Refused, match="log group"):
        cloud.up(group())
    cloud.down()
    assert retention(cloud) == {NAME: None}


def test_what_dies_with_it_is_named(cloud):
    cloud.up(group())
    logs = cloud.boto("logs")
    observed = cloud.see("app-logs", usual(LogGroup, name=NAME))
    assert LogGroup.contents(cloud.aws, observed.ids) == Contents()
    logs.create_log_stream(logGroupName=NAME, logStreamName="web")
    events = [{"timestamp": int(cloud.clock.now() * 1000), "message": "x" * 1500}]
    logs.put_log_events(logGroupName=NAME, logStreamName="web", logEvents=events)
    assert LogGroup.contents(cloud.aws, observed.ids) == Contents("1.5 kB of logs", 1500)
