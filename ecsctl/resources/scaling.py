"""How many tasks the service runs, depending on the load."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import APP, Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import ClusterName, LoadBalancerArn, ScalableTargetId, ServiceName, TargetGroupArn
from ecsctl.names import Names
from ecsctl.resources.support import backlog
from ecsctl.resources.support.autoscaling import policy_of, targets_of, without
from ecsctl.resources.support.ecs import batches, families_of
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.raw import KEYS
from ecsctl.resources.support.rights import PROCESSES, anywhere, apart, linked, of
from ecsctl.resources.support.service_additions import FAST, USUALLY

if TYPE_CHECKING:
    from types_boto3_application_autoscaling.type_defs import (
        ScalableTargetTypeDef,
        TargetTrackingScalingPolicyConfigurationOutputTypeDef,
    )

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

POLICY = "ecsctl-cpu"
METRICS = {
    "cpu_percent": (POLICY, "ECSServiceAverageCPUUtilization"),
    "memory_percent": ("ecsctl-memory", "ECSServiceAverageMemoryUtilization"),
    "requests": ("ecsctl-requests", "ALBRequestCountPerTarget"),
}
"""By field: its policy, and its metric (Application Auto Scaling API, MetricType)."""
BACKLOG = "ecsctl-backlog"
"""The policy that follows a queue's backlog per task."""
OF_QUEUE = frozenset({"queue", "messages", "container_insights"})
PUBLISHED = ("cpu_percent", "memory_percent")  # ECS's own measurements, at one of two resolutions
FINE = "HighResolution"
"""How the names of the metrics end that have a value every 20 seconds (Application Auto Scaling API, MetricType)."""
FOLLOWS = {
    "requests": frozenset({"requests", "load_balancer", "target_group"}),
    **{name: frozenset({name, "resolution"}) for name in PUBLISHED},
}
SCHEDULED = "ecsctl-"  # the prefix of our scheduled actions' names


SUSPENDED = {
    "DynamicScalingOutSuspended": "more tasks by metrics",
    "DynamicScalingInSuspended": "fewer tasks by metrics",
    "ScheduledScalingSuspended": "schedules",
}
"""What can be suspended, in words."""


@dataclass(frozen=True)
class ScalingIds:
    """A scalable target's ids: `service/<cluster>/<service>`, and its ARN, which its tags belong to."""

    target: ScalableTargetId
    arn: str


@dataclass(frozen=True)
class Scheduled:
    """Different bounds from a certain moment on. None: that bound stays unchanged."""

    name: str
    schedule: str
    timezone: str
    min_capacity: int | None
    max_capacity: int | None


@dataclass(frozen=True, kw_only=True)
class Scaling(Resource[ScalingIds]):
    """A scalable target of Application Auto Scaling with a policy for each metric that it follows.

    Scheduled actions change its bounds: those that one of them sets count as right, like the configured ones.
    """

    kind = "scaling"
    title = "autoscaling"
    arns = "application-autoscaling"
    tagging_type = "application-autoscaling"
    independent_of = ("target_group", "load_balancer")  # requests to a deleted target group count as none
    within = ("cluster", "service")

    cluster: Fixed[ClusterName]
    service: Fixed[ServiceName]
    min_capacity: int
    max_capacity: int
    cpu_percent: int  # the average to hold; 0: no policy of ours
    memory_percent: int
    resolution: int  # seconds between two values of those
    requests: int  # a minute, for each task
    load_balancer: LoadBalancerArn | None  # the target group that they are counted for
    target_group: TargetGroupArn | None
    queue: str  # the ARN of the queue whose messages it processes; empty: none
    messages: int  # messages in it that may wait per running task
    container_insights: bool  # running tasks are counted by Container Insights
    scheduled_actions: frozenset[Scheduled]

    def summary(self) -> str:
        """Shows its limits."""
        units = {"cpu_percent": "% CPU", "memory_percent": "% memory", "requests": "requests a minute and task"}
        aims = [f"{getattr(self, name)} {unit}" for name, unit in units.items() if getattr(self, name)]
        aims += [f"{self.messages} messages of {self.queue.rpartition(':')[2]} waiting for each"] if self.queue else []
        often = f", measured every {self.resolution} seconds" if self.resolution == FAST else ""
        by = ", ".join(aims) + often
        clock = "".join(
            f"; {one.name}: {one.schedule}" for one in sorted(self.scheduled_actions, key=lambda one: one.name)
        )
        return f"{self.min_capacity} to {self.max_capacity} tasks, by {by}{clock}"

    def reason(self, field: str, actual: Scaling) -> str:
        """Whether it follows anything."""
        if field != "cpu_percent" or actual.cpu_percent or not self.cpu_percent:
            return ""
        return f"no policy of ecsctl follows the CPU's use: one is made, to hold {self.cpu_percent} %"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        yield anywhere("application-autoscaling", "DescribeScalableTargets DescribeScalingPolicies")
        yield anywhere("ecs", "ListTaskDefinitionFamilies")
        if uses.schedules:
            yield anywhere("application-autoscaling", "DescribeScheduledActions")
        if not uses.scales:  # permissions that created it still delete it once ecsctl.toml has none
            return
        more = " DeleteScheduledAction PutScheduledAction" if uses.schedules else ""
        more += " DeleteScalingPolicy" if uses.metrics or uses.queues else ""
        actions = "DeregisterScalableTarget ListTagsForResource PutScalingPolicy RegisterScalableTarget TagResource"
        targets = (scope.arn("application-autoscaling", "scalable-target/*"),)
        changes = of("application-autoscaling", actions + more)
        yield from apart(PROCESSES, Statement("Scaling", changes, targets))
        # The alarms of a policy are created, and deleted, with the permissions of whoever puts the policy.
        alarms = scope.arn("cloudwatch", f"alarm:TargetTracking-service/{scope.names.cluster}/*")
        yield Statement("Alarms", of("cloudwatch", "DeleteAlarms DescribeAlarms PutMetricAlarm"), (alarms,))
        yield Statement(
            "Service", of("ecs", "DescribeServices UpdateService"), scope.service
        )  # of whoever registers it
        yield linked(scope, "ecs.application-autoscaling")

    def observe(self, aws: Aws, me: Label) -> Observed[Scaling, ScalingIds] | None:
        """Read by the service it scales; there is at most one."""
        target = next(iter(targets_of(aws, [self._target])), None)
        if target is None:
            return None
        ids = _ids(target)
        tags, counted = _tags(aws, ids.arn), self._is_for_our_target_group(aws, ids.target)
        worked, messages = self._worked(aws, ids.target)
        actual = Scaling(
            cluster=self.cluster,
            service=self.service,
            min_capacity=self._bound(
                target["MinCapacity"], self.min_capacity, {one.min_capacity for one in self.scheduled_actions}
            ),
            max_capacity=self._bound(
                target["MaxCapacity"], self.max_capacity, {one.max_capacity for one in self.scheduled_actions}
            ),
            cpu_percent=_followed(aws, ids.target, "cpu_percent"),
            memory_percent=_followed(aws, ids.target, "memory_percent"),
            resolution=self._resolution(aws, ids.target),
            requests=_followed(aws, ids.target, "requests"),
            load_balancer=self.load_balancer if counted else LoadBalancerArn(""),
            target_group=self.target_group if counted else TargetGroupArn(""),
            queue=worked.queue,
            messages=messages,
            container_insights=worked.insights,
            scheduled_actions=frozenset(_scheduled(aws, ids.target))
            if self.scheduled_actions or tags.get(KEYS)
            else frozenset(),
        )
        return Observed(ids, actual, tags, note=_suspended(target), since=target.get("CreationTime"))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ScalingIds]]:
        """Found by the ids of the services, whose cluster and names are derived from the app's. It may outlive its
        service.
        """
        names = Names.of(me)
        web, *others = (f"service/{names.cluster}/{family}" for family in families_of(aws, names))
        for some in ([web], *batches(others, 50)):
            yield from _found(aws, me, some)

    @classmethod
    def find_recorded(cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]) -> Iterator[Found[ScalingIds]]:
        """Found by the recorded ids of the services."""
        for ids in recorded:
            yield from _found(aws, me, [ids["target"]])

    def create(self, aws: Aws, me: Label) -> ScalingIds:
        """Registering twice has the same effect as once; the policy is a call of its own."""
        answer = aws.autoscaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=self._target,
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=self.min_capacity,
            MaxCapacity=self.max_capacity,
            Tags=me.tags | ({KEYS: "schedules"} if self.scheduled_actions else {}),
        )
        return ScalingIds(self._target, answer["ScalableTargetARN"])

    def update(self, aws: Aws, me: Label, ids: ScalingIds, changed: frozenset[str]) -> None:
        """Bounds first: the policy moves within them."""
        if changed & {"min_capacity", "max_capacity"}:
            aws.autoscaling.register_scalable_target(
                ServiceNamespace="ecs",
                ResourceId=ids.target,
                ScalableDimension="ecs:service:DesiredCount",
                MinCapacity=self.min_capacity,
                MaxCapacity=self.max_capacity,
            )
        for name in METRICS:
            if changed & FOLLOWS.get(name, {name}):
                self._follow(aws, ids, name)
        if changed & OF_QUEUE:
            self._work_off(aws, ids)
        if "scheduled_actions" in changed:
            aws.autoscaling.tag_resource(ResourceARN=ids.arn, Tags={KEYS: "schedules"})
            self._schedule(aws, ids)
            if not self.scheduled_actions:
                aws.autoscaling.tag_resource(ResourceARN=ids.arn, Tags={KEYS: ""})
        if "tags" in changed:
            aws.autoscaling.tag_resource(ResourceARN=ids.arn, Tags=me.tags)

    @classmethod
    def delete(cls, aws: Aws, ids: ScalingIds) -> None:
        """Its policies, and the alarms that AWS created for them, are deleted with it."""
        aws.autoscaling.deregister_scalable_target(
            ServiceNamespace="ecs", ResourceId=ids.target, ScalableDimension="ecs:service:DesiredCount"
        )

    def _follow(self, aws: Aws, ids: ScalingIds, name: str) -> None:
        """Put the policy of a metric, or delete it: deletions come last, so that there is a policy at any time."""
        policy, metric = METRICS[name]
        if value := getattr(self, name):
            fine = FINE if name in PUBLISHED and self.resolution == FAST else ""
            specification: Any = {"PredefinedMetricType": metric + fine}
            if name == "requests":
                specification["ResourceLabel"] = self._label
            _put(aws, ids.target, policy, {"TargetValue": value, "PredefinedMetricSpecification": specification})
        elif _policy(aws, ids.target, policy):
            without(aws, ids.target, policy)

    def _resolution(self, aws: Aws, target: str) -> int:
        """Returns how often the metrics of our policies are measured; if they differ, the one that is not desired."""
        followed = [_metric(_policy(aws, target, METRICS[name][0])) for name in PUBLISHED]
        differs = any(one and one.endswith(FINE) != (self.resolution == FAST) for one in followed)
        return (USUALLY if self.resolution == FAST else FAST) if differs else self.resolution

    def _work_off(self, aws: Aws, ids: ScalingIds) -> None:
        """Put the policy of the queue, or delete it."""
        if self.queue:
            specification: Any = {"Metrics": self._source.queries(backlog.PER_TASK)}
            aim = {"TargetValue": self.messages, "CustomizedMetricSpecification": specification}
            _put(aws, ids.target, BACKLOG, aim)
        elif _policy(aws, ids.target, BACKLOG):
            without(aws, ids.target, BACKLOG)

    def _worked(self, aws: Aws, target: str) -> tuple[backlog.Source, int]:
        """The queue that our policy follows, and how many messages may wait; none if it never scales in."""
        tracking = _policy(aws, target, BACKLOG)
        metric: Any = (tracking.get("CustomizedMetricSpecification") if tracking else None) or {}
        found = backlog.observed(self._source, metric.get("Metrics") or [], backlog.PER_TASK)
        if not tracking or tracking.get("DisableScaleIn") or not found.queue:
            return backlog.Source("", self.cluster, self.service, False), 0
        return found, round(tracking["TargetValue"])

    @property
    def _source(self) -> backlog.Source:
        return backlog.Source(self.queue, self.cluster, self.service, self.container_insights)

    def _schedule(self, aws: Aws, ids: ScalingIds) -> None:
        """Put each action, and delete ours that are no longer configured."""
        with aws.uncached():
            existing = {one.name for one in _scheduled(aws, ids.target)}
        for one in self.scheduled_actions:
            bounds = {"MinCapacity": one.min_capacity, "MaxCapacity": one.max_capacity}
            action: Any = {name: value for name, value in bounds.items() if value is not None}
            aws.autoscaling.put_scheduled_action(
                ServiceNamespace="ecs",
                ScheduledActionName=SCHEDULED + one.name,
                ResourceId=ids.target,
                ScalableDimension="ecs:service:DesiredCount",
                Schedule=one.schedule,
                Timezone=one.timezone,
                ScalableTargetAction=action,
            )
        for name in existing - {one.name for one in self.scheduled_actions}:
            aws.autoscaling.delete_scheduled_action(
                ServiceNamespace="ecs",
                ScheduledActionName=SCHEDULED + name,
                ResourceId=ids.target,
                ScalableDimension="ecs:service:DesiredCount",
            )

    def _bound(self, actual: int, wanted: int, scheduled: set[int | None]) -> int:
        """A bound that a scheduled action has set is not drift."""
        return wanted if actual in scheduled else actual

    def _is_for_our_target_group(self, aws: Aws, target: str) -> bool:
        """Whether the requests are counted for the right target group."""
        policy = _policy(aws, target, METRICS["requests"][0])
        label = policy.get("PredefinedMetricSpecification", {}).get("ResourceLabel", "") if policy else ""
        return (self.load_balancer is None and self.target_group is None) or label == self._label

    @property
    def _label(self) -> str:
        """Returns what AWS calls the requests for a target group: `app/<name>/<id>/targetgroup/<name>/<id>`."""
        balancer = str(self.load_balancer).rpartition("loadbalancer/")[2]
        return f"{balancer}/{str(self.target_group).rpartition(':')[2]}"

    @property
    def _target(self) -> ScalableTargetId:
        return ScalableTargetId(f"service/{self.cluster}/{self.service}")


def _found(aws: Aws, me: Label, services: list[str]) -> Iterator[Found[ScalingIds]]:
    for target in targets_of(aws, services):
        ids = _ids(target)
        tags = _tags(aws, ids.arn)
        if tags.get(APP) == me.app:
            yield Found(ids, tags)


def _ids(target: ScalableTargetTypeDef) -> ScalingIds:
    return ScalingIds(ScalableTargetId(target["ResourceId"]), target["ScalableTargetARN"])


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    return aws.read(aws.autoscaling.list_tags_for_resource, ResourceARN=arn)["Tags"]


def _policy(aws: Aws, target: str, name: str) -> TargetTrackingScalingPolicyConfigurationOutputTypeDef | None:
    """Returns what a policy of that name follows; None without it, or where it never scales in."""
    return policy_of(aws, target, name).get("TargetTrackingScalingPolicyConfiguration")


def _followed(aws: Aws, target: str, field: str) -> int:
    """Returns what our policy of a metric holds; 0 without one, if it never scales in, or if it follows something
    else.
    """
    policy, metric = METRICS[field]
    tracking = _policy(aws, target, policy)
    if not tracking or tracking.get("DisableScaleIn"):
        return 0
    return round(tracking["TargetValue"]) if _metric(tracking).removesuffix(FINE) == metric else 0


def _metric(tracking: TargetTrackingScalingPolicyConfigurationOutputTypeDef | None) -> str:
    """The name of the metric that a policy follows; empty without one, or if it is not one of AWS's predefined ones."""
    return tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType", "") if tracking else ""


def _scheduled(aws: Aws, target: str) -> Iterator[Scheduled]:
    """Our scheduled actions: those of others have other names."""
    found = aws.read(aws.autoscaling.describe_scheduled_actions, ServiceNamespace="ecs", ResourceId=target)
    for one in found["ScheduledActions"]:
        if one["ScheduledActionName"].startswith(SCHEDULED):
            bounds = one.get("ScalableTargetAction", {})
            name = one["ScheduledActionName"].removeprefix(SCHEDULED)
            zone = one.get("Timezone") or "UTC"
            yield Scheduled(name, one["Schedule"], zone, bounds.get("MinCapacity"), bounds.get("MaxCapacity"))


def _put(aws: Aws, target: str, policy: str, aim: Any) -> None:
    aws.autoscaling.put_scaling_policy(
        PolicyName=policy,
        ServiceNamespace="ecs",
        ResourceId=target,
        ScalableDimension="ecs:service:DesiredCount",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=aim,
    )


def _suspended(target: Mapping[str, Any]) -> str:
    """What of it somebody has suspended, as in an incident: it is left alone, and mentioned (Application Auto Scaling
    user guide, "Suspend and resume scaling").
    """
    state: Mapping[str, bool] = target.get("SuspendedState", {})
    said = [words for key, words in SUSPENDED.items() if state.get(key)]
    return f"suspended by somebody: {', '.join(said)}" if said else ""
