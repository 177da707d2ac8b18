"""What a plan tells of what it will make, and of what nobody has set."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any, cast, get_type_hints

import pytest

from ecsctl.costs.estimate import Estimate
from ecsctl.engine.plan import Verb, Why, diff
from ecsctl.engine.resource import AnyResource
from ecsctl.resources import kinds
from ecsctl.sandbox.aws.account import TOKEN
from ecsctl.ui import output
from ecsctl.ui import plan as shown
from tests.stack.conftest import World
from tests.stack.test_round import FORMS

WHERE = {"app": "hello", "account": "1", "region": "r"}


@pytest.mark.parametrize("configured", FORMS.values(), ids=FORMS.keys())
def test_each_new_resource_is_summed_up_in_a_line_or_two_and_with_all_its_fields(
    world: World, configured: dict[str, Any]
) -> None:
    plan = world.plan(configured)
    assert [step.name for step in plan.work if not step.summary] == []
    assert [step.name for step in plan.work if not step.fields] == ["nat-a-address"] * ("nat-a" in _names(plan)) + [
        "nat-b-address"
    ] * ("nat-b" in _names(plan))
    text = [line.plain for line in shown.lines(plan, width=80)]
    assert max(map(len, text)) <= 80
    assert len(text) <= 3 * len(plan.work)
    document = json.dumps(output.plan_document(plan, WHERE, Estimate(0, 1, 2)))
    assert "\\ue000" not in document
    assert TOKEN not in document + "\n".join(text)
    if "github" in configured:
        [credentials] = [step for step in plan.steps if step.kind == "source-credentials"]
        assert credentials.fields["token"] == "***"  # noqa: S105 - that it is hidden


def _names(plan: Any) -> set[str]:
    return {step.name for step in plan.steps}


def test_what_is_opened_to_whom_stands_in_the_plan(world: World) -> None:
    summaries = {step.name: step.summary for step in world.plan().work}
    assert summaries["balancer-group"] == "ingress: tcp 443 from 0.0.0.0/0, tcp 80 from 0.0.0.0/0"
    assert summaries["tasks-group"] == "ingress: tcp 8000 from balancer-group"
    assert summaries["vpc"] == "10.100.0.0/16"
    assert summaries["app-logs"] == "/ecs/hello: retention 30 days"
    assert "for ecs-tasks.amazonaws.com; allows ecr: 4 actions" in summaries["execution-role"]
    assert summaries["task-definition"].startswith("256 CPU units, 512 MiB, ARM64, port 8000")
    assert summaries["service"] == "tasks: 1, in private-a, private-b"


def test_what_exists_already_is_not_shown_once_more(world: World) -> None:
    world.running()
    assert {step.summary for step in world.plan().steps} == {""}


DERIVED = {
    ("task-definition", "usable"),
    ("service", "settled"),
    ("service", "above_minimum"),
    ("pipeline", "exact"),
    ("pipeline-webhook", "registered"),
}
"""Fields that no configuration and no person sets: they follow from what is there."""

SET = {
    ("rule", "enabled"), ("vpc", "dns_hostnames"), ("vpc", "dns_support"),
    ("load-balancer", "http2"), ("load-balancer", "drop_invalid_header_fields"),
     ("target-group", "stickiness"),
    ("file-system", "encrypted_only"),
    ("listener", "redirect"), ("repository", "scan_on_push"), ("bucket", "public_access_block"), ("bucket", "tls_only"),
    ("log-bucket", "public_access_block"), ("log-bucket", "tls_only"), ("log-bucket", "delivery"),
    ("build-project", "privileged_mode"), ("service", "assign_public_ip"), ("service", "circuit_breaker"),
    ("service", "rollback"), ("service", "reset_on_healthy_task"), ("service", "enable_execute_command"),
    ("service", "enable_ecs_managed_tags"), ("task-definition", "init_process_enabled"),
    ("task-definition", "readonly_root_filesystem"), ("schedule", "assign_public_ip"),
    ("schedule", "enable_execute_command"), ("schedule", "enable_ecs_managed_tags"),
    ("scaling", "container_insights"), ("backlog-alarm", "container_insights"), ("backlog-alarm", "starts"),
    ("build-rule", "enabled"),
}  # fmt: skip
"""Fields that a person can set on AWS: a difference may be someone's doing."""


def test_each_yes_or_no_of_each_kind_is_known_as_set_or_derived() -> None:
    found = {
        (kind.kind, item.name)
        for kind in kinds()
        for item in fields(cast(Any, kind))
        if item.compare and get_type_hints(kind)[item.name] is bool
    }
    assert found == DERIVED | SET


def test_a_value_that_ecsctl_derives_is_never_called_drift(world: World) -> None:
    world.running()
    session = world.open()
    session.engine.plan(session.desired_stack)
    checked = set()
    for name in session.desired_stack.nodes:
        observed = session.engine.observed[name]
        assert observed is not None
        desired: AnyResource = observed.actual
        for kind, field in DERIVED:
            if kind == desired.kind:
                more = {"unusable_because": "the revision was deregistered"} if field == "usable" else {}
                applied = {field: True}  # as the state file has it: for any other field this would be drift
                [change] = diff(desired, replace(desired, **{field: False}, **more), applied)
                assert (change.why, change.problem != "") == (Why.STATE, True)
                checked.add((kind, field))
    assert checked == DERIVED


def test_a_deregistered_revision_is_reported_as_that(world: World) -> None:
    world.running()
    arn = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]["taskDefinition"]
    world.boto("ecs").deregister_task_definition(taskDefinition=arn)
    plan = world.plan()
    text = "\n".join(line.plain for line in shown.lines(plan, width=80))
    assert "the revision was deregistered: a new revision is made" in text
    assert "somebody" not in text
    assert [step.name for step in plan.work if step.verb is Verb.UPDATE] == ["task-definition", "service"]
    whys = {(step.name, change.field): change.why for step in plan.work for change in step.changes}
    assert whys == {("task-definition", "usable"): Why.STATE, ("service", "task_definition"): Why.FOLLOWS}
