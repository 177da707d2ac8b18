"""What takes its time: the newcomer's round as real processes, and a search in all that every command says."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecsctl.sandbox.server import process as sandbox
from tests.commands.conftest import Ended
from tests.commands.conftest import folder as folder


@pytest.fixture
def process(folder: Path) -> Iterator[Callable[..., Ended]]:
    """Run a command as a process of its own, on the sandbox's server. The server ends with the test."""

    def process(*words: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "ecsctl", *words],
            cwd=folder,
            env={**os.environ, "COLUMNS": "100"},
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    yield process
    with contextlib.suppress(sandbox.SandboxError):  # something else stands in its place
        sandbox.stop(folder / ".ecsctl")
