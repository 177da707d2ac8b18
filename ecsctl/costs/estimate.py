"""What a run will cost and how long it will take, and whether a person must agree to it first. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ecsctl.costs import prices
from ecsctl.engine.plan import UNKNOWN, Plan, Step, Verb
from ecsctl.engine.stack import Stack
from ecsctl.resources import by_name
from ecsctl.resources.alarm import Alarm
from ecsctl.resources.load_balancer import LoadBalancer
from ecsctl.resources.scaling import Scaling
from ecsctl.resources.service import Service
from ecsctl.resources.support.service_additions import STRATEGY
from ecsctl.resources.task_definition import TaskDefinition

CENT = 0.005
Thing = tuple[str, str, Mapping[str, Any]]  # the kind of a resource, the process that it belongs to, and its fields


@dataclass(frozen=True)
class Estimate:
    """Dollars a month before and after a run, by list prices and without what is billed by use; and its seconds."""

    before: float
    after: float
    seconds: float
    spot: bool = False

    @property
    def more(self) -> float:
        """Returns how much more a month costs afterwards; negative if it is less."""
        return self.after - self.before

    @property
    def cost(self) -> str:
        """The price in words; empty if the run does not change it."""
        if abs(self.more) < CENT:
            return ""
        change = f"about ${abs(self.more):.0f} a month"
        if self.before >= CENT:
            change += f" {'more' if self.more > 0 else 'less'}, ${self.after:.0f} in all"
        spot = "; Spot as an estimate, at 30 % of its list price" if self.spot else ""
        return f"{change} ({prices.AS_OF}{spot}; traffic, builds, logs and metrics come on top)"

    @property
    def time(self) -> str:
        """Returns how long it usually takes, in words."""
        minutes = math.ceil(self.seconds / 60)
        return f"about {minutes} minutes" if minutes > 1 else "about a minute"


def estimated(stack: Stack, plan: Plan) -> Estimate:
    """Returns what a plan means for the bill, and how long it takes."""
    ours = [step for step in plan.steps if not step.borrowed]
    now = [(step.kind, _process(step), step.found) for step in ours if step.ids is not None]
    then = [(step.kind, _process(step), _after(step)) for step in ours if step.verb is not Verb.DELETE]
    spot = any(kind == Service.kind and _strategy(fields) for kind, _, fields in then)
    return Estimate(_monthly(now), _monthly(then), _seconds(stack, plan), spot)


def must_be_agreed_to(plan: Plan, estimate: Estimate) -> bool:
    """Whether something billed is created, the bill changes, or a resource is deleted or replaced."""
    new = any(step.verb is Verb.CREATE and prices.is_billed(step.kind) and not step.borrowed for step in plan.steps)
    return new or bool(plan.destroys) or (bool(plan.work) and abs(estimate.more) >= CENT)


def _process(step: Step) -> str:
    """The process it belongs to, judging by its name: the parts of a process contain its name."""
    return step.name.partition(" ")[2]


def _after(step: Step) -> Mapping[str, Any]:
    """The fields after the run: what is not desired stays unchanged."""
    return {**step.found, **{name: value for name, value in step.fields.items() if value is not None}}


def _monthly(things: Iterable[Thing]) -> float:
    """Dollars a month for all of them. A task's price depends on its definition; the number of tasks on other
    resources.
    """
    by: dict[str, list[Mapping[str, Any]]] = {}
    of: dict[tuple[str, str], Mapping[str, Any]] = {}
    for kind, process, fields in things:
        by.setdefault(kind, []).append(fields)
        of[kind, process] = fields
    total = sum(prices.monthly(kind) * len(found) for kind, found in by.items())
    for alarm in by.get(Alarm.kind, ()):  # a month for each metric
        total += prices.monthly(Alarm.kind) * max(0, len(alarm.get("metrics", ())) - 1)
    for balancer in by.get(LoadBalancer.kind, ()):
        if balancer.get("scheme") == "internet-facing":
            total += prices.ADDRESS * len(balancer["subnets"])
    for (kind, process), service in of.items():
        task = of.get((TaskDefinition.kind, process)) if kind == Service.kind else None
        if task and service:  # the fields of a deleted resource that is not in the state file are not known
            least = (of.get((Scaling.kind, process)) or {}).get("min_capacity", 0)
            count = max(service.get("desired_count") or 0, least)
            storage = json.loads(dict(task.get("more") or ()).get("ephemeralStorage", "{}")).get("sizeInGiB", 0)
            one = prices.task(
                task["cpu"],
                task["memory"],
                task["cpu_architecture"],
                public=service["assign_public_ip"],
                storage=storage,
            )
            total += count * one * _share(count, _strategy(service))
    return total


def _strategy(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads(dict(service.get("more") or ()).get(STRATEGY, "[]"))
    return found


def _share(count: int, strategy: list[Mapping[str, Any]]) -> float:
    """The price of these tasks, as a share of that on ordinary Fargate."""
    spot = {one["capacityProvider"]: one for one in strategy}.get("FARGATE_SPOT")
    if not spot or not count:
        return 1.0
    beyond: float = max(0, count - sum(one["base"] for one in strategy)) / count
    weight: float = spot["weight"] / sum(one["weight"] for one in strategy)
    return 1.0 - beyond * weight * (1.0 - prices.SPOT)


def _seconds(stack: Stack, plan: Plan) -> float:
    """The longest path through the graph, by what each kind usually takes; then what is no longer in ecsctl.toml."""
    steps = {step.name: step for step in plan.steps if step.name in stack.nodes}
    begun: dict[str, float] = {}  # when those that need it may begin
    ended = [0.0]
    for name, node in stack.nodes.items():  # in the order of the stack: each after what it needs
        start = max((begun[other] for other in node.needs), default=0.0)
        takes = _takes(steps.get(name), node.desired.usual_seconds)
        begun[name] = start + (0.0 if node.desired.early else takes)
        ended.append(start + takes)
    leaving = [by_name()[step.kind].usual_delete_seconds for step in plan.steps if step.verb is Verb.DELETE]
    return max(ended) + max(leaving, default=0.0)


def _takes(step: Step | None, usual: float) -> float:
    if step is None or step.verb in (Verb.KEEP, Verb.REFUSE):
        return 0.0
    rolls = step.kind == Service.kind and any(_rolls(step))
    return usual if step.verb is not Verb.UPDATE or rolls else 2.0


def _rolls(step: Step) -> Iterator[bool]:
    """Whether an update of the service waits for new tasks."""
    for change in step.changes:
        yield change.after == UNKNOWN or change.field in (
            "task_definition",
            "desired_count",
            "subnets",
            "container_port",
        )
