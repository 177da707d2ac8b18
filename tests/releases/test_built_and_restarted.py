"""A release that is built first, and new tasks of the release that runs."""

from __future__ import annotations

import pytest

from ecsctl.errors import Refused, ResourceFailed
from ecsctl.releases.release import deploy, restart
from ecsctl.releases.verdict import Outcome
from ecsctl.sandbox.aws.codebuild.state import fail_next_build
from tests.releases.conftest import APP, REPOSITORY, Service
from tests.releases.test_release import images
from tests.stack.conftest import ACCOUNT, REGION


def project(service: Service) -> None:
    """The project that builds the app's image, much as `ecsctl up` makes it."""
    service.trust("builds", "codebuild.amazonaws.com")
    source = {"type": "GITHUB", "location": "https://github.com/ecsctl/hello.git"}
    variables = {"REPOSITORY_URI": REPOSITORY, "AWS_ACCOUNT_ID": ACCOUNT, "AWS_STACK_REGION": REGION,
                 "CONTAINER_NAME": APP}  # fmt: skip
    service.boto("codebuild").create_project(
        name="hello-build",
        source=source,
        sourceVersion="main",
        artifacts={"type": "NO_ARTIFACTS"},
        serviceRole=service.role.replace("tasks", "builds"),
        environment={
            "type": "ARM_CONTAINER",
            "image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "privilegedMode": True,
            "environmentVariables": [{"name": name, "value": value} for name, value in variables.items()],
        },
    )


def test_without_a_project_there_is_nothing_to_build_with(service: Service) -> None:
    service.start(service.push("v1"))
    session = service.session()
    with pytest.raises(Refused, match="there is no project hello-build to build with"):
        deploy(session.aws, session.state, build_it=True, say=service.say)
    assert session.aws.changes == 0


def test_what_is_built_now_is_deployed_by_its_digest(service: Service) -> None:
    service.start(service.push("v1"))
    project(service)
    done = deploy(*service.app(), build_it=True, say=service.say)
    assert done.verdict.outcome is Outcome.DEPLOYED
    pushed = service.boto("ecr").describe_images(repositoryName=APP, imageIds=[{"imageTag": "latest"}])["imageDetails"]
    assert images(service)["hello"] == f"{REPOSITORY}@{pushed[0]['imageDigest']}"
    assert any(len(tag) == 40 for tag in pushed[0]["imageTags"])


def test_a_build_that_fails_deploys_nothing_and_tells_why(service: Service) -> None:
    service.start(service.push("v1"))
    project(service)
    fail_next_build("BUILD", "exit status 1: docker build")
    with pytest.raises(ResourceFailed) as caught:
        deploy(*service.app(), build_it=True, say=service.say)
    assert "exit status 1: docker build" in caught.value.why
    assert (service.runs, service.revisions) == ("hello:1", 1)


def test_a_build_that_runs_already_is_waited_for(service: Service) -> None:
    service.start(service.push("v1"))
    project(service)
    codebuild = service.boto("codebuild")
    codebuild.start_build(projectName="hello-build")
    assert deploy(*service.app(), build_it=True, say=service.say).verdict.outcome is Outcome.DEPLOYED
    assert len(codebuild.list_builds_for_project(projectName="hello-build")["ids"]) == 1


def test_a_restart_starts_new_tasks_of_what_runs_and_releases_nothing(service: Service) -> None:
    service.start(service.push("v1"), desired=2)
    service.push("v2", "latest")
    before = set(service.ecs.list_tasks(cluster=APP, serviceName=APP)["taskArns"])
    done = restart(*service.app(), say=service.say)
    assert (done.verdict.outcome, done.changed) == (Outcome.DEPLOYED, True)
    assert (service.runs, service.revisions) == ("hello:1", 1)
    service.clock.sleep(300)
    after = set(service.ecs.list_tasks(cluster=APP, serviceName=APP)["taskArns"])
    assert len(after) == 2
    assert not before & after


def test_a_restart_that_is_under_way_is_followed_and_another_release_is_not_cut_short(service: Service) -> None:
    service.start(service.push("v1"))
    assert restart(*service.app(), say=service.say, limit=5).verdict.outcome is Outcome.TIMED_OUT
    again = restart(*service.app(), say=service.say)
    assert (again.verdict.outcome, again.changed) == (Outcome.DEPLOYED, False)
    assert "are starting already" in service.said[-1]
    service.point(service.register(service.push("v2")))
    with pytest.raises(Refused, match="is rolling out"):
        restart(*service.app(), say=service.say)


def test_where_no_task_is_to_run_none_is_started_anew(service: Service) -> None:
    service.start(service.push("v1"), desired=0)
    with pytest.raises(Refused, match="no task is desired"):
        restart(*service.app(), say=service.say)
