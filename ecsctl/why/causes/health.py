"""Why the load balancer finds tasks unhealthy: from the answer that it got, and from where the app listens by its log.

The states and reasons of targets are those of the Elastic Load Balancing guide, "Health checks for Application Load
Balancer target groups". Only the app could tell why it returns a code, so only a closed port is certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from ecsctl.resources.support.deployments import Answer
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, change, repair, run, up
from ecsctl.why.causes.network import is_ours, shut_by_acl
from ecsctl.why.evidence import Evidence, Facts, Place, moment
from ecsctl.why.words import contains

CODES = re.compile(r"failed with these codes: \[(\d{1,3})")
GRPC = ("OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED "
        "RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS "
        "UNAUTHENTICATED").split()  # fmt: skip
"""gRPC's status codes, from 0 (grpc.io, "Status Codes")."""
HOST = (r"Invalid HTTP_HOST header|DisallowedHost|ALLOWED_HOSTS|Blocked hosts?: |HostAuthorization"
        r"|(?:host|Host header) .{0,40}(?:is not allowed|not permitted)|Blocked request\. This host|Invalid Host "
        r"header")  # fmt: skip
"""How Django, Rails, Vite and webpack's server reject an unknown Host header."""
TLS = (
    r"plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL|HTTP request to an HTTPS "
    r"server|tlsv1 alert|wrong version number"
)
READY = (
    r"startup complete|listening (?:on|at)|running on|ready to accept|started .*\bin [\d.]+ ?s|server "
    r"started|starting development server"
)
SERVES = re.compile(
    r"\b(?:listening|listens|running|started|starting (?:\w+ )*server|serving|bound to|available|local:|network:"
    r"|ready on|launched from|responding at|access the server|development server)",
    re.IGNORECASE,
)
ADDRESS = re.compile(
    r"(?:^|[\s/(\[\"'={])(127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0|\[::\]|::|\*)?:(\d{2,5})\b"
    r"|\bport(?:\(s\))?:?\s+(\d{2,5})\b|\bon (\d{4,5})(?![-/.:\w])"
    r"|(?:\bon|\bat|\bfrom|:)\s+https?://(?!127\.|0\.)(?:\d{1,3}(?:\.\d{1,3}){3}|ip-[\w.-]+):(\d{2,5})\b",
    re.IGNORECASE,
)
"""How servers announce where they listen: a word, followed by an address or a port."""
OTHERS = re.compile(
    r"(?<!server)connect|postgres|mysql|mongo|redis|rabbit|amqp|kafka|memcache|elastic|database|broker|migrat|refused"
    r"|upstream|metric|prometheus|debugger|inspector|exporter|telemetry|\bagent|consul|profil|pprof|statsd|\btrac(?:e|ing)"
    r"|\badmin|sending",
    re.IGNORECASE,
)
"""Words in lines about other servers."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
OWN_NAME = r"\b(?:Local|Network|[Ll]istening (?:on|at)):?\s+(?:https?://)?ip-\d+-\d+-\d+-\d+\."
"""A server that listens on HOSTNAME, which Fargate sets to the task's own name: Next.js
(DefangLabs/samples#654)."""


def security_group(facts: Facts) -> Cause | None:
    """The tasks' security groups do not allow the load balancer on the app's port, or its own groups block it."""
    held = _held_back(facts)
    observed, failing = _closed(facts) or held, _silent(facts)
    if observed is None or _code(facts) or (facts.healthy and not failing):
        return None
    sentence = f"the tasks' security group does not let the load balancer in on port {facts.port}"
    evidence = (failing, observed) if failing else (observed,)
    if observed is held:
        sentence = f"the load balancer's security group does not let it out to the tasks on port {facts.port}"
        fix: tuple[Fix, ...] = (up("makes the group's rules right again"),)
        return Cause("security-group", sentence, evidence, fix, Certainty.CERTAIN if failing else Certainty.LIKELY)
    group = facts.groups[0]
    fix = (up("makes the group's rules right again"),) if is_ours(group, facts) or not group.get("Tags") else (
        run(f"aws ec2 authorize-security-group-ingress --group-id {group['GroupId']} --protocol tcp --port "
            f"{facts.port} "
            f"--source-group {next(iter(facts.balancer_groups), 'GROUP')}"),)  # fmt: skip
    return Cause("security-group", sentence, evidence, fix, Certainty.CERTAIN if failing else Certainty.LIKELY)


def health_answer(facts: Facts) -> Cause | None:
    """The app answers the health check with an unexpected code."""
    hit = _code(facts)
    if hit is None:
        return None
    code, found = hit
    path = facts.target_group.get("HealthCheckPath", "/")
    if facts.target_group.get("ProtocolVersion") == "GRPC":
        return _called(facts, path, code, found)
    answers = f"the app answers its health check {path} with {code}"
    other = change("service.health_path", "to a path that answers 200")
    if code >= 500:
        error = facts.last_error
        sentence = f"{answers}: it runs, and finds itself broken"
        if code in (502, 504):
            sentence += ", or a proxy in the task does not reach what is behind it"
        either: tuple[str, ...] = ()
        if code == 503 and not error:
            sentence += ", or a proxy in it has no server for the check's Host header, which is the task's own address"
            either = ("health-error", "health-host")
        sentence += f"; the last error in its log: {error}" if error else ""
        fix: tuple[Fix, ...] = (
            run("ecsctl logs", "why it does"),
            repair("fix the app, or what it needs to reach", facts),
        )
        return Cause("health-error", sentence, (found, *facts.tail()), fix, Certainty.LIKELY, either)
    if 400 <= code < 500 and code != 404:
        if line := _last(facts.tail(50), TLS):
            sentence = f"{answers}: it speaks TLS on port {facts.port}, and the load balancer asks without"
            fix = (repair(f"let the app speak plain HTTP on port {facts.port}: the load balancer ends TLS", facts),)
            return Cause("health-tls", sentence, (found, line), fix, Certainty.LIKELY)
        if line := _last(facts.tail(50), HOST):
            sentence = f"{answers}: it does not know the check's Host header, which is the task's own address"
            fix = (repair("let the app take any Host on its health path (ALLOWED_HOSTS, config.hosts): only the "
                           "load balancer can reach it", facts), change("service.health_path",
                           "to a path that does not check the Host"))  # fmt: skip
            return Cause("health-host", sentence, (found, line), fix, Certainty.LIKELY)
    if code in (400, 421):
        sentence = (f"{answers}: either it does not know the check's Host header, which is the task's own address, "
                    f"or it "
                "does not understand the request: see what its log says about it")  # fmt: skip
        fix = (run("ecsctl logs"), repair("let the app take any Host on its health path", facts), other)
        return Cause(
            "health-path",
            sentence,
            (found, *facts.tail(3)),
            fix,
            Certainty.POSSIBLE,
            either=("health-host", "health-path"),
        )
    what = {404: "there is no such page", 401: "it asks for a login",
        403: "it refuses, as without a login or for a Host it does not know",
            405: "it takes no GET there"}.get(code,
            "it redirects" if 300 <= code < 400 else "and only 200 counts")  # fmt: skip
    return Cause(
        "health-path",
        f"{answers}: {what}",
        (found,),
        (other, repair("let the app answer 200 there", facts)),
        Certainty.LIKELY,
    )


def _called(facts: Facts, path: str, code: int, found: Evidence) -> Cause:
    """A gRPC server answers with an unexpected code."""
    name = GRPC[code] if code < len(GRPC) else "a code of its own"
    expected = facts.target_group.get("Matcher", {}).get("GrpcCode", "12")
    sentence = f"the app answers its health check {path} with gRPC's {code} ({name}), and only {expected} counts"
    what = "know the method" if name == "UNIMPLEMENTED" else "answer so"
    fix = (change("service.health_path", "to a method that it has"), change("service.health.codes", f'= "{code}"'),
           repair(f"let the app {what}", facts))  # fmt: skip
    return Cause("health-path", sentence, (found, *facts.tail(3)), fix, Certainty.LIKELY)


def no_answer(facts: Facts) -> Cause | None:
    """The health check gets no answer: wrong port or address, or too slow a start. The log often says which."""
    found = _silent(facts)
    if found is None or _code(facts) or _closed(facts) or _held_back(facts) or network_acl(facts):
        return None
    timeout = contains(found.text, "timed out")
    later = change("service.health_check_grace_seconds", "to more")
    if slow := _late(facts):
        sentence = f"the app takes longer to start than its grace period of {_grace(facts)} seconds"
        return Cause("slow-start", sentence, (found, slow), (later,), Certainty.LIKELY)
    if hit := listening(facts, facts.port):
        host, port, line = hit
        if host in LOOPBACK and port == facts.port:
            sentence = f"the app listens on {host} only, where the load balancer cannot reach it"
            return Cause(
                "loopback", sentence, (found, line), (repair("let the app listen on 0.0.0.0", facts),), Certainty.LIKELY
            )
        sentence = f"the app listens on port {port}, and the load balancer asks on port {facts.port}"
        fix: tuple[Fix, ...] = (
            change("service.port", f"= {port}"),
            repair(f"let the app listen on port {facts.port}", facts),
        )
        if host in LOOPBACK:
            sentence += f"; it also listens on {host} only, where the load balancer cannot reach it"
            fix = (repair(f"let the app listen on 0.0.0.0:{facts.port}", facts),)
        return Cause("port", sentence, (found, line), fix, Certainty.LIKELY)
    read = run("ecsctl logs", "which port it listens on, and when")
    port_or_later: tuple[Fix, ...] = (read, change("service.port", "to the port it listens on"), later)
    if timeout:
        sentence = (f"the health check on port {facts.port} gets no answer in time: either the app is too busy or too "
                f"slow to answer, or "
                "something between it and the load balancer drops the packets: check the app's own log of "
                "requests: if the health check is in it, the app is slow")  # fmt: skip
        either = ("slow-answer", "network-acl") if facts.groups else ("slow-answer", "security-group")
        return Cause("no-answer", sentence, (found, *facts.tail(2)), port_or_later, Certainty.LIKELY, either=either)
    ready = _last(facts.tail(50), READY)
    sentence = (
        f"nothing answers on port {facts.port}: either the app listens elsewhere or on 127.0.0.1, or it takes longer "
        f"to "
        f"start than its grace period of {_grace(facts)} seconds: check when and where it says that it listens"
    )
    if (version := facts.target_group.get("ProtocolVersion", "HTTP1")) != "HTTP1":
        sentence += f"; or it does not speak {'gRPC' if version == 'GRPC' else 'HTTP/2'} without TLS (service.protocol)"
    if any(re.search(OWN_NAME, one.text) for one in facts.tail(50)):
        sentence += (
            "; or it listens on what HOSTNAME is: by its log that is the task's own name, which Fargate sets it to"
        )
        everywhere = change("service.environment", 'to what it is, and HOSTNAME = "0.0.0.0"')
        port_or_later = (read, everywhere, *port_or_later[1:])
    observed = (found, ready) if ready else (found, *facts.tail(2))
    return Cause("no-answer", sentence, observed, port_or_later, Certainty.LIKELY, either=("port", "slow-start"))


def network_acl(facts: Facts) -> Cause | None:
    """A network ACL between the load balancer and the tasks."""
    found = _silent(facts)
    return shut_by_acl(found, facts, facts.balancer_subnets) if found and not _code(facts) else None


def not_in_use(facts: Facts) -> Cause | None:
    """No listener forwards to the target group, or the load balancer is not in the task's zone."""
    for one in _targets(facts):
        if contains(one.text, "not configured to receive traffic", "Availability Zone that is not enabled"):
            return Cause("not-in-use", f"the load balancer sends nothing to the tasks: {one.text}", (one,), (up(),))
    return None


def _targets(facts: Facts) -> list[Evidence]:
    """Return the load balancer's reasons for targets that it does not use."""
    found = []
    for one in facts.targets:
        health = one["TargetHealth"]
        if health["State"] in ("unhealthy", "unused", "unavailable"):
            text = " ".join(filter(None, (health.get("Reason"), health.get("Description"))))
            found.append(Evidence(f"target {one['Target']['Id']}", text))
    return found


def _health(facts: Facts) -> list[Evidence]:
    """Return all reasons for failing health checks: the load balancer's, then those of ECS, the vaguest last."""
    found: list[Evidence] = [
        one for one in facts.reasons if one.place == Place.HEALTH and not contains(one.text, "container health")
    ]
    found.sort(key=lambda one: "is unhealthy in" not in one.text)
    return [*_targets(facts), *found]


def _code(facts: Facts) -> tuple[int, Evidence] | None:
    """Return the code of the app's answer."""
    for one in _health(facts):
        if found := CODES.search(one.text):
            return int(found[1]), one
    return None


def _silent(facts: Facts) -> Evidence | None:
    """Return the most specific reason that says the check got no answer."""
    checks = _health(facts)
    for phrases in (("timed out",), ("Health checks failed", "FailedHealthChecks", "ELB health checks in")):
        if found := next((one for one in checks if contains(one.text, *phrases) and not CODES.search(one.text)), None):
            return found
    return None


def _closed(facts: Facts) -> Evidence | None:
    """Return evidence that no rule allows the load balancer on the app's port; None if one does, or none was read."""
    if not facts.groups or not facts.port or _allows(facts.groups, "IpPermissions", facts.balancer_groups, facts.port):
        return None
    names = ", ".join(group["GroupId"] for group in facts.groups)
    wanted = ", ".join(facts.balancer_groups) or "anybody"
    return Evidence(f"security group {names}", f"no rule lets {wanted} in on port {facts.port}")


def _held_back(facts: Facts) -> Evidence | None:
    """Return evidence that no rule lets the load balancer out to the tasks; None if one does, or none was read."""
    own = [group["GroupId"] for group in facts.groups]
    if not facts.balancer_rules or not own or not facts.port:
        return None
    if _allows(facts.balancer_rules, "IpPermissionsEgress", own, facts.port):
        return None
    names = ", ".join(facts.balancer_groups)
    return Evidence(f"security group {names}", f"no rule lets the load balancer out to {', '.join(own)} on port "
                    f"{facts.port}")  # fmt: skip


def _allows(groups: Iterable[Answer], direction: str, peers: Iterable[str], port: int) -> bool:
    """Whether a rule of one of the groups is for the port, and for one of the peers or for some addresses."""
    for rule in (rule for group in groups for rule in group.get(direction, ())):
        low, high = rule.get("FromPort", 0), rule.get("ToPort", 65535)
        fits = rule.get("IpProtocol") == "-1" or (rule.get("IpProtocol") in ("tcp", "6") and low <= port <= high)
        named = {pair.get("GroupId") for pair in rule.get("UserIdGroupPairs", ())} & {*peers}
        if fits and (named or rule.get("IpRanges") or rule.get("Ipv6Ranges") or rule.get("PrefixListIds")):
            return True
    return False


def listening(facts: Facts, asked: int) -> tuple[str, int, Evidence] | None:
    """Return where the log says the app listens, if that is not `asked`. Lines about other servers are ignored."""
    found = []
    for line in facts.tail(50):
        word = None if OTHERS.search(line.text) else SERVES.search(line.text)
        if word and (hit := ADDRESS.search(line.text, word.end() - 1)):
            found.append((hit[1] or "", int(next(filter(None, hit.groups()[1:]))), line))
    if any(port == asked and host not in LOOPBACK for host, port, _ in found):
        return None
    # The right port on a loopback address is the best evidence; then, for a single port, a non-loopback address.
    found.sort(key=lambda one: (one[1] != asked, one[0] in LOOPBACK))
    return found[0] if found else None


def _last(lines: Iterable[Evidence], pattern: str) -> Evidence | None:
    return next((one for one in reversed([*lines]) if re.search(pattern, one.text, re.IGNORECASE)), None)


def _grace(facts: Facts) -> int:
    return int((facts.service or {}).get("healthCheckGracePeriodSeconds") or 0)


def _late(facts: Facts) -> Evidence | None:
    """Return the line that says the app is ready, if that was after its grace period."""
    started = facts.failed[0].get("startedAt") if facts.failed else None
    if not isinstance(started, datetime):
        return None
    for line in facts.log:
        at = moment(line.get("timestamp"))
        if at and re.search(READY, line["message"], re.IGNORECASE) and at > started + timedelta(seconds=_grace(facts)):
            return Evidence("log", f"{(at - started).seconds} seconds after its start: {line['message'].rstrip()}", at)
    return None


CHECKS: tuple[Check, ...] = (security_group, network_acl, health_answer, no_answer, not_in_use)
