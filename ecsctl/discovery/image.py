"""Everything that `init` finds out about a repository's image: what is built, and how it runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ecsctl.discovery import hub, listening, running
from ecsctl.discovery.apps import choosing, selection
from ecsctl.discovery.apps.selection import Ask
from ecsctl.discovery.files import build_context, compose, dockerfile, hosts, manifests
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.manifests import Container
from ecsctl.discovery.files.started import Text, started
from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.discovery.listening import Listening
from ecsctl.discovery.needs import absent, build_secrets, folders, machine, migrations, processes, stores
from ecsctl.discovery.needs import listing as needs
from ecsctl.discovery.needs.listing import PERHAPS, Need
from ecsctl.discovery.needs.processes import Process
from ecsctl.discovery.serving import frameworks, port_hints, reach

NO_DOCKERFILE = "there is no Dockerfile here"
_OF_ANY_TASK = ("architecture", "cpu", "memory", "environment")


@dataclass(frozen=True)
class Image:
    """What to build and how to run it. Paths are relative to the repository's root."""

    dockerfile: str
    context: str
    target: str = ""
    port: int | None = None
    path: str = "/"  # of the health check
    codes: str = ""  # HTTP codes that count as healthy; empty for the default
    architecture: str = ""  # empty for the default
    size: tuple[int, int] = (0, 0)  # CPU units and MiB; zeros for the defaults
    environment: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()  # empty for the image's own
    arguments: tuple[tuple[str, str], ...] = ()  # of the build
    lacking: tuple[str, ...] = ()  # build arguments that nothing sets
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()  # the notes that the user has to act on
    needs: tuple[Need, ...] = ()
    init: bool = False  # whether an init process runs as PID 1
    processes: tuple[Process, ...] = ()  # other commands to run with the same image
    web: bool = True  # False if it serves no requests and only runs `processes`

    @property
    def values(self) -> dict[str, Any]:
        """The values for ecsctl.toml."""
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
        if not self.web:
            service = {"web": False} | {name: service[name] for name in _OF_ANY_TASK if name in service}
        return {"build": build, "service": service}


def observed(
    tree: Tree, here: str = ".", *, ask: Ask | None = None, dockerfile: str = "", called: str = ""
) -> Image | None:
    """The image that a repository builds, as seen from the folder `here`; None without a Dockerfile.

    `called` is the repository's name if it may differ from its folder's. Raises UsageError if `dockerfile` names no
    Dockerfile.
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
        {one.target for one in built if not one.for_development},
    )
    stage = read.stage(target)
    assert stage is not None  # noqa: S101 - no other is among the Dockerfiles
    place = build_context.context(tree, path, read, services)
    notes.append(f"the image is built from {path} in {_named(place.folder)}{place.why and ': '}{place.why}")
    if target:
        notes.append(why)
    doubts += [
        *choosing.for_development(read.stage(), target),
        *choosing.by_variable(read, stage, built),
        *choosing.other_stages(read, stage),
        *choosing.served_beside(read, stage, built),
        *absent.missing_notes(tree, path, read, place),
    ]
    names = {called, tree.root.name} if place.folder == "." else {place.folder}
    names |= {called.partition("/")[0]} if called.endswith("/docker") else set()  # anonaddy/docker builds anonaddy
    ours = running.services_of(services, path, names, called.rpartition("/")[0], stage)
    notes += running.other_entry_point(read, stage, ours)
    platforms = hosts.of(tree, path, place.folder)
    pod = manifests.of(tree, place.folder, (*names, called))
    command = _command(tree, path, read, stage, ours, platforms, pod, doubts)
    arguments, lacking = absent.arguments(read, ours)
    if lacking:
        notes.append(f"{path} needs {' and '.join(lacking)}, for which it has no default: set it in [build.args]")
    doubts += [*absent.toggled(read), *absent.unsure(read, arguments, lacking, ours)]
    bare = [name.rpartition("/")[2] for name in (called, tree.root.name) if name]
    if (
        any(one.mounts for one in ours)
        and not absent.fetches(read, bare)
        and not build_context.copies_sources(tree, read, place)
    ):
        doubts.append(f"no COPY in {path} brings the repository's sources into the image, and {ours[0].where} mounts "
                      "a folder over it: the image may only be for development")  # fmt: skip
    notes += hub.warning(path, read, arguments)
    renamed = build_context.renamed(tree, read, stage, place.folder)
    texts = started(tree, place.folder, " ".join([read.command(stage), *command]), renamed)
    home = _home(tree, place.folder, read, stage, bare)
    doubts += [
        *_starting(tree, path, read, stage, place.folder, command, texts, ours),
        *stores.by_name(texts, services),
        *running.in_development(read.environment(stage)),
    ]
    answers = listening.observed(tree, home, path, read, stage, ours, platforms, texts, ask, notes, doubts)
    port, checked, environment = answers.port, answers.health, answers.environment
    if initial := bool(ours) and ours[0].init and ours[0].runs(stage.name):
        notes.append(f"an init process runs first in the container, as in {ours[0].where}")
    for name, value, why in frameworks.given(tree, home, ours, texts, read.environment(stage), pod):
        if name not in dict(environment):
            environment += ((name, value),)
            notes.append(f"[service.environment] sets {name}: {why}")
    cpu, memory, large = machine.size(tree, place.folder, read, stage, ours, platforms)
    if cpu:
        notes.append(f"the task has {memory} MiB, more than the default: {large}")
    if bound := machine.bound(read, stage):
        notes.append(f"the processor is X86_64: {bound}")
    others = processes.of(tree, services, ours, platforms)
    foreign = needs.others(tree, path, home)
    found = needs.listed(
        tree,
        home,
        services,
        ours,
        folders.of_image(read, stage) | folders.of_frameworks(tree, home, read, stage),
        {*read.environment(stage), *dict(environment), *absent.variables_set(tree, path, stage, place.folder)},
        path,
        port,
        platforms,
        texts,
    )
    return Image(
        dockerfile=path,
        context=place.folder,
        target=target,
        port=port,
        path=checked.path,
        codes="200-399" if port and (checked.accepts_redirect or (checked.redirects and checked.path == "/")) else "",
        architecture="X86_64" if bound else "",
        size=(cpu, memory),
        environment=environment,
        command=command,
        arguments=tuple(arguments.items()),
        lacking=lacking,
        notes=(*notes, *doubts),
        doubts=tuple(doubts),
        needs=_needs(
            found,
            [*migrations.switched(tree, home, {*read.environment(stage), *dict(environment)}, texts)]
            or migrations.unrun(tree, home, texts, [one.command for one in others], foreign),
        ),
        init=initial,
        web=answers.web,
        processes=_processes(others, command, read.command(stage), path, answers),
    )


def _command(
    tree: Tree, path: str, read: Dockerfile, stage: Stage, services: Sequence[Service], platforms: Sequence[Host],
    pod: Container | None, doubts: list[str],
) -> tuple[str, ...]:  # fmt: skip
    """The command for an image that has none, with its source added to `doubts`; empty if the image has one."""
    its = [one for one in services if one.dockerfile == path or not _has_rival(tree, path, read)]
    command = running.command(read, stage, its, doubts)
    if not command or (services and (services[0].mounts or running.for_developers(" ".join(command)))):
        hosted, lacks = running.hosted(tree, read, stage, platforms, doubts)
        command = hosted or command
        doubts += [lacks] if lacks and not command and not pod else []
    if pod and pod.arguments and not pod.command and not command and not read.parts(stage)[1]:
        doubts.append(f"the image has no command of its own; {pod.file} runs: {shlex.join(pod.arguments)}")
        return pod.arguments
    return command


def _starting(
    tree: Tree, path: str, read: Dockerfile, stage: Stage, context: str, command: Sequence[str], texts: Sequence[Text],
    services: Sequence[Service],
) -> Iterator[str]:  # fmt: skip
    """Sentences if what the container starts cannot serve requests, or is meant for development."""
    if choosing.is_template(tree, path):
        yield choosing.IS_TEMPLATE.format(path)
    if absent.speaks_fastcgi(read, stage, texts):
        yield "PHP-FPM speaks FastCGI, and a load balancer speaks HTTP: the image needs a web server too"
    if for_developers := running.for_developers(running.started_commands(tree, texts)):
        yield for_developers
    if not command:
        yield from running.without_subcommand(tree, context, read, stage, texts)
        yield from running.served_otherwise(read, stage, services)
    yield from running.speaks_elsewhere(tree, context, texts[0].text, read.environment(stage))
    yield from absent.unread(stage, texts[0].text)
    yield from reach.missing_on_fargate(services)
    yield from absent.mounted(tree, stage, services)
    yield from absent.unbuilt(tree, read, context, texts)
    yield from absent.uncopied(tree, read, stage, context)
    yield from absent.without_binstub(tree, read, context, texts[0].text)
    if not command:
        yield from reach.unexpanded(stage)
    yield from reach.unstartable(tree, context, read, stage)
    yield from build_secrets.notes(tree, context, path, read, machine.used(read, stage))


def _home(tree: Tree, context: str, read: Dockerfile, stage: Stage, names: Sequence[str]) -> str:
    """The folder with the app's sources: the build context, or the root if the image gets the app as a package.

    That is so if the context has no sources, and the build installs a package with one of these names, or is based on
    an image that has one.
    """
    if context == "." or any(not is_auxiliary(one) for one in tree.named(port_hints.SOURCE, context)):
        return context
    base = re.sub(r"[:@].*", "", stage.image).rpartition("/")[2]
    return "." if base in names or absent.fetches(read, names) else context


def _parsed(tree: Tree, path: str) -> Dockerfile:
    return dockerfile.parse(tree.read(path))


def _needs(found: Sequence[Need], unrun: Iterable[str]) -> tuple[Need, ...]:
    """The needs in order: migrations that nothing runs come before what may be for development only."""
    if any(one.kind == "migrations" for one in found):
        return tuple(found)
    last = [one for one in found if one.kind == PERHAPS]
    return (*(one for one in found if one not in last), *(Need("migrations", line) for line in unrun), *last)


def _processes(
    others: tuple[Process, ...], command: Sequence[str], own: str, path: str, answers: Listening
) -> tuple[Process, ...]:
    """The processes beside the web process; if the app may serve no requests, its own command is one of them."""
    alone = Process("worker", shlex.join(command), path)
    if answers.port or not (own or command) or (others and answers.web):
        return others
    same = any(one.name and one.command in (own, alone.command) for one in others)
    return others if same else (*others, alone)


def _has_rival(tree: Tree, path: str, read: Dockerfile) -> bool:
    """Whether another Dockerfile in the same folder could be the source of an image with the folder's name.

    One with the same entry point and command does not count: either would run the same way.
    """
    folder, own = str(PurePosixPath(path).parent), read.stage()
    for one in choosing.dockerfiles(tree):
        if one != path and choosing.is_likely(one) and str(PurePosixPath(one).parent) == folder:
            other = _parsed(tree, one)
            last = other.stage()
            if not own or not last or other.parts(last) != read.parts(own):
                return True
    return False


def _named(folder: str) -> str:
    return "the repository's root" if folder == "." else folder
