"""The port that an app listens on, its health check, and the variables that tell it its port."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ecsctl.discovery import running
from ecsctl.discovery.apps.selection import Ask
from ecsctl.discovery.files import settings
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.needs import listing as needs
from ecsctl.discovery.needs import refusals, stores, workers
from ecsctl.discovery.serving import evidence, health, port_hints, ports, reach, servers
from ecsctl.discovery.serving.checks import Health
from ecsctl.discovery.serving.port_hints import Port

USUAL = 8080
"""The port for an app that takes it from $PORT."""
GRPC = 50051
"""The port in gRPC's tutorials, which most gRPC servers use."""
_OF_GRPC = (
    '50051 is the usual port of gRPC: if the app speaks that, protocol = "grpc" in [service], which needs a [domain]'
)


@dataclass(frozen=True)
class Listening:
    """How requests reach an app. No port: either it serves none (`web` is False), or the user has to set one."""

    port: int | None
    health: Health
    environment: tuple[tuple[str, str], ...]
    web: bool = True


def observed(
    tree: Tree, context: str, path: str, read: Dockerfile, stage: Stage, services: Sequence[Service],
    platforms: Sequence[Host], texts: Sequence[Text], ask: Ask | None, notes: list[str], doubts: list[str],
) -> Listening:  # fmt: skip
    """Finds the port and the health check. `notes` gets the source of both, `doubts` what the user should check."""
    paths = health.given(tree, context, path, read, stage, services, texts, platforms)
    apart = settings.of(tree, context).get("management.server.port", "")  # of Spring Boot's actuator
    paths = tuple(one for one in paths if one.port or not apart or not one.path.startswith("/actuator"))
    asked = [(one.port, one.source) for one in paths if one.port]
    anywhere = ports.wants_variable(read, stage, texts)
    foreign = needs.others(tree, path, context)
    found = ports.named(tree, context, read, stage, texts, services, asked, platforms, foreign, anywhere=anywhere)
    exposed = ports.exposed(read, stage)
    if exposed and set(exposed) <= ports.PROTOCOLS.keys():
        listed = ", ".join(f"{number}, of {ports.PROTOCOLS[number]}" for number in exposed)
        doubts.append(f"EXPOSE of the Dockerfile has {listed}: an Application Load Balancer does not forward that")
        found = ()
    doubts += ports.datagrams(read, stage, services)
    environment: tuple[tuple[str, str], ...] = ()
    port = _likeliest(found, ask, notes, doubts)
    odd = ports.contradiction(tree, context, read, stage)
    doubts += refusals.checked_by_tls(
        [read.last(stage, "HEALTHCHECK"), *(one.health for one in services[:1])], port or 0
    )
    doubts += [odd] if odd else evidence.of_port(found, port) if port and not ask else []
    doubts += ports.moved_elsewhere(tree, context, found, port)
    if port and not anywhere:
        environment, why = _of_port(tree, context, found[0], port, services, platforms, texts, read.environment(stage))
        notes += why
    if not any(one.binds for one in services[:1]) and not servers.has_proxy(tree, context, read, stage):
        doubts += [*reach.only_on_loopback(tree, context, texts, read.environment(stage), foreign)] or [
            *reach.by_default(tree, context, read.environment(stage), foreign)]  # fmt: skip
    doubts += [*stores.fixed(tree, context, foreign), *reach.forbidden_port(read, stage, port or 0)]
    # No port is configured anywhere: the app may expect its platform to set one.
    reads = None if anywhere or found or exposed else ports.read_from_environment(tree, context, foreign)
    if reads:
        port, anywhere = reads[0] or None, True
        notes.append(f"{reads[1]} reads the port from its environment")
    if anywhere:
        port = port or USUAL
        environment = (("PORT", str(port)),)
        notes.append(f"the app listens on $PORT, which [service.environment] sets to {port}")
    elif not found:
        elsewhere = exposed or any(one.ports for one in services[:1])
        if reason := "" if elsewhere else workers.reason(tree, context, stage.image, texts):
            notes.append(f"it serves no requests, so web = false: {reason}")
            return Listening(None, Health("/", ""), (), web=False)
        port = _asked(ask)
        if port is None:
            doubts.append("the port that the app listens on was not found: 8000 is a guess, see [service]. If the "
                         "app serves no requests, like a bot or a worker: web = false")  # fmt: skip
            if unset := reach.unset(read, stage):
                doubts.append(f"EXPOSE of the Dockerfile uses {unset}, which has no value: set it in [build.args]")
    notes += [_OF_GRPC] if port == GRPC else []
    opened = any(one.any_host for one in services[:1])
    if not _is_settled(paths, port):
        paths += health.routed(tree, context, path, read)
        paths += tuple(
            Health("/", f"the files that {one} serves") for one in servers.of_files(tree, context, read, stage)
        )
        if not any(not one.port or one.port == port for one in paths):
            paths += health.any_page(tree, context, path, read, stage)
    return Listening(port, _checked(tree, context, read, port, paths, notes, doubts, foreign, opened), environment)


def _is_settled(paths: Sequence[Health], port: int | None) -> bool:
    """Whether a path is certain already. Those of compose files are compared with the routes in the sources."""
    first = next((one for one in paths if not one.port or one.port == port), None)
    return first is not None and first.sure and not first.source.startswith("the healthcheck of")


def _likeliest(found: Sequence[Port], ask: Ask | None, notes: list[str], doubts: list[str]) -> int | None:
    """The likeliest port, with its source added to `notes`; None if there is no candidate."""
    if not found:
        return None
    port, source = found[0].number, found[0].source
    several = [str(one.number) for one in ports.choices(found)]
    if len(several) > 1 and ask:
        port, source = int(ask("Several ports are exposed. Which one serves the app?", several)), "chosen"
    notes.append(f"port {port}: {source}")
    if torn := ports.undecided(found, asked=bool(ask)):
        doubts.append(
            f"it is not known which of the ports {', '.join(map(str, torn))} serves the app: {port} is a guess"
        )
    others = {
        one.number: one.source
        for one in found
        if one.number != port and one.number not in ports.PROTOCOLS and not one.source.startswith("what ")
    }
    if others:
        notes.append("other ports: " + ", ".join(f"{number} ({said})" for number, said in others.items()))
    return port


def _asked(ask: Ask | None) -> int | None:
    """The port that the user enters; None if nobody can be asked, or the user does not know."""
    question = "The port that the app listens on was not found. Which one is it (Enter: not known)?"
    while ask and (answer := ask(question, [])):
        if answer.isascii() and answer.isdigit() and 0 < int(answer) < 65536:
            return int(answer)
        question = f"Expected a number from 1 to 65535, found {answer}. Which port is it (Enter: not known)?"
    return None


def _of_port(
    tree: Tree, context: str, found: Port, port: int, services: Sequence[Service], platforms: Sequence[Host],
    texts: Sequence[Text], known: Mapping[str, str],
) -> tuple[tuple[tuple[str, str], ...], list[str]]:  # fmt: skip
    """The variables that tell the app its port if it has no other way to know it, and a sentence about them."""
    given = [(pair, one.where) for one in services[:1] for pair in one.listens if pair[1].endswith(str(port))]
    given = given or [(pair, one.file) for one in platforms for pair in one.listens if pair[1] == str(port)][:1]
    if given := [(pair, where) for pair, where in given if known.get(pair[0]) != pair[1]]:
        listed, (first, where) = ", ".join(pair[0] for pair, _ in given), given[0]
        return tuple(pair for pair, _ in given), [
            f"the app reads its port from {listed}, which {where} sets to {first[1]}"
        ]
    if name := _reading(tree, context, found, port, texts, known):
        return ((name, str(port)),), [f"the app reads its port from {name}, which [service.environment] sets to {port}"]
    return (), []


def _reading(tree: Tree, context: str, found: Port, port: int, texts: Sequence[Text], known: Mapping[str, str]) -> str:
    """The variable that the app reads its port from; empty if the port is also set elsewhere."""
    if name := ports.unset(texts, known):
        return name
    if ports.is_unbound(texts, known):  # otherwise it listens on localhost only (Gunicorn, "bind")
        return "PORT"
    if name := running.port_variable(tree, context, texts, known):
        return name
    if match := re.fullmatch(r"\$\{([A-Z][A-Z0-9_]+)\}", settings.of(tree, context).get("server.port", "")):
        return str(match[1])
    of_file = [(name, number) for name, number, source in port_hints.examples(tree, context) if source == found.source]
    return of_file[0][0] if of_file and of_file[0][1] == port else ""


def _checked(
    tree: Tree, context: str, read: Dockerfile, port: int | None, paths: Sequence[Health], notes: list[str],
    doubts: list[str], foreign: Sequence[str], opened: bool,
) -> Health:  # fmt: skip
    """The health check on this port, with its source added to `notes`."""
    fitting = [one for one in paths if not one.port or one.port == port]
    checked = fitting[0] if fitting else Health("/", "no other was found", redirects=True)
    if fitting:
        notes.append(f"health path {checked.path}: {checked.source}")
    if not fitting:
        doubts += [f"{one.source} asks {one.path} on port {one.port}, but the load balancer checks {port}"
                   for one in paths[:1] if port and one.sure]  # fmt: skip
        if port:
            doubts.append(
                "no path for the health check was found: / is a guess, and codes from 200 to 399 count as healthy"
            )
        if listed := health.listed(tree, context, read):
            doubts.append(f"paths in the sources that may be better: {listed}")
    if not port or not fitting:
        doubts += refusals.allowed_hosts(tree, context, opened) if port else []
        return checked
    if proposal := evidence.of_path(tree, context, checked, fitting, foreign):
        doubts.append(proposal)
        checked = replace(checked, accepts_redirect=True)
    if leads := refusals.redirects_to_tls(tree, context):
        notes.append(f"{leads} redirects HTTP to HTTPS, the load balancer's check too: the redirect counts as healthy")
        checked = replace(checked, accepts_redirect=True)
    doubts += refusals.allowed_hosts(tree, context, opened)
    return checked
