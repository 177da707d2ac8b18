"""The stack on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ensure.cluster import ensure_cluster
from ecsctl.ensure.codebuild import ensure_build_role, ensure_codebuild, ensure_first_image
from ecsctl.ensure.deployments import ensure_deployments
from ecsctl.ensure.ecr import ensure_ecr
from ecsctl.ensure.front import ensure_front
from ecsctl.ensure.github import ensure_github
from ecsctl.ensure.jobs import ensure_jobs
from ecsctl.ensure.limits import check
from ecsctl.ensure.notify import ensure_notify
from ecsctl.ensure.pipeline import ensure_pipeline
from ecsctl.ensure.service import ensure_release_command, ensure_service
from ecsctl.ensure.tasks import ensure_definitions, ensure_tasks
from ecsctl.ensure.vpc import ensure_vpc
from ecsctl.ensure.workers import ensure_workers
from ecsctl.names import Names
from ecsctl.parts import WEB

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.ids import ServiceName


def blueprint(config: Config, facts: Facts) -> Stack:
    """Everything that ecsctl.toml asks for, as resources. Nothing is read or changed here.

    Raises ConfigError if it adds up to more than AWS allows.
    """
    stack = Stack()
    stack.unfit = facts.unfit
    names = Names(config.name, facts.identity.account, facts.identity.region, role_path=config.role_path)
    network = ensure_vpc(stack, config, facts, names)
    repository = ensure_ecr(stack, config, names, facts.key)
    parts = ensure_cluster(stack, config, facts, names)
    role = access = projects = None
    if config.github and config.pipeline.mode != "none":
        role = ensure_build_role(stack, config, facts, names)
        access = ensure_github(stack, config.github, facts, role.name)
        if not facts.moving:
            projects = ensure_codebuild(stack, config, facts, names, role, access, repository, network)
    image = ensure_first_image(stack, config, facts, names, repository, projects, role)
    front = ensure_front(stack, config, facts, names, network) if config.service.web else None
    group = front.group if front else None
    tasks = ensure_tasks(stack, config, facts, names, network, parts.logs, repository, image, group)
    revisions = ensure_definitions(stack, config, facts, names, tasks)
    released = ensure_release_command(stack, config, facts, names, network, parts, tasks, revisions)
    services: dict[str, ServiceName] = {}
    if front:
        web = ensure_service(stack, config, facts, names, network, parts, front, tasks, revisions[WEB], released)
        services[WEB] = web
    services |= ensure_workers(stack, config, names, network, parts, tasks, revisions, released)
    families = ensure_jobs(stack, config, facts, names, network, parts, tasks, services)
    if access and role and facts.moving:
        first = tuple(services.values())[:1]
        projects = ensure_codebuild(stack, config, facts, names, role, access, repository, network, after=first)
    if access and projects and config.pipeline.mode == "pipeline":
        kept, after = tuple(services.values()), () if services else families
        ensure_pipeline(stack, config, facts, names, access, projects, parts.cluster, kept, after)
        if config.github and config.github.deployments:
            ensure_deployments(stack, config, facts, names)
    if config.notify:
        ensure_notify(stack, config, config.notify, facts, names)
    check(stack, config, facts.identity)
    return stack
