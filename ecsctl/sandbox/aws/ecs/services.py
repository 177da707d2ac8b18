"""ECS services: created once, updated with or without a new deployment, draining until they are INACTIVE."""

import hashlib
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws.ecs import (
    alarms,
    checks,
    clusters,
    definitions,
    rollout,
    service_settings,
    shifting,
    strategies,
    views,
)
from ecsctl.sandbox.aws.ecs.state import (
    Definition,
    Deployment,
    Release,
    Service,
    Wire,
    arn_of,
    invalid,
    memory,
    number,
    refusal,
    services,
)
from ecsctl.sandbox.aws.ecs.time import launch, tick
from ecsctl.sandbox.aws.ecs.world import Region
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.principals import caller

# API reference, UpdateService: which parameters start new tasks, and which only change the service.
_NEW_DEPLOYMENT = (
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "monitoring",  # AWS News Blog of June 18, 2026: new metrics come "once deployment completes"
)
_IN_PLACE = (
    "desiredCount",
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "enableExecuteCommand",
    "enableECSManagedTags",
    "propagateTags",
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "placementConstraints",
    "placementStrategy",
    "deploymentController",
    "gatewayConnectors",
)
_TERMS = (*_NEW_DEPLOYMENT, "launchType", "capacityProviderStrategy", "gatewayConnectors")
_NOT_COMPARED = ("clientToken", "tags", "cluster")


def find(backend: EC2ContainerServiceBackend, cluster_arn: str, name_or_arn: str) -> Service | None:
    """The service with that name or ARN in a cluster, whatever its status; None if there is none."""
    name = name_or_arn.rsplit("/", 1)[-1]
    return next((s for s in services(backend) if s.name == name and s.cluster_arn == cluster_arn), None)


def active(backend: EC2ContainerServiceBackend, cluster: str | None, name_or_arn: str) -> Service:
    """The active service with that name or ARN.

    Raises ClusterNotFoundException, ServiceNotFoundException, and ServiceNotActiveException while it is DRAINING or
    once it is INACTIVE (API reference, UpdateService).
    """
    found = find(backend, clusters.find(backend, cluster).arn, name_or_arn)
    if found is None:
        raise refusal("ServiceNotFoundException", "Service not found.")
    if found.status != "ACTIVE":
        raise refusal("ServiceNotActiveException", "Service was not ACTIVE.")
    return found


def create(backend: EC2ContainerServiceBackend, ask: Wire, by: str) -> Service:
    """Create a service as create_service does for the ARN `by`, or return the one that an identical request created."""
    cluster = clusters.find(backend, ask.get("cluster"))
    clusters.refuse_if_fresh(backend, cluster)
    state = memory(backend)
    token = ask.get("clientToken")
    if token is not None and len(token) > 36:  # the limit is in the API reference, the wording is an assumption
        raise invalid("clientToken must not be longer than 36 characters.")
    if token is not None and token in state.tokens:
        made = next((s for s in services(backend) if s.arn == state.tokens[token] and s.status == "ACTIVE"), None)
        if made is not None:
            return made
    request = {key: value for key, value in ask.items() if key not in _NOT_COMPARED}
    existing = find(backend, cluster.arn, ask["serviceName"])
    if existing is not None and existing.status == "ACTIVE":
        if existing.request == request:
            return existing
        raise invalid("Creation of service was not idempotent.")
    if existing is not None and existing.status == "DRAINING":
        raise invalid("Unable to Start a service that is still Draining.")
    if not ask.get("taskDefinition"):
        raise invalid("TaskDefinition can not be blank.")
    definition = definitions.usable(backend, ask["taskDefinition"])
    settings = service_settings.of_new(ask, definition)
    checks.check_strategy(settings.get("capacityProviderStrategy"), cluster.capacity_providers, ask.get("launchType"))
    clusters.need_service_linked_role(backend)
    checks.check_role(backend, ask.get("role"))
    checks.check(backend, settings, definition)
    strategies.check(backend, settings, {})
    made = Service(
        cluster_arn=cluster.arn,
        arn=arn_of(backend, f"service/{cluster.name}/{ask['serviceName']}"),
        name=ask["serviceName"],
        cluster_name=cluster.name,
        settings=settings,
        request=request,
        tags=list(ask.get("tags") or []),
        created=clock.now(),
        by=by,
    )
    if existing is not None:  # tasks of the previous service with this name can still be described
        made.tasks, made.stopped = existing.tasks, existing.stopped
    deploy(backend, made, definition, made.created)
    known: Any = backend.services
    known[f"{cluster.name}:{made.name}"] = made
    if token is not None:
        state.tokens[token] = made.arn
    return made


def deploy(backend: EC2ContainerServiceBackend, service: Service, definition: Definition, now: float) -> None:
    """Start a new deployment of the service's settings, which supersedes an ongoing one."""
    digits = int(hashlib.sha256(f"{service.arn} {service.created} {number(backend)}".encode()).hexdigest(), 16)
    serial = str(10**18 + digits % (9 * 10**18))
    made = Deployment(
        id=f"ecs-svc/{serial}",
        revision_arn=arn_of(backend, f"service-revision/{service.cluster_name}/{service.name}/{serial}"),
        definition=definition,
        terms={name: service.settings[name] for name in _TERMS if name in service.settings},
        created=now,
        updated=now,
        desired=service.desired_count,
        reason=f"ECS deployment ecs-svc/{serial} in progress.",
    )
    last = service.release
    if last is not None and last.ongoing:  # the status is AWS's, the message is ours
        rollout.supersede(service, Region(backend), now)
    sources = [deployment for deployment in service.deployments if any(t.wanted for t in service.of(deployment))]
    for deployment in service.deployments:
        deployment.status = "ACTIVE"
    service.deployments.insert(0, made)
    release = (
        f"service-deployment/{service.cluster_name}/{service.name}/{hashlib.sha256(serial.encode()).hexdigest()[:21]}"
    )
    service.releases.append(
        Release(
            arn=arn_of(backend, release),
            target=made,
            sources=sources,
            created=now,
            updated=now,
            configuration=dict(service.settings["deploymentConfiguration"]),
            threshold=rollout.threshold(service),
            alarms=alarms.watched(service),
        )
    )
    service.steady, service.start_failures, service.launch_after, service.stopping = False, 0, 0.0, None
    service.recent_messages.clear()
    service.agenda.pop("shift", None)
    alarms.begin(service, Region(backend), now)
    if why := shifting.begin(service, Region(backend)):
        rollout.unfit(service, Region(backend), now, why)


def begin(backend: EC2ContainerServiceBackend, service: Service, at: float | None = None) -> None:
    """Run the scheduler now, or at a past time `at` and up to now."""
    rollout.schedule(service, Region(backend), clock.now() if at is None else at, launch)
    tick(backend)


def update(backend: EC2ContainerServiceBackend, ask: Wire, at: float | None = None) -> Service:
    """Update a service as update_service does, now or at a past time `at`.

    A new deployment starts for another task definition, network, platform version, load balancers or registries, and
    for forceNewDeployment; everything else is changed in place.
    """
    service = active(backend, ask.get("cluster"), ask["service"])
    before = service.settings
    now = before | {name: ask[name] for name in (*_IN_PLACE, *_NEW_DEPLOYMENT) if ask.get(name) is not None}
    now |= service_settings.providers(now)
    checks.check_providers(backend, ask, before, now)
    if ask.get("deploymentConfiguration"):
        now["deploymentConfiguration"] = service_settings.configuration(
            ask["deploymentConfiguration"], before["deploymentConfiguration"]
        )
    if ask.get("networkConfiguration"):
        now["networkConfiguration"] = {
            "awsvpcConfiguration": service_settings.network_of(ask["networkConfiguration"]["awsvpcConfiguration"])
        }
    definition = service.primary.definition
    if ask.get("taskDefinition"):
        definition = definitions.usable(backend, ask["taskDefinition"])
        now["taskDefinition"] = definition.arn
    if ask.get("loadBalancers"):
        clusters.need_service_linked_role(backend)
    checks.check(backend, now, definition, sent={name for name, value in ask.items() if value is not None})
    if ask.get("deploymentConfiguration") or ask.get("loadBalancers"):
        strategies.check(backend, now, before, busy=service.release is not None and service.release.ongoing)
    service.settings = now
    if now != before:
        service.request = {}  # the original request no longer describes it
    changed = any(now.get(name) != before.get(name) for name in (*_NEW_DEPLOYMENT, "taskDefinition"))
    if changed or ask.get("forceNewDeployment"):
        deploy(backend, service, definition, clock.now() if at is None else at)
    elif now["desiredCount"] != before["desiredCount"]:
        service.steady = False
        if service.primary.rollout != "FAILED":
            service.primary.desired = now["desiredCount"]
    return service


def delete(backend: EC2ContainerServiceBackend, ask: Wire) -> Service:
    """Delete a service as delete_service does: DRAINING until its tasks are STOPPED, then INACTIVE.

    DeleteService has no ServiceNotActiveException (API reference): that a DRAINING service is returned unchanged, and
    an INACTIVE one is not found, are assumptions.
    """
    service = find(backend, clusters.find(backend, ask.get("cluster")).arn, ask["service"])
    if service is None or service.status == "INACTIVE":
        raise refusal("ServiceNotFoundException", "Service not found.")
    if service.status == "DRAINING":
        return service
    if not ask.get("force"):
        if service.desired_count > 0:
            raise invalid("The service cannot be stopped while it is scaled above 0.")
        if len(service.deployments) > 1:
            raise invalid("The service cannot be stopped while deployments are active.")
    service.status, service.deleted = "DRAINING", clock.now()
    service.settings = service.settings | {"desiredCount": 0}
    service.primary.desired = 0
    if service.release is not None and service.release.ongoing:
        rollout.end(service.release, clock.now(), "STOPPED", "The service was deleted.")
    return service


def _answer(backend: EC2ContainerServiceBackend, service: Service, act: bool = True) -> ActionResult:
    """The service as it is now; the scheduler acts afterwards, as on AWS."""
    shown = views.service(backend, service, tags=True)
    if act:
        begin(backend, service)
    return ActionResult({"service": shown})


@overlay.wraps(EC2ContainerServiceResponse)
def create_service(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """See `create`."""
    backend = response.ecs_backend
    return _answer(backend, create(backend, response._get_params(), caller(response)))


@overlay.wraps(EC2ContainerServiceResponse)
def update_service(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """See `update`."""
    backend = response.ecs_backend
    return _answer(backend, update(backend, response._get_params()))


@overlay.wraps(EC2ContainerServiceResponse)
def delete_service(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """See `delete`."""
    backend = response.ecs_backend
    return _answer(backend, delete(backend, response._get_params()))


@overlay.wraps(EC2ContainerServiceResponse)
def describe_services(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Describe up to 10 services by name or ARN, including DRAINING and INACTIVE ones; unknown ones are MISSING."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    names = ask.get("services") or []
    if not names:
        raise invalid("Services cannot be empty.")
    if len(names) > 10:
        raise invalid("Services cannot have more than 10 elements.")
    shown, failures = [], []
    for name in names:
        found = find(backend, cluster.arn, name)
        if found is None:
            arn = name if name.startswith("arn:") else arn_of(backend, f"service/{cluster.name}/{name}")
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            shown.append(views.service(backend, found, tags="TAGS" in (ask.get("include") or [])))
    return ActionResult({"services": shown, "failures": failures})


@overlay.wraps(EC2ContainerServiceResponse)
def list_services(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """List ACTIVE services, but not DRAINING ones (API reference, DeleteService); by default ten per page."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    arns = sorted(
        service.arn
        for service in services(backend)
        if service.cluster_arn == cluster.arn
        and service.status == "ACTIVE"
        and ask.get("launchType") in (None, service.settings.get("launchType"))
        and ask.get("schedulingStrategy") in (None, service.settings["schedulingStrategy"])
    )
    page, token = definitions.page(arns, ask, 10)
    return ActionResult({"serviceArns": page} | ({"nextToken": token} if token else {}))
