"""Checks of [deployment] against other tables: the load balancer, autoscaling, the pipeline's deploy action, [raw]."""

from __future__ import annotations

from collections.abc import Iterator

from ecsctl.config.section import Problem
from ecsctl.config.tables import Tables

SPARE, LONGEST = 10, 60
"""Minutes for new tasks to start; and of the deploy action at most (CodePipeline guide, "Amazon ECS deploy action")."""
HOOKS, MONITORING = "deploymentConfiguration.lifecycleHooks", "monitoring"


def problems(config: Tables) -> Iterator[Problem]:
    """Mistakes: what [raw] sets as well; and what cannot be combined with two target groups that alternate.

    ELB refuses sticky targets behind a rule of several groups that are not themselves sticky
    (kubernetes-sigs/aws-load-balancer-controller#2734), and ECS would have to shift the clients that stick. Application
    Auto Scaling counts the requests of only one target group.
    """
    deployment, scaling = config.deployment, config.service.autoscaling
    if scaling and scaling.resolution_seconds != 60 and MONITORING in config.raw.paths("service"):
        yield f"raw.service.{MONITORING}", "does not go with service.autoscaling.resolution_seconds: both say the same"
    if not deployment.shifts:
        return
    problem = f'does not go with deployment.strategy = "{deployment.strategy}"'
    if config.load_balancer.sticky_seconds is not None:
        yield "load_balancer.sticky_seconds", f"{problem}: a client that is kept would not go over to the new version"
    if scaling and scaling.requests_per_minute:
        why = "requests are counted for one target group, and the tasks change between two"
        yield "service.autoscaling.requests_per_minute", f"{problem}: {why}; expected cpu_percent or memory_percent"
    if deployment.pause and HOOKS in config.raw.paths("service"):
        yield f"raw.service.{HOOKS}", "does not go with deployment.pause: ECS has one list of hooks for both"
    if deploys(config):
        yield from _too_short(config)


def deploys(config: Tables) -> bool:
    """Whether a pipeline deploys."""
    return config.github is not None and config.pipeline.mode == "pipeline"


def _too_short(config: Tables) -> Iterator[Problem]:
    """Mistakes: a deploy action that would end before the release does."""
    least, most = config.deployment.waits + SPARE, config.pipeline.deploy_timeout_minutes
    alone = f"a release waits for {config.deployment.waits} minutes by itself"
    if least > LONGEST:
        why = f"the pipeline's deploy action for {LONGEST} at most, and the tasks need {SPARE} of them to start"
        yield "deployment", f"{alone}, {why}: expected less, or another pipeline.mode"
    elif config.pipeline.given("deploy_timeout_minutes") and most < least:
        problem = f"expected at least {least}, found {most}: {alone}, and the tasks need some to start"
        yield "pipeline.deploy_timeout_minutes", problem


def deploy_minutes(config: Tables) -> int:
    """How long the pipeline's deploy action waits: as configured, or as long as the strategy and its pauses need."""
    most = config.pipeline.deploy_timeout_minutes
    if config.pipeline.given("deploy_timeout_minutes") or not config.deployment.shifts:
        return most
    return min(LONGEST, most + config.deployment.waits + config.deployment.held)


def late(config: Tables) -> Iterator[str]:
    """A release may be held for longer than the pipeline's deploy action waits, in a sentence."""
    held, most = config.deployment.held, deploy_minutes(config)
    if held and deploys(config) and held + config.deployment.waits + SPARE > most:
        yield (
            f"deployment.pause may hold a release for {held} minutes, and the pipeline's deploy action waits for "
            f"{most}: the run of a release that is not continued in that time ends as failed, while the release "
            "itself stays held"
        )
