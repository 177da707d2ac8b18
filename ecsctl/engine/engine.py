"""Make wishes true, and unmake them: plan, up, down. Each may die anywhere and be run again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecsctl.aws import THREADS
from ecsctl.engine import events
from ecsctl.engine.claim import ENDED, unfinished, way_out
from ecsctl.engine.codec import ids_from, plain
from ecsctl.engine.errors import (
    AwsError,
    Denied,
    EcsctlError,
    NotOffered,
    Refused,
    TimedOut,
    explained,
    together,
)
from ecsctl.engine.label import APP, ID, RESOURCE, Label
from ecsctl.engine.plan import Plan, Step, Verb, renews
from ecsctl.engine.reconcile import WINDOW, Reconciler
from ecsctl.engine.resource import AnyResource, Found, Resource, Seen
from ecsctl.engine.stack import Node, Stack, deletion_order, fulfil, promises
from ecsctl.engine.walk import walk

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.engine.state import Entry, State

ROUNDS = 5  # how often `down` looks whether something has come back
READY = " is ready"  # the name of a node's second half, where its dependents need not wait for it
FIRST = " let go"  # the name of a removal's first part: before what uses it is removed
REST = " in full"  # the name of a node's last part: what is taken away only when everything else is there


@dataclass(frozen=True)
class Sighting:
    """One resource on AWS that carries this deployment's mark."""

    kind: type[AnyResource]
    found: Found[Any]

    @property
    def name(self) -> str:
        """The part it plays in the stack, by its tag."""
        return self.found.tags.get(RESOURCE, "?")

    def uses(self, other: Sighting) -> bool:
        """Whether this one must go before the other of its own kind: a rule of it names the other."""
        return self.kind is other.kind and not self.found.uses.isdisjoint(vars(other.found.ids).values())

    @property
    def key(self) -> str:
        """A name for it among all sightings: parts of different kinds may share theirs."""
        return f"{self.kind.kind} {self.name}"


class Engine:
    """One run over one deployment of an app, in one account and region."""

    def __init__(
        self,
        aws: Aws,
        state: State,
        label: Label,
        kinds: tuple[type[AnyResource], ...],
        *,
        tell: events.Listener = events.nobody,
    ) -> None:
        self.aws, self.state, self.kinds, self.tell = aws, state, kinds, tell
        self.patience = aws.patience
        self.one = Reconciler(aws, state, label, tell)
        self.seen: dict[str, Seen[Any, Any] | None] = {}  # what the last plan saw, by name
        self._certain: set[str] = set()  # those seen with every id of their wish known
        self.others: frozenset[str] = frozenset()  # ids of other deployments of the app that the last survey met
        self.passed_over: dict[str, str] = {}  # why kinds, by title, were not looked for that nobody knows anything of
        self.unseen: dict[str, EcsctlError] = {}  # by name, or "all of" a kind: why it may not be looked at
        self.searched_in_part: dict[str, str] = {}  # why kinds, by title, were looked for only where one is recorded

    @property
    def label(self) -> Label:
        """This deployment's label. Its id may have been learnt from tags."""
        return self.one.label

    def ids(self, name: str) -> Any:
        """The ids of a resource of the stack, as far as this run knows them; None if it is not there."""
        seen = self.seen.get(name)
        return self.one.known.get(name) or (seen.ids if seen else None)

    def survey(self, wished: Collection[str] = (), *, as_far: bool = False) -> list[Sighting]:
        """Everything on AWS that carries the app's mark and this deployment's id, all kinds at once.

        A kind that AWS does not let us look for, or that the region does not have, is told and passed over, unless it
        is among the `wished` or something of it is recorded: nobody says then that there is anything to find. What is
        recorded can be enough to look by, for some kinds; `as_far` as we may look, the rest goes into `unseen`.

        A record that was lost learns its id here.
        Raises Refused when tags tell of two deployments of this app.
        """
        found: dict[str, list[Sighting]] = {}

        def visit(name: str) -> None:
            kind = kinds[name]
            try:
                items = self.one.patiently(lambda: list(kind.find(self.aws, me)), f"{kind.title} of {me.app}")
            except (Denied, NotOffered) as error:
                why = error.message.removeprefix(f"{kind.title} of {me.app}: ")
                if name not in known:
                    denied[kind.title] = why
                    return
                recorded = self._among(kind, me)
                if recorded is None and not as_far:
                    raise
                if recorded is None:
                    self.unseen[f"all of {name}"] = error
                    return
                items = recorded
                self.searched_in_part[kind.title] = why
            found[name] = [Sighting(kind, item) for item in items]

        me = self.label
        denied: dict[str, str] = {}
        known = {*wished, *(entry.kind for entry in self.state.book.entries.values())}
        kinds = {kind.kind: kind for kind in self.kinds}
        self._all(walk({name: frozenset() for name in kinds}, visit, threads=THREADS, skip=_ignore))
        self._pass_over(denied)
        sightings = [sighting for name in kinds for sighting in found.get(name, [])]
        # A listing by name or prefix shows others' things too; and what is found in all regions, another deployment's.
        tags = [sighting.found.tags for sighting in sightings if not sighting.found.elsewhere]
        ids = sorted({one[ID] for one in tags if one.get(APP) == me.app and one.get(ID)})
        if self.state.fresh and ids:
            if len(ids) > 1:
                raise Refused(
                    f"two deployments of {self.label.app} live in this account and region",
                    why=f"resources carry the tags {', '.join(f'{ID}={one}' for one in ids)}",
                    hint="run this where the record (.ecsctl/state.json) of the one you mean is",
                )
            self.state.adopt_id(ids[0])
            self.one.label = replace(self.label, id=ids[0])
        self.others = frozenset(ids) - {self.label.id}
        return [sighting for sighting in sightings if self.label.owns(sighting.found.tags)]

    def _recorded(self, node: Node) -> Any:
        """The ids of one that may not be looked at, as recorded; None if none are, or they are of another kind."""
        entry = self.state.entry(node.name)
        if entry is None or entry.ids is None or entry.kind != node.wish.kind:
            return None
        with suppress(TypeError):
            return ids_from(type(node.wish), entry.ids)
        return None

    def _among(self, kind: type[AnyResource], me: Label) -> list[Found[Any]] | None:
        """What is recorded of a kind that may not be searched for; None if that is not enough to look by."""
        entries = [entry for entry in self.state.book.entries.values() if entry.kind == kind.kind]
        recorded = [entry.ids for entry in entries if entry.ids is not None]
        if not recorded or len(recorded) < len(entries):
            return None
        found = kind.among(self.aws, me, recorded)
        if found is None:
            return None
        with suppress(Denied, NotOffered):
            return self.one.patiently(lambda: list(found), f"{kind.title} of {me.app}")
        return None

    def _pass_over(self, denied: Mapping[str, str]) -> None:
        if new := {title: why for title, why in denied.items() if title not in self.passed_over}:
            told = "; ".join(f"{title}: {why}" for title, why in sorted(new.items()))
            self.tell(events.Said(f"not looked for, as neither ecsctl.toml nor the record knows of any: {told}"))
        self.passed_over.update(denied)

    def part(self, stack: Stack, names: Collection[str]) -> Stack:
        """Those of these resources that are there, alone, as if everything else stayed as it is. Changes nothing.

        For `plan` and `up` without pruning. Raises Refused where one of them needs what is not there.
        """
        self.plan(stack)
        known = {name: ids for name in stack.nodes if (ids := self.ids(name)) is not None}
        return stack.part(known.keys() & set(names), known)

    def plan(self, stack: Stack, *, prune: bool = True, as_far: bool = False) -> Plan:
        """What `up` would do. Looks, and changes nothing.

        `as_far` as we may look: what AWS does not let us look at is a step that says so, and stands in `unseen`.
        """
        self.unseen = {}
        sightings = self.survey({node.wish.kind for node in stack.nodes.values()}, as_far=as_far)
        self.one.first = stack.first
        steps: dict[str, Step] = {}
        there: dict[str, Any] = {}  # ids of all that is there
        known: dict[str, Any] = {}  # those of them that will be the same after the run

        lost: set[str] = set()  # those that may not be looked at, and of which no ids are recorded

        def unseen(node: Node, reason: str, error: EcsctlError | None = None) -> None:
            name, ids = node.name, self._recorded(node)
            steps[name] = Step(name, node.wish.kind, node.wish.title, Verb.REFUSE, (), ids, reason,
                               error.hint if error else "", node.wish.borrowed, unseen=True)  # fmt: skip
            self.seen[name] = None
            if error:
                self.unseen[name] = error
            if ids is None:
                lost.add(name)
            else:
                there[name] = known[name] = ids

        def visit(name: str) -> None:
            node = stack.nodes[name]
            if missing := sorted(node.needs & lost):
                unseen(node, f"not looked at, as what it needs could not be: {', '.join(missing)}")
                return
            wish = fulfil(node.wish, known)
            try:
                seen = self.one.look(name, fulfil(node.wish, there))
            except (Denied, NotOffered) as error:
                if not as_far:
                    raise
                unseen(node, error.message.removeprefix(f"{wish.title} {name}: "), error)
                return
            step = self.one.judged(name, wish, seen)
            self.seen[name], steps[name] = seen, step
            if not any(promises(wish)):
                self._certain.add(name)
            if step.ids is not None:
                there[name] = step.ids
                if not renews(step, wish):
                    known[name] = step.ids

        self._all(walk(stack.graph, visit, threads=THREADS, skip=_ignore))
        for name in [name for name in self.unseen if name in stack.nodes]:  # one refusal of a kind is told once
            self.unseen.pop(f"all of {stack.nodes[name].wish.kind}", None)
        wished = {(node.wish.kind, name) for name, node in stack.nodes.items()}
        surplus = [sighting for sighting in sightings if (sighting.kind.kind, sighting.name) not in wished]
        leftover = surplus if prune else []
        first = self.seen.get(stack.first)
        found = [self._replaceable(stack, steps, steps[name]) for name in stack.nodes]
        made = tuple(way_out(found, self.label, first, self.others))
        return Plan(
            made + stack.unfit + tuple(_removal(sighting, "ecsctl.toml no longer asks for it") for sighting in leftover)
        )

    def up(self, stack: Stack, *, agree: Callable[[Plan], None], command: str = "up", prune: bool = True) -> Plan:
        """Make every wish of the stack true, and remove what is no longer wished. Returns what was planned and done.

        `agree` sees the plan before anything changes and raises if the user does not agree. With nothing to do there
        is no lock, no change and no write. Without `prune` the stack is a part of one, and nothing else is removed.
        Raises the failures of all resources together.
        """
        plan = self.plan(stack, prune=prune)
        self._half_done(stack)
        self.tell(events.Planned(plan))
        refuse(plan)
        for other in sorted(self.others):
            self.tell(events.Said(f"another deployment of {self.label.app} ({ID}={other}) has things here too; where "
                                  "its record (.ecsctl/state.json) is, ecsctl down removes them"))  # fmt: skip
        agree(plan)
        cut_off = bool(unfinished(self._tags(stack.first)))  # an earlier first run did not come to its end
        if not plan.work and not cut_off and self._settled(stack):
            return plan
        steps = {step.name: step for step in plan.steps if step.name in stack.nodes}
        with self.state.locked(command):
            leftovers = {f"{s.kind} {s.name}": s for s in plan.steps if s.verb is Verb.DELETE}
            graph = self._graph(stack, steps, leftovers)

            def visit(name: str) -> None:
                if name in leftovers:
                    self.one.remove(self._kind(leftovers[name].kind), leftovers[name].name)
                elif name in stack.nodes:
                    self.one.ensure(stack.nodes[name], steps[name], self.seen[name], certain=name in self._certain)
                elif name.endswith(REST):
                    self.one.complete(stack.nodes[name.removesuffix(REST)])
                else:
                    self.one.await_ready(stack.nodes[name.removesuffix(READY)])

            parts = {name: (name, node.wish.title) for name, node in stack.nodes.items()}
            parts |= {name + end: told for name, told in parts.items() for end in (READY, REST)}
            parts |= {key: (step.name, step.title) for key, step in leftovers.items()}
            first = stack.nodes.get(stack.first)
            if first and cut_off:
                self.one.say_who_is_at_work(first, self.state.run)
            if first and steps[first.name].verb is Verb.CREATE:
                self._run({first.name: graph.pop(first.name)}, visit, parts)  # alone: who comes later makes nothing
            try:
                self._run(graph, visit, parts)
            except EcsctlError:
                with suppress(EcsctlError):  # the failure is what is to be told
                    self._end_first_run(stack)
                raise
            self._end_first_run(stack)
        return plan

    def _end_first_run(self, stack: Stack) -> None:
        if stack.first in self.one.known and self.one.marked:
            self.one.say_who_is_at_work(stack.nodes[stack.first], ENDED)

    def _tags(self, name: str) -> Mapping[str, str]:
        """The tags that the last plan saw."""
        seen = self.seen.get(name)
        return (seen.tags if seen else None) or {}

    def down(
        self, *, agree: Callable[[Plan], None], keep: Callable[[Sighting], str] = lambda _: "", command: str = "down"
    ) -> Plan:
        """Remove all that carries this deployment's mark, and look until nothing of it is left.

        `keep` says why a resource stays; an empty string lets it go. `agree` sees the plan first and raises if the
        user does not agree. Works from the tags; the record only tells what AWS may not show yet.
        """
        sightings = self._all_sightings()
        for title, why in sorted(self.searched_in_part.items()):
            self.tell(events.Said(f"{title}: looked for only where the record knows of one ({why})"))
        staying = {sighting.key: why for sighting in sightings if (why := keep(sighting))}
        steps = tuple(
            Step(s.name, s.kind.kind, s.kind.title, Verb.KEEP, ids=s.found.ids, reason=staying[s.key])
            if s.key in staying
            else _removal(s, self._holds(s))
            for s in sightings
        )
        plan = Plan(steps + self._borrowed())
        self.tell(events.Planned(plan))
        agree(plan)
        if not plan.work and not self.state.book.entries and not self.state.path.exists():
            return plan
        with self.state.locked(command):
            for _ in range(ROUNDS):
                doomed = {sighting.key: sighting for sighting in sightings if sighting.key not in staying}
                if not doomed:
                    break
                self._remove_all(doomed)
                with self.aws.fresh():
                    sightings = self.survey()
            else:
                raise AwsError(
                    f"{', '.join(doomed)}: gone and there again", hint="look for another tool at work on them"
                )
            self._close(staying)
        return plan

    def _holds(self, sighting: Sighting) -> str:
        kind, ids = sighting.kind, sighting.found.ids
        return self.one.patiently(lambda: kind.contents(self.aws, ids), f"{kind.title} {sighting.name}").told

    def _remove_all(self, doomed: Mapping[str, Sighting]) -> None:
        """Remove what was sighted, each after everything that uses it."""
        order = deletion_order(self.kinds)
        graph = {
            key: frozenset(
                other
                for other, o in doomed.items()
                if o.kind.kind in order[one.kind.kind] or (o.uses(one) and not one.uses(o))
            )
            for key, one in doomed.items()
        }
        parts = {key: (one.name, one.kind.title) for key, one in doomed.items()}
        for key, one in doomed.items():
            if one.kind.unhand.__func__ is not Resource.unhand.__func__:  # type: ignore[attr-defined]  # a class's method has it
                users, first = graph[key], key + FIRST
                graph |= {user: graph[user] | {first} for user in users} | {first: frozenset()}
                parts[first] = parts[key]

        def visit(key: str) -> None:
            one = doomed[key.removesuffix(FIRST)]
            (self.one.unhand if key.endswith(FIRST) else self.one.remove)(one.kind, one.name)

        self._run(graph, visit, parts)

    def _close(self, staying: Mapping[str, str]) -> None:
        """Take from the record all that does not stay; with nothing left, the record itself."""
        kept = {key.split(" ", 1)[1] for key in staying}
        for name in set(self.state.book.entries) - kept:
            self.state.forget(name)
        if not staying:
            self.state.end()

    def _all_sightings(self) -> list[Sighting]:
        """All that is ours; looking for a while longer when the record names what AWS does not show yet."""
        sightings = self.survey()
        never_shown = {kind.kind for kind in self.kinds if kind.wait}

        def missing() -> bool:
            shown = {sighting.name for sighting in sightings} | {
                name for name, entry in self.state.book.entries.items() if entry.kind in never_shown
            }
            return any(_recent(entry) and name not in shown for name, entry in self.state.book.entries.items())

        def look() -> bool | None:
            nonlocal sightings
            with self.aws.fresh():
                sightings = self.survey()
            return None if missing() else True

        if missing():
            with suppress(TimedOut):
                self.patience.until(look, what="what an earlier run may have left", limit=WINDOW)
        return sightings

    def _settled(self, stack: Stack) -> bool:
        """Whether everything is ready and the record says so already."""
        entries = self.state.book.entries
        return (
            all(seen is not None and seen.ready and not seen.failed for seen in self.seen.values())
            and entries.keys() == stack.nodes.keys()
            and not self.state.unsettled
            and all(entry.ids == plain(self.seen[name].ids) for name, entry in entries.items())  # type: ignore[union-attr]  # none is None here
        )

    def _half_done(self, stack: Stack) -> None:
        """Say what an earlier run began and did not finish."""
        for name, entry in self.state.unsettled.items():
            verb = entry.intent.verb if entry.intent else ""
            there = self.seen.get(name) is not None
            what = {"create": "was being made", "update": "was being changed", "delete": "was being removed"}[verb]
            now = "it is there: taken over" if there else "it is not there"
            if name in stack.nodes:
                self.tell(events.Said(f"an earlier run stopped while {name} {what}; {now}"))

    def _borrowed(self) -> tuple[Step, ...]:
        """What is used and not ours, as recorded."""
        titles = {kind.kind: kind.title for kind in self.kinds}
        return tuple(
            Step(name, entry.kind, titles.get(entry.kind, entry.kind), Verb.KEEP, ids=entry.ids,
                 reason="not ours: only used", borrowed=True)
            for name, entry in self.state.book.entries.items()
            if entry.borrowed
        )  # fmt: skip

    def _replaceable(self, stack: Stack, steps: Mapping[str, Step], step: Step) -> Step:
        """The step; or a refusal, if it would replace something alive that others which are there stand on."""
        seen = self.seen[step.name]
        if step.verb is not Verb.REPLACE or (seen is not None and seen.failed):
            return step
        on_it = sorted(
            name for name, node in stack.nodes.items() if step.name in node.needs and steps[name].ids is not None
        )
        if not on_it:
            return step
        return Step(step.name, step.kind, step.title, Verb.REFUSE, step.changes, step.ids,
                    f"{step.reason}, and {', '.join(on_it)} stand on it",
                    "set it back, or run ecsctl down and then ecsctl up")  # fmt: skip

    def _graph(
        self, stack: Stack, steps: Mapping[str, Step], leftovers: Mapping[str, Step]
    ) -> dict[str, frozenset[str]]:
        """The stack's graph, the second halves of early nodes; then what updates take away, and what is not wished."""
        graph = dict(stack.graph)
        for name, node in stack.nodes.items():
            if node.wish.early:
                graph[name + READY] = frozenset({name})
            graph[name] |= {other + READY for other in node.ready if stack.nodes[other].wish.early}
        everything = frozenset(graph)
        for name, step in steps.items():
            if step.verb is Verb.UPDATE and type(stack.nodes[name].wish).meanwhile is not Resource.meanwhile:
                graph[name + REST] = everything
        everything = frozenset(graph)
        order = deletion_order(self.kinds)
        for key, step in leftovers.items():
            first = {other for other, o in leftovers.items() if o.kind in order[step.kind]}
            graph[key] = everything | first
        return graph

    def _kind(self, kind: str) -> type[AnyResource]:
        return next(one for one in self.kinds if one.kind == kind)

    def _run(
        self, graph: dict[str, frozenset[str]], visit: Callable[[str], None], parts: Mapping[str, tuple[str, str]]
    ) -> None:
        """Walk the graph, tell what failed and what was not tried, and raise it all together.

        `parts` tells of each node of the graph the resource's name and title.
        """
        not_tried: list[str] = []

        def skip(key: str, because: str) -> None:
            name, title = parts[key]
            if key.endswith(READY):
                return  # its first half was told of
            not_tried.append(f"{title} {name}")
            self.tell(events.NotTried(name, title, because))

        def told(key: str) -> None:
            name, title = parts[key]
            try:
                visit(key)
            except Exception as error:
                failure = explained(error, f"{title} {name}")
                self.tell(events.Failed(name, title, failure))
                raise failure from error

        failed = walk(graph, told, threads=THREADS, skip=skip, stopping=lambda: self.patience.stopping)
        self._all(failed, not_tried)
        self.patience.check()

    def _all(self, failed: Mapping[str, BaseException], not_tried: list[str] | None = None) -> None:
        """Raise all that failed, as one error."""
        if failed:
            bugs = [error for error in failed.values() if not isinstance(error, EcsctlError)]
            if bugs:
                raise together([explained(bug, "AWS") for bug in bugs])
            raise together(failed.values(), not_tried or [])


def refuse(plan: Plan) -> None:
    """Raise Refused, with all reasons together, if the plan cannot be carried out."""
    if plan.refusals:
        rivals = [step for step in plan.refusals if step.rival]
        others = [Refused(f"{s.title} {s.name}: {s.reason}", hint=s.hint) for s in plan.refusals if not s.rival]
        raise together([*_entangled(rivals), *others])


def _entangled(steps: Sequence[Step]) -> Iterator[Refused]:
    """One refusal for all that belongs to another deployment: there is one way out for all of it."""
    if len(steps) == 1:
        yield Refused(f"{steps[0].title} {steps[0].name}: {steps[0].reason}", hint=steps[0].hint)
    elif steps:
        yield Refused(
            f"two deployments of this app have begun in this account and region, and neither is whole: {len(steps)} "
            f"parts belong to another one ({', '.join(sorted({f'{ID}={step.rival}' for step in steps}))})",
            why="; ".join(f"{step.title} {step.name}: {step.reason}" for step in steps[:3])
            + (f"; and {len(steps) - 3} more" if len(steps) > 3 else ""),
            hint=steps[0].hint,
        )


def _recent(entry: Entry) -> bool:
    """Whether AWS may not show yet what this entry is about."""
    return not entry.borrowed and (entry.intent is not None or entry.young)


def _removal(sighting: Sighting, reason: str) -> Step:
    return Step(
        sighting.name, sighting.kind.kind, sighting.kind.title, Verb.DELETE, ids=sighting.found.ids, reason=reason
    )


def _ignore(_name: str, _because: str) -> None:
    """Nothing is told of a look that was not tried: the failure that caused it is raised."""
