"""Several apps in one repository: which one to take, which ones call it, and which ones it calls.

This is taken from compose files. The backend comes first: the app that the others call and that uses a database, since
a frontend has nothing to show without it. Static pages never come before a server. If many services call each other,
nothing is concluded from it, and the one with a name such as "web" or "frontend" comes first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage, is_base_image
from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.needs import depends
from ecsctl.discovery.needs.stores import kind_of_image, kind_of_variable
from ecsctl.discovery.serving.port_hints import sources

_FILES_ALONE = re.compile(r"(?:.*/)?(?:nginx|caddy|httpd|static-web-server|nginx-unprivileged|lighttpd)(?:[:@].*)?")
"""Web servers that only serve files, unless the image starts something else."""
_PREVIEWS = re.compile(
    r"\b(?:vite|ng\s+serve|react-scripts\s+start|vue-cli-service\s+serve|http-server|staticfileserver|serve\s+-s)\b"
)


@dataclass(frozen=True)
class Relations:
    """How the apps that compose files build depend on each other. An app is identified by its Dockerfile."""

    callers: Mapping[str, tuple[str, ...]]  # the apps that depend on one, or have its address in a variable
    with_stores: frozenset[str]  # those that use a store
    alone: str = ""  # the one that the others depend on, if there is exactly one
    why: str = ""


def relations(tree: Tree, paths: Sequence[str], services: Sequence[Service]) -> Relations:
    """How the apps of some Dockerfiles depend on each other."""
    callers: dict[str, dict[str, None]] = {}
    with_stores: dict[str, None] = {}
    by_name = {(one.file, one.name): one for one in services}
    for one in services:
        if one.dockerfile not in paths:
            continue
        if any(kind_of_variable(name) for name in one.environment):
            with_stores[one.dockerfile] = None
        for name in one.calls:
            other = by_name.get((one.file, name))
            if other and kind_of_image(other.image):
                with_stores[one.dockerfile] = None
            elif other and other.dockerfile in paths and other.dockerfile != one.dockerfile:
                callers.setdefault(other.dockerfile, {})[one.dockerfile] = None
    for path in paths:
        folder = path.rpartition("/")[0]
        if folder and depends.of(tree, folder):
            with_stores[path] = None
    called = [one for one in paths if one in callers]
    of_callers = {path: tuple(found) for path, found in callers.items()}
    kept = [one for one in paths if one in with_stores]
    both = [one for one in called if one in with_stores]
    # Whether an app uses a store is only known of all if each has its sources beside its Dockerfile.
    if len(paths) > 1 and 2 * len(called) <= len(paths) + 1:  # else a mesh of services
        helped = [one for one in kept if any(one in callers[other] for other in called)] if not both else []
        for some, why in ((both, "it keeps data, and the others call it"), (helped, "it keeps data"),
                          (called, "the others call it"),
                          (kept, "it alone uses a store")):  # fmt: skip
            if len(some) == 1 and (
                some is not kept or all(sources(tree, path.rpartition("/")[0] or ".") for path in paths)
            ):
                return Relations(of_callers, frozenset(with_stores), some[0], why)
    return Relations(of_callers, frozenset(with_stores))


def serves_only_pages(read: Dockerfile, stage: Stage) -> bool:
    """Whether an image only serves static files, or runs a frontend's development server."""
    command = read.command(stage)
    own = any(word in ("CMD", "ENTRYPOINT") for word, _ in stage.instructions)
    serves_files = _FILES_ALONE.fullmatch(stage.image) and (not own or re.search(r"nginx|caddy|httpd", command))
    return bool(serves_files or _PREVIEWS.search(command) or (not command and is_base_image(stage.image)))


def neighbours(path: str, found: Relations, others: Collection[str], services: Sequence[Service]) -> list[str]:
    """Sentences on the apps that call this one and those that it calls: each is deployed by itself."""

    def listed(paths: Collection[str]) -> str:
        names = {one.dockerfile: one.name for one in reversed(services)}
        return ", ".join(f"{names.get(one, one)} ({one})" for one in paths)

    calls = [one for one in others if path in found.callers.get(one, ())]
    callers = [one for one in others if one in found.callers.get(path, ())]
    sentences = [f"it calls {listed(calls)}, which has to run too"] if calls else []
    verbs = "calls it, and is" if len(callers) == 1 else "call it, and are"
    return sentences + ([f"{listed(callers)} {verbs} deployed separately"] if callers else [])
