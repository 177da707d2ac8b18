"""Mistakes in a configuration, in words that say how to fix them: where, which key, what was expected and found."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from ecsctl.config.json_schema import meant, node, options
from ecsctl.config.printing import HIDDEN, looks_secret, may_be_secret
from ecsctl.config.tree import Path, dotted, has_path, way

MOST = 50
"""How many mistakes are listed at once. A file with more of them is probably not an ecsctl.toml."""


@dataclass(frozen=True)
class Source:
    """Some of the values, and where each comes from: options, the environment, or a file.

    `places` has a path's place; for a path that does not exist, its longest existing part counts.
    """

    values: Mapping[str, Any]
    places: Mapping[Path, str]
    name: str

    def place(self, path: Path) -> str:
        """Returns where the value at the path is, or the table that it would be in."""
        return next((self.places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.places), self.name)


def blamed(path: Path, sources: list[Source]) -> str:
    """The place to fix: the first source that has the value; otherwise the last one, the file, where it belongs."""
    for n in range(len(path), 0, -1):
        holders = [source for source in sources if has_path(source.values, path[:n])]
        if holders:
            # A table may be written in several places. Its file is the place to add what is missing in it.
            return (holders[0] if n == len(path) else holders[-1]).place(path)
    return sources[-1].name


def messages(error: ValidationError, sources: list[Source]) -> list[str]:
    """The mistakes that pydantic found, MOST at most, one line each."""
    return [f"{blamed(path, sources)}: {sentence}" for path, sentence in islice(_sentences(error), MOST)]


def shown(value: Any) -> str:
    """A value as it would be written in the file, shortened, and without control characters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = f'"{value}"' if len(value) <= 60 else f'"{value[:60]}…"'
        return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return str(value)


def key_shown(path: Path) -> str:
    """A path for a message. A part that may be a secret is not shown: someone pasted it in the wrong place."""
    return dotted(tuple(_part_shown(part) for part in path))


def _part_shown(part: str | int) -> str | int:
    if isinstance(part, int):
        return part
    if looks_secret(part):
        return HIDDEN
    return part if re.fullmatch(r"[\w-]{1,60}", part) else shown(part)


def unknown(path: Path) -> str:
    """The message for an unknown key, with the key that was probably intended."""
    return f"{key_shown(path)}: no such key{_suggestion(path)}"


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that was probably intended, if one is close enough: preferably of the same letters, two swapped.

    Otherwise one that begins or ends with this one, as `cpu_percent` does with `cpu`.
    """
    if same := next((one for one in known if sorted(one) == sorted(word)), None):
        return same
    if alike := difflib.get_close_matches(word, known, n=1, cutoff=0.6):
        return alike[0]
    return next((one for one in known if one.startswith(f"{word}_") or one.endswith(f"_{word}")), None)


def _sentences(error: ValidationError) -> Iterator[tuple[Path, str]]:
    found_in = {one["loc"][:-1] for one in error.errors(include_url=False)}
    for one in error.errors(include_url=False):
        path: Path = tuple(part for part in one["loc"] if part != "[key]")
        kind, context = one["type"], one.get("ctx", {})
        if kind == "too_short" and one["loc"] in found_in:
            continue  # pydantic counts the valid elements alone: what is wrong is said of each of the others
        if kind == "together":
            for key, text in context["found"]:
                below = (*path, *way(key))
                yield below, f"{key_shown(below)}{'' if text.startswith('=') else ':'} {text}"
        elif kind == "extra_forbidden":
            yield path, unknown(path)
        elif kind == "missing":
            yield path, f"{key_shown(path)} is missing: expected {_meaning(path)}"
        elif one["loc"][-1:] == ("[key]",):
            yield path, f"{key_shown(path)}: expected {context.get('meant', 'another name')}"
        else:
            found = "a value that is not shown" if may_be_secret(path, one["input"]) else shown(one["input"])
            wanted = context.get("meant") or _meaning(path)
            yield path, f"{key_shown(path)}: expected {wanted}, found {found}{_in_ours(path, one['input'])}"


def _in_ours(path: Path, value: Any) -> str:
    """ecsctl's word for a value that other tools write in this way."""
    if path[-1] == "schedule" and isinstance(value, str) and (time := timetable(value)):
        return f'; in AWS\'s words: "{time}"'
    return {"cpu": "; 1024 is one vCPU", "memory": "; in MiB, 1024 to a GB"}.get(str(path[-1]), "")


def _meaning(path: Path) -> str:
    found = node(path) or {}
    examples = found.get("examples")
    words = meant(found)
    return f"{words}, such as {shown(examples[0])}" if examples and words == "text in quotes" else words


def _suggestion(path: Path) -> str:
    *above, last = path
    if not isinstance(last, str):
        return ""
    siblings = list((node(tuple(above)) or {}).get("properties", {}))
    if ours := of_other_tools(last, tuple(above), siblings):
        return f"; ecsctl has {ours} for it"
    if near := nearest(last, siblings):
        return f"; did you mean {dotted((*above, near))}?"
    for place, _ in options():
        if place[-1] == last:
            where = f"in [{dotted(place[:-1])}]" if len(place) > 1 else "at the top, above the first [table]"
            return f"; it belongs {where}"
    return f"; known {'here' if above else 'at the top'}: {', '.join(siblings)}" if siblings else ""


OTHER_TOOLS = {
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
_OTHER_TOOLS = {re.sub("_", "", word): key for key, said in OTHER_TOOLS.items() for word in said.split()}
_NICKNAMES = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}  # fmt: skip
_RATE = re.compile(r"(?:every\s+)?([1-9]\d{0,3})\s*(minute|min|m|hour|h|day|d)s?", re.IGNORECASE)


def of_other_tools(word: str, table: tuple[str | int, ...], keys: list[str]) -> str:
    """The key here that corresponds to a key of another tool; empty if the word is not known.

    `table` is the one that it is in, and `keys` are that table's own: a worker has a count of its own.
    """
    key = _OTHER_TOOLS.get(re.sub(r"[_-]", "", word).lower(), "")
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
    if every := _RATE.fullmatch(text):
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
