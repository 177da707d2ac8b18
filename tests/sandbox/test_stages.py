"""A pipeline with a test and an approval, in one process, with builds that really run their buildspecs."""

import io
import threading
import zipfile

import pytest

from ecsctl.operations import pipeline_control
from ecsctl.sandbox import push as pushing
from ecsctl.sandbox.aws import ecr
from ecsctl.sandbox.aws.codebuild import builds, run
from ecsctl.sandbox.github import checkout
from ecsctl.sandbox.server.inprocess import inprocess
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack

HOUR = 3600.0
BUILD = """\
version: 0.2
phases:
  build:
    commands:
      - URI="$REPOSITORY_URI:$CODEBUILD_RESOLVED_SOURCE_VERSION"
      - printf '[{"name":"%s","imageUri":"%s"}]' "$CONTAINER_NAME" "$URI" > docker_image_definition.json
artifacts:
  files: [docker_image_definition.json]
"""
SMOKE = """\
version: 0.2
phases:
  build:
    commands:
      - echo "smoke test of $(cat greeting.txt)"
"""
STAGES = {"approvals": [{"name": "Release"}], "tests": [{"name": "Smoke", "buildspec": "tests.yml"}]}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """The stack after its first build, which was simulated; from here on builds really run."""
    app = tmp_path / "app"
    app.mkdir()
    for name, text in {"buildspec.yml": BUILD, "tests.yml": SMOKE, "greeting.txt": "hello"}.items():
        (app / name).write_text(text)
    monkeypatch.setattr(checkout, "current", None)
    monkeypatch.setattr(builds, "begun", list(builds.begun))
    with inprocess() as clock:
        world = World(clock, tmp_path)
        world.up(desired_stack(domain=None, vpc={"egress": "public"}, pipeline=STAGES))
        clock.sleep(HOUR)
        run.use(app, "http://127.0.0.1:1")  # these buildspecs ask for neither docker nor aws
        run.agree_to_builds()
        yield world


def action(world, name):
    for stage in world.boto("codepipeline").get_pipeline_state(name="hello")["stageStates"]:
        for one in stage["actionStates"]:
            if one["actionName"] == name:
                return one["latestExecution"]
    return None


def until_built(world, before):
    """Let the build that has begun end: its commands take real time."""
    world.clock.sleep(60)
    world.boto("codepipeline").get_pipeline_state(name="hello")  # begins what is to begin by now
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=60)
    world.clock.sleep(60)


def test_a_test_runs_its_own_buildspec_and_an_approval_waits_for_somebody(world):
    before = set(threading.enumerate())
    commit = pushing.push("main")["commit"]
    ecr.put_image(ACCOUNT, REGION, "hello", [commit], "arm64", content=commit)
    for name in ("Build", "Smoke"):
        until_built(world, before)
        assert action(world, name)["status"] == "Succeeded"

    codebuild, logs = world.boto("codebuild"), world.boto("logs")
    smoke = codebuild.batch_get_builds(ids=[action(world, "Smoke")["externalExecutionId"]])["builds"][0]
    where = {"logGroupName": smoke["logs"]["groupName"], "logStreamName": smoke["logs"]["streamName"]}
    assert "smoke test of hello\n" in [one["message"] for one in logs.get_log_events(**where)["events"]]
    bucket, _, key = smoke["sourceVersion"].rpartition(":::")[2].partition("/")
    source = world.boto("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(source)).testzip() is None

    world.clock.sleep(HOUR)
    assert action(world, "Release")["status"] == "InProgress"
    assert pushing.pushed(commit)["outcome"] == "InProgress"
    pipeline_control.answer(world.aws(), "hello", approved=True)
    world.clock.sleep(HOUR)
    assert pushing.pushed(commit)["outcome"] == "Succeeded"
    service = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    revision = world.boto("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert revision["containerDefinitions"][0]["image"].endswith(f":{commit}")
