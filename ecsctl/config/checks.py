"""Checks of several tables of ecsctl.toml at once, and what `secure = true` sets.

What can be checked within one table is checked there (`tables/`); what needs AWS, in `ecsctl.account.prepared`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecsctl.config.tables.section import Problem
from ecsctl.config.tables.top import Tables
from ecsctl.config.tree import Path


def front(config: Tables) -> Iterator[Problem]:
    """Mistakes: an existing VPC without subnets for the load balancer, or with unused ones; HTTP/2 without TLS.

    "Listener protocol 'HTTP' is not supported with a target group with the protocol-version 'HTTP2'"
    (aws/copilot-cli#4551).
    """
    if (protocol := config.service.protocol) != "http":
        if not config.domain:
            yield "service.protocol", f'= "{protocol}" needs HTTPS in front of it: expected [domain] with a name'
        if not config.load_balancer.http2:
            yield (
                "load_balancer.http2",
                f'= false cannot be used: clients need HTTP/2 for service.protocol = "{protocol}" can answer',
            )
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
        if key == "alarms" or config.deployment.shifts_requests:
            yield f"deployment.{key}", problem
    for key in config.raw.given():
        if key not in {"task_definition", "container"}:
            yield f"raw.{key}", problem
    if config.release and not config.workers:
        yield "release", "cannot be used with jobs alone: nothing is deployed, and each run of a job is a new task"
    if config.vpc.id and config.vpc.private_subnets and config.vpc.public_subnets:
        yield "vpc.public_subnets", "cannot be used without a load balancer: the tasks are in the private subnets"


SPARE, LONGEST = 10, 60
"""Minutes for new tasks to start; and of the deploy action at most (CodePipeline guide, "Amazon ECS deploy action")."""
HOOKS, MONITORING = "deploymentConfiguration.lifecycleHooks", "monitoring"


def releasing(config: Tables) -> Iterator[Problem]:
    """Mistakes: what [raw] sets as well; and what cannot be combined with two target groups that alternate.

    ELB refuses sticky targets behind a rule of several groups that are not themselves sticky
    (kubernetes-sigs/aws-load-balancer-controller#2734), and ECS would have to shift the clients that stick. Application
    Auto Scaling counts the requests of only one target group.
    """
    deployment, scaling = config.deployment, config.service.autoscaling
    if scaling and scaling.resolution_seconds != 60 and MONITORING in config.raw.paths("service"):
        yield (
            f"raw.service.{MONITORING}",
            "cannot be combined with service.autoscaling.resolution_seconds: both say the same",
        )
    if not deployment.shifts_requests:
        return
    problem = f'cannot be combined with deployment.strategy = "{deployment.strategy}"'
    if config.load_balancer.sticky_seconds is not None:
        yield "load_balancer.sticky_seconds", f"{problem}: a client that is kept would not go over to the new version"
    if scaling and scaling.requests_per_minute:
        why = "requests are counted for one target group, and the tasks change between two"
        yield "service.autoscaling.requests_per_minute", f"{problem}: {why}; expected cpu_percent or memory_percent"
    if deployment.pause and HOOKS in config.raw.paths("service"):
        yield f"raw.service.{HOOKS}", "cannot be combined with deployment.pause: ECS has one list of hooks for both"
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
    """Returns how long the pipeline's deploy action waits: as configured, or as long as the strategy and its pauses
    need.
    """
    most = config.pipeline.deploy_timeout_minutes
    if config.pipeline.given("deploy_timeout_minutes") or not config.deployment.shifts_requests:
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


PRESET: Mapping[str, Mapping[str, Any]] = {
    "load_balancer": {"access_logs": {}, "deletion_protection": True},
    "logs": {"retention_days": 365},
}
NETWORK: Mapping[str, Any] = {"flow_logs": "reject", "close_default_group": True}
READ_ONLY = "read_only_root"


def preset(written: Mapping[str, Any]) -> dict[str, Any]:
    """The file's values, with these options where it does not set them."""
    found = dict(written)
    vpc = found.get("vpc", {})
    if isinstance(vpc, Mapping) and not vpc.get("id"):  # an existing network is never changed
        found["vpc"] = {**NETWORK, **vpc}
    service, sidecars = found.get("service", {}), found.get("sidecars")
    web = not isinstance(service, Mapping) or service.get("web") is not False
    for table, options in PRESET.items():
        if (web or table != "load_balancer") and isinstance(found.get(table, {}), Mapping):
            found[table] = {**options, **found.get(table, {})}
    if isinstance(service, Mapping) and service.get("exec") is not True:  # it needs one that can be written
        found["service"] = {READ_ONLY: True, **service}
    if isinstance(sidecars, Mapping):
        found["sidecars"] = {
            name: {READ_ONLY: True, **one} if isinstance(one, Mapping) else one for name, one in sidecars.items()
        }
    return found


def security(config: Tables) -> Iterator[Problem]:
    """Mistakes: settings that cannot be made secure."""
    if config.service.web and not config.domain and not config.load_balancer.internal:
        yield "secure", "needs [domain]: without a certificate everything goes over the internet unencrypted"
    vpc = config.vpc
    if not vpc.private_subnets if vpc.id else vpc.egress == "public":
        yield "secure", "cannot be combined with tasks that have public addresses: expected private subnets for them"


def queues(config: Tables) -> dict[str, str]:
    """The queues whose backlog processes follow, by their keys in ecsctl.toml."""
    tables = {"service": config.service.autoscaling}
    tables |= {f"workers.{name}": one.autoscaling for name, one in config.workers.items()}
    return {f"{key}.autoscaling.queue": one.queue for key, one in tables.items() if one and one.queue}


def strange(config: Tables, account: str | None, region: str | None, partition: str | None) -> Iterator[Problem]:
    """ARNs of another account, region or partition than the current ones, as far as these are known, if AWS accepts no
    other.

    A certificate must be in the load balancer's region and account, a boundary in the roles' account or AWS's own (AWS
    Certificate Manager user guide, "Services integrated with ACM"; IAM user guide, "Permissions boundaries for IAM
    entities"), and a metric names no other place (Amazon CloudWatch user guide, "Metrics concepts"). Secrets and
    connections may be in another account and region, and nothing reaches another partition.
    """
    certificate = config.domain.certificate_arn if config.domain else None
    topic = config.notify.topic if config.notify else None
    acl, followed = config.load_balancer.waf, queues(config)
    held: list[tuple[str | Path, str | None, str]] = [
        ("domain.certificate_arn", certificate, "but a load balancer in {} takes only certificates of its region"),
        ("notify.topic", topic, "but expected one of {}: rules of EventBridge publish there"),
        ("load_balancer.waf", acl, "but expected one of {}, as the load balancer"),
        *((key, queue, "but expected one of {}: its metrics are read there") for key, queue in followed.items()),
    ]
    for at, arn, why in held:
        of_region, of_account = arn.split(":")[3:5] if arn else ("", "")
        if arn and region and of_region != region:
            yield at, f"is of {of_region}, {why.format(region)}"
        if arn and account and of_account != account:
            yield at, f"is of account {of_account}, but expected one of account {account}"
    signer = config.ecr.sign
    if signer and region and (of_region := signer.split(":")[3]) != region:
        yield "ecr.sign", f"is of {of_region}, but ECR signs images in {region} with profiles of that region alone"
    key = config.kms_key if config.kms_key and config.kms_key.startswith("arn:") else None
    if key and region and (of_region := key.split(":")[3]) != region:
        yield "kms_key", f"is of {of_region}, but services in {region} encrypt with keys of that region alone"
    holder = config.permissions_boundary.split(":")[4] if config.permissions_boundary else "aws"
    if account and holder not in ("aws", account):
        yield "permissions_boundary", f"is of account {holder}, but expected one of account {account}"
    for path, managed in config.managed_policies.items():
        if account and (holder := managed.split(":")[4]) not in ("aws", account):
            yield path, f"is of account {holder}, but expected one of account {account}"
    arns: dict[str | Path, str | None] = {
        "domain.certificate_arn": certificate,
        "permissions_boundary": config.permissions_boundary,
        "kms_key": key,
        "github.connection_arn": config.github.connection_arn if config.github else None,
        "github.token_secret": config.github.token_secret if config.github else None,
        "build.image_credentials": config.build.login,
        "notify.topic": topic,
        "load_balancer.waf": acl,
        "ecr.sign": signer,
        **dict(followed.items()),
        **dict(config.task_secrets.items()),
        **{("build", "secrets", name): arn for name, arn in config.build.secrets.items()},
        **{("build", "logins", host): arn for host, arn in config.build.logins.items()},
        **dict(config.managed_policies.items()),
    }
    for named, arn in arns.items():
        if partition and arn and arn.startswith("arn:") and (found := arn.split(":")[1]) != partition:
            yield named, f"is of the partition {found}, but {region} is of {partition}"
