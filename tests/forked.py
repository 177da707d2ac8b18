"""Starts the sandbox's server as a fork of the test process, which has already done the slow imports."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn
from unittest import mock

from moto.core.utils import get_service_model

from ecsctl.sandbox.server import process
from ecsctl.sandbox.server.serve import main
from ecsctl.sandbox.snapshot import taking


class Copy:
    """The part of `subprocess.Popen` that `process` uses, for a forked child."""

    def __init__(self, command: list[str], *, stdout: int, cwd: str, env: Mapping[str, str], **_: Any) -> None:
        self.pid = os.fork()
        if self.pid == 0:
            _serve(command, stdout, cwd, env)

    def poll(self) -> int | None:
        try:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return 0  # it was waited for before
        return os.waitstatus_to_exitcode(status) if ended else None

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


def start(folder: Path, speed: float = process.SPEED) -> process.Sandbox:
    """`process.start`, for tests that are not about starting the server."""
    for service in taking.SERVICES:
        get_service_model(service)  # each copy would read it, in its first seconds
    copied = SimpleNamespace(Popen=Copy, DEVNULL=subprocess.DEVNULL)
    with mock.patch.object(process, "subprocess", copied):
        return process.start(folder, speed)


def _serve(command: list[str], log: int, cwd: str, env: Mapping[str, str]) -> NoReturn:
    try:
        gc.freeze()  # what both share is not to be written to, which a collection does
        os.setsid()
        os.chdir(cwd)
        for number, opened in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
            os.dup2(opened, number)
        os.closerange(3, 1024)  # the pipes of the run of tests, and its locks
        sys.stdout, sys.stderr = open(1, "w"), open(2, "w")  # noqa: SIM115 - for the life of the process
        os.environ.clear()
        os.environ.update(env)
        sys.argv = command[command.index("-m") + 1 :]
        main()
    finally:
        os._exit(1)
