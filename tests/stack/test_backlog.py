"""Processes that scale by a queue: made, compared, taken back, and how many tasks they then have."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ecsctl.config.tables.autoscaling import Autoscaling
from ecsctl.engine.plan import Verb
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:mail"
BARE = desired_stack(domain=None, github=None)
AIMS: dict[str, Any] = {"min": 0, "max": 10, "queue": QUEUE, "messages_per_task": 4}
OF = {"ServiceNamespace": "ecs", "ResourceId": "service/hello/hello_mailer"}


def mailer(**aims: Any) -> dict[str, Any]:
    return {**BARE, "workers": {"mailer": {"command": ["python", "worker.py"], "autoscaling": {**AIMS, **aims}}}}


def policies(world: World) -> dict[str, Any]:
    found = world.boto("application-autoscaling").describe_scaling_policies(**OF)["ScalingPolicies"]
    return {one["PolicyName"]: one for one in found}


def alarm(world: World) -> dict[str, Any] | None:
    found = world.boto("cloudwatch").describe_alarms(AlarmNames=["hello_mailer-backlog"])["MetricAlarms"]
    return next(iter(found), None)


class Line:
    """A queue, and how many messages wait in it."""

    def __init__(self, world: World) -> None:
        self.world, self.sqs = world, world.boto("sqs")
        self.url = self.sqs.create_queue(QueueName="mail")["QueueUrl"]

    def send(self, count: int) -> None:
        for some in range(0, count, 10):
            entries = [{"Id": str(n), "MessageBody": "x"} for n in range(min(10, count - some))]
            self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def empty(self) -> None:
        self.sqs.purge_queue(QueueUrl=self.url)

    def tasks(self, seconds: float = 0) -> tuple[int, int]:
        """The tasks that the worker is to have after so long, and those that run."""
        self.world.clock.sleep(seconds)
        found = self.world.boto("ecs").describe_services(cluster="hello", services=["hello_mailer"])["services"][0]
        return found["desiredCount"], found["runningCount"]


@pytest.fixture
def line(world: World) -> Line:
    return Line(world)


def running(world: World) -> dict[str, Any]:
    """As a first `up` of the worker leaves an account with its queue; what was in it before."""

    def prepare() -> dict[str, Any]:
        Line(world)
        before = world.account()
        world.up(mailer(), image=IMAGE)
        return before

    return world.once("a worker that follows a queue", prepare)


def test_a_worker_goes_from_none_to_what_its_queue_needs_and_back(world: World) -> None:
    running(world)
    line = Line(world)
    assert line.tasks() == (1, 1)  # so that it has something to measure, and its image has run
    assert line.tasks(3600) == (0, 0)

    line.send(1)
    assert line.tasks(120) == (0, 0)  # a minute or two without a task may be a metric that is late
    assert line.tasks(300) == (1, 1)
    assert line.tasks(1800) == (1, 1)  # one is enough, and stays as long as anything waits

    line.send(18)
    assert line.tasks(600) == (5, 5)
    line.send(30)
    assert line.tasks(900) == (10, 10)  # no more than its most
    line.empty()
    assert line.tasks(300) == (10, 10)
    assert line.tasks(3600) == (0, 0)
    said = world.boto("application-autoscaling").describe_scaling_activities(**OF)["ScalingActivities"]
    assert "desired count to 0" in said[0]["Description"]
    assert world.plan(mailer()).work == ()


def test_without_a_first_task_the_backlog_of_each_has_no_value_and_only_the_alarm_starts_one(world: World) -> None:
    running(world)
    line = Line(world)
    line.tasks(3600)
    world.boto("cloudwatch").disable_alarm_actions(AlarmNames=["hello_mailer-backlog"])
    line.send(41)
    assert line.tasks(7200) == (0, 0)
    [step] = world.plan(mailer()).work
    assert (step.name, step.changed) == ("backlog-alarm mailer", {"starts"})
    world.up(mailer())
    assert line.tasks(900) == (10, 10)


def test_autoscaling_by_a_queue_is_added_changed_and_removed_with_its_alarm(world: World) -> None:
    running(world)
    line = Line(world)
    [tracked, stepped] = (policies(world)[name] for name in ("ecsctl-backlog", "ecsctl-from-zero"))
    policy = tracked["TargetTrackingScalingPolicyConfiguration"]
    metrics = {one["Id"]: one for one in policy["CustomizedMetricSpecification"]["Metrics"]}
    assert policy["TargetValue"] == 4
    assert metrics["result"]["Expression"] == "waiting / running"
    assert metrics["waiting"]["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "QueueName", "Value": "mail"}]
    found = alarm(world)
    assert found
    assert found["AlarmActions"] == [stepped["PolicyARN"]]
    assert world.plan(mailer()).work == ()
    world.state_file.unlink()
    assert world.plan(mailer()).work == ()

    line.sqs.create_queue(QueueName="post")
    post = mailer(queue=QUEUE.replace("mail", "post"), messages_per_task=10)
    assert {one.name: one.changed for one in world.plan(post).work} == {
        "scaling mailer": {"queue", "messages"},
        "backlog-alarm mailer": {"queue"},
    }
    world.up(post)
    assert world.plan(post).work == ()

    world.up(mailer(min=1))
    assert alarm(world) is None
    assert set(policies(world)) == {"ecsctl-backlog"}
    plain = {**BARE, "workers": {"mailer": {"command": ["w"], "autoscaling": {"min": 1, "max": 2}}}}
    world.up(plain)
    assert set(policies(world)) == {"ecsctl-cpu"}
    assert world.plan(plain).work == ()


def test_a_worker_that_is_taken_out_leaves_no_alarm_and_no_policy(world: World) -> None:
    running(world)
    assert alarm(world)
    world.up(BARE)
    assert alarm(world) is None
    assert policies(world) == {}
    assert (
        world.boto("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    )
    assert world.plan(BARE).work == ()


@pytest.mark.parametrize("lost", [False, True])
def test_down_leaves_nothing_of_autoscaling_by_a_queue(world: World, lost: bool) -> None:
    before = running(world)
    assert alarm(world)
    if lost:
        world.state_file.unlink()
    world.down()
    same(before, world.account())
    assert alarm(world) is None


def test_container_insights_counts_the_tasks_where_it_is_on(world: World, line: Line) -> None:
    said = {**mailer(), "service": {"container_insights": "enabled"}}
    world.up(said, image=IMAGE)
    policy = policies(world)["ecsctl-backlog"]["TargetTrackingScalingPolicyConfiguration"]
    [_, counted, _] = policy["CustomizedMetricSpecification"]["Metrics"]
    assert counted["MetricStat"]["Metric"]["Namespace"] == "ECS/ContainerInsights"
    line.tasks(3600)
    line.send(10)
    assert line.tasks(1200) == (3, 3)
    off = {**mailer(), "service": {"container_insights": "disabled"}}
    assert {one.name for one in world.plan(off).work if "container_insights" in one.changed} == {
        "cluster", "scaling mailer", "backlog-alarm mailer"}  # fmt: skip


def test_the_web_may_follow_a_queue_too_and_always_has_a_task(world: World, line: Line) -> None:
    said = {**BARE, "service": {"autoscaling": {**AIMS, "min": 1}}}
    world.up(said, image=IMAGE)
    line.send(10)
    world.clock.sleep(900)
    [web] = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"]
    assert (web["desiredCount"], web["runningCount"]) == (3, 3)
    assert {one.verb for one in world.plan({**BARE, "service": {"autoscaling": {"min": 1, "max": 10}}}).work} == {
        Verb.UPDATE}  # fmt: skip


@pytest.mark.parametrize(
    ("aims", "message"),
    [
        ({"min": 0, "max": 2}, "needs a queue"),
        ({"min": 1, "max": 2, "queue": QUEUE}, "messages_per_task"),
        ({"min": 1, "max": 2, "messages_per_task": 5}, "queue"),
        ({"min": 1, "max": 2, "queue": "mail", "messages_per_task": 5}, "queue"),
        ({"min": 1, "max": 2, "queue": QUEUE + ".fif", "messages_per_task": 5}, "queue"),
    ],
)
def test_half_an_aim_and_no_way_back_from_no_tasks_are_refused(aims: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Autoscaling.model_validate(aims)
    assert Autoscaling.model_validate({**AIMS, "queue": QUEUE + ".fifo"}).first == 1
