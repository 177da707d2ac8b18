"""The state of the service: missing, set to 0 tasks, stuck, rolled back, or rolling out."""

from __future__ import annotations

import re

from ecsctl.names import Names
from ecsctl.parts import WEB
from ecsctl.releases.verdict import STUCK, called, no_room
from ecsctl.resources.support.deployments import Phase, monitor_of, reason_of, traffic_of
from ecsctl.resources.support.pausing import held_of
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, change, repair, resume, run, up, wait
from ecsctl.why.causes.running import container_check
from ecsctl.why.evidence import Evidence, Facts
from ecsctl.why.log_events import ERROR

VAGUE = re.compile(
    r"^Essential container in task exited|^Task failed to start\W*$|deployment failed: tasks failed to start"
    r"|unable to consistently start tasks|circuit breaker"
)
"""Messages of ECS about a failure without its reason."""


def absent(facts: Facts) -> Cause | None:
    """The service does not exist, or is being deleted."""
    if facts.no_web or any(one.startswith("the service:") for one in facts.unread):
        return None
    state = str(facts.service.get("status", "ACTIVE")) if facts.service else ""
    if state == "ACTIVE":
        return None
    observed = (Evidence("ECS", f"the service {Names(facts.app).on(facts.process).service} is {state or 'missing'}"),)
    if state == "DRAINING":
        return Cause("draining", "the service is being deleted", observed, (up("makes it again, once it is gone"),))
    if state == "INACTIVE":
        fix = (up("creates it again"), run("ecsctl down", "deletes what is left of the app"))
        return Cause("no-service", "the service has been deleted", observed, fix, effect=True)
    return Cause("no-service", "there is no service yet", observed, (up(),), effect=True)


def stuck(facts: Facts) -> Cause | None:
    """The deployment percentages allow no task to stop or start."""
    service = facts.service
    events = [one for one in facts.events if STUCK in one.text]
    if not service or not events or not facts.releases.busy:
        return None
    fix = (change("service.max_percent", "= 200", "ecsctl cancel", "ecsctl up"),)
    return Cause("percentages", f"the deployment cannot go on: {no_room(service)}", (events[0],), fix)


def zero_desired(facts: Facts) -> Cause | None:
    """The desired count is 0, on purpose as long as there is no image."""
    if not facts.service or facts.service.get("status") != "ACTIVE" or facts.service.get("desiredCount"):
        return None
    image = str(facts.container.get("image", ""))
    observed = [Evidence("service", "its desired count is 0")]
    if facts.images.get(image) is False:
        observed.append(Evidence("ECR", f"there is no image {image}"))
        sentence = "nothing runs, on purpose: there is no image yet, so the service has 0 tasks"
        build = (
            run("ecsctl deploy --build")
            if facts.build or facts.pipeline
            else run("ecsctl up --image URI", "one that exists")
        )
        return Cause("no-image-yet", sentence, tuple(observed), (build,), effect=True, waiting=True)
    if facts.rests:
        return None
    sentence = "nothing runs: the service is set to 0 tasks"
    unknown = facts.process != WEB and facts.rests is None  # a worker may be configured with 0 tasks
    return Cause("scaled-to-zero", sentence, tuple(observed), (up("sets what ecsctl.toml says"),), waiting=unknown)


def given_up(facts: Facts) -> Cause | None:
    """The newest deployment was rolled back, stopped or given up, as an effect of whatever broke its tasks."""
    releases = facts.releases
    newest, phase, back = releases.newest, releases.phase, releases.rolled_back_to
    if not facts.given_up:
        return None
    name = called(facts.suspect)
    why = newest.get("statusReason") or reason_of(releases.primary) or newest.get("status") or "FAILED"
    again = f"{called(back)} runs again" if back else "there was no earlier version to go back to"
    # ECS lists stopped tasks for an hour. After that only their log is left.
    wrote = () if facts.failed else facts.tail()
    if wrote:
        again += f"; a task of that time said last: {facts.last_error or wrote[-1].text.strip()}"
    observed = (Evidence("deployment", why, newest.get("updatedAt") or newest.get("finishedAt")), *wrote)
    logs = run("ecsctl logs --since 1d", "ECS forgets why a task stopped after an hour; the log stays")
    fix: tuple[Fix, ...] = (logs, repair("fix the app", facts))
    if phase in (Phase.STOPPED, Phase.TAKEN_BACK) and not releases.failed:
        sentence = f"the deployment of {name} was stopped before its end" + (f", and {again}" if back else "")
        restart = Fix(resume(facts), "if it was stopped by mistake")
        return Cause("stopped", sentence, observed, (restart,), effect=True, waiting=facts.healthy)
    by = f" by {monitor}" if (monitor := monitor_of(newest)) else ""
    if (said := str(newest.get("statusReason") or "")) and not VAGUE.search(said):
        again += f"; ECS says: {said}"
    if (newest.get("alarms") or {}).get("status") == "TRIGGERED":
        rest = (one.what for one in resume(facts) if one.what != "ecsctl up")
        fix += (change("deployment.alarms", "to what the app keeps to", "ecsctl up", *rest),)
    if phase is Phase.GOING_BACK:
        return Cause("rolled-back", f"{name} is being rolled back{by}", observed, fix, effect=True)
    if phase in (Phase.ROLLED_BACK, Phase.TAKEN_BACK):
        return Cause("rolled-back", f"{name} was rolled back{by}: {again}", observed, fix, effect=True)
    left = "rolling back failed" if phase is Phase.NOT_BACK else again
    return Cause("gave-up", f"ECS gave {name} up, and {left}", observed, fix, effect=True)


def paused(facts: Facts) -> Cause | None:
    """A release is paused until a person answers."""
    newest = facts.releases.newest
    found = held_of(newest)
    if not found:
        return None
    traffic = traffic_of(newest)
    sentence = f"{called(facts.suspect)} {found.described}" + (f"; {traffic}" if traffic else "")
    observed = (Evidence("deployment", f"its hook at {found.stage} awaits an answer", newest.get("updatedAt")),)
    fix = (run("ecsctl continue", "lets it go on"), run("ecsctl cancel", "takes it back"))
    return Cause("paused", sentence, observed, fix, waiting=True)


def under_way(facts: Facts) -> Cause | None:
    """A deployment without failures so far."""
    primary = facts.releases.primary
    bad = facts.failed or primary.get("failedTasks") or facts.given_up or container_check(facts)
    if not facts.releases.at_work or paused(facts) or bad or not primary.get("desiredCount"):
        return None
    sentence = (f"{called(facts.suspect)} is rolling out: {primary.get('runningCount', 0)} of "
            f"{primary['desiredCount']} tasks run; ")  # fmt: skip
    traffic = traffic_of(facts.releases.newest)
    sentence += f"{traffic}; " if traffic else ""
    sentence += "nothing speaks against it yet"
    observed = (Evidence("deployment", reason_of(primary) or "in progress", primary.get("updatedAt")),)
    return Cause(
        "rolling-out",
        sentence,
        observed,
        (wait("wait: it is under way"),),
        Certainty.POSSIBLE,
        effect=True,
        waiting=True,
    )


def unexplained(facts: Facts) -> Cause | None:
    """Fewer tasks run than desired, for an unknown reason."""
    service = facts.service or {}
    short = service.get("desiredCount", 0) - service.get("runningCount", 0)
    if short <= 0 or service.get("status") != "ACTIVE" or under_way(facts):
        return None
    counts = Evidence("service", f"{service.get('runningCount', 0)} of {service['desiredCount']} tasks run")
    sentence = "fewer tasks run than desired, and nothing that AWS keeps says why: check the app's log"
    own = next((one.text for one in facts.reasons if ERROR.search(one.text) and not VAGUE.search(one.text)), "")
    if own or (facts.failed and facts.reasons):
        what = "tasks stop" if facts.failed else "tasks do not come to run"
        sentence = f"{what}, and ecsctl does not know this reason: {own or facts.reasons[0].text}"
    observed = (counts, *facts.reasons[:3])
    fix = (run("ecsctl logs"), run("ecsctl deploy", "starts again, and shows it"))
    return Cause("unexplained", sentence, observed, fix, Certainty.UNKNOWN, effect=True)


CHECKS: tuple[Check, ...] = (absent, stuck, zero_desired, given_up, paused, under_way, unexplained)
