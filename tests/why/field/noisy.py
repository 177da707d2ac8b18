"""Threads with logs as they were published; the line that says why was written down before `why` was run.

Each is a record in a text file beside this one: its properties, an empty line, the log. It is the log of an app that
ended or, with a command, of a failed build. notes.txt has operators' notes about failures of their own: of the 36,
three of them below, 30 were right at first, 3 honestly unknown, 2 wrong as likely and 1 as certain. recent.txt has
three rounds, with the rules changed after each: the cause was right at first in 13 of 14, then 16 of 16 and 16 of 16
(one honestly unknown, none wrong), and the line in 9 of 13, then 14 of 16 and 16 of 16. newer.txt has what was not
right of five rounds: of 72 threads the cause was right in all, the line in 63 and the advice in 64. Most are excerpts;
the ends of two (promgen, codeforlife) were completed as the tool ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.why.field.case import Case, case
from tests.why.field.scene import (
    SECRET,
    Scene,
    answers,
    box,
    build,
    checked,
    event,
    exits,
    fails,
    log,
    release,
    routes,
    stage,
    task,
)  # fmt: skip

BETWEEN = "\n=====\n"
SAID: dict[str, Callable[[str], Scene]] = {
    "task": task,
    "container": lambda text: task("Task failed to start", box(reason=text)),
    "event": event,
}
FACTS: dict[str, Scene] = {
    "secrets": {"secrets": {SECRET: "there"}},
    "way out": {"subnet_routes": {"subnet-0a1": routes()}},
}


def read(name: str) -> tuple[Case, ...]:
    """Read the threads of one file."""
    return tuple(map(_case, Path(__file__).with_name(name).read_text().rstrip("\n").split(BETWEEN)))


def _case(record: str) -> Case:
    head, _, text = record.partition("\n\n")
    known = dict(line.split(": ", 1) for line in head.split("\n"))
    also = tuple(known.get("also", "").split())
    return case(known["where"], known["thread"], known["cause"], *_scenes(known, text), also=also,
                says=known.get("says", ""))  # fmt: skip


def _scenes(known: dict[str, str], text: str) -> list[Scene]:
    """Return AWS's message if the record has `by`, otherwise a log."""
    by, code = known.get("by", ""), int(known.get("exit code", "1"))
    if by in ("answers", "release", "codebuild"):
        return _others(by, text)
    if by:
        facts = [fact for name, fact in FACTS.items() if name in known]
        return [SAID[by](text) if by in SAID else _step(by, text), *facts]
    lines = text.split("\n")
    if command := known.get("command"):
        return [fails(known.get("phase", "BUILD"), command, *lines, exit=code)]
    return [exits(box(code=code)), log(*lines)]


def _others(by: str, text: str) -> list[Scene]:
    """Return an app that answers with a code and has a log, a failed release command, or a whole log of CodeBuild."""
    if by == "release":
        return [release(*text.split("\n"))]
    if by == "answers":
        status, *lines = text.split("\n")
        return [answers(int(status)), log(*lines)]
    phase = re.findall(r"Phase complete: (\w+) (?:State: FAILED|Success: false)", text)[0]
    said = re.findall(r"(?s)COMMAND_EXECUTION_ERROR Message: (Error while.*?Reason: exit status \d+)", text)[0]
    return [build(phase, "COMMAND_EXECUTION_ERROR", said, *text.split("\n"))]


def _step(by: str, text: str) -> Scene:
    """Return a failed phase of a build (a name in capitals) or stage of a pipeline, with the error code."""
    name, code = by.split(" ", 1)
    return build(name, code, text) if name.isupper() else stage(name, code, text)


UNCHECKED = ("Task failed container health checks", box(code=143, healthStatus="UNHEALTHY"))
NOISY = (
    *read("noisy.txt"),
    *read("notes.txt"),
    *read("recent.txt"),
    *read("further.txt"),
    *read("newer.txt"),
    case("task, check", "operators' notes: Fineract has no curl", "container-check",
         task(*UNCHECKED, code="ServiceSchedulerInitiated"), checked("curl -kfs https://localhost/up || exit 1"),
         log("Started ServerApplication in 95.2 seconds"), says="the image must have curl"),
    case("task, check", "a lab of ECS's failures: the check's path", "container-check",
         task(*UNCHECKED, code="ServiceSchedulerInitiated"), checked("curl -f http://localhost/health || exit 1"),
         log('127.0.0.1 - - [13/Mar/2023:19:38:45 +0000] "GET /health HTTP/1.1" 404 196',
             '10.0.13.116 - - [13/Mar/2023:19:38:58 +0000] "GET / HTTP/1.1" 200 45')),
    case("task, check", "operators' notes: relay-healthcheck-fails", "container-check",
         task(*UNCHECKED, code="ServiceSchedulerInitiated"),
         checked("wget -qO- http://127.0.0.1:8080/healthz || exit 1"),
         log("[relay] LISTEN connected", "Server listening at http://127.0.0.1:8080",
             "Server listening at http://172.17.0.2:8080", "[relay] received SIGTERM")),
    case("task, memory", "operators' notes: a task of 512 MiB", "out-of-memory",
         exits(box(code=137, reason="OutOfMemoryError: Container killed due to memory usage"))),
    case("health", "operators' notes: a drill with 503", "health-error", answers(503)),
)  # fmt: skip
