"""A service that keeps the tasks of a process running, and how many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsctl.config.tables.deployment import CircuitBreaker
from ecsctl.engine.stack import Stack
from ecsctl.ids import TargetGroupArn
from ecsctl.parts import BACKLOG_ALARM, SCALING, WEB, of_process
from ecsctl.resources.backlog_alarm import BacklogAlarm
from ecsctl.resources.scaling import Scaling, Scheduled
from ecsctl.resources.service import Service
from ecsctl.resources.support.additions import additions
from ecsctl.resources.support.pausing import Pause
from ecsctl.resources.support.service_additions import FAST, MONITORING, STRATEGY, published
from ecsctl.resources.support.strategy import EarlySuccess, Strategy, Threshold

if TYPE_CHECKING:
    from ecsctl.config import Config
    from ecsctl.config.tables.autoscaling import Autoscaling
    from ecsctl.config.tables.deployment import EarlySuccess as Early
    from ecsctl.config.tables.service import Service as Desired
    from ecsctl.ensure.cluster import ClusterParts
    from ecsctl.ensure.front import Front
    from ecsctl.ensure.tasks import Tasks
    from ecsctl.ensure.vpc import Network
    from ecsctl.ids import ImageUri, ScalableTargetId, ServiceName, TaskDefinitionArn
    from ecsctl.names import Names

UNSERVED_MINUTES = 3  # in a row without a task: ECS sometimes reports running tasks two minutes late
NO_TARGETS = TargetGroupArn("")  # its tasks are behind no load balancer


def kept(
    config: Config,
    names: Names,
    network: Network,
    parts: ClusterParts,
    tasks: Tasks,
    desired: Desired,
    revision: TaskDefinitionArn,
) -> Service:
    """A service of this revision without a load balancer, deployed by ECS's rolling update.

    Without an image it has no tasks; with autoscaling, as many as that sets.
    """
    count: int | None = desired.desired_count
    if tasks.image is None:
        count = 0
    elif desired.autoscaling:
        count = None
    breaker = config.deployment.circuit_breaker or CircuitBreaker()
    return Service(
        cluster=parts.cluster,
        name=names.service,
        task_definition=revision,
        desired_count=count,
        first_count=desired.autoscaling.first if desired.autoscaling else desired.desired_count,
        least=desired.autoscaling.lowest if desired.autoscaling else None,
        subnets=network.task_subnets,
        security_groups=tasks.groups,
        target_group=NO_TARGETS,
        container_name="",
        container_port=0,
        files=tuple(tasks.volumes.targets),
        assign_public_ip=network.public_tasks,
        minimum_healthy_percent=desired.min_healthy_percent,
        maximum_percent=desired.max_percent,
        circuit_breaker=True,
        rollback=True,
        strategy=Strategy(),
        pause=Pause(),
        alternate_target_group=None,
        production_listener_rule=None,
        role=None,
        threshold=Threshold(*breaker.threshold),
        reset_on_healthy_task=breaker.reset_on_healthy_task,
        early_success=_early(config.deployment.early_success),
        alarms=frozenset(),
        settled=True,
        above_minimum=True,
        health_check_grace_period_seconds=0,
        enable_execute_command=desired.exec,
        propagate_tags="SERVICE",
        enable_ecs_managed_tags=True,
        platform_version="LATEST",
        availability_zone_rebalancing="ENABLED" if desired.max_percent > 100 else "DISABLED",
        more=additions({STRATEGY: desired.spot and desired.spot.strategy, MONITORING: published_by(desired)}),
    )


def published_by(desired: Desired) -> dict[str, Any] | None:
    """The setting with which ECS publishes the metrics for autoscaling as often as desired; None if it does by
    default.
    """
    limits = desired.autoscaling
    return published(limits.published, limits.resolution_seconds) if limits else None


def ensure_scaling(
    stack: Stack,
    parts: ClusterParts,
    service: ServiceName,
    desired: Desired,
    image: ImageUri | None,
    front: Front | None = None,
    process: str = WEB,
) -> ScalableTargetId | None:
    """The number of tasks of a service, by load and by the clock; `front` is where requests are counted.

    An existing service publishes more often only once its deployment has ended, and a policy may not use the metric
    before (AWS News Blog, "Amazon ECS introduces new high-resolution metrics for faster service auto scaling").
    """
    limits = desired.autoscaling
    if limits is None or image is None:
        return None
    requests = limits.requests_per_minute if front else None
    scaling = Scaling(
        cluster=parts.cluster,
        service=service,
        min_capacity=limits.min,
        max_capacity=limits.max,
        cpu_percent=limits.cpu,
        memory_percent=limits.memory_percent or 0,
        resolution=limits.resolution_seconds,
        requests=requests or 0,
        load_balancer=front.balancer.arn if front and requests else None,
        target_group=front.target_group if front and requests else None,
        queue=limits.queue or "",
        messages=limits.messages_per_task or 0,
        container_insights=bool(limits.queue) and _has_container_insights(desired),
        scheduled_actions=frozenset(
            Scheduled(called, one.at, one.time_zone, one.min, one.max) for called, one in limits.schedules.items()
        ),
    )
    ready = (service,) if limits.resolution_seconds == FAST else ()
    return stack.ensure(of_process(SCALING, process), scaling, ready=ready).target


def ensure_first_task(
    stack: Stack, names: Names, target: ScalableTargetId, desired: Desired, limits: Autoscaling
) -> None:
    """The alarm that starts a task of a service that may have none, once messages wait."""
    alarm = BacklogAlarm(
        name=names.backlog_alarm,
        target=target,
        queue=limits.queue or "",
        container_insights=_has_container_insights(desired),
        evaluation_periods=UNSERVED_MINUTES,
        starts=True,
    )
    stack.ensure(of_process(BACKLOG_ALARM, names.process), alarm)


def _has_container_insights(desired: Desired) -> bool:
    """Whether Container Insights counts the running tasks."""
    return desired.container_insights != "disabled"


def _early(desired: Early | None) -> EarlySuccess:
    if desired is None:
        return EarlySuccess()
    return EarlySuccess(True, desired.healthy_percent, "DEFERRED" if desired.cleanup == "deferred" else "BLOCKING")
