"""ecsctl's command line: in this process, on the sandbox inside it or on the sandbox's server."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from ecsctl import session
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.cli import main
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server import process as sandbox
from ecsctl.sandbox.server.inprocess import inprocess
from tests import forked
from tests.saved import once
from tests.stack.conftest import shared_session

ORDINARY = """\
name = "hello"

[domain]
name = "hello.ecsctl.example"

[github]
repository = "ecsctl/hello"
"""


@dataclass(frozen=True)
class Ended:
    """Describes how a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """stderr without its line breaks."""
        return " ".join(self.err.split())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with an ordinary ecsctl.toml, and the current one."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "ecsctl.toml").write_text(ORDINARY)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ECSCTL_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def cloud(folder: Path) -> Iterator[None]:
    """The sandbox in this process."""
    with inprocess():
        yield


@pytest.fixture
def live_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Clock], None]:
    """`live_by(clock)`: the commands wait on that clock, where an hour costs nothing."""

    def live_by(clock: Clock) -> None:
        monkeypatch.setattr(
            session.Place, "aws", lambda self, region=None: Aws(Patience(clock), session=shared_session())
        )

    return live_by


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run a command in this process."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["ecsctl", *words])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        output = capfd.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else int(bool(code)), output.out, output.err)

    return run


def bring_up(folder: Path, clock: Clock, run: Callable[..., Ended]) -> None:
    """As a first `ecsctl up` of the folder's ecsctl.toml leaves a new account: in a process, run once for each."""

    def call() -> None:
        ended = run("up", "--yes")
        assert ended.code == 0, ended.err

    once(f"ecsctl up of {(folder / 'ecsctl.toml').read_text()}", clock, folder / ".ecsctl", call)


@pytest.fixture
def served(folder: Path, run: Callable[..., Ended]) -> Iterator[Callable[..., Ended]]:
    """Run a command in this process, on the sandbox's server: a process of its own takes five times as long.

    The server ends with the test.
    """

    def served(*words: str, **options: str) -> Ended:
        environment = mock.patch.dict(os.environ, {"COLUMNS": "100", **options})
        with environment, mock.patch("boto3.DEFAULT_SESSION", None), mock.patch("sys.stdin", io.StringIO()):
            return run(*words)

    yield served
    with contextlib.suppress(sandbox.SandboxError):  # something else stands in its place
        sandbox.stop(folder / ".ecsctl")


@pytest.fixture
def quick(folder: Path) -> None:
    """The folder's sandbox runs already, ten times as fast as users have it: who brings an app up need not wait."""
    forked.start(folder / ".ecsctl", speed=10 * sandbox.SPEED)
