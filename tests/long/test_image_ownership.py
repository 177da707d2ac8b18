"""The image belongs to the pipeline, everything else to ecsctl.toml: whoever comes when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ecsctl.errors import Refused, TimedOut
from ecsctl.releases.waiting import before_change, wait_until_quiet
from ecsctl.sandbox.aws.ecr import put_image
from ecsctl.sandbox.aws.ecs import script_tasks
from ecsctl.sandbox.server.inprocess import inprocess
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.watch import URI, Watch, definition, image_of, runs, service

PUSHES = count()


def configured(**settings: Any) -> dict[str, Any]:
    """A small stack with a job, and with the service's settings as given."""
    nightly = {"command": ["report"], "schedule": "cron(0 3 1 1 ? *)"}
    return desired_stack(
        domain=None, github=None, vpc={"egress": "public"}, service=settings, jobs={"nightly": nightly}
    )


def registered(world: World, image: str) -> str:
    """A new revision as the pipeline's deploy action registers it: the service's own, with the image swapped."""
    model = world.boto("ecs").meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    copy = definition(world, service(world)["taskDefinition"])
    sent = {name: value for name, value in copy.items() if name in model}
    sent["containerDefinitions"][0]["image"] = image
    arn: str = world.boto("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
    return arn


def run_revision(world: World, arn: str) -> None:
    """Let the service run a revision."""
    world.boto("ecs").update_service(cluster="hello", service="hello", taskDefinition=arn)


def pushed(world: World) -> str:
    """Returns what the pipeline does with a push, until the service is updated. Returns the image."""
    tag = f"push-{next(PUSHES)}"
    put_image(ACCOUNT, REGION, "hello", [tag, "latest"])
    run_revision(world, registered(world, f"{URI}:{tag}"))
    return f"{URI}:{tag}"


def rolled_back(world: World, revisions: int) -> str:
    """A person tells the service to run an earlier revision that has an image. Returns the image."""
    listed = world.boto("ecs").list_task_definitions(familyPrefix="hello", sort="DESC")["taskDefinitionArns"]
    images = {arn: image_of(world, arn) for arn in listed[: revisions + 1]}
    arn = [arn for arn, image in images.items() if image != f"{URI}:latest"][-1]
    run_revision(world, arn)
    return images[arn]


def up(world: World, desired: dict[str, Any], *, wait: bool = True) -> None:
    """Do what `ecsctl up` does."""
    session = world.open(desired)
    before_change(session.aws, session.engine, session.desired_stack, "hello", wait=wait)
    session.engine.up(session.desired_stack, agree=lambda plan: None)


def container(world: World) -> dict[str, Any]:
    """Our container as it runs."""
    found: dict[str, Any] = definition(world, service(world)["taskDefinition"])["containerDefinitions"][0]
    return found


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service that runs an image, lived through by one test after the other: each begins wherever the last ended."""
    with inprocess() as clock:
        world = World(clock, tmp_path_factory.mktemp("lived"))
        up(world, configured())
        put_image(ACCOUNT, REGION, "hello", ["first"])
        up(world, configured())
        yield world


@pytest.fixture
def running(lived: World) -> Iterator[World]:
    """The service, at rest; and no call of the test leaves it with an image that is not there."""
    wait_until_quiet(lived.aws(), "hello")
    watch = Watch(lived)
    yield lived
    assert watch.empty == []


MOVES = st.sampled_from(["push", "push to the end", "roll back by 1", "roll back by 4", "nothing"])
EDITS = st.one_of(st.none(), st.tuples(st.sampled_from(["GREETING", "COLOUR"]), st.sampled_from(["a", "b", "c"])))
UPS = st.sampled_from(["up", "up without a state file", "no up"])


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rounds=st.lists(st.tuples(MOVES, EDITS, UPS), min_size=2, max_size=5))
@example(
    rounds=[
        ("push", ("COLOUR", "a"), "up"),
        ("push to the end", None, "no up"),
        ("roll back by 4", ("GREETING", "b"), "up without a state file"),
    ]
)
def test_the_image_is_the_last_deployed_and_every_edit_is_in_force(
    running: World, rounds: list[tuple[str, tuple[str, str] | None, str]]
) -> None:
    environment: dict[str, str] = {}
    image = runs(running)[0]
    for move, edit, then in [*rounds, ("nothing", None, "up")]:
        if move.startswith("push"):
            image = pushed(running)
        elif move.startswith("roll back"):
            image = rolled_back(running, int(move[-1]))
        if move == "push to the end":
            wait_until_quiet(running.aws(), "hello")
        if edit:
            environment[edit[0]] = edit[1]
        if then == "up without a state file":
            running.state_file.unlink()
        if then != "no up":
            up(running, configured(environment=environment))
            assert {one["name"]: one["value"] for one in container(running).get("environment", ())} == environment
        assert runs(running)[0] == image, "only the pipeline, or the person who rolls back, moves the image"
    assert runs(running) == (image, 1)
    wait_until_quiet(running.aws(), "hello")
    up(running, configured(environment=environment))
    assert image_of(running, "hello_nightly") == image, "of a release that has succeeded, and the pipeline is not here"
    assert running.plan(configured(environment=environment)).work == ()


def test_an_up_with_an_edit_waits_for_the_deployment_under_way_and_keeps_its_image(running: World) -> None:
    image, edited = pushed(running), configured(environment={"GREETING": "while it rolls out"})
    up(running, edited)
    assert runs(running) == (image, 1)
    assert {"name": "GREETING", "value": "while it rolls out"} in container(running)["environment"]
    assert running.plan(edited).work == ()


def test_an_up_that_may_not_wait_refuses_and_changes_nothing(running: World) -> None:
    pushed(running)
    before = service(running)["taskDefinition"]
    with pytest.raises(Refused, match="rolling out") as refused:
        up(running, configured(environment={"GREETING": "in a hurry"}), wait=False)
    assert "--no-wait" in refused.value.hint
    assert service(running)["taskDefinition"] == before


def test_an_up_with_nothing_for_the_service_does_not_wait(running: World) -> None:
    same = {one["name"]: one["value"] for one in container(running).get("environment", ())}
    up(running, configured(environment=same))  # the job may be behind: the pipeline is not here
    pushed(running)
    began = running.clock.now()
    session = running.open({**configured(environment=same), "logs": {"retention_days": 7}})
    before_change(session.aws, session.engine, session.desired_stack, "hello", wait=False)
    assert running.clock.now() == began


def test_the_wait_has_an_end_that_can_be_resumed(running: World) -> None:
    script_tasks("", "push-", "slow", seconds=300)
    try:
        pushed(running)
        with pytest.raises(TimedOut, match="rolling out") as late:
            wait_until_quiet(running.aws(), "hello", limit=30)
        assert late.value.exit_code == 4
    finally:
        script_tasks("", "push-", "ok")


def test_a_sidecar_that_ecsctl_does_not_know_is_kept(running: World) -> None:
    arn = registered(running, runs(running)[0])
    model = running.boto("ecs").meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    sent = {name: value for name, value in definition(running, arn).items() if name in model}
    agent = {"name": "agent", "image": "public.ecr.aws/xray/aws-xray-daemon:3.x", "essential": False}
    sent["containerDefinitions"].append(agent)
    run_revision(running, running.boto("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"])
    wait_until_quiet(running.aws(), "hello")
    up(running, configured(environment={"GREETING": "beside another"}))
    containers = definition(running, service(running)["taskDefinition"])["containerDefinitions"]
    assert [one["name"] for one in containers] == ["hello", "agent"]
    assert {"name": "GREETING", "value": "beside another"} in containers[0]["environment"]
