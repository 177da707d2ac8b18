"""Removes a deployment: everything that carries its tags, each after what uses it, until a search finds nothing
left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, suppress

from ecsctl.engine import events
from ecsctl.engine.plan import Plan, Step, Verb
from ecsctl.engine.reconcile import Reconciler
from ecsctl.engine.resource import AnyResource
from ecsctl.engine.stack import deletion_order
from ecsctl.engine.survey import Owned, Survey, removal
from ecsctl.engine.walk import Release
from ecsctl.engine.work import carry_out, visit_all
from ecsctl.errors import AwsError, Denied, NotOffered

ROUNDS = 5  # how often `down` checks whether something has come back
FIRST = " released"  # the name of a removal's first part: before what uses it is removed


class Remover:
    """Removes what a survey finds."""

    def __init__(self, one: Reconciler, survey: Survey, lock: Callable[[str], AbstractContextManager[None]]) -> None:
        self.one, self.survey, self.kinds = one, survey, survey.kinds
        self.lock = lock
        self.aws, self.state, self.emit = one.aws, one.state, one.emit
        self._asked: set[type[AnyResource]] = set()  # kinds of which one was removed, or is about to be
        self._detaining: set[str] = set()  # keys of those whose users take long to detach
        self._silent = False  # whether the app's clients get no more answers

    def down(
        self,
        *,
        agree: Callable[[Plan], None],
        keep: Callable[[Owned], str] = lambda _: "",
        held: Callable[[Owned], str] = lambda _: "",
        command: str = "down",
    ) -> Plan:
        """Remove everything that carries this deployment's tags, and search until nothing is left.

        `keep` returns why a resource stays, or an empty string if it is removed; `held`, asked of one that AWS has not
        let go for a long time, by what of others it is used. `agree` is given the plan first, and raises if the user
        does not agree. Works from the tags; the state file only adds what AWS may not show yet.
        """
        self.one.held = lambda kind, found: held(Owned(kind, found))
        all_owned = self.survey.with_what_is_late()
        for title, why in sorted(self.survey.searched_in_part.items()):
            self.emit(events.Message(f"{title}: searched for only if the state file has one ({why})"))
        staying = _reasons_to_keep(all_owned, keep)
        steps = tuple(
            Step(s.name, s.kind.kind, s.kind.title, Verb.KEEP, ids=s.found.ids, reason=staying[s.key])
            if s.key in staying
            else removal(s, held)
            for s, held in zip(all_owned, self._held(all_owned, staying), strict=True)
        )
        plan = Plan(steps + self._borrowed())
        to_delete = {owned.key: owned for owned in all_owned if owned.key not in staying}
        needs = {to_delete[key].name: [to_delete[one].name for one in after]
                 for key, after in self._order(to_delete).items()}  # fmt: skip
        self.emit(events.Planned(plan, needs))
        agree(plan)
        if not plan.work and not self.state.entries and not self.state.path.exists():
            return plan
        with self.state.locked(command), self.lock(command):
            for _ in range(ROUNDS):
                to_delete = {owned.key: owned for owned in all_owned if owned.key not in staying}
                if not to_delete:
                    break
                self._remove_all(to_delete)
                self.aws.forget()
                all_owned = self.survey.all()
            else:
                raise AwsError(
                    f"{', '.join(to_delete)}: deleted, and found again", hint="check whether another tool makes them"
                )
            self._close(staying)
        return plan

    def _held(self, all_owned: Sequence[Owned], staying: Collection[str]) -> list[str]:
        """The contents of each one that is removed. Also notes which of them `detaches_slowly`."""
        held = [""] * len(all_owned)

        def visit(number: str) -> None:
            one = all_owned[int(number)]
            kind, ids = one.kind, one.found.ids
            contents = self.one.patiently(lambda: kind.contents(self.aws, ids), kind.known_as(one.name))
            held[int(number)] = contents.summary
            if self.one.patiently(lambda: kind.detaches_slowly(self.aws, ids), kind.known_as(one.name)):
                self._detaining.add(one.key)

        visit_all({str(number): frozenset() for number, one in enumerate(all_owned) if one.key not in staying}, visit)
        return held

    def _order(self, to_delete: Mapping[str, Owned]) -> dict[str, frozenset[str]]:
        """For each one, by key, those that are deleted before it: everything that uses it.

        What a kind is `deleted_before` waits only for the first resource of that kind, not for those that are deleted
        one after another: usually AWS has released them too by then, and a delete that AWS still refuses is retried.
        """
        order = deletion_order(self.kinds)
        later = {
            key for key, one in to_delete.items() if any(o.uses(one) and not one.uses(o) for o in to_delete.values())
        }
        return {
            key: frozenset(
                other
                for other, o in to_delete.items()
                if (
                    o.kind.kind in order[one.kind.kind]
                    and not (other in later and one.kind.kind in o.kind.deleted_before)
                )
                or (o.uses(one) and not one.uses(o))
            )
            for key, one in to_delete.items()
        }

    def _remove_all(self, to_delete: Mapping[str, Owned]) -> None:
        """Remove what was found, each after everything that uses it."""
        graph = self._order(to_delete)
        parts = {key: (one.name, one.kind.title) for key, one in to_delete.items()}
        for key in to_delete.keys() & self._detaining:
            users, first = graph[key], key + FIRST
            graph |= {user: graph[user] | {first} for user in users} | {first: frozenset()}
            parts[first] = parts[key]

        def visit(key: str) -> None:
            one = to_delete[key.removesuffix(FIRST)]
            self._with_what_is_found_by_it(one.kind, to_delete)
            if one.kind.serves and not self._silent:
                self._silent = True
                self.emit(events.Message("from here on the app no longer answers", loud=False))
            if key.endswith(FIRST):
                self.one.drain(one.kind, one.name)
            else:
                self.one.remove(one.kind, one.name, lambda: release(key), several=kinds[one.kind] > 1)

        kinds = Counter(one.kind for one in to_delete.values())
        release = Release()
        carry_out(graph, visit, parts, patience=self.aws.patience, emit=self.emit, release=release)

    def _with_what_is_found_by_it(self, index: type[AnyResource], to_delete: Mapping[str, Owned]) -> None:
        """Before removing the first of a kind through which others are found: remove what another machine has created
        of those since the survey. Afterwards it could no longer be found.
        """
        if index in self._asked:
            return
        self._asked.add(index)
        for kind in self.kinds:
            if kind.known_by == index.title:
                with self.aws.uncached(), suppress(Denied, NotOffered):  # as the survey skips them
                    for owned in self.survey.of(kind):
                        if owned.key not in to_delete:
                            self.one.remove(kind, owned.name)

    def _close(self, staying: Mapping[str, str]) -> None:
        """Drop everything from the state file that does not stay; if nothing is left, delete the file."""
        kept = {key.split(" ", 1)[1] for key in staying}
        for name in set(self.state.entries) - kept:
            self.state.forget(name)
        if not staying:
            self.state.end()

    def _borrowed(self) -> tuple[Step, ...]:
        """The resources in the state file that are only used, and not ours."""
        titles = {kind.kind: kind.title for kind in self.kinds}
        return tuple(
            Step(name, entry.kind, titles.get(entry.kind, entry.kind), Verb.KEEP, ids=entry.ids,
                 reason="not ours: only used", borrowed=True)
            for name, entry in self.state.entries.items()
            if entry.borrowed
        )  # fmt: skip


def _reasons_to_keep(all_owned: Sequence[Owned], keep: Callable[[Owned], str]) -> dict[str, str]:
    """The reason why each resource stays that is not removed, by key. What one of them uses stays too: AWS would
    refuse to delete it.
    """
    staying = {owned.key: why for owned in all_owned if (why := keep(owned))}
    checked: set[str] = set()
    while left := [owned for owned in all_owned if owned.key in staying and owned.key not in checked]:
        for owned in left:
            checked.add(owned.key)
            for other in all_owned:
                if owned.uses(other):
                    staying.setdefault(other.key, f"used by {owned.kind.known_as(owned.name)}, which stays")
    return staying
