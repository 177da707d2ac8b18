"""The cluster that the service runs in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.ids import ClusterName, LogGroupName
from ecsctl.names import Names
from ecsctl.resources.support.ecs import cluster_of, stop_ours
from ecsctl.resources.support.policy_document import Condition, Statement
from ecsctl.resources.support.rights import linked, of

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import (
        ClusterConfigurationTypeDef,
        ClusterTypeDef,
        CreateClusterRequestTypeDef,
        ManagedStorageConfigurationTypeDef,
    )

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

PROVIDERS = frozenset({"FARGATE", "FARGATE_SPOT"})
"""What a service needs of its cluster to run on Fargate Spot."""
Insights = Literal["enabled", "enhanced", "disabled"]


@dataclass(frozen=True)
class ClusterIds:
    """An ECS cluster's ids."""

    name: ClusterName
    arn: str


@dataclass(frozen=True, kw_only=True)
class Cluster(Resource[ClusterIds]):
    """An ECS cluster. It is found by its name; a deleted one may still be described, as INACTIVE."""

    kind = "cluster"
    title = "ECS cluster"
    answered = True
    arns = "ecs"
    limit_seconds = 600.0  # deletion waits for tasks that are still stopping
    console = "{console}/ecs/v2/clusters/{name}/services?region={region}"

    name: Fixed[str]
    container_insights: Insights  # CloudWatch Container Insights; "enhanced" costs more
    capacity_providers: frozenset[str]  # capacity providers that it knows; others stay
    fargate_ephemeral_storage_kms_key: str | None  # the ARN of the KMS key of its tasks' storage; None: whatever it has
    logs: Order[LogGroupName | None] = None  # where they are written: ECS would create it without retention and tags

    def summary(self) -> str:
        """Shows its metrics."""
        return f"Container Insights: {self.container_insights}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        actions = "CreateCluster DeleteCluster DescribeClusters TagResource UpdateClusterSettings"
        actions += " PutClusterCapacityProviders" if uses.spot else ""
        actions += " UpdateCluster" if uses.key else ""
        yield Statement("Cluster", of("ecs", actions), (scope.cluster,))
        here = Condition("ArnEquals", "ecs:cluster", (scope.cluster,))
        yield Statement("TaskList", ("ecs:ListTasks",), ("*",), (here,))
        yield Statement(
            "Tasks", of("ecs", "DescribeTasks StopTask"), (scope.arn("ecs", f"task/{scope.names.cluster}/*"),)
        )
        yield linked(scope, "ecs")

    def observe(self, aws: Aws, me: Label) -> Observed[Cluster, ClusterIds] | None:
        """Read by name. CreateCluster returns someone else's cluster of the name, so its tags are read first."""
        cluster = cluster_of(aws, self.name)
        if cluster is None:
            return None
        existing = self.capacity_providers & {*cluster.get("capacityProviders", ())}
        actual = Cluster(
            name=cluster["clusterName"],
            container_insights=_insights(cluster),
            capacity_providers=existing,
            fargate_ephemeral_storage_kms_key=_storage(cluster).get("fargateEphemeralStorageKmsKeyId", ""),
            logs=self.logs,
        )
        status = cluster["status"]
        failed = "AWS could not make it (status FAILED)" if status == "FAILED" else ""
        note = "" if status == "ACTIVE" else status.lower()
        return Observed(_ids(cluster), actual, flat(cluster.get("tags")), status == "ACTIVE", failed, note)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ClusterIds]]:
        """Found by its name, which is the app's: other clusters are not read."""
        cluster = cluster_of(aws, Names.of(me).cluster)
        if cluster is not None:
            yield Found(_ids(cluster), flat(cluster.get("tags")))

    def create(self, aws: Aws, me: Label) -> ClusterIds:
        """The name protects this call from doubling."""
        asked: CreateClusterRequestTypeDef = {
            "clusterName": self.name,
            "settings": [{"name": "containerInsights", "value": self.container_insights}],
            "tags": me.lower(),
            "capacityProviders": sorted(self.capacity_providers),
        }
        if self.fargate_ephemeral_storage_kms_key:
            asked["configuration"] = self._configuration({})
        answer = aws.ecs.create_cluster(**asked)
        return _ids(answer["cluster"])

    def update(self, aws: Aws, me: Label, ids: ClusterIds, changed: frozenset[str]) -> None:
        """Its one setting, its configuration, its capacity providers (all of them in one call), and its tags."""
        if "container_insights" in changed:
            aws.ecs.update_cluster_settings(
                cluster=ids.name, settings=[{"name": "containerInsights", "value": self.container_insights}]
            )
        if changed & {"capacity_providers", "fargate_ephemeral_storage_kms_key"}:
            with aws.uncached():
                existing = cluster_of(aws, self.name)
            known: ClusterTypeDef = existing or {}
        if "fargate_ephemeral_storage_kms_key" in changed:  # of tasks that start from now on
            aws.ecs.update_cluster(cluster=ids.name, configuration=self._configuration(known))
        if "capacity_providers" in changed:
            aws.ecs.put_cluster_capacity_providers(
                cluster=ids.name,
                capacityProviders=sorted(self.capacity_providers | {*known.get("capacityProviders", ())}),
                defaultCapacityProviderStrategy=known.get("defaultCapacityProviderStrategy", []),
            )
        if "tags" in changed:
            aws.ecs.tag_resource(resourceArn=ids.arn, tags=me.lower())

    def _configuration(self, known: ClusterTypeDef) -> ClusterConfigurationTypeDef:
        """With the key, and what others have configured."""
        storage: ManagedStorageConfigurationTypeDef = {**_storage(known)}
        storage["fargateEphemeralStorageKmsKeyId"] = self.fargate_ephemeral_storage_kms_key or ""
        return {**known.get("configuration", {}), "managedStorageConfiguration": storage}

    @classmethod
    def delete(cls, aws: Aws, ids: ClusterIds) -> None:
        """AWS refuses while services or tasks are inside: tasks of ours that no service keeps are stopped."""
        with aws.uncached():
            stop_ours(aws, ids.name)
        aws.ecs.delete_cluster(cluster=ids.name)


def _storage(cluster: ClusterTypeDef) -> ManagedStorageConfigurationTypeDef:
    return cluster.get("configuration", {}).get("managedStorageConfiguration", {})


def _ids(cluster: ClusterTypeDef) -> ClusterIds:
    return ClusterIds(name=ClusterName(cluster["clusterName"]), arn=cluster["clusterArn"])


def _insights(cluster: ClusterTypeDef) -> Insights:
    settings = {setting["name"]: setting["value"] for setting in cluster.get("settings", [])}
    return cast("Insights", settings.get("containerInsights", "disabled"))
