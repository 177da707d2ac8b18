"""Why the release command failed, so that nothing was deployed, by its newest task, which ECS lists for an hour."""

from __future__ import annotations

from ecsctl.resources.support.deployments import began
from ecsctl.resources.support.revisions import container_of
from ecsctl.why.causes.cause import Cause, Check
from ecsctl.why.causes.fixes import Fix, change, repair, run
from ecsctl.why.causes.last_words import meaning
from ecsctl.why.evidence import Evidence, Facts
from ecsctl.why.log_lines import last_error

CANCELLED, TOO_LONG = "ecsctl cancel", "took too long"


def command(facts: Facts) -> Cause | None:
    """The newest release command failed, and nothing was released since."""
    newest = facts.commands[0] if facts.commands else None
    if newest is None or any(began(one) > newest["createdAt"] for one in facts.deployments):
        return None
    own = container_of({"containerDefinitions": newest.get("containers")}, facts.app)
    code, reason = own.get("exitCode"), str(newest.get("stoppedReason", ""))
    if (code == 0 and newest.get("stopCode") == "EssentialContainerExited") or newest.get("desiredStatus") != "STOPPED":
        return None
    when = newest.get("stoppedAt")
    outcome = f"ended with exit code {code}" if code is not None else reason
    observed = [Evidence("release command", outcome, when)]
    if code is not None and own.get("reason"):
        observed.append(Evidence("release command", str(own["reason"]), when))
    lines = [str(one["message"]).rstrip() for one in facts.command_log]
    observed += [Evidence("log", line) for line in lines[-6:]]
    again = run("ecsctl pipeline retry" if _has_failed_in_pipeline(facts) else "ecsctl deploy", "runs it again")
    fix: tuple[Fix, ...] = (repair("fix the command, or what it runs", facts), again)
    last = Evidence("log", last_error(lines)).text if lines else ""
    sentence = f"the release command failed, and nothing was deployed: it {outcome}{f': {last}' if last else ''}"
    if known := meaning(last, facts):
        sentence, fix = f"{sentence}; that is, {known.text}", (*known.fix, again)
    if reason == CANCELLED:
        sentence, fix = "the release command was stopped by ecsctl cancel, and nothing was deployed", (again,)
    elif TOO_LONG in reason:
        sentence = "the release command took too long, and nothing was deployed"
        fix = (change("release.timeout_minutes", "to more", "ecsctl up", again.steps[0].what), *fix)
    elif code is None:
        sentence, fix = f"the release command did not run, and nothing was deployed: {reason}", (again,)
    return Cause("release-command", sentence, tuple(observed), fix)


def _has_failed_in_pipeline(facts: Facts) -> bool:
    stages = (facts.pipeline or {}).get("stageStates", ())
    return any(one.get("latestExecution", {}).get("status") == "Failed" for one in stages)


CHECKS: tuple[Check, ...] = (command,)
