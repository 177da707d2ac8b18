"""Decides what a removal keeps, and says what it destroys that cannot be created again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ecsctl.engine.plan import Plan, Verb
from ecsctl.engine.survey import Owned
from ecsctl.resources import by_name

if TYPE_CHECKING:
    from collections.abc import Collection


def keeper(protect: Collection[str] | None, *, volumes: bool = False) -> Callable[[Owned], str]:
    """The reason why a resource stays; empty if it goes. With None everything that can be protected stays.

    What outlasts the app is deleted only with `volumes`.
    """
    why = "ecsctl.toml mentions protect, and cannot be read" if protect is None else 'protect = ["{}"]'

    def kept(owned: Owned) -> str:
        if owned.kind.kept_because and not volumes:
            return f"{owned.kind.kept_because}; ecsctl down --volumes deletes it too"
        word = owned.kind.protect
        return why.format(word) if word and (protect is None or word in protect) else ""

    return kept


def data_in(plan: Plan) -> tuple[str, ...]:
    """The data that a removal destroys and nobody can create again: images and artifacts, named with what holds
    them.
    """
    return tuple(
        f"{step.reason} in the {step.title}"
        for step in plan.work
        if step.verb is Verb.DELETE and by_name()[step.kind].data and step.reason
    )
