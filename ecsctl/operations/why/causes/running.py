"""Why a task that started does not stay: it exits, it is killed, or the load balancer does not find it healthy.

The states and reasons of targets are those of the Elastic Load Balancing guide, "Health checks for Application Load
Balancer target groups"; exit codes those of the ECS guide, "Stopped
tasks errors" (137: SIGKILL, 139: SIGSEGV, 143: SIGTERM).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ecsctl.operations.why.causes.cause import Cause, Certainty, Judge
from ecsctl.operations.why.evidence import Evidence, Facts, Told, first, moment

READY = r"startup complete|listening (?:on|at)|running on|ready to accept|started .*\bin [\d.]+ ?s|server started"
LISTENS = (
    r"(?:listening|running|started|serving|bound|uvicorn)\b.{0,60}?"
    r"(127\.0\.0\.1|localhost|0\.0\.0\.0|\[::\]|\*|port)[: ]\s*(\d{2,5})"
)
SIGNALS = {132: "SIGILL", 134: "SIGABRT", 136: "SIGFPE", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}


def out_of_memory(facts: Facts) -> Cause | None:
    """The kernel killed a container for its memory."""
    found = facts.reason(r"OutOfMemory|out of memory|memory usage")
    heap = first(reversed(facts.tail(20)), r"JavaScript heap out of memory|java\.lang\.OutOfMemoryError|MemoryError\b")
    if not found and not (heap and facts.failed):
        return None
    memory = facts.definition.get("memory")
    told = (
        f"the app needs more memory than it has ({memory} MiB)" if memory else "the app needs more memory than it has"
    )
    seen = tuple(one[1] for one in (found, heap) if one)
    return Cause("out-of-memory", told, seen, ("set a larger service.memory in ecsctl.toml, then: ecsctl up",))


def command_missing(facts: Facts) -> Cause | None:
    """The image has no such program, or may not execute it."""
    found = facts.reason(
        r"exec: \"?([^\":]+)\"?.*(executable file not found|no such file or directory|permission denied)"
    )
    if not found:
        return None
    told = f"the image cannot run its command {found[0][1]}: {found[0][2]}"
    mend = ("correct CMD or ENTRYPOINT in the Dockerfile (or service.command in ecsctl.toml), then: ecsctl deploy",)
    return Cause("command-missing", told, (found[1],), mend)


def killed(facts: Facts) -> Cause | None:
    """Exit code 137 and no word of memory: several can have sent the signal."""
    code, seen = _exit(facts)
    if code != 137 or seen is None or facts.reason(r"OutOfMemory|health checks") or out_of_memory(facts):
        return None
    told = ("the app was killed (exit code 137, SIGKILL): either it ran out of memory, or something in it "
        "killed it, or it "
            "did not stop in time: look at the memory it used, then at service.stop_timeout_seconds")  # fmt: skip
    mend = ("set a larger service.memory in ecsctl.toml, then: ecsctl up",)
    return Cause("killed", told, (seen, *facts.tail()), mend, Certainty.LIKELY, either=("out-of-memory", "killed"))


def crash(facts: Facts) -> Cause | None:
    """The app ended by itself. Its log tells why, as far as anything does."""
    code, seen = _exit(facts)
    architecture = first(facts.tail(20), "exec format error")
    if seen is None or code == 137 or architecture or out_of_memory(facts):
        return None
    signal = f", {SIGNALS[code]}" if code in SIGNALS else ""
    last = facts.tail()
    said = f": {last[-1].text.strip()}" if last else "; it wrote nothing to its log"
    if code == 0:
        told = f"the app ended by itself, without an error (exit code 0), and a service's app must go on running{said}"
        mend: tuple[str, ...] = ("let the image's command stay in the foreground, then: ecsctl deploy",)
        return Cause("ended", told, (seen, *last), mend)
    mend = ("ecsctl logs   (all it said)", "mend the app, then: ecsctl deploy", *facts.rollback)
    return Cause("crash", f"the app crashed (exit code {code}{signal}){said}", (seen, *last), mend)


def security_group(facts: Facts) -> Cause | None:
    """The tasks' security groups do not let the load balancer in on the app's port."""
    seen = _closed(facts)
    failing = _answer(facts)
    if seen is None or (facts.healthy and not failing):
        return None
    told = f"the tasks' security group does not let the load balancer in on port {facts.port}"
    evidence = (failing, seen) if failing else (seen,)
    sure = Certainty.CERTAIN if failing else Certainty.LIKELY
    return Cause("security-group", told, evidence, ("ecsctl up   (makes the group's rules right again)",), sure)


def health_answer(facts: Facts) -> Cause | None:
    """The app answers the health check, and not with what is expected."""
    found = first(_health(facts), r"failed with these codes: \[(\d{3})")
    if not found:
        return None
    code = int(found[0][1])
    path = facts.target_group.get("HealthCheckPath", "/")
    mend = ("set service.health_path in ecsctl.toml to a path that answers 200, then: ecsctl up",)
    if code >= 500:
        last = facts.tail()
        told = f"the app answers its health check {path} with {code}: it runs, and finds itself broken"
        return Cause(
            "health-error",
            told,
            (found[1], *last),
            ("ecsctl logs   (why it does)", "mend the app, then: ecsctl deploy"),
        )
    what = {404: "there is no such page", 401: "it asks for a login", 403: "it refuses"}.get(
        code, "it points elsewhere"
    )
    if 300 <= code < 400:
        what = "it redirects"
    return Cause("health-path", f"the app answers its health check {path} with {code}: {what}", (found[1],), mend)


def no_answer(facts: Facts) -> Cause | None:
    """The health check gets no answer: wrong port or address, or too late; the log often tells which."""
    timeout = first(_health(facts), r"timed out")
    found = timeout or first(_health(facts), r"Health checks failed(?! with)|FailedHealthChecks|ELB health checks in")
    if not found or health_answer(facts) or _closed(facts):
        return None
    seen, lines = found[1], facts.tail(50)
    slow = _late(facts)
    if slow:
        told = f"the app takes longer to start than its grace period of {_grace(facts)} seconds"
        larger = "set a larger service.health_check_grace_seconds in ecsctl.toml, then: ecsctl up"
        return Cause("slow-start", told, (seen, slow), (larger,))
    if listens := first(lines, LISTENS):
        host, port = listens[0][1], int(listens[0][2])
        if host in ("127.0.0.1", "localhost"):
            told = f"the app listens on {host} only, where the load balancer cannot reach it"
            return Cause("loopback", told, (seen, listens[1]), ("let the app listen on 0.0.0.0, then: ecsctl deploy",))
        if port != facts.port:
            told = f"the app listens on port {port}, and the load balancer asks on port {facts.port}"
            return Cause(
                "port",
                told,
                (seen, listens[1]),
                (f"set service.port = {port} in ecsctl.toml, then: ecsctl up",),
            )
    ready = first(lines, READY)
    mend = ("ecsctl logs   (which port it listens on, and when)", "set service.port or "
            "service.health_check_grace_seconds in ecsctl.toml, then: ecsctl up")  # fmt: skip
    if timeout:
        told = (f"the health check on port {facts.port} gets no answer in time: either the app is too busy or "
            f"too slow to "
                "answer, or something between it and the load balancer drops the packets: look at the app's own log of "
                "requests: if the health check is there, the app is slow")  # fmt: skip
        either = ("slow-answer", "network-acl") if facts.groups else ("slow-answer", "security-group")
        return Cause("no-answer", told, (seen, *facts.tail(2)), mend, Certainty.LIKELY, either=either)
    if ready:
        told = f"nothing answers on port {facts.port}: the app is up, and listens on another port or on 127.0.0.1"
        return Cause("port", told, (seen, ready[1]), mend)
    told = (f"nothing answers on port {facts.port}: either the app listens elsewhere, or it takes longer to "
        f"start than its "
            f"grace period of {_grace(facts)} seconds: look at when and where it says that it listens")  # fmt: skip
    return Cause("no-answer", told, (seen, *facts.tail(2)), mend, Certainty.LIKELY, either=("port", "slow-start"))


def container_check(facts: Facts) -> Cause | None:
    """The health check that the container itself makes."""
    found = facts.reason(r"failed container health checks")
    if not found:
        return None
    command = " ".join((facts.container.get("healthCheck") or {}).get("command", ()))
    told = "the container's own health check fails" + (f": {command}" if command else "")
    mend = ("ecsctl logs   (what the app says)", "mend the app or the check's command, then: ecsctl deploy")
    return Cause("container-check", told, (found[1], *facts.tail()), mend)


def not_in_use(facts: Facts) -> Cause | None:
    """No listener sends anything to the target group, or the balancer is not in the task's zone."""
    found = first(_targets(facts), r"not configured to receive traffic|Availability Zone that is not enabled")
    if not found:
        return None
    return Cause(
        "not-in-use", f"the load balancer sends nothing to the tasks: {found[0][0]}", (found[1],), ("ecsctl up",)
    )


def _exit(facts: Facts) -> tuple[int | None, Evidence | None]:
    """The exit code of the newest task's container that ended first, and what tells it; none if it was stopped."""
    for task in facts.failed[:1]:
        if task.get("stopCode") != "EssentialContainerExited":
            continue
        for one in task.get("containers", ()):
            if one.get("exitCode") is not None:
                return one["exitCode"], _ended(task, one, len(facts.failed))
    return None, None


def _ended(task: Told, container: Told, number: int) -> Evidence:
    name = task["taskArn"].rsplit("/", 1)[-1][:8]
    often = f"; {number} tasks stopped so" if number > 1 else ""
    reason = container.get("reason") or task.get("stoppedReason", "")
    text = f"{reason}: {container.get('name', 'container')} ended with exit code {container['exitCode']}{often}"
    return Evidence(f"task {name}", text, task.get("stoppedAt"))


def _targets(facts: Facts) -> list[Evidence]:
    """What the load balancer says of the tasks that it does not use."""
    told = []
    for one in facts.targets:
        health = one["TargetHealth"]
        if health["State"] in ("unhealthy", "unused", "unavailable"):
            text = " ".join(filter(None, (health.get("Reason"), health.get("Description"))))
            told.append(Evidence(f"target {one['Target']['Id']}", text))
    return told


def _health(facts: Facts) -> list[Evidence]:
    """All that is told of failing health checks: by the balancer now, by ECS before; vaguest last."""
    told = [one for one in facts.reasons if "health checks" in one.text.lower() or "is unhealthy in" in one.text]
    told.sort(key=lambda one: "is unhealthy in" not in one.text)
    return [*_targets(facts), *(one for one in told if "container health" not in one.text)]


def _answer(facts: Facts) -> Evidence | None:
    found = first(_health(facts), r"timed out|Health checks failed|ELB health checks in")
    return found[1] if found else None


def _closed(facts: Facts) -> Evidence | None:
    """That no rule lets the load balancer's groups in on the app's port; None if one does, or nobody could look."""
    if not facts.groups or not facts.port:
        return None
    for group in facts.groups:
        for rule in group.get("IpPermissions", ()):
            low, high = rule.get("FromPort", 0), rule.get("ToPort", 65535)
            fits = rule.get("IpProtocol") in ("-1", "tcp") and (
                rule.get("IpProtocol") == "-1" or low <= facts.port <= high
            )
            peers = {pair.get("GroupId") for pair in rule.get("UserIdGroupPairs", ())} & set(facts.balancer_groups)
            if fits and (peers or rule.get("IpRanges") or rule.get("Ipv6Ranges") or rule.get("PrefixListIds")):
                return None
    names = ", ".join(group["GroupId"] for group in facts.groups)
    return Evidence(
        f"security group {names}",
        f"no rule lets {', '.join(facts.balancer_groups) or 'anybody'} in on port {facts.port}",
    )


def _grace(facts: Facts) -> int:
    return int((facts.service or {}).get("healthCheckGracePeriodSeconds") or 0)


def _late(facts: Facts) -> Evidence | None:
    """The line with which the app told that it was ready, if that was after its grace period."""
    started = facts.failed[0].get("startedAt") if facts.failed else None
    if not isinstance(started, datetime):
        return None
    for line in facts.log:
        at = moment(line.get("timestamp"))
        if at and re.search(READY, line["message"], re.IGNORECASE) and at > started + timedelta(seconds=_grace(facts)):
            return Evidence("log", f"{(at - started).seconds} seconds after its start: {line['message'].rstrip()}", at)
    return None


JUDGES: tuple[Judge, ...] = (out_of_memory, command_missing, crash, killed, security_group, health_answer, no_answer,
                             container_check, not_in_use)  # fmt: skip
