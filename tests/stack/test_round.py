"""up → plan → up → change → down on the whole stack."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.engine.events import Ready
from ecsctl.engine.plan import Verb, Why
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same

FORMS = {
    "ordinary": desired_stack(),
    "build only, without a domain, public tasks": desired_stack(domain=None, pipeline={"mode": "build-only"},
                                                         vpc={"egress": "public"}),
    "without delivery, two gateways": desired_stack(github=None, vpc={"egress": "nat-per-az"}),
    "all that can be asked for": desired_stack(
        tags={"team": "web"}, owner="ann", logs={"retention_days": 7}, ecr={"mutability": "MUTABLE"},
        load_balancer={"idle_timeout_seconds": 120, "http2": False},
        service={"architecture": "X86_64", "exec": True, "autoscaling": {"min": 1, "max": 3},
                 "container_insights": "enhanced"},
        pipeline={"approvals": [{"name": "Review"}, {"name": "Second", "note": "sure?"}],
                  "tests": [{"name": "Smoke", "buildspec": "tests.yml"}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("configured", FORMS.values(), ids=FORMS.keys())
def test_up_then_nothing_to_do_then_down_to_what_was_there(world: World, configured: dict[str, Any]) -> None:
    before = world.exact()
    done = world.up(configured)
    assert done.count(Verb.CREATE) == len(done.steps)
    early = {event.name for event in world.events if isinstance(event, Ready)}
    assert early <= {"load-balancer", "service", "pipeline"}, "nothing else is of use before it is ready"
    original = world.exact()

    assert world.plan(configured).work == ()
    assert world.up(configured).work == ()
    assert world.changes == 0
    same(original, world.exact())

    world.state_file.unlink()
    assert world.up(configured).work == ()
    assert world.changes == 0
    same(original, world.exact())

    world.state_file.unlink()
    world.down()
    same(before, world.exact())
    assert not world.state_file.exists()
    world.down()
    assert world.changes == 0


LOGS = {name: {"retention_in_days"} for name in ("app-logs", "insights-logs", "build-logs")}
CHANGES = {
    "environment": (desired_stack(service={"environment": {"GREETING": "hi"}}), {"task-definition": {"environment"}}),
    "memory": (desired_stack(service={"cpu": 512, "memory": 1024}),
               {"task-definition": {"cpu", "memory", "environment"}}),
    "retention": (desired_stack(logs={"retention_days": 7}),
                  {**LOGS, "task-definition": {"cpu", "memory"}}),
    "health path": (desired_stack(service={"health_path": "/ready"}),
                    {**LOGS, "target-group": {"health_check_path"}}),
    "branch": (desired_stack(github={"branch": "release"}),
               {"pipeline": {"source"}, "build": {"source_version"}, "target-group": {"health_check_path"}}),
}  # fmt: skip
"""One after the other, each against the one before: so each is also the undoing of that one."""


def test_a_changed_value_is_planned_as_exactly_that_and_made(world: World) -> None:
    world.running()
    for configured, expected in CHANGES.values():
        plan = world.plan(configured)
        changed = {step.name: set(step.changed) for step in plan.work}
        if "task-definition" in expected:
            assert changed.pop("service") == {"task_definition"}  # it takes the new revision
        assert changed == expected
        assert {change.why for step in plan.work for change in step.changes if step.name in expected} == {Why.CONFIG}
        world.up(configured)
        assert world.plan(configured).work == ()
        assert world.up(configured).work == ()
        assert world.changes == 0


def test_another_owner_is_another_tag_on_everything_and_nothing_else(world: World) -> None:
    world.running()
    other = desired_stack(owner="someone-else")
    assert {field for step in world.plan(other).work for field in step.changed} == {"tags"}
    world.up(other)
    assert world.plan(other).work == ()


def test_everything_taggable_is_tagged_at_birth(world: World) -> None:
    made: list[str] = []

    def heard(_service: str, operation: str, _seconds: float, _failure: object, parameters: dict[str, Any]) -> None:
        if operation.startswith(("create_", "register_task", "request_", "allocate_", "put_webhook")):
            made.append(operation)
            if "ecsctl:app" not in str(parameters) and operation not in UNTAGGABLE:
                pytest.fail(f"{operation} without our tags")

    world.heard = heard
    world.up()
    assert {"create_vpc", "create_service", "create_pipeline", "request_certificate", "put_webhook"} <= set(made)


UNTAGGABLE = {"create_route"}  # Amazon EC2 API: a route has no tags


def test_the_account_region_and_caller_are_known_before_anything_is_made(world: World) -> None:
    session = world.open()
    assert (session.identity.account, session.identity.region) == (ACCOUNT, REGION)
    assert session.aws.changes == 0


def test_a_plan_makes_no_changing_call_and_leaves_no_file(world: World) -> None:
    before = world.exact()
    assert len(world.plan().work) > 30
    same(before, world.exact())
    assert not world.state_file.exists()
