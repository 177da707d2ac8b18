"""EventBridge Scheduler: what it refuses, and what becomes of a schedule that is due."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from ecs_stack import ACCOUNT, REGION, Stack, refused

INVALID = "ValidationException"
FAMILY = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/app"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/app"
GROUP = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/app"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/schedules"


def trust(service="scheduler.amazonaws.com", group=GROUP):
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnEquals": {"aws:SourceArn": group}}
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]})


RIGHTS = {
    "run": {"Action": "ecs:RunTask", "Resource": f"{FAMILY}:*",
            "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}}},
    "pass": {"Action": "iam:PassRole",
             "Resource": [f"arn:aws:iam::{ACCOUNT}:role/{one}" for one in ("execution", "task")],
             "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
    "tag": {"Action": "ecs:TagResource", "Resource": f"{CLUSTER.replace('cluster', 'task')}/*",
            "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}}},
}  # fmt: skip


def allow(aws, *which):
    statements = [{"Effect": "Allow", **RIGHTS[one]} for one in which]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws("iam").put_role_policy(RoleName="schedules", PolicyName="its", PolicyDocument=document)


@pytest.fixture
def stack(aws, clock):
    """A family of task definitions, a role that may run it, and a group."""
    made = Stack(aws, clock)
    made.cluster()
    made.network()
    made.roles()
    aws("scheduler").create_schedule_group(Name="app", Tags=[{"Key": "a", "Value": "b"}])
    aws("iam").create_role(RoleName="schedules", AssumeRolePolicyDocument=trust())
    allow(aws, *RIGHTS)
    clock.sleep(60)
    made.definition(command=["sh", "-c", "echo begun && exit 3"])
    return made


@pytest.fixture
def ground(aws, clock):
    """A group, and a role that Scheduler can assume."""
    aws("iam").create_role(RoleName="schedules", AssumeRolePolicyDocument=trust())
    clock.sleep(60)
    aws("scheduler").create_schedule_group(Name="app")
    return aws("scheduler")


def asked(network=None, **more):
    target = {
        "Arn": CLUSTER,
        "RoleArn": ROLE,
        "EcsParameters": {
            "TaskDefinitionArn": FAMILY,
            "LaunchType": "FARGATE",
            "Group": "ours:nightly",
            "Tags": [{"key": "owner", "value": "me"}],
            **({"NetworkConfiguration": {"awsvpcConfiguration": network}} if network else {}),
        },
        **more.pop("target", {}),
    }
    return {"Name": "nightly", "GroupName": "app", "ScheduleExpression": "cron(0 3 * * ? *)", "Target": target,
            "FlexibleTimeWindow": {"Mode": "OFF"}, **more}  # fmt: skip


def placed(stack, **more):
    return asked({"Subnets": stack.private, "SecurityGroups": [stack.task_group]}, **more)


def until(clock, hour, minute=0):
    """Let time pass until the next time it is so late, in UTC."""
    now = datetime.fromtimestamp(clock.now(), UTC)
    due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    clock.sleep(((due - now) % timedelta(days=1)).total_seconds() or 86400)


def over(stack):
    arns = stack.ecs.list_tasks(cluster="app", desiredStatus="STOPPED")["taskArns"]
    return stack.ecs.describe_tasks(cluster="app", tasks=arns, include=["TAGS"])["tasks"] if arns else []


def counted(aws, clock, metric):
    now = datetime.fromtimestamp(clock.now(), UTC)
    found = aws("cloudwatch").get_metric_statistics(
        Namespace="AWS/Scheduler", MetricName=metric, Dimensions=[{"Name": "ScheduleGroup", "Value": "app"}],
        StartTime=now - timedelta(days=1), EndTime=now + timedelta(minutes=1), Period=86400 * 2, Statistics=["Sum"],
    )  # fmt: skip
    return sum(one["Sum"] for one in found["Datapoints"])


def test_a_schedule_that_is_due_runs_the_latest_revision_as_its_target_says(stack, aws, clock):
    aws("scheduler").create_schedule(**placed(stack))
    latest = stack.definition(command=["sh", "-c", "echo later && exit 4"])
    until(clock, 3)
    [task] = stack.ecs.describe_tasks(
        cluster="app", tasks=stack.ecs.list_tasks(cluster="app", startedBy="chronos-schedule/nightly")["taskArns"]
    )["tasks"]
    assert (task["taskDefinitionArn"], task["group"]) == (latest, "ours:nightly")
    clock.sleep(600)
    [task] = over(stack)
    assert (task["containers"][0]["exitCode"], task["tags"]) == (4, [{"key": "owner", "value": "me"}])
    events = aws("logs").filter_log_events(logGroupName="/app")["events"]
    assert [one["message"] for one in events] == ["later"]
    until(clock, 3)
    assert len(stack.ecs.list_tasks(cluster="app")["taskArns"]) == 1


def test_overrides_are_its_input_and_a_disabled_one_runs_nothing_also_not_what_it_has_missed(stack, aws, clock):
    given = {"containerOverrides": [{"name": "app", "command": ["sh", "-c", "exit 9"]}]}
    aws("scheduler").create_schedule(**placed(stack, State="DISABLED", target={"Input": json.dumps(given)}))
    until(clock, 3, 30)
    aws("scheduler").update_schedule(**placed(stack, State="ENABLED", target={"Input": json.dumps(given)}))
    clock.sleep(600)
    assert over(stack) == []
    until(clock, 3, 10)
    assert [one["containers"][0]["exitCode"] for one in over(stack)] == [9]


def test_a_rate_counts_from_when_it_was_made_and_a_moment_comes_once(stack, aws, clock):
    aws("scheduler").create_schedule(**placed(stack, Name="often", ScheduleExpression="rate(20 minutes)"))
    soon = datetime.fromtimestamp(clock.now() + 600, UTC)
    aws("scheduler").create_schedule(
        **placed(stack, Name="once", ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})", ActionAfterCompletion="DELETE")
    )
    clock.sleep(45 * 60)
    names = sorted(one["startedBy"].removeprefix("chronos-schedule/") for one in over(stack))
    assert names == ["often", "often", "often", "once"]
    assert [one["Name"] for one in aws("scheduler").list_schedules(GroupName="app")["Schedules"]] == ["often"]


@pytest.mark.parametrize("missing", RIGHTS)
def test_without_a_right_of_its_role_nothing_starts_and_it_is_counted_and_tried_again(stack, aws, clock, missing):
    allow(aws, *(one for one in RIGHTS if one != missing))
    policy = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 3600}
    aws("scheduler").create_schedule(**placed(stack, target={"RetryPolicy": policy}))
    until(clock, 3, 0)
    assert counted(aws, clock, "TargetErrorCount") == 1
    assert counted(aws, clock, "InvocationDroppedCount") == 0
    clock.sleep(120)
    assert stack.ecs.list_tasks(cluster="app")["taskArns"] == []
    assert counted(aws, clock, "InvocationAttemptCount") == 2
    assert counted(aws, clock, "InvocationDroppedCount") == 1


def test_what_was_refused_for_a_moment_is_run_late(stack, aws, clock):
    allow(aws, "run", "pass")
    aws("scheduler").create_schedule(**placed(stack))
    until(clock, 3)
    assert counted(aws, clock, "TargetErrorCount") == 1
    allow(aws, *RIGHTS)
    clock.sleep(600)
    assert len(over(stack)) == 1


def test_without_a_network_no_task_starts_and_only_the_metrics_tell(stack, aws, clock):
    aws("scheduler").create_schedule(**asked())
    until(clock, 3)
    assert counted(aws, clock, "TargetErrorCount") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ScheduleExpression": "cron(0 3 * * *)"}, "Invalid Schedule Expression cron(0 3 * * *)."),
        ({"ScheduleExpressionTimezone": "Mars/Base"}, "Invalid Schedule Expression Timezone Mars/Base."),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
         "MaximumWindowInMinutes is required with the mode FLEXIBLE, and goes with no other."),
        ({"target": {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}},
         "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."),
        ({"target": {"Arn": "arn:aws:sqs:eu-central-1:123456789012:queue"}},
         "The sandbox runs schedules of ECS only: expected the ARN of a cluster in Target.Arn."),
        ({"target": {"Input": "no json"}}, "Input must be the overrides of a task, as JSON."),
        ({"target": {"EcsParameters": {"TaskDefinitionArn": "app"}}}, "app is not the ARN of a task definition."),
    ],
)  # fmt: skip
def test_what_aws_refuses_is_refused(ground, change, message):
    refused(INVALID, message, ground.create_schedule, **asked(**change))
    assert ground.list_schedules(GroupName="app")["Schedules"] == []


def test_a_role_that_trusts_another_service_or_another_group_is_refused(ground, aws, clock):
    for document in (trust("events.amazonaws.com"), trust(group=GROUP + "-other")):
        aws("iam").update_assume_role_policy(RoleName="schedules", PolicyDocument=document)
        clock.sleep(60)
        message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        refused(INVALID, message, ground.create_schedule, **asked())


def test_the_same_token_is_the_same_schedule_and_a_name_is_there_once(ground):
    first = ground.create_schedule(**asked(ClientToken="one"))["ScheduleArn"]
    assert ground.create_schedule(**asked(ClientToken="one"))["ScheduleArn"] == first
    with pytest.raises(ground.exceptions.ConflictException):
        ground.create_schedule(**asked(ClientToken="one", ScheduleExpression="rate(1 hour)"))
    with pytest.raises(ground.exceptions.ConflictException):
        ground.create_schedule(**asked())
    with pytest.raises(ground.exceptions.ConflictException):
        ground.create_schedule_group(Name="app")


def test_an_update_sets_what_it_does_not_say_to_the_defaults(ground):
    ground.create_schedule(**asked(Description="other", State="DISABLED", ScheduleExpressionTimezone="Europe/Berlin"))
    ground.update_schedule(**asked())
    found = ground.get_schedule(GroupName="app", Name="nightly")
    assert (found["State"], found["ScheduleExpressionTimezone"], found.get("Description")) == ("ENABLED", "UTC", None)
    assert found["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    with pytest.raises(ground.exceptions.ResourceNotFoundException):
        ground.update_schedule(**asked(Name="another"))


def test_only_groups_carry_tags(ground):
    arn = ground.create_schedule(**asked())["ScheduleArn"]
    with pytest.raises(ground.exceptions.ValidationException):
        ground.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    ground.tag_resource(ResourceArn=GROUP, Tags=[{"Key": "a", "Value": "b"}])
    assert ground.list_tags_for_resource(ResourceArn=GROUP)["Tags"] == [{"Key": "a", "Value": "b"}]
    with pytest.raises(ground.exceptions.ResourceNotFoundException):
        ground.list_tags_for_resource(ResourceArn=GROUP + "-other")


def test_a_group_goes_with_its_schedules_and_its_name_is_taken_until_it_has_gone(ground, clock):
    ground.create_schedule(**asked())
    ground.delete_schedule_group(Name="app")
    assert ground.get_schedule_group(Name="app")["State"] == "DELETING"
    for call, more in ((ground.create_schedule, asked()), (ground.create_schedule_group, {"Name": "app"})):
        with pytest.raises(ground.exceptions.ConflictException):
            call(**more)
    clock.sleep(60)
    with pytest.raises(ground.exceptions.ResourceNotFoundException):
        ground.get_schedule_group(Name="app")
    with pytest.raises(ground.exceptions.ResourceNotFoundException):
        ground.list_schedules(GroupName="app")
    refused(INVALID, "The default schedule group cannot be deleted.", ground.delete_schedule_group, Name="default")
