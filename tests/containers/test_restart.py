"""The engine restarts, by itself or with the machine: what the sandbox says stays true, and nothing stays behind."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecsctl.sandbox.containers import leftovers
from ecsctl.sandbox.containers.engine import Engine, EngineError
from ecsctl.sandbox.containers.fleet import Fleet
from ecsctl.sandbox.containers.specs import Volume
from ecsctl.sandbox.server import process
from tests.containers import base
from tests.containers.conftest import made, until
from tests.containers.test_fleet import Tasks, shell
from tests.containers.test_left import kill

# So that nothing of it meets the other engines here: no rules of the packet filter, and addresses of its own.
APART = ("--iptables=false", "--default-address-pool=base=10.213.0.0/16,size=24")


class Daemon:
    """A dockerd of this test alone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "docker.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Engine:
        """Start it, and wait until it answers."""
        (self.folder / "pid").unlink(missing_ok=True)
        places = [f"--{name}={self.folder / what}" for name, what in
                  (("data-root", "data"), ("exec-root", "exec"), ("pidfile", "pid"))]  # fmt: skip
        words = ["dockerd", f"--host=unix://{self.socket}", *places, *APART]
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        found: list[Engine] = []

        def answers() -> bool:
            with contextlib.suppress(EngineError):
                found.append(Engine(str(self.socket)))
            return bool(found)

        until(answers)
        return found[0]

    def kill(self) -> None:
        """End it as a crash would: its containers go on, until it starts again."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        # What it would take for its own containerd, that still runs; which ends with it, a moment later.
        noted = self.folder / "exec" / "containerd" / "containerd.pid"
        program = Path(f"/proc/{noted.read_text()}/cmdline")
        until(lambda: not program.exists() or not program.read_bytes())
        noted.unlink()

    def end(self) -> None:
        """End it and its containers."""
        if self._process is not None and self._process.poll() is not None:
            self.start()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
        # It binds the folder to itself, and forgets that if it is killed.
        while subprocess.run(["umount", self.folder / "data"], capture_output=True, check=False).returncode == 0:
            pass


@pytest.fixture
def daemon(engine: Engine) -> Iterator[Daemon]:
    if engine.name == "Podman" or os.geteuid() or not shutil.which("dockerd"):
        pytest.skip("only Docker is a daemon that can be restarted, and only root may start one")
    made = Daemon(Path(tempfile.mkdtemp(prefix="engine-")))  # the name of a socket must not be longer than 107
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(made.folder, ignore_errors=True)


def test_a_task_ends_with_the_engine_and_after_a_restart_of_all_stop_leaves_nothing(
    tmp_path: Path, daemon: Daemon
) -> None:
    own = daemon.start()
    base.made(own)
    project = made(tmp_path / "app", "back", own)
    try:
        project.ecsctl("sandbox", "start")
        tasks = Tasks(Fleet(own, leftovers.whose(project.record), lambda *_: None), {})
        task_run = tasks.begun(
            shell("app", "while :; do sleep 0.1; done", volumes=(Volume("kept", "/kept"),), stop_timeout=1)
        )
        assert task_run.phase == "running"
        daemon.kill()
        assert "does not answer" in project.ecsctl("sandbox", "status").err
        kill(project)
        project.engine = daemon.start()
        until(lambda: task_run.dead)  # for ECS, too, which then starts another task
        assert project.tasks()
        assert project.ecsctl("sandbox", "stop").err == "the sandbox was not running\n"
        assert project.left() == []
        assert "runs the app" in project.ecsctl("sandbox", "start").err
    finally:
        process.stop(project.record)
