"""[deployment.pause]: a release is held until a person lets it go on or takes it back, and everyone tells so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.errors import Paused, Refused
from ecsctl.operations.policy import policies
from ecsctl.operations.status import read
from ecsctl.releases.history import history
from ecsctl.releases.release import cancel, deploy, go_on, restart
from ecsctl.releases.verdict import Outcome
from ecsctl.releases.waiting import before_change
from ecsctl.why import diagnose, gather
from tests.stack.client import IMAGE
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.test_release_alarms import another_version, service
from tests.stack.test_strategies import weights

NOT_HELD = {**desired_stack(domain=None, github=None), "deployment": {"strategy": "canary", "bake_minutes": 1,
            "canary": {"percent": 10, "minutes": 1}}}  # fmt: skip
AT = {"at": ["post-scale-up"], "timeout_minutes": 120}
HELD = {**NOT_HELD, "deployment": {**NOT_HELD["deployment"], "pause": AT},
        "notify": {"topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"}}  # fmt: skip
FUNCTION = {
    "hookTargetArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:check",
    "roleArn": f"arn:aws:iam::{ACCOUNT}:role/check",
    "lifecycleStages": ["POST_SCALE_UP"],
}
quiet = {"say": lambda _: None}


def hooks(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service(world)["deploymentConfiguration"].get("lifecycleHooks", [])
    return found


@pytest.fixture
def held(world: World) -> World:
    """A new version of an app, at its pause."""
    world.running(without_topic(HELD), image=IMAGE)
    another_version(world)
    world.clock.sleep(300)
    return world


def without_topic(configured: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in configured.items() if name != "notify"}


def test_the_first_release_of_an_app_is_held_nowhere_and_a_second_run_changes_nothing(world: World) -> None:
    configured = without_topic(HELD)
    world.running(configured, image=IMAGE)
    [hook] = hooks(world)
    assert hook["timeoutConfiguration"] == {"timeoutInMinutes": 120, "action": "ROLLBACK"}
    [first] = world.boto("ecs").list_service_deployments(cluster="hello", service="hello")["serviceDeployments"]
    assert first["status"] == "SUCCESSFUL"
    assert not world.plan(configured).work


def test_a_pause_comes_and_goes_in_place_and_leaves_the_functions_of_others(world: World) -> None:
    world.running(NOT_HELD)
    world.boto("ecs").update_service(
        cluster="hello", service="hello", deploymentConfiguration={"lifecycleHooks": [FUNCTION]}
    )
    assert not world.plan(NOT_HELD).work
    later = {**NOT_HELD, "deployment": {**NOT_HELD["deployment"], "pause": {**AT, "on_timeout": "continue"}}}
    [step] = world.plan(later).work
    assert (step.name, step.changed) == ("service", {"pause"})
    world.up(later)
    assert [one.get("targetType") for one in hooks(world)] == [None, "PAUSE"]
    assert not world.plan(later).work
    world.up(NOT_HELD)
    assert hooks(world) == [FUNCTION]
    assert len(service(world)["deployments"]) == 1
    assert not world.plan(NOT_HELD).work


def test_what_is_held_is_reported_and_nothing_else_is_released_meanwhile(held: World) -> None:
    aws, held_back = held.aws(), "is paused now that its tasks are healthy; ECS takes it back at"
    answers = "ecsctl continue lets it go on, ecsctl cancel takes it back"
    release = read(aws, "hello").release
    assert release
    assert release.outcome == "paused"
    assert release.message.startswith(f"revision 2 {held_back}")
    assert release.message.endswith(f"no request goes to it yet; {answers}")
    assert read(aws, "hello").healthy
    found = diagnose(*gather(aws, "hello"))
    assert [cause.name for cause in found.causes] == ["paused"]
    assert [step.what for fix in found.causes[0].fix for step in fix.steps] == ["ecsctl continue", "ecsctl cancel"]
    session = held.open(without_topic(HELD))
    newest = history(session.aws, session.state)[0]
    assert (newest.outcome, newest.why.startswith(f"it {held_back}")) == ("paused", True)
    with pytest.raises(Paused, match="revision 2 is paused") as up:
        held.up(without_topic(HELD))
    assert (up.value.exit_code, up.value.hint) == (9, answers)
    other = held.open({**without_topic(HELD), "service": {"environment": {"A": "1"}}})
    with pytest.raises(Refused, match="would change the service meanwhile"):
        before_change(other.aws, other.engine, other.desired_stack, "hello")
    with pytest.raises(Refused, match="is rolling out"):
        deploy(session.aws, session.state, f"{IMAGE}2", **quiet)  # type: ignore[arg-type]  # as one dictionary


def test_a_paused_release_continues_or_rolls_back(held: World) -> None:
    session = held.open(without_topic(HELD))
    done = go_on(session.aws, session.state, **quiet)  # type: ignore[arg-type]  # as one dictionary
    assert done
    assert done.verdict.outcome is Outcome.DEPLOYED
    assert go_on(session.aws, session.state, **quiet) is None  # type: ignore[arg-type]  # as one dictionary
    begun = restart(session.aws, session.state, **quiet)  # type: ignore[arg-type]  # as one dictionary
    assert begun.verdict.outcome is Outcome.PAUSED
    back = go_on(session.aws, session.state, back=True, **quiet)  # type: ignore[arg-type]  # as one dictionary
    assert back
    assert back.verdict.outcome is Outcome.STOPPED
    restart(session.aws, session.state, **quiet)  # type: ignore[arg-type]  # as one dictionary
    cancelled = cancel(session.aws, session.state, **quiet)  # type: ignore[arg-type]  # as one dictionary
    assert cancelled
    assert cancelled.verdict.outcome is Outcome.STOPPED
    assert 100 in weights(held)


def test_rights_and_the_notice_are_there_only_with_a_pause() -> None:
    def allowed(configured: dict[str, Any]) -> bool:
        return "ecs:ContinueServiceDeployment" in json.dumps(
            policies(Config.model_validate(configured), ACCOUNT, REGION)
        )

    assert allowed(HELD)
    assert not allowed(NOT_HELD)
