"""Plans `up`: compares each desired resource with the observed one, and finds what exists but is not desired."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ecsctl.aws.explaining import together
from ecsctl.engine.claim import adjusted_steps
from ecsctl.engine.codec import ids_from
from ecsctl.engine.label import ID
from ecsctl.engine.plan import Plan, Step, Verb, has_new_ids
from ecsctl.engine.promises import promises, resolve, stable
from ecsctl.engine.reconcile import Reconciler
from ecsctl.engine.resource import Observed
from ecsctl.engine.stack import Node, Stack
from ecsctl.engine.survey import Owned, Survey, removal
from ecsctl.engine.wording import called
from ecsctl.engine.work import visit_all
from ecsctl.errors import Denied, EcsctlError, NotOffered, Refused

LATELY = 10.0  # seconds for which a resource that the plan found absent is not read again before it is created


class Planner:
    """Reads the stack from AWS, and keeps what it observed."""

    def __init__(self, one: Reconciler, survey: Survey) -> None:
        self.one, self.survey = one, survey
        self.observed: dict[str, Observed[Any, Any] | None] = {}  # what the last plan observed, by name
        self.certain: set[str] = set()  # those observed when every id in their desired state was known
        self._absent: dict[str, float] = {}  # those that did not exist, and when that was read
        self.unobserved: dict[str, EcsctlError] = {}  # by name, or "all of" a kind: why it could not be read

    def plan(self, stack: Stack, *, prune: bool = True, as_far: bool = False) -> Plan:
        """Plan what `up` would do. Only reads.

        `as_far` as permissions allow: what AWS does not let us read becomes a step that says so, and is listed in
        `unobserved`.
        """
        self.unobserved, self._absent = {}, {}
        all_owned = self.survey.all(
            {node.desired.kind for node in stack.nodes.values()}, self.unobserved if as_far else None, through=False
        )
        self.one.first = stack.first
        steps: dict[str, Step] = {}
        existing: dict[str, Any] = {}  # ids of everything that exists
        known: dict[str, Any] = {}  # those of them that will be the same after the run

        lost: set[str] = set()  # those that cannot be read, and of which no ids are recorded

        def unobserved(node: Node, reason: str, error: EcsctlError | None = None) -> None:
            name, ids = node.name, self._recorded(node)
            steps[name] = Step(name, node.desired.kind, node.desired.title, Verb.REFUSE, (), ids, reason,
                               error.hint if error else "", node.desired.borrowed, unobserved=True)  # fmt: skip
            self.observed[name] = None
            if error:
                self.unobserved[name] = error
            if ids is None:
                lost.add(name)
            else:
                existing[name] = known[name] = ids

        def visit(name: str) -> None:
            node = stack.nodes[name]
            if missing := sorted(node.needs & lost):
                unobserved(node, f"not checked, because what it needs could not be checked: {', '.join(missing)}")
                return
            desired = resolve(node.desired, known)
            try:
                found_by = resolve(node.desired, existing)
                observed = self.one.read(name, found_by)
            except (Denied, NotOffered) as error:
                if not as_far:
                    raise
                unobserved(node, error.message.removeprefix(f"{desired.known_as(name)}: "), error)
                return
            if observed is None and self.one.can_exist(found_by):
                self._absent[name] = time.monotonic()
            step = self.one.decided(name, desired, observed)
            self.observed[name], steps[name] = observed, step
            if not any(promises(desired)):
                self.certain.add(name)
            if step.ids is not None:
                existing[name] = step.ids
                if not has_new_ids(step, desired):
                    known[name] = step.ids
                elif step.verb is Verb.REPLACE and not step.changes and desired.stable_ids:
                    known[name] = stable(name, desired, step.ids)

        visit_all(stack.graph, visit)
        for name in [name for name in self.unobserved if name in stack.nodes]:  # one refusal of a kind is reported once
            self.unobserved.pop(f"all of {stack.nodes[name].desired.kind}", None)
        configured = {(node.desired.kind, name) for name, node in stack.nodes.items()}
        surplus = [owned for owned in all_owned if (owned.kind.kind, owned.name) not in configured]
        leftover = surplus if prune else []
        first = self.observed.get(stack.first)
        found = [self._replaceable(stack, steps, steps[name]) for name in stack.nodes]
        made = tuple(adjusted_steps(found, self.one.label, first, self.survey.others))
        return Plan(made + stack.unfit + tuple(map(self._removal_step, leftover)))

    def is_absent(self, name: str) -> bool:
        """Whether the last plan has just read that it does not exist."""
        return time.monotonic() - self._absent.get(name, float("-inf")) < LATELY

    def _removal_step(self, owned: Owned) -> Step:
        """The step for what ecsctl.toml no longer asks for, as it was last applied, if that is recorded."""
        entry = self.one.state.entry(owned.name)
        known = entry.applied if entry and entry.kind == owned.kind.kind else None
        return replace(_no_longer(owned), found=known or {})

    def _recorded(self, node: Node) -> Any:
        """The ids of one that cannot be read, as recorded; None if none are, or they belong to another kind."""
        entry = self.one.state.entry(node.name)
        if entry is None or entry.ids is None or entry.kind != node.desired.kind:
            return None
        with suppress(TypeError):
            return ids_from(type(node.desired), entry.ids)
        return None

    def _replaceable(self, stack: Stack, steps: Mapping[str, Step], step: Step) -> Step:
        """The step; or a refusal, if it would replace something in use that others depend on."""
        observed = self.observed[step.name]
        if step.verb is not Verb.REPLACE or (observed is not None and observed.failed):
            return step
        on_it = sorted(
            name for name, node in stack.nodes.items() if step.name in node.needs and steps[name].ids is not None
        )
        if not on_it:
            return step
        return Step(step.name, step.kind, step.title, Verb.REFUSE, step.changes, step.ids,
                    f"{step.reason}, and it is needed by {', '.join(on_it)}",
                    stack.nodes[step.name].desired.replacement_advice)  # fmt: skip


def _no_longer(owned: Owned) -> Step:
    """Plan what happens to a resource that ecsctl.toml no longer asks for."""
    why = "ecsctl.toml no longer asks for it"
    if not owned.kind.kept_because:
        return removal(owned, why)
    return Step(owned.name, owned.kind.kind, owned.kind.title, Verb.KEEP, ids=owned.found.ids,
                reason=f"{why}, and {owned.kind.kept_because}: it is kept until ecsctl down --volumes")  # fmt: skip


def refuse(plan: Plan) -> None:
    """Raise Refused, with all reasons together, if the plan cannot be carried out."""
    if plan.refusals:
        foreign = [step for step in plan.refusals if step.owner_id]
        others = [
            Refused(f"{called(s.title, s.name)}: {s.reason}", hint=s.hint) for s in plan.refusals if not s.owner_id
        ]
        raise together([*_other_deployments(foreign), *others])


def _other_deployments(steps: Sequence[Step]) -> Iterator[Refused]:
    """One refusal for everything that belongs to another deployment, since the way out is the same."""
    if len(steps) == 1:
        yield Refused(f"{called(steps[0].title, steps[0].name)}: {steps[0].reason}", hint=steps[0].hint)
    elif steps:
        yield Refused(
            f"two deployments of this app have begun in this account and region, and neither is whole: {len(steps)} "
            f"parts belong to another one ({', '.join(sorted({f'{ID}={step.owner_id}' for step in steps}))})",
            why="; ".join(f"{called(step.title, step.name)}: {step.reason}" for step in steps[:3])
            + (f"; and {len(steps) - 3} more" if len(steps) > 3 else ""),
            hint=steps[0].hint,
        )
