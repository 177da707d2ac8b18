"""Services, deployments, revisions and tasks as the Describe calls return them."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from moto.ecs.models import EC2ContainerServiceBackend

from ecsctl.sandbox.aws.ecs import container_states, rollout, shifting, task_lifecycle
from ecsctl.sandbox.aws.ecs.state import Deployment, Release, Service, Task, Wire
from ecsctl.sandbox.core import clock

PLATFORM = "1.4.0"  # what LATEST means for Linux on Fargate (ECS guide, "Fargate platform versions")


def when(seconds: float) -> datetime:
    """A time as moto requires it: a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _given(values: Wire) -> Wire:
    return {key: value for key, value in values.items() if value is not None}


def is_on_fargate(settings: Wire) -> bool:
    """Whether a service runs on Fargate: by its launch type, or by its capacity providers."""
    providers = {each.get("capacityProvider") for each in settings.get("capacityProviderStrategy") or ()}
    return settings.get("launchType") == "FARGATE" or bool(providers & {"FARGATE", "FARGATE_SPOT"})


def _family(service: Service) -> str | None:
    return "Linux" if is_on_fargate(service.settings) else None


# Parameters of create_service and update_service that are returned as they were sent.
_ECHOED = (
    "loadBalancers",
    "serviceRegistries",
    "desiredCount",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "taskDefinition",
    "deploymentConfiguration",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
    "schedulingStrategy",
    "deploymentController",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
)


# API reference, Deployment and ServiceRevision: a service lacks these, and only a revision has the last ones.
_OF_DEPLOYMENTS = (
    "networkConfiguration",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
_OF_REVISIONS = ("loadBalancers", "serviceRegistries", "gatewayConnectors", "monitoring")


def service(backend: EC2ContainerServiceBackend, found: Service, tags: bool = False) -> Wire:
    """A service, with its tags only on request (API reference, DescribeServices)."""
    tasks = found.tasks
    role = "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    shown: Wire = {name: found.settings.get(name) for name in _ECHOED}
    shown |= {
        "healthCheckGracePeriodSeconds": found.settings.get("healthCheckGracePeriodSeconds", 0),
        "serviceArn": found.arn,
        "serviceName": found.name,
        "clusterArn": found.cluster_arn,
        "status": found.status,
        "runningCount": sum(task.status == "RUNNING" for task in tasks),
        "pendingCount": sum(task.pending for task in tasks),
        "platformFamily": _family(found),
        "createdAt": when(found.created),
        "createdBy": found.by,
        "resourceManagementType": "CUSTOMER",  # not an Express service's (API reference, Service)
        "roleArn": found.settings.get("role") or f"arn:{backend.partition}:iam::{backend.account_id}:{role}",
        "events": [
            {"id": _event_id(found, at, text), "createdAt": when(at), "message": text} for at, text in found.events
        ],
        "deployments": [deployment(found, each) for each in found.deployments],
        "tags": found.tags if tags else None,
    }
    if found.status == "ACTIVE" and found.release is not None:
        shown["currentServiceDeployment"] = found.release.arn
        shown["currentServiceRevisions"] = [revision_counts(found, each) for each in found.deployments]
    return _given(shown)


def _event_id(found: Service, at: float, text: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{found.arn} {at} {text}"))


def deployment(found: Service, each: Deployment) -> Wire:
    """A deployment of a service, with its current task counts."""
    tasks = found.of(each)
    return _given(
        {
            "id": each.id,
            "status": each.status,
            "taskDefinition": each.definition.arn,
            "desiredCount": each.desired if each.status == "PRIMARY" else sum(task.wanted for task in tasks),
            "pendingCount": sum(task.pending for task in tasks),
            "runningCount": sum(task.status == "RUNNING" for task in tasks),
            "failedTasks": each.failed,
            "createdAt": when(each.created),
            "updatedAt": when(each.updated or each.created),
            "launchType": found.settings.get("launchType"),
            "capacityProviderStrategy": found.settings.get("capacityProviderStrategy"),
            "platformVersion": PLATFORM if _family(found) else None,
            "platformFamily": _family(found),
            **{name: each.terms.get(name) for name in _OF_DEPLOYMENTS},
            "rolloutState": each.rollout,
            "rolloutStateReason": each.reason,
        }
    )


def revision_counts(found: Service, each: Deployment) -> Wire:
    """A service revision as a service or a service deployment refers to it."""
    tasks = found.of(each)
    return {
        "arn": each.revision_arn,
        "requestedTaskCount": each.desired if each.status == "PRIMARY" else sum(task.wanted for task in tasks),
        "runningTaskCount": sum(task.status == "RUNNING" for task in tasks),
        "pendingTaskCount": sum(task.pending for task in tasks),
        **_traffic(found, each),
    }


def _traffic(found: Service, each: Deployment) -> Wire:
    """A revision's share of the requests, while they are shifted (API reference, ServiceRevisionSummary)."""
    release = found.release
    if release is None or not shifting.shifts_traffic(release.configuration):
        return {}
    back = release.rollback is not None
    share = (0.0 if back else release.weight) if each is release.target else 100.0 if back else 100 - release.weight
    return {"requestedProductionTrafficWeight": share}


def revision(found: Service, each: Deployment) -> Wire:
    """A service revision: what one deployment deploys, with the resolved digests of its images."""
    images = [
        _given({"containerName": c["name"], "image": c["image"], "imageDigest": each.digests.get(c["image"])})
        for c in each.definition.containers
    ]
    return _given(
        {
            "serviceRevisionArn": each.revision_arn,
            "serviceArn": found.arn,
            "clusterArn": found.cluster_arn,
            "taskDefinition": each.definition.arn,
            "launchType": found.settings.get("launchType"),
            "capacityProviderStrategy": found.settings.get("capacityProviderStrategy"),
            "platformVersion": PLATFORM if _family(found) else None,
            "platformFamily": _family(found),
            **{name: each.terms.get(name) for name in (*_OF_DEPLOYMENTS, *_OF_REVISIONS)},
            "containerImages": images,
            "resolvedConfiguration": _resolved(each),
            "guardDutyEnabled": False,
            "createdAt": when(each.created),
        }
    )


def _resolved(each: Deployment) -> Wire | None:
    """The target group that was chosen for its tasks (API reference, ResolvedConfiguration)."""
    between = shifting.advanced(each.terms)
    if not between or not each.group:
        return None
    rule = between["productionListenerRule"]
    return {"loadBalancers": [{"targetGroupArn": each.group, "productionListenerRule": rule}]}


def release_brief(found: Service, each: Release) -> Wire:
    """A service deployment as ListServiceDeployments returns it."""
    return _given(
        {
            "serviceDeploymentArn": each.arn,
            "serviceArn": found.arn,
            "clusterArn": found.cluster_arn,
            "createdAt": when(each.created),
            "startedAt": when(each.created),
            "finishedAt": when(each.finished) if each.finished else None,
            "targetServiceRevisionArn": each.target.revision_arn,
            "status": each.status,
            "statusReason": each.reason,
        }
    )


def release(found: Service, each: Release) -> Wire:
    """A service deployment as DescribeServiceDeployments returns it."""
    brief = release_brief(found, each)
    del brief["targetServiceRevisionArn"]
    rollback = each.rollback and {**each.rollback, "startedAt": when(each.rollback["startedAt"])}
    watching = rollout.breaker(found) is not None or each.triggered
    state = "TRIGGERED" if each.triggered else "MONITORING" if each.ongoing else "MONITORING_COMPLETE"
    return brief | _given(
        {
            "updatedAt": when(each.updated or each.created),
            "stoppedAt": when(each.stopped) if each.stopped else None,
            "sourceServiceRevisions": [revision_counts(found, source) for source in each.sources],
            "targetServiceRevision": revision_counts(found, each.target),
            "deploymentConfiguration": each.configuration,
            "lifecycleStage": each.stage or None,
            "lifecycleHookDetails": list(map(_hook, each.hooks)) or None,
            "rollback": rollback,
            "deploymentCircuitBreaker": {
                "status": state if watching else "DISABLED",
                "failureCount": each.target.failed,
                "threshold": each.threshold,
            },
            "alarms": _alarms(each),
        }
    )


def _hook(hook: Wire) -> Wire:
    return {**hook, "expiresAt": when(hook["expiresAt"])}


def _alarms(each: Release) -> Wire:
    state = "TRIGGERED" if each.triggered_alarms else "MONITORING" if each.ongoing else "MONITORING_COMPLETE"
    watching = each.alarms and not each.alarm_at_start
    names = list(each.alarms)
    return {
        "status": state if watching else "DISABLED",
        "alarmNames": names,
        "triggeredAlarmNames": list(each.triggered_alarms),
    }


_MOMENTS = {
    "started": "startedAt",
    "pull_started": "pullStartedAt",
    "pull_stopped": "pullStoppedAt",
    "stopping": "stoppingAt",
    "stopped": "stoppedAt",
    "execution_stopped": "executionStoppedAt",
}


def task(each: Task, cluster_arn: str, tags: bool = False) -> Wire:
    """A task, with its tags only on request (API reference, DescribeTasks)."""
    document = each.definition.document
    shown: Wire = {
        "taskArn": each.arn,
        "clusterArn": cluster_arn,
        "taskDefinitionArn": each.definition.arn,
        "group": each.group,
        "startedBy": each.started_by or None,
        "lastStatus": each.status,
        "desiredStatus": each.desired,
        "createdAt": when(each.created),
        "connectivity": "CONNECTED" if "pull_started" in each.moments else None,
        "connectivityAt": when(each.moments["pull_started"]) if "pull_started" in each.moments else None,
        "cpu": each.overrides.get("cpu") or document.get("cpu"),
        "memory": each.overrides.get("memory") or document.get("memory"),
        "launchType": each.terms.get("launchType") or "FARGATE",  # also with capacity providers
        "platformVersion": PLATFORM,
        "platformFamily": "Linux",
        "availabilityZone": each.interface.zone if each.interface else None,
        "attachments": [_attachment(each)],
        "attributes": [{"name": "ecs.cpu-architecture", "value": _architecture(document)}],
        "containers": [_container(each, definition) for definition in each.definition.containers],
        "enableExecuteCommand": bool(each.terms.get("enableExecuteCommand")),
        "healthStatus": each.container_health,
        "ephemeralStorage": document.get("ephemeralStorage") or {"sizeInGiB": 20},
        "fargateEphemeralStorage": document.get("ephemeralStorage") or {"sizeInGiB": 20},
        "inferenceAccelerators": [],
        "overrides": _overrides(each),
        "stopCode": each.stop_code,
        "stoppedReason": each.stopped_reason,
        "version": len(each.moments) + 1,
        "tags": each.tags if tags else [],
    }
    shown |= {name: when(each.moments[moment]) for moment, name in _MOMENTS.items() if moment in each.moments}
    return _given(shown)


def _overrides(each: Task) -> Wire:
    """The overrides of a task, with an entry for every container, even without any override."""
    every = [each.overridden(one["name"]) or {"name": one["name"]} for one in each.definition.containers]
    return {"inferenceAcceleratorOverrides": []} | each.overrides | {"containerOverrides": every}


def _architecture(document: Wire) -> str:
    platform: Wire = document.get("runtimePlatform") or {}
    return str(platform.get("cpuArchitecture", "X86_64")).lower()


def _attachment(each: Task) -> Wire:
    details: list[Wire] = []
    if each.interface is not None:
        values = {
            "subnetId": each.interface.subnet,
            "networkInterfaceId": each.interface.id,
            "macAddress": each.interface.mac,
            "privateIPv4Address": each.interface.address,
        }
        details = [{"name": name, "value": value} for name, value in values.items()]
    status = "DELETED" if each.status == "STOPPED" else "ATTACHED" if each.interface else "PRECREATED"
    return {"id": each.attachment, "type": "ElasticNetworkInterface", "status": status, "details": details}


def is_agent_running(each: Task) -> bool:
    """Whether ECS Exec's agent in the task is running."""
    started = each.moments.get("started")
    return each.status == "RUNNING" and started is not None and clock.now() >= started + task_lifecycle.AGENT


def _container(each: Task, definition: Wire) -> Wire:
    ended = each.status in ("DEPROVISIONING", "STOPPED")
    code, reason = each.endings.get(definition["name"], (None, None))
    status = "STOPPED" if ended else "RUNNING" if each.status in ("RUNNING", "DEACTIVATING", "STOPPING") else "PENDING"
    own = definition["name"] == container_states.own(each)["name"]
    health = each.container_health if own else container_states.health(each, definition["name"], clock.now())
    network: list[Wire] = []
    if each.interface is not None and not ended:
        network = [{"attachmentId": each.attachment, "privateIpv4Address": each.interface.address}]
    agents: list[Any] | None = None
    if each.terms.get("enableExecuteCommand"):
        up = is_agent_running(each)
        state = "RUNNING" if up else "STOPPED" if ended else "PENDING"
        agent: Wire = {"name": "ExecuteCommandAgent", "lastStatus": state}
        agents = [agent | ({"lastStartedAt": when(each.moments["started"] + task_lifecycle.AGENT)} if up else {})]
    return _given(
        {
            "containerArn": each.arn.replace(":task/", ":container/") + f"/{each.attachment}",
            "taskArn": each.arn,
            "name": definition["name"],
            "image": definition["image"],
            "imageDigest": each.digests.get(definition["image"]),
            "runtimeId": f"{each.id}-{each.definition.revision:010d}" if "started" in each.moments else None,
            "lastStatus": status,
            "exitCode": code,
            "reason": reason,
            "networkBindings": [],
            "networkInterfaces": network,
            "healthStatus": health if definition.get("healthCheck") else "UNKNOWN",
            "managedAgents": agents,
            "cpu": str(definition.get("cpu", 0)),
            "memory": str(definition["memory"]) if definition.get("memory") else None,
            "memoryReservation": str(definition["memoryReservation"]) if definition.get("memoryReservation") else None,
        }
        | container_states.shown(each, definition["name"], clock.now())
    )
