"""Run the app's release command with the image that was just built, in a task of its own, and end as it ends.

It runs in CodeBuild between Build and Deploy, on whichever Python its image has, with the AWS CLI beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

EVERY = 5.0  # seconds between two reads
ENDED = "EssentialContainerExited"  # by itself: one that is stopped may end with 0 all the same
LATE = 5.0  # seconds that the last lines may take to CloudWatch


def aws(*words: str) -> Any:
    """Run the AWS CLI and return its answer. Where it fails it has said why, and so ends the build."""
    done = subprocess.run(["aws", *words, "--output", "json"], stdout=subprocess.PIPE, check=False, text=True)  # noqa: S603, S607 - the image's own, and no shell
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout or "{}")


def say(*words: object) -> None:
    """A line of the build's log."""
    print(*words, flush=True)  # noqa: T201 - it is all that it has


def main() -> int:
    """The exit code of the release command; 1 where it did not come to run or to its end in time."""
    cluster, service, container = (os.environ[name] for name in ("CLUSTER", "SERVICE", "CONTAINER_NAME"))
    images = {one["name"]: one["imageUri"] for one in json.loads(Path("docker_image_definition.json").read_text())}
    found = aws("ecs", "describe-services", "--cluster", cluster, "--services", service, "--include", "TAGS")
    live = next((one for one in found["services"] if one["status"] == "ACTIVE"), None)
    if live is None or container not in images:
        say("there is no service", service, "or no image of", container)
        return 1
    # RunTask overrides no image (aws/containers-roadmap#187): a revision for this one task, like the one that serves.
    described = aws("ecs", "describe-task-definition", "--task-definition", live["taskDefinition"])["taskDefinition"]
    accepted = aws("ecs", "register-task-definition", "--generate-cli-skeleton", "input")
    request = {name: value for name, value in described.items() if name in accepted}
    for one in request["containerDefinitions"]:
        if one["name"] == container:
            one["image"] = images[container]
    tags = [one for one in live.get("tags", []) if not one["key"].startswith("aws:")]
    tags = [{**one, "value": "release"} if one["key"] == "ecsctl:resource" else one for one in tags]
    said = json.dumps({**request, "tags": tags})
    made = aws("ecs", "register-task-definition", "--cli-input-json", said)["taskDefinition"]
    try:
        return run(cluster, container, made, live["networkConfiguration"], tags)
    finally:
        aws("ecs", "deregister-task-definition", "--task-definition", made["taskDefinitionArn"])


def run(cluster: str, container: str, definition: Any, network: Any, tags: Any) -> int:
    """Start the task, wait for its end, and print what it wrote."""
    command, limit = json.loads(os.environ["RELEASE_COMMAND"]), float(os.environ["RELEASE_SECONDS"])
    overrides = {"containerOverrides": [{"name": container, "command": command}]}
    started = aws(
        "ecs", "run-task", "--cluster", cluster, "--task-definition", definition["taskDefinitionArn"],
        "--launch-type", "FARGATE", "--network-configuration", json.dumps(network),
        "--overrides", json.dumps(overrides), "--started-by", "ecsctl", "--group", "ecsctl:release",
        "--client-token", os.environ["CODEBUILD_BUILD_ID"].rpartition(":")[2], "--tags", json.dumps(tags),
    )  # fmt: skip
    if not started["tasks"]:
        say("ECS does not start the task:", json.dumps(started["failures"]))
        return 1
    arn = started["tasks"][0]["taskArn"]
    say("task", arn.rpartition("/")[2], "runs:", " ".join(command))
    ends = time.monotonic() + limit
    while True:
        task = aws("ecs", "describe-tasks", "--cluster", cluster, "--tasks", arn)["tasks"][0]
        code = next((one.get("exitCode") for one in task["containers"] if one["name"] == container), None)
        if (code is not None and task.get("stopCode")) or task["lastStatus"] == "STOPPED":
            break
        if time.monotonic() >= ends:
            aws(
                "ecs", "stop-task", "--cluster", cluster, "--task", arn, "--reason", "the release command took too long"
            )
            say(f"the release command did not end within {limit / 60:g} minutes, and is stopped")
            return 1
        time.sleep(EVERY)
    show(definition, container, arn)
    if code is None:
        say("the release command did not run:", task.get("stoppedReason", ""))
        return 1
    if task.get("stopCode") != ENDED:
        say("the release command was stopped:", task.get("stoppedReason", ""))
        return 1
    say("the release command ended with exit code", code)
    return int(code)


def show(definition: Any, container: str, arn: str) -> None:
    """Print the last lines that it wrote."""
    own = next(one for one in definition["containerDefinitions"] if one["name"] == container)
    options = own.get("logConfiguration", {}).get("options", {})
    if "awslogs-group" not in options:
        return
    time.sleep(LATE)
    stream = "/".join((options.get("awslogs-stream-prefix", "ecs"), container, arn.rpartition("/")[2]))
    logged = aws("logs", "filter-log-events", "--log-group-name", options["awslogs-group"],
               "--log-stream-name-prefix", stream)  # fmt: skip
    for one in logged["events"][-200:]:
        say(one["message"])


if __name__ == "__main__":
    sys.exit(main())
