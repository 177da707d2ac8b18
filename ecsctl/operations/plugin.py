"""The session-manager plugin: found on this machine, and given a session to carry.

The session is passed in the plugin's environment, not in its arguments, which every process can read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsctl.errors import Refused

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.operations.entering import Target

PLUGIN = "session-manager-plugin"
INSTALL = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
)
# The AWS CLI gives any newer plugin the session in the environment (aws/aws-cli, customizations/sessionmanager.py);
# Systems Manager User Guide, "Session Manager plugin latest version and release history": 1.2.536.0 is the first.
TOO_OLD = (1, 2, 497, 0)
VARIABLE = "AWS_SSM_START_SESSION_RESPONSE"


@dataclass(frozen=True)
class Session:
    """A session for the plugin. It holds a token: never shown, and not part of the repr.

    `asked` are the request's parameters, as the plugin takes them; `endpoint` is where it resumes a session: Systems
    Manager's, also for one that ECS has opened.
    """

    target: Target
    region: str
    endpoint: str
    answer: dict[str, Any] = field(repr=False)
    asked: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, aws: Aws, target: Target, answer: dict[str, Any], **asked: Any) -> Session:
        """The session that AWS has opened in the task."""
        endpoint = aws.client("ssm").meta.endpoint_url
        return cls(target, str(aws.session.region_name), endpoint, answer, {"Target": target.name, **asked})

    @property
    def id(self) -> str:
        """The session's id."""
        return str(self.answer["SessionId" if "SessionId" in self.answer else "sessionId"])


def find(needed_by: str) -> str:
    """The path of the plugin, which something needs. Raises Refused if it is missing or too old.

    An older one takes the session's token only as an argument, where every process of the machine can read it.
    """
    path = shutil.which(PLUGIN)
    if path is None:
        raise Refused(
            f"{PLUGIN} is not installed, and {needed_by} needs it on this machine",
            hint=f"install it as in {INSTALL}, then run the same command again",
        )
    try:
        answered = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - the plugin, found on PATH as by the AWS CLI
        version = answered.stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{path} does not run", why=str(error), hint=f"reinstall it: {INSTALL}") from None
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9}){0,3}", version):
        raise Refused(f"{path} does not show its version", why=version[:80], hint=f"reinstall it: {INSTALL}")
    if tuple(map(int, version.split("."))) <= TOO_OLD:
        raise Refused(
            f"{PLUGIN} {version} is too old",
            why="it takes the session's token as an argument only, where other processes can read it",
            hint=f"install 1.2.536.0 or newer, as in {INSTALL}",
        )
    return path


def given(path: str, session: Session, profile: str = "") -> tuple[list[str], dict[str, str]]:
    """The words that start the plugin with a session, and the environment that holds it."""
    words = [path, VARIABLE, session.region, "StartSession", profile, json.dumps(session.asked), session.endpoint]
    return words, {**os.environ, VARIABLE: json.dumps(session.answer)}
