"""Everything on AWS that carries the tags of a deployment, found by those tags."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecsctl.engine import events
from ecsctl.engine.claim import several
from ecsctl.engine.known import WINDOW
from ecsctl.engine.label import APP, ID, RESOURCE
from ecsctl.engine.plan import Step, Verb
from ecsctl.engine.reconcile import Reconciler
from ecsctl.engine.resource import AnyResource, Found
from ecsctl.engine.work import visit_all
from ecsctl.errors import Denied, EcsctlError, NotOffered, TimedOut

if TYPE_CHECKING:
    from ecsctl.engine.label import Label
    from ecsctl.engine.state_file import Entry


def hints(kinds: Iterable[type[AnyResource]]) -> frozenset[str]:
    """The types to ask the tagging API for, in one call for all kinds."""
    return frozenset(kind.tagging_type for kind in kinds if kind.tagging_type)


def is_of(arn: str, which: str) -> bool:
    """Whether an ARN is of a service, or of a `service:type`."""
    _, _, service, _, _, rest = arn.split(":", 5)
    return which in (service, f"{service}:{re.split('[/:]', rest)[0]}")


@dataclass(frozen=True)
class Owned:
    """One resource on AWS that carries this deployment's tags."""

    kind: type[AnyResource]
    found: Found[Any]

    @property
    def name(self) -> str:
        """The part it plays in the stack, by its tag."""
        return self.found.tags.get(RESOURCE, "?")

    def uses(self, other: Owned) -> bool:
        """Whether this one must be deleted before the other of its own kind: one of its rules names the other."""
        return self.kind is other.kind and not self.found.uses.isdisjoint(vars(other.found.ids).values())

    @property
    def key(self) -> str:
        """A name that is unique among all resources found: parts of different kinds may share theirs."""
        return f"{self.kind.kind} {self.name}"


class Survey:
    """Searches for everything that carries the tags; keeps which other deployments exist, and what it may not
    search.
    """

    def __init__(self, one: Reconciler, kinds: tuple[type[AnyResource], ...]) -> None:
        self.one, self.kinds = one, kinds
        self.aws, self.state, self.emit = one.aws, one.state, one.emit
        self._id_known = False  # whether it is certain which deployment this run is about
        self.others: frozenset[str] = frozenset()  # ids of other deployments of the app that the last survey met
        self.passed_over: dict[str, str] = {}  # why kinds, by title, were not searched for, of which none is known
        self.searched_in_part: dict[str, str] = {}  # why kinds, by title, were searched for only where one is recorded

    def all(
        self,
        configured: Collection[str] = (),
        unobserved: dict[str, EcsctlError] | None = None,
        *,
        through: bool = True,
    ) -> list[Owned]:
        """Everything on AWS that carries the app's tags and this deployment's id, all kinds at once.

        A kind that AWS does not let us search, or that the region does not have, is reported and skipped, unless it is
        among the `configured` or one is recorded: then there probably is one. For some kinds what is recorded is enough
        to find it; the others go into `unobserved`, if that is given.

        Without `through` a vast kind is read only if the state file has one, or is empty; and from what the tagging API
        lists, only what is desired, recorded, or listed there. A lost state file gets its id back here. Raises Refused
        when the tags are of two deployments of this app.
        """
        found: dict[str, list[Owned]] = {}

        def visit(name: str) -> None:
            kind = kinds[name]
            try:
                near = None if through else self._nearby(kind, me, desired=name in configured)
                if near is None:
                    near = self.one.listed(kind, me, f"{kind.title} of {me.app}")
                items = near
            except (Denied, NotOffered) as error:
                why = error.message.removeprefix(f"{kind.title} of {me.app}: ")
                if name not in known:
                    denied[kind.title] = why
                    return
                recorded = self._among(kind, me)
                if recorded is None:
                    if unobserved is None:
                        raise
                    unobserved[f"all of {name}"] = error
                    return
                items = recorded
                self.searched_in_part[kind.title] = why
            found[name] = [Owned(kind, item) for item in items]

        me = self.one.label
        denied: dict[str, str] = {}
        known = {*configured, *(entry.kind for entry in self.state.entries.values())}
        kinds = {kind.kind: kind for kind in self.kinds}
        visit_all({name: frozenset() for name in kinds}, visit)
        self._pass_over(denied)
        all_owned = [owned for name in kinds for owned in found.get(name, [])]
        # A listing by name or prefix shows other people's resources too; one over all regions, another deployment's.
        tags = [owned.found.tags for owned in all_owned if not owned.found.elsewhere]
        ids = sorted({one[ID] for one in tags if one.get(APP) == me.app and one.get(ID)})
        self._id_known |= not self.state.fresh or me.id in ids
        if ids and not self._id_known:
            if len(ids) > 1:
                raise several(me.app, [one for one in tags if one.get(APP) == me.app and one.get(ID)])
            self.state.adopt_id(ids[0])
            self.one.label = replace(self.one.label, id=ids[0])
            self._id_known = True  # whatever is found after this one is gone belongs to another deployment
        self.others = frozenset(ids) - {self.one.label.id}
        return [owned for owned in all_owned if self.one.label.owns(owned.found.tags)]

    def _nearby(self, kind: type[AnyResource], me: Label, *, desired: bool) -> list[Found[Any]] | None:
        """Those of a kind that a plan knows without searching; None: it has to search.

        A kind that is neither desired nor recorded is not searched for if the tagging API lists none. What another
        machine has created in the last minute is found by the next plan, and by `down` at once.
        """
        if kind.many_in_account:
            return self._among(kind, me)
        if not kind.tagging_type or self.state.fresh or self._is_hinted(kind, me):
            return None
        if any(entry.kind == kind.kind for entry in self.state.entries.values()):
            return self._among(kind, me)
        return None if desired else []

    def _is_hinted(self, kind: type[AnyResource], me: Label) -> bool:
        """Whether AWS may have one of a kind that is not in the state file."""
        types = hints(self.kinds)
        try:
            listed = self.one.patiently(lambda: self.aws.tagged(APP, me.app, types), f"what has the tags of {me.app}")
        except (Denied, NotOffered):
            return True
        entries = self.state.entries.values()
        known = {value for entry in entries for value in (entry.ids or {}).values() if isinstance(value, str)}
        return any(is_of(arn, kind.tagging_type) and known.isdisjoint((arn, arn.rpartition("/")[2])) for arn in listed)

    def of(self, kind: type[AnyResource]) -> list[Owned]:
        """Everything of one kind that carries the tags of the deployment that the last survey was about."""
        me = self.one.label
        found = self.one.listed(kind, me, f"{kind.title} of {me.app}")
        return [Owned(kind, item) for item in found if me.owns(item.tags)]

    def deleted(self) -> list[str]:
        """What the state file has and AWS does not have any more, as people call it: somebody else has deleted it.

        What a run is about to create, what AWS may not show yet, and what may not be read is left out without a word.
        """
        self.emit = events.ignored
        unread: dict[str, EcsctlError] = {}
        shown = {owned.key for owned in self.all(unobserved=unread, through=False)}
        kinds = {
            kind.kind: kind
            for kind in self.kinds
            if not (kind.wait or kind.title in self.passed_over or f"all of {kind.kind}" in unread)
        }
        return [
            kinds[entry.kind].known_as(name)
            for name, entry in self.state.entries.items()
            if entry.kind in kinds and entry.ids and not (entry.borrowed or _is_recent(entry))
            and f"{entry.kind} {name}" not in shown
        ]  # fmt: skip

    def _among(self, kind: type[AnyResource], me: Label) -> list[Found[Any]] | None:
        """The recorded ones of a kind that may not be searched; None if the state file is not enough to find them."""
        entries = [entry for entry in self.state.entries.values() if entry.kind == kind.kind]
        recorded = [entry.ids for entry in entries if entry.ids is not None]
        if not recorded or len(recorded) < len(entries):
            return None

        def read() -> list[Found[Any]] | None:
            found = kind.find_recorded(self.aws, me, recorded)
            return None if found is None else list(found)

        with suppress(Denied, NotOffered):
            return self.one.patiently(read, f"{kind.title} of {me.app}")
        return None

    def _pass_over(self, denied: Mapping[str, str]) -> None:
        if new := {title: why for title, why in denied.items() if title not in self.passed_over}:
            reasons = "; ".join(f"{title}: {why}" for title, why in sorted(new.items()))
            self.emit(
                events.Message(f"not searched for, because neither ecsctl.toml nor the state file has any: {reasons}")
            )
        self.passed_over.update(denied)

    def with_what_is_late(self) -> list[Owned]:
        """Everything that is ours; the search goes on for a while if the state file has something that AWS does not
        show yet.
        """
        all_owned = self.all()
        never_shown = {kind.kind for kind in self.kinds if kind.wait}

        def missing() -> bool:
            shown = {owned.name for owned in all_owned} | {
                name for name, entry in self.state.entries.items() if entry.kind in never_shown
            }
            return any(_is_recent(entry) and name not in shown for name, entry in self.state.entries.items())

        def read() -> bool | None:
            nonlocal all_owned
            self.aws.forget()
            all_owned = self.all()
            return None if missing() else True

        if missing():
            with suppress(TimedOut):
                self.one.patience.until(read, what="what an earlier run may have left", limit=WINDOW)
        return all_owned


def _is_recent(entry: Entry) -> bool:
    """Whether AWS may not show this entry's resource yet."""
    return not entry.borrowed and (entry.intent is not None or entry.recent)


def removal(owned: Owned, reason: str) -> Step:
    """The step that removes it."""
    return Step(owned.name, owned.kind.kind, owned.kind.title, Verb.DELETE, ids=owned.found.ids, reason=reason)
