"""Something that the user has prepared and that cannot be used, as a step of the plan."""

from __future__ import annotations

from ecsctl.engine.plan import Step, Verb


def unfit(title: str, name: str, reason: str, hint: str) -> Step:
    """A step that cannot be carried out, and blocks the whole plan. `name` is its key in ecsctl.toml."""
    return Step(name, "prepared", title, Verb.REFUSE, reason=reason, hint=hint, borrowed=True)
