"""From a push to running, in one process: what a push begins, and what the Deploy action does to the service."""

import re

import pytest

from ecsctl.sandbox import push as pushing
from ecsctl.sandbox.core.script import ScriptError
from ecsctl.sandbox.server.inprocess import inprocess
from tests.stack.conftest import World

HOUR = 3600.0


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The ordinary stack, its first pipeline execution through."""
    with inprocess() as clock:
        world = World(clock, tmp_path_factory.mktemp("runs"))
        world.up()
        clock.sleep(HOUR)
        yield world


def service(world):
    return world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]


def revision(world):
    answer = world.boto("ecs").describe_task_definition(
        taskDefinition=service(world)["taskDefinition"], include=["TAGS"]
    )
    return answer["taskDefinition"], answer["tags"]


def image(world):
    return revision(world)[0]["containerDefinitions"][0]["image"]


def action(world, pushed, name="Deploy"):
    execution = {"pipelineExecutionId": pushed["began"][0]["execution"]}
    found = world.boto("codepipeline").list_action_executions(pipelineName="hello", filter=execution)
    return next((one for one in found["actionExecutionDetails"] if one["actionName"] == name), None)


def test_a_push_ends_with_its_commit_running(world):
    before, tags = revision(world)
    pushed = pushing.push("main")
    assert [list(one) for one in pushed["began"]] == [["pipeline", "execution"]]
    world.clock.sleep(HOUR)
    assert pushing.pushed(pushed["commit"])["outcome"] == "Succeeded"
    assert image(world).endswith(f"/hello:{pushed['commit']}")
    after, kept = revision(world)
    assert after["revision"] > before["revision"]
    assert kept == tags
    assert {**after["containerDefinitions"][0], "image": ""} == {**before["containerDefinitions"][0], "image": ""}
    me = world.boto("sts").get_caller_identity()["Arn"]
    first = world.boto("ecs").describe_task_definition(taskDefinition="hello:1")["taskDefinition"]
    assert (first["registeredBy"], service(world)["createdBy"]) == (me, me)
    assert re.fullmatch(r"arn:aws:sts::123456789012:assumed-role/hello-[\w-]*pipeline/[0-9]{13}", after["registeredBy"])
    deployed = service(world)["deployments"]
    assert action(world, pushed)["output"]["executionResult"]["externalExecutionId"] == deployed[0]["id"]


def test_after_a_rollback_the_action_waits_until_its_time_is_over_and_then_fails(world):
    before = image(world)
    pushed = pushing.push("main", "crash")
    world.clock.sleep(10 * 60)
    assert action(world, pushed)["status"] == "InProgress"
    assert pushing.pushed(pushed["commit"])["steps"][-1]["note"] == "FAILED"
    world.clock.sleep(HOUR)
    assert image(world) == before
    assert action(world, pushed)["status"] == "Failed"
    assert action(world, pushed)["output"]["executionResult"]["errorDetails"]["code"] == "JobFailed"
    assert pushing.pushed(pushed["commit"])["outcome"] == "RolledBack"


def test_a_build_that_fails_deploys_nothing(world):
    before = service(world)["taskDefinition"]
    pushed = pushing.push("main", "build")
    world.clock.sleep(HOUR)
    assert pushing.pushed(pushed["commit"])["outcome"] == "Failed"
    assert action(world, pushed) is None
    assert service(world)["taskDefinition"] == before


def test_a_container_that_the_service_does_not_have_fails_the_action(world):
    codebuild = world.boto("codebuild")
    environment = codebuild.batch_get_projects(names=["hello-build"])["projects"][0]["environment"]
    other = [{"name": "CONTAINER_NAME", "value": "ghost"}]
    kept = [one for one in environment["environmentVariables"] if one["name"] != "CONTAINER_NAME"]
    codebuild.update_project(name="hello-build", environment={**environment, "environmentVariables": kept + other})
    pushed = pushing.push("main")
    world.clock.sleep(HOUR)
    codebuild.update_project(name="hello-build", environment=environment)
    details = action(world, pushed)["output"]["executionResult"]["errorDetails"]
    assert details == {"code": "ConfigurationError", "message": "The AWS ECS container ghost does not exist"}


def test_a_push_to_another_branch_begins_nothing_and_says_so(world):
    pushed = pushing.push("dev")
    assert pushed["began"] == []
    assert pushed["unheard"] == ["webhook hello of pipeline hello does not listen to branch dev"]


def test_a_webhook_that_is_not_registered_hears_nothing(world):
    world.boto("codepipeline").deregister_webhook_with_third_party(webhookName="hello")
    pushed = pushing.push("main")
    world.boto("codepipeline").register_webhook_with_third_party(webhookName="hello")
    assert pushed["began"] == []
    assert pushed["unheard"] == ["webhook hello is not registered with GitHub"]


def test_an_unknown_failure_is_refused(world):
    with pytest.raises(ScriptError, match="there is no failure 'typo'; there are: build, crash"):
        pushing.push("main", "typo")
