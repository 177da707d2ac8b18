"""[notify]: what AWS tells becomes a sentence for a person, who is asked once, and taken off the list again."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from ecsctl.config import Config
from ecsctl.operations.policy import policies
from ecsctl.sandbox.aws.sns import WAITS, confirm_email
from ecsctl.sandbox.core import authorization
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, reported, same
from tests.stack.theirs import theirs

OPS, ANN = "ops@example.com", "ann@example.com"
PIPELINE = {"approvals": [{"name": "Review"}]}
PLAIN = desired_stack(domain=None, github=None)


def notified(*emails: str, **more: Any) -> dict[str, Any]:
    return desired_stack(domain=None, notify={"email": [*emails]}, pipeline=PIPELINE, **more)


# As the user guides of CodePipeline ("Monitoring CodePipeline events") and ECS ("Amazon ECS service deployment state
# change events") show them.
def of_pipeline(kind: str, **detail: Any) -> dict[str, Any]:
    about = {"pipeline": "hello", "execution-id": "01234567-0123-0123-0123-012345678901", "version": 3.0}
    return {"source": "aws.codepipeline", "detail-type": f"CodePipeline {kind} Execution State Change",
            "resources": [f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:hello"], "detail": {**about, **detail}}  # fmt: skip


def of_action(name: str, category: str, state: str = "STARTED") -> dict[str, Any]:
    kind = {"owner": "AWS", "category": category, "provider": "Manual", "version": "1"}
    return of_pipeline("Action", stage="Approval", action=name, state=state, region=REGION, type=kind)


def of_service(event: str, service: str = "hello/hello") -> dict[str, Any]:
    detail = {"eventType": "ERROR", "eventName": event, "deploymentId": "ecs-svc/1234567890123456789",
              "reason": "ECS deployment circuit breaker: tasks failed to start."}  # fmt: skip
    return {"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "detail": detail,
            "resources": [f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{service}"]}  # fmt: skip


def messages(world: World, event: dict[str, Any]) -> list[str]:
    """Returns what is published for an event, by the rules that are there."""
    events, found = world.boto("events"), []
    whole: Any = {"version": "0", "id": "1", "account": ACCOUNT, "region": REGION, "time": 0, **event}
    for rule in events.list_rules()["Rules"]:
        if rule["State"] == "ENABLED" and EventPattern.load(rule["EventPattern"]).matches_event(whole):
            targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            found += [filled(**target["InputTransformer"], event=whole) for target in targets]
    return found


def filled(*, InputTemplate: str, InputPathsMap: dict[str, str], event: Any) -> str:
    text: str = json.loads(InputTemplate)
    for name, path in InputPathsMap.items():
        value = functools.reduce(lambda found, part: found[part], path.removeprefix("$.").split("."), event)
        text = text.replace(f"<{name}>", value)
    assert "<" not in text
    return text


def note(world: World, configured: dict[str, Any]) -> str:
    """Returns what `status` says beside the topic."""
    session = world.open(configured)
    found = reported(session)
    return next(one.note for one in found if one.step.kind == "topic")


def subscribed(world: World) -> set[str]:
    return {one["Endpoint"] for one in world.boto("sns").list_subscriptions()["Subscriptions"]}


def test_what_happens_is_a_sentence_and_what_is_right_is_none(world: World) -> None:
    world.running(notified(OPS))
    [failed] = messages(world, of_pipeline("Pipeline", state="FAILED"))
    assert "The pipeline of hello in eu-central-1 (account 123456789012) has failed in run 01234567-" in failed
    [waits] = messages(world, of_action("Review", "Approval"))
    assert "waits for an approval: Review, in run 01234567-" in waits
    [broken] = messages(world, of_service("SERVICE_DEPLOYMENT_FAILED"))
    assert "has failed (ecs-svc/1234567890123456789): ECS deployment circuit breaker: tasks failed" in broken
    for nothing in (
        of_pipeline("Pipeline", state="SUCCEEDED"),
        of_pipeline("Pipeline", state="FAILED", pipeline="hello-2"),
        of_action("Build", "Build"),
        of_action("Review", "Approval", "SUCCEEDED"),
        of_service("SERVICE_DEPLOYMENT_COMPLETED"),
        of_service("SERVICE_DEPLOYMENT_FAILED", "hello/hello-2"),
    ):
        assert messages(world, nothing) == []


def test_there_is_a_rule_for_what_can_happen_and_for_no_more(world: World) -> None:
    def rules(configured: dict[str, Any]) -> set[str]:
        return {step.name for step in world.plan(configured).work if step.kind == "rule"}

    assert rules(PLAIN) == set()
    assert rules({**PLAIN, "notify": {"email": [OPS]}}) == {"failed-deployments"}
    assert rules(desired_stack(domain=None, notify={"email": [OPS]})) == {"failed-deployments", "failed-runs"}
    assert rules(notified(OPS)) == {"failed-deployments", "failed-runs", "approvals"}
    only_builds = notified(OPS) | {"pipeline": {"mode": "build-only"}}
    assert rules(only_builds) == {"failed-deployments"}


def test_status_names_who_has_not_confirmed(world: World) -> None:
    configured = {**PLAIN, "notify": {"email": [OPS, "Ann@example.com"]}}
    world.running(configured)
    assert note(world, configured).endswith(f"{ANN}, {OPS}")
    assert confirm_email(ANN) == 1
    assert note(world, configured).endswith(f": {OPS}")
    confirm_email(OPS)
    assert note(world, configured) == ""
    assert world.plan(configured).work == ()


def test_who_does_not_confirm_is_forgotten_by_aws_and_asked_again_by_the_next_up(world: World) -> None:
    configured = {**PLAIN, "notify": {"email": [OPS, ANN]}}
    world.running(configured)
    confirm_email(ANN)
    world.clock.sleep(WAITS)
    [step] = world.plan(configured).work
    assert (step.name, {*step.changed}) == ("topic", {"emails"})
    assert subscribed(world) == {ANN}
    world.up(configured)
    assert subscribed(world) == {ANN, OPS}


def test_who_is_taken_out_is_taken_off_the_list(world: World) -> None:
    world.running({**PLAIN, "notify": {"email": [OPS, ANN]}})
    confirm_email(OPS)
    confirm_email(ANN)
    world.up({**PLAIN, "notify": {"email": [OPS]}})
    assert subscribed(world) == {OPS}


def test_up_again_changes_nothing_and_down_leaves_nothing(world: World) -> None:
    before = world.account()
    configured = notified(OPS)
    world.up(configured)
    assert world.plan(configured).work == ()
    world.state_file.unlink()
    assert world.plan(configured).work == ()
    world.down()
    world.clock.sleep(7200)
    same(before, world.account())


def test_a_topic_of_the_users_gets_the_messages_and_stays_as_it_is(world: World) -> None:
    [configured] = theirs(world, {**PLAIN, "notify": {"topic": "{topic}"}})
    topics = world.account()[REGION]["topics"]
    world.up(configured)
    [target] = world.boto("events").list_targets_by_rule(Rule="hello-failed-deployments")["Targets"]
    assert target["Arn"] == f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
    assert world.plan(configured).work == ()
    world.down()
    assert world.account()[REGION]["topics"] == topics


def test_a_file_without_it_needs_no_right_to_it(world: World) -> None:
    """Neither to run, nor to take down what is not there."""
    printed = policies(Config.model_validate(PLAIN), ACCOUNT, REGION)
    granted = {
        action
        for policy in printed.values()
        for one in policy["Statement"]
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert {one for one in granted if one.startswith(("sns:", "events:"))} == {
        "sns:ListTagsForResource", "events:ListRules"
    }, "what finds one that ecsctl.toml no longer asks for"  # fmt: skip
    authorization.enforce(printed)
    world.up(PLAIN)
    assert world.plan(PLAIN).work == ()
    world.down()
    assert not [one for one in world.events if "not searched for" in str(one)]


@pytest.mark.parametrize("owned", [True, False])
def test_the_printed_policies_are_enough(world: World, owned: bool) -> None:
    [configured] = theirs(world, {**PLAIN, "notify": {"email": [OPS]} if owned else {"topic": "{topic}"}})
    authorization.enforce(policies(Config.model_validate(configured), ACCOUNT, REGION))
    world.up(configured)
    assert world.plan(configured).work == ()
    world.down()
    authorization.enforce(None)
    assert world.boto("events").list_rules()["Rules"] == []
