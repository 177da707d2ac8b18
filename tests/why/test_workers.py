"""A failing worker is named, with the right cause and the keys of its own table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ecsctl.operations import processes
from ecsctl.releases.release import rollback
from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecs
from ecsctl.why import Act, Cause, Diagnosis, diagnose, first_line, why
from ecsctl.why.causes.workers import key_of
from tests.stack.changes import PUSHED
from tests.stack.conftest import World, world
from tests.stack.prepared import made_secret
from tests.stack.test_workers import BARE, IMAGE, MAILER, worked
from tests.why.field import scene
from tests.why.field.threads import CASES
from tests.why.test_fixes import KEYS, parse

__all__ = ["world"]

OTHER = "public.ecr.aws/docker/library/busybox:1.36"
SAID = worked({**PUSHED, "service": {"memory": 1024}}, mailer={"command": ["./work"], "memory": 512})
CHECKED = {**MAILER, "health": {"command": ["CMD-SHELL", "pgrep -f worker.py || exit 1"]}}


def explained(world: World, **more: Any) -> Diagnosis:
    aws = world.aws()
    aws.read_only = True
    return why(aws, "hello", **more)


def released(world: World, image: str) -> None:
    """Release an image to the worker only, so that only the worker fails."""
    client = world.boto("ecs")
    runs = client.describe_task_definition(taskDefinition="hello_mailer")["taskDefinition"]
    taken = "family taskRoleArn executionRoleArn networkMode requiresCompatibilities cpu memory runtimePlatform"
    same = {name: runs[name] for name in taken.split()}
    [own] = runs["containerDefinitions"]
    made = client.register_task_definition(**same, containerDefinitions=[{**own, "image": image}])
    arn = made["taskDefinition"]["taskDefinitionArn"]
    client.update_service(cluster="hello", service="hello_mailer", taskDefinition=arn, forceNewDeployment=True)
    world.clock.sleep(420)


def sets(*causes: Cause) -> set[str]:
    return {step.what for cause in causes for way in cause.fix for step in way.steps if step.act == Act.SET}


def unnamed(keys: set[str]) -> set[str]:
    """Return the keys as in the schema."""
    return {re.sub(r"^(workers|sidecars)\.[a-z_-]+\.", r"\1.", key) for key in keys}


def test_what_happens_to_a_worker_is_reported_by_its_name_with_its_cause_and_keys_that_exist(world: World) -> None:
    expected = {
        "crash": ("crash", "the worker mailer crashed (exit code 1)", set()),
        "oom": ("out-of-memory", "the worker mailer needs more memory than it has (the task has 1024 MiB)",
                {"workers.mailer.memory"}),
        "sick": ("container-check", "mailer: the container's own health check fails: CMD-SHELL pgrep",
                 {"workers.mailer.health"}),
        "secret": ("secret-missing", "mailer: the secret shop/db", {"workers.mailer.secrets"}),
        "missing-image": ("image-missing", f"mailer: the image {OTHER} does not exist", set()),
    }  # fmt: skip
    world.up(worked(BARE, mailer={**CHECKED, "secrets": {"DB": made_secret(world)}}), image=IMAGE)
    assert explained(world).causes == ()
    for kind, (name, sentence, keys) in expected.items():
        ecs.script_tasks("", "busybox", kind)
        released(world, OTHER)
        found = explained(world)
        assert not found.healthy
        assert found.unread == ()
        cause = found.causes[0]
        assert (cause.name, cause.process, cause.sentence[: len(sentence)]) == (name, "mailer", sentence), kind
        assert {one.process for one in found.causes} == {"mailer"}, "the web is well, and nothing is said of it"
        assert keys <= sets(cause) <= keys | {"workers.mailer.environment"}, kind
        assert unnamed(sets(*found.causes)) <= KEYS
        for way in cause.fix:
            for step in way.steps:
                if step.act == Act.RUN:
                    parse(step.what)
        assert explained(world, process="mailer").causes == found.causes
        assert explained(world, process="web").causes == ()
        assert first_line(world.aws(), "hello") == cause.sentence
    ecs.script_tasks("", "busybox", "ok")
    released(world, OTHER)
    assert explained(world).causes == ()


def test_an_action_of_the_pipeline_that_failed_leads_to_the_worker_that_it_deploys(world: World) -> None:
    world.running(SAID)
    commit = push.push("main")["commit"]
    ecs.script_tasks("", commit, "app", memory=700)  # MiB: more than the mailer has, and less than the web
    world.clock.sleep(3600)
    found = explained(world)
    assert (found.causes[0].process, found.causes[0].name) == ("mailer", "out-of-memory")
    [back] = [one for one in found.causes if one.name == "rolled-back"]
    assert back.sentence.startswith("revision 2 of mailer was rolled back by the circuit breaker: revision 1 of mailer")
    [delivery] = [one for one in found.causes if one.name in ("deploy-failed", "deploy-timeout")]
    assert "mailer" in delivery.sentence
    assert {one.process for one in found.causes} == {"mailer"}
    assert explained(world, process="web").causes == ()

    session = world.open(SAID)
    rollback(session.aws, session.state, agree=lambda *_: None, say=lambda _: None)
    assert [one.name for one in explained(world).causes] == [delivery.name], "ECS had taken the mailer back already"
    assert first_line(world.aws(), "hello") == ""
    assert [one.state for one in processes.read(world.aws(), "hello")] == ["runs", "runs"]


def test_the_cause_of_a_failed_action_stands_before_it() -> None:
    mailer = {"process": "mailer"} | scene.task("CannotPullContainerError: ref: acme/shop:1: not found")
    failed = scene.stage("Deploy", "JobFailed", "the deployment failed to stabilize", action="Deploy-mailer")
    web = scene.facts(failed)
    found = diagnose(web, scene.facts(mailer, {"pipeline": web.pipeline}))
    assert [(one.name, one.process, one.effect) for one in found.causes] == [
        ("image-missing", "mailer", False),
        ("deploy-timeout", "mailer", True),
    ]
    assert found.causes[1].sentence == "the pipeline's deployment of mailer did not come to run in time"


def test_what_happens_to_all_alike_is_reported_once_and_of_whom() -> None:
    denied = scene.task("CannotPullContainerError: 403 Forbidden")
    found = diagnose(scene.facts(denied), scene.facts(denied, {"process": "mailer"}))
    [cause] = [one for one in found.causes if one.name == "pull-denied"]
    assert (cause.process, cause.also) == ("web", ("mailer",))
    assert not cause.sentence.startswith("mailer")
    assert [one.name for one in found.of("mailer").causes][:1] == ["pull-denied"]


def test_a_worker_of_which_no_task_is_asked_for_is_nothing_wrong(world: World) -> None:
    world.up(worked(BARE, mailer={**MAILER, "desired_count": 0}), image=IMAGE)
    assert explained(world, resting={"web": False, "mailer": True}).causes == ()
    [unknown] = explained(world).causes
    assert (unknown.name, unknown.process, unknown.waiting) == ("scaled-to-zero", "mailer", True)
    asked = explained(world, resting={"web": False, "mailer": False})
    assert not asked.healthy
    world.boto("iam").create_service_linked_role(AWSServiceName="ecs.application-autoscaling.amazonaws.com")
    world.clock.sleep(60)
    scaled: Any = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    world.boto("application-autoscaling").register_scalable_target(
        **scaled, ResourceId="service/hello/hello_mailer", MinCapacity=0, MaxCapacity=2
    )
    world.clock.sleep(300)
    assert explained(world).causes == (), "autoscaling lets it rest"


def some_causes() -> Iterator[Cause]:
    for case in CASES:
        worker = {"process": "mailer", "targets": [], "target_group": {}, "balancer_groups": []}
        facts = scene.facts(*case.scenes, worker)
        facts.service = {**facts.service, "loadBalancers": []} if facts.service else None
        yield from diagnose(facts).causes


def test_in_whatever_way_it_fails_the_keys_and_commands_exist_and_its_name_is_reported() -> None:
    causes = list(some_causes())
    assert len({cause.name for cause in causes}) > 25
    for cause in causes:
        assert "mailer" in cause.sentence
        assert not re.search(r"load balancer|health_path", cause.sentence + str([str(way) for way in cause.fix]))
        for way in cause.fix:
            for step in way.steps:
                if step.act == Act.RUN and step.what.startswith("ecsctl"):
                    parse(step.what)
    assert unnamed(sets(*causes)) <= KEYS
    assert {"workers.mailer.memory", "workers.mailer.command", "service.architecture"} <= sets(*causes)


@pytest.mark.parametrize(
    ("key", "own"),
    [
        ("service.memory", "workers.mailer.memory"),
        ("service.spot.base", "workers.mailer.spot.base"),
        ("service.health.container", "workers.mailer.health"),
        ("service.port", "service.port"),
        ("service.log_mode", "service.log_mode"),
        ("sidecars.agent.image", "sidecars.agent.image"),
    ],
)
def test_the_key_is_the_workers_own_where_it_has_one(key: str, own: str) -> None:
    assert key_of(key, "mailer") == own
