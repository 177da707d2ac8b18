"""What a task definition says of its containers holds in the engine: limits, user, files, order, and how they end."""

import contextlib
import dataclasses
import json
import time
import urllib.request
from collections.abc import Iterator

import pytest

from ecsctl.sandbox.containers.engine import Engine
from ecsctl.sandbox.containers.fleet import Fleet, TaskRun
from ecsctl.sandbox.containers.specs import Restart, Spec, Volume
from tests.containers import base
from tests.containers.conftest import until

SHOWN = """
import json, os, resource, time
def refused(path):
    try: open(path, "w").write("x")
    except OSError as error: return error.strerror
for memory in ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"):
    if os.path.exists(memory): limit = int(open(memory).read())
print(json.dumps({"user": os.getuid(), "folder": os.getcwd(), "files": resource.getrlimit(resource.RLIMIT_NOFILE),
    "root": refused("/etc/x"), "scratch": refused("/scratch/x"), "seen": refused("/seen/x"),
    "kept": os.access("/kept", os.R_OK), "given": os.environ["GIVEN"], "memory": limit}))
"""


@dataclasses.dataclass
class Tasks:
    """Tasks of a fleet of their own, and what they wrote, by container."""

    fleet: Fleet
    wrote: dict[str, list[str]]

    def begun(self, *specs: Spec) -> TaskRun:
        """A task that has come to run, or not."""
        task = f"{len(self.fleet.task_runs):032x}"
        self.fleet.prepare(task, specs)
        task_run = self.fleet.task_runs[task]
        until(lambda: task_run.phase != "preparing")
        if task_run.phase == "ready":
            self.fleet.start(task)
            until(lambda: task_run.phase != "starting")
        return task_run

    def stop(self, task_run: TaskRun) -> float:
        """Stop a task, and return after how many seconds it was over."""
        began, task = time.monotonic(), next(task for task, one in self.fleet.task_runs.items() if one is task_run)
        self.fleet.stop(task, lambda: None, lambda: None)
        until(lambda: task_run.phase == "over")
        return time.monotonic() - began


@pytest.fixture(scope="module")
def tasks(engine: Engine) -> Iterator[Tasks]:
    wrote: dict[str, list[str]] = {}
    fleet = Fleet(engine, "tests-of-fleet", lambda _task, name, lines: wrote.setdefault(name, []).extend(lines))
    yield Tasks(fleet, wrote)
    fleet.clear()
    assert not [one for kind in ("containers", "networks", "volumes") for one in engine.ours(kind, fleet.whose)]


def served(port: int) -> bool:
    """Whether a page comes from a port of this machine; that the engine takes the connection says nothing."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def shell(name: str, command: str, **how: object) -> Spec:
    return dataclasses.replace(Spec(name, base.NAME, command=("/bin/sh", "-c", command)), **how)  # type: ignore[arg-type]  # fields of Spec


def test_a_container_is_limited_as_its_definition_says(tasks: Tasks) -> None:
    task_run = tasks.begun(
        Spec(
            "shown", base.NAME, entrypoint=("python3", "-c"), command=(SHOWN,), user="10001", directory="/tmp",  # noqa: S108 - in the container
            memory=64, ulimits=(("nofile", 123, 456),), read_only=True, tmpfs=(("/scratch", "size=1m"),),
            volumes=(Volume("kept", "/kept"), Volume("seen", "/seen", read_only=True)),
            environment=(("GIVEN", "a = b"),),
        )
    )  # fmt: skip
    until(lambda: "shown" in task_run.endings and tasks.wrote.get("shown"))
    shown = json.loads(tasks.wrote["shown"][0])
    assert shown["user"] == 10001
    assert shown["folder"] == "/tmp"  # noqa: S108 - in the container
    assert shown["files"] == [123, 456]
    assert shown["root"] == shown["seen"] == "Read-only file system"
    assert shown["scratch"] is None
    assert shown["given"] == "a = b"
    assert shown["memory"] == 64 << 20
    assert shown["kept"]


def test_what_takes_more_memory_than_it_has_is_killed_for_that(tasks: Tasks) -> None:
    task_run = tasks.begun(Spec("greedy", base.NAME, command=("python3", "-c", "bytearray(256 << 20)"), memory=32))
    until(lambda: task_run.dead)
    assert task_run.endings["greedy"] == (137, True)


def test_a_container_that_somebody_removes_counts_as_killed(tasks: Tasks) -> None:
    task_run = tasks.begun(shell("removed", "while :; do sleep 0.1; done"))
    tasks.fleet.engine.call("DELETE", f"/containers/{task_run.ids['removed']}", force=True)
    until(lambda: task_run.dead)
    assert task_run.endings == {"removed": (137, False)}


def test_sigterm_comes_first_and_sigkill_after_the_stop_timeout(tasks: Tasks) -> None:
    task_run = tasks.begun(
        shell("heeds", "trap 'exit 7' TERM; while :; do sleep 0.1; done", stop_timeout=30),
        shell("deaf", "trap '' TERM; while :; do sleep 0.1; done", stop_timeout=2),
    )
    assert 2 <= tasks.stop(task_run) < 20
    assert task_run.endings == {"heeds": (7, False), "deaf": (137, False)}


def test_containers_start_when_what_they_depend_on_is_so_far(tasks: Tasks) -> None:
    both = (Volume("both", "/both"),)
    migrates = shell("migrates", "sleep 0.5; echo done > /both/migrated", essential=False, volumes=both)
    well = ("/bin/sh", "-c", "ls /tmp/well")
    helper = shell("helper", "sleep 0.5; > /tmp/well; sleep 60", check=well, patience=30, stop_timeout=1)
    app = shell(
        "app", "ls /both/migrated && echo served; sleep 60", volumes=both, stop_timeout=1,
        after=(("migrates", "SUCCESS"), ("helper", "HEALTHY")),
    )  # fmt: skip
    task_run = tasks.begun(app, helper, migrates)
    until(lambda: "served" in tasks.wrote.get("app", ()))
    assert task_run.endings == {"migrates": (0, False)}
    tasks.stop(task_run)


def test_a_dependency_that_fails_keeps_the_task_from_starting_in_the_agent_s_words(tasks: Tasks) -> None:
    migrates = shell("migration", "exit 3", essential=False)
    app = shell("unstarted", "echo served", after=(("migration", "SUCCESS"),), reference="shop:1")
    task_run = tasks.begun(app, migrates)
    assert task_run.phase == "over"
    assert task_run.failure == (
        "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency "
        f"[migration({base.NAME}) (STOPPED->RUNNING) - Exit: 3] for target [unstarted(shop:1) (NONE->RUNNING)] "
        "as dependency did not exit successfully."
    )
    assert "unstarted" not in tasks.wrote


def test_who_waits_for_an_essential_container_that_ends_does_not_start(tasks: Tasks) -> None:
    task_run = tasks.begun(
        shell("fallen", "exit 4", check=("/bin/sh", "-c", "exit 1"), patience=30),
        shell("waiting", "echo served", after=(("fallen", "HEALTHY"),)),
    )
    assert task_run.phase == "running"
    assert task_run.dead == "fallen"
    tasks.stop(task_run)
    assert task_run.endings == {"fallen": (4, False)}


def test_a_container_with_a_restart_policy_ends_and_goes_on_in_its_task_as_ecs_lets_it(tasks: Tasks) -> None:
    policy = Restart(0.3, ignored=(3,))  # in sandbox's seconds, which are the machine's here
    again = "[ -f /tmp/ran ] && { echo again; exit 3; }; > /tmp/ran; echo first; sleep 0.5; exit 1"
    task_run = tasks.begun(
        shell("agent", again, restart=policy),
        shell("early", "echo early; exit 1", restart=policy, essential=False),
        Spec("site", base.NAME, command=("python3", "-m", "http.server"), ports=(8000,), stop_timeout=1,
               after=(("agent", "START"),)),
    )  # fmt: skip
    until(lambda: len(task_run.endings) == 2)
    assert task_run.endings == {"early": (1, False), "agent": (3, False)}
    until(lambda: len(tasks.wrote.get("agent", ())) == 2)
    assert (tasks.wrote["agent"], tasks.wrote["early"]) == (["first", "again"], ["early"])
    until(lambda: served(task_run.ports[8000]))  # the network is not that of who is started again
    tasks.stop(task_run)


def test_a_folder_of_a_file_system_is_one_for_all_tasks_and_whoever_they_are_they_write_in_it(tasks: Tasks) -> None:
    files = (Volume("data/of it", "/data", of="fs-1", owner=(1000, 1000)),)
    first = tasks.begun(shell("writes", "echo kept > /data/file", user="10001", volumes=files))
    until(lambda: first.dead)
    assert first.endings == {"writes": (0, False)}
    tasks.fleet.remove(next(task for task, one in tasks.fleet.task_runs.items() if one is first))
    other = (Volume("other", "/other", of="fs-1"),)
    second = tasks.begun(shell("reads", "cat /data/file; ls /other", user="10002", volumes=(*files, *other)))
    until(lambda: second.dead)
    until(lambda: tasks.wrote.get("reads"))
    assert tasks.wrote["reads"] == ["kept"]
    held = tasks.fleet.engine.ours("volumes", tasks.fleet.whose)
    assert [one for one in held if one["Labels"].get("ecsctl.sandbox.files") == "fs-1"]
    tasks.fleet.clear()
    assert not tasks.fleet.engine.ours("volumes", tasks.fleet.whose)


def test_a_program_that_is_not_there_is_reported_in_fargate_s_words(tasks: Tasks) -> None:
    task_run = tasks.begun(Spec("absent", base.NAME, command=("gunicorn", "app")))
    assert task_run.failure.startswith("CannotStartContainerError: ResourceInitializationError: failed to create new ")
    assert task_run.failure.endswith('exec: "gunicorn": executable file not found in $PATH: unknown')
