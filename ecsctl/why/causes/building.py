"""Why the newest build failed: first by AWS's report of the phase, then by the output of the command."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ecsctl.why.build_failure import BuildFailure
from ecsctl.why.causes.build_commands import KILLED, CommandRule, command_rule, hinted
from ecsctl.why.causes.build_phases import phase_rule
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import again, by_hand, change, larger, repair, run
from ecsctl.why.evidence import Evidence, Facts
from ecsctl.why.log_events import ERROR
from ecsctl.why.log_lines import last_error
from ecsctl.why.words import last_match, mentions

BUILDS_IMAGE = r"docker (?:buildx |image )?build\b(?!.*(?:&&|;|\|\|))"
"""A command that only builds the image."""


SOLVED = r"^(?:ERROR: |error: )?failed to solve: (?!process |executor failed|rpc error)(.*)"
"""BuildKit's message about an error in the Dockerfile itself, before any step runs."""
TIMED = r"#\d+ \d+\.\d+ \s*\S"
RETURNED = r"^(?:ERROR: Service .*: )?The command '.*' returned a non-zero code"
"""The legacy builder's message about a failed step, right after the output of that."""
STEP_TIME = r"^(?:#\d+ )?(?:\d+\.\d+ )?"
"""BuildKit's prefix of a step's output."""
SCRIPT_LOST = (
    r"\b(?:ba|a|z)?sh(?:: (?:line )?\d+)?: \.?/\S+: not found|\b(?:ba|da)?sh\\r\b|bad interpreter: No such file"
)
"""A shell's message about a script, or about the program behind #! in its first line."""
LOST = (
    r'failed to (?:compute cache key|calculate checksum of ref)\b.*?[: ]"([^"]+)"(?: not found)?: not found$'
    r"|^(?:COPY|ADD) failed: file not found in build context or excluded by \.dockerignore: stat (\S+): file does not"
    r"|^(?:COPY|ADD) failed: stat /var/lib/docker/tmp/[^/\s]+/(\S+): no such file"
)
"""Docker's messages about a missing source of COPY or ADD; the last two are the legacy builder's."""


def build(facts: Facts) -> Cause | None:
    """The newest build's failure."""
    found = facts.build
    if not found or found.get("buildStatus") in ("SUCCEEDED", "IN_PROGRESS"):
        return None
    status = found["buildStatus"]
    if status == "STOPPED":
        return Cause("build-stopped", "the newest build was stopped", (Evidence("build", "STOPPED",
            found.get("endTime")),),
                     (again(facts),))  # fmt: skip
    failure = facts.build_failure or BuildFailure("an unknown phase")
    observed, tail = _context(failure, facts), _tail(failure)
    if rule := phase_rule(failure, facts):
        sentence = rule.sentence if isinstance(rule.sentence, str) else rule.sentence(failure)
        return Cause(rule.name, sentence, observed, rule.fix(facts), either=rule.either)
    if status == "TIMED_OUT":
        return Cause("build-timeout", f"the build took too long: it was ended in {failure.phase}", (*observed, *tail),
                     (change("build.timeout_minutes", "to more"), repair("make the image quicker to build",
                     facts)))  # fmt: skip
    if status == "FAULT":
        return Cause("build-fault", "AWS itself failed to build", observed, (again(facts),))
    if failure.phase == "DOWNLOAD_SOURCE":
        return Cause("source-failed", f"the build could not get the source: {failure.message or 'no reason given'}",
            observed,
                     (run("ecsctl creds status", "whether the token is good"),
                      by_hand("check the repository on GitHub and who has access to it", "ecsctl up")),
                      Certainty.UNKNOWN)  # fmt: skip
    return _of_command(failure, facts, observed, tail)


def _of_command(
    failure: BuildFailure, facts: Facts, observed: tuple[Evidence, ...], tail: tuple[Evidence, ...]
) -> Cause:
    """Return the likely cause by the failed command, or one that says it is unknown."""
    if failure.exit_code == KILLED:
        return Cause("build-memory", f"the build was killed in {failure.what}: the machine ran out of memory",
            (*observed, *tail),
                     (change("build.compute", larger(facts)),), Certainty.LIKELY)  # fmt: skip
    if hit := command_rule(failure):
        rule, line, own = hit
        sure = Certainty.LIKELY if own else Certainty.POSSIBLE
        shown = (*observed, Evidence("build log", line.strip()))
        sentence = rule.sentence
        if rule.name == "docker-build":
            sentence += _of_step(failure, rule)
        elif rule.name == "build-network":  # which server, and how
            sentence += f": {_covered(re.sub(STEP_TIME, '', line).strip())}"
        fix = rule.fix(facts)
        if rule.name == "docker-build" and re.search(SCRIPT_LOST, sentence):
            fix = (repair("let the script be in the image, with Unix line endings and a program behind #! that the "
                          "image has", facts),)  # fmt: skip
        return Cause(rule.name, sentence, tuple(dict.fromkeys(shown)), fix, sure)
    if re.match(BUILDS_IMAGE, failure.command) and not failure.lines:
        fix = (repair("fix the Dockerfile, or what its step runs", facts),)
        sentence = "the image cannot be built: docker build fails, and wrote nothing to the log"
        return Cause("docker-build", sentence, observed, fix, Certainty.LIKELY)
    last = (
        f"; its last error line is: {_covered(failure.last_error)}"
        if failure.last_error
        else "; its log says nothing more"
    )
    sentence = f"the build failed in {failure.what}, and ecsctl does not know why{last}"
    if not failure.command and failure.message:
        sentence = f"the build failed in {failure.phase}, and ecsctl does not know this reason: {failure.message}"
    ways = (run("ecsctl logs --build", "all that it said"), repair("fix what it says", facts))
    return Cause("build-failed", sentence, (*observed, *tail), ways, Certainty.UNKNOWN, hints=hinted(failure))


def _of_step(failure: BuildFailure, rule: CommandRule) -> str:
    """Return the error that the step printed, since Docker's own line only says that it failed.

    For COPY and ADD, Docker's own line names the file.
    """
    lost = last_match(failure.lines, LOST)
    if lost and not failure.step:
        file = next(filter(None, lost[0].groups()))
        return f"; {file} is not in the build's context: missing, not committed, or left out by .dockerignore"
    if not failure.step and (own := last_match(failure.lines, SOLVED)):
        return f": {_covered(own[0][1])}"
    error = last_error([line for line in failure.lines if not re.search(rule.line, line, re.IGNORECASE)])
    said_so = re.sub(STEP_TIME, "", error)
    if not ERROR.search(said_so):  # the step's last line, if its lines can be told apart
        said_so = re.sub(STEP_TIME, "", _last_of_step(failure.lines))
    return f"; its last error line is: {_covered(said_so)}" if said_so else ""


def _last_of_step(lines: Sequence[str]) -> str:
    """Return the last line of the failed step: with BuildKit's time, or before the legacy builder's verdict."""
    if timed := [line for line in lines if re.match(TIMED, line)]:
        return timed[-1]
    ends = next((n for n, line in enumerate(lines) if re.search(RETURNED, line)), 0)
    return lines[ends - 1] if ends else ""


def no_builds(facts: Facts) -> Cause | None:
    """The account's quota of builds is 0 or used up: there is no build, only CodeBuild's error in the pipeline."""
    for stage in (facts.pipeline or {}).get("stageStates", ()):
        for action in stage.get("actionStates", ()) if stage.get("stageName") in ("Build", "Test") else ():
            latest = action.get("latestExecution", {})
            text = (latest.get("errorDetails") or {}).get("message", "")
            if latest.get("status") == "Failed" and mentions(
                text, "builds in queue for the account", "AccountLimitExceeded"
            ):
                observed = Evidence(f"pipeline, {action['actionName']}", text, latest.get("lastStatusChange"))
                ask = ("ask AWS Support to open builds to the account, whatever Service Quotas says"
                       if mentions(text, "more than 0 builds") else
                       "ask for more concurrent builds in Service Quotas: AWS CodeBuild")  # fmt: skip
                fix = (by_hand(ask, "ecsctl pipeline retry"),
                        run("ecsctl deploy --image URI", "one that was built elsewhere"))  # fmt: skip
                return Cause("build-quota",
                "the account's quota of concurrent builds is used up or 0, as in new accounts",
                             (observed,), fix)  # fmt: skip
    return None


def _context(failure: BuildFailure, facts: Facts) -> tuple[Evidence, ...]:
    """AWS's message about the phase."""
    text = ": ".join(filter(None, (failure.code, failure.message)))
    phases = (facts.build or {}).get("phases", ())
    end = next((one.get("endTime") for one in phases if one.get("phaseType") == failure.phase), None)
    return (Evidence(f"build, {failure.phase}", text, end),) if text else ()


def _tail(failure: BuildFailure) -> tuple[Evidence, ...]:
    return tuple(Evidence("build log", line) for line in failure.lines[-6:])


def _covered(text: str) -> str:
    return Evidence("build log", text).text


CHECKS: tuple[Check, ...] = (no_builds, build)
