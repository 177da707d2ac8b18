"""ARNs in ecsctl.toml, compared with the account, region and partition in use."""

from __future__ import annotations

from collections.abc import Iterator

from ecsctl.config.lines import Path
from ecsctl.config.section import Problem
from ecsctl.config.tables import Tables


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
