"""All that is found out about the image of a repository, put together: what is built, and how it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from ecsctl.discovery import (
    absent,
    build_context,
    choosing,
    compose,
    dockerfile,
    evidence,
    frameworks,
    health,
    hosts,
    machine,
    needs,
    port_hints,
    ports,
    reach,
    refusals,
    running,
    selection,
    stores,
)
from ecsctl.discovery.compose import Service
from ecsctl.discovery.dockerfile import Dockerfile, Stage
from ecsctl.discovery.health import Health
from ecsctl.discovery.hosts import Host
from ecsctl.discovery.needs import Need, Process
from ecsctl.discovery.port_hints import Port
from ecsctl.discovery.selection import Ask
from ecsctl.discovery.started import Text, started
from ecsctl.discovery.tree import Tree

NO_DOCKERFILE = "there is no Dockerfile here"
USUAL = 8080
"""The port for an app that listens wherever $PORT says."""
_OF_GRPC = (
    '50051 is the usual port of gRPC: if the app speaks that, protocol = "grpc" in [service], which needs a [domain]'
)
GRPC = 50051
"""The port of gRPC's own tutorials, on which most of its servers listen."""


@dataclass(frozen=True)
class Image:
    """What is built and how it runs. Paths are from the repository's root."""

    dockerfile: str
    context: str
    target: str = ""
    port: int | None = None
    path: str = "/"  # of the health check
    codes: str = ""  # that are an answer there; empty: the default will do
    architecture: str = ""  # empty: the default will do
    size: tuple[int, int] = (0, 0)  # CPU units and MiB; zeros: the defaults will do
    environment: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()  # empty: the image's own
    arguments: tuple[tuple[str, str], ...] = ()  # of the build
    lacking: tuple[str, ...] = ()  # arguments of the build that nothing names
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()  # those of the notes that a person has to decide, or to do something about
    needs: tuple[Need, ...] = ()
    init: bool = False  # whether an init process is to come first
    processes: tuple[Process, ...] = ()  # other commands of the same image

    @property
    def values(self) -> dict[str, Any]:
        """What ecsctl.toml says of it."""
        build: dict[str, Any] = {"context": self.context, "dockerfile": self.dockerfile}
        service: dict[str, Any] = {"health_path": self.path} if self.port or self.path != "/" else {}
        if self.codes:
            service = {"health": {"path": self.path, "codes": self.codes}}
        if self.target:
            build["target"] = self.target
        if self.arguments:
            build["args"] = dict(self.arguments)
        if self.command:
            service["command"] = list(self.command)
        if self.port:
            service["port"] = self.port
        if self.architecture:
            service["architecture"] = self.architecture
        if self.size[0]:
            service |= {"cpu": self.size[0], "memory": self.size[1]}
        if self.init:
            service["init_process"] = True
        if self.environment:
            service["environment"] = dict(self.environment)
        return {"build": build, "service": service}


def observed(
    tree: Tree, here: str = ".", *, ask: Ask | None = None, dockerfile: str = "", called: str = ""
) -> Image | None:
    """The image of a repository, from the current folder's point of view; None without a Dockerfile.

    `called` is the repository's name, where that may be another than its folder's. Raises UsageError if `dockerfile`
    is none.
    """
    services = compose.services(tree)
    path, notes, doubts = selection.dockerfile(tree, here, ask, dockerfile, services)
    if not path:
        return None
    read = _parsed(tree, path)
    built = [one for one in services if one.dockerfile == path]
    target, why = choosing.target(
        read,
        [one.target for one in built if one.ports],
        {one.rpartition("/")[2].lower() for one in (called, tree.root.name)},
        {one.target for one in built if not one.trial},
    )
    stage = read.stage(target)
    assert stage is not None  # noqa: S101 - no other is among the Dockerfiles
    place = build_context.context(tree, path, read, services)
    notes.append(f"the image is built from {path} in {_named(place.folder)}{place.why and ': '}{place.why}")
    if target:
        notes.append(why)
    doubts += choosing.for_development(read.stage(), target)
    doubts += [*choosing.by_variable(read, stage, built), *choosing.half(read, stage, built)]
    doubts += absent.missing_notes(tree, path, read, place)
    names = {called, tree.root.name} if place.folder == "." else {place.folder}
    names |= {called.partition("/")[0]} if called.endswith("/docker") else set()  # as anonaddy/docker has its image
    ours = running.services_of(services, path, names, called.rpartition("/")[0], stage)
    command = running.command(
        read, stage, [one for one in ours if one.dockerfile == path or not _rivals(tree, path, read)], doubts
    )
    notes += running.unlike(read, stage, ours)
    said = hosts.of(tree, path, place.folder)
    if not command or (ours and (ours[0].mounts or running.for_developers(" ".join(command)))):
        hosted, lacks = running.hosted(tree, read, stage, said, doubts)
        command = hosted or command
        doubts += [lacks] if lacks and not command else []
    arguments, lacking = absent.arguments(read, ours)
    if lacking:
        notes.append(f"{path} needs {' and '.join(lacking)}, for which it has no default: set it in [build.args]")
    doubts += absent.unsure(read, arguments, lacking, ours)
    bare = [name.rpartition("/")[2] for name in (called, tree.root.name) if name]
    if (
        any(one.mounts for one in ours)
        and not absent.fetches(read, bare)
        and not build_context.holds_sources(tree, read, place)
    ):
        doubts.append(f"no COPY of {path} brings the repository's sources into the image, and {ours[0].where} mounts "
                      "a folder in it: it may be made for development")  # fmt: skip
    texts = started(tree, place.folder, " ".join([read.command(stage), *command]))
    doubts += _starting(tree, path, read, stage, place.folder, command, texts, ours)
    doubts += stores.by_name(texts, services)
    port, checked, environment = _listening(
        tree, place.folder, path, read, stage, ours, said, texts, ask, notes, doubts
    )
    initial = bool(ours) and ours[0].init and ours[0].runs(stage.name)
    if initial:
        notes.append(f"an init process runs first in the container, as in {ours[0].where}")
    for name, value, why in frameworks.given(tree, place.folder, ours, texts, read.environment(stage)):
        if name not in dict(environment):
            environment += ((name, value),)
            notes.append(f"[service.environment] sets {name}: {why}")
    cpu, memory, large = machine.size(tree, place.folder, read, stage, ours, said)
    if cpu:
        notes.append(f"the task has {memory} MiB, more than the default: {large}")
    bound = machine.bound(read, stage)
    if bound:
        notes.append(f"the processor is X86_64: {bound}")
    return Image(
        dockerfile=path,
        context=place.folder,
        target=target,
        port=port,
        path=checked.path,
        codes="200-399" if port and (checked.leads or (checked.redirects and checked.path == "/")) else "",
        architecture="X86_64" if bound else "",
        size=(cpu, memory),
        environment=environment,
        command=command,
        arguments=tuple(arguments.items()),
        lacking=lacking,
        notes=(*notes, *doubts),
        doubts=tuple(doubts),
        needs=needs.listed(
            tree,
            place.folder,
            services,
            ours,
            read.volumes(stage),
            {*read.environment(stage), *dict(environment)},
            path,
            port,
            said,
        ),
        init=initial,
        processes=needs.processes(tree, services, ours, said) or _alone(read, stage, path, port),
    )


def _starting(
    tree: Tree, path: str, read: Dockerfile, stage: Stage, context: str, command: Sequence[str], texts: Sequence[Text],
    services: Sequence[Service],
) -> Iterator[str]:  # fmt: skip
    """Sentences where what the container starts will not serve, or only those who write it."""
    if choosing.template(tree, path):
        yield choosing.IS_TEMPLATE.format(path)
    if absent.speaks_fastcgi(read, stage):
        yield "PHP-FPM speaks FastCGI, which no load balancer does: the image needs a web server too"
    if for_developers := running.for_developers(running.said(tree, texts)):
        yield for_developers
    if not command:
        yield from running.helps(tree, context, read, stage, texts)
    yield from running.speaks_elsewhere(tree, context, texts[0].text, read.environment(stage))
    yield from absent.unread(stage, texts[0].text)
    yield from absent.mounted(tree, stage, services)
    yield from absent.unbuilt(tree, read, context, texts)
    if not command:
        yield from reach.unexpanded(stage)
    yield from reach.unstartable(tree, context, read, stage)
    yield from reach.secrets(machine.used(read, stage))


def _parsed(tree: Tree, path: str) -> Dockerfile:
    return dockerfile.parse(tree.read(path))


def _alone(read: Dockerfile, stage: Stage, path: str, port: int | None) -> tuple[Process, ...]:
    """What the image starts, as a worker, for an app that serves no requests."""
    return (Process("worker", "", path),) if read.command(stage) and not port else ()


def _rivals(tree: Tree, path: str, read: Dockerfile) -> bool:
    """Whether another Dockerfile beside this one may be what an image of the folder's name was built from.

    One that starts the same is none: what the image is run with holds for both.
    """
    folder, own = str(PurePosixPath(path).parent), read.stage()
    for one in choosing.dockerfiles(tree):
        if one != path and choosing.likely(one) and str(PurePosixPath(one).parent) == folder:
            other = _parsed(tree, one)
            last = other.stage()
            if not own or not last or other.parts(last) != read.parts(own):
                return True
    return False


def _listening(
    tree: Tree, context: str, path: str, read: Dockerfile, stage: Stage, services: Sequence[Service],
    said: Sequence[Host], texts: Sequence[Text], ask: Ask | None, notes: list[str], doubts: list[str],
) -> tuple[int | None, Health, tuple[tuple[str, str], ...]]:  # fmt: skip
    """The port, the health check and the variables that the app finds both by. What they rest on goes to the notes."""
    paths = health.proposals(tree, context, path, read, stage, services, texts, said)
    asked = [(one.port, one.source) for one in paths if one.port]
    anywhere = ports.wants_variable(read, stage, texts)
    found = ports.named(tree, context, read, stage, texts, services, asked, said, anywhere=anywhere)
    exposed = ports.exposed(read, stage)
    if exposed and set(exposed) <= ports.PROTOCOLS.keys():
        listed = ", ".join(f"{number}, of {ports.PROTOCOLS[number]}" for number in exposed)
        doubts.append(f"EXPOSE of the Dockerfile names {listed}: no Application Load Balancer forwards that")
        found = ()
    environment: tuple[tuple[str, str], ...] = ()
    port = _taken(found, ask, notes, doubts)
    odd = ports.contrary(tree, context, read, stage)
    doubts += refusals.by_tls([read.last(stage, "HEALTHCHECK"), *(one.health for one in services[:1])], port or 0)
    doubts += [odd] if odd else evidence.of_port(found, port) if port and not ask else []
    if port and not anywhere:
        environment, why = _of_port(tree, context, found[0], port, services, texts, read.environment(stage))
        notes += why
    foreign = needs.others(tree, path) if context == "." else ()
    if not any(one.binds for one in services[:1]):
        doubts += reach.alone(tree, context, texts, read.environment(stage), foreign)
    doubts += [*stores.fixed(tree, context, foreign), *reach.forbidden(read, stage, port or 0)]
    # An app that nothing gives a port takes the one that its platform gives it.
    reads = None if anywhere or found or exposed else ports.read_from_environment(tree, context)
    if reads:
        port, anywhere = reads[0] or None, True
        notes.append(f"{reads[1]} reads the port from its environment")
    if anywhere:
        port = port or USUAL
        environment = (("PORT", str(port)),)
        notes.append(f"the app listens on $PORT, which [service.environment] sets to {port}")
    elif not found:
        port = _asked(ask)
        if port is None:
            doubts.append("nothing names the port that the app listens on: 8000 is a guess, see [service]. If "
                         "it serves no requests, as a bot or a worker: web = false")  # fmt: skip
            if unset := reach.unset(read, stage):
                doubts.append(f"EXPOSE of the Dockerfile names {unset}, which has no value: set it in [build.args]")
    notes += [_OF_GRPC] if port == GRPC else []
    opened = any(one.any_host for one in services[:1])
    return port, _checked(tree, context, port, paths, notes, doubts, foreign, opened), environment


def _taken(found: Sequence[Port], ask: Ask | None, notes: list[str], doubts: list[str]) -> int | None:
    """The likeliest of the ports that something names, None if nothing does. What it rests on goes to the notes."""
    if not found:
        return None
    port, source = found[0].number, found[0].source
    several = [str(one.number) for one in ports.choices(found)]
    if len(several) > 1 and ask:
        port, source = int(ask("Several ports are exposed. Which one serves the app?", several)), "chosen"
    notes.append(f"port {port}: {source}")
    if torn := ports.torn(found, asked=bool(ask)):
        doubts.append(f"nothing says which of the ports {', '.join(map(str, torn))} serves the app: {port} is a guess")
    others = {one.number: one.source for one in found if one.number != port and not one.source.startswith("what ")}
    if others:
        notes.append("other ports: " + ", ".join(f"{number} ({said})" for number, said in others.items()))
    return port


def _asked(ask: Ask | None) -> int | None:
    answer = ask("Nothing names the port that the app listens on. Which one is it?", []) if ask else ""
    return int(answer) if answer.isascii() and answer.isdigit() and 0 < int(answer) < 65536 else None


def _of_port(
    tree: Tree, context: str, found: Port, port: int, services: Sequence[Service], texts: Sequence[Text],
    known: Mapping[str, str],
) -> tuple[tuple[tuple[str, str], ...], list[str]]:  # fmt: skip
    """The variables in which an app finds its port, where nothing else says which one it is; and a sentence on them."""
    given = [pair for one in services[:1] for pair in one.listens if pair[1].endswith(str(port))]
    if given := [(name, value) for name, value in given if known.get(name) != value]:
        listed = ", ".join(name for name, _ in given)
        return tuple(given), [f"the app finds its port in {listed}, which {services[0].where} sets to {given[0][1]}"]
    if name := _reading(tree, context, found, port, texts, known):
        return ((name, str(port)),), [f"the app finds its port in {name}, which [service.environment] sets to {port}"]
    return (), []


def _reading(tree: Tree, context: str, found: Port, port: int, texts: Sequence[Text], known: Mapping[str, str]) -> str:
    """The variable in which the app finds its port, if nothing but that says which one it is; else empty."""
    if ports.unbound(texts, known):  # without it on its own machine alone (Gunicorn, "bind")
        return "PORT"
    if name := running.demanded(tree, context, texts, known):
        return name
    of_file = [(name, number) for name, number, source in port_hints.examples(tree, context) if source == found.source]
    return of_file[0][0] if of_file and of_file[0][1] == port else ""


def _checked(
    tree: Tree, context: str, port: int | None, paths: Sequence[Health], notes: list[str], doubts: list[str],
    foreign: Sequence[str], opened: bool,
) -> Health:  # fmt: skip
    """The health check of an app on a port. What it rests on goes to the notes."""
    fitting = [one for one in paths if not one.port or one.port == port]
    checked = fitting[0] if fitting else Health("/", "nothing names another", redirects=True)
    if fitting or not port:
        notes.append(f"health path {checked.path}: {checked.source}")
    if not fitting:
        doubts += [f"{one.source} asks {one.path} on port {one.port}, and the load balancer asks on {port}"
                   for one in paths[:1] if port and one.sure]  # fmt: skip
        if port:
            doubts.append(
                "no path for the health check was found: / is a guess, and codes from 200 to 399 count as healthy"
            )
        if listed := health.listed(tree, context):
            doubts.append(f"paths that its sources name, and that may be better: {listed}")
    if not port or not fitting:
        doubts += refusals.strangers(tree, context, opened) if port else []
        return checked
    if proposal := evidence.of_path(tree, context, checked, fitting, foreign):
        doubts.append(proposal)
        checked = replace(checked, leads=True)
    if leads := refusals.led_to_tls(tree, context):
        notes.append(f"{leads} redirects HTTP to HTTPS, the load balancer's check too: the redirect counts as healthy")
        checked = replace(checked, leads=True)
    doubts += refusals.strangers(tree, context, opened)
    return checked


def _named(folder: str) -> str:
    return "the repository's root" if folder == "." else folder
