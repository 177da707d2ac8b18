"""Commands that a person may copy from what is printed, as they are to be typed here."""

from __future__ import annotations

import re

COMMAND = re.compile(
    r"\becsctl (?:(?:creds|pipeline) [a-z][a-z-]*"
    r"|up|down|status|plan|logs|why|exec|deploy|rollback|cancel|history(?: diff)?)\b(?! --sandbox)"
)
sandbox = False
"""Whether this process works on the sandbox: then whoever copies a command must not end up on AWS."""


def copied(text: str) -> str:
    """The text, its commands with --sandbox where this one had it."""
    return COMMAND.sub(r"\g<0> --sandbox", text) if sandbox else text
