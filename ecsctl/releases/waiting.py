"""Waiting for deployments: for the end of our own, and until no one else deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.errors import Interrupted, Refused, TimedOut
from ecsctl.names import Names
from ecsctl.releases.reading import read
from ecsctl.releases.verdict import Followed, Rolling, Verdict, called, out_of_time, verdict_of
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.service import Service
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.deployments import Snapshot
from ecsctl.resources.support.ecs import services_of
from ecsctl.resources.support.pausing import ANSWERS, held
from ecsctl.resources.support.pipeline_structure import DEPLOY, RELEASE
from ecsctl.resources.task_definition import TaskDefinition

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.engine import Engine
    from ecsctl.engine.stack import Stack

LIMIT = 900.0  # seconds; a deployment that ECS gives up keeps the Deploy stage busy for as long as that by default
DOING = {RELEASE: "the pipeline runs the release command", DEPLOY: "the pipeline deploys"}
LOST = "of two changes at once the later one wins, and the image or your edit would be lost"
ON_ITS_OWN = "the deployment goes on: ecsctl status --watch follows it, ecsctl cancel stops it"
TOUCHED = frozenset({TaskDefinition.kind, Service.kind})  # what a deployment changes too


def follow(aws: Aws, names: Names, ours: Followed, limit: float = LIMIT) -> Verdict:
    """Wait until the deployment has ended, for `limit` seconds at most, and return how. Changes nothing.

    Raises Interrupted on a stop; the deployment continues then.
    """
    last = Rolling(f"waiting for ECS to show the deployment of {ours.name}")

    def ended() -> Verdict | None:
        nonlocal last
        found = verdict_of(ours, read(aws, names))
        if isinstance(found, Verdict):
            return found
        last = found
        return None

    try:
        return aws.patience.until(ended, what=lambda: last.note, limit=limit)
    except Interrupted as stop:
        stop.hint = ON_ITS_OWN
        raise
    except TimedOut:
        return out_of_time(ours, last, limit)


def before_change(aws: Aws, engine: Engine, stack: Stack, app: str, *, wait: bool = True) -> None:
    """Wait until nothing is being deployed, if this run would change what a deployment changes; otherwise return at
    once.

    If two change a service at the same time, one change is lost. Raises Refused instead of waiting if waiting is not
    allowed, TimedOut after 15 minutes. Changes nothing.
    """
    recorded = (entry.kind for entry in engine.state.entries.values())
    pipeline = Pipeline.kind in {*recorded, *(node.desired.kind for node in stack.nodes.values())}
    doing = at_work(aws, app, pipeline=pipeline)
    if not doing or not any(step.kind in TOUCHED for step in engine.plan(stack).work):
        return
    if not wait:
        raise Refused(
            f"{doing}, and this run would change the service at the same time",
            why=LOST,
            hint="wait until it is over, or leave --no-wait out",
        )
    wait_until_quiet(aws, app, pipeline=pipeline)
    aws.forget()


def wait_until_quiet(aws: Aws, app: str, limit: float = LIMIT, *, pipeline: bool = True) -> None:
    """Wait until no deployment of the service and no Deploy stage is in progress. `limit` is in seconds.

    Raises TimedOut at the limit, and Refused if one is held until a person answers; nothing has been changed then.
    """
    doing, names = "", Names(app)
    limit += max((Snapshot(one).waits for one in services_of(aws, names)), default=0)

    def quiet() -> bool | None:
        nonlocal doing
        with aws.uncached():
            doing = at_work(aws, app, pipeline=pipeline)
            if doing and (pause := paused(aws, names)):
                raise Refused(f"{pause}, and this run would change the service meanwhile", why=LOST, hint=ANSWERS)
        return None if doing else True

    aws.patience.until(quiet, what=lambda: f"the end of what is under way ({doing})", limit=limit)


def paused(aws: Aws, names: Names) -> str:
    """Say where a release is held until a person answers; empty if none is."""
    for service in services_of(aws, names):
        if found := held(aws, service):
            return f"{called(Snapshot(service).primary.get('taskDefinition', ''))} {found.described}"
    return ""


def at_work(aws: Aws, app: str, *, pipeline: bool = True) -> str:
    """Say what is being deployed right now; empty if nothing is. Without a `pipeline` only the service is read.

    A service that is not steady and has no deployment in progress does not count: a change may be what fixes it.
    """
    names = Names(app)
    for service in services_of(aws, names):
        for one in Snapshot(service).rolling if service["status"] == "ACTIVE" else ():
            if one["desiredCount"] > 0:
                how_far = f"{one['runningCount']} of {one['desiredCount']} running"
                return f"{called(one['taskDefinition'])} is rolling out: {how_far}"
    state = (
        none_if_gone(lambda: aws.read(aws.codepipeline.get_pipeline_state, name=names.pipeline)) if pipeline else None
    )
    for stage in state["stageStates"] if state else ():
        if stage.get("stageName") in DOING and stage.get("latestExecution", {}).get("status") == "InProgress":
            return DOING[stage["stageName"]]
    return ""
