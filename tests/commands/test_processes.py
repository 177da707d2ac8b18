"""Commands about one process of several: its tasks, its log, its releases, and a command in or beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Ended
from tests.operations.test_execute import Plugin, plugin  # noqa: F401 - a fixture
from tests.releases.conftest import APP, Service, service
from tests.stack.conftest import shared_session

__all__ = ["service"]

Run = Callable[..., Ended]
WORKER = f"{APP}_mailer"


@pytest.fixture(autouse=True)
def at_home(folder: Path, service: Service, live_by: Callable[..., None]) -> None:
    """The folder of the app, whose services live on the clock by which the commands wait."""
    (folder / "ecsctl.toml").write_text('name = "hello"\n')
    live_by(service.clock)


@pytest.fixture
def image(service: Service) -> str:
    """The image of a web and of a worker, that both run."""
    image = service.push("v1")
    service.start(image)
    service.start(image, worker="mailer")
    return image


def rows(run: Run) -> list[dict[str, Any]]:
    """Returns what ps tells."""
    found: list[dict[str, Any]] = json.loads(run("ps", "-o", "json").out)["tasks"]
    return found


def write(service: Service, stream: str, text: str) -> None:
    logs = shared_session().client("logs")
    logs.create_log_stream(logGroupName="/ecs/hello", logStreamName=stream)
    event: Any = {"timestamp": int(service.clock.now() * 1000), "message": text}
    logs.put_log_events(logGroupName="/ecs/hello", logStreamName=stream, logEvents=[event])


def test_ps_lists_the_tasks_of_each_process_under_its_name(image: str, run: Run) -> None:
    assert [(one["process"], one["image"]) for one in rows(run)] == [("web", image), ("mailer", image)]


def test_the_newest_lines_are_printed_and_older_ones_hinted_at(image: str, service: Service, run: Run) -> None:
    for text in ("first", "second", "third"):
        write(service, f"app/hello/{text}", text)
        service.clock.sleep(1)
    two = run("logs", "web", "--tail", "2")
    assert [line.rsplit(" ", 1)[1] for line in two.out.splitlines()] == ["second", "third"]
    assert two.err == "hint: there are older lines: --tail 20 shows more, --since 2h all of two hours\n"
    assert (
        run("logs", "web", "--since", "1d", "--tail", "2").err == "hint: there are older lines: --tail 20 shows more\n"
    )
    every = run("logs", "web")
    assert ("first" in every.out, "older lines" in every.err) == (True, False)
    none = run("logs", "--filter", "fourth")
    assert (none.code, none.out, none.err) == (0, "", "no lines in the last day; --since 7d goes further back\n")


def test_each_line_of_several_processes_says_whose_it_is(image: str, service: Service, run: Run) -> None:
    write(service, "app/hello/0123", "from the web")
    write(service, "mailer/hello/4567", "from the mailer")
    write(service, "mailer/sidecar/4567", "from beside it")
    every = run("logs", "--since", "1d").out
    assert re.search(r" web    0123 from the web\n", every)
    assert re.search(r" mailer 4567 from the mailer\n", every)
    one = run("logs", "mailer", "--since", "1d").out
    assert "from the mailer" in one
    assert " mailer " not in one
    assert "from the web" not in one
    assert "from the web" in run("logs", "web", "--since", "1d").out
    beside = run("logs", "mailer", "--container", "sidecar", "--since", "1d")
    assert (beside.code, "its log driver is none" in beside.said) == (1, True)
    document = [json.loads(line) for line in run("logs", "--since", "1d", "-o", "json").out.splitlines()]
    assert {one["process"] for one in document if one["text"].startswith("from")} == {"web", "mailer"}


def test_a_log_of_no_process_is_refused_with_those_that_there_are(image: str, run: Run) -> None:
    unknown = run("logs", "nobody")
    assert (unknown.code, "it has web, mailer" in unknown.said) == (1, True)
    release = run("logs", "release")
    assert (release.code, "does not separate the tasks of the release command" in release.said) == (1, True)
    assert run("logs", "mailer", "--build").code == 2


def test_an_app_of_one_process_has_its_lines_as_ever(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    write(service, "app/hello/0123", "from the web")
    assert re.search(r"^\S+ \S+ 0123 from the web\n", run("logs", "--since", "1d").out, re.MULTILINE)


def test_a_command_runs_as_a_worker_does(image: str, service: Service, run: Run) -> None:
    ended = run("run", "--process", "mailer", "--", "echo", "hi")
    assert (ended.code, ended.out) == (0, "hi\n")
    arns = service.ecs.list_tasks(cluster=APP, desiredStatus="STOPPED")["taskArns"]
    [task] = service.ecs.describe_tasks(cluster=APP, tasks=arns)["tasks"]
    assert f"/{WORKER}:1" in task["taskDefinitionArn"]
    other = service.push("v2")
    assert run("run", "--process", "mailer", "--image", other, "--", "true").code == 0
    assert len(service.ecs.list_task_definitions(familyPrefix=WORKER)["taskDefinitionArns"]) == 1
    unknown = run("run", "--process", "nobody", "--", "true")
    assert (unknown.code, "it has web, mailer" in unknown.said) == (1, True)


def test_the_task_of_a_worker_is_entered_by_its_name_or_by_its_id(
    service: Service,
    run: Run,
    plugin: Plugin,  # noqa: F811 - the fixture
) -> None:
    plugin(then="exit 0")
    image = service.push("v1")
    service.start(image)
    service.start(image, worker="mailer")
    made = service.definition(f"{WORKER}:1")
    names = ("family", "networkMode", "cpu", "memory", "runtimePlatform", "executionRoleArn", "containerDefinitions")
    again = service.ecs.register_task_definition(
        **{name: made[name] for name in names}, requiresCompatibilities=["FARGATE"], taskRoleArn=service.role
    )
    off = run("exec", "--process", "mailer", "--", "ls")
    assert (off.code, "exec = true in [service]" in off.said) == (1, True)
    service.point(again["taskDefinition"]["taskDefinitionArn"], WORKER, enableExecuteCommand=True)
    service.clock.sleep(600)
    [task] = [one["id"] for one in rows(run) if one["process"] == "mailer" and one["state"] == "running"]
    for words in (("--process", "mailer"), ("--task", task[:12])):
        entered = run("exec", *words, "--", "ls")
        assert (entered.code, task in entered.err) == (0, True), entered.err
    service.ecs.update_service(cluster=APP, service=WORKER, desiredCount=0)
    service.clock.sleep(600)
    none = run("exec", "--process", "mailer", "--", "ls")
    assert (none.code, "ecsctl scale mailer=1" in none.said) == (1, True)


def test_the_history_of_a_worker_is_its_own(image: str, service: Service, run: Run) -> None:
    service.point(service.register(image, {"QUEUE": "mail"}, family=WORKER), WORKER)
    service.clock.sleep(600)
    document = json.loads(run("history", "mailer", "-o", "json").out)
    assert document["process"] == "mailer"
    assert [one["revision"] for one in document["releases"]] == [2, 1]
    web = json.loads(run("history", "-o", "json").out)
    assert (web["process"], [one["revision"] for one in web["releases"]]) == ("web", [1])
    assert [one["revision"] for one in json.loads(run("history", "web", "-o", "json").out)["releases"]] == [1]
    differs = run("history", "diff", f"{WORKER}:1", f"{WORKER}:2")
    assert (differs.code, "QUEUE" in differs.out) == (0, True)
    unknown = run("history", "nobody")
    assert (unknown.code, "it has web, mailer" in unknown.said) == (1, True)
