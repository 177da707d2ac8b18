"""Other tools' names for what ecsctl.toml calls differently: Copilot, Terraform, compose, ECS itself.

They are used only in messages about mistakes. Nothing is accepted under two names.
"""

from __future__ import annotations

import re

KEYS = {
    "service.desired_count": "replicas count instances instance_count task_count desired_tasks scale",
    "service.environment": "env env_vars variables environment_variables envs",
    "service.environment_file": "env_file environment_files env_files",
    "service.health.path": "healthcheck health_check_path healthcheck_path",
    "service.architecture": "platform cpu_architecture runtime_platform arch",
    "service.port": "container_port target_port listen_port ports",
    "service.autoscaling": "scaling autoscale auto_scaling",
    "service.autoscaling.min": "min_capacity min_size min_tasks minimum",
    "service.autoscaling.max": "max_capacity max_size max_tasks maximum",
    "service.ephemeral_gib": "ephemeral_storage disk disk_size storage",
    "service.permissions": "task_role task_role_arn iam iam_policy task_policy",
    "service.exec": "enable_execute_command execute_command ecs_exec",
    "service.health.grace_seconds": "grace_period health_check_grace_period",
    "volumes": "efs mounts mount_points volume",
    "domain.name": "alias aliases hostname host domain_name custom_domain",
    "domain.certificate_arn": "certificate ssl ssl_certificate acm_certificate_arn tls certificates",
    "logs.retention_days": "retention log_retention retention_in_days",
    "load_balancer": "alb lb elb",
    "load_balancer.internal": "scheme internet_facing",
    "load_balancer.allow": "allowed_source_ips allowed_cidrs allow_cidrs source_ips ingress_cidr_blocks",
    "load_balancer.waf": "web_acl web_acl_arn waf_arn",
    "load_balancer.sticky_seconds": "stickiness sticky sticky_sessions",
    "vpc.egress": "nat nat_gateway nat_gateways single_nat_gateway assign_public_ip public_ip",
    "vpc.id": "vpc_id",
    "vpc.public_subnets and vpc.private_subnets": "subnets subnet_ids",
    "raw.listener": "auth authentication cognito oidc authenticate_oidc",
    "release.command": "migrations migrate migration release_command pre_deploy predeploy",
    "build.args": "build_args",
}
_OF = {re.sub("_", "", word): key for key, said in KEYS.items() for word in said.split()}
_NICKNAMES = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}  # fmt: skip
_EVERY = re.compile(r"(?:every\s+)?([1-9]\d{0,3})\s*(minute|min|m|hour|h|day|d)s?", re.IGNORECASE)


def ours(word: str, table: tuple[str | int, ...], keys: list[str]) -> str:
    """The key here that corresponds to a key of another tool; empty if the word is not known.

    `table` is the one that it is in, and `keys` are that table's own: a worker has a count of its own.
    """
    key = _OF.get(re.sub(r"[_-]", "", word).lower(), "")
    first, _, rest = key.partition(".")
    if first == "service" and rest.partition(".")[0] in keys:
        return ".".join([*map(str, table), rest])
    return key


def timetable(text: str) -> str:
    """A schedule of cron and others in EventBridge Scheduler's form; empty if it cannot be expressed.

    It counts days of the week from 1, Sunday, and requires a `?` for one of the two days (EventBridge Scheduler user
    guide, "Schedule types").
    """
    text = text.strip()
    if every := _EVERY.fullmatch(text):
        unit = {"m": "minute", "h": "hour", "d": "day"}[every[2][0].lower()]
        return f"rate({every[1]} {unit}{'' if every[1] == '1' else 's'})"
    fields = _NICKNAMES.get(text.lower(), text).split()
    if len(fields) != 5 or not all(re.fullmatch(r"[\w*/,-]+", one) for one in fields):
        return ""
    minute, hour, day, month, week = (re.sub(r"\*/", f"{n >= 2:d}/", one) for n, one in enumerate(fields))
    week = re.sub(r"(?<![\w/])[0-7](?!\w)", lambda found: str(int(found[0]) % 7 + 1), week)
    if day != "*" and week != "*":
        return ""  # either of them, for cron; both, for AWS
    if any(int(first) > int(last) for first, last in re.findall(r"(\d+)-(\d+)", week)):
        return ""  # from Friday to Sunday
    day, week = (day, "?") if week == "*" else ("?", week)
    return f"cron({minute} {hour} {day} {month} {week} *)"
