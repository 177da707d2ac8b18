"""The command and phase in which a build failed, and the output of that command.

CodeBuild reports it in the phase's context ("Error while executing command: X. Reason: exit status N") and in lines of
the log that begin with [Container], or with [Instance] where a build runs in no container (CodeBuild guide, "View
detailed build information"). When a phase fails, later ones do too, so only the first counts. Output of other commands
is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ecsctl.why.log_lines import last_error

COMMAND = re.compile(r"Error while executing command: (.*?)(?:\.? Reason: (.*))?$", re.DOTALL)
MARK = re.compile(r"\[(?:Container|Instance)\] \d{4}/\d\d/\d\d ")
STEP_FAILED = re.compile(
    r"""process "(?:/bin/sh -c )?(.*)" did not complete|^The command '(?:/bin/sh -c )?(.*)' returned a"""
    r"""|executor failed running \[(?:/bin/sh -c )?(.*)\]: exit"""
    r"""|^Error: building at STEP "(?:RUN )?(.*?)": """
)
TIMED = re.compile(r"#(\d+) \d+\.\d+ ")
STEP_ERROR = re.compile(r"#(\d+) ERROR: ")
ECHO = re.compile(r" > \[[^\]]*\] RUN .*:$")
RULE = "------"
"""BuildKit's prefixes of a step's output and of its error, and the lines between which it repeats that output's end."""
LEGACY_STEP = re.compile(r"(?:\[\d+/\d+\] )?(?:Step \d+/\d+ : |STEP \d+/\d+: )")
"""The line with which Docker's older builder and Podman begin a step."""
ENDED = "Command did not exit successfully"
WELL = ("SUCCEEDED", "IN_PROGRESS", "", None)


@dataclass(frozen=True)
class BuildFailure:
    """The first failed phase as AWS reports it, and the output of its command (the whole log if that is unknown)."""

    phase: str
    code: str = ""
    message: str = ""
    command: str = ""
    reason: str = ""
    lines: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int | None:
        """The exit code of the command."""
        found = re.search(r"exit status (\d+)", self.reason)
        return int(found[1]) if found else None

    @cached_property
    def last_error(self) -> str:
        """The last line of the command that reports an error."""
        return last_error(self.lines)

    @cached_property
    def step(self) -> str:
        """The command of the Dockerfile step that failed, as reported by BuildKit, the legacy builder or Podman."""
        found = next((hit for line in reversed(self.lines) if (hit := STEP_FAILED.search(line))), None)
        return next(filter(None, found.groups()), "") if found else ""

    @property
    def what(self) -> str:
        """Phase and command, to be used in a sentence."""
        if not self.command:
            return self.phase
        first, *more = self.command.strip().splitlines()
        short = first if len(first) <= 100 and not more else f"{first[:100]}…"
        return f"{self.phase} while running `{short}`" + (f" ({self.reason})" if self.reason else "")


def failure_of(build: Mapping[str, Any], log: Sequence[str]) -> BuildFailure:
    """Return the first failure of a failed build, with the relevant part of its log."""
    bad = [one for one in build.get("phases", ()) if one.get("phaseStatus") not in WELL]
    if not bad:
        return BuildFailure("an unknown phase", lines=tuple(_plain(log)))
    contexts = (one for one in bad[0].get("contexts") or () if one.get("message") or one.get("statusCode"))
    said: Mapping[str, Any] = next(contexts, {})
    message = str(said.get("message", ""))
    found = COMMAND.search(message)
    command, reason = (found[1].strip(), (found[2] or "").strip()) if found else ("", "")
    lines = _of_failed_step(_once(_of_command(log, command) if command else _plain(log)))
    return BuildFailure(
        str(bad[0]["phaseType"]), str(said.get("statusCode", "")), message, command, reason, tuple(lines)
    )


def _of_command(log: Sequence[str], command: str) -> list[str]:
    """Return the output of the command, from its start to its failure."""
    every = [line for entry in log for line in entry.rstrip("\n").split("\n")]
    if not any(MARK.search(line) for line in every):
        return _plain(every)
    first = command.strip().splitlines()[0] if command.strip() else ""
    ends = [n for n, line in enumerate(every) if MARK.search(line) and ENDED in line]
    end = next((n for n in ends if first in every[n]), ends[0] if ends else len(every))
    begin = max((n for n in range(end) if MARK.search(every[n])), default=-1) + 1
    rest = command.strip().splitlines()[1:]  # a command of several lines is logged on several
    while rest and begin < end and every[begin].strip() == rest[0].strip():
        begin, rest = begin + 1, rest[1:]
    return _plain(every[begin:end])


def _once(lines: Sequence[str]) -> list[str]:
    """Drop the output of the failed step that BuildKit repeats: it may begin in the middle of an error."""
    begin = next((n for n, line in enumerate(lines) if ECHO.match(line)), None)
    if begin is None or not any(TIMED.match(line) for line in lines[:begin]):
        return [*lines]
    end = next((n for n in range(begin, len(lines)) if lines[n] == RULE), begin)
    return [*lines[:begin], *lines[end:]]


def _of_failed_step(lines: Sequence[str]) -> list[str]:
    """Drop the output of the Dockerfile's other steps: what they report, such as a retry, did not fail the build."""
    failed = {hit[1] for line in lines if (hit := STEP_ERROR.match(line))}
    if failed:
        return [line for line in lines if not (hit := TIMED.match(line)) or hit[1] in failed]
    return [*lines[max((n for n, line in enumerate(lines) if LEGACY_STEP.match(line)), default=0) :]]


def _plain(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for entry in lines for line in entry.split("\n") if line.strip() and not MARK.search(line)]
