"""The other processes of an app's image: workers, and what runs at each release."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.needs import stores

WORKS = re.compile(r"worker|sidekiq|celery|\bqueue\b|resque|\brq\b|jobs?\b|scheduler|\bbeat\b|consumer|cron|horizon")
MIGRATES = re.compile(r"migrat|db:(?:prepare|setup|deploy)|alembic|prestart|seed|schema:load|flyway|liquibase")
_SHELL = re.compile(r"[$`|&;<>*?~]|^\w+=")
"""Shell syntax: a command with it is run by a shell."""
_ONCE = re.compile(r"\b(?:rails|rake|artisan|manage\.py)\s+(?:\w+:clear|db:\w+|console|c|shell|test)\b")
"""Commands that people run by hand."""
_WORKER = re.compile(r"\b(?:sidekiq|good_job|resque|delayed_job|celery\b[^|&;]*\b(?:worker|beat))\b")
_SERVES = re.compile(
    r"\b(?:uvicorn|gunicorn|hypercorn|daphne|granian|puma|unicorn|rails\s+s(?:erver)?|(?:next|nuxt)\s+start|runserver|fastapi\s+run|"
    r"artisan\s+(?:serve|octane))\b"
)
"""Web servers, which are not workers whatever the service is called."""
_BUILDS = re.compile(
    r"\b(?:webpack\w*|shakapacker-dev-server|bundle install|(?:yarn|npm)\s+(?:run\s+)?build|vite|esbuild"
    r"|[\w-]+:watch)\b"
)
"""What only builds files for developers."""
_TAKEN = ("app", "release", "run", "web")


@dataclass(frozen=True)
class Process:
    """Another command of the same image: a worker, or what runs at each release (then `name` is empty)."""

    name: str
    command: str
    where: str

    @property
    def words(self) -> list[str]:
        """The command as a list of words, run by a shell if it has shell syntax. Empty for the image's own command."""
        if not self.command:
            return []
        try:
            words = shlex.split(self.command)
        except ValueError:
            words = []
        if len(words) == 3 and words[1] == "-c" and words[0].rpartition("/")[2] in ("sh", "bash", "ash"):
            return words
        return words if words and not _SHELL.search(self.command) else ["sh", "-c", self.command]


def of(
    tree: Tree, services: Sequence[Service], app: Sequence[Service], platforms: Sequence[Host] = ()
) -> tuple[Process, ...]:
    """The other processes of the image: from a Procfile, other platforms' files and compose files, each name once."""
    found: dict[str, Process] = {}
    others = [Process(_name(name), command, one.file) for one in platforms for name, command in one.commands]
    others += [Process("", one.release, one.file) for one in platforms if one.release]
    for one in (*_of_procfile(tree), *others, *_of_compose(services, app)):
        program = _WORKER.search(one.command)
        if not (program and one.name and any(program[0] in other.command for other in found.values()
                                             if other.where != one.where)):  # fmt: skip
            found.setdefault(one.name, one)
    return tuple(found.values())


def _of_procfile(tree: Tree) -> Iterator[Process]:
    for path in [one for one in tree.named("Procfile") if "/" not in one][:1]:
        for name, command in re.findall(r"(?m)^[ \t]*([\w-]+)\s*:\s*(\S.*)$", tree.read(path)):
            if name == "release":
                yield Process("", command.strip(), path)
            elif (
                name not in ("web", "rails")
                and not _BUILDS.search(command)
                and not stores.kind_of_server(command)[0]
                and not _ONCE.search(command)
            ):
                yield Process(_name(name), command.strip(), path)


def _of_compose(services: Sequence[Service], app: Sequence[Service]) -> Iterator[Process]:
    built = {service.dockerfile for service in app if service.dockerfile}
    pushed = {service.image for service in app if service.image and not service.dockerfile}
    for service in services:
        words = f"{service.name} {service.command}"
        if has_other_image(service, app):
            continue
        if service.command and (service.dockerfile in built or (not service.dockerfile and service.image in pushed)):
            if MIGRATES.search(words):
                if command := _until_migrated(service.command):
                    yield Process("", command, service.where)
            elif (
                WORKS.search(words)
                and not _SERVES.search(service.command)
                and not _BUILDS.search(service.command)
                and not (service in app[:1] and service.ports)
            ):
                yield Process(_name(service.name), f"{service.entrypoint} {service.command}".strip(), service.where)


def has_other_image(service: Service, app: Sequence[Service]) -> bool:
    """Whether a service has another image: the app's Dockerfile with other arguments or another stage."""
    own = next((one for one in app if one.dockerfile), None)
    if own is None or service.dockerfile != own.dockerfile:
        return False
    given, others = dict(own.arguments), dict(service.arguments)
    return service.target != own.target or any(given.get(name) != value for name, value in others.items())


def _until_migrated(command: str) -> str:
    """A command up to its last migration, without the server that it starts then; empty for a script without one."""
    shell = re.fullmatch(r"(?:/\S+/)?(?:sh|bash|ash)\s+-\w*c\s+(['\"])(.*)\1", command.strip(), re.DOTALL)
    parts = re.split(r"\s*(?:&&|;)\s*", (shell[2] if shell else command).strip())
    last = max((n for n, part in enumerate(parts) if MIGRATES.search(part)), default=-1)
    if last in (-1, len(parts) - 1):
        return command if last >= 0 or not _SHELL.search(command) else ""
    return " && ".join(parts[: last + 1])


def _name(name: str) -> str:
    """A name that [workers.NAME] accepts (ecsctl.config.tables.texts, ProcessName)."""
    bare = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:20].strip("-")
    return bare if re.match("[a-z]", bare) and bare not in _TAKEN else f"worker-{bare}"[:20].strip("-")
