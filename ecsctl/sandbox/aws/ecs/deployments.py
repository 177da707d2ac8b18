"""Service deployments and service revisions: listed, described, stopped and continued."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws.ecs import clusters, definitions, rollout, shifting, views
from ecsctl.sandbox.aws.ecs import services as ecs_services
from ecsctl.sandbox.aws.ecs.state import Deployment, Release, Service, Wire, invalid, refusal, services
from ecsctl.sandbox.aws.ecs.time import tick
from ecsctl.sandbox.core import clock, overlay


def _releases(backend: EC2ContainerServiceBackend) -> dict[str, tuple[Service, Release]]:
    return {release.arn: (service, release) for service in services(backend) for release in service.releases}


def _revisions(backend: EC2ContainerServiceBackend) -> dict[str, tuple[Service, Deployment]]:
    found = {}
    for service in services(backend):
        for each in (*service.past, *service.deployments, *(release.target for release in service.releases)):
            found[each.revision_arn] = (service, each)
    return found


def _few(arns: list[str], what: str) -> list[str]:
    """Refuse more than 20 ARNs per call (API reference). The wording is an assumption."""
    if not arns:
        raise invalid(f"{what} cannot be empty.")
    if len(arns) > 20:
        raise invalid(f"{what} cannot have more than 20 elements.")
    return arns


@overlay.adds(EC2ContainerServiceResponse)
def list_service_deployments(response: EC2ContainerServiceResponse) -> ActionResult:
    """List a service's deployments, the newest first, filtered by status or creation; by default twenty per page."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    service = ecs_services.find(backend, cluster.arn, ask["service"])
    if service is None:
        raise refusal("ServiceNotFoundException", "Service not found.")
    created: Wire = ask.get("createdAt") or {}
    after, before = _seconds(created.get("after"), 0.0), _seconds(created.get("before"), float("inf"))
    found = {
        release.arn: views.release_brief(service, release)
        for release in reversed(service.releases)
        if after <= release.created < before and (not ask.get("status") or release.status in ask["status"])
    }
    page, token = definitions.page(list(found), ask, 20)
    answer: Wire = {"serviceDeployments": [found[arn] for arn in page]}
    return ActionResult(answer | ({"nextToken": token} if token else {}))


def _seconds(moment: Any, default: float) -> float:
    """A time of a request in seconds: moto parses them as naive datetimes in UTC."""
    if moment is None:
        return default
    return float((moment - views.when(0.0).replace(tzinfo=None)).total_seconds())


@overlay.adds(EC2ContainerServiceResponse)
def describe_service_deployments(response: EC2ContainerServiceResponse) -> ActionResult:
    """Describe service deployments by ARN; unknown ones are MISSING."""
    backend, known = response.ecs_backend, _releases(response.ecs_backend)
    arns = _few(response._get_params().get("serviceDeploymentArns") or [], "serviceDeploymentArns")
    tick(backend)
    shown = [views.release(*known[arn]) for arn in arns if arn in known]
    failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]
    return ActionResult({"serviceDeployments": shown, "failures": failures})


@overlay.adds(EC2ContainerServiceResponse)
def describe_service_revisions(response: EC2ContainerServiceResponse) -> ActionResult:
    """Describe service revisions by ARN; unknown ones are MISSING."""
    known = _revisions(response.ecs_backend)
    arns = _few(response._get_params().get("serviceRevisionArns") or [], "serviceRevisionArns")
    shown = [views.revision(*known[arn]) for arn in arns if arn in known]
    failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]
    return ActionResult({"serviceRevisions": shown, "failures": failures})


@overlay.adds(EC2ContainerServiceResponse)
def stop_service_deployment(response: EC2ContainerServiceResponse) -> ActionResult:
    """Stop an ongoing service deployment, and roll it back unless the type is ABORT.

    ECS guide, "Stopping Amazon ECS service deployments": it is ROLLBACK_REQUESTED first; one that is already
    rolling back continues; one that has ended cannot be stopped. The error messages are assumptions.
    """
    backend, ask = response.ecs_backend, response._get_params()
    arn = ask["serviceDeploymentArn"]
    if arn not in _releases(backend):
        raise refusal("ServiceDeploymentNotFoundException", f"Service deployment {arn} not found.")
    service, release = _releases(backend)[arn]
    kind = ask.get("stopType") or "ROLLBACK"
    if kind not in ("ROLLBACK", "ABORT"):
        raise invalid("stopType should be one of [ABORT,ROLLBACK]")
    if not release.ongoing:
        raise refusal(
            "ConflictException", f"Service deployment {arn} is in status {release.status}, cannot be stopped."
        )
    if release.status == "IN_PROGRESS":
        release.status = "ROLLBACK_REQUESTED" if kind == "ROLLBACK" else "STOP_REQUESTED"
        release.updated = clock.now()
        service.stopping = {"stopType": kind}
        service.agenda["stop"] = clock.now() + rollout.STOP_REQUESTED
    return ActionResult({"serviceDeploymentArn": arn})


@overlay.adds(EC2ContainerServiceResponse)
def continue_service_deployment(response: EC2ContainerServiceResponse) -> ActionResult:
    """Answer a pause hook of a service deployment: CONTINUE by default, or ROLLBACK.

    ECS guide, "Continuing service deployments": the hook must be AWAITING_ACTION, and the deployment IN_PROGRESS. The
    error that is raised otherwise (one of the documented ones) and its message are assumptions.
    """
    backend, ask = response.ecs_backend, response._get_params()
    arn, action = ask["serviceDeploymentArn"], ask.get("action") or "CONTINUE"
    tick(backend)
    if arn not in _releases(backend):
        raise refusal("ServiceDeploymentNotFoundException", f"Service deployment {arn} not found.")
    service, release = _releases(backend)[arn]
    if action not in ("CONTINUE", "ROLLBACK"):
        raise invalid("action should be one of [CONTINUE,ROLLBACK]")
    if release.status != "IN_PROGRESS" or not shifting.answer(release, ask["hookId"], action, clock.now()):
        raise invalid(f"Lifecycle hook {ask['hookId']} is not awaiting an action.")
    if action == "ROLLBACK":
        release.status = "ROLLBACK_REQUESTED"
        service.stopping = {"stopType": "ROLLBACK"}
        service.agenda["stop"] = clock.now() + rollout.STOP_REQUESTED
    else:
        service.agenda["shift"] = clock.now()
    return ActionResult({"serviceDeploymentArn": arn})
