"""A service that keeps the tasks of a process running: the web behind the load balancer, or a worker."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.ids import (
    AlarmName,
    ClusterName,
    ListenerArn,
    ListenerRuleArn,
    MountTargetsId,
    RoleArn,
    SecurityGroupId,
    ServiceName,
    SubnetId,
    TargetGroupArn,
    TaskDefinitionArn,
)
from ecsctl.names import Names
from ecsctl.resources.support import raw
from ecsctl.resources.support.additions import Additions
from ecsctl.resources.support.deployments import ServiceState, Snapshot, brief, rollback_note
from ecsctl.resources.support.ecs import family_of, revision_of, service_of, services_of, tasks_of
from ecsctl.resources.support.pausing import ANSWERS, HOOKS, Pause, held, keep_hooks
from ecsctl.resources.support.policy_document import Condition, Statement
from ecsctl.resources.support.rights import anywhere, linked, of, pass_roles
from ecsctl.resources.support.service_additions import STRATEGY, USUAL, at
from ecsctl.resources.support.stopped import reasons
from ecsctl.resources.support.strategy import EarlySuccess, Rules, Strategy, Threshold, rules_of

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

BALANCED = ("target_group", "container_name", "container_port",
            "alternate_target_group", "production_listener_rule", "role")  # fmt: skip
"""The fields that UpdateService takes as `loadBalancers`."""
ROLLS = (*BALANCED, "task_definition", "subnets", "security_groups", "assign_public_ip", "enable_execute_command",
         "platform_version", "settled", "more")  # fmt: skip
"""The fields whose change replaces the tasks (API reference, UpdateService: it starts a new deployment)."""
TAKEN_BACK = ("subnets", "security_groups", "target_group", "assign_public_ip", "platform_version", "more")
"""Those of them that a rollback restores even if the task definition is the same."""
DEPLOYMENT = tuple(one.name for one in fields(Rules))
"""The fields that UpdateService takes as `deploymentConfiguration`."""
Propagate = Literal["SERVICE", "TASK_DEFINITION", "NONE"]
Rebalancing = Literal["ENABLED", "DISABLED"]


@dataclass(frozen=True)
class ServiceIds:
    """An ECS service's ids."""

    cluster: str
    name: ServiceName
    arn: str


@dataclass(frozen=True, kw_only=True)
class Service(Resource[ServiceIds]):
    """An ECS service on Fargate. It is found by its cluster and name.

    Without a `desired_count` it keeps whatever autoscaling, or a person, has set, unless that is less than
    `first_count`, with which it is then created: with no tasks there is nothing to measure, and autoscaling never
    raises the count (Amazon ECS developer guide, "Automatically scale your Amazon ECS service"). It is never recreated
    because a deployment failed: the next `update` starts another deployment.
    """

    kind = "service"
    title = "ECS service"
    holds_until_gone = True
    usual_delete_seconds = 60.0
    by_use = True
    arns = "ecs"
    within = ("cluster",)
    independent_of = ("listener", "production_listener_rule")  # its tasks drain meanwhile
    inside = True
    early = True  # the pipeline is created while it starts, so that a push can fix even a first version that never runs
    limit_seconds = 900.0
    usual_seconds = 60.0  # a task starts in half a minute, and is healthy after two checks
    console = "{console}/ecs/v2/clusters/{cluster}/services/{name}/health?region={region}"

    cluster: Fixed[ClusterName]
    name: Fixed[str]
    task_definition: TaskDefinitionArn
    desired_count: int | None
    subnets: frozenset[SubnetId]
    security_groups: frozenset[SecurityGroupId]
    target_group: TargetGroupArn  # empty: no load balancer
    container_name: str
    container_port: int
    listener: Order[ListenerArn | None] = None  # AWS refuses a target group without a listener
    files: Order[tuple[MountTargetsId, ...]] = ()  # a task that cannot mount its volumes does not start
    assign_public_ip: bool
    minimum_healthy_percent: int
    maximum_percent: int
    circuit_breaker: bool
    rollback: bool
    threshold: Threshold
    reset_on_healthy_task: bool
    early_success: EarlySuccess
    alarms: frozenset[AlarmName]  # that end a deployment and roll it back
    strategy: Strategy
    pause: Pause | None  # where a deployment is held until a person answers; None: [raw] defines the hooks
    alternate_target_group: TargetGroupArn | None  # of the second set of tasks; None: there is none, or it is others'
    production_listener_rule: ListenerRuleArn | None  # between the two groups; ECS decides how much each of them gets
    role: RoleArn | None  # with which ECS does that
    health_check_grace_period_seconds: int  # seconds in which a starting task may fail the load balancer's health check
    enable_execute_command: bool
    propagate_tags: Propagate
    enable_ecs_managed_tags: bool
    platform_version: str
    availability_zone_rebalancing: Rebalancing
    more: Additions
    settled: bool  # false while ECS has given up the newest deployment, with nothing to roll back to
    above_minimum: bool  # false while autoscaling's minimum is more than the desired number of tasks
    first_count: int = field(default=1, compare=False)
    least: int | None = field(default=None, compare=False)  # the fewest tasks that scheduled scaling may leave
    baking: int = field(default=0, compare=False)  # seconds for which ECS watches the alarms after that
    leaving: int = field(default=0, compare=False)  # seconds that a replaced task's open requests have

    def __post_init__(self) -> None:
        if self.maximum_percent <= 100:  # AWS rebalances by starting one more task
            object.__setattr__(self, "availability_zone_rebalancing", "DISABLED")

    @property
    def _fewest(self) -> int:
        """The fewest tasks that autoscaling may leave."""
        return self.first_count if self.least is None else min(self.first_count, self.least)

    @property
    def ready_within(self) -> float:
        """A deployment ends only when the last task of the previous version is gone."""
        return self.limit_seconds + self.leaving + self.baking

    def summary(self) -> str:
        """Says how many tasks, where, and what is open."""
        least = f"at least {self.first_count} task{'' if self.first_count == 1 else 's'}"
        count = least if self.desired_count is None else f"tasks: {self.desired_count}"
        address = ", each with a public address" if self.assign_public_ip else ""
        shell = "; ECS Exec is open" if self.enable_execute_command else ""
        return f"{count}, in {', '.join(sorted(self.subnets))}{address}{shell}"

    def reason(self, field: str, actual: Service) -> str:
        """Returns how far its deployment is, or its count."""
        if field == "settled":
            return "ECS gave the newest deployment up: a new one is started"
        if field == "above_minimum":
            return f"fewer tasks are configured than autoscaling's minimum, {self.first_count}: it is raised to that"
        return ""

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        actions = (
            "CreateService DeleteService DescribeServiceDeployments DescribeServiceRevisions DescribeServices "
            "ListServiceDeployments TagResource UpdateService"
        )
        yield Statement("Service", of("ecs", actions), scope.service)
        here = Condition("ArnEquals", "ecs:cluster", (scope.cluster,))
        yield Statement("TaskList", ("ecs:ListTasks",), ("*",), (here,))
        yield Statement(
            "Tasks", of("ecs", "DescribeTasks StopTask"), (scope.arn("ecs", f"task/{scope.names.cluster}/*"),)
        )
        yield anywhere("ecs", "DescribeTaskDefinition ListTaskDefinitionFamilies")
        yield linked(scope, "ecs")
        if uses.shifts:
            yield pass_roles("PassBalancing", (scope.role("balancing"),), "ecs")

    def observe(self, aws: Aws, me: Label) -> Observed[Service, ServiceIds] | None:
        """Read by name. One that is draining counts as gone: there is nothing to do but wait."""
        service = service_of(aws, self.cluster, self.name)
        if service is None or service["status"] != "ACTIVE":
            return None
        standing = self._state(aws, service)
        network = service.get("networkConfiguration", {}).get("awsvpcConfiguration")
        balancers = service.get("loadBalancers", [])
        ours = (one for one in balancers if one.get("targetGroupArn") == self.target_group)
        balancer = next(ours, next(iter(balancers), None))  # another one besides ours is someone's own addition
        between = (balancer or {}).get("advancedConfiguration") or {}
        actual = Service(
            cluster=self.cluster,
            name=service["serviceName"],
            task_definition=TaskDefinitionArn(standing.runs),
            desired_count=service["desiredCount"],
            subnets=frozenset(SubnetId(subnet) for subnet in (network.get("subnets", ()) if network else ())),
            security_groups=frozenset(
                SecurityGroupId(group) for group in (network.get("securityGroups", ()) if network else ())
            ),
            target_group=TargetGroupArn(balancer.get("targetGroupArn", "") if balancer else ""),
            container_name=balancer.get("containerName", "") if balancer else "",
            container_port=balancer.get("containerPort", 0) if balancer else 0,
            listener=self.listener,
            files=self.files,
            assign_public_ip=bool(network and network.get("assignPublicIp") == "ENABLED"),
            **vars(rules_of(service.get("deploymentConfiguration", {}), self.pause)),
            alternate_target_group=TargetGroupArn(between.get("alternateTargetGroupArn", "")),
            production_listener_rule=ListenerRuleArn(between.get("productionListenerRule", "")),
            role=RoleArn(between.get("roleArn", "")),
            health_check_grace_period_seconds=service.get("healthCheckGracePeriodSeconds", 0),
            enable_execute_command=bool(service.get("enableExecuteCommand")),
            propagate_tags=service.get("propagateTags", "NONE"),
            enable_ecs_managed_tags=bool(service.get("enableECSManagedTags")),
            platform_version=service.get("platformVersion", "LATEST"),
            availability_zone_rebalancing=service.get("availabilityZoneRebalancing", "DISABLED"),
            settled=standing.settled,
            above_minimum=self.desired_count is not None or service["desiredCount"] >= self._fewest,
            more=raw.found(self.more, flat(service.get("tags")), USUAL, partial(at, aws, service)),
        )
        other = standing.runs != self.task_definition and family_of(self.task_definition)
        at_work = Snapshot(service).at_work
        kept = actual.strategy != self.strategy and at_work  # ECS changes none meanwhile
        failed = standing.failed or self._undone(aws, actual)
        waits = held(aws, service) if at_work else None
        paused = f"revision {revision_of(actual.task_definition)} {waits.described}" if waits else ""
        return Observed(_ids(service), actual, flat(service.get("tags")),
                    standing.ready and not kept and not failed, failed, paused or standing.note,
                    since=service.get("createdAt"), hint=ANSWERS if paused else "",
                    rolled_back=rollback_note(aws, self.cluster, service) if other else "",
                    released=frozenset({"task_definition"}), paused=paused)  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ServiceIds]]:
        """Found by the app's cluster, and the names that its processes have."""
        for service in services_of(aws, Names.of(me)):
            if service["status"] != "INACTIVE":
                yield Found(_ids(service), flat(service.get("tags")))

    @classmethod
    def find_recorded(cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]) -> Iterator[Found[ServiceIds]]:
        """Found by the recorded names."""
        for ids in recorded:
            service = service_of(aws, ids["cluster"], ids["name"])
            if service is not None and service["status"] != "INACTIVE":
                yield Found(_ids(service), flat(service.get("tags")))

    def impact(self, actual: Service) -> str:
        """No task at all; or a deployment that may stop all of them before the first new one is healthy."""
        count = actual.desired_count if self.desired_count is None else self.desired_count
        asked = ": the app does not answer" if self.target_group else ""
        if not count:
            return f"no task runs from then on{asked}" if actual.desired_count else ""
        if self.target_group != actual.target_group and actual.desired_count:
            return ("in another target group: from when its new tasks are healthy until the load balancer follows, "
                    "about a minute, the app does not answer")  # fmt: skip
        rolls = any(getattr(self, name) != getattr(actual, name) for name in ROLLS)
        if rolls and actual.desired_count and not math.ceil(count * self.minimum_healthy_percent / 100):
            least = f"min_healthy_percent = {self.minimum_healthy_percent}"
            return f"at {least} all tasks stop before new ones run{asked and ': until then the app does not answer'}"
        return ""

    def initial(self) -> Service:
        """The first deployment is never held: nothing runs that it could harm, and much waits for it."""
        return replace(self, pause=Pause()) if self.pause and self.pause.lifecycle_stages else self

    def interim(self, actual: Service) -> Service:
        """A second target group, or another rule, is set by a rolling deployment; only later ones can be of another
        strategy.

        ECS guide, "Update the deployment strategy from rolling update to Amazon ECS blue/green". So the tasks stay in
        the group that the earlier rule still forwards to.
        """
        between = ("alternate_target_group", "production_listener_rule")
        if not self.strategy.shifts_requests or all(getattr(self, name) == getattr(actual, name) for name in between):
            return self
        if actual.strategy.shifts_requests:
            return replace(self, strategy=Strategy(), pause=Pause())
        before = ("strategy", "circuit_breaker", "rollback", "early_success", "pause")
        return replace(self, **{name: getattr(actual, name) for name in before})

    def create(self, aws: Aws, me: Label) -> ServiceIds:
        """The name, and a token of this incarnation, prevent duplicates."""
        sent = dict(self._settings(frozenset()).values())
        sent["deploymentConfiguration"].pop(HOOKS, None)  # see `initial`
        raw.merge_parameters(raw.wanted(self.more, {}, USUAL), sent)
        if STRATEGY not in sent:  # ECS accepts only one of the two
            sent["launchType"] = "FARGATE"
        answer = aws.ecs.create_service(
            **sent,
            cluster=self.cluster,
            serviceName=self.name,
            desiredCount=self.first_count if self.desired_count is None else self.desired_count,
            clientToken=me.token(36),
            tags=me.lower(**(raw.memory(raw.paths(self.more)) if self.more else {})),
        )
        return _ids(answer["service"])

    def update(self, aws: Aws, me: Label, ids: ServiceIds, changed: frozenset[str]) -> None:
        """Only what changed: an old task definition sent along would undo the pipeline's last deployment."""
        sent = dict(setting for name, setting in self._settings(changed).items() if name in changed)
        live: ServiceTypeDef | None = None
        if "more" in changed or HOOKS in sent.get("deploymentConfiguration", {}):
            with aws.uncached():
                live = service_of(aws, ids.cluster, ids.name)
            keep_hooks(sent.get("deploymentConfiguration", {}), live or {})
        if "more" in changed:
            wanted = raw.wanted(self.more, flat(live.get("tags")) if live else {}, USUAL)
            aws.ecs.tag_resource(resourceArn=ids.arn, tags=me.lower(**raw.memory(wanted)))
            raw.merge_parameters(wanted, sent)
            if live and STRATEGY in sent and sent[STRATEGY] != at(aws, live, STRATEGY):
                sent["forceNewDeployment"] = True  # ECS refuses any other strategy without
        if "desired_count" in changed:
            sent["desiredCount"] = self.desired_count
        elif "above_minimum" in changed:
            sent["desiredCount"] = self.first_count
        if changed & {"settled", "enable_execute_command"}:  # running tasks are not affected by ECS Exec
            sent["forceNewDeployment"] = True
        if sent:
            aws.ecs.update_service(**sent, cluster=ids.cluster, service=ids.name)
        if changed & {"tags", "more"}:
            said = raw.memory(raw.paths(self.more)) if "more" in changed else {}
            aws.ecs.tag_resource(resourceArn=ids.arn, tags=me.lower(**said))

    @classmethod
    def delete(cls, aws: Aws, ids: ServiceIds) -> None:
        """It drains: its tasks stop first, and its name stays taken until they have.

        With `force` it need not be scaled down first: UpdateService refuses a service that already drains,
        DeleteService does not (AWS documentation: API reference, the errors of both).
        """
        aws.ecs.delete_service(cluster=ids.cluster, service=ids.name, force=True)

    def _settings(self, changed: frozenset[str]) -> dict[str, tuple[str, Any]]:
        """For each field, the parameter of CreateService and UpdateService that sets it, and its value."""
        network = {
            "subnets": sorted(self.subnets),
            "securityGroups": sorted(self.security_groups),
            "assignPublicIp": "ENABLED" if self.assign_public_ip else "DISABLED",
        }
        balancer: dict[str, Any] = {
            "targetGroupArn": self.target_group,
            "containerName": self.container_name,
            "containerPort": self.container_port,
        }
        if self.alternate_target_group:
            balancer["advancedConfiguration"] = {
                "alternateTargetGroupArn": self.alternate_target_group,
                "productionListenerRule": self.production_listener_rule,
                "roleArn": self.role,
            }
        of_targets: dict[str, tuple[str, Any]] = {}
        if self.target_group:
            of_targets = dict.fromkeys(BALANCED, ("loadBalancers", [balancer]))
            grace = self.health_check_grace_period_seconds
            of_targets["health_check_grace_period_seconds"] = ("healthCheckGracePeriodSeconds", grace)
        rules = Rules(**{name: getattr(self, name) for name in DEPLOYMENT})
        return {
            "task_definition": ("taskDefinition", self.task_definition),
            **dict.fromkeys(("subnets", "security_groups", "assign_public_ip"),
                            ("networkConfiguration", {"awsvpcConfiguration": network})),
            **of_targets,
            **dict.fromkeys(DEPLOYMENT, ("deploymentConfiguration", rules.sent(changed))),
            "enable_execute_command": ("enableExecuteCommand", self.enable_execute_command),
            "propagate_tags": ("propagateTags", self.propagate_tags),
            "enable_ecs_managed_tags": ("enableECSManagedTags", self.enable_ecs_managed_tags),
            "platform_version": ("platformVersion", self.platform_version),
            "availability_zone_rebalancing": ("availabilityZoneRebalancing", self.availability_zone_rebalancing),
        }  # fmt: skip

    def _undone(self, aws: Aws, actual: Service) -> str:
        """Returns why ECS reverted our settings: a rollback restores those of the previous deployment with its tasks.

        ECS developer guide, "View service history": a service revision also holds the load balancers and the network.
        """
        if all(getattr(self, name) == getattr(actual, name) for name in TAKEN_BACK):
            return ""
        why = brief(aws, self.cluster, self.name).why_not(self.task_definition)
        stopped = tasks_of(aws, self.cluster, self.name, "STOPPED", most=100) if why else ()
        return "; ".join((why, *reasons(stopped, self.task_definition)))

    def _state(self, aws: Aws, service: ServiceTypeDef) -> ServiceState:
        """The state of its newest deployment; and, if ECS gave it up, why."""
        found, ours = Snapshot(service).state_for(self.task_definition), family_of(self.task_definition)
        failed = found.failed
        if found.runs != self.task_definition and ours:
            failed = failed or brief(aws, self.cluster, self.name).why_not(self.task_definition)
        if not failed:
            return found
        stopped = tasks_of(aws, self.cluster, self.name, "STOPPED", most=100)
        why = "; ".join((failed, *reasons(stopped, self.task_definition if ours else found.runs)))
        return replace(found, ready=False, failed=why)


def _ids(service: ServiceTypeDef) -> ServiceIds:
    return ServiceIds(
        cluster=service["clusterArn"].rsplit("/", 1)[-1],
        name=ServiceName(service["serviceName"]),
        arn=service["serviceArn"],
    )
