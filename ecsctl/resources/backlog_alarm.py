"""Starts the first task of a service that may have none: an alarm on its queue, and the policy that it triggers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import BacklogAlarmName, ScalableTargetId
from ecsctl.names import BACKLOG, Names
from ecsctl.resources.support import alarms, backlog
from ecsctl.resources.support.autoscaling import policy_of, targets_of, without
from ecsctl.resources.support.ecs import batches, families_of
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import PROCESSES, anywhere, apart, of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

POLICY = "ecsctl-from-zero"
WAY = ("GreaterThanOrEqualToThreshold", "notBreaching", 1.0)
# One more task: from zero, that is the first. While the alarm lasts, the policy is triggered again, and what it has
# added within the cooldown counts (Application Auto Scaling user guide, "Step scaling policies", cooldown periods).
STEP: dict[str, Any] = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
    "Cooldown": 300,
    "MetricAggregationType": "Maximum",
}


@dataclass(frozen=True)
class BacklogAlarmIds:
    """An alarm's ids."""

    name: BacklogAlarmName
    arn: str


@dataclass(frozen=True, kw_only=True)
class BacklogAlarm(Resource[BacklogAlarmIds]):
    """An alarm for messages that wait while no task runs, and the step scaling policy that it triggers.

    Target tracking does not start from zero: without a task there is nothing to divide the backlog by, and AWS advises
    step scaling where the metric may have no values. The alarm needs several minutes in a row: the metric of the tasks
    arrives late, and FILL treats a minute that is still missing as one without tasks (CloudWatch user guide, "Using
    metric math", FILL).
    """

    kind = "backlog-alarm"
    title = "backlog alarm"
    known_by = "autoscaling"
    arns = "cloudwatch:alarm"
    tagging_type = "cloudwatch:alarm"
    within = ("target",)
    hourly = 2 * alarms.HOURLY
    console = alarms.CONSOLE

    name: Fixed[str]
    target: Fixed[ScalableTargetId]  # service/<cluster>/<service>
    queue: str  # its ARN
    container_insights: bool  # running tasks are counted by Container Insights
    evaluation_periods: int  # in a row
    starts: bool  # it triggers the policy that adds a task

    def summary(self) -> str:
        """Says when it goes off."""
        queue = self.queue.rpartition(":")[2]
        return f"starts a task once messages of {queue} wait {self.evaluation_periods} minutes without any"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        yield anywhere("application-autoscaling", "DescribeScalableTargets DescribeScalingPolicies")
        yield anywhere("ecs", "ListTaskDefinitionFamilies")
        reads = "DescribeAlarms ListTagsForResource"  # also for alarms that are no longer asked for
        changes = " DeleteAlarms PutMetricAlarm TagResource" if uses.queues else ""
        if uses.scales:
            alarms = of("cloudwatch", f"{reads}{changes}")
            yield from apart(PROCESSES, Statement("QueueAlarms", alarms, scope.queue_alarms))
        if uses.queues:
            targets = (scope.arn("application-autoscaling", "scalable-target/*"),)
            actions = of("application-autoscaling", "DeleteScalingPolicy PutScalingPolicy")
            yield from apart(PROCESSES, Statement("Scaling", actions, targets))
            # Application Auto Scaling uses the permissions of whoever puts a policy; a policy that is deleted may have
            # had alarms.
            yield Statement("Service", of("ecs", "DescribeServices UpdateService"), scope.service)
            tracked = scope.arn("cloudwatch", f"alarm:TargetTracking-service/{scope.names.cluster}/*")
            yield Statement("Alarms", ("cloudwatch:DeleteAlarms",), (tracked,))

    def observe(self, aws: Aws, me: Label) -> Observed[BacklogAlarm, BacklogAlarmIds] | None:
        """Read by its name."""
        alarm = next(iter(alarms.listed(aws, [self.name])), None)
        if alarm is None:
            return None
        found = backlog.observed(self._source, alarm.get("Metrics") or [], backlog.UNSERVED, alarms.MINUTE)
        usual = (alarm.get("ComparisonOperator"), alarm.get("TreatMissingData"), alarm.get("Threshold")) == WAY
        actual = BacklogAlarm(
            name=alarm["AlarmName"],
            target=self.target,
            queue=found.queue if usual else "",
            container_insights=found.insights,
            evaluation_periods=int(alarm.get("EvaluationPeriods", 0)),
            starts=self._has_our_policy(aws, alarm),
        )
        note = "it is in ALARM" if alarm.get("StateValue") == "ALARM" else ""
        return Observed(_ids(alarm), actual, alarms.tags_of(aws, alarm), note=note)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BacklogAlarmIds]]:
        """Found by the names that follow from the scaled services: an alarm is deleted before its service's scalable
        target.
        """
        names = Names.of(me)
        web, *others = (f"service/{names.cluster}/{family}" for family in families_of(aws, names))
        asked = ([web], *batches(others, 50))  # as autoscaling asks, so that it is asked once
        scaled = [one["ResourceId"] for some in asked for one in targets_of(aws, some)]
        yield from _found(aws, [f"{one.rpartition('/')[2]}{BACKLOG}" for one in scaled])

    @classmethod
    def find_recorded(
        cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]
    ) -> Iterator[Found[BacklogAlarmIds]]:
        """Found by the recorded names: somebody may have deregistered the scalable target."""
        return _found(aws, sorted(one["name"] for one in recorded))

    def create(self, aws: Aws, me: Label) -> BacklogAlarmIds:
        """Only the alarm: the policy has no tags, and is put by `update`."""
        aws.cloudwatch.put_metric_alarm(**self._request(()), Tags=me.upper())
        return BacklogAlarmIds(BacklogAlarmName(self.name), alarms.arn(me, self.name))

    def update(self, aws: Aws, me: Label, ids: BacklogAlarmIds, changed: frozenset[str]) -> None:
        """The policy first, because the alarm names its ARN. Both are put as a whole; the alarm's tags stay."""
        if changed - {"tags"}:
            answer = aws.autoscaling.put_scaling_policy(
                PolicyName=POLICY,
                ServiceNamespace="ecs",
                ResourceId=self.target,
                ScalableDimension="ecs:service:DesiredCount",
                PolicyType="StepScaling",
                StepScalingPolicyConfiguration=STEP,  # type: ignore[arg-type]  # what we send is as they type it
            )
            aws.cloudwatch.put_metric_alarm(**self._request((answer["PolicyARN"],)))
        if "tags" in changed:
            aws.cloudwatch.tag_resource(ResourceARN=ids.arn, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: BacklogAlarmIds) -> None:
        """The policy first: both are found through the alarm."""
        target = _target(ids.name)
        with aws.uncached():
            policy = policy_of(aws, target, POLICY)
        if policy:
            without(aws, target, POLICY)
        aws.cloudwatch.delete_alarms(AlarmNames=[ids.name])

    def _has_our_policy(self, aws: Aws, alarm: dict[str, Any]) -> bool:
        """Whether it triggers our policy, as we put it, and nothing prevents that."""
        policy = policy_of(aws, self.target, POLICY)
        step: Any = policy.get("StepScalingPolicyConfiguration") or {}
        wanted = {**STEP, "StepAdjustments": [*map(_bounds, STEP["StepAdjustments"])]}
        shown = {name: step.get(name) for name in STEP} | {
            "StepAdjustments": [*map(_bounds, step.get("StepAdjustments") or ())]
        }
        acts = alarm.get("AlarmActions") == [policy.get("PolicyARN")]
        return acts and shown == wanted and bool(alarm.get("ActionsEnabled", True))

    @property
    def _source(self) -> backlog.Source:
        _, cluster, service = self.target.split("/")
        return backlog.Source(self.queue, cluster, service, self.container_insights)

    def _request(self, actions: tuple[str, ...]) -> dict[str, Any]:
        return {
            "AlarmName": self.name,
            "AlarmDescription": f"Messages of {self.queue.rpartition(':')[2]} wait, and no task runs",
            "Metrics": self._source.queries(backlog.UNSERVED, alarms.MINUTE),
            "ComparisonOperator": WAY[0],
            "TreatMissingData": WAY[1],
            "Threshold": WAY[2],
            "EvaluationPeriods": self.evaluation_periods,
            "AlarmActions": list(actions),
        }


def _found(aws: Aws, names: list[str]) -> Iterator[Found[BacklogAlarmIds]]:
    for some in batches(names, 100):
        for alarm, tags in alarms.tagged(aws, some):
            yield Found(_ids(alarm), tags)


def _target(alarm: str) -> str:
    """The target whose alarm it is: a service called as the app, or `{app}_{NAME}`, in the app's cluster."""
    service = alarm.removesuffix(BACKLOG)
    return f"service/{service.partition('_')[0]}/{service}"


def _bounds(step: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        step.get(name) for name in ("MetricIntervalLowerBound", "MetricIntervalUpperBound", "ScalingAdjustment")
    )


def _ids(alarm: dict[str, Any]) -> BacklogAlarmIds:
    return BacklogAlarmIds(BacklogAlarmName(alarm["AlarmName"]), alarm["AlarmArn"])
