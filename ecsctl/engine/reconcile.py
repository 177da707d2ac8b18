"""One resource: read, decide, act, read again, wait. A run may be killed between any two of these."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecsctl.aws.codes import exists_already, is_of_another
from ecsctl.aws.explaining import explained
from ecsctl.engine import claim, events
from ecsctl.engine.attempt import Attempt
from ecsctl.engine.beginning import Beginning
from ecsctl.engine.codec import plain
from ecsctl.engine.known import WINDOW
from ecsctl.engine.label import ID, Label
from ecsctl.engine.plan import Step, Verb, Why, decide, diff, differences, has_moved, left_unfinished, sent_and_shown
from ecsctl.engine.promises import promises, resolve
from ecsctl.engine.resource import AnyResource, Observed
from ecsctl.engine.stack import Node
from ecsctl.errors import EcsctlError, Outlived, Paused, Refused, ResourceFailed, ShownOtherwise, TimedOut

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.state import State

SHOWN = 120.0  # seconds until what AWS has just made, or changed, must show as such
STEADY = 30.0  # seconds that a third value, neither the old one nor the one sent, must stay to count as AWS's answer


class Reconciler(Beginning):
    """Brings one resource of a deployment to its desired state, or removes it."""

    def __init__(self, aws: Aws, state: State, label: Label, emit: events.Listener) -> None:
        super().__init__(aws, state, label, emit)
        self.first = ""  # the name of the resource that a new deployment creates first
        self.announced = False  # whether its tag may say that this run is at work
        self.go_on: Callable[[str], None] = lambda _name: None  # lets the dependents of a resource start
        self._last: dict[str, Observed[Any, Any]] = {}  # early ones that are as desired, as they were last read
        self._refused: set[str] = set()  # those whose first create in this run was refused, without effect
        self.partly: set[str] = set()  # those that are as desired except for what is removed or added at the end

    def ensure(
        self,
        node: Node,
        planned: Step,
        observed: Observed[Any, Any] | None,
        *,
        certain: bool,
        absent: bool = False,
    ) -> None:
        """Afterwards it exists as desired, and is ready, unless its dependents need not wait for that.

        `observed` is what the plan observed; it is read again unless that is `certain` to describe this very state, or
        the plan has just read that it `is_absent`.
        """
        began = time.monotonic()
        desired = whole = resolve(node.desired, self.known)
        assert not any(promises(desired)), f"{node.name} was begun before what it needs"  # noqa: S101 - the graph's promise
        with self._working(node.name):
            if planned.verb is not Verb.KEEP:
                self.emit(events.Started(node.name, desired.title, planned.verb))
            if node.name in self._begun:
                observed = None
            elif not certain:
                again = desired.repeats if desired.wait else ()  # for a wait, everything else is as the plan read it
                observed = (
                    None if absent or self._has_new_parent(node) else self._observe_now(node.name, desired, *again)
                )
            if observed is None:
                desired = desired.initial()
            elif planned.verb is Verb.UPDATE:
                desired = desired.interim(observed.actual)
            if desired != whole:
                self.partly.add(node.name)
            agreed = planned.verb is Verb.REPLACE
            observed, did = self._converge(node.name, desired, observed, replacing=agreed)
            self.known[node.name] = observed.ids
            if desired.early:
                self._last[node.name] = observed
            else:
                observed = self._ready(node.name, desired, observed)
                self.known[node.name] = observed.ids
                self._settle(node.name, desired, observed)
            if (did or planned.verb is not Verb.KEEP) and (desired == whole or did is Verb.CREATE):
                word = desired.done if did is Verb.CREATE else ""
                self._emit_done(node.name, desired.title, did or Verb.KEEP, began, observed.note, word)

    def complete(self, node: Node) -> None:
        """The last part: remove or add what had to wait until everything else existed."""
        if node.name not in self.partly:
            return
        began = time.monotonic()
        desired = resolve(node.desired, self.known)
        with self._working(node.name):
            observed, did = self._converge(node.name, desired, self._observe_now(node.name, desired))
            self.known[node.name] = observed.ids
            self._settle(node.name, desired, observed)
            if node.name not in self._newborn:
                self._emit_done(node.name, desired.title, did or Verb.UPDATE, began, observed.note)

    def _converge(
        self, name: str, desired: AnyResource, observed: Observed[Any, Any] | None, *, replacing: bool = False
    ) -> tuple[Observed[Any, Any], Verb | None]:
        """Decide, act, read again, until there is nothing left to decide.

        It is deleted only if the plan said that it is `replacing` it, if it has failed, or if an earlier run did not
        finish it. Raises Refused where a replacement is due that no plan has shown, and ShownOtherwise where AWS shows
        what this run has made with a value that it cannot change.
        """
        attempt = Attempt(self.patience, desired.known_as(name))
        if observed is None and name not in self._begun and self._may_be_hidden(name, desired):
            observed = self._await_late_create(name, desired)
        did: Verb | None = None
        replaced = False
        before: Step | None = None  # the update before this one
        while True:
            step = self.decided(name, desired, observed)
            match step.verb:
                case Verb.KEEP:
                    assert observed is not None  # noqa: S101 - for the type checker: nothing is kept that does not exist
                    return observed, did
                case Verb.REFUSE:
                    if name == self.first and self._is_open(name, "create"):
                        self.state.drop(name)  # one of its name exists and is not ours: ours was never created
                    raise Refused(f"{desired.known_as(name)}: {step.reason}", hint=step.hint)
                case Verb.REPLACE if name in self._newborn and not (observed and observed.failed):
                    raise _shown_otherwise(f"{desired.known_as(name)}: AWS has created it", step, SHOWN)
                case Verb.REPLACE if replaced:
                    raise ResourceFailed(
                        f"{desired.known_as(name)}: {step.reason}", hint="fix the cause and run it again"
                    )
                case Verb.REPLACE if not (replacing or self._is_open(name, "create") or (observed and observed.failed)):
                    raise Refused(
                        f"{desired.known_as(name)} has to be replaced, since a moment ago: {step.reason}",
                        hint="run the same command again: its plan will show that, and ask",
                    )
                case Verb.REPLACE:
                    replaced = True
                    self.remove(type(desired), name)
                    observed, did = None, Verb.REPLACE
                case Verb.CREATE:
                    observed = self._create(name, desired, attempt)
                    did = did or Verb.CREATE
                case _:
                    assert observed is not None  # noqa: S101 - for the type checker: what is changed exists
                    if step.reason:
                        self.emit(events.Message(f"{desired.known_as(name)}: {step.reason}"))
                    observed = self._update(name, desired, observed, step, attempt, moved=has_moved(before, step))
                    did, before = did or Verb.UPDATE, step

    def _create(self, name: str, desired: AnyResource, attempt: Attempt) -> Observed[Any, Any] | None:
        """Ask AWS once to create it, and read until it shows. None: it was refused for now, or the answer was lost.

        A run that died may have sent the token before. If what that run created is gone by now, the same token returns
        nothing. Then it is forgotten, and the next try uses a new token.
        """
        if begun := self._begun.pop(name, None):
            return self._shown(name, desired, *begun, again=False)
        entry, again = self.state.entry(name), self._is_open(name, "create") and name not in self._refused
        nonce = self.state.begin(name, desired.kind, "create")
        try:
            me = self.label.of(name, nonce)
            if name == self.first:
                me, self.announced = replace(me, run=self.state.run), True
            ids = desired.create(self.aws, me)
        except Exception as error:
            if isinstance(error, Outlived) or (again and is_of_another(error)):
                return self._begin_again(name, desired)
            if not attempt.may_exist(error):
                attempt.wait_or_raise(error, on_final=lambda: self.state.drop(name))
                if again:
                    return self._observe_now(name, desired)
                self._refused.add(name)
                return None  # it had no effect, so there is nothing to read
            attempt.wait_or_raise(error)
            self._refused.discard(name)
            found = self._await_late_create(name, desired)
            if found is None and exists_already(error):
                self.state.drop(name)
                raise explained(error, attempt.what) from error
            return found
        if again and entry and entry.ids == plain(ids) and entry.age > SHOWN:
            return self._begin_again(name, desired)  # created long ago, read just now, and gone
        self.state.made(name, plain(ids))
        return self._shown(name, desired, me, ids, again=again)

    def _shown(self, name: str, desired: AnyResource, me: Label, ids: Any, *, again: bool) -> Observed[Any, Any] | None:
        """Read what was just created, once everything that no create can set is set. `again`: an older read will do."""
        self._stays_known(desired, name, ids)
        moment, sent = (None, frozenset[str]()) if again else self._follow_up(name, desired, me, ids)
        last: Observed[Any, Any] | None = None

        def shown() -> Observed[Any, Any] | None:
            nonlocal moment, last
            observed, moment = self._observe_now(name, desired, since=moment), None
            last = observed or last
            return observed if observed and not self._is_late(name, desired, observed, sent, again=again) else None

        what = f"{desired.known_as(name)} to appear after it was created"
        try:
            return self.patience.until(shown, what=what, limit=SHOWN)
        except TimedOut:
            if not again and last is None:
                raise
            return last or self._begin_again(name, desired)

    def _is_late(
        self, name: str, desired: AnyResource, observed: Observed[Any, Any], sent: frozenset[str], *, again: bool
    ) -> bool:
        """Whether a read does not yet show what was sent after the create, or what the create itself has set for good.
        A resource of an earlier run may be as that run desired it.
        """
        step = decide(name, desired, observed, self.label.of(name), None)
        if step.verb is Verb.REPLACE:
            return not again and not observed.failed
        return step.verb is Verb.UPDATE and not sent.isdisjoint(step.changed)

    def _follow_up(self, name: str, desired: AnyResource, me: Label, ids: Any) -> tuple[float, frozenset[str]]:
        """Set what no create can, and let the dependents start. Returns the moment from which a read shows everything,
        and the fields that were set.

        The ids that a create returned are valid whether AWS shows the resource already or not. What AWS refuses here is
        sent again once the resource shows. What it accepted is not sent again, since a duplicate would be refused.
        """
        self._newborn.add(name)
        if desired.soon:
            self._hand_on(name, ids)
        answered = True
        if later := frozenset(change.field for change in diff(desired, desired.as_created(), None)):
            try:
                desired.update(self.aws, replace(me, made=True), ids, later)
            except EcsctlError:
                raise
            except Exception:  # noqa: BLE001 - sorted out where it is sent again
                answered = False
        moment = time.monotonic()
        if answered and (desired.soon or desired.answered):
            self._hand_on(name, ids)
            self.patience.gather()
        return moment, later if answered else frozenset()

    def _hand_on(self, name: str, ids: Any) -> None:
        self.known[name] = ids
        self.go_on(name)

    def decided(self, name: str, desired: AnyResource, observed: Observed[Any, Any] | None) -> Step:
        """Decide what to do about it, according to the state file."""
        entry = self.state.entry(name)
        me = self.label.of(name)
        step = decide(name, desired, observed, me, self.applied(name), entry.otherwise if entry else None)
        if entry and (intent := entry.intent):
            begun = desired.changed_by_delete if intent.verb == "delete" else intent.fields
            step = left_unfinished(step, begun)
        if name != self.first or observed is None or not self.state.fresh:
            return step
        run = claim.unfinished(observed.tags)
        ours = self.state.has_begun(name, (observed.tags or {}).get(ID, ""))
        dead = run == self.state.run or ours or self.state.is_interrupted(run)
        return claim.decided(step, observed, self.aws.now(), dead=dead)

    def say_who_is_at_work(self, node: Node, run: str) -> None:
        """Tag the deployment's first resource with the run that is at work, or with the fact that the first one has
        ended.
        """
        desired = resolve(node.desired, self.known)
        attempt = Attempt(self.patience, desired.known_as(node.name))

        def read() -> Observed[Any, Any] | None:
            try:
                return self._observe_now(node.name, desired)
            except Exception as error:  # beside no resource's turn
                raise explained(error, attempt.what) from error

        while (observed := read()) and claim.unfinished(observed.tags) not in ("", run):
            me = replace(self.label.of(node.name).keeping_owner(observed.tags), run=run)
            try:
                desired.update(self.aws, me, observed.ids, frozenset({"tags"}))
            except Exception as error:  # noqa: BLE001 - sorted out: what does not pass is raised again
                attempt.wait_or_raise(error)
            else:
                break
        self.announced = run != claim.ENDED

    def _begin_again(self, name: str, desired: AnyResource) -> Observed[Any, Any] | None:
        """Forget the create that had no effect."""
        self.state.forget(name)
        return self._observe_now(name, desired)

    def _update(
        self,
        name: str,
        desired: AnyResource,
        observed_now: Observed[Any, Any],
        step: Step,
        attempt: Attempt,
        *,
        moved: bool,
    ) -> Observed[Any, Any] | None:
        """Ask AWS to change the fields, and read until they show as desired. `moved`: they were just sent, and already
        show.
        """
        nonce = "" if self._is_open(name, "update") else self._nonce(name)
        nonce = nonce or self.state.begin(name, desired.kind, "update", step.changed)
        me = self.label.of(name, nonce).keeping_owner(observed_now.tags)
        try:
            desired.keeping(observed_now.actual).update(self.aws, me, step.ids, step.changed)
        except Exception as error:  # noqa: BLE001 - sorted out: what does not pass is raised again
            attempt.wait_or_raise(error)
            return self._observe_now(name, desired)

        def shown() -> Observed[Any, Any] | None:
            observed = self._observe_now(name, desired)
            after = decide(name, desired, observed, self.label.of(name), None)
            return None if after.verb is Verb.UPDATE and differences(after) == differences(step) else observed

        fields = ", ".join(sorted(step.changed))
        known = step.changes and all(change.why is Why.OTHERWISE for change in step.changes)
        limit = WINDOW if known else STEADY if moved else SHOWN
        try:
            return self.patience.until(shown, what=f"{desired.known_as(name)} to show its new {fields}", limit=limit)
        except TimedOut as error:
            if all(change.problem for change in step.changes):
                raise  # nothing was sent that could show: it waits for a state
            sent = {change.field: change.sent for change in step.changes if change.sent}
            self.state.shown_otherwise(name, plain(step.ids), sent)
            raise _shown_otherwise(f"{attempt.what}: AWS took the change", step, limit) from error

    def _ready(self, name: str, desired: AnyResource, observed: Observed[Any, Any]) -> Observed[Any, Any]:
        """Wait until it is ready; a disposable one that failed meanwhile is removed and created again, once.

        Raises ResourceFailed when AWS gave up on it, Paused when it waits for a person, TimedOut at its limit.
        """
        last = self._ready_or_failed(name, desired, observed)
        if last.failed and desired.disposable:
            anew, _ = self._converge(name, desired, last)
            last = self._ready_or_failed(name, desired, anew)
        if last.failed:
            if desired.wait:
                self.state.drop(name)  # nothing of it exists on AWS that could still show up
            raise ResourceFailed(f"{desired.known_as(name)} failed", why=last.failed, hint=last.hint)
        if last.paused:
            raise Paused(f"{desired.known_as(name)}: {last.paused}", hint=last.hint)
        return last

    def _ready_or_failed(self, name: str, desired: AnyResource, observed: Observed[Any, Any]) -> Observed[Any, Any]:
        """Wait until AWS says ready or failed. Raises TimedOut at the resource's limit."""
        last, asked, later = observed, "", False

        def ended() -> Observed[Any, Any] | None:
            nonlocal last, asked, later
            if last.ask not in ("", asked):
                asked = last.ask
                for line in asked.splitlines():
                    self.emit(events.Message(line))
            if later and not last.ready and not last.failed:
                last = self._observe_now(name, desired, *desired.repeats) or last
            held, later = later and last.paused, True  # what was read before may have been released since
            return last if last.ready or last.failed or held else None

        def what() -> str:
            return f"{desired.known_as(name)} to be ready" + (f" ({last.note})" if last.note else "")

        return self.patience.until(ended, what=what, limit=desired.ready_within, usual=desired.usual_seconds)

    def await_ready(self, node: Node) -> None:
        """The second half of an early node: wait until it is ready."""
        if not node.desired.early:
            return
        began = time.monotonic()
        desired = resolve(node.desired, self.known)
        with self._working(node.name):
            observed = self._last.pop(node.name)
            self._settle(node.name, desired, self._ready(node.name, desired, observed))
            if not observed.ready:
                self.emit(events.Ready(node.name, desired.title, time.monotonic() - began))

    def _settle(self, name: str, desired: AnyResource, observed: Observed[Any, Any]) -> None:
        desired = desired if desired.borrowed else desired.keeping(observed.actual)
        borrowed = desired.borrowed or (observed.tags is None and not desired.wait)
        self.state.settle(name, desired.kind, plain(observed.ids), plain(desired), borrowed=borrowed)


def _shown_otherwise(what: str, step: Step, limit: float) -> ShownOtherwise:
    return ShownOtherwise(
        f"{what} and has shown another value for {round(limit)} seconds",
        why="; ".join(map(sent_and_shown, step.changes)),
        hint="if another tool, or a rule of the organization, keeps setting it, stop that, or set the same in "
        "ecsctl.toml; if AWS writes the value in another form, use that form in "
        "ecsctl.toml; if it is neither, this is a bug of ecsctl: please report it with this message",
    )
