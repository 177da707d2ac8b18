"""What is known of an app that does not work: AWS's own answers, and what follows from them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ecsctl.config.hiding import HIDDEN, looks_secret
from ecsctl.operations.verdict import GOING_BACK, primary_of, target_of

Told = Mapping[str, Any]

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
ON_PURPOSE = re.compile(
    r"Scaling activity initiated|Task stopped by user|stopped by \(deployment|redeploy", re.IGNORECASE
)
STEADY = "has reached a steady state"
GIVEN_UP = ("ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED", *GOING_BACK)


@dataclass(frozen=True)
class Evidence:
    """One fact: who tells it, in whose words, and since when it holds (None: now).

    Words that look like a token or a password are covered: a log may hold anything.
    """

    source: str
    text: str
    at: datetime | None = None

    def __post_init__(self) -> None:
        if looks_secret(self.text):
            object.__setattr__(self, "text", HIDDEN)


@dataclass
class Facts:
    """All that was read, in the shapes in which AWS answers; what was not read is None or empty, and told in `unread`.

    Field by field the answers of: DescribeServices, DescribeServiceDeployments, DescribeTaskDefinition, DescribeTasks
    of stopped tasks, DescribeTargetHealth, DescribeTargetGroups, GetLogEvents, DescribeRouteTables,
    DescribeVpcEndpoints, DescribeSecurityGroups, GetRole, BatchGetBuilds, GetPipelineState, GetConnection,
    DescribeCertificate. `revisions` maps the ARN of a service revision to that of its task definition, `images` a
    reference to whether it is there, `secrets` an ARN to "there", "missing" or "being deleted", `log_groups` a name to
    whether it is there, `subnet_routes` a subnet to its route table, `alias` what the app's name points to.
    """

    app: str
    service: Told | None = None
    deployments: list[Told] = field(default_factory=list)
    revisions: dict[str, str] = field(default_factory=dict)
    definition: Told = field(default_factory=dict)
    stopped: list[Told] = field(default_factory=list)
    targets: list[Told] = field(default_factory=list)
    target_group: Told = field(default_factory=dict)
    log: list[Told] = field(default_factory=list)
    images: dict[str, bool] = field(default_factory=dict)
    processors: dict[str, list[str]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    log_groups: dict[str, bool] = field(default_factory=dict)
    roles: dict[str, Told] = field(default_factory=dict)
    subnet_routes: dict[str, Told] = field(default_factory=dict)
    endpoints: list[Told] = field(default_factory=list)
    groups: list[Told] = field(default_factory=list)
    balancer_groups: list[str] = field(default_factory=list)
    build: Told | None = None
    build_log: list[Told] = field(default_factory=list)
    pipeline: Told | None = None
    connection: Told | None = None
    certificate: Told | None = None
    unread: list[str] = field(default_factory=list)

    @cached_property
    def newest(self) -> Told:
        """The newest deployment of the service; empty if AWS tells none."""
        return max(self.deployments, key=lambda one: one.get("createdAt", LONG_AGO), default={})

    @cached_property
    def primary(self) -> Told:
        """What the service is told to run now."""
        return primary_of(self.service) if self.service else {}

    @property
    def given_up(self) -> bool:
        """Whether the newest deployment was stopped or goes back, or the service's own was given up."""
        return self.newest.get("status") in GIVEN_UP or self.primary.get("rolloutState") == "FAILED"

    @property
    def back(self) -> str:
        """The task definition that runs again after the newest deployment was given up; empty if there is none."""
        if not self.given_up:
            return ""
        named = self.revisions.get((self.newest.get("rollback") or {}).get("serviceRevisionArn", ""), "")
        runs = str(self.primary.get("taskDefinition", ""))
        return named or (runs if runs != self.suspect else "")

    @property
    def rollback(self) -> tuple[str, ...]:
        """The command that goes back to what ran before; none where ECS has done so: it would go back further."""
        return () if self.back else ("ecsctl rollback",)

    @cached_property
    def suspect(self) -> str:
        """The task definition that may be to blame: the newest deployment's, even if an older one runs again."""
        target = self.revisions.get(target_of(self.newest), "") if self.newest else ""
        return target or str(self.primary.get("taskDefinition", ""))

    @property
    def since(self) -> datetime:
        """When the newest deployment began: what was before is of another version."""
        moment = self.newest.get("createdAt") or self.primary.get("createdAt") or LONG_AGO
        return moment if isinstance(moment, datetime) else LONG_AGO

    @property
    def steady(self) -> bool:
        """Whether as many tasks run as are wished, and ECS says that the deployment is done."""
        found, primary = self.service or {}, self.primary
        over = primary.get("rolloutState", "COMPLETED") == "COMPLETED" and len(found.get("deployments", ())) == 1
        return over and found.get("runningCount", 0) >= found.get("desiredCount", 0)

    @property
    def healthy(self) -> bool:
        """Whether the service is steady with tasks, and the load balancer finds none of them unhealthy."""
        bad = any(one["TargetHealth"]["State"] in ("unhealthy", "unavailable") for one in self.targets)
        return self.steady and bool((self.service or {}).get("desiredCount")) and not bad

    @cached_property
    def failed(self) -> list[Told]:
        """The suspect's tasks that stopped and were not meant to, newest first; of a healthy service, those since."""
        after = self.primary.get("updatedAt", LONG_AGO) if self.healthy and not self.given_up else self.since
        found = [
            task
            for task in self.stopped
            if task.get("taskDefinitionArn", self.suspect) == self.suspect
            and task.get("createdAt", after) >= self.since
            and task.get("stoppedAt", after) >= after
            and task.get("stopCode") != "UserInitiated"
            and not ON_PURPOSE.search(task.get("stoppedReason", ""))
        ]
        return sorted(found, key=lambda task: task.get("stoppedAt", LONG_AGO), reverse=True)

    @cached_property
    def container(self) -> Told:
        """The app's own container in the task definition."""
        found = self.definition.get("containerDefinitions") or [{}]
        return next((one for one in found if one.get("name") == self.app), found[0])

    @property
    def port(self) -> int:
        """The port on which the load balancer looks for the app; 0 if that is not known."""
        balancers = (self.service or {}).get("loadBalancers") or [{}]
        return int(balancers[0].get("containerPort", 0))

    @cached_property
    def events(self) -> list[Evidence]:
        """What the service tells of its newest deployment, newest first; of a healthy one, what came since."""
        start = self.failed[0].get("createdAt", self.since) if self.failed else self.since
        found = sorted((self.service or {}).get("events", ()), key=lambda one: one["createdAt"], reverse=True)
        told: list[Evidence] = []
        for event in found:
            if event["createdAt"] < start or (STEADY in event["message"] and not self.given_up):
                break
            told.append(Evidence("service event", event["message"], event["createdAt"]))
        return told

    @cached_property
    def reasons(self) -> list[Evidence]:
        """Why tasks stopped or were not started, in ECS's words: the newest task's first, then the events."""
        told: dict[str, Evidence] = {}
        for task in self.failed[:1]:
            name = task["taskArn"].rsplit("/", 1)[-1]
            texts = [task.get("stoppedReason", ""), *(one.get("reason", "") for one in task.get("containers", ()))]
            for text in filter(None, texts):
                told.setdefault(text, Evidence(f"task {name[:8]}", text, task.get("stoppedAt")))
        return [*told.values(), *self.events]

    def reason(self, pattern: str) -> tuple[re.Match[str], Evidence] | None:
        """The first reason that fits a pattern, and how it fits."""
        return first(self.reasons, pattern)

    def tail(self, lines: int = 6) -> tuple[Evidence, ...]:
        """The last lines of the app's log."""
        return tuple(
            Evidence("log", one["message"].rstrip(), moment(one.get("timestamp"))) for one in self.log[-lines:]
        )


def first(told: Iterable[Evidence], pattern: str) -> tuple[re.Match[str], Evidence] | None:
    """The first of the facts that fits a pattern, and how it fits."""
    for one in told:
        if found := re.search(pattern, one.text, re.IGNORECASE):
            return found, one
    return None


def moment(milliseconds: int | None) -> datetime | None:
    """A moment as CloudWatch Logs tells it."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
