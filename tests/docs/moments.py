"""An app with one of everything, at the moments that the commands in the docs need; and a person who types them."""

from __future__ import annotations

import functools
import io
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3
import pytest

from ecsctl import config
from ecsctl.cli import main
from ecsctl.operations import plugin, sandbox_push
from ecsctl.operations.policy import policies
from ecsctl.sandbox import push
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.core import script
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server import process
from tests import forked
from tests.docs.guide import ours
from tests.docs.rows import Row
from tests.docs.shop import DOCKERFILE, SHOP, git, repository
from tests.stack.conftest import ACCOUNT, REGION

EVERYTHING = (
    SHOP.replace("port = 8000\n", "port = 8000\nexec = true\n")
    + """
[workers.mailer]
command = ["python", "worker.py"]

[jobs.nightly]
command = ["python", "report.py"]
schedule = "cron(0 3 * * ? *)"

[sidecars.agent]
image = "public.ecr.aws/docker/library/busybox:1.37"
command = ["sleep", "infinity"]

[release]
command = ["python", "manage.py", "migrate"]
"""
)
PLUGIN = """#!/bin/sh
if [ "$1" = --version ]; then echo 1.2.707.0; exit 0; fi
case "$*" in *PortForwarding*) echo; echo "Port 15432 opened for sessionId s-1."; kill -INT $PPID; sleep 1 ;; esac
echo "from the far end"
"""
PATIENT = 8  # waits of a command that only Ctrl-C ends, until it is pressed
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
ENDLESS = {"-f", "--watch"}


class Terminal(io.StringIO):
    """A terminal, as far as a program can ask."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2


def released(clock: Clock) -> None:
    """A second release, by a push; so there is one to go back to."""
    push.push("main")
    clock.sleep(2400)


def rolling_out(clock: Clock) -> None:
    boto3.client("ecs").update_service(cluster="shop", service="shop", forceNewDeployment=True)
    clock.sleep(5)


def out_of_memory(clock: Clock) -> None:
    """A release that needs more memory than it has."""
    push.push("main", "oom")
    clock.sleep(2400)


def no_files(clock: Clock) -> None:
    del clock
    shutil.rmtree(".ecsctl")
    Path("ecsctl.toml").unlink()


def at_github(clock: Clock) -> None:
    """The remote leads to GitHub, which `init` only reads."""
    del clock
    for name in subprocess.run(["git", "config", "--get-regexp", "--name-only", "insteadof"], check=True, text=True,
                               capture_output=True).stdout.split():  # fmt: skip
        git("config", "--unset", name)


def two_mistakes(clock: Clock) -> None:
    del clock
    Path("ecsctl.toml").write_text('name = "shop"\n[service]\nport = "8000"\nhelth_path = "/up"\n')


def new(clock: Clock) -> None:
    no_files(clock)
    at_github(clock)
    Path("Dockerfile").write_text(DOCKERFILE.replace("COPY . .", "COPY app.py ."))
    Path("app.py").touch()
    git("add", ".")


def failed_build(clock: Clock) -> None:
    push.push("main", "build")
    clock.sleep(1800)


def under_way(clock: Clock) -> None:
    push.push("main")
    clock.sleep(60)


def approval(clock: Clock) -> None:
    """Deploying waits for an approval."""
    with Path("ecsctl.toml").open("a") as file:
        file.write('\n[pipeline]\napprovals = [{ name = "Review" }]\n')
    code, printed = ours(["up", "--yes"])
    assert code == 0, printed
    push.push("main")
    clock.sleep(1200)


def secret(clock: Clock) -> None:
    code, printed = ours(["secret", "set", "db-url"])
    assert code == 0, printed
    clock.sleep(600)


def connection(clock: Clock) -> None:
    del clock
    boto3.client("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="ours")
    complete_handshake("ours")


MOMENTS: Mapping[str, Callable[[Clock], None]] = {
    "": lambda clock: None,
    "rolling out": rolling_out,
    "no files": no_files,
    "new": new,
    "two mistakes": two_mistakes,
    "a release runs out of memory": out_of_memory,
    "a build has failed": failed_build,
    "a run is under way": under_way,
    "an approval waits": approval,
    "a secret": secret,
    "a connection": connection,
    "at GitHub": at_github,
}


def meant(command: str) -> list[str]:
    """The command's words, with what is in the account in the place of what a page cannot know."""
    ecs = boto3.client("ecs")
    known: dict[str, Callable[[], str]] = {
        "ARN": lambda: boto3.client("codeconnections").list_connections()["Connections"][0]["ConnectionArn"],
        "TASK": lambda: ecs.list_tasks(cluster="shop", serviceName="shop")["taskArns"][0].rpartition("/")[2][:4],
        "EARLIER": lambda: next(
            one["image"]
            for one in ecs.describe_task_definition(taskDefinition="shop:1")["taskDefinition"]["containerDefinitions"]
            if one["name"] == "shop"
        ),
    }
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    before_pipe = itertools.takewhile(lambda word: not set(word) <= set("|;&<>"), lexer)
    return [known[word]() if word in known else word for word in before_pipe][1:]


def typed(clock: Clock, row: Row) -> tuple[int, str]:
    """What a person sees who types the command and answers what it asks: its exit code, and what it printed."""
    words = meant(row.typed or row.command)
    with _plugin(), _server(clock), _ctrl_c(clock, pressed=bool(ENDLESS & {*words})):
        return _run(words, f"{row.answer}\n")


def wrong(rows: Iterable[Row], run: Callable[[Row], tuple[int, str]]) -> dict[str, str]:
    """Returns what does not end as it must, and how it ended."""
    found, ended = {}, dict[tuple[str, str], tuple[int, str]]()
    for row in rows:
        real = row.typed or row.command, row.moment
        code, printed = ended[real] = ended.get(real) or run(row)
        if code != row.code or " ".join(row.says.split()) not in " ".join(printed.split()):
            found[row.command] = f"exit code {code}, expected {row.code} and {row.says!r}:\n{printed[-2000:]}"
    return found


def told(found: dict[str, str]) -> str:
    """The same, to be read."""
    return "\n\n".join(f"{command}\n{how}" for command, how in found.items())


def _run(words: list[str], answer: str) -> tuple[int, str]:
    seen = Terminal()
    with (
        mock.patch.object(sys, "argv", ["ecsctl", *words]),
        mock.patch.object(sys, "stdin", Terminal(answer)),
        mock.patch("getpass.getpass", side_effect=lambda *_, **__: sys.stdin.readline()),
        mock.patch.dict(os.environ, {"TERM": "xterm", "NO_COLOR": "1", "CI": "", "COLUMNS": "200"}),
        redirect_stdout(seen),
        redirect_stderr(seen),
    ):
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0), ESCAPE.sub("", seen.getvalue())
    raise AssertionError("main() does not return")


@contextmanager
def on_a_server(folder: Path) -> Iterator[Callable[[Row], tuple[int, str]]]:
    """The app's repository, where no sandbox runs yet; and what types a row's command there."""
    repository(folder, EVERYTHING)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("ECSCTL_")]:
            patch.delenv(name)
        patch.setenv("ECSCTL_CONTAINERS", "0")
        Path("policies.json").write_text(json.dumps(policies(config.load(folder), ACCOUNT, REGION)))
        patch.setattr(process, "subprocess", SimpleNamespace(Popen=forked.Copy, DEVNULL=subprocess.DEVNULL))
        patch.setattr(process, "_launch", functools.partial(_quick, process._launch))
        patch.setattr("boto3.DEFAULT_SESSION", None)
        try:
            yield lambda row: _run((row.typed or row.command).split()[1:], f"{row.answer}\n")
        finally:
            process.stop(folder / ".ecsctl")


def _quick(launch: Callable[..., process.Sandbox], folder: Path, speed: float, *words: Any, **options: Any) -> Any:
    """A server ten times as fast as users have it."""
    return launch(folder, 10 * speed, *words, **options)


@contextmanager
def _server(clock: Clock) -> Iterator[None]:
    """Within it the sandbox in this process answers what is asked of a server, and pushes are followed by its clock."""
    time = SimpleNamespace(sleep=lambda seconds: clock.sleep(60 * seconds), monotonic=lambda: clock.now() / 60)
    with (
        mock.patch.object(process, "call", lambda _folder, name, given: script.call(name, dict(given))),
        mock.patch.object(sandbox_push, "time", time),
    ):
        yield


@contextmanager
def _plugin() -> Iterator[None]:
    """Within it a session manager plugin is on PATH."""
    folder = Path.cwd().parent / "plugin"
    folder.mkdir(exist_ok=True)
    (folder / plugin.PLUGIN).write_text(PLUGIN)
    (folder / plugin.PLUGIN).chmod(0o755)
    with mock.patch.dict(os.environ, {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}):
        yield


@contextmanager
def _ctrl_c(clock: Clock, *, pressed: bool) -> Iterator[None]:
    """Within it Ctrl-C is pressed once the command has waited some times."""
    waits, sleep = itertools.count(1), clock.sleep

    def slept(seconds: float) -> None:
        if next(waits) == PATIENT:
            signal.raise_signal(signal.SIGINT)
        sleep(seconds)

    with mock.patch.object(clock, "sleep", slept) if pressed else nullcontext():
        yield
