"""CodePipeline's executions move from stage to stage by the clock, one per stage at a time, at each request.

Nothing runs in the background. `Runs.advance` handles the events of a pipeline's executions since the last request, in
the order of their times, so that the result does not depend on how often requests come. What an action does is defined
by its `Work`: a call to another service, or a wait.
"""

import copy
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from moto.codepipeline.models import codepipeline_backends
from moto.moto_api._internal import mock_random

from ecsctl.sandbox.aws.codepipeline.checks import action_type
from ecsctl.sandbox.aws.codepipeline.state import Attempt, Declared, Execution, Outcome, Transition, Work
from ecsctl.sandbox.core import clock, overlay, requests
from ecsctl.sandbox.core.overlay import Refusal

STOPPING = 1.0  # seconds until an abandoned execution is Stopped; an assumption

# (category, owner, provider): the function that begins an action of that type. `actions` fills it.
Begin = Callable[["Runs", Execution, Attempt], Work]
BEGIN: dict[tuple[str, str, str], Begin] = {}

# (account, action): how its next attempt ends at once. `actions` fills it.
SCRIPTED_FAILURES: dict[tuple[str, str], Callable[[float], Outcome]] = {}

# Called at each status change, with the execution, its previous status and the time: `event_rules` registers here.
on_status_change: list[Callable[["Runs", Execution, str, float], None]] = []


class Runs:
    """A pipeline's executions, the newest first, and the transitions into its stages."""

    def __init__(self, backend: Any, name: str) -> None:
        self.backend = backend
        self.name = name
        self.executions: list[Execution] = []
        self.transitions: dict[str, Transition] = {}
        self.tokens: dict[str, str] = {}

    def start(
        self, pipeline: Declared, trigger: str, detail: str, at: float | None = None, **chosen: dict[str, str]
    ) -> Execution:
        """Start an execution, with the `variables` and source `revisions` that the caller chose."""
        now = clock.now() if at is None else at
        made = Execution(str(mock_random.uuid4()), copy.deepcopy(pipeline), trigger, detail, now, now, changed=now)
        made.variables = {one["name"]: one.get("defaultValue", "") for one in pipeline.get("variables", [])}
        made.variables |= chosen.get("variables", {})
        made.revisions = chosen.get("revisions", {})
        self.executions.insert(0, made)
        return made

    def cancel_all(self) -> None:
        """Cancel all running executions, because the declaration changes."""
        self.advance()
        for one in self.executions:
            if one.running:
                _abandon(one, clock.now())
                one.end("Cancelled", clock.now())

    def stop(self, execution: Execution, abandon: bool, reason: str | None) -> None:
        """Let no further action begin; with `abandon` also stop waiting for the running ones."""
        now = clock.now()
        execution.reason = reason
        execution.end("Stopping", now)
        if abandon:
            _abandon(execution, now)

    def retry(self, execution: Execution, every: bool) -> None:
        """Run the failed (with `every`, all) actions of the stage again."""
        for one in execution.latest(execution.stage_name).values():
            one.void = every or one.status != "Succeeded"
        execution.at = clock.now()
        execution.end("InProgress", execution.at)
        self._begin_group(execution)

    def advance(self) -> None:
        """Advance all executions to now."""
        now = clock.now()
        self._emit()
        while True:
            events = sorted(self._events(now), key=lambda event: event[0])
            if not events:
                return
            at, happen = events[0]
            happen(at)
            self._emit()

    def _emit(self) -> None:
        """Emit an event for each change of status, once, with the time of the change."""
        for one in reversed(self.executions):
            before, one.reported = one.reported, one.status
            for call in on_status_change if one.reported != before else ():
                call(self, one, before, one.changed)

    def _events(self, now: float) -> Iterator[tuple[float, Callable[[float], None]]]:
        for one in self.executions:
            if not one.running:
                continue
            if one.waiting:
                overtaken = self._overtaken(one)
                at = self._entered_at(one) if overtaken is None else overtaken
                if at is not None and at <= now:
                    happen = self._enter if overtaken is None else self._supersede
                    yield at, lambda at, one=one, happen=happen: happen(one, at)  # type: ignore[misc] # the loop's own
                continue
            for attempt in one.attempts:
                if attempt.status == "InProgress":
                    outcome = _ended(attempt, now)
                    if outcome is not None:
                        yield outcome.at, lambda _, one=one, a=attempt, o=outcome: self._settle(one, a, o)  # type: ignore[misc] # the loop's own
            if all(attempt.status != "InProgress" for attempt in one.attempts):
                at = max([one.at, *(attempt.changed for attempt in one.attempts if attempt.stage == one.stage_name)])
                at += STOPPING if one.status == "Stopping" else 0.0
                if at <= now:
                    yield at, lambda at, one=one: self._go_on(one, at)  # type: ignore[misc] # the loop's own

    def _overtaken(self, execution: Execution) -> float | None:
        """Returns when a newer execution began to wait for the same stage: in mode SUPERSEDED it replaces the older
        one.
        """
        if execution.pipeline.get("executionMode", "SUPERSEDED") != "SUPERSEDED" or execution.status == "Stopping":
            return None
        newer = self.executions[: self.executions.index(execution)]
        return min(
            (one.at for one in newer if one.running and one.waiting and one.stage == execution.stage), default=None
        )

    def _entered_at(self, execution: Execution) -> float | None:
        """Returns when it can enter the stage that it waits for: once the transition is enabled, the stage is free, and
        no other execution has waited longer.
        """
        name, mode = execution.stage_name, execution.pipeline.get("executionMode", "SUPERSEDED")
        transition = self.transitions.get(name, Transition())
        if execution.status == "Stopping":
            return execution.changed
        if not transition.enabled:
            return None
        at = max(execution.at, transition.changed or 0.0)
        if mode == "PARALLEL":
            return at
        for other in self.executions:
            if other is execution:
                continue
            if other.running and other.stage_name == name:
                older = self.executions.index(other) > self.executions.index(execution)
                if not other.waiting or (mode == "QUEUED" and older):
                    return None
            at = max([at, *(one.changed for one in other.attempts if one.stage == name)])
        return at

    @staticmethod
    def _supersede(execution: Execution, at: float) -> None:
        execution.end("Superseded", at)

    def _enter(self, execution: Execution, at: float) -> None:
        if execution.status == "Stopping":
            execution.end("Stopped", at)
            return
        execution.waiting, execution.at = False, at
        execution.stages[execution.stage_name] = "InProgress"
        self._begin_group(execution)

    def _begin_group(self, execution: Execution) -> None:
        """Begin the next group of parallel actions: those of the lowest order that have not run."""
        stage = execution.pipeline["stages"][execution.stage]
        latest = execution.latest(stage["name"])
        left = [one for one in stage["actions"] if one["name"] not in latest]
        order = min(one.get("runOrder", 1) for one in left)
        for one in left:
            if one.get("runOrder", 1) == order:
                attempt = Attempt(str(mock_random.uuid4()), stage["name"], one, execution.at)
                attempt.outputs = execution.places(one.get("outputArtifacts") or [], self.backend.region_name)
                execution.attempts.append(attempt)
                try:
                    scripted = SCRIPTED_FAILURES.pop((self.backend.account_id, one["name"]), None)
                    attempt.outcome = scripted(attempt.began) if scripted else None
                    if not scripted:
                        attempt.work = BEGIN[action_type(one)](self, execution, attempt)
                except Exception as error:  # noqa: BLE001 - whatever breaks in the simulation is an event in it
                    attempt.outcome = _broken(attempt, error)

    @staticmethod
    def _settle(_execution: Execution, attempt: Attempt, outcome: Outcome) -> None:
        attempt.outcome = outcome

    def _go_on(self, execution: Execution, at: float) -> None:
        """Continue, now that all actions begun in the stage have ended."""
        stage = execution.pipeline["stages"][execution.stage]
        latest = execution.latest(stage["name"])
        execution.at = at
        if execution.status == "Stopping":
            execution.end("Stopped", at)
        elif any(one.status != "Succeeded" for one in latest.values()):
            execution.end("Failed", at)
        elif len(latest) < len(stage["actions"]):
            self._begin_group(execution)
        else:
            execution.stages[stage["name"]] = "Succeeded"
            if execution.stage + 1 == len(execution.pipeline["stages"]):
                execution.status, execution.changed = "Succeeded", at
            else:
                execution.stage += 1
                execution.waiting = True


def _ended(attempt: Attempt, now: float) -> Outcome | None:
    try:
        return attempt.work.ended(now)
    except Exception as error:  # noqa: BLE001 - whatever breaks in the simulation is an event in it
        return _broken(attempt, error)


def _broken(attempt: Attempt, error: Exception) -> Outcome:
    """Fail an action that raised an error, so that it is not tried again at every request."""
    traceback.print_exc()
    message = f"The sandbox broke: {type(error).__name__}: {error}"
    return Outcome(attempt.began, "Failed", message, "InternalError", message)


def _abandon(execution: Execution, now: float) -> None:
    for one in execution.attempts:
        if one.status == "InProgress":
            one.work.stop(now)
            one.abandoned = now


class _AllRuns(dict[str, Runs]):
    """The executions of each pipeline, by its name."""


def runs(backend: Any, name: str) -> Runs:
    """The executions of a pipeline, advanced to now."""
    found = as_they_are(backend, name)
    found.advance()
    return found


def as_they_are(backend: Any, name: str) -> Runs:
    """The executions of a pipeline as of the last request, without advancing them."""
    return overlay.memory(backend, _AllRuns).setdefault(name, Runs(backend, name))


@requests.before_each
def advance_all() -> None:
    """Before each request to any service, advance all pipelines, with their builds and deployments."""
    for _, _, backend in list(codepipeline_backends.iter_backends()):
        for one in list(overlay.memory(backend, _AllRuns).values()):
            one.advance()


def forget(backend: Any, name: str) -> None:
    """Forget the executions of a pipeline that is deleted."""
    overlay.memory(backend, _AllRuns).pop(name, None)


def stage_of(pipeline: Declared, name: str) -> int:
    """The index of the stage `name`. Raises a refusal if there is none."""
    names = [stage["name"] for stage in pipeline["stages"]]
    if name not in names:
        raise Refusal("StageNotFoundException", f"Pipeline '{pipeline['name']}' does not have a stage '{name}'")
    return names.index(name)
