"""Plans what a run would do: pure functions from desired and observed state to steps."""

from __future__ import annotations

import json
import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, cast

from ecsctl.engine.codec import plain
from ecsctl.engine.label import APP, ID, RESOURCE, Label
from ecsctl.engine.promises import named, promises
from ecsctl.engine.resource import FIXED, ORDER, RENEWED, AnyResource, Observed, identity, traits
from ecsctl.engine.secret import Secret
from ecsctl.engine.wording import a

UNKNOWN = "(known after it is made)"
HIDDEN = "***"  # how a change shows a secret


class Verb(StrEnum):
    """The kinds of steps."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    KEEP = "keep"
    REFUSE = "refuse"


class Why(StrEnum):
    """The reasons for a difference."""

    CONFIG = "your change"
    DRIFT = "drift"
    FOLLOWS = "follows from another step"
    STATE = "its state on AWS"
    BACK = "rolled back"
    UNFINISHED = "an unfinished run"
    OTHERWISE = "AWS took it and shows it otherwise"


@dataclass(frozen=True)
class Change:
    """One field that differs from the desired state. Values are JSON; a secret's is ***."""

    field: str
    before: Any
    after: Any
    why: Why
    problem: str = ""  # what is wrong with a field that nobody sets, but that follows from others

    @property
    def sent(self) -> list[Any] | None:
        """The value that was sent, or would be, and the one that AWS shows. None for a secret, and for a value not
        known yet.
        """
        return None if self.after in (HIDDEN, UNKNOWN) or self.problem else [self.after, self.before]


@dataclass(frozen=True)
class Step:
    """The plan for one resource."""

    name: str
    kind: str
    title: str
    verb: Verb
    changes: tuple[Change, ...] = ()
    ids: Any = None
    reason: str = ""
    hint: str = ""
    borrowed: bool = False
    unobserved: bool = False  # AWS does not let us read it: its ids are the recorded ones
    impact: str = ""  # what the app's clients notice of it, in words
    summary: str = ""  # what a person should know about a new resource
    fields: Mapping[str, Any] = field(default_factory=dict, compare=False)  # everything desired, as JSON
    found: Mapping[str, Any] = field(default_factory=dict, compare=False)  # the same fields as they are on AWS
    owner_id: str = ""  # refused because it belongs to another deployment of this app: that one's id

    @property
    def changed(self) -> frozenset[str]:
        """The names of the fields that differ from the desired state."""
        return frozenset(change.field for change in self.changes)


@dataclass(frozen=True)
class Plan:
    """All steps of a run: what is created or changed, in the order of the stack, then what is no longer in
    ecsctl.toml.
    """

    steps: tuple[Step, ...]

    @property
    def refusals(self) -> tuple[Step, ...]:
        """The steps that cannot be carried out."""
        return tuple(step for step in self.steps if step.verb is Verb.REFUSE)

    @property
    def work(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.verb not in (Verb.KEEP, Verb.REFUSE))

    @property
    def destroys(self) -> tuple[Step, ...]:
        """The steps that delete or replace a resource."""
        return tuple(step for step in self.steps if step.verb in (Verb.DELETE, Verb.REPLACE))

    def count(self, verb: Verb) -> int:
        """Count the steps with this verb."""
        return sum(step.verb is verb for step in self.steps)


def diff(desired: AnyResource, actual: AnyResource, applied: Mapping[str, Any] | None) -> tuple[Change, ...]:
    """The fields that differ from the desired state. `applied`, the state last applied, tells drift from a change of
    ours.

    A field that is None in the desired state does not matter. A field that still holds a promise counts as different.
    """
    changes = []
    for item in fields(cast(Any, desired)):
        want, have = getattr(desired, item.name), getattr(actual, item.name)
        if not item.compare or want is None or traits(type(desired)).get(item.name) is ORDER:
            continue
        unknown = any(True for _ in promises(want))
        if want == have and not unknown:
            continue
        problem = desired.reason(item.name, actual)
        if problem:
            why = Why.STATE
        elif unknown:
            why = Why.FOLLOWS
        else:
            known = applied is not None and item.name in applied
            why = Why.DRIFT if known and applied is not None and applied[item.name] == plain(want) else Why.CONFIG
        before, after = _shown(have), UNKNOWN if unknown else _shown(want)
        changes.append(Change(item.name, before, after, why, problem))
    return tuple(changes)


def shown_fields(one: AnyResource) -> Mapping[str, Any]:
    """The resource's fields as JSON, secrets as ***, without those that only order the graph or help to find it."""
    ready = named(one, "(known after {} is made)")
    return {
        item.name: plain(getattr(ready, item.name), hide=True)
        for item in fields(cast(Any, ready))
        if item.compare and traits(type(one)).get(item.name) is not ORDER
    }


def decide(
    name: str,
    desired: AnyResource,
    observed: Observed[Any, Any] | None,
    me: Label,
    applied: Mapping[str, Any] | None = None,
    otherwise: Mapping[str, Any] | None = None,
) -> Step:
    """Compare the desired with the observed state of one resource, and decide what to do. Pure.

    `otherwise` has fields that were sent before, and what AWS has shown for them ever since.
    """

    def step(verb: Verb, *changes: Change, reason: str = "", hint: str = "") -> Step:
        ids = observed.ids if observed else None
        sent = verb in (Verb.CREATE, Verb.UPDATE, Verb.REPLACE) and {one.field for one in changes} != {"tags"}
        if sent and (missing := _unread(desired)):
            verb, reason, hint = (
                Verb.REFUSE,
                f"it needs a secret: {missing}",
                "fix that, then run the same command again",
            )
        changes = tuple(
            replace(one, why=Why.OTHERWISE) if one.sent and one.sent == (otherwise or {}).get(one.field) else one
            for one in changes
        )
        impact = desired.impact(observed.actual) if observed and verb in (Verb.UPDATE, Verb.REPLACE) else ""
        new = verb in (Verb.CREATE, Verb.REPLACE) and not desired.borrowed
        return Step(name, desired.kind, desired.title, verb, changes, ids, reason, hint, desired.borrowed, False,
                    impact,
                    named(desired).summary() if new else "", shown_fields(desired),
                    shown_fields(observed.actual) if observed else {})  # fmt: skip

    if observed is None and desired.borrowed:
        return step(Verb.REFUSE, reason=f"the {desired.title} {desired.called} named in ecsctl.toml does not exist",
                    hint=f"fix it in ecsctl.toml; this is account {me.account} and region {me.region}")  # fmt: skip
    if observed is None:
        return step(Verb.CREATE)
    if desired.borrowed or observed.tags is None:
        if observed.failed and not desired.wait:  # what is waited for has its own step
            return step(Verb.REFUSE, reason=observed.failed, hint=observed.hint)
        changes = () if desired.borrowed else diff(desired, observed.actual, applied)
        return (
            step(Verb.UPDATE, *changes)
            if changes and observed.tags is not None
            else step(Verb.KEEP, reason=observed.note)
        )
    if observed.residue and not observed.tags:
        return step(Verb.UPDATE, *diff(desired, observed.actual, None), *_tag_changes(desired, observed, me),
                    reason=f"{observed.residue}; it is taken over")  # fmt: skip
    if not me.matches(observed.tags):
        return _not_ours(step, desired, observed, me)
    desired, me = desired.keeping(observed.actual), me.keeping_owner(observed.tags)
    if observed.failed and desired.disposable:
        return step(Verb.REPLACE, reason=observed.failed)
    changes = diff(desired, observed.actual, applied)
    fixed = [change for change in changes if traits(type(desired)).get(change.field) is FIXED]
    if fixed:
        return step(Verb.REPLACE, *changes, reason=f"AWS cannot change {', '.join(c.field for c in fixed)} in place")
    back = {one.field for one in changes if observed.rolled_back and one.field in observed.released}
    changes = tuple(replace(one, why=Why.BACK) if one.field in back and one.why is Why.DRIFT else one
                    for one in changes) + _tag_changes(desired, observed, me)  # fmt: skip
    return step(Verb.UPDATE, *changes, reason=observed.rolled_back if back else "") if changes else step(Verb.KEEP)


def _not_ours(step: Any, desired: AnyResource, observed: Observed[Any, Any], me: Label) -> Step:
    tags_found = dict(observed.tags or {})
    tags = f"{APP}={me.app}, {ID}={me.id}, {RESOURCE}={me.resource}"
    if tags_found.get(APP) == me.app and tags_found.get(ID) not in (None, me.id):
        reason = f"{a(desired.title)} of this name belongs to another deployment of {me.app} ({ID}={tags_found[ID]})"
    elif tags_found.get(APP):
        reason = (
            f"{a(desired.title)} of this name belongs to {tags_found[APP]} ({RESOURCE}={tags_found.get(RESOURCE, '?')})"
        )
    else:
        reason = f"{a(desired.title)} of this name exists and is not ours"
    reason += f": {observed.note}" if observed.note and observed.hint else ""
    hint = observed.hint or f"choose another name, or make it ours by the tags {tags}"
    refused: Step = step(Verb.REFUSE, reason=reason, hint=hint)
    another = tags_found.get(ID, "") if tags_found.get(APP) == me.app else ""
    return replace(refused, owner_id=another if another != me.id else "")


def _tag_changes(desired: AnyResource, observed: Observed[Any, Any], me: Label) -> tuple[Change, ...]:
    if not desired.tagged:
        return ()
    have = {key: value for key, value in (observed.tags or {}).items() if key in me.tags}
    return () if have == me.tags else (Change("tags", have, me.tags, Why.DRIFT),)


def _unread(value: Any) -> str:
    """The reason why a secret among these values could not be read; empty if none is missing."""
    if isinstance(value, Secret):
        return value.unread
    inner = (getattr(value, item.name) for item in fields(value)) if is_dataclass(value) else ()
    return next(filter(None, map(_unread, inner)), "")


def _shown(value: Any) -> Any:
    return HIDDEN if isinstance(value, Secret) else plain(value)


def left_unfinished(step: Step, begun: Collection[str] | None) -> Step:
    """The step for a resource that a run has begun to change or delete, and not finished: of the fields that it may
    have changed (None: of all) nobody can tell whether a difference is that run's doing or somebody else's, so none is
    called drift.
    """
    changes = (
        replace(one, why=Why.UNFINISHED) if one.why is Why.DRIFT and (begun is None or one.field in begun) else one
        for one in step.changes
    )
    return replace(step, changes=tuple(changes))


def has_new_ids(step: Step, desired: AnyResource) -> bool:
    """Whether the ids of this resource will change in the step: what uses them is then not known yet."""
    if step.verb in (Verb.CREATE, Verb.REPLACE):
        return True
    renewed = RENEWED in traits(cast(Any, identity(type(desired)))).values()
    return step.verb is Verb.UPDATE and renewed and step.changed != {"tags"}


def sent_and_shown(change: Change) -> str:
    """A sentence with the value that was sent and the one that AWS shows."""
    if change.problem:
        return f"{change.field}: {change.problem}"
    if change.sent is None:
        return f"{change.field}: a secret, not the one that was sent"
    after, before = (json.dumps(value, ensure_ascii=False) for value in change.sent)
    return f"{change.field}: sent {after}, AWS shows {before}"


def has_moved(before: Step | None, step: Step) -> bool:
    """Whether AWS accepted what the previous update sent, and shows a third value in its place.

    A late read shows the old value, or for a list a part of the new one. A single plain value that is neither cannot be
    a late read, so the wait for it can be shorter.
    """
    sent = {change.field: change for change in before.changes} if before else {}
    return bool(step.changes) and all(
        (old := sent.get(now.field)) is not None
        and old.after == now.after
        and old.before != now.before
        and not now.problem
        and not isinstance(now.before, list | dict | types.NoneType)
        for now in step.changes
    )


def differences(step: Step) -> dict[str, str]:
    """The fields that differ, and their values: for one that changes in several steps, it is read again."""
    return {change.field: repr(change.before) for change in step.changes}
