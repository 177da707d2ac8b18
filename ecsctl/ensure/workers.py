"""The workers: services of the same image without a port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ensure.kept import ensure_first_task, ensure_scaling, kept
from ecsctl.parts import SERVICE, of_process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsctl.config import Config
    from ecsctl.ensure.cluster import ClusterParts
    from ecsctl.ensure.tasks import Tasks
    from ecsctl.ensure.vpc import Network
    from ecsctl.ids import ImageUri, ServiceName, TaskDefinitionArn
    from ecsctl.names import Names


def ensure_workers(
    stack: Stack,
    config: Config,
    names: Names,
    network: Network,
    parts: ClusterParts,
    tasks: Tasks,
    revisions: Mapping[str, TaskDefinitionArn],
    released: tuple[ImageUri, ...],
) -> dict[str, ServiceName]:
    """The service of each worker, by its name: after the release command, and at the same time as the web."""
    made = {}
    for process in config.workers:
        own, desired = names.on(process), config.processes[process]
        service = kept(config, own, network, parts, tasks, desired, revisions[process])
        after = (tasks.made, *released)
        made[process] = stack.ensure(of_process(SERVICE, process), service, after=network.way_out, ready=after).name
        target = ensure_scaling(stack, parts, made[process], desired, tasks.image, process=process)
        if target and desired.autoscaling and desired.autoscaling.from_zero:
            ensure_first_task(stack, own, target, desired, desired.autoscaling)
    return made
