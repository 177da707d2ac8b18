"""The facts about an app: AWS's answers, and what can be derived from them directly."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

from ecsctl.config.printing import without_passwords
from ecsctl.names import Names
from ecsctl.parts import WEB
from ecsctl.resources.support.containers import LABEL, is_agent
from ecsctl.resources.support.deployments import LONG_AGO, Answer, Snapshot
from ecsctl.resources.support.pipeline_structure import DEPLOY, process_of
from ecsctl.resources.support.revisions import container_of
from ecsctl.why.build_failure import BuildFailure, failure_of
from ecsctl.why.log_lines import last_error
from ecsctl.why.recovery import STEADY, not_over
from ecsctl.why.words import mentions

ON_PURPOSE = re.compile(
    r"Scaling activity initiated|Task stopped by user|stopped by \(deployment|redeploy", re.IGNORECASE
)
AWAITED = re.compile(r"dependency graph: .*?ordering dependency \[([\w-]+)\(.*as dependency did not exit successfully")
"""How the agent reports a container whose dependency failed (aws/amazon-ecs-agent#3218)."""


@dataclass(frozen=True)
class Evidence:
    """One fact: its source, its text, and when it happened (None: it is true now).

    Tokens and passwords in URLs are masked, since a log may contain them.
    """

    source: str
    text: str
    at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", without_passwords(self.text))


class Place(StrEnum):
    """What ECS was doing when it failed, by the error code and the text after it."""

    PULL = "pulling an image"
    LOGIN = "logging in at the registry"
    SECRET = "reading a secret"  # noqa: S105 - a place, and no password
    LOG = "opening the log"
    VOLUME = "mounting a volume"
    FILE = "fetching an environment file"
    STORAGE = "encrypting the storage"
    AGENT = "managing a container"
    START = "starting a container"
    MEMORY = "memory"
    PLACE = "placing a task"
    HEALTH = "health"
    OTHER = "other"


PLACES = (
    (Place.PULL, r"CannotPull"),
    (Place.LOG,
        r"(?:ResourceInitializationError|CannotStartContainer|CannotCreateContainer).*?(?:logger args|logging driver"
        r"|Cloudwatch log )"),
    (Place.VOLUME, r"EFS utils|mount\.nfs4|CannotCreateVolumeError"),
    (Place.FILE, r"download env files"),
    (Place.STORAGE, r"ResourceInitializationError.*?ephemeral storage"),
    (Place.AGENT,
        r"(?:CannotInspectContainer|CannotStopContainer|ContainerRuntimeTimeout|DockerTimeout|ContainerRuntime)Error"),
    (Place.START, r"CannotStartContainer|CannotCreateContainer|failed to create new container runtime task"),
    (Place.SECRET, r"^Fetching secret data from"),
    (Place.SECRET, r"ResourceInitializationError.*?(?:secrets? from (?:asm|ssm)|fetch(?:ing)? secret|secrets ?manager"
                   r"|parameter store|:ssm:|unable to pull secrets(?! or registry))"),
    (Place.LOGIN, r"ResourceInitializationError.*?registry auth"),
    (Place.MEMORY, r"^OutOfMemoryError|OutOfMemory"),
    (Place.PLACE,
        r"unable to place a task|failed to launch a task|was unable to assume the role|unable to start a task"),
    (Place.HEALTH, r"health checks|is unhealthy in"),
)  # fmt: skip
"""The first match counts. The codes are listed in the ECS guide, "Amazon ECS stopped tasks error messages"."""


@dataclass(frozen=True)
class Reason(Evidence):
    """Why a task stopped or did not start, as reported by ECS: the activity, and the container if one is named."""

    place: Place = Place.OTHER
    container: str = ""


@dataclass
class Facts:
    """Everything that was read, in the form of AWS's answers. What could not be read is None or empty, and in `unread`.

    The fields hold the answers of: DescribeServices, DescribeServiceDeployments, DescribeTaskDefinition, DescribeTasks
    of stopped tasks, DescribeTargetHealth, DescribeTargetGroups, GetLogEvents, DescribeRouteTables,
    DescribeVpcEndpoints, DescribeSecurityGroups, GetRole, BatchGetBuilds, GetPipelineState, GetConnection,
    DescribeCertificate (of the app's name, and as `served` the listener's). `domain` is the app's domain name,
    `also` its further ones, `beside_log` the log of the container that failed if it is not the app's own, `names` the
    DNS records of the domain names (ListResourceRecordSets), `delegation` the name servers of a zone as `ours` and, if
    the parent zone is in the account too, those in its NS record as `parent`.
    `revisions` maps the ARN of a service revision to that of its task definition, `images` a reference to whether it
    exists, `secrets` an ARN to "there", "missing" or "being deleted", `own_secrets` an ARN to the secret's name in
    `ecsctl secret`, `log_groups` a name to whether it exists, `subnet_routes` a subnet to its route table, `blocked` a
    subnet to its mode of VPC Block Public Access, if that is on.
    `starting` are the tasks that do not run yet. Service and tasks are those of `process`; `rests` is whether no task
    is desired, by ecsctl.toml or by autoscaling (None: unknown).
    """

    app: str
    process: str = WEB
    rests: bool | None = None
    no_web: bool = False  # none is configured; causes of the app as a whole are still reported
    service: Answer | None = None
    deployments: list[Answer] = field(default_factory=list)
    revisions: dict[str, str] = field(default_factory=dict)
    definition: Answer = field(default_factory=dict)
    stopped: list[Answer] = field(default_factory=list)
    starting: list[Answer] = field(default_factory=list)
    targets: list[Answer] = field(default_factory=list)
    target_group: Answer = field(default_factory=dict)
    log: list[Answer] = field(default_factory=list)
    beside_log: list[Answer] = field(default_factory=list)
    images: dict[str, bool] = field(default_factory=dict)
    processors: dict[str, list[str]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    own_secrets: dict[str, str] = field(default_factory=dict)
    log_groups: dict[str, bool] = field(default_factory=dict)
    roles: dict[str, Answer] = field(default_factory=dict)
    subnet_routes: dict[str, Answer] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)  # each subnet's availability zone, by name
    mount_targets: dict[str, list[Answer] | None] = field(default_factory=dict)  # of each file system (file_systems)
    endpoints: list[Answer] = field(default_factory=list)
    groups: list[Answer] = field(default_factory=list)
    balancer_groups: list[str] = field(default_factory=list)
    balancer_rules: list[Answer] = field(default_factory=list)  # the same security groups in full
    balancer_subnets: list[str] = field(default_factory=list)
    acls: list[Answer] = field(default_factory=list)  # the network ACLs of the VPC (DescribeNetworkAcls)
    image_policies: dict[str, str] = field(default_factory=dict)  # the policy of an image's repository, as JSON
    commands: list[Answer] = field(default_factory=list)  # tasks of the release command, the newest first
    command_log: list[Answer] = field(default_factory=list)  # the log of the newest one
    job_tasks: list[Answer] = field(default_factory=list)  # tasks of jobs that have ended, the newest first
    job_log: list[Answer] = field(default_factory=list)  # the log of the last one that failed
    missed: dict[str, datetime] = field(default_factory=dict)  # jobs whose run did not start, and when it was due
    build: Answer | None = None
    build_log: list[Answer] = field(default_factory=list)
    pipeline: Answer | None = None
    connection: Answer | None = None
    certificate: Answer | None = None
    served: Answer | None = None
    domain: str = ""
    also: list[str] = field(default_factory=list)
    names: list[Answer] = field(default_factory=list)
    delegation: dict[str, list[str]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @cached_property
    def releases(self) -> Snapshot:
        """The state of the service's deployments."""
        return Snapshot(self.service, self.deployments, self.revisions)

    @property
    def given_up(self) -> bool:
        """Whether the newest deployment was stopped or is rolled back, or ECS gave up the first one."""
        return self.releases.given_up

    @property
    def undelivered(self) -> bool:
        """Whether the deployment that was given up is the pipeline's: its action failed after that began."""
        for stage in (self.pipeline or {}).get("stageStates", ()):
            for one in stage.get("actionStates", ()) if stage.get("stageName") == DEPLOY else ():
                latest = one.get("latestExecution", {})
                if latest.get("status") == "Failed" and process_of(str(one.get("actionName"))) == self.process:
                    return bool(latest.get("lastStatusChange", LONG_AGO) >= self.since)
        return False

    @property
    def who(self) -> str:
        """The name of the process in messages."""
        return "the app" if self.process == WEB else f"the worker {self.process}"

    @property
    def suspect(self) -> str:
        """The task definition under suspicion: that of the newest deployment, even after a rollback."""
        return self.releases.candidate

    @property
    def since(self) -> datetime:
        """When the newest deployment began. Anything earlier belongs to another version."""
        moment = self.releases.newest.get("createdAt") or self.releases.primary.get("createdAt") or LONG_AGO
        return moment if isinstance(moment, datetime) else LONG_AGO

    @property
    def healthy(self) -> bool:
        """Whether the service is steady, has tasks, and none of its targets is unhealthy."""
        return self.releases.steady and bool((self.service or {}).get("desiredCount")) and not self.unhealthy

    @property
    def unhealthy(self) -> bool:
        """Whether one of its targets is."""
        return any(one["TargetHealth"]["State"] in ("unhealthy", "unavailable") for one in self.targets)

    @cached_property
    def failed(self) -> list[Answer]:
        """Tasks of the suspect that stopped unexpectedly, newest first; of a healthy service, only those since then."""
        well = self.healthy and not self.given_up
        after = self.releases.primary.get("updatedAt", LONG_AGO) if well else self.since
        found = [
            task
            for task in self.stopped
            if task.get("taskDefinitionArn", self.suspect) == self.suspect
            and task.get("createdAt", after) >= self.since
            and task.get("stoppedAt", after) >= after
            and task.get("stopCode") != "UserInitiated"
            and not ON_PURPOSE.search(task.get("stoppedReason", ""))
        ]
        found = not_over(found, (self.service or {}).get("events", ())) if well else found
        return sorted(found, key=lambda task: task.get("stoppedAt", LONG_AGO), reverse=True)

    @cached_property
    def container(self) -> Answer:
        """The app's own container in the task definition."""
        return container_of(self.definition, Names(self.app).container)

    @property
    def port(self) -> int:
        """The port on which the load balancer expects the app; 0 if that is not known."""
        balancers = (self.service or {}).get("loadBalancers") or [{}]
        return int(balancers[0].get("containerPort", 0))

    @cached_property
    def events(self) -> list[Evidence]:
        """Service events of the newest deployment, newest first; if it is steady, only those since then."""
        start = self.failed[0].get("createdAt", self.since) if self.failed else self.since
        found = sorted((self.service or {}).get("events", ()), key=lambda one: one["createdAt"], reverse=True)
        recent: list[Evidence] = []
        for event in found:
            if event["createdAt"] < start or (STEADY in event["message"] and not self.given_up):
                break
            recent.append(Evidence("service event", event["message"], event["createdAt"]))
        return recent

    @cached_property
    def reasons(self) -> list[Reason]:
        """Why tasks stopped or did not start, as reported by ECS: the newest task's reasons, then the events."""
        by_text: dict[str, Reason] = {}
        for task in self.failed[:1]:
            source = f"task {task['taskArn'].rsplit('/', 1)[-1][:8]}"
            texts = [("", task.get("stoppedReason", ""))]
            texts += [(one.get("name", ""), one.get("reason", "")) for one in self._heavy(task)]
            for name, text in texts:
                if text:
                    known = by_text.get(text)
                    named = name or (known.container if known else "")
                    by_text[text] = Reason(source, text, task.get("stoppedAt"), place_of(text), named)
        return [*by_text.values(), *(Reason(one.source, one.text, one.at, place_of(one.text)) for one in self.events)]

    def _heavy(self, task: Answer) -> list[Answer]:
        """The containers of a task that can be the reason why it stopped.

        GuardDuty's agent never is, nor a non-essential one if an essential one has run (aws/aws-cdk#32877).
        """
        every = [one for one in task.get("containers", ()) if not is_agent(one.get("name", ""))]
        began = [one for one in every if self.definition_of(one.get("name", "")).get("essential", True)]
        if task.get("stopCode") == "TaskFailedToStart" or not any("exitCode" in one for one in began):
            return every
        return began if not any(AWAITED.search(one.get("reason") or "") for one in every) else every

    @property
    def without_agent(self) -> str:
        """Why the newest failed task ran without GuardDuty's agent, as reported by ECS; empty if it does not say so.

        Only the reason of the agent's own container says it (aws/aws-cdk#32877).
        """
        boxes = self.failed[0].get("containers", ()) if self.failed else ()
        lost = (str(one.get("reason") or "") for one in boxes if is_agent(one.get("name", "")))
        return next((one for one in lost if place_of(one) == Place.PULL), "")

    def reason(self, places: tuple[Place, ...], *phrases: str) -> Reason | None:
        """Return the first reason for one of these places that contains one of the phrases (any, if none is given)."""
        for one in self.reasons:
            if one.place in places and (not phrases or mentions(one.text, *phrases)):
                return one
        return None

    @cached_property
    def _first(self) -> tuple[Answer, bool]:
        """The container of the newest failed task that ended first, and whether that is certain.

        ECS stops the others with SIGTERM (143), then SIGKILL (137), once an essential container has ended (ECS guide,
        "Essential container in task exited"), and does not report the order. So a container with another exit code
        ended first; if there are several, or an app may have exited normally on SIGTERM, the app's own is likely.
        """
        task = self.failed[0] if self.failed else {}
        if task.get("stopCode") != "EssentialContainerExited":
            return {}, True
        light = {
            one["name"] for one in self.definition.get("containerDefinitions", ()) if one.get("essential") is False
        }
        boxes = [one for one in task.get("containers", ()) if one.get("exitCode") is not None]
        if awaited := self._awaited(boxes):
            return awaited, True
        boxes = [one for one in boxes if one.get("name") not in light and not is_agent(one.get("name", ""))] or boxes
        boxes.sort(key=lambda one: one.get("name") != self.container.get("name"))
        killed = [one for one in boxes if "OutOfMemory" in one.get("reason", "")]
        own = [one for one in boxes if one["exitCode"] not in (0, 137, 143)]
        rest = [one for code in (0, 137, 143) for one in boxes if one["exitCode"] == code]
        first: Answer = next(iter([*killed, *own, *rest]), {})
        return first, bool(killed) or all(one["exitCode"] == 143 for one in boxes if one is not first)

    @property
    def waiting(self) -> str:
        """The container that was not started because its dependency failed; empty if there is none."""
        return str(self._unstarted.get("name", ""))

    @property
    def _unstarted(self) -> Answer:
        boxes = self.failed[0].get("containers", ()) if self.failed else ()
        hits = (one for one in boxes if AWAITED.search(one.get("reason") or ""))
        found: Answer = next(hits, {})
        return found

    def _awaited(self, boxes: list[Answer]) -> Answer:
        """The dependency whose failure kept another container from starting; empty if there is none."""
        named = AWAITED.search(self._unstarted.get("reason", ""))
        found: Answer = next((one for one in boxes if named and one["name"] == named[1]), {})
        return found

    def is_sidecar(self, name: str) -> bool:
        """Whether a container is one of [sidecars] in ecsctl.toml."""
        return LABEL in (self.definition_of(name).get("dockerLabels") or {})

    def definition_of(self, name: str) -> Answer:
        """The container's part of the task definition; empty if it has none of that name."""
        every = self.definition.get("containerDefinitions", ())
        found: Answer = next((one for one in every if one.get("name") == name), {})
        return found

    @property
    def ended(self) -> Answer:
        """The container of the newest failed task that ended first; empty if none ended by itself."""
        return self._first[0]

    @property
    def is_sure_which_ended(self) -> bool:
        """Whether no other container can have ended first."""
        return self._first[1]

    @property
    def has_sidecar_ended(self) -> bool:
        """Whether the container that ended first is not the app's own."""
        name = self.ended.get("name")
        return bool(name) and bool(self.container.get("name")) and name != self.container["name"]

    @cached_property
    def build_failure(self) -> BuildFailure | None:
        """The failure of the newest build; None if it did not fail."""
        if not self.build or self.build.get("buildStatus") in ("SUCCEEDED", "IN_PROGRESS", "STOPPED"):
            return None
        return failure_of(self.build, [str(one["message"]) for one in self.build_log])

    @property
    def last_error(self) -> str:
        """The line of the app's log that says why it failed, else its last line."""
        return Evidence("log", last_error([one["message"] for one in self.log])).text

    def tail(self, lines: int = 6) -> tuple[Evidence, ...]:
        """The last lines of the app's log."""
        return tuple(
            Evidence("log", one["message"].rstrip(), moment(one.get("timestamp"))) for one in self.log[-lines:]
        )


def first(lines: Iterable[Evidence], pattern: str) -> tuple[re.Match[str], Evidence] | None:
    """Return the first fact that matches a pattern, and the match."""
    for one in lines:
        if found := re.search(pattern, one.text, re.IGNORECASE):
            return found, one
    return None


@functools.lru_cache(256)
def place_of(text: str) -> Place:
    """Return what a reason is about. Cached, since all checks ask for the same few texts."""
    found = (place for place, pattern in PLACES if re.search(pattern, text, re.IGNORECASE | re.DOTALL))
    return next(found, Place.OTHER)


def moment(milliseconds: int | None) -> datetime | None:
    """Convert a timestamp of CloudWatch Logs (milliseconds) to a datetime in UTC."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
