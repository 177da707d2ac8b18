"""ECS services: created once, updated with or without a new deployment, draining until they are INACTIVE."""

import hashlib
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.ecs import alarms, checks, clusters, definitions, rollout, shifting, strategies, views
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
_DEFAULTS: Wire = {
    "desiredCount": 0,
    "loadBalancers": [],
    "serviceRegistries": [],
    "placementConstraints": [],
    "placementStrategy": [],
    "schedulingStrategy": "REPLICA",
    "deploymentController": {"type": "ECS"},
    "propagateTags": "NONE",
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "availabilityZoneRebalancing": "ENABLED",
}
# As AWS has answered since August 2026: recorded by go-to-k/cdk-real-drift (commit c00ed982).
_BREAKER: Wire = {
    "enable": False,
    "rollback": False,
    "resetOnHealthyTask": True,
    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
}
_TERMS = (*_NEW_DEPLOYMENT, "launchType", "capacityProviderStrategy", "gatewayConnectors")
_NOT_COMPARED = ("clientToken", "tags", "cluster")


def find(backend: EC2ContainerServiceBackend, cluster_arn: str, name_or_arn: str) -> Service | None:
    """The service of that name or ARN in a cluster, whatever its status, or None."""
    name = name_or_arn.rsplit("/", 1)[-1]
    return next((s for s in services(backend) if s.name == name and s.cluster_arn == cluster_arn), None)


def active(backend: EC2ContainerServiceBackend, cluster: str | None, name_or_arn: str) -> Service:
    """An active service.

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
    """Create a service as create_service does for the ARN `by`, or answer the one an identical request has made."""
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
    settings = _settings(ask, definition)
    checks.check_strategy(settings.get("capacityProviderStrategy"), cluster.capacity_providers, ask.get("launchType"))
    clusters.need_service_linked_role(backend)
    _check_role(backend, ask.get("role"))
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
    if existing is not None:  # the tasks of the one that had the name can still be described
        made.tasks, made.stopped = existing.tasks, existing.stopped
    deploy(backend, made, definition, made.created)
    known: Any = backend.services
    known[f"{cluster.name}:{made.name}"] = made
    if token is not None:
        state.tokens[token] = made.arn
    return made


def _check_role(backend: EC2ContainerServiceBackend, role: str | None) -> None:
    """A role of one's own for the load balancer must be assumable; hashicorp/terraform-provider-aws retries on this."""
    if role and not iam.assumable(backend.account_id, role, "ecs.amazonaws.com"):
        raise invalid(
            "Unable to assume role and validate the listeners configured on your load balancer. Please verify that the "
            "ECS service role being passed has the proper permissions."
        )


def _settings(ask: Wire, definition: Definition) -> Wire:
    kept = {key: value for key, value in ask.items() if key not in ("cluster", "serviceName", "clientToken", "tags")}
    settings = _DEFAULTS | kept | {"taskDefinition": definition.arn}
    if not ask.get("capacityProviderStrategy"):
        settings.setdefault("launchType", "EC2")
    settings |= _strategy(settings)
    if views.on_fargate(settings):
        settings.setdefault("platformVersion", "LATEST")
    settings["deploymentConfiguration"] = _configuration(ask.get("deploymentConfiguration") or {}, {})
    network = (ask.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if network is not None:
        settings["networkConfiguration"] = {"awsvpcConfiguration": _network(network)}
    return settings


def _strategy(settings: Wire) -> Wire:
    """Its capacity providers with AWS's defaults (API reference, CapacityProviderStrategyItem)."""
    given = settings.get("capacityProviderStrategy")
    return {"capacityProviderStrategy": [{"base": 0, "weight": 0} | each for each in given]} if given else {}


def _turned(backend: EC2ContainerServiceBackend, ask: Wire, before: Wire, now: Wire) -> None:
    """Another strategy needs another deployment; an empty one is the way back to the launch type (UpdateService)."""
    if ask.get("capacityProviderStrategy") is None:
        return
    cluster = clusters.find(backend, ask.get("cluster"))
    checks.check_strategy(now["capacityProviderStrategy"], cluster.capacity_providers, None)
    differs = (now["capacityProviderStrategy"] or None) != (before.get("capacityProviderStrategy") or None)
    if differs and not ask.get("forceNewDeployment"):  # quoted in reproio/ecs_deploy#74 and pipe-cd/pipecd#6385
        raise invalid(
            "When switching from launch type to capacity provider strategy on an existing service, or making a change "
            "to a capacity provider strategy on a service that is already using one, you must force a new deployment."
        )
    if now["capacityProviderStrategy"]:
        now.pop("launchType", None)
    else:
        del now["capacityProviderStrategy"]
        now["launchType"] = "FARGATE" if views.on_fargate(before) else "EC2"


def _network(sent: Wire) -> Wire:
    return {"securityGroups": [], "assignPublicIp": "DISABLED"} | sent


def _configuration(sent: Wire, before: Wire) -> Wire:
    """A part that is not sent stays as it was (API reference, DeploymentConfiguration)."""
    default: Wire = {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    }
    asked = sent.get("deploymentCircuitBreaker")
    if asked is not None and not {"enable", "rollback"} <= set(asked):  # the wording is an assumption
        raise invalid("deploymentCircuitBreaker requires both enable and rollback.")
    breaker = _BREAKER | before.get("deploymentCircuitBreaker", {}) | (asked or {})
    whole = default | before | sent | {"deploymentCircuitBreaker": breaker}
    for name, strategy in (("linearConfiguration", "LINEAR"), ("canaryConfiguration", "CANARY")):
        if whole["strategy"] != strategy and name not in sent:  # that of another strategy goes; an assumption
            whole.pop(name, None)
    return whole


def deploy(backend: EC2ContainerServiceBackend, service: Service, definition: Definition, now: float) -> None:
    """Start a new deployment of the service's settings; one that was under way is superseded."""
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
    if last is not None and last.ongoing:  # the status is AWS's, the text is ours
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
    service.said.clear()
    service.agenda.pop("shift", None)
    alarms.begin(service, Region(backend), now)
    if why := shifting.begin(service, Region(backend)):
        rollout.unfit(service, Region(backend), now, why)


def begin(backend: EC2ContainerServiceBackend, service: Service, at: float | None = None) -> None:
    """Let the scheduler act at once, or at a moment that has passed, and let the time since then pass."""
    rollout.schedule(service, Region(backend), clock.now() if at is None else at, launch)
    tick(backend)


def update(backend: EC2ContainerServiceBackend, ask: Wire, at: float | None = None) -> Service:
    """Update a service as update_service does, now or at a moment that has passed.

    A new deployment starts for another task definition, network, platform version, load balancers or registries, and
    for forceNewDeployment; everything else is changed in place.
    """
    service = active(backend, ask.get("cluster"), ask["service"])
    before = service.settings
    now = before | {name: ask[name] for name in (*_IN_PLACE, *_NEW_DEPLOYMENT) if ask.get(name) is not None}
    now |= _strategy(now)
    _turned(backend, ask, before, now)
    if ask.get("deploymentConfiguration"):
        now["deploymentConfiguration"] = _configuration(
            ask["deploymentConfiguration"], before["deploymentConfiguration"]
        )
    if ask.get("networkConfiguration"):
        now["networkConfiguration"] = {
            "awsvpcConfiguration": _network(ask["networkConfiguration"]["awsvpcConfiguration"])
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
        service.request = {}  # what was asked at first no longer describes it
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

    DeleteService knows no ServiceNotActiveException (API reference): that one which drains is answered as it is, and
    that an INACTIVE one is not found, are assumptions.
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
    """The service as it is at this moment; the scheduler acts afterwards, as on AWS."""
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
    """Describe up to 10 services by name or ARN, also DRAINING and INACTIVE ones; the unknown are MISSING."""
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
    """List ACTIVE services: one that is DRAINING is hidden (API reference, DeleteService). Ten a page unless asked."""
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
