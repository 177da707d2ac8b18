"""The cluster, and the log groups that AWS would otherwise create without retention and tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ids import ClusterName, LogGroupName
from ecsctl.resources.cluster import PROVIDERS, Cluster
from ecsctl.resources.log_group import LogGroup

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.names import Names


@dataclass(frozen=True)
class ClusterParts:
    """The cluster and the app's log group."""

    cluster: ClusterName
    logs: LogGroupName


def ensure_cluster(stack: Stack, config: Config, facts: Facts, names: Names) -> ClusterParts:
    """The ECS cluster with Container Insights as desired."""
    days, key = config.logs.retention_days, facts.key or None
    stack.first = "app-logs"  # CreateLogGroup refuses a name that is taken, whoever calls it, and costs nothing
    logs = stack.ensure(stack.first, LogGroup(name=names.app_logs, retention_in_days=days, kms_key=key)).name
    insights = None
    if config.service.container_insights != "disabled":
        insights = stack.ensure(
            "insights-logs",
            LogGroup(name=names.insights_logs, retention_in_days=days, kms_key=key, writer="Container Insights"),
        ).name
    desired = Cluster(
        name=names.cluster,
        container_insights=config.service.container_insights,
        capacity_providers=PROVIDERS if any(one.spot for one in config.processes.values()) else frozenset(),
        fargate_ephemeral_storage_kms_key=facts.storage_key or None,
        logs=insights,
    )
    return ClusterParts(stack.ensure("cluster", desired).name, logs)
