"""Commands that a person may copy from what is printed, as they are to be typed here."""

from __future__ import annotations

import re
import shlex

AWS = re.compile(
    r"\baws (?:sso login|login|configure export-credentials|sts get-caller-identity|account enable-region)\b"
)
COMMAND = re.compile(
    r"\becsctl (?:(?:creds|pipeline) [a-z][a-z-]*"
    r"|up|down|status|plan|logs|why|exec|deploy|rollback|cancel|history(?: diff)?)\b(?! --(?:sandbox|profile|region))"
)
sandbox = False
"""Whether this process works on the sandbox: then whoever copies a command must not end up on AWS."""
profile = region = ""
"""The options that lead this process to its account: without them a copied command would end up in another."""


def copied(text: str) -> str:
    """The text, its commands with those of --sandbox, --profile and --region that this process was called with."""
    if sandbox:
        return COMMAND.sub(r"\g<0> --sandbox", text)
    lead = f" --profile {shlex.quote(profile)}" if profile else ""
    if lead:
        text = AWS.sub(lambda found: found[0] + lead, text)
    lead += f" --region {shlex.quote(region)}" if region else ""
    return COMMAND.sub(lambda found: found[0] + lead, text) if lead else text
