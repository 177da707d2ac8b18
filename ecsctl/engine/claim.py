"""Decides which of several machines creates a new deployment: which run created its first resource, whether that run is
still alive, and what the later ones are shown.

The first resource of a new deployment has a name that AWS allows only once, and a tag that names the run that created
it until that run has ended. See "Two machines" in docs/how-it-works.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ecsctl.engine.label import APP, ID, OWNER, RUN, Label
from ecsctl.engine.plan import Step, Verb
from ecsctl.engine.resource import Observed
from ecsctl.errors import Refused

ENDED = "ended"
AT_MOST = 3600.0  # seconds after which another machine's first run is no longer waited for


def unfinished(tags: Mapping[str, str] | None) -> str:
    """The run that is still in progress, according to these tags; empty if there is none."""
    run = (tags or {}).get(RUN, "")
    return "" if run == ENDED else run


def decided(step: Step, observed: Observed[Any, Any], now: datetime, *, dead: bool) -> Step:
    """The step for the first resource, in a run whose state file has no resources. If the run that created it has
    ended, or is `dead`, the deployment is taken over: its state file was lost, or is on another machine.
    """
    if (waiting := _waits_for(step, observed, now, dead=dead)) is not step or not step.owner_id:
        return waiting
    return _late(step, observed)


def several(app: str, found: Collection[Mapping[str, str]]) -> Refused:
    """The error of a run that has no state file and finds the tags of several deployments: which one stays, as in
    `adjusted_steps`, and how to remove the others, with or without their state files.
    """
    ids = sorted({tags[ID] for tags in found})
    holders = sorted({tags[ID] for tags in found if RUN in tags})
    stays = holders[0] if len(holders) == 1 else ids[0]
    gone = "; ".join(f"ecsctl down --id {one}" for one in ids if one != stays)
    return Refused(
        f"{'two' if len(ids) == 2 else 'several'} deployments of {app} live in this account and region",
        why=f"resources carry the tags {', '.join(f'{ID}={one}' for one in ids)}; no state file here "
        "says which one is yours",
        hint=f"{ID}={stays} stays, unless you know better. Remove what carries the other id: run ecsctl down where its "
        f"state file (.ecsctl/state.json) is, or, if it is lost, here: {gone}. Then run the same command again; "
        "it goes on with the one that stays",
    )


def adjusted_steps(
    steps: list[Step], me: Label, first: Observed[Any, Any] | None, others: Collection[str]
) -> list[Step]:
    """The steps. Those that collide with another deployment's resources say which of the two stays, and what to do.

    The deployment that owns the first resource stays, or else the one with the smaller id, so that every machine
    reaches the same answer. `others` are the deployments in this region: one in another region does not count.
    """
    steps = [step if step.owner_id in others else replace(step, owner_id="") for step in steps]
    owners = sorted({step.owner_id for step in steps if step.owner_id})
    if not owners:
        return steps
    tags = (first.tags if first else None) or {}
    holder = tags.get(ID, "") if tags.get(APP) == me.app else ""
    stays = holder if holder in (me.id, *owners) else min(me.id, *owners)
    since = first.since if first and holder != me.id else None
    if stays == me.id:
        hint = (
            f"this deployment ({ID}={me.id}) stays. Where the state file (.ecsctl/state.json) has the id "
            f"{' or '.join(owners)}, run: ecsctl down. It removes only what carries that id. Then run the same command "
            "again here, and ecsctl up there: it goes on with this deployment"
        )
    else:
        hint = (
            f"the other deployment ({ID}={stays}) stays. Run ecsctl down here: it removes only what carries "
            f"{ID}={me.id}. Then run ecsctl up here: it goes on with the other one"
        )
    return [
        replace(
            step,
            reason=f"{step.reason}, {_since(since)}" if since and step.owner_id == holder else step.reason,
            hint=hint if step.owner_id else step.hint,
        )
        for step in steps
    ]


def _waits_for(step: Step, observed: Observed[Any, Any], now: datetime, *, dead: bool) -> Step:
    """The step, or a refusal while another machine's first run may still be in progress."""
    run = unfinished(observed.tags)
    age = (now - observed.since).total_seconds() if observed.since else 0.0
    if not run or dead or age >= AT_MOST:
        return step
    tags = observed.tags or {}
    ready = f"at {_clock(observed.since, AT_MOST)} at the latest" if observed.since else "later"
    return replace(
        step,
        verb=Verb.REFUSE,
        changes=(),
        reason=f"another machine's first ecsctl up of {tags.get(APP)} is at work, {_who(tags, observed.since)} "
        f"({ID}={tags.get(ID)}); nothing was made here",
        hint=f"wait until it has ended, then run the same command again: it goes on with that deployment. If that run "
        f"was cut off, run it again on its machine, or here {ready}",
        owner_id="",
    )


def _late(step: Step, observed: Observed[Any, Any]) -> Step:
    """The refusal of a run that has created nothing, and finds that another deployment has started in the meantime."""
    tags = observed.tags or {}
    return replace(
        step,
        reason=f"another machine was faster: it has begun this deployment of {tags.get(APP)}, "
        f"{_who(tags, observed.since)} ({ID}={tags.get(ID)}); nothing was made here",
        hint="once that machine's ecsctl up has ended, run the same command again: it goes on with that deployment",
        owner_id="",
    )


def _who(tags: Mapping[str, str], since: datetime | None) -> str:
    """Say who runs it, and since when."""
    return ", ".join(filter(None, [f"by {tags[OWNER]}" if tags.get(OWNER) else "", _since(since)]))


def _since(since: datetime | None) -> str:
    return f"since {_clock(since)}" if since else ""


def _clock(when: datetime, later: float = 0.0) -> str:
    return (when + timedelta(seconds=later)).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
