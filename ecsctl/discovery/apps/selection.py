"""Which Dockerfile of a repository to use, and what the user should know about that choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from ecsctl.discovery.apps import choosing
from ecsctl.discovery.apps import found as apps
from ecsctl.discovery.apps.found import Relations
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import parse
from ecsctl.discovery.files.tree import Tree, within
from ecsctl.errors import UsageError

Ask = Callable[[str, Sequence[str]], str]
"""Asks the user a question. The second argument: the possible answers, the likeliest first; empty for any answer."""


def dockerfile(
    tree: Tree, here: str, ask: Ask | None, wanted: str, services: Sequence[Service]
) -> tuple[str, list[str], list[str]]:
    """The Dockerfile to use, notes on the choice, and doubts about it; an empty path if there is none.

    Raises UsageError if `wanted` is not a Dockerfile.
    """
    found, relation = _ordered(tree, services)
    choice = [path for path in found if choosing.is_for_release(tree, path) and choosing.serves(tree, path)]
    if wanted:
        if wanted not in found and not parse(tree.read(wanted)).stages:
            raise UsageError(f"there is no Dockerfile {wanted}", hint="; ".join(found) or "its path from the root")
        return wanted, [], apps.neighbours(wanted, relation, choice, services)
    if not found:
        return "", [], []
    near = choosing.beside(found, here) or found
    if here == "." and not any(choosing.is_likely(path) and choosing.serves(tree, path) for path in near):
        near = found
    likely = [path for path in near if choosing.is_for_release(tree, path)]
    if relation.alone in found[:1] and within(found[0], here):
        near, likely = found, [found[0], *(path for path in likely if path != found[0])]
    first = (likely or list(near))[0]
    here_choice = [path for path in choice if within(path, here)]
    if len(here_choice) > 1 and ask:
        first = ask("There are several Dockerfiles. Which one is the app's?", here_choice)
        return first, [], apps.neighbours(first, relation, choice, services)
    if len(found) == 1:
        aside = f"{first} is the only Dockerfile, and seems to be for development, tests or examples"
        return first, [] if likely else [aside], []
    others = [path for path in choice if path != first]
    rest = [path for path in found if path not in (first, *others)]
    why = "the likeliest"
    alone = "/" not in first and (
        len(likely) == 1 or PurePosixPath(first).name.lower() in ("dockerfile", "containerfile")
    )
    if (len(near) < len(found) and here != ".") or (near[0] == first and alone):
        why = "the nearest one"
    elif not likely:
        why = "the likeliest, though all are for tests, development or examples"
    elif len(likely) == 1:
        why = "the others are for tests, development or examples"
    elif first == relation.alone:
        why = f"the likeliest: {relation.why}"
    listed = ", ".join(others or rest)
    said = (f"there are several Dockerfiles: {first} is used, {why} (ecsctl init --dockerfile PATH uses another: "
            f"{listed})")  # fmt: skip
    together = apps.neighbours(first, relation, choice, services)
    open_ = why.startswith("the likeliest")
    if not others and not open_:  # those of tests and examples are no alternative
        return first, [], together
    return first, [] if open_ else [said], [said, *together] if open_ else together


def _ordered(tree: Tree, services: Sequence[Service]) -> tuple[tuple[str, ...], Relations]:
    """All Dockerfiles, the one that the others depend on first, and how the apps depend on each other."""
    found = choosing.dockerfiles(tree)
    able = [
        path
        for path in found
        if choosing.is_for_release(tree, path) and choosing.serves(tree, path) and not choosing.is_helper(path)
    ]
    relation = apps.relations(tree, able, services)
    first = relation.alone if not any("/" not in path for path in able) else ""
    return tuple(sorted(found, key=lambda path: path != first)), relation
