"""Threads whose logs are kept as long as they were published, with the line that says why written down before `why`.

Each is a record in a text file beside this one: what is known of it, an empty line, the log. An app's log ends with
the app; where a command is named it is that of a build which failed.
"""

from __future__ import annotations

from pathlib import Path

from tests.why.field.case import Case, case
from tests.why.field.scene import box, exits, fails, log

BETWEEN = "\n=====\n"


def read(name: str) -> tuple[Case, ...]:
    """The threads of one file."""
    return tuple(map(_case, Path(__file__).with_name(name).read_text().rstrip("\n").split(BETWEEN)))


def _case(record: str) -> Case:
    head, _, text = record.partition("\n\n")
    known = dict(line.split(": ", 1) for line in head.split("\n"))
    lines, code = text.split("\n"), int(known.get("exit code", "1"))
    scenes = [exits(box(code=code)), log(*lines)]
    if command := known.get("command"):
        scenes = [fails(known.get("phase", "BUILD"), command, *lines, exit=code)]
    return case(known["where"], known["thread"], known["cause"], *scenes, says=known["says"])


NOISY = (*read("noisy.txt"),)
