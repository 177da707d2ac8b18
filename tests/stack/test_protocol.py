"""service.protocol: what the load balancer speaks to the tasks. Another one is another target group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.plan import Verb
from ecsctl.errors import EcsctlError
from ecsctl.operations.policy import policies
from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.server.inprocess import inprocess
from tests.stack.client import IMAGE, Ticking, watched
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.why.test_live import diagnose

HTTP = desired_stack(github=None)
GRPC = desired_stack(github=None, service={"protocol": "grpc"})
HEALTH = desired_stack(github=None, service={"protocol": "grpc", "health_path": "/grpc.health.v1.Health/Check"})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Ticking()
    with inprocess(clock):
        yield World(clock, tmp_path)


def groups(world: World) -> list[tuple[str, ...]]:
    found = world.boto("elbv2").describe_target_groups()["TargetGroups"]
    return [(one["TargetGroupName"], one["ProtocolVersion"], one["HealthCheckPath"], *one["Matcher"].items())
            for one in found]  # fmt: skip


def led_to(world: World) -> list[tuple[str, int]]:
    """The target groups of the HTTPS listener, and their weights."""
    elb = world.boto("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    [listener] = [one for one in listeners if one["Port"] == 443]
    groups = listener["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    return [(one["TargetGroupArn"].split("/")[1], one["Weight"]) for one in groups]


def test_a_server_of_grpc_is_asked_for_a_method_that_it_need_not_have(world: World) -> None:
    world.running(GRPC, image=IMAGE)
    assert groups(world) == [("hello-GRPC", "GRPC", "/AWS.ALB/healthcheck", ("GrpcCode", "12"))]
    assert world.plan(GRPC).work == ()
    service = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    assert service["runningCount"] == 1
    world.up(HEALTH)
    assert groups(world) == [("hello-GRPC", "GRPC", "/grpc.health.v1.Health/Check", ("GrpcCode", "0"))]


def test_another_protocol_is_another_target_group_and_the_plan_tells_what_clients_notice(world: World) -> None:
    world.running(HTTP, image=IMAGE)
    plan = world.plan(GRPC)
    steps = {step.name: step for step in plan.work}
    assert steps["target-group GRPC"].verb is Verb.CREATE
    assert steps["target-group"].verb is Verb.DELETE
    assert [step.name for step in plan.work if "does not answer" in step.impact] == ["service"]
    world.up(GRPC)
    assert led_to(world) == [("hello-GRPC", 1)]
    assert [name for name, *_ in groups(world)] == ["hello-GRPC"]
    assert world.plan(GRPC).work == ()


def test_an_app_that_does_not_speak_the_new_protocol_goes_on_as_it_was(world: World) -> None:
    client = watched(world, HTTP, HTTP)
    ecs.script_tasks(ACCOUNT, "", "app", speaks="HTTP1")
    with pytest.raises(EcsctlError):
        world.up(GRPC)
    assert led_to(world) == [("hello", 1), ("hello-GRPC", 0)]
    world.up(HTTP)
    client.never_failed()
    assert led_to(world) == [("hello", 1)]
    assert [name for name, *_ in groups(world)] == ["hello"]


def test_why_tells_what_a_code_of_grpc_means(world: World) -> None:
    world.running(HEALTH, image=IMAGE)
    ecs.script_tasks(ACCOUNT, "", "app", answers={"/grpc.health.v1.Health/Check": 12})
    world.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    world.clock.sleep(400)
    [cause, *_] = diagnose(world).causes
    assert cause.name == "health-path"
    assert "12 (UNIMPLEMENTED)" in cause.sentence


def test_only_an_app_of_another_protocol_needs_the_right_to_its_target_group() -> None:
    def printed(configured: dict[str, Any]) -> str:
        return str(policies(Config.model_validate(configured), ACCOUNT, REGION))

    assert "targetgroup/hello-GRPC/*" in printed(GRPC)
    assert "targetgroup/hello-" not in printed(HTTP)
