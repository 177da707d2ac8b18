"""ecsctl's own buildspec: a repository without one is built with it, and it can be written to a file."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path
from textwrap import indent

from ecsctl.errors import EcsctlError

USUAL = "buildspec.yml"
"""Where CodeBuild expects a repository's own."""

STEP = """\
# {what}
version: 0.2
phases:
  build:
    on-failure: ABORT
    commands:
      - |
        python3 - <<'PROGRAM'
{program}
        PROGRAM
"""

PARTS = ("cache", "sbom")
"""The options of [build] whose commands are in it only if they are on."""
_PART = re.compile(r"(?ms)^ *# build\.(\w+) \{\n.*?# build\.\1 \}\n")
OURS = "ecsctl"
"""What is written in place of a path for ecsctl's own."""


@cache
def releasing() -> str:
    """The text of the one that runs the release command."""
    what = (
        "Between Build and Deploy: the release command with the new image. Anything but 0 ends the pipeline's run here."
    )
    return STEP.format(what=what, program=_program("release.py"))


@cache
def registering() -> str:
    """The text of the one that gives the jobs the image."""
    return STEP.format(what="After Deploy: the jobs get the image that was just deployed.", program=_program("jobs.py"))


@cache
def reporting() -> str:
    """The text of the one that notifies GitHub of the state of a pipeline run."""
    return STEP.format(
        what="At each change of a run: GitHub is notified how it stands.", program=_program("deployments.py")
    )


def _program(name: str) -> str:
    program = resources.files("ecsctl.in_build").joinpath(name).read_text(encoding="utf-8")
    return indent(program.rstrip(), " " * 8)


@cache
def ours(*parts: str) -> str:
    """The buildspec's text, with these of the `PARTS`, from the package or a checkout. Raises EcsctlError if it is
    missing.
    """
    package = resources.files("ecsctl")
    for place in (package / "_template" / USUAL, Path(str(package)).parent / USUAL):
        if place.is_file():
            text = place.read_text(encoding="utf-8")
            return _PART.sub(lambda part: part[0] if part[1] in parts else "", text)
    raise EcsctlError(f"this installation of ecsctl lacks its {USUAL}", hint="install it again")
