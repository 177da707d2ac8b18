"""The workers: services of the same image that nobody asks over the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ensure.kept import ensure_first_task, ensure_scaling, kept
from ecsctl.ensure.tasks import ensure_definition, ensure_task_role
from ecsctl.parts import SERVICE, of_process
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from ecsctl.account import Facts
    from ecsctl.config import Config
    from ecsctl.ensure.cluster import ClusterParts
    from ecsctl.ensure.tasks import Tasks
    from ecsctl.ensure.vpc import Network
    from ecsctl.ids import ImageUri, ServiceName
    from ecsctl.names import Names


def ensure_workers(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    network: Network,
    parts: ClusterParts,
    tasks: Tasks,
    released: tuple[ImageUri, ...],
) -> dict[str, ServiceName]:
    """The service of each worker, by its name: with the release command behind it, and beside the web."""
    made = {}
    for process, said in config.workers.items():
        own, desired = names.on(process), config.processes[process]
        role = tasks.role
        if said.own_role:
            scope = Scope.of(facts.identity, names)
            role = ensure_task_role(stack, config, scope, tasks.volumes, desired, process)
        beside = config.sidecars if said.sidecars is None else said.sidecars
        revision = ensure_definition(stack, config, facts, own, tasks, desired, role, beside).arn
        service = kept(config, own, network, parts, tasks, desired, revision)
        after = (tasks.made, *released)
        made[process] = stack.ensure(of_process(SERVICE, process), service, after=network.way_out, ready=after).name
        target = ensure_scaling(stack, parts, made[process], desired, tasks.image, process=process)
        if target and desired.autoscaling and desired.autoscaling.from_zero:
            ensure_first_task(stack, own, target, desired, desired.autoscaling)
    return made
