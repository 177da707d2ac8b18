"""A command in a running task: ECS Exec opens a session, and the session-manager plugin connects it to the terminal.

In a sandbox that runs the app the container engine does both.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ecsctl.errors import Refused
from ecsctl.operations import plugin
from ecsctl.operations.entering import Target, opened

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

SHELL = "/bin/sh"


def quoted(words: Sequence[str]) -> str:
    """The command as ECS takes it, one string: a single word unchanged, several quoted so that each stays one word."""
    return words[0] if len(words) == 1 else shlex.join(words) or SHELL


def begin(aws: Aws, target: Target, command: str) -> plugin.Session:
    """Open the session in which the command runs. Raises Refused or TimedOut in the user's words."""
    answer = opened(
        aws,
        target,
        lambda: aws.ecs.execute_command(
            cluster=target.cluster, task=target.task, container=target.container, command=command, interactive=True
        ),
    )
    return plugin.Session.of(aws, target, dict(answer["session"]))


def run_plugin(path: str, session: plugin.Session, profile: str = "") -> int:
    """Run the plugin on this terminal until the session ends, and return its exit code, as a shell would.

    While it runs, the keyboard's signals belong to the remote end.
    """
    return _ended(*plugin.given(path, session, profile))


def has_container_engine(folder: Path) -> bool:
    """Whether the folder's sandbox runs tasks in containers, which can be entered without a plugin."""
    from ecsctl.sandbox.server import process

    return bool(process.call(folder, "has_container_engine", {}))


def enter(folder: Path, target: Target, command: str, *, terminal: bool) -> int | None:
    """Run a command in a container of the sandbox, and return its exit code; None if the task is simulated.

    As root, whatever the container's user, as ECS Exec does (ECS guide, "Considerations for using Amazon ECS Exec").

    Raises Refused without docker and podman, or for quotes that are not closed.
    """
    from ecsctl.sandbox.server import process

    found = process.call(folder, "container_of", {"task": target.task, "container": target.container})
    if found is None:
        return None
    tool = shutil.which("docker") or shutil.which("podman")
    if tool is None:
        raise Refused("neither docker nor podman is installed", why="one of them opens the container's shell",
                      hint="install one, then run the same command again")  # fmt: skip
    try:
        asked = shlex.split(command) or [SHELL]
    except ValueError as error:
        hint = "close its quotes, or give each word by itself: ecsctl exec -- CMD ARGUMENT"
        raise Refused(f"the command cannot be split into words: {error}", why=command, hint=hint) from None
    keyboard = ["--interactive", "--tty"] if terminal else ["--interactive"]
    socket = f"unix://{found['socket']}"
    # A context named in the environment would take precedence over the host.
    environment = {name: value for name, value in os.environ.items() if name != "DOCKER_CONTEXT"}
    return _ended(
        [tool, "exec", *keyboard, "--user", "0", found["id"], *asked],
        environment | {"DOCKER_HOST": socket, "CONTAINER_HOST": socket},
    )


def _ended(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program on this terminal, which gets the keyboard, and return its exit code, as a shell would."""
    with _signals_to_plugin() as ending:
        process = subprocess.Popen(words, env=environment)  # noqa: S603 - a program that was found; no shell
        ending.append(process)
        ended = process.wait()
    return ended if ended >= 0 else 128 - ended


@contextmanager
def _signals_to_plugin() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Within it, signals of the keyboard do nothing here, and those that end a process end the plugins in the list.

    A handler that does nothing, not SIG_IGN, which the plugin would inherit.
    """
    plugins: list[subprocess.Popen[bytes]] = []

    def nothing(_number: int, _frame: FrameType | None) -> None:
        """Leave it to the plugin, which gets it too."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for one in plugins:
            one.terminate()

    handlers = {"SIGINT": nothing, "SIGQUIT": nothing, "SIGTSTP": nothing, "SIGTERM": end, "SIGHUP": end}
    available = {getattr(signal, name): handler for name, handler in handlers.items() if hasattr(signal, name)}
    before = {number: signal.signal(number, handler) for number, handler in available.items()}
    try:
        yield plugins
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
