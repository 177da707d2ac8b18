"""Commands in the output that a person may copy, in the form in which they must be typed here."""

from __future__ import annotations

import functools
import re
import shlex
import shutil
import sys
from pathlib import Path

NAME = "ecsctl"
AWS = re.compile(
    r"\baws (?:sso login|login|configure export-credentials|sts get-caller-identity|account enable-region)\b"
)
_ALONE = "up|down|status|plan|logs|why|exec|forward|run|ps|scale|deploy|rollback|continue|cancel|history"
_OF_TWO = "secret (?:set|list|rm)|jobs (?:list|run|pause|resume)"
COMMAND = re.compile(
    rf"\becsctl (?:(?:creds|pipeline) [a-z][a-z-]*|{_OF_TWO}|history diff|{_ALONE})\b"
    r"(?! --(?:sandbox|profile|region))"
)
CALL = re.compile(
    rf"(?<![\w./-])ecsctl(?= (?:{_ALONE}|init|policy"
    rf"|(?:creds|pipeline|config|sandbox) [a-z][a-z-]*|{_OF_TWO}|--?[a-z][a-z-]*)\b)"
)
"""The program's name if a command of it follows: elsewhere it is only mentioned."""
_VALUE = r"""-o json|-[^\s;,)]*|'[^']*'|"[^"]*"|[A-Z]{2}[^\s;,)]*|[^\s;,)]*[=/…0-9][^\s;,)]*"""
WHOLE = re.compile(
    rf"(?:(?:\S+ -m )?{NAME}(?: (?:(?:creds|pipeline|config|sandbox) [a-z-]+|{_OF_TWO}|history diff|{_ALONE}"
    r"|init|policy))?|\baws [a-z-]+(?: [a-z]+(?:-[a-z]+)*)?|\bgit (?:add|commit|fetch|push|remote add \S+))(?![\w-])"
    rf"(?: (?:{_VALUE}))*"
)
"""A command with its options and values, as far as they can be told from the words that follow."""
sandbox = False
"""Whether this process works on the sandbox: then a copied command must not end up on AWS."""
profile = region = ""
"""The options that lead this process to its account: without them a copied command would end up in another."""


@functools.cache
def program() -> str:
    """The word that starts this program in the user's shell: `ecsctl`, if the PATH leads to this very file.

    Otherwise as it was started: `.venv/bin/ecsctl`, `python -m ecsctl`.
    """
    return started(sys.argv[0], sys.orig_argv[0], shutil.which(NAME))


def started(script: str, python: str, found: str | None) -> str:
    """Like `program`, for a script (sys.argv[0]), what ran it, and the file that the PATH has under our name. Pure."""
    own = Path(script)
    if own.parts[-2:] == (NAME, "__main__.py"):
        return f"{shlex.quote(python)} -m {NAME}"
    if own.stem != NAME or (found and own.absolute() == Path(found).absolute()):
        return NAME
    return shlex.quote(script)


def copied(text: str) -> str:
    """The text for a person, with its commands in the form in which they must be typed here."""
    return CALL.sub(lambda _: program(), optioned(text))


def optioned(text: str) -> str:
    """The text, its commands with the --sandbox, --profile and --region that this process was called with.

    For programs, which know how they start this one.
    """
    lead = f" --profile {shlex.quote(profile)}" if profile and not sandbox else ""
    if lead:
        text = AWS.sub(lambda found: found[0] + lead, text)
    lead = " --sandbox" if sandbox else lead
    lead += f" --region {shlex.quote(region)}" if region else ""
    return COMMAND.sub(lambda found: found[0] + lead, text) if lead else text
