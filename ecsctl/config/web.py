"""Checks of the options for what is in front of the web, and for those that cannot be used without a web."""

from __future__ import annotations

from collections.abc import Iterator

from ecsctl.config.section import Problem
from ecsctl.config.tables import Tables


def front(config: Tables) -> Iterator[Problem]:
    """Mistakes: an existing VPC without subnets for the load balancer, or with unused ones; HTTP/2 without TLS.

    "Listener protocol 'HTTP' is not supported with a target group with the protocol-version 'HTTP2'"
    (aws/copilot-cli#4551).
    """
    if (protocol := config.service.protocol) != "http":
        if not config.domain:
            yield "service.protocol", f'= "{protocol}" needs HTTPS in front of it: expected [domain] with a name'
        if not config.load_balancer.http2:
            yield "load_balancer.http2", f'= false leaves no client that service.protocol = "{protocol}" can answer'
    vpc, internal = config.vpc, config.load_balancer.internal
    if vpc.id and vpc.private_subnets and not vpc.public_subnets and not internal:
        yield "vpc.public_subnets", "at least two are needed, or load_balancer.internal = true"
    if vpc.id and vpc.private_subnets and vpc.public_subnets and internal:
        yield "vpc.public_subnets", "cannot be used with load_balancer.internal: it is in the private subnets"
    for name in config.raw.load_balancer_attributes if config.load_balancer.access_logs else ():
        if name.startswith("access_logs."):
            problem = "is what load_balancer.access_logs says: expected it there alone"
            yield ("raw", "load_balancer_attributes", name), problem
    if not vpc.id and (group := next((one for one in config.load_balancer.allow if one.startswith("sg-")), "")):
        yield "load_balancer.allow", f"{group}: a security group must be of the app's VPC: expected vpc.id too"


def without_web(config: Tables) -> Iterator[Problem]:
    """Mistakes: options about the load balancer, or about the web's service, if there is neither."""
    problem = "cannot be used without a web, and service.web is false"
    if not (config.workers or config.jobs):
        yield "service.web", "= false leaves nothing to run: expected [workers.NAME] or [jobs.NAME]"
    for key in config.given("domain"):
        yield key, problem
    for key in config.load_balancer.given():
        yield f"load_balancer.{key}", problem
    for key in config.deployment.given("strategy", "alarms"):
        if key == "alarms" or config.deployment.shifts:
            yield f"deployment.{key}", problem
    for key in config.raw.given():
        if key not in {"task_definition", "container"}:
            yield f"raw.{key}", problem
    if config.release and not config.workers:
        yield "release", "cannot be used with jobs alone: nothing is deployed, and each run of a job is a new task"
    if config.vpc.id and config.vpc.private_subnets and config.vpc.public_subnets:
        yield "vpc.public_subnets", "cannot be used without a load balancer: the tasks are in the private subnets"
