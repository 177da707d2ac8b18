"""ECS clusters: creating an existing one returns it, one in use cannot be deleted, a deleted one is still described."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import Cluster, EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.ecs.state import Wire, invalid, memory, refusal, services
from ecsctl.sandbox.core import clock, overlay

LAG = 2.0  # seconds until CreateService finds a new cluster
_SETTINGS = {"containerInsights": ("enabled", "disabled", "enhanced")}  # API reference, ClusterSetting


def find(backend: EC2ContainerServiceBackend, name_or_arn: str | None) -> Cluster:
    """The active cluster with that name or ARN; `default` if none is given.

    Raises ClusterNotFoundException, also for a deleted cluster (then with "The referenced cluster was inactive.", as
    many public reports of failed deploys show).
    """
    found = backend.clusters.get((name_or_arn or "default").rsplit("/", 1)[-1])
    if found is None:
        raise refusal("ClusterNotFoundException", "Cluster not found.")
    if found.status != "ACTIVE":
        raise refusal("ClusterNotFoundException", "The referenced cluster was inactive.")
    return found


def refuse_if_fresh(backend: EC2ContainerServiceBackend, cluster: Cluster) -> None:
    """Refuse to find a cluster that was created a moment ago, as CreateService may.

    hashicorp/terraform-provider-aws retries on it. The number of seconds is an assumption.
    """
    if clock.now() - memory(backend).created.get(cluster.arn, float("-inf")) < LAG:
        raise refusal("ClusterNotFoundException", "Cluster not found.")


def need_service_linked_role(backend: EC2ContainerServiceBackend) -> None:
    """Create ECS's service-linked role on first use, and refuse while it cannot be assumed, for some seconds.

    ECS guide, "Using service-linked roles"; hashicorp/terraform-provider-aws retries on this message.
    """
    if not iam.is_service_linked_role_ready(backend.account_id, "ecs.amazonaws.com", backend.partition):
        raise invalid(
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists."
        )


def _check_settings(settings: list[Wire]) -> None:
    """Refuse all settings but containerInsights with its values (API reference). The wording is an assumption."""
    for setting in settings:
        allowed = _SETTINGS.get(setting.get("name", ""))
        if allowed is None:
            raise invalid(f"Setting name should be one of [{','.join(_SETTINGS)}]")
        if setting.get("value") not in allowed:
            raise invalid(f"Invalid value for setting {setting['name']}: should be one of [{','.join(allowed)}]")


def view(backend: EC2ContainerServiceBackend, cluster: Cluster, include: list[str]) -> Wire:
    """A cluster as DescribeClusters returns it, with tags, settings and configuration only on request (API reference,
    DescribeClusters).
    """
    mine = [service for service in services(backend) if service.cluster_arn == cluster.arn]
    tasks = [task for service in mine for task in service.tasks]
    owner = memory(backend).standalone.get(cluster.arn)
    tasks += owner.tasks if owner else []
    shown: Wire = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": sum(task.status == "RUNNING" for task in tasks),
        "pendingTasksCount": sum(task.pending for task in tasks),
        "activeServicesCount": sum(service.status == "ACTIVE" for service in mine),
        "statistics": [],
        "tags": [],
        "settings": [],
        "capacityProviders": sorted(cluster.capacity_providers or []),  # as in recorded answers of AWS
        "defaultCapacityProviderStrategy": [
            {"base": 0, "weight": 0} | each for each in cluster.default_capacity_provider_strategy or []
        ],
    }
    if "TAGS" in include:
        shown["tags"] = cluster.tags or []
    if "SETTINGS" in include:
        shown["settings"] = cluster.settings
    if "CONFIGURATIONS" in include and cluster.configuration is not None:
        shown["configuration"] = cluster.configuration
    return shown


ALL = ["TAGS", "SETTINGS", "CONFIGURATIONS"]


@overlay.wraps(EC2ContainerServiceBackend)
def create_cluster(
    original: Any, backend: EC2ContainerServiceBackend, cluster_name: str, *args: Any, **kwargs: Any
) -> Cluster:
    """Return an existing active cluster unchanged, without new tags or settings (ECS guide, "Creating a cluster")."""
    existing = backend.clusters.get(cluster_name)
    if existing is not None and existing.status == "ACTIVE":
        return existing
    need_service_linked_role(backend)
    made: Cluster = original(cluster_name, *args, **kwargs)
    memory(backend).created[made.arn] = clock.now()
    return made


@overlay.wraps(EC2ContainerServiceResponse, "create_cluster")
def create_cluster_response(original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Check the settings first, and return the cluster's actual counts."""
    ask = response._get_params()
    _check_settings(ask.get("settings") or [])
    original()
    backend = response.ecs_backend
    return ActionResult({"cluster": view(backend, find(backend, ask.get("clusterName")), ALL)})


@overlay.wraps(EC2ContainerServiceResponse)
def describe_clusters(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Describe clusters by name or ARN, including deleted ones; unknown ones are failures with the reason MISSING."""
    backend, ask = response.ecs_backend, response._get_params()
    found, failures = backend.describe_clusters(ask.get("clusters") or [])
    shown = [view(backend, cluster, ask.get("include") or []) for cluster in found]
    return ActionResult(
        {"clusters": shown, "failures": [{"arn": failure.arn, "reason": failure.reason} for failure in failures]}
    )


@overlay.wraps(EC2ContainerServiceBackend)
def list_clusters(_original: Any, backend: EC2ContainerServiceBackend) -> list[str]:
    """List active clusters only: a deleted one can be described but is no longer listed."""
    return [cluster.arn for cluster in backend.clusters.values() if cluster.status == "ACTIVE"]


@overlay.wraps(EC2ContainerServiceResponse)
def delete_cluster(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Refuse while services are ACTIVE or DRAINING or tasks are not STOPPED (API reference, DeleteCluster)."""
    backend = response.ecs_backend
    cluster = find(backend, response._get_params().get("cluster"))
    if any(service.status != "INACTIVE" and service.cluster_arn == cluster.arn for service in services(backend)):
        raise refusal("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    owner = memory(backend).standalone.get(cluster.arn)
    if owner and any(task.status != "STOPPED" for task in owner.tasks):
        raise refusal("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
    cluster.status = "INACTIVE"
    return ActionResult({"cluster": view(backend, cluster, ALL)})


@overlay.adds(EC2ContainerServiceResponse)
def update_cluster_settings(response: EC2ContainerServiceResponse) -> ActionResult:
    """Set container insights; a setting that is not named stays."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = find(backend, ask.get("cluster"))
    _check_settings(ask.get("settings") or [])
    merged = {setting["name"]: setting for setting in cluster.settings}
    merged.update({setting["name"]: setting for setting in ask.get("settings") or []})
    cluster.settings = list(merged.values())
    return ActionResult({"cluster": view(backend, cluster, ALL)})


@overlay.wraps(EC2ContainerServiceResponse)
def update_cluster(original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Refuse unknown settings, and any update of a deleted cluster."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = find(backend, ask.get("cluster"))
    _check_settings(ask.get("settings") or [])
    original()
    return ActionResult({"cluster": view(backend, cluster, ALL)})


@overlay.wraps(EC2ContainerServiceResponse)
def put_cluster_capacity_providers(original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Refuse for a deleted cluster, and while the service-linked role is new (alchemy-run/alchemy#1558)."""
    backend = response.ecs_backend
    need_service_linked_role(backend)
    cluster = find(backend, response._get_params().get("cluster"))
    original()
    return ActionResult({"cluster": view(backend, cluster, ALL)})
