"""What a removal keeps, and what it destroys that cannot be made again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ecsctl.engine.engine import Sighting
from ecsctl.engine.plan import Plan, Verb

if TYPE_CHECKING:
    from collections.abc import Collection

PROTECTED = {"ecr": ("repository",), "bucket": ("bucket",), "logs": ("log-group",)}
"""What `protect` in ecsctl.toml names, as kinds."""


def keeper(protect: Collection[str] | None) -> Callable[[Sighting], str]:
    """Why a resource stays: an empty string lets it go. With None all that can be protected stays."""
    why = "ecsctl.toml mentions protect, and cannot be read" if protect is None else 'protect = ["{}"]'
    kinds = {kind: word for word in (PROTECTED if protect is None else protect) for kind in PROTECTED[word]}
    return lambda sighting: why.format(kinds[sighting.kind.kind]) if sighting.kind.kind in kinds else ""


def data_in(plan: Plan) -> tuple[str, ...]:
    """What a removal destroys that cannot be made again: images and artifacts, named with what holds them."""
    holders = (*PROTECTED["ecr"], *PROTECTED["bucket"])
    return tuple(
        f"{step.reason} in the {step.title}"
        for step in plan.work
        if step.verb is Verb.DELETE and step.kind in holders and step.reason
    )
