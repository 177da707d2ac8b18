"""The documents of `--output json`: stable and versioned. docs/json.md shows each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecsctl.engine.plan import Change, Plan, Step, Verb
from ecsctl.engine.report import Report, flat
from ecsctl.engine.secret import masked
from ecsctl.errors import EcsctlError
from ecsctl.ui import processes, receipt
from ecsctl.ui.copied import optioned
from ecsctl.ui.errors import parts_of, untried
from ecsctl.ui.plan import Estimate
from ecsctl.ui.receipt import Remains

if TYPE_CHECKING:
    from ecsctl.operations.outdated import Outdated
    from ecsctl.operations.processes import Process

VERSION = 1

Json = dict[str, Any]


def emit(document: Mapping[str, Any]) -> None:
    """Print a document on stdout. Anything but ASCII is escaped: exact for a program, harmless for a terminal.

    A secret that this process has held stays hidden.
    """
    sys.stdout.write(masked(json.dumps(document, indent=2)) + "\n")
    sys.stdout.flush()


def plan_document(plan: Plan, where: Mapping[str, str], estimate: Estimate, others: Iterable[str] = ()) -> Json:
    """The document of `plan`: what a run would do, cost and take, and what others have set around the app."""
    figures = {
        "monthly_usd": round(estimate.after, 2),
        "more_usd": round(estimate.more, 2),
        "seconds": round(estimate.seconds),
    }
    return {
        **_head("plan", where),
        "counts": _counts(plan),
        "estimate": figures,
        "steps": [_step(step) for step in plan.steps],
        "others": list(others),
    }


def up_document(plan: Plan, url: str, seconds: float, where: Mapping[str, str]) -> Json:
    """The document of `up` after a run of `seconds` that did everything it planned."""
    return {**_head("up", where), "url": url, **_done(plan, seconds)}


def down_document(plan: Plan, left: Sequence[Remains], seconds: float, where: Mapping[str, str]) -> Json:
    """The document of `down` after a run of `seconds` that removed everything it planned, with the receipt of what is
    left.
    """
    return {**_head("down", where), **_done(plan, seconds), "left": receipt.document(left)}


def _done(plan: Plan, seconds: float) -> Json:
    return {"seconds": round(seconds, 1), "counts": _counts(plan), "steps": [_step(step) for step in plan.steps]}


def status_document(
    reports: Iterable[Report],
    url: str,
    where: Mapping[str, str],
    cause: str = "",
    outdated: Iterable[Outdated] = (),
    every: Sequence[Process] = (),
    others: Iterable[str] = (),
    *,
    healthy: bool = True,
) -> Json:
    """The state of each resource and process; why a service does not run, if one does not and the reason is known.

    And which secrets have changed since running tasks read them, and what others have set around the app.
    """
    found = list(reports)
    return {
        **_head("status", where),
        "url": url,
        "healthy": healthy and all(report.healthy for report in found),
        "cause": cause,
        "processes": [processes.document(one) for one in every],
        "outdated_secrets": [
            {
                "name": one.name,
                "changed": one.changed.isoformat(),
                "tasks": one.tasks,
                "processes": list(one.processes),
            }
            for one in outdated
        ],
        "resources": [_report(report) for report in found],
        "others": list(others),
    }


def error_document(error: EcsctlError) -> Json:
    """The document of an error: every part of it, and what was not tried because of it."""
    return {
        "version": VERSION,
        "kind": "error",
        "exit_code": error.exit_code,
        "message": error.message,
        "errors": [
            {"type": type(part).__name__, "message": part.message, "why": part.why, "hint": optioned(part.hint)}
            for part in parts_of(error)
        ],
        "not_tried": untried(error),
    }


def config_document(values: Mapping[str, Any], origins: Mapping[str, str] | None = None) -> Json:
    """The configuration in force; and, with `origins`, where each value comes from."""
    more = {} if origins is None else {"origins": dict(origins)}
    return {"version": VERSION, "kind": "config", "config": dict(values), **more}


def sandbox_document(server: Mapping[str, Any] | None) -> Json:
    """Whether the sandbox runs, and where. Its access key is left out."""
    names = ("url", "pid", "port", "speed", "started", "now", "containers")
    known = {name: server[name] for name in names} if server else {}
    return {"version": VERSION, "kind": "sandbox", "running": server is not None, **known}


def push_document(pushed: Mapping[str, Any], state: Mapping[str, Any]) -> Json:
    """The document of a simulated push: what it began, and how far that is."""
    began = {name: pushed[name] for name in ("commit", "branch", "began", "unheard")}
    return {"version": VERSION, "kind": "sandbox push", **began, "steps": state["steps"], "outcome": state["outcome"]}


def _head(kind: str, where: Mapping[str, str]) -> Json:
    return {"version": VERSION, "kind": kind, **{name: where[name] for name in ("app", "account", "region")}}


def _counts(plan: Plan) -> dict[str, int]:
    return {verb.value: plan.count(verb) for verb in Verb}


def _step(step: Step) -> Json:
    return {
        "name": step.name,
        "kind": step.kind,
        "title": step.title,
        "verb": step.verb.value,
        "ids": flat(step.ids),
        "borrowed": step.borrowed,
        "changes": [_change(change) for change in step.changes],
        "reason": optioned(step.reason),
        "hint": optioned(step.hint),
        "impact": step.impact,
        "fields": dict(step.fields) if step.verb in (Verb.CREATE, Verb.REPLACE) else {},
    }


def _change(change: Change) -> Json:
    return {"field": change.field, "before": change.before, "after": change.after, "why": change.why.value,
            "told": change.problem}  # fmt: skip


def _report(report: Report) -> Json:
    step = report.step
    return {
        "name": step.name,
        "kind": step.kind,
        "title": step.title,
        "condition": report.condition.value,
        "ids": flat(step.ids),
        "borrowed": step.borrowed,
        "since": report.since.isoformat(timespec="seconds") if report.since else None,
        "changes": [_change(change) for change in step.changes],
        "note": report.note,
        "console": report.console,
    }
