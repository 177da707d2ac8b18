"""The state of a service's deployments: a snapshot of ECS's answers, and their interpretation.

A stable service does not mean success: after a rollback the old version is stable too, and a service with a desired
count of 0 always is. The result of a release is the status of its service deployment, which AWS keeps for 90 days (ECS
guide, "View service history using Amazon ECS service deployments"). ECS's statuses are interpreted only here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import flat
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.ecs import is_newer, revision_of, service_of
from ecsctl.resources.support.pausing import EXPIRED, answered_of, failed_hook_of, held_of
from ecsctl.resources.support.revisions import BACK
from ecsctl.resources.support.strategy import rules_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

Answer = Mapping[str, Any]

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 20  # deployments and service revisions that AWS describes at once


class Phase(StrEnum):
    """The state of one service deployment."""

    ROLLING_OUT = "rolling out"
    PAUSED = "paused"  # until someone answers
    STOPPING = "being stopped"
    GOING_BACK = "going back"
    DEPLOYED = "deployed"
    ROLLED_BACK = "rolled back"  # by the circuit breaker or an alarm
    TAKEN_BACK = "stopped and rolled back"  # on request
    GIVEN_UP = "given up"  # by the circuit breaker or an alarm, without a rollback
    NOT_BACK = "not rolled back"  # the rollback failed
    STOPPED = "stopped"  # by someone, or superseded

    @property
    def ongoing(self) -> bool:
        """Whether ECS is working on it."""
        return self in (Phase.ROLLING_OUT, Phase.PAUSED, Phase.STOPPING, Phase.GOING_BACK)


_PHASES = {
    "PENDING": Phase.ROLLING_OUT,
    "IN_PROGRESS": Phase.ROLLING_OUT,
    "STOP_REQUESTED": Phase.STOPPING,
    "ROLLBACK_REQUESTED": Phase.GOING_BACK,
    "ROLLBACK_IN_PROGRESS": Phase.GOING_BACK,
    "ROLLBACK_FAILED": Phase.NOT_BACK,
    "SUCCESSFUL": Phase.DEPLOYED,
}


@dataclass(frozen=True)
class ServiceState:
    """What a service runs compared with what it should run, and whether it is ready."""

    runs: str  # the task definition that it is set to run
    ready: bool
    failed: str = ""
    note: str = ""
    settled: bool = True  # false: ECS gave the deployment up and starts nothing until there is a new one


@dataclass(frozen=True)
class Snapshot:
    """ECS's answers about a service at one time.

    `service` is from DescribeServices (None: there is none), `deployments` are the newest from ListServiceDeployments,
    perhaps with what DescribeServiceDeployments adds; `revisions` and `images` are the task definition and the images
    of each service revision, by its ARN.
    """

    service: Answer | None
    deployments: Sequence[Answer] = ()
    revisions: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, Sequence[Answer]] = field(default_factory=dict)

    @cached_property
    def primary(self) -> Answer:
        """The deployment that the service is set to run; empty for a service that is being deleted, or does not
        exist.
        """
        every = (self.service or {}).get("deployments", ())
        return next((one for one in every if one.get("status") == "PRIMARY"), {})

    @property
    def rolling(self) -> list[Answer]:
        """The service's own deployments that ECS is working on."""
        return [one for one in (self.service or {}).get("deployments", ()) if self._is_rolling(one)]

    @property
    def failed(self) -> bool:
        """Whether ECS gave up the service's primary deployment without rolling back."""
        return rollout_of(self.primary) == "FAILED"

    @cached_property
    def newest(self) -> Answer:
        """The newest service deployment; empty if AWS lists none."""
        return max(self.deployments, key=began, default={})

    @property
    def candidate(self) -> str:
        """The task definition of the newest deployment, even if an older one runs again."""
        return self.task_definition_of(self.newest) or str(self.primary.get("taskDefinition", ""))

    @property
    def phase(self) -> Phase | None:
        """The state of the newest deployment; None if AWS lists none."""
        return phase_of(self.newest) if self.newest else None

    @cached_property
    def given_up(self) -> bool:
        """Whether the newest deployment was stopped or is rolling back, or the service's own was given up."""
        fine = (None, Phase.DEPLOYED, Phase.ROLLING_OUT, Phase.PAUSED, Phase.STOPPING)
        return self.phase not in fine or self.failed

    @property
    def busy(self) -> bool:
        """Whether a deployment is in progress, so that no other release may begin."""
        return self.phase.ongoing if self.phase else self._is_primary_rolling

    @property
    def at_work(self) -> bool:
        """Whether a deployment is in progress, according to its own status or to the service."""
        return bool(self.phase and self.phase.ongoing) or self._is_primary_rolling

    @property
    def ongoing(self) -> Answer:
        """The newest deployment that is rolling out, forward or back; empty if none is."""
        return max((one for one in self.deployments if phase_of(one).ongoing), key=began, default={})

    @property
    def serves(self) -> str:
        """The task definition of the newest completed deployment, which serves even while another is in progress."""
        over = [one for one in (self.service or {}).get("deployments", ()) if rollout_of(one) == "COMPLETED"]
        newest: Answer = max(over, key=began, default={})
        last = self.task_definition_of(self.succeeded[0]) if self.succeeded else ""
        return str(newest.get("taskDefinition") or last or self.primary.get("taskDefinition", ""))

    @property
    def steady(self) -> bool:
        """Whether as many tasks run as desired, and ECS reports the deployment as complete."""
        found = self.service or {}
        over = rollout_of(self.primary) in ("COMPLETED", "") and len(found.get("deployments", ())) == 1
        return over and found.get("runningCount", 0) >= found.get("desiredCount", 0)

    @property
    def rolled_back_to(self) -> str:
        """The task definition that runs again after the newest deployment was given up; empty if there is none."""
        if not self.given_up:
            return ""
        runs = str(self.primary.get("taskDefinition", ""))
        return self.rollback_target_of(self.newest) or (runs if runs != self.candidate else "")

    @property
    def succeeded(self) -> list[Answer]:
        """The deployments that succeeded, the newest first."""
        return sorted((one for one in self.deployments if phase_of(one) is Phase.DEPLOYED), key=began, reverse=True)

    def task_definition_of(self, deployment: Answer) -> str:
        """The task definition that a service deployment deploys; empty if unknown."""
        return self.revisions.get(target_of(deployment), "")

    def rollback_target_of(self, deployment: Answer) -> str:
        """The task definition that a deployment was rolled back to; empty if unknown."""
        return self.revisions.get((deployment.get("rollback") or {}).get("serviceRevisionArn", ""), "")

    def digest_of(self, deployment: Answer, container: str) -> str:
        """The digest of the image in the app's own container when it was deployed; empty if unknown."""
        ran = self.images.get(target_of(deployment), ())
        ours = next((one for one in ran if one.get("containerName") == container), ran[0] if ran else {})
        return str(ours.get("imageDigest") or "")

    def ran(self, task_definition: str, container: str) -> str:
        """The digest of a revision's image in its last successful deployment; empty if unknown."""
        last = next((one for one in self.succeeded if self.task_definition_of(one) == task_definition), {})
        return self.digest_of(last, container) if last else ""

    def good_image(self, container: str) -> str | None:
        """The image of the last successful deployment, if the service's newest one was given up; None otherwise.

        A deployment that the circuit breaker ends without a rollback leaves the service on a task definition whose
        image never ran.
        """
        last = self.succeeded[0] if self.failed and self.succeeded else {}
        images = self.images.get(target_of(last), ())
        return next((one.get("image") for one in images if one.get("containerName") == container), None)

    def later(self, than: Answer) -> Answer | None:
        """The first service deployment that began after this one."""
        after = [one for one in self.deployments if one["createdAt"] > than["createdAt"]]
        return min(after, key=began, default=None)

    def state_for(self, target: str) -> ServiceState:
        """Assess the service by its primary deployment, not by its counts: a steady service may run the old version.

        If a later revision than `target` is being deployed, it has superseded ours, and is accepted.
        """
        service = self.service or {}
        primary, runs = self.primary or service, service["taskDefinition"]
        superseded = is_newer(runs, target)
        note = f"superseded by revision {revision_of(runs)}" if superseded else ""
        state, running, desired = rollout_of(primary), primary["runningCount"], primary["desiredCount"]
        runs = target if superseded else runs
        if self.failed:
            reason = reason_of(primary) or "ECS gave the deployment up"
            return ServiceState(runs, ready=False, failed=reason, note=note, settled=False)
        # Without a rollout state (another deployment controller) and without tasks nothing else is known.
        over = state == "COMPLETED" or (len(service.get("deployments", ())) <= 1 and (not state or desired == 0))
        if over and running >= desired:
            return ServiceState(runs, ready=True, note=note)
        doing = "has" if over else "is rolling out:"
        rolling = f"revision {revision_of(primary['taskDefinition'])} {doing} {running} of {desired} running"
        return ServiceState(runs, ready=False, note=f"{note}: {rolling}" if superseded else rolling)

    def why_not(self, target: str) -> str:
        """Returns why the newest deployment of a task definition was rolled back or stopped; empty if it was not."""
        newest = max((one for one in self.deployments if self.task_definition_of(one) == target), key=began, default={})
        if not newest or phase_of(newest) in (Phase.DEPLOYED, Phase.ROLLING_OUT, Phase.PAUSED):
            return ""
        what, why = "was stopped" if "STOP" in newest["status"] else "was rolled back", newest.get("statusReason")
        return f"the deployment of revision {revision_of(target)} {what}: {why or 'no reason given'}"

    @property
    def _is_primary_rolling(self) -> bool:
        return self._is_rolling(self.primary)

    def _is_rolling(self, deployment: Answer) -> bool:
        """Whether ECS is working on it. Without a rollout state (API reference, Deployment), old tasks show
        it.
        """
        if state := rollout_of(deployment):
            return state == "IN_PROGRESS"
        return deployment.get("status") == "PRIMARY" and len((self.service or {}).get("deployments", ())) > 1

    @property
    def waits(self) -> int:
        """The seconds for which a deployment of the service waits by configuration, if it shifts traffic."""
        return 60 * rules_of((self.service or {}).get("deploymentConfiguration") or {}).strategy.waits


def snapshot(aws: Aws, cluster: str, service: str) -> Snapshot:
    """A service, its newest deployments in full, and their revisions, as ECS returns them now."""
    with aws.uncached():
        if service_of(aws, cluster, service) is None:
            return Snapshot(None)
        describe = aws.ecs.describe_service_deployments
        newest = none_if_gone(lambda: _newest(aws, cluster, service)) or []
        arns = [one["serviceDeploymentArn"] for one in newest]
        if arns:  # in parallel with their revisions
            aws.ahead([partial(aws.read, describe, serviceDeploymentArns=arns)])
        observed = none_if_gone(lambda: brief(aws, cluster, service)) or Snapshot(service_of(aws, cluster, service))
        described = aws.read(describe, serviceDeploymentArns=arns)["serviceDeployments"] if observed.deployments else []
        full = {one["serviceDeploymentArn"]: one for one in described}
    deployments = [{**one, **full.get(one["serviceDeploymentArn"], {})} for one in observed.deployments]
    return Snapshot(observed.service, deployments, observed.revisions, observed.images)


def brief(aws: Aws, cluster: str, service: str, status: str = "") -> Snapshot:
    """A service and its newest deployments as listed; with `status` only those that ended so.

    The answers are shared with earlier readers.
    """
    newest = _newest(aws, cluster, service, status)
    revisions: Sequence[Answer] = ()
    if targets := [one["targetServiceRevisionArn"] for one in newest]:
        revisions = aws.read(aws.ecs.describe_service_revisions, serviceRevisionArns=targets)["serviceRevisions"]
    return Snapshot(
        service_of(aws, cluster, service),
        newest,
        {one["serviceRevisionArn"]: one.get("taskDefinition", "") for one in revisions},
        {one["serviceRevisionArn"]: one.get("containerImages", ()) for one in revisions},
    )


def _newest(aws: Aws, cluster: str, service: str, status: str = "") -> Sequence[Answer]:
    """The newest deployments of a service, as listed."""
    listed = aws.read(aws.ecs.list_service_deployments, cluster=cluster, service=service, maxResults=100)
    fitting = [one for one in listed["serviceDeployments"] if status in ("", one["status"])]
    return sorted(fitting, key=began, reverse=True)[:MOST]


def began(deployment: Answer) -> datetime:
    """Returns when a deployment began."""
    moment = deployment.get("createdAt")
    return moment if isinstance(moment, datetime) else LONG_AGO


def rollout_of(deployment: Answer) -> str:
    """The rollout state of one of a service's own deployments: IN_PROGRESS, COMPLETED, FAILED, or nothing."""
    return str(deployment.get("rolloutState") or "")


def reason_of(deployment: Answer) -> str:
    """ECS's rollout state reason of one of a service's own deployments."""
    return str(deployment.get("rolloutStateReason") or "")


def target_of(deployment: Answer) -> str:
    """The ARN of the service revision it deploys, which list and description return in different places."""
    described = deployment.get("targetServiceRevision") or {}
    return str(deployment.get("targetServiceRevisionArn") or described.get("arn", ""))


def traffic_of(deployment: Answer) -> str:
    """In words, the share of the requests that a service deployment's tasks get; empty if it shifts none (yet).

    API reference, ServiceRevisionSummary and ServiceDeployment, lifecycleStage.
    """
    share = (deployment.get("targetServiceRevision") or {}).get("requestedProductionTrafficWeight")
    if share is None or not phase_of(deployment).ongoing or deployment.get("lifecycleStage") == "CLEAN_UP":
        return ""
    if not share:
        return "no request goes to it yet"
    stays = "the version before stands by" if deployment.get("sourceServiceRevisions") else ""
    whole = f"all requests go to it, {stays}" if stays else "all requests go to it"
    return whole if share >= 100 else f"{share:g} % of the requests go to it"


def monitor_of(deployment: Answer) -> str:
    """In words, whether the circuit breaker or an alarm ended a service deployment; empty if neither did."""
    alarms = deployment.get("alarms") or {}
    if alarms.get("status") == "TRIGGERED":
        names = ", ".join(alarms.get("triggeredAlarmNames") or alarms.get("alarmNames") or ())
        return f"the alarm {names}" if names else "an alarm"
    if (deployment.get("deploymentCircuitBreaker") or {}).get("status") == "TRIGGERED":
        return "the circuit breaker"
    return EXPIRED if answered_of(deployment) == "TIMED_OUT" else failed_hook_of(deployment)


def phase_of(deployment: Answer) -> Phase:
    """The state of a service deployment.

    STOPPED and ROLLBACK_SUCCESSFUL have many causes: the circuit breaker, the alarms or the status reason show whether
    ECS itself gave up. For a deployment that is only listed, none of them is known.
    """
    if held_of(deployment):
        return Phase.PAUSED
    if known := _PHASES.get(deployment["status"]):
        return known
    watched = (deployment.get("deploymentCircuitBreaker") or {}).get("status")
    if deployment["status"] == "ROLLBACK_SUCCESSFUL":
        if answered_of(deployment) == "FAILED":
            return Phase.TAKEN_BACK
        itself = "rolled back because" in str(deployment.get("statusReason"))
        return Phase.ROLLED_BACK if monitor_of(deployment) or itself or not watched else Phase.TAKEN_BACK
    return Phase.GIVEN_UP if monitor_of(deployment) else Phase.STOPPED


def rollback_note(aws: Aws, cluster: str, service: Answer, tags: Mapping[str, str] | None = None) -> str:
    """In words, who rolled back and what `up` will do; empty if the service does not run an earlier revision again.

    In that case a difference is not drift. `tags` are those of the running revision, if they are known already.
    """
    runs = service.get("taskDefinition", "")
    if tags is None:
        answer = none_if_gone(lambda: aws.read(aws.ecs.describe_task_definition, taskDefinition=runs, include=["TAGS"]))
        tags = flat(answer.get("tags")) if answer else {}
    ends = "up releases what ecsctl.toml says again, with the image that runs"
    if back := tags.get(BACK):
        return f"ecsctl rollback went back to revision {back}: {ends}"
    observed = brief(aws, cluster, service["serviceName"])
    if not observed.deployments:
        return ""
    brought = [observed.task_definition_of(one) for one in observed.deployments]
    now, before = revision_of(runs), revision_of(brought[0])
    if observed.newest["status"].startswith("ROLLBACK") and brought[0] != runs:
        return f"ECS rolled revision {before} back to revision {now}: {ends}"
    later = [arn for arn in brought[1:] if is_newer(arn, runs)]
    if brought[0] == runs and later:
        return f"ecsctl rollback, or someone by hand, went back to revision {now} from {revision_of(later[0])}: {ends}"
    return ""
