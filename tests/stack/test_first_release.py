"""The release command in `up`: before the first version runs, and before an image that is named; never for an edit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import boto3

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.core.clock import Clock
from tests.commands.conftest import Ended, folder, live_by, run
from tests.commands.test_release_command import TOML, image, up
from tests.stack.conftest import ACCOUNT

__all__ = ["folder", "live_by", "run", "up"]

Run = Callable[..., Ended]


def codes(run: Run) -> list[int]:
    """The exit codes of the command, the newest first."""
    found = json.loads(run("ps", "-o", "json").out)["tasks"]
    return [one["exit_code"] for one in found if one["process"] == "release"]


def test_where_it_fails_there_is_no_service_and_the_next_up_runs_it_again(up: Clock, run: Run, folder: Path) -> None:
    client = boto3.client("ecs")
    client.delete_service(cluster="hello", service="hello", force=True)
    up.sleep(600)
    ecs.script_tasks(ACCOUNT, "", "command", code=3)
    failed = run("up", "--yes")
    assert failed.code == 1
    assert "it ended with exit code 3" in failed.err
    assert "RuntimeError: the command failed" in failed.err
    assert codes(run) == [3]
    assert client.list_services(cluster="hello")["serviceArns"] == []

    ecs.script_tasks(ACCOUNT, "", "ok")
    tasks = client.list_tasks(cluster="hello", desiredStatus="STOPPED")["taskArns"]
    found = client.describe_tasks(cluster="hello", tasks=tasks)["tasks"]
    [ran] = [one for one in found if one["group"] == "ecsctl:release"]
    subnet = next(one["value"] for one in ran["attachments"][0]["details"] if one["name"] == "subnetId")
    network = {"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "ENABLED"}}
    client.run_task(
        cluster="hello",
        taskDefinition=ran["taskDefinitionArn"],
        launchType="FARGATE",
        networkConfiguration=network,
        overrides=ran["overrides"],
        startedBy="ecsctl",
        group="ecsctl:release",
    )  # as a run leaves it that was killed then
    done = run("up", "--yes")
    assert done.code == 0, done.err
    assert codes(run) == [0, 3]
    assert "nothing to change" in run("plan").out

    (folder / "ecsctl.toml").write_text(TOML + '[service]\nenvironment = { A = "b" }\n')
    edited = run("up", "--yes")
    assert (edited.code, codes(run)) == (0, [0, 3])

    released = run("up", "--yes", "--image", image("v2"))
    assert released.code == 0, released.err
    assert codes(run) == [0, 0, 3]
