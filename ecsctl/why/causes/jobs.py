"""Why the last run of a job failed or did not start, by its tasks, which ECS lists for an hour."""

from __future__ import annotations

from ecsctl.resources.support.deployments import Answer
from ecsctl.resources.support.job_runs import BAD, Run, run_of
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, change, repair, run, up
from ecsctl.why.causes.last_words import meaning
from ecsctl.why.evidence import Evidence, Facts
from ecsctl.why.log_lines import last_error


def failed(facts: Facts) -> Cause | None:
    """The last run of a job failed; of several jobs, the newest."""
    task = bad(facts)
    if task is None:
        return None
    ended = run_of(task, facts.app)
    observed = [Evidence(f"job {ended.job}", _summary(ended), ended.ended)]
    lines = [str(one["message"]).rstrip() for one in facts.job_log]
    observed += [Evidence("log", line) for line in lines[-6:]]
    last = Evidence("log", last_error(lines)).text if lines else ""
    again = run(f"ecsctl jobs run {ended.job}", "runs it again, now")
    fix: tuple[Fix, ...] = (repair("fix the command, or what it runs", facts), again)
    if ended.outcome == "timed out":
        fix = (change(f"jobs.{ended.job}.timeout_minutes", "to more"), *fix)
    if ended.outcome == "not started":
        fix = (again,)
    known = meaning(last, facts)
    last += f"; that is, {known.text}" if known else ""
    sentence = f"the last run of the job {ended.job} {_summary(ended)}{f': {last}' if last else ''}"
    return Cause("job", sentence, tuple(observed), fix, process=ended.job)


def bad(facts: Facts) -> Answer | None:
    """Return the newest failed task among the last ones of each job."""
    latest = set[str]()
    for task in facts.job_tasks:  # the newest first
        ended = run_of(task, facts.app)
        if ended.outcome in ("starting", "running", "refused", "stopped") or ended.job in latest:
            continue
        latest.add(ended.job)
        if ended.outcome in BAD:
            return task
    return None


def _summary(ended: Run) -> str:
    if ended.outcome == "timed out":
        return "took too long, and was stopped"
    if ended.outcome == "not started":
        return f"did not start: {ended.reason}"
    return f"ended with exit code {ended.exit_code}{f' ({ended.reason})' if ended.reason else ''}"


def missed(facts: Facts) -> Cause | None:
    """A run of a job was due and did not start; of several, the one that was due last."""
    if not facts.missed:
        return None
    name, due = max(facts.missed.items(), key=lambda one: one[1])
    observed = (Evidence(f"job {name}", "it was due, and ECS knows no task of it that was started since", due),)
    steps = (*up().steps, *run(f"ecsctl jobs run {name}").steps)
    note = "puts back what somebody has changed of its role or schedule, then runs it now"
    return Cause("job-missed", f"the job {name} was due, and no run has begun", observed, (Fix(steps, note),),
                 Certainty.LIKELY, process=name)  # fmt: skip


CHECKS: tuple[Check, ...] = (failed, missed)
