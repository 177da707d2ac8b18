"""Adapts a cause to a worker: its name, its log, and the keys of its own table instead of those of [service]."""

from __future__ import annotations

import re
from dataclasses import replace

from ecsctl.config.tables.workers import Worker
from ecsctl.why.causes.cause import Cause
from ecsctl.why.causes.fixes import Act, Fix, Step

KEY = re.compile(r"(?<![\w.])service\.[a-z_]+(?:\.[a-z_]+)*")
CHECK = "service.health.container"
"""A worker's only health check is its container's, which is its table `health`."""
LOGS = re.compile(r"^ecsctl logs\b")


def of_worker(cause: Cause, process: str) -> Cause:
    """Return the cause as one of this worker."""
    sentence = KEY.sub(lambda found: key_of(found[0], process), cause.sentence)
    named = re.search(rf"\b(?:worker|of) {re.escape(process)}(?![\w-])", sentence)
    return replace(
        cause,
        process=process,
        sentence=sentence if named else f"{process}: {sentence}",
        fix=tuple(_way(one, process) for one in cause.fix),
    )


def key_of(key: str, process: str) -> str:
    """Return the worker's key for a key of [service]; the same key, if the worker has none."""
    name = key.removeprefix("service.")
    if key.startswith(CHECK):
        return f"workers.{process}.health{key.removeprefix(CHECK)}"
    own = name.partition(".")[0] in Worker.model_fields and not name.startswith("health")
    return f"workers.{process}.{name}" if own and name != key else key


def _way(way: Fix, process: str) -> Fix:
    return replace(way, steps=tuple(_step(one, process) for one in way.steps))


def _step(step: Step, process: str) -> Step:
    if step.act == Act.SET:
        return replace(step, what=key_of(step.what, process))
    if step.act == Act.RUN:
        return replace(step, what=LOGS.sub(f"ecsctl logs {process}", step.what))
    return step
