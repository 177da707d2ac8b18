"""Checks the stack as a whole against AWS's limits before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.config.tree import dotted, way
from ecsctl.errors import ConfigError
from ecsctl.parts import BUILD_ROLE, EXECUTION_ROLE, PIPELINE_ROLE, TASK_DEFINITION, TASK_ROLE

if TYPE_CHECKING:
    from ecsctl.account.identity import Identity
    from ecsctl.config import Config
    from ecsctl.engine.stack import Stack

BEHIND = {
    EXECUTION_ROLE: "service.secrets",
    TASK_ROLE: "service.permissions",
    BUILD_ROLE: "pipeline.tests",
    PIPELINE_ROLE: "pipeline.tests",
    TASK_DEFINITION: "service.environment, service.secrets and service.command",
}
"""By a resource's name in the stack: the options that make it grow."""


def check(stack: Stack, config: Config, place: Identity) -> None:
    """Raise ConfigError, with the user's own keys, if AWS would not take the stack in this account and region."""
    found = config.strange(place.account, place.region, place.partition)
    strange = [f"{dotted(way(key))} {text}" for key, text in found]
    large = [
        f"{BEHIND.get(name, name)}: {why}"
        for name, node in stack.nodes.items()
        if (why := node.desired.exceeded_limit())
    ]
    if strange:
        raise ConfigError(
            "; ".join(strange), hint="fix it in ecsctl.toml, or use the account and region that it belongs to"
        )
    if large:
        raise ConfigError("; ".join(large), hint="take some out of ecsctl.toml, then run the same command again")
