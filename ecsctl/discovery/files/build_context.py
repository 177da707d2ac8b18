"""The build context of an image: which folder it is, and which of its files the build uses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import PLATFORM, Dockerfile, Stage, expanded, words
from ecsctl.discovery.files.tree import Tree

HOLDERS = re.compile(
    r"\.?(?:docker(?:files?)?|containers?|build|deploy(?:ment)?|ops|infra|packaging|package|ci|images?|dist|etc|scripts?|"
    r"debian|alpine|ubuntu|linux|config|contrib|release|prod(?:uction)?|compose)",
    re.IGNORECASE,
)  # fmt: skip
_OF_WORKSPACE = re.compile(
    r"\bturbo\b[^&|;]*\bprune\b|\b(?:pnpm|turbo|bun)\b[^&|;]*\s(?:--filter|-F)\b|\bnx\s+(?:run|build)\b|"
    r"\byarn\s+workspaces?\b|\bnpm\b[^&|;]*\s(?:--workspaces?|-w)\b|\blerna\s+run\b"
)
_LISTS = re.compile(
    r"(?:package(?:\*|-lock)?|npm-shrinkwrap|composer|deno|bun)\*?\.(?:json|lockb?|lock)|(?:yarn|poetry|uv|pnpm-lock|Gemfile|Cargo)\.(?:lock|toml|ya?ml)"
    r"|requirements[\w.*-]*|pyproject\.toml|Pipfile\*?|Pipfile\.lock|Gemfile\*?|go\.(?:mod|sum|\*)|mix\.(?:exs|lock)"
)
"""Files that only list dependencies: copying them brings no sources into the image."""
_MANIFESTS = re.compile(
    r"package\.json|requirements[\w.-]*\.txt|pyproject\.toml|setup\.py|pipfile|manage\.py|go\.mod|cargo\.toml|pom\.xml|"
    r"build\.gradle(?:\.kts)?|gemfile|composer\.json|mix\.exs|index\.(?:html|php|js)|deno\.jsonc?|.+\.(?:cs|fs)proj|.+\.sln",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True)
class Context:
    """A build context, why it was chosen, and the paths that the Dockerfile copies and git does not have there."""

    folder: str
    why: str
    missing: tuple[str, ...] = ()


def context(tree: Tree, path: str, read: Dockerfile, services: Sequence[Service] = ()) -> Context:
    """Choose the build context: the folder that has the most of what the Dockerfile copies.

    Candidates are the Dockerfile's own folder, those above it, and the contexts in compose files that build it.
    """
    own = folder_of(path)
    candidates = list(_above(own))
    for service in services:
        if service.dockerfile == path and service.context in tree.folders | {"."}:
            candidates.insert(0, service.context)
    names = tuple(dict.fromkeys(copied(read)))
    held = {folder: [one for one in names if _exists(tree, folder, one)] for folder in candidates}
    most = max(map(len, held.values()), default=0)
    best = [folder for folder in dict.fromkeys(candidates) if len(held[folder]) == most]
    workspace = _workspace(tree, read, best)
    named = {service.context for service in services if service.dockerfile == path}
    if workspace not in ("", own):
        folder, why = workspace, "the build takes one package out of the workspace there"
    elif len(best) == 1 and most:
        folder, why = best[0], f"it copies {_listed(held[best[0]])}"
    elif any(one in named for one in best):
        service = next(one for one in services if one.dockerfile == path and one.context in best)
        folder, why = service.context, f"{service.file} builds {service.name} from there"
    elif most and own in best:
        folder, why = own, f"it copies {_listed(held[own])}"
    else:
        folder, why = _home(tree, own, best)
    return Context(folder, why, tuple(_missing(read, held[folder])))


def _workspace(tree: Tree, read: Dockerfile, folders: Sequence[str]) -> str:
    """The root of a workspace of packages, if the build picks one package out of it; empty otherwise."""
    runs = " ".join(rest for one in read.stages for word, rest in one.instructions if word == "RUN")
    for folder in folders if _OF_WORKSPACE.search(runs) else ():
        named = {name for one in ("turbo.json", "pnpm-workspace.yaml", "nx.json", "lerna.json", "package.json")
                 if tree.has(name := one if folder == "." else f"{folder}/{one}")}  # fmt: skip
        if any(not one.endswith("package.json") or '"workspaces"' in tree.read(one) for one in named):
            return folder
    return ""


def _missing(read: Dockerfile, held: Sequence[str]) -> Iterator[str]:
    """Sources of COPY that do not exist. A pattern without a match does not fail the build; the files are missing.

    Such a pattern is fine beside another source that exists, as in `COPY package.json yarn.lock* ./`, and if it is a
    name with a star at the end.
    """
    found: dict[str, None] = {}
    for group in _groups(read):
        patterns = [one for one in group if re.search(r"[*?\[]", one)]
        found |= dict.fromkeys(one for one in group if one not in (*held, *patterns) and one != ".")
        if patterns and not any(one in held or one == "." for one in group):
            found |= dict.fromkeys(one for one in patterns if not re.search(r"\w\*$", one))
    yield from found


def _home(tree: Tree, own: str, best: Sequence[str]) -> tuple[str, str]:
    """The context if COPY does not decide it: the folder with the sources, recognized by files such as package.json."""
    if own == ".":
        return ".", ""
    if own not in best:
        return best[0], "it copies from there"
    for folder in best:
        if folder in _homes(tree):
            return folder, "it has the app's sources"
    if HOLDERS.fullmatch(PurePosixPath(own).name) and "." in best:
        return ".", f"{own} only contains the Dockerfile"
    return own, ""


def _homes(tree: Tree) -> frozenset[str]:
    """The folders with a project file of any language, such as package.json or go.mod."""
    return frozenset(folder_of(one) for one in tree.named(_MANIFESTS.pattern))


def _above(folder: str) -> Iterator[str]:
    yield folder
    while folder != ".":
        folder = folder_of(folder)
        yield folder


def folder_of(path: str) -> str:
    """The folder of a path; "." for the root."""
    return path.rpartition("/")[0] or "."


def copied(read: Dockerfile) -> Iterator[str]:
    """The sources of COPY, ADD and bind mounts in the build context, except the whole context (".")."""
    return (name for name in taken(read) if name != ".")


def renamed(tree: Tree, read: Dockerfile, stage: Stage, folder: str) -> dict[str, str]:
    """The files that COPY puts into this stage under another name, by that name."""
    found: dict[str, str] = {}
    for one in stage.chain:
        known = PLATFORM | read.variables(one)
        for word, rest in one.instructions:
            names = words(rest) if word in ("COPY", "ADD") and "--from=" not in rest else []
            source, place = (expanded(part, known) for part in names) if len(names) == 2 else ("", "")
            name, whole = place.rpartition("/")[2], os.path.normpath(os.path.join(folder, source.lstrip("/")))
            if name and name != source.rpartition("/")[2] and tree.has(whole):
                found[name] = whole
    return found


def copies_sources(tree: Tree, read: Dockerfile, place: Context) -> bool:
    """Whether the Dockerfile copies any sources: a whole folder, or files from a folder with a project file."""
    names = [name for name in taken(read) if not _LISTS.fullmatch(PurePosixPath(name).name)]
    return bool(names) and (place.folder in _homes(tree) or "." in names or place.folder == ".")


def taken(read: Dockerfile) -> Iterator[str]:
    """The sources of COPY, ADD and bind mounts in the build context; "." is all of it."""
    return (name for group in _groups(read) for name in group)


def _groups(read: Dockerfile) -> Iterator[list[str]]:
    """The same, as one list for each instruction."""
    for stage in read.stages:
        known = PLATFORM | read.variables(stage)
        for word, rest in stage.instructions:
            if word == "RUN":
                found = [one for one in re.findall(r"--mount=(\S+)", rest) if "type=bind" in one and "from=" not in one]
                sources = [match[1] for one in found if (match := re.search(r"(?:source|src)=([^,\s]+)", one))]
            elif word in ("COPY", "ADD") and not re.match(r"(?:--\S+\s+)*--from=", rest) and "<<" not in rest:
                sources = words(rest)[:-1]
            else:
                continue
            names = (os.path.normpath(expanded(source, known).lstrip("/") or ".") for source in sources
                     if not re.match(r"\w+://|git@", source))  # fmt: skip
            # A variable without a value can stand for anything, but a file has to match.
            known_part = [re.sub(r"\$(?:\{[^}]*\}|\w+)", "*", name) for name in names]
            yield [name for name in known_part if re.search(r"[^*/.]", name.replace("**", "")) or name == "."
                   if not name.startswith("..")]  # fmt: skip


def _exists(tree: Tree, folder: str, name: str) -> bool:
    whole = name if folder == "." else f"{folder}/{name}"
    if not re.search(r"[*?\[]", whole):
        return tree.has(whole) or whole in tree.folders
    parts = whole.split("/")
    return any(
        len(parts) == one.count("/") + 1 and all(map(fnmatchcase, one.split("/"), parts))
        for one in (*tree.files, *tree.folders)
    )


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:3])
    return ", ".join(shown) + (" and more" if len(names) > len(shown) else "")
