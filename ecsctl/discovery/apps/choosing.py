"""Which Dockerfile is the app's, and which stage of it to build."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from ecsctl.discovery.apps import found as apps
from ecsctl.discovery.files import dockerfile
from ecsctl.discovery.files.build_context import HOLDERS, context, folder_of
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within
from ecsctl.discovery.needs.stores import kind_of_image
from ecsctl.discovery.serving import port_hints

_NAMES = r"(?:[\w.-]+\.)?(?:docker|container)file|(?:docker|container)file[._-][\w.-]+"
_OTHERS = re.compile(r".*\.(?:dockerignore|md|txt|rst|j2|jinja2?|tmpl|tpl|template|erb|mustache|in|sh|ps1|ya?ml|json|"
                     r"orig|bak|map)", re.IGNORECASE)  # fmt: skip
# Development containers of editors, never the app.
_EDITORS = re.compile(
    r"(?:.*/)?(?:\.(?:devcontainer|codesandbox|gitpod|vscode|idea)(?:/.*|[._-]\w+)|gitpod[._-]\w+)", re.IGNORECASE
)
# Folders for development builds, and for the packages of Linux distributions.
_ASIDE = re.compile(
    r"(?:^|/)(?:[\w-]+[-_])?(?:local|dev(?:el(?:opment)?)?|debug|nightly|beta|packag(?:e|ing)/(?:deb(?:ian)?|rpm|arch|snap))/"
)
# Images beside the app: workers and jobs, and databases or proxies with the project's own settings.
_BESIDE = re.compile(
    r"(?:^|[/._-])(?:cli|workers?|celery|beat|crond?|scheduler|jobs?|\w*migrat\w*|seed\w*|load[-_]?(?:generator|tests?)|postgres\w*|mysql|mariadb|redis|"
    r"mock\w*|\w*emulator|\w*simulator|rabbitmq|mongo\w*|maildev|mail\w*|grafana|prometheus|alertmanager|loki|jaeger|otel[\w-]*|zipkin|nginx|traefik|proxy|backup|flower)(?:$|[/._-])",
    re.IGNORECASE,
)  # fmt: skip
_FOR_RELEASE = re.compile(r"(?:^|[._-])(?:prod(?:uction)?|release|deploy|final)(?:$|[._-])", re.IGNORECASE)
_NOT_RELEASED = re.compile(
    r"(?:^|[._-])(?:dev(?:el(?:opment)?|container)?|tests?|testing|integration|debug|local|ci|lint|base\d*|builder|build|docs?|"
    r"e2e|cypress|example|windows|nightly|bench(?:mark)?)(?:$|[._-])",
    re.IGNORECASE,
)
# Stages that others are built on. One that comes last and starts something is a final stage, whatever its name.
_PARTS = re.compile(r"base\d*|build(?:er)?", re.IGNORECASE)
_FRONT = re.compile(r"(?:^|[/._-])(?:web|www|app|site|server|production)(?:$|[/._-])", re.IGNORECASE)
# Which of many services is likely the main one.
_OPENED = re.compile(r"(?:^|[/._-])(?:back[_-]?end|api|front[_-]?end|gateway|ui|portal)(?:$|[/._-])", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{%|\{\{[\s-]*(?:cookiecutter|copier|project)")
IS_TEMPLATE = "{} is a template for a Dockerfile: run ecsctl init in the repository that is generated from it"
_VARIANT = re.compile(r"(?:^|[/._-])(?:gpu|cuda|rocm|fips|openshift|rootless)(?:$|[/._-])", re.IGNORECASE)
"""Variants for special machines or policies."""
_IDLE = re.compile(
    r"^\[?[\s\"]*(?:/bin/)?(?:ba)?sh[\s\"]*\]?$|\btail\b[\s\",]+-[fF][\s\",]+/dev/null|\bsleep\b[\s\",]+infinity"
)
"""Commands that only keep a container running, so that people can work in it."""
_RUNS = re.compile(
    r"prod(?:uction)?|release|runn?er|runtime|run|app|web|server|final|deploy|main|default", re.IGNORECASE
)
_OF_LAMBDA = re.compile(r"(?:^|/)(?:aws-)?lambda(?:/|:|$)", re.IGNORECASE)
"""AWS's images for functions, which serve no requests on a port ("Working with Lambda container images")."""


def dockerfiles(tree: Tree) -> tuple[str, ...]:
    """All Dockerfiles by any usual name, the likeliest first; vendored, test and development ones last."""
    return tuple(sorted(_all(tree), key=lambda path: _rank(tree, path)))


def _all(tree: Tree) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for path in tree.named(_NAMES):
        if _OTHERS.fullmatch(PurePosixPath(path).name) or _EDITORS.fullmatch(path):
            continue
        if not dockerfile.is_dockerfile(tree.read(path)):
            continue
        real = os.path.realpath(tree.root / path)  # a link and the file that it points to count once
        if real not in found or not (tree.root / path).is_symlink():
            found[real] = path
    return tuple(found.values())


def beside(paths: Sequence[str], folder: str) -> tuple[str, ...]:
    """The Dockerfiles in this folder, else those below it, else those in the nearest folder above."""
    here = tuple(path for path in paths if folder_of(path) == folder)
    below = here or tuple(path for path in paths if within(path, folder))
    if below or folder == ".":
        return below
    return beside(paths, folder_of(folder))


def is_likely(path: str) -> bool:
    """Whether a Dockerfile may be the app's: not vendored, not for tests, examples or development."""
    name = PurePosixPath(path).name
    if is_auxiliary(path) or _ASIDE.search(path):
        return False
    return bool(_FOR_RELEASE.search(name)) or not _NOT_RELEASED.search(name)


def is_helper(path: str) -> bool:
    """Whether a Dockerfile is for something beside the app, judging by its name: a worker, a job, a proxy."""
    return bool(_BESIDE.search(path))


def is_for_release(tree: Tree, path: str) -> bool:
    """Like `is_likely`, and also true for a Dockerfile that is named "build", if its image starts something."""
    built = re.search(r"[._-]build$", path) and is_likely(path[: -len("-build")]) and serves(tree, path)
    only = re.search(r"(?:^|/)build\.(?:docker|container)file$", path, re.IGNORECASE)
    return is_likely(path) or bool(built) or bool(only and not is_auxiliary(path) and serves(tree, path))


def is_template(tree: Tree, path: str) -> bool:
    """Whether it is a template that cookiecutter or a similar tool fills in."""
    return "{{" in path or bool(_TEMPLATE.search(tree.read(path)))


def serves(tree: Tree, path: str) -> bool:
    """Whether the image starts anything, and is not just a base for others."""
    stage = dockerfile.parse(tree.read(path)).stage()
    return stage is not None and _serves(stage)


def target(
    read: Dockerfile, with_ports: Sequence[str] = (), names: Collection[str] = (), built: Collection[str] = ()
) -> tuple[str, str]:
    """The stage to build, and why; both empty for the last one, which Docker builds by default.

    `with_ports` are the stages that compose files build for services with ports, and `names` the app's possible names.
    `built` are the stages in compose files that are not for development: they count as released, whatever their name.
    """
    last = read.stage()
    if last is None or (not _is_not_for_release(last) and _serves(last) and not _is_tool(read, last)):
        return "", ""
    served = [one for one in read.stages if one.name and one is not last and _serves(one)]
    served = [one for one in served if one.name in built or not _NOT_RELEASED.search(one.name)]
    served = [one for one in served if not _OF_LAMBDA.search(one.image)]
    if not served or (not last.name and not any(_exposes(one) for one in served)):
        return "", ""
    best = max(
        served,
        key=lambda one: (
            one.name in with_ports,
            one.name in names,
            _exposes(one),
            bool(_RUNS.fullmatch(one.name)),
            read.stages.index(one),
        ),
    )
    what = f"the last one, {last.name}, is" if last.name else "the last one is"
    return best.name, f"the stage {best.name} of the Dockerfile is built, since {what} not the one that serves"


def for_development(last: Stage | None, target: str) -> Iterator[str]:
    """A sentence if the stage to build is for development or tests, judging by its name."""
    if last and not target and _is_not_for_release(last):
        yield f"the stage that is built, {last.name}, seems to be for development or tests: set target in [build]"


def served_beside(read: Dockerfile, stage: Stage, services: Sequence[Service]) -> Iterator[str]:
    """A sentence if the stage is only the web server, and a compose file runs the app from another stage."""
    for service in services if apps.serves_only_pages(read, stage) else ():
        if service.target not in ("", stage.name) and not service.for_development and read.stage(service.target):
            yield (f"{service.where} runs the stage {service.target} beside this one, which is only a web server: add "
                   "a container for it to [sidecars]")  # fmt: skip
            return


def other_stages(read: Dockerfile, stage: Stage) -> Iterator[str]:
    """A sentence if other stages serve too, each with a command and a port of its own."""
    used = {name for one in stage.chain for word, rest in one.instructions if word in ("COPY", "ADD")
            for name in re.findall(r"--from=(\S+)", rest)}  # fmt: skip
    others = [one for one in read.stages if one.name and one not in stage.chain and one.name not in used
              and _exposes(one) and not _NOT_RELEASED.search(one.name) and not is_helper(one.name)
              and any(word in ("CMD", "ENTRYPOINT") for word, _ in one.instructions)
              and read.command(one) != read.command(stage)]  # fmt: skip
    if others and stage.name:
        yield (f"other stages of the Dockerfile serve too: {', '.join(one.name for one in others[:4])}; the stage "
               f"{stage.name} is built, set target in [build] for another")  # fmt: skip


def by_variable(read: Dockerfile, stage: Stage, services: Sequence[Service]) -> Iterator[str]:
    """A sentence if a compose file takes the stage to build from a variable, and several stages match."""
    for service in services:
        pattern = re.escape(re.sub(r"\$(?:\{[^}]*\}|\w+)", "\0", service.target)).replace("\0", ".+")
        fitting = [one.name for one in read.stages if "$" in service.target and re.fullmatch(pattern, one.name)]
        if len(fitting) > 1:
            yield (f"{service.where} takes the stage to build from {service.target}: it is {stage.name or 'the last'}; "
                   f"set target in [build] for another of {', '.join(fitting)}")  # fmt: skip
            return


def _is_not_for_release(last: Stage) -> bool:
    """Whether the last stage is not for release, judging by its name. One called base is, if it starts something."""
    starts = any(word in ("CMD", "ENTRYPOINT") for word, _ in last.instructions)
    aside = _NOT_RELEASED.search(last.name) and not (starts and _PARTS.fullmatch(last.name))
    return bool(aside or _OF_LAMBDA.search(last.image) or re.search(r"(?:^|[._-])lambda(?:[._-]|$)", last.name))


def _rank(tree: Tree, path: str) -> tuple[bool | int | str, ...]:
    name = PurePosixPath(path).name
    # One that needs files which git does not have comes after those that do not.
    starts, lacks = serves(tree, path), _needs_other_files(tree, path)
    read = dockerfile.parse(tree.read(path))
    pages = (stage := read.stage()) is not None and apps.serves_only_pages(read, stage)
    store = stage is not None and bool(kind_of_image(stage.image))  # a server with settings of the project
    usual = re.fullmatch("(?:docker|container)file", name, re.IGNORECASE)
    return (
        is_template(tree, path),
        is_auxiliary(path),
        not is_for_release(tree, path),
        is_helper(path) or store,
        not starts,
        pages and "/" in path,
        lacks,
        not is_likely(path),
        "/" in path,
        bool(_VARIANT.search(path)),
        sum(not HOLDERS.fullmatch(part) for part in PurePosixPath(path).parts[:-1]),
        0 if _FOR_RELEASE.search(name) else 1 if usual else 2,  # one for production comes before the others
        not _FRONT.search(path),
        not _OPENED.search(path),
        len(re.split(r"[._-]", name)),
        path,
    )


def _needs_other_files(tree: Tree, path: str) -> bool:
    """Whether it needs something that neither git nor a submodule has: another tool has to build or name it first."""
    read = dockerfile.parse(tree.read(path))
    if any("$" in one.base for one in read.stages):  # the base image is passed in as an argument
        return True
    place = context(tree, path, read)
    whole = [os.path.normpath(f"{place.folder}/{one}") for one in place.missing]
    return any(not any(within(one, module) for module in tree.submodules) for one in whole)


def _serves(stage: Stage) -> bool:
    instructions = [(word, rest) for one in stage.chain for word, rest in one.instructions]
    starts = any(word in ("CMD", "ENTRYPOINT", "EXPOSE") for word, _ in instructions)
    if kind_of_image(stage.image) and not any(word in ("CMD", "ENTRYPOINT") for word, _ in instructions):
        return False  # a database with settings of its own
    idle = any(word in ("CMD", "ENTRYPOINT") and _IDLE.search(rest) for word, rest in instructions)
    return (starts and not idle) or bool(port_hints.of_image(stage.image))


def _is_tool(read: Dockerfile, last: Stage) -> bool:
    """Whether the last stage is a program beside the app: it exposes no port, and an unrelated earlier stage does.

    A stage with a usual name for the app, such as "server", does not count.
    """
    listens = any(_exposes(one) and _serves(one) and one.name and not _NOT_RELEASED.search(one.name)
                  and one not in last.chain for one in read.stages)  # fmt: skip
    quiet = not _exposes(last) and not any(word == "HEALTHCHECK" for one in last.chain for word, _ in one.instructions)
    return bool(
        listens
        and quiet
        and last.name
        and not _RUNS.fullmatch(last.name)
        and not _FOR_RELEASE.search(last.name)
        and not port_hints.of_image(last.image)
    )


def _exposes(stage: Stage) -> bool:
    return any(word == "EXPOSE" for one in stage.chain for word, _ in one.instructions)
