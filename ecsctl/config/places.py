"""ARNs that ecsctl.toml names, held against the account, region and partition to work in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsctl.config.lines import Path
    from ecsctl.config.model import Config
    from ecsctl.config.section import Problem


def queues(config: Config) -> dict[str, str]:
    """The queues whose backlog processes follow, by their keys in ecsctl.toml."""
    tables = {"service": config.service.autoscaling}
    tables |= {f"workers.{name}": one.autoscaling for name, one in config.workers.items()}
    return {f"{key}.autoscaling.queue": one.queue for key, one in tables.items() if one and one.queue}


def strange(config: Config, account: str | None, region: str | None, partition: str | None) -> Iterator[Problem]:
    """ARNs of another place than the one to work in, as far as that is known, where only its own will do.

    A certificate must be of the load balancer's region and account, a boundary of the roles' account or AWS's own
    (AWS Certificate Manager user guide, "Services integrated with ACM"; IAM user guide, "Permissions boundaries for
    IAM entities"), and a metric names no other place (Amazon CloudWatch user guide, "Metrics concepts"). Secrets and
    connections may be of another account and region, and nothing reaches another partition.
    """
    certificate = config.domain.certificate_arn if config.domain else None
    of_region, of_account = certificate.split(":")[3:5] if certificate else ("", "")
    if certificate and region and of_region != region:
        yield (
            "domain.certificate_arn",
            f"is of {of_region}, but a load balancer in {region} takes only certificates of its region",
        )
    if certificate and account and of_account != account:
        yield "domain.certificate_arn", f"is of account {of_account}, but expected one of account {account}"
    topic = config.notify.topic if config.notify else None
    of_region, of_account = topic.split(":")[3:5] if topic else ("", "")
    if topic and region and of_region != region:
        yield "notify.topic", f"is of {of_region}, but expected one of {region}: rules of EventBridge publish there"
    if topic and account and of_account != account:
        yield "notify.topic", f"is of account {of_account}, but expected one of account {account}"
    acl = config.load_balancer.waf
    of_region, of_account = acl.split(":")[3:5] if acl else ("", "")
    if acl and region and of_region != region:
        yield (
            "load_balancer.waf",
            f"is of {of_region}, but expected one of {region}, as the load balancer",
        )
    if acl and account and of_account != account:
        yield "load_balancer.waf", f"is of account {of_account}, but expected one of account {account}"
    followed = queues(config)
    for key, queue in followed.items():
        of_region, of_account = queue.split(":")[3:5]
        if region and of_region != region:
            yield key, f"is of {of_region}, but expected one of {region}: its metrics are looked at there"
        if account and of_account != account:
            yield key, f"is of account {of_account}, but expected one of account {account}"
    holder = config.permissions_boundary.split(":")[4] if config.permissions_boundary else "aws"
    if account and holder not in ("aws", account):
        yield "permissions_boundary", f"is of account {holder}, but expected one of account {account}"
    for path, managed in config.managed_policies.items():
        if account and (holder := managed.split(":")[4]) not in ("aws", account):
            yield path, f"is of account {holder}, but expected one of account {account}"
    arns: dict[str | Path, str | None] = {
        "domain.certificate_arn": certificate,
        "permissions_boundary": config.permissions_boundary,
        "github.connection_arn": config.github.connection_arn if config.github else None,
        "github.token_secret": config.github.token_secret if config.github else None,
        "build.image_credentials": config.build.login,
        "notify.topic": topic,
        "load_balancer.waf": acl,
        **dict(followed.items()),
        **dict(config.task_secrets.items()),
        **{("build", "secrets", name): arn for name, arn in config.build.secrets.items()},
        **{("build", "logins", host): arn for host, arn in config.build.logins.items()},
        **dict(config.managed_policies.items()),
    }
    for named, arn in arns.items():
        if partition and arn and arn.startswith("arn:") and (found := arn.split(":")[1]) != partition:
            yield named, f"is of the partition {found}, but {region} is of {partition}"
