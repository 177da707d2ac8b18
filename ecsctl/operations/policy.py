"""The IAM policies that a person or a CI job needs to run ecsctl for one app."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from ecsctl import own_secrets
from ecsctl.account.named_secrets import SUFFIX, patterns
from ecsctl.config.checks import queues
from ecsctl.ensure.operator_policy import operator
from ecsctl.names import Names
from ecsctl.resources.support.policy_document import policy
from ecsctl.resources.support.rights import Scope, Uses

if TYPE_CHECKING:
    from ecsctl.config import Config


@cache  # a session of the SDK reads a large file for it
def partition_of(region: str) -> str:
    """The partition of a region, by its name; `aws` for one that the SDK does not know."""
    import botocore.session
    from botocore.exceptions import UnknownRegionError

    try:
        return str(botocore.session.get_session().get_partition_for_region(region))
    except UnknownRegionError:
        return "aws"


def _webhook(config: Config, scope: Scope) -> tuple[str, ...]:
    """The ARNs that the secret with the webhook's URL may have: a simple name may be one of the app's own secrets."""
    source = (config.notify.webhook or "") if config.notify else ""
    if not source or source.startswith("arn:"):
        return (":".join(source.split(":")[:7]),) if source else ()
    name = source.partition(":")[0]
    own = (own_secrets.full(scope.names.app, name),) if own_secrets.NAME.fullmatch(name) else ()
    return tuple(scope.arn("secretsmanager", f"secret:{one}{SUFFIX}") for one in (*own, name))


def policies(config: Config, account: str, region: str) -> dict[str, Any]:
    """The policies by name, as IAM takes them. What ecsctl.toml does not name exactly is left to a `*`."""
    partition = partition_of(region)
    names = Names(config.name, account, region, role_path=config.role_path)
    scope = Scope(
        names,
        account,
        region,
        partition,
        releases=config.release is not None,
        processes=bool(config.workers or config.jobs),
        registers=bool(config.jobs),
        reports=bool(config.github and config.github.deployments),
    )
    named = (*config.task_secrets.values(), (config.notify.webhook or "") if config.notify else "")
    simple = any(own_secrets.NAME.fullmatch(source.partition(":")[0]) for source in named)
    config = config.with_task_secrets(patterns(config, scope))
    zone = (config.domain.hosted_zone or "") if config.domain else ""
    domain, *others = (*config.domain.zoned, "") if config.domain else ("",)
    further = tuple(filter(None, others))  # they may be in other zones
    github = config.github
    secret = github.token_secret if github and (github.deployments or not github.connection_arn) else ""
    if secret and not secret.startswith("arn:"):
        # Secrets Manager ends a secret's ARN with six characters of its own (Secrets Manager User Guide, "Secret ARN").
        secret = f"arn:{partition}:secretsmanager:{region}:{account}:secret:{secret.split(':')[0]}-??????"
    logs = config.load_balancer.access_logs
    scaled = [one.autoscaling for one in config.processes.values() if one.autoscaling]
    uses = Uses(
        web=config.service.web,
        zone=zone if zone.startswith("Z") and not further else "*" if domain else "",
        domain=domain.lower(),
        elsewhere=bool(config.domain and config.domain.elsewhere),
        certificate=config.domain is not None,
        vpc=config.vpc.id or "",
        connection=(github.connection_arn or "") if github else "",
        repository=github.repository if github else "",
        secret=secret,
        secrets=(*config.task_secrets.values(), *(arn for _, arn in config.build.named_secrets())),
        own_secrets=simple,
        boundary=config.permissions_boundary or "",
        key=config.kms_key or "",
        policies=tuple(config.managed_policies.values()),
        permissions=bool(config.permissions),
        further=further,
        redirects=bool(config.domain and config.domain.redirect),
        listener_attributes=bool(config.raw.listener_attributes),
        schedules=any(one.schedules for one in scaled),
        metrics=any(one.memory_percent or one.requests_per_minute for one in scaled),
        spot=any(one.spot for one in config.processes.values()),
        speaks=config.service.version,
        jobs=bool(config.jobs),
        volumes=any(not one.file_system for one in config.volumes.values()),
        mounted=tuple(one.file_system for one in config.volumes.values() if one.file_system),
        alarms=config.deployment.creates_alarms,
        shifts=config.deployment.shifts_requests,
        flow_logs=config.vpc.flow_logs != "none",
        closes=config.vpc.close_default_group,
        signs=config.ecr.sign is not None,
        pauses=config.deployment.pause is not None,
        watched=config.deployment.alarms.names if config.deployment.alarms else (),
        access_logs=bool(logs and not logs.bucket),
        log_bucket=(logs.bucket or "") if logs else "",
        web_acl=config.load_balancer.waf or "",
        topic=(config.notify.topic or (scope.topic if config.notify.email else "")) if config.notify else "",
        webhook=_webhook(config, scope),
        entered=config.service.exec,
        scales=bool(scaled),
        reports=scope.reports,
        queues=tuple(queues(config).values()),
    )
    wanted = operator(scope, uses)
    return {name: json.loads(policy(statements)) for name, statements in wanted.items()}
