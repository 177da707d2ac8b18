"""Checks of a container's environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecsctl.config.section import Problem

# ECS sets these in every task and its SDKs depend on them (ECS developer guide, "Amazon ECS environment variables").
# AWS_REGION and AWS_DEFAULT_REGION are listed there too, and may be set by the user.
ECS_SETS = frozenset(
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_EXECUTION_ENV ECS_AGENT_URI "
    "ECS_CONTAINER_METADATA_URI ECS_CONTAINER_METADATA_URI_V4".split()
)


def doubled(environment: Mapping[str, str], secrets: Mapping[str, str], where: str) -> Iterator[Problem]:
    """Mistakes: variables that are set twice, or by ECS."""
    for name in sorted(environment.keys() & secrets.keys()):
        yield f"secrets.{name}", f"is in {where} too"
    for table, names in (("environment", environment), ("secrets", secrets)):
        for name in sorted(ECS_SETS & names.keys()):
            yield f"{table}.{name}", "is set by ECS itself"
