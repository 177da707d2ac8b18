"""What is left of a sandbox in the engine: nothing, however it ended, and nothing of anybody else's is touched."""

import contextlib
import glob
import os
import signal
import tempfile
from pathlib import Path

import pytest

from ecsctl.sandbox.containers import leftovers
from ecsctl.sandbox.containers.engine import LABEL, Engine, EngineError
from ecsctl.sandbox.server import process
from tests.containers import base
from tests.containers.conftest import DOCKERFILE, FAST, LIGHT, Project, listens, made, until, up


def traces(engine: Engine, word: str) -> list[str]:
    """The containers and images, whosoever's, that come of a Dockerfile with a word in it."""
    containers = engine.call("GET", "/containers/json", all=True)
    found = [one["Id"] for one in containers if word in one["Command"]]
    for one in engine.call("GET", "/images/json", all=True):
        with contextlib.suppress(EngineError):  # another test has just taken it away
            layers = engine.call("GET", f"/images/{one['Id']}/history")
            found += [one["Id"] for layer in layers if word in layer["CreatedBy"]]
    return found


def test_down_and_stop_leave_nothing(tmp_path: Path, engine: Engine) -> None:
    with up(made(tmp_path / "gone", "gone", engine, LIGHT), FAST) as project:
        urls = project.urls
        assert project.tasks()
        assert all(map(listens, urls))
        stages = f"FROM {base.NAME} AS first\nRUN echo a-trace\n{DOCKERFILE}RUN echo a-trace\n"
        project.write(dockerfile=f"{stages}RUN echo a-trace; false\n")
        assert project.ecsctl("sandbox", "push", "--watch", check=False).code == 1
        assert traces(engine, "a-trace")
        project.ecsctl("down", "--sandbox", "--yes", "--force")
        assert not project.tasks()
        assert not any(map(listens, urls))
        project.ecsctl("sandbox", "stop")
        assert project.left() == []
        assert traces(engine, "a-trace") == []
        assert engine.call("GET", f"/images/{base.NAME}/json")


def test_after_a_crash_of_the_sandbox_stop_or_a_new_start_clears_up_and_a_stranger_s_container_stays(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"Image": base.NAME, "Cmd": ["/bin/sleep", "60"], "Labels": {LABEL: "another"}}
    stranger = engine.call("POST", "/containers/create", body)["Id"]
    try:
        with up(made(tmp_path / "killed", "killed", engine, LIGHT), FAST) as project:
            urls = project.urls
            project.write(dockerfile=f"{DOCKERFILE}RUN echo b-trace\nRUN sleep 120; echo b-trace\n")
            project.ecsctl("sandbox", "push", "--no-watch")
            until(lambda: len(traces(engine, "b-trace")) > 1)  # what the first step has made, and the second one runs
            mine = f"{tempfile.gettempdir()}/ecsctl-sandbox-{leftovers.whose(project.record)}-"
            until(lambda: glob.glob(f"{mine}*/ecsctl-docker-*/config.json"))  # the engine builds
            kill(project)
            assert project.tasks()
            project.ecsctl("sandbox", "start")
            assert project.left() == []
            assert traces(engine, "b-trace") == []
            assert not glob.glob(f"{mine}*")
            for place in Path("/proc").glob("[0-9]*/cwd"):
                with contextlib.suppress(OSError):  # it has ended meanwhile
                    assert not str(place.readlink()).startswith(mine)
            assert not any(map(listens, urls))
            kill(project)
            labels = {LABEL: leftovers.whose(project.record)}
            engine.call("POST", "/containers/create", body | {"Labels": labels})
            monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")  # as in a shell that knows of another
            assert not process.stop(project.record)
            assert project.left() == []
            assert engine.call("GET", f"/containers/{stranger}/json")
    finally:
        engine.call("DELETE", f"/containers/{stranger}", force=True)


def kill(project: Project) -> None:
    """End the sandbox as a crash of the machine would."""
    running = process.status(project.record)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
