"""What is left of a sandbox in the engine: nothing, however it ended, and nothing of anybody else's is touched."""

import os
import signal
from pathlib import Path

from ecsctl.sandbox.containers.engine import Engine
from ecsctl.sandbox.server import process
from tests.containers import base
from tests.containers.conftest import made


def test_down_and_stop_leave_nothing(tmp_path: Path, engine: Engine) -> None:
    project = made(tmp_path / "gone", "gone", engine)
    project.ecsctl("up", "--sandbox", "--yes")
    assert project.tasks()
    project.ecsctl("down", "--sandbox", "--yes", "--force")
    assert not project.tasks()
    project.ecsctl("sandbox", "stop")
    assert project.left() == {"containers": 0, "images": 0, "networks": 0}
    assert engine.call("GET", f"/images/{base.NAME}/json")


def test_after_a_crash_of_the_sandbox_stop_clears_up_and_a_stranger_s_container_stays(
    tmp_path: Path, engine: Engine
) -> None:
    project = made(tmp_path / "killed", "killed", engine)
    body = {"Image": base.NAME, "Cmd": ["/bin/sleep", "60"], "Labels": {"ecsctl.sandbox": "another"}}
    stranger = engine.call("POST", "/containers/create", body)["Id"]
    try:
        project.ecsctl("up", "--sandbox", "--yes")
        running = process.status(project.record)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        assert project.tasks()
        project.ecsctl("sandbox", "stop")
        assert project.left() == {"containers": 0, "images": 0, "networks": 0}
        assert engine.call("GET", f"/containers/{stranger}/json")
    finally:
        engine.call("DELETE", f"/containers/{stranger}", force=True)
