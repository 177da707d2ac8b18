"""A command in a running task: which task, which container, and how the plugin is given the session."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecsctl.cli import app as _app  # noqa: F401 - the commands are there before the sandbox is
from ecsctl.errors import EcsctlError, Refused, TimedOut
from ecsctl.operations import entering, execute
from ecsctl.operations import plugin as carrier
from tests.releases.conftest import APP, Service, service  # noqa: F401 - a fixture

Plugin = Callable[..., Path]

SCRIPT = """#!/bin/sh
here=$(dirname "$0")
if [ "$1" = --version ]; then echo "{version}"; exit 0; fi
for word in "$@"; do printf '%s\\n' "$word"; done > "$here/words"
tr '\\0' '\\n' < /proc/$$/cmdline > "$here/cmdline"
printf '%s' "$AWS_SSM_START_SESSION_RESPONSE" > "$here/session"
{then}
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    """Put a plugin of that version on PATH, which writes down what it is given and then does `then`; its folder."""

    def put(version: str = "1.2.707.0", then: str = "exit 0") -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / carrier.PLUGIN
        script.write_text(SCRIPT.format(version=version, then=then))
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder

    return put


def refusal(ask: Callable[[], object]) -> str:
    """Returns what is refused, why, and the hint."""
    with pytest.raises(EcsctlError) as caught:
        ask()
    return f"{caught.value.message} | {caught.value.why} | {caught.value.hint}"


def start(service: Service, desired: int = 1) -> None:  # noqa: F811 - the fixture
    """The service, with a task role: ECS enables exec on no other. It is not enabled yet."""
    made = service.definition(service.start(service.push("a"), desired=0))
    names = ("family", "networkMode", "cpu", "memory", "runtimePlatform", "executionRoleArn", "containerDefinitions")
    kept = {name: made[name] for name in names}
    answer = service.ecs.register_task_definition(
        **kept, requiresCompatibilities=["FARGATE"], taskRoleArn=service.role, tags=service.tags
    )
    service.point(answer["taskDefinition"]["taskDefinitionArn"], desiredCount=desired)
    steady(service)


def enable(service: Service, **more: Any) -> None:  # noqa: F811 - the fixture
    """Enable exec, and replace the tasks."""
    service.ecs.update_service(cluster=APP, service=APP, enableExecuteCommand=True, forceNewDeployment=True, **more)
    steady(service)


def steady(service: Service) -> None:  # noqa: F811 - the fixture
    service.clock.sleep(600)
    service.read()


def test_a_plugin_that_is_missing_or_cannot_keep_the_token_secret_is_refused(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert carrier.INSTALL in refusal(lambda: carrier.find("ECS Exec"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for version in ("1.2.497.0", "1.2.463.0", "1.1"):
        plugin(version)
        assert f"{version} is too old" in refusal(lambda: carrier.find("ECS Exec"))
    plugin("-- a shell of something else")
    assert "does not show its version" in refusal(lambda: carrier.find("ECS Exec"))
    for version in ("1.2.536.0", "1.2.764.0", "2"):
        plugin(version)
        assert carrier.find("ECS Exec").endswith(carrier.PLUGIN)


def test_one_word_is_sent_as_it_is_and_several_stay_words() -> None:
    assert execute.quoted([]) == "/bin/sh"
    assert execute.quoted(["ls -la /tmp"]) == "ls -la /tmp"
    assert execute.quoted(["sh", "-c", "echo $HOME | wc -c"]) == "sh -c 'echo $HOME | wc -c'"


def test_why_no_task_can_be_entered_is_reported_and_nothing_changes(service: Service) -> None:  # noqa: F811 - the fixture
    session = service.session()
    aws = session.aws
    assert "ecsctl up creates it" in refusal(lambda: entering.find(aws, APP))

    start(service, desired=0)
    said = refusal(lambda: entering.find(aws, APP))
    assert "its desired count is 0" in said
    assert "ecsctl scale web=1" in said

    service.ecs.update_service(cluster=APP, service=APP, desiredCount=1)
    assert "1 of 1 desired tasks are starting" in refusal(lambda: entering.find(aws, APP))
    steady(service)
    assert "exec = true in [service]" in refusal(lambda: entering.find(aws, APP))

    service.ecs.update_service(cluster=APP, service=APP, enableExecuteCommand=True)
    [old] = service.ecs.list_tasks(cluster=APP, serviceName=APP)["taskArns"]
    message = refusal(lambda: entering.find(aws, APP))
    assert "older than the switch" in message
    assert "ecsctl deploy --restart" in message

    enable(service)
    gone = old.rsplit("/", 1)[-1]
    assert f"task {gone} is gone" in refusal(lambda: entering.find(aws, APP, gone[:12]))
    assert "has no task 0000" in refusal(lambda: entering.find(aws, APP, "0000"))
    assert "it has hello, sidecar" in refusal(lambda: entering.find(aws, APP, container="database"))
    assert aws.changes == 0


def test_the_newest_healthy_task_and_the_apps_own_container_are_taken(service: Service) -> None:  # noqa: F811 - the fixture
    start(service)
    enable(service)
    [old] = service.ecs.list_tasks(cluster=APP, serviceName=APP)["taskArns"]
    service.ecs.update_service(cluster=APP, service=APP, desiredCount=2)
    steady(service)
    aws = service.session().aws

    found = entering.find(aws, APP)
    assert found.task != old
    assert (found.container, found.besides, found.others) == (APP, ("sidecar",), 1)
    named = entering.find(aws, APP, old.rsplit("/", 1)[-1][:10], "sidecar")
    assert (named.task, named.container) == (old, "sidecar")
    task = service.ecs.describe_tasks(cluster=APP, tasks=[old])["tasks"][0]
    runtime = next(one["runtimeId"] for one in task["containers"] if one["name"] == "sidecar")
    assert named.name == f"ecs:{APP}_{named.id}_{runtime}"


def test_an_agent_that_is_not_up_yet_is_waited_for_and_not_for_ever(
    service: Service,  # noqa: F811 - the fixture
    hear: Callable[..., None],
) -> None:
    start(service, desired=0)
    service.ecs.update_service(cluster=APP, service=APP, desiredCount=1, enableExecuteCommand=True)
    while not (tasks := service.ecs.list_tasks(cluster=APP, serviceName=APP)["taskArns"]) or (
        service.ecs.describe_tasks(cluster=APP, tasks=tasks)["tasks"][0]["lastStatus"] != "RUNNING"
    ):
        service.clock.sleep(1)
    aws = service.session().aws
    found = entering.find(aws, APP)  # waits for the agent
    assert execute.begin(aws, found, "ls").id.startswith("ecs-execute-command-")

    def never(parsed: dict[str, Any], **_: Any) -> None:
        for one in parsed.get("tasks", []):
            for container in one["containers"]:
                for agent in container.get("managedAgents", []):
                    agent["lastStatus"] = "PENDING"

    hear(aws.client("ecs"), "after-call.ecs.DescribeTasks", never)
    with pytest.raises(TimedOut) as caught:
        entering.find(aws, APP)
    assert caught.value.exit_code == 4
    assert "PENDING" in caught.value.why
    assert "ssmmessages" in caught.value.hint


def test_what_ecs_refuses_is_reported_in_our_words(service: Service) -> None:  # noqa: F811 - the fixture
    start(service)
    enable(service)
    aws = service.session().aws
    found = entering.find(aws, APP)
    service.ecs.stop_task(cluster=APP, task=found.task)
    service.clock.sleep(1)
    with pytest.raises(TimedOut, match="the connection to task") as caught:  # the task is on its way out
        execute.begin(aws, found, "ls")
    assert "internal error" in caught.value.why
    service.clock.sleep(2 * 3600)  # and ECS has forgotten it
    with pytest.raises(Refused) as refused:
        execute.begin(aws, found, "ls")
    assert "not found" in refused.value.why


def test_the_plugin_has_the_session_in_its_environment_and_the_keyboard_to_itself(
    service: Service,  # noqa: F811 - the fixture
    plugin: Plugin,
) -> None:
    folder = plugin(then='kill -INT "$PPID"; kill -TSTP "$PPID"; sleep 0.1; exit 7')
    start(service)
    enable(service)
    aws = service.session().aws
    opened = execute.begin(aws, entering.find(aws, APP), "/bin/sh")
    token = opened.answer["tokenValue"]
    assert token not in repr(opened)

    assert execute.run_plugin(carrier.find("ECS Exec"), opened, "work") == 7
    target = json.dumps({"Target": opened.target.name})
    words = (folder / "words").read_text().splitlines()
    assert words == [
        carrier.VARIABLE, "eu-central-1", "StartSession", "work", target, "https://ssm.eu-central-1.amazonaws.com",
    ]  # fmt: skip
    assert token not in (folder / "cmdline").read_text()
    assert json.loads((folder / "session").read_text()) == opened.answer
    assert opened.answer.keys() == {"sessionId", "streamUrl", "tokenValue"}
    assert carrier.VARIABLE not in os.environ

    plugin(then="kill -TERM $$")
    assert execute.run_plugin(carrier.find("ECS Exec"), opened) == 128 + 15
