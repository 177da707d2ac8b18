"""An app that nobody asks over the network: workers and jobs alone, and nothing in front of them."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.engine.plan import Verb
from ecsctl.errors import Refused
from ecsctl.operations.jobs import read as jobs_of
from ecsctl.operations.status import read
from ecsctl.releases import release
from ecsctl.sandbox import push
from ecsctl.session import open_app
from ecsctl.why import why
from tests.stack.changes import PUSHED
from tests.stack.conftest import World, desired_stack, same
from tests.stack.test_jobs import NIGHTLY, image
from tests.stack.test_workers import MAILER, container, service

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
FRONT = {"balancer-group", "load-balancer", "target-group", "http", "service", "task-definition"}


def alone(base: dict[str, Any], **tables: Any) -> dict[str, Any]:
    """The same app without [service]."""
    return {**{key: value for key, value in base.items() if key != "service"}, **tables}


BARE = alone(desired_stack(domain=None, github=None), workers={"mailer": MAILER, "indexer": {"command": ["index"]}})
BUILT = alone(PUSHED, workers={"mailer": MAILER}, jobs={"nightly": NIGHTLY}, release={"command": ["migrate"]})
TIMED = alone(PUSHED, jobs={"nightly": NIGHTLY})


def test_workers_alone_have_nothing_in_front_and_a_web_comes_and_goes_with_its_image(world: World) -> None:
    before = world.account()
    world.up(BARE, image=IMAGE)
    assert container(world, "hello_mailer")["image"] == container(world, "hello_indexer")["image"] == IMAGE
    assert world.boto("elbv2").describe_load_balancers()["LoadBalancers"] == []
    [group] = world.boto("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["hello-tasks"]}])[
        "SecurityGroups"
    ]
    assert group["IpPermissions"] == []
    assert world.plan(BARE).work == ()
    world.state_file.unlink()
    assert world.plan(BARE).work == ()

    both = {**BARE, "service": {"port": 80}}
    assert {one.name for one in world.plan(both).work if one.verb is Verb.CREATE} == FRONT
    world.up(both)
    assert container(world, "hello")["image"] == IMAGE
    assert world.plan(both).work == ()
    [refused] = [one for one in world.plan(BARE).steps if one.verb is Verb.REFUSE]
    assert refused.hint == "write [service] for it; or, to have it removed, web = false in [service]"
    said = {**BARE, "service": {"web": False}}
    assert {one.name for one in world.plan(said).work if one.verb is Verb.DELETE} == FRONT
    world.up(said)
    assert service(world, "hello") is None
    assert service(world, "hello_mailer") is not None
    assert world.plan(BARE).work == ()
    world.down()
    same(before, world.account())


def test_a_push_goes_to_workers_and_jobs_and_the_first_worker_leads(world: World) -> None:
    world.running(BUILT)
    [project] = world.boto("codebuild").batch_get_projects(names=["hello-release"])["projects"]
    variables = {one["name"]: one["value"] for one in project["environment"]["environmentVariables"]}
    assert variables["SERVICE"] == "hello_mailer"
    first = container(world, "hello_mailer")["image"]
    assert image(world) == first
    push.push("main")
    world.clock.sleep(3600)
    pushed = container(world, "hello_mailer")["image"]
    assert pushed != first
    assert image(world) == pushed
    assert world.plan(BUILT).work == ()

    session = open_app(world.aws(), "hello", world.state_file)
    found = why(session.aws, "hello")
    assert (found.causes, found.line) == ((), "nothing is wrong")
    assert [one.name for one in read(session.aws, "hello").processes] == ["mailer"]
    back = release.rollback(session.aws, session.state, agree=lambda *_: None, say=lambda _: None)
    assert back.changed
    assert container(world, "hello_mailer")["image"].endswith(first.partition("@")[2] or first)
    assert image(world) == container(world, "hello_mailer")["image"], "the jobs go back with it"
    world.clock.sleep(600)
    assert why(world.aws(), "hello", resting={"mailer": False}).of("mailer").causes == ()
    work = world.plan({**BUILT, "workers": {"mailer": {**MAILER, "cpu": 256}}}).work
    assert {one.name for one in work} == {"task-definition mailer", "service mailer"}


def test_jobs_alone_get_what_is_pushed_or_deployed_and_keep_it_over_up(world: World) -> None:
    before = world.account()
    world.up(TIMED)
    first = image(world)
    stages = world.boto("codepipeline").get_pipeline(name="hello")["pipeline"]["stages"]
    assert [one["name"] for one in stages] == ["Source", "Build", "Jobs"]
    runs = world.boto("codepipeline").list_pipeline_executions(pipelineName="hello")["pipelineExecutionSummaries"]
    assert [one["status"] for one in runs] == ["Stopped"], "what it begins with is built already"
    push.push("main")
    world.clock.sleep(3600)
    pushed = image(world)
    assert pushed != first
    assert world.plan(TIMED).work == ()
    world.up(alone(PUSHED, jobs={"nightly": {**NIGHTLY, "command": ["other"]}, "hourly": NIGHTLY}))
    assert image(world) == image(world, "hello_hourly") == pushed

    session = open_app(world.aws(), "hello", world.state_file)
    done = release.deploy(session.aws, session.state, IMAGE, say=lambda _: None)
    assert (done.changed, done.verdict.sentence) == (True, "the next runs of hourly, nightly have it")
    assert image(world) == image(world, "hello_hourly") == IMAGE
    assert [one.name for one in jobs_of(session.aws, session.engine.label)] == ["hourly", "nightly"]
    with pytest.raises(Refused, match="there is no ECS service hello") as refused:
        release.rollback(session.aws, session.state, agree=lambda *_: None, say=lambda _: None)
    assert "jobs alone" in (refused.value.hint or "")
    assert why(session.aws, "hello", resting={}).causes == ()
    world.down()
    same(before, world.account())


def test_a_removed_process_takes_no_run_of_a_job_with_it(world: World) -> None:
    said = alone(desired_stack(domain=None, github=None), workers={"mailer": MAILER}, jobs={"nightly": NIGHTLY})
    world.up(said, image=IMAGE)
    ecs = world.boto("ecs")
    asked = {"cluster": "hello", "taskDefinition": "hello_nightly", "launchType": "FARGATE", "startedBy": "ecsctl"}
    network = service(world, "hello_mailer")["networkConfiguration"]  # type: ignore[index]  # it is there
    [begun] = ecs.run_task(**asked, group="ecsctl:nightly", networkConfiguration=network)["tasks"]
    world.up(alone(desired_stack(domain=None, github=None), jobs={"nightly": NIGHTLY}))
    [task] = ecs.describe_tasks(cluster="hello", tasks=[begun["taskArn"]])["tasks"]
    assert "ecsctl down" not in task.get("stoppedReason", "")
