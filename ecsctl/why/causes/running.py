"""Why a started task ended: which container ended, its exit code, and the end of its log.

Exit codes are explained in the ECS guide, "Stopped tasks errors" (137: SIGKILL, 139: SIGSEGV, 143: SIGTERM).
"""

from __future__ import annotations

import re

from ecsctl.parts import WEB
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, back, by_hand, change, repair, run
from ecsctl.why.causes.health import OWN_NAME, listening
from ecsctl.why.causes.images import architecture
from ecsctl.why.causes.last_words import meaning
from ecsctl.why.evidence import Evidence, Facts, Place, moment
from ecsctl.why.log_lines import last_error

TERMINATED = 143
SIGNALS = {132: "SIGILL", 134: "SIGABRT", 136: "SIGFPE", 137: "SIGKILL", 139: "SIGSEGV", TERMINATED: "SIGTERM"}
UNFOUND = {
    127: ("does not find a program that it runs", r"not found|no such file", "correct CMD or ENTRYPOINT in the "
          "Dockerfile, or what they run"),
    126: ("runs a file that may not be executed", r"permission denied|cannot execute|bad interpreter",
          "make it executable, where it is and in git (chmod +x, git update-index --chmod=+x), with an interpreter "
          "that the image has"),
}  # fmt: skip
"""A shell's exit codes for a program that it does not find or cannot execute (POSIX, "Shell Command Language"), its
messages, and the fixes.
"""
CUT = r'Traceback \(most recent call last\):$|(?:^|\n)\s+File "[^"]+", line \d+.*(?:\n\s+\S.*)?$|[:,({\[]$'
"""The end of an incomplete log: a Python traceback without its error, an open sentence or bracket."""
EXEC = re.compile(
    r"^(?:\[FATAL tini \(\d+\)\] )?(?:standard_init_linux\S* )?exec "
    r"(?:user process caused:? \"?|(\S+): |(\S+) failed: )(no such file or directory|permission denied)",
    re.IGNORECASE,
)
"""Messages of a runtime or tini about a program that the kernel did not run."""
OWN_LIMIT = r"java\.lang|JavaScript heap"
"""Runtimes with a memory limit of their own, below that of the task."""
URL = re.compile(r"\bhttps?://(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?::(\d+))?(/[^\s\"'|?]*|)")
"""The URL that a check requests inside its container: host, port and path."""
PROXY = "ecs-service-connect-"
"""Prefix of the container that ECS adds for Service Connect. It uses the task's own resources, so AWS recommends 256
CPU units and 64 MiB more (ECS guide, "Service Connect components", proxy).
"""
HEAP = (
    r"JavaScript heap out of memory|^(?:Exception in thread \"[^\"]*\" |\S*\s?)java\.lang\.OutOfMemoryError"
    r"|^MemoryError\b|_ArrayMemoryError\b|Out of memory: Killed process|Native memory allocation \(m\w+\) failed"
    r"|^(?:fatal error: )?runtime: out of memory|\(NoMemoryError\)$|\bstd::bad_alloc\b"
    r"|\bSystem\.OutOfMemoryException\b|\b[Cc]annot allocate (?:\d+ bytes of )?memory\b(?! in static TLS)|\bENOMEM\b"
    r"|^memory allocation of \d+ bytes failed"
)


def out_of_memory(facts: Facts) -> Cause | None:
    """A container ran out of memory: certain if ECS says so, likely if only the log does."""
    found = facts.reason((Place.MEMORY,))
    heap = None
    if not found and facts.ended.get("exitCode") not in (None, 0, 143) and not facts.has_sidecar_ended:
        heap = next((one for one in reversed(facts.tail(20)) if re.search(HEAP, one.text)), None)
    if not found and heap is None:
        return None
    name = (found.container if found else "") or facts.ended.get("name") or ""
    who = f"the container {name}" if name and name != facts.container.get("name") else facts.who
    memory = facts.definition.get("memory")
    sentence = f"{who} needs more memory than it has" + (f" (the task has {memory} MiB)" if memory else "")
    observed = tuple(one for one in (found, heap) if one)
    sure = Certainty.CERTAIN if found else Certainty.LIKELY
    ways: tuple[Fix, ...] = (change("service.memory", "to more"),)
    if heap and re.search(OWN_LIMIT, heap.text, re.IGNORECASE):
        what = "let its runtime take more of the task's memory (-XX:MaxRAMPercentage, --max-old-space-size)"
        ways += (repair(what, facts),)
    if name and facts.is_sidecar(name) and _limit(facts, name):
        sentence = f"the container {name} needs more memory than it may have ({_limit(facts, name)} MiB)"
        ways = (change(f"sidecars.{name}.memory", "to more"),)
    return Cause("out-of-memory", sentence, observed, ways, sure)


def sidecar(facts: Facts) -> Cause | None:
    """Another essential container ended, so that ECS stopped the app."""
    box = facts.ended
    if not facts.has_sidecar_ended or facts.reason((Place.MEMORY,)):
        return None
    name, code = str(box["name"]), int(box["exitCode"])
    last = Evidence("log", last_error([one["message"] for one in facts.beside_log])).text
    said = f"; its log ends: {last}" if last else ""
    sentence = (
        f"the container {name} beside the app ended (exit code {code}{_signal(code)}) and took the app along: ECS "
        f"stops them all{said}"
    )
    if facts.waiting:
        sentence = f"the container {name} failed (exit code {code}{_signal(code)}), and {facts.waiting} waits for its "
        sentence += f"success: so ECS does not start it{said}"
    observed = [_ended(facts), *(Evidence("log", one["message"].rstrip(), moment(one.get("timestamp"))) for one in
                facts.beside_log[-6:])]  # fmt: skip
    observed += [Evidence("task", f"{one['name']} was ended after it (exit code {one['exitCode']})") for one in
             facts.failed[0].get("containers",
             ()) if one.get("exitCode") is not None and one.get("name") != name and not facts.waiting]  # fmt: skip
    read = (
        run(f"ecsctl logs --container {name}", f"what {name} said")
        if _log_group(facts, name)
        else by_hand(f"check the log of {name}")
    )
    ways: tuple[Fix, ...] = (by_hand(f"fix {name}, or let the task definition call it not essential"),)
    if facts.is_sidecar(name):
        ways = (change(f"sidecars.{name}.image", "to one that runs"),)
        ways += (change(f"sidecars.{name}.essential", "= false"),) if not facts.waiting else ()
    fix = (read, *ways)
    return Cause(
        "sidecar",
        sentence,
        tuple(observed),
        fix,
        _sure(facts),
        either=() if facts.is_sure_which_ended else ("sidecar", "crash"),
    )


def killed(facts: Facts) -> Cause | None:
    """Exit code 137 without a mention of memory: the signal has several possible senders."""
    if facts.ended.get("exitCode") != 137 or facts.has_sidecar_ended or out_of_memory(facts):
        return None
    sentence = (f"{facts.who} was killed (exit code 137, SIGKILL): either it ran out of memory, or something in it "
            "killed it, or it did not stop in time: check the memory it used, then "
            "service.stop_timeout_seconds")  # fmt: skip
    fix = (change("service.memory", "to more"), change("service.stop_timeout_seconds", "to more"))
    return Cause(
        "killed", sentence, (_ended(facts), *facts.tail()), fix, Certainty.LIKELY, either=("out-of-memory", "killed")
    )


def terminated(facts: Facts) -> Cause | None:
    """Exit code 143, while ECS reports no stop: the app received SIGTERM, and AWS does not say from whom.

    A task that ECS itself stops (a deployment, scaling in, a failed health check, Spot) has another stop code than
    EssentialContainerExited (API reference, Task: stopCode), so something in the task is likelier.
    """
    if facts.ended.get("exitCode") != TERMINATED or facts.has_sidecar_ended:
        return None
    error = facts.last_error
    others = [one["name"] for one in facts.failed[0].get("containers", ()) if one.get("exitCode") == TERMINATED]
    said = f"; its log ends: {error}" if error else ""
    within = "a supervisor or script in its container"
    if len(others) > 1:
        within += f", or the end of another container of the task ({', '.join(others[1:])})"
    sentence = (
        f"{facts.who} was asked to end (exit code 143, SIGTERM), and AWS does not say by whom: either {within}, or a "
        f"stop of the task that ECS does not name: check what the log says before it{said}"
    )
    fix = (
        run("ecsctl logs", "what came before the end"),
        run("ecsctl status", "whether it was scaled in, or another release began then"),
        repair("let what runs in the image end it only when the task is stopped", facts),
    )
    observed = (_ended(facts), *facts.tail())
    return Cause("terminated", sentence, observed, fix, Certainty.POSSIBLE, either=("crash", "stopped"))


def crash(facts: Facts) -> Cause | None:
    """The app ended by itself. Only its log may say why."""
    code = facts.ended.get("exitCode")
    if code in (None, 137, TERMINATED) or facts.has_sidecar_ended or out_of_memory(facts) or architecture(facts):
        return None
    last = facts.tail()
    error = facts.last_error
    silent = "; its log gives no reason" if any(one.text.strip() for one in last) else "; it wrote nothing to its log"
    said = f": {error}" if error else silent
    said += _dropped(facts)
    observed = (_ended(facts), *last)
    if code == 0:
        sentence = (
            f"{facts.who} ended by itself, without an error (exit code 0), and a service's app must go on running{said}"
        )
        return Cause("ended", sentence, observed, _lasting(facts), _sure(facts))
    if found := next((hit for one in reversed(last) if (hit := EXEC.search(one.text))), None):
        return _unrunnable(found, code, observed, facts)
    known = meaning(error, facts)
    what, says, how = UNFOUND.get(code, ("", "", ""))
    if what and not known and re.search(says, error, re.IGNORECASE):
        sentence = f"the image's command {what} (exit code {code}): {error}"
        fix: tuple[Fix, ...] = (repair(how, facts),)
        if facts.process != WEB:
            sentence = f"the command of {facts.who} {what} (exit code {code}): {error}"
            fix = (change("service.command", "to one that the image can run"), repair("fix what it runs", facts))
        return Cause("command-missing", sentence, observed, fix, Certainty.LIKELY)
    ways = known.fix if known else (repair("fix the app", facts),)
    fix = (run("ecsctl logs", "its last lines"), *ways, *back(facts))
    sentence = (
        f"{facts.who} crashed (exit code {code}{_signal(code)}){said}{f'; that is, {known.text}' if known else ''}"
    )
    return Cause("crash", sentence, observed, fix, Certainty.LIKELY if known else _sure(facts))


def _unrunnable(found: re.Match[str], code: int, observed: tuple[Evidence, ...], facts: Facts) -> Cause:
    """The kernel could not run the command. For a script with a missing interpreter it reports a missing file."""
    program = found[1] or found[2] or ""
    sentence = f"the image cannot run its command{f' {program}' if program else ''} (exit code {code}): "
    if found[3].casefold() == "permission denied":
        sentence += "it may not be executed (chmod +x)"
        what = "make it executable, where it is and in git: chmod +x, git update-index --chmod=+x"
    else:
        sentence += "it is not in the image, or what its first line #! names is not, as with Windows line endings"
        what = (
            "correct CMD or ENTRYPOINT in the Dockerfile; let a script begin with a shell that the image has, and end "
            "its lines as Linux does (*.sh text eol=lf in .gitattributes)"
        )
    key = "service.entrypoint" if facts.container.get("entryPoint") else "service.command"
    fix = (repair(what, facts), change(key, "to a program that the image has"))
    return Cause("command-missing", sentence, observed, fix, Certainty.LIKELY)


def _lasting(facts: Facts) -> tuple[Fix, ...]:
    """Return how to keep a process running that ended without an error. A worker has its own command."""
    if facts.process == WEB:
        return (repair("let the image's command stay in the foreground", facts),)
    return change("service.command", "to one that goes on running"), repair("let it go on running", facts)


def container_check(facts: Facts) -> Cause | None:
    """The container's own health check fails."""
    found = facts.reason((Place.HEALTH,), "failed container health checks")
    if not found:
        return _never_healthy(facts)
    boxes = facts.failed[0].get("containers", ()) if facts.failed else ()
    own = str(facts.container.get("name", ""))
    unhealthy = next((str(one["name"]) for one in boxes if one.get("healthStatus") == "UNHEALTHY"), own)
    command = _check_of(facts, unhealthy)
    if unhealthy != own:
        sentence = f"the health check of the container {unhealthy} fails" + (f": {command}" if command else "")
        if unhealthy.startswith(PROXY):
            sentence += ": it is the proxy that ECS adds for Service Connect, and needs its part of the task's size"
        return Cause("container-check", sentence, (found, *facts.tail()), _for_unhealthy(facts, unhealthy))
    sentence = "the container's own health check fails" + (f": {command}" if command else "")
    fix: tuple[Fix, ...] = (
        run("ecsctl logs", "what the app says"),
        repair("fix the app, or what its check asks", facts),
    )
    if any(re.search(OWN_NAME, one.text) for one in facts.tail(50)) and re.search(r"localhost|127\.0\.0\.1", command):
        sentence += "; by its log the app listens on the task's own address alone, and on Fargate HOSTNAME is that"
        everywhere = change("service.environment", 'to what it is, and HOSTNAME = "0.0.0.0"')
        fix = (everywhere, *fix, change("service.health.container", "to a check that passes"))
    elif command:
        why, check = _unasked(command, facts)
        sentence += why
        fix += (change("service.health.container", check),)
    return Cause("container-check", sentence, (found, *facts.tail()), fix)


def _unasked(command: str, facts: Facts) -> tuple[str, str]:
    """Return why a check may not reach the app, and the new check; nothing if the log shows its requests."""
    tool, url = re.search(r"\b(curl|wget)\b", command), URL.search(command)
    if not url or (url[3] not in ("", "/") and any(url[3] in one.text for one in facts.tail(50))):
        return "", "to a check that passes"
    asked = int(url[2] or 80)
    actual = listening(facts, asked)
    if actual and actual[1] != asked:
        return f"; by its log the app listens on port {actual[1]}", f"to one that asks on port {actual[1]}"
    doubts = [f"the image must have {tool[1]}"] if tool else []
    if url[1] == "localhost":
        doubts.append("localhost may be ::1, where an app that listens on 0.0.0.0 does not answer: ask 127.0.0.1")
    also = f": {'; '.join(doubts)}" if doubts else ""
    return also, "to a check that passes" + (", with 127.0.0.1 for localhost" if url[1] == "localhost" else "")


def _never_healthy(facts: Facts) -> Cause | None:
    """A container that another depends on is unhealthy.

    ECS leaves the task PENDING for three hours, without a message (aws/containers-roadmap#2379).
    """
    for task in facts.starting:
        for box in task.get("containers", ()):
            unhealthy = str(box.get("name", ""))
            waits = _waits_for(facts, unhealthy)
            if box.get("healthStatus") == "UNHEALTHY" and waits:
                command = _check_of(facts, unhealthy)
                sentence = (f"the health check of the container {unhealthy} fails" + (f": {command}" if command else "")
                        + f"; {waits} waits until it is healthy, so the task does not start")  # fmt: skip
                state = f"{task.get('lastStatus', 'PENDING')}: the container {unhealthy} is UNHEALTHY"
                observed = Evidence(f"task {task['taskArn'].rsplit('/', 1)[-1][:8]}", state)
                return Cause("container-check", sentence, (observed,), _for_unhealthy(facts, unhealthy))
    return None


def _waits_for(facts: Facts, name: str) -> str:
    """Return the container that is started once this one is healthy; empty if there is none."""
    for one in facts.definition.get("containerDefinitions", ()):
        for need in one.get("dependsOn") or ():
            if need.get("containerName") == name and need.get("condition") == "HEALTHY":
                return str(one["name"])
    return ""


def _for_unhealthy(facts: Facts, name: str) -> tuple[Fix, ...]:
    """Return the fix for the check of a container other than the app's."""
    read = run(f"ecsctl logs --container {name}", f"what {name} says")
    if facts.is_sidecar(name):
        return read, change(f"sidecars.{name}.health", "to a check that passes")
    if name.startswith(PROXY) and not facts.definition_of(name):
        return (change("service.cpu", "to 256 more"), change("service.memory", "to 64 more at least"))
    return read, by_hand(f"fix {name}, or its check in the task definition")


def _check_of(facts: Facts, name: str) -> str:
    """Return the command of a container's health check."""
    return " ".join((facts.definition_of(name).get("healthCheck") or {}).get("command", ()))


def _dropped(facts: Facts) -> str:
    """Return a warning if the log looks incomplete and its driver may have dropped lines.

    Without a mode it may, by ECS's default since June 2025 (ECS guide, "defaultLogDriverMode").
    """
    options = (facts.container.get("logConfiguration") or {}).get("options") or {}
    last = "\n".join(one["message"].rstrip() for one in facts.log[-2:])
    if options.get("mode", "non-blocking") != "non-blocking" or (facts.log and not re.search(CUT, last)):
        return ""
    return (
        ' (the log may lack lines: with service.log_mode = "non-blocking" some are dropped while CloudWatch is slow; '
        '"blocking" keeps all)'
    )


def _sure(facts: Facts) -> Certainty:
    return Certainty.CERTAIN if facts.is_sure_which_ended else Certainty.LIKELY


def _signal(code: int) -> str:
    return f", {SIGNALS[code]}" if code in SIGNALS else ""


def _ended(facts: Facts) -> Evidence:
    """Return which container ended, as reported by ECS."""
    task, box = facts.failed[0], facts.ended
    often = f"; {len(facts.failed)} tasks stopped like this" if len(facts.failed) > 1 else ""
    reason = box.get("reason") or task.get("stoppedReason", "")
    text = f"{reason}: {box.get('name', 'container')} ended with exit code {box['exitCode']}{often}"
    return Evidence(f"task {task['taskArn'].rsplit('/', 1)[-1][:8]}", text, task.get("stoppedAt"))


def _limit(facts: Facts, name: str) -> int:
    return int(facts.definition_of(name).get("memory") or 0)


def _log_group(facts: Facts, name: str) -> str:
    options = (facts.definition_of(name).get("logConfiguration") or {}).get("options") or {}
    return str(options.get("awslogs-group", ""))


CHECKS: tuple[Check, ...] = (out_of_memory, sidecar, crash, killed, terminated, container_check)
