"""Brings AWS to the desired state, and removes all of it: plan, up, down. Each may be killed at any point and run
again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from ecsctl.engine import events
from ecsctl.engine.beginning import needless
from ecsctl.engine.claim import ENDED, unfinished
from ecsctl.engine.codec import plain
from ecsctl.engine.label import ID, Label
from ecsctl.engine.plan import Plan, Step, Verb
from ecsctl.engine.planning import Planner, refuse
from ecsctl.engine.reconcile import Reconciler
from ecsctl.engine.removing import Remover
from ecsctl.engine.resource import AnyResource, Observed, Resource
from ecsctl.engine.stack import Node, Stack, deletion_order
from ecsctl.engine.survey import Owned, Survey
from ecsctl.engine.walk import Release
from ecsctl.engine.work import BEGUN, READY, carry_out
from ecsctl.errors import EcsctlError

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.state import State

Lock = Callable[[str], AbstractContextManager[None]]
"""Keeps a command alone among all machines, while it is held."""
REST = " in full"  # the suffix of a node's last part: what is taken away only when everything else exists


class Engine:
    """One run for one deployment of an app, in one account and region."""

    def __init__(
        self,
        aws: Aws,
        state: State,
        label: Label,
        kinds: tuple[type[AnyResource], ...],
        *,
        emit: events.Listener = events.ignored,
        lock: Lock = lambda _command: nullcontext(),
    ) -> None:
        self.aws, self.state, self.kinds, self.emit, self.lock = aws, state, kinds, emit, lock
        self.patience = aws.patience
        self.one = Reconciler(aws, state, label, emit)
        self.survey = Survey(self.one, kinds)
        self.planner = Planner(self.one, self.survey)

    @property
    def label(self) -> Label:
        """This deployment's label. Its id may have been read from tags."""
        return self.one.label

    @property
    def observed(self) -> Mapping[str, Observed[Any, Any] | None]:
        """What the last plan read from AWS, by the resource's name."""
        return self.planner.observed

    @property
    def unobserved(self) -> Mapping[str, EcsctlError]:
        """The errors for which the last plan could not read something, by name, or by "all of" a kind."""
        return self.planner.unobserved

    @property
    def passed_over(self) -> Mapping[str, str]:
        """The reasons why some kinds, by title, were not searched for. Neither ecsctl.toml nor the state file has
        any of them.
        """
        return self.survey.passed_over

    def ids(self, name: str) -> Any:
        """The ids of a resource of the stack, as far as this run knows them; None if it does not exist."""
        observed = self.observed.get(name)
        return self.one.known.get(name) or (observed.ids if observed else None)

    def part(self, stack: Stack, names: Collection[str]) -> Stack:
        """Only those of these resources that exist, as if everything else stayed unchanged. Changes nothing.

        For `plan` and `up` without pruning. Raises Refused where one of them needs something that does not exist.
        """
        self.plan(stack)
        known = {name: ids for name in stack.nodes if (ids := self.ids(name)) is not None}
        return stack.part(known.keys() & set(names), known)

    def plan(self, stack: Stack, *, prune: bool = True, as_far: bool = False) -> Plan:
        """Plan what `up` would do. Only reads. `as_far` as permissions allow: see Planner.plan."""
        return self.planner.plan(stack, prune=prune, as_far=as_far)

    def down(
        self,
        *,
        agree: Callable[[Plan], None],
        keep: Callable[[Owned], str] = lambda _: "",
        held: Callable[[Owned], str] = lambda _: "",
        command: str = "down",
    ) -> Plan:
        """Remove everything that carries this deployment's tags: see Remover.down."""
        return Remover(self.one, self.survey, self.lock).down(agree=agree, keep=keep, held=held, command=command)

    def up(self, stack: Stack, *, agree: Callable[[Plan], None], command: str = "up", prune: bool = True) -> Plan:
        """Bring every resource of the stack to its desired state, and remove what is no longer in ecsctl.toml.

        Returns the plan, which has then been carried out.

        `agree` is given the plan before anything changes, and raises if the user does not agree. If there is nothing to
        do, nothing is locked, changed or written. Without `prune` the stack is only a part of the whole, and nothing
        else is removed. Raises the failures of all resources together.
        """
        plan = self.plan(stack, prune=prune)
        self._half_done(stack)
        self.emit(events.Planned(plan, stack.graph))
        refuse(plan)
        for other in sorted(self.survey.others):
            self.emit(
                events.Message(
                    f"another deployment of {self.label.app} ({ID}={other}) has things here too; where its state file "
                    "(.ecsctl/state.json) is, ecsctl down removes them"
                )
            )
        agree(plan)
        cut_off = bool(unfinished(self._tags(stack.first)))  # an earlier first run did not finish
        alone = plan.work or cut_off or self.state.was_interrupted  # a lock of a run that died is given back
        if not alone and self._is_settled(stack):
            return plan
        steps = {step.name: step for step in plan.steps if step.name in stack.nodes}
        first = stack.nodes.get(stack.first)
        claimed = bool(first) and steps[stack.first].verb is Verb.CREATE
        with self.state.locked(command), self.lock(command) if alone and not claimed else nullcontext():
            leftovers = {f"{s.kind} {s.name}": s for s in plan.steps if s.verb is Verb.DELETE}
            graph = self._graph(stack, steps, leftovers)

            def visit(name: str) -> None:
                if name in leftovers:
                    self.one.remove(self._kind(leftovers[name].kind), leftovers[name].name)
                elif name in stack.nodes:
                    self.one.ensure(
                        stack.nodes[name],
                        steps[name],
                        self.observed[name],
                        certain=name in self.planner.certain,
                        absent=self.planner.is_absent(name),
                    )
                elif name.endswith(BEGUN):
                    early = name.removesuffix(BEGUN)
                    self.one.begin(stack.nodes[early], absent=self.planner.is_absent(early))
                elif name.endswith(REST):
                    self.one.complete(stack.nodes[name.removesuffix(REST)])
                else:
                    self.one.await_ready(stack.nodes[name.removesuffix(READY)])

            parts = {name: (name, node.desired.title) for name, node in stack.nodes.items()}
            parts |= {name + end: shown for name, shown in parts.items() for end in (BEGUN, READY, REST)}
            parts |= {key: (step.name, step.title) for key, step in leftovers.items()}
            if first and cut_off:
                self.one.say_who_is_at_work(first, self.state.run)
            if claimed:  # alone, until it is created: a run that starts later creates nothing
                graph |= {name: needs | {stack.first} for name, needs in graph.items() if name != stack.first}
            try:
                self._carry_out(graph, visit, parts, stack.first if claimed else "")
            except EcsctlError:
                with suppress(EcsctlError):  # the failure itself is what gets reported
                    self._end_first_run(stack)
                raise
            self._end_first_run(stack)
        return plan

    def _end_first_run(self, stack: Stack) -> None:
        if stack.first in self.one.known and self.one.announced:
            self.one.say_who_is_at_work(stack.nodes[stack.first], ENDED)

    def _tags(self, name: str) -> Mapping[str, str]:
        """The tags that the last plan observed."""
        observed = self.observed.get(name)
        return (observed.tags if observed else None) or {}

    def _is_settled(self, stack: Stack) -> bool:
        """Whether everything is ready and the state file says so already."""
        entries = self.state.entries
        return (
            all(observed is not None and observed.ready and not observed.failed for observed in self.observed.values())
            and entries.keys() == stack.nodes.keys()
            and not self.state.unsettled
            and all(entry.ids == plain(self.observed[name].ids) for name, entry in entries.items())  # type: ignore[union-attr]  # none is None here
        )

    def _half_done(self, stack: Stack) -> None:
        """Report what an earlier run began and did not finish."""
        for name, entry in self.state.unsettled.items():
            verb = entry.intent.verb if entry.intent else ""
            found = self.observed.get(name) is not None
            what = {"create": "was being created", "update": "was being changed", "delete": "was being deleted"}[verb]
            now = "it exists, and this run continues with it" if found else "it does not exist"
            if name in stack.nodes:
                called = stack.nodes[name].desired.known_as(name)
                self.emit(events.Message(f"an earlier run stopped while {called} {what}; {now}"))

    def _graph(
        self, stack: Stack, steps: Mapping[str, Step], leftovers: Mapping[str, Step]
    ) -> dict[str, frozenset[str]]:
        """The stack's graph with the second halves of early nodes; after it what is left over or no longer desired."""
        graph = dict(stack.graph)
        for name, node in stack.nodes.items():
            if _is_split(node):
                graph[name + READY] = frozenset({name})
            graph[name] |= {other + READY for other in node.ready if _is_split(stack.nodes[other])}
        for name, node in stack.nodes.items():
            spared = needless(node) if steps[name].verb is Verb.CREATE and name != stack.first else None
            if spared:
                graph[name + BEGUN] = graph[name] - spared
                graph[name] |= {name + BEGUN}
        everything = frozenset(graph)
        for name, step in steps.items():
            desired = stack.nodes[name].desired
            left = type(desired).interim is not Resource.interim if step.verb is Verb.UPDATE else False
            if left or (step.verb is Verb.CREATE and desired.initial() is not desired):
                graph[name + REST] = everything
        everything = frozenset(graph)
        order = deletion_order(self.kinds)
        for key, step in leftovers.items():
            first = {other for other, o in leftovers.items() if o.kind in order[step.kind]}
            graph[key] = everything | first
        return graph

    def _kind(self, kind: str) -> type[AnyResource]:
        return next(one for one in self.kinds if one.kind == kind)

    def _carry_out(
        self,
        graph: Mapping[str, frozenset[str]],
        visit: Callable[[str], None],
        parts: Mapping[str, tuple[str, str]],
        claim: str,
    ) -> None:
        """Visit the graph. If the `claim` was not created, nothing is reported as missing: another run is at work."""
        release = self.one.go_on = Release()
        whole = {name: name.removesuffix(READY) for name in graph if name.endswith(READY)}

        def idle(key: str) -> bool:
            if claim and claim not in self.one.known:
                return True
            return key.endswith(REST) and key.removesuffix(REST) not in self.one.partly

        carry_out(graph, visit, parts, patience=self.patience, emit=self.emit, release=release, whole=whole, idle=idle)


def _is_split(node: Node) -> bool:
    """Whether its dependents may start before everything about it is done."""
    return node.desired.early or node.desired.soon or node.desired.answered
