"""A service that keeps the tasks of a process running, and how many of them there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.config.deployment import CircuitBreaker
from ecsctl.engine.stack import Stack
from ecsctl.ids import TargetGroupArn
from ecsctl.parts import SCALING, WEB, of_process
from ecsctl.resources.scaling import Scaling, Scheduled
from ecsctl.resources.service import STRATEGY, Service
from ecsctl.resources.support.additions import additions
from ecsctl.resources.support.strategy import EarlySuccess, Strategy, Threshold

if TYPE_CHECKING:
    from ecsctl.config import Config
    from ecsctl.config.autoscaling import Autoscaling
    from ecsctl.config.deployment import EarlySuccess as Early
    from ecsctl.config.service import Service as Desired
    from ecsctl.ensure.cluster import ClusterParts
    from ecsctl.ensure.front import Front
    from ecsctl.ensure.tasks import Tasks
    from ecsctl.ensure.vpc import Network
    from ecsctl.ids import ImageUri, ServiceName, TaskDefinitionArn
    from ecsctl.names import Names

NO_TARGETS = TargetGroupArn("")  # nobody asks its tasks


def kept(
    config: Config,
    names: Names,
    network: Network,
    parts: ClusterParts,
    tasks: Tasks,
    desired: Desired,
    revision: TaskDefinitionArn,
) -> Service:
    """A service of this revision that nobody asks, and that ECS rolls over by itself.

    Without an image it stands at no tasks; and with autoscaling at as many as that says.
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
        first_count=desired.autoscaling.min if desired.autoscaling else desired.desired_count,
        least=desired.autoscaling.lowest if desired.autoscaling else None,
        subnets=network.task_subnets,
        security_groups=tasks.groups,
        target_group=NO_TARGETS,
        container="",
        port=0,
        files=tuple(tasks.volumes.targets),
        public_ip=network.public_tasks,
        minimum_percent=desired.min_healthy_percent,
        maximum_percent=desired.max_percent,
        circuit_breaker=True,
        rollback=True,
        strategy=Strategy(),
        alternate=None,
        rule=None,
        balancing=None,
        threshold=Threshold(*breaker.threshold),
        reset_on_healthy=breaker.reset_on_healthy_task,
        early_success=_early(config.deployment.early_success),
        alarms=frozenset(),
        settled=True,
        above_minimum=True,
        grace_period=0,
        execute_command=desired.exec,
        propagate_tags="SERVICE",
        managed_tags=True,
        platform_version="LATEST",
        rebalancing="ENABLED" if desired.max_percent > 100 else "DISABLED",
        more=additions({STRATEGY: desired.spot and desired.spot.strategy}),
    )


def ensure_scaling(
    stack: Stack,
    parts: ClusterParts,
    service: ServiceName,
    limits: Autoscaling | None,
    image: ImageUri | None,
    front: Front | None = None,
    process: str = WEB,
) -> None:
    """How many tasks a service has, by load and by the clock; `front` is where requests are counted."""
    if limits is None or image is None:
        return
    requests = limits.requests_per_minute if front else None
    desired = Scaling(
        cluster=parts.cluster,
        service=service,
        minimum=limits.min,
        maximum=limits.max,
        cpu_percent=limits.cpu,
        memory_percent=limits.memory_percent or 0,
        requests=requests or 0,
        load_balancer=front.balancer.arn if front and requests else None,
        target_group=front.target_group if front and requests else None,
        schedules=frozenset(
            Scheduled(called, one.at, one.time_zone, one.min, one.max) for called, one in limits.schedules.items()
        ),
    )
    stack.ensure(of_process(SCALING, process), desired)


def _early(desired: Early | None) -> EarlySuccess:
    if desired is None:
        return EarlySuccess()
    return EarlySuccess(True, desired.healthy_percent, "DEFERRED" if desired.cleanup == "deferred" else "BLOCKING")
