"""Turns a plan, and what it observed, into the rows of `status`: one value for each resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from ecsctl.engine.plan import Plan, Step, Verb, Why
from ecsctl.engine.resource import AnyResource, Observed

if TYPE_CHECKING:
    from ecsctl.engine.state_file import Entry

CONSOLES = {
    "aws": "https://{region}.console.aws.amazon.com",
    "aws-cn": "https://{region}.console.amazonaws.cn",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
}
"""The console's address by partition. Other partitions get no link."""


class Condition(StrEnum):
    """The status of a resource, in the words shown to people and in JSON."""

    RIGHT = "right"
    MISSING = "missing"
    DRIFTED = "drifted"  # AWS differs from what was last applied
    OUTDATED = "outdated"  # ecsctl.toml asks for something else than what was last applied, or a run is unfinished
    PENDING = "not ready"
    FAILED = "failed"
    REFUSED = "refused"  # it is not ours, or cannot be changed to what is desired
    UNCONFIGURED = "no longer in ecsctl.toml"
    UNOBSERVED = "not known"  # AWS does not let us read it, or its parent


UP_MENDS = {Condition.MISSING, Condition.DRIFTED, Condition.OUTDATED, Condition.UNCONFIGURED}
"""What the next `up` changes."""


class Where(Protocol):
    """The account and region of a run."""

    @property
    def account(self) -> str:
        """The account's number."""

    @property
    def region(self) -> str:
        """The region's name."""

    @property
    def partition(self) -> str:
        """The partition of the caller's ARN: "aws", "aws-cn", "aws-us-gov"."""


class Entries(Protocol):
    """The entries of a state file, by the resource's name."""

    def entry(self, name: str) -> Entry | None:
        """The resource's entry; None if there is none."""


@dataclass(frozen=True)
class Report:
    """One resource: what would be done to it, what exists, since when, and its page in the AWS console."""

    step: Step
    observed: Observed[Any, Any] | None
    since: datetime | None = None
    console: str = ""

    @property
    def condition(self) -> Condition:
        """The most serious status that applies to it."""
        step, observed = self.step, self.observed
        if step.unobserved:
            return Condition.UNOBSERVED
        if step.verb is Verb.DELETE:
            return Condition.UNCONFIGURED
        if observed is None and step.verb is not Verb.REFUSE:
            return Condition.MISSING
        if observed is not None and observed.failed:
            return Condition.FAILED
        if step.verb is Verb.REFUSE:
            return Condition.REFUSED
        if step.changes:
            drifted = any(change.why is Why.DRIFT for change in step.changes)
            return Condition.DRIFTED if drifted else Condition.OUTDATED
        return Condition.PENDING if observed is not None and not observed.ready else Condition.RIGHT

    @property
    def healthy(self) -> bool:
        """Whether it exists, as desired, and is ready."""
        return self.condition is Condition.RIGHT

    @property
    def note(self) -> str:
        """Details of the status: why it failed or is refused, or what it waits for."""
        observed = self.observed
        return (observed.failed if observed else "") or self.step.reason or (observed.note if observed else "")


def reports(
    plan: Plan,
    observed: Mapping[str, Observed[Any, Any] | None],
    kinds: Iterable[type[AnyResource]],
    state: Entries,
    identity: Where,
    at: Callable[[datetime], datetime],
) -> list[Report]:
    """A report for each step of the plan, from what the plan observed and what is recorded.

    All times are AWS's: `at` translates those of the state file, which are this machine's.
    """
    templates = {kind.kind: kind.console for kind in kinds}
    found = []
    for step in plan.steps:
        current = (
            None if step.verb is Verb.DELETE else observed.get(step.name)
        )  # a leftover may share a resource's name
        entry = state.entry(step.name)
        recorded = at(entry.since) if entry and entry.since and entry.kind == step.kind else None
        exists = step.ids is not None
        since = ((current.since if current else None) or recorded) if exists else None
        link = console(templates.get(step.kind, ""), flat(step.ids), identity) if exists else ""
        found.append(Report(step, current, since, link))
    return found


def flat(ids: Any) -> dict[str, str]:
    """A resource's ids by name, whether they are a value of the resource's own class or come from the state file."""
    if ids is None:
        return {}
    return {name: str(value) for name, value in (ids if isinstance(ids, Mapping) else asdict(ids)).items()}


def main_id(ids: Any) -> str:
    """The id that is most useful to a person: AWS's own short id, else the name, else the end of the ARN."""
    found = flat(ids)
    own = [value for name, value in found.items() if name.endswith("_id") and name != "zone_id"]
    if own or "name" in found:
        return own[0] if own else found["name"]
    first = found.get("arn") or next((value for value in found.values() if value), "")
    if not first.startswith("arn:"):
        return first
    rest = first.split(":", 5)[-1]
    parts = rest.split("/")[1:]
    return "/".join(parts[-2:] if len(parts) < 4 else parts[-1:]) or rest


def console(template: str, ids: Mapping[str, str], identity: Where) -> str:
    """The address of a resource's page in the AWS console; empty where the partition or an id is not known.

    CloudWatch's console reads the name of a log group percent-encoded twice, with `$` for `%`.
    """
    base = CONSOLES.get(identity.partition, "").format(region=identity.region)
    quoted = {name: quote(value, safe="/:") for name, value in ids.items()}
    if "#logsV2:" in template:
        quoted = {name: quote(quote(value, safe=""), safe="").replace("%", "$") for name, value in ids.items()}
    known = {**quoted, "console": base, "region": identity.region, "account": identity.account}
    wanted = re.findall(r"{(\w+)}", template)
    return template.format(**known) if base and all(known.get(name) for name in wanted) else ""
