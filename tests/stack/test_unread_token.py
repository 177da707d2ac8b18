"""A running app does not need the secret with its token: plan, status and up go on without it, and say so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from ecsctl.account import token
from ecsctl.engine.plan import Plan
from ecsctl.errors import ConfigError, EcsctlError, Refused
from ecsctl.github import creds
from ecsctl.sandbox.aws.account import TOKEN, TOKEN_SECRET
from tests.stack.conftest import World, desired_stack, reported
from tests.stack.test_token import NEW, OURS, keep, project

PLAIN = desired_stack(domain=None)
Losing = Callable[[World, pytest.MonkeyPatch], object]


def _denied(*_: object) -> None:
    answer = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
    raise ClientError(answer, "GetSecretValue")  # type: ignore[arg-type]  # a shorter one than AWS's


LOSSES: dict[str, Losing] = {
    "scheduled for deletion": lambda world, _: world.boto("secretsmanager").delete_secret(SecretId=TOKEN_SECRET),
    "gone": lambda world, _: world.boto("secretsmanager").delete_secret(
        SecretId=TOKEN_SECRET, ForceDeleteWithoutRecovery=True
    ),
    "emptied": lambda world, _: keep(world, " "),
    "denied": lambda _, patch: patch.setattr(token, "read_token", _denied),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("held", [TOKEN, OURS], ids=["imported", "read by the project"])
def test_a_running_app_is_read_and_changed_without_it(
    world: World, monkeypatch: pytest.MonkeyPatch, held: str, loss: str
) -> None:
    configured = desired_stack(domain=None, build={"github_token": True})
    world.once(f"its token is {held}", lambda: (keep(world, held), world.up(configured)))
    before = project(world)
    LOSSES[loss](world, monkeypatch)
    session = world.open(configured)
    assert session.unread
    plan = session.engine.plan(session.desired_stack)
    assert (plan.work, plan.refusals) == ((), ())
    assert all(report.healthy for report in reported(session))
    world.up(configured)
    world.up(desired_stack(domain=None, build={"github_token": True}, service={"health_path": "/ready"}))
    world.up(configured)
    assert {part: project(world)[part] for part in ("source", "environment")} == {
        part: before[part] for part in ("source", "environment")
    }

    with pytest.raises(Refused):
        creds.status(session)
    if loss != "denied":
        other = desired_stack(domain=None, build={"github_token": True}, github={"branch": "next"})
        refused = {step.name: step.reason for step in world.plan(other).refusals}
        assert TOKEN_SECRET in refused["pipeline"]
        with pytest.raises(EcsctlError, match="needs a secret"):
            world.up(other)


def test_one_that_is_stored_anew_is_brought_everywhere_and_what_it_does_without_is_up_to_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.running(PLAIN)
    LOSSES["gone"](world, monkeypatch)
    world.clock.sleep(60)

    def store() -> None:
        session = world.open(PLAIN)
        creds.put(session.aws, session.engine.label, TOKEN_SECRET, creds.checked(NEW))

    with pytest.raises(Refused, match="not in every place yet: CodeBuild") as caught:
        creds.spread(lambda: world.open(PLAIN), store)
    assert "ecsctl up" in caught.value.hint
    states = {place.name: place.state for place in creds.status(world.open(PLAIN)).places}
    assert states == {"github-credentials": "old", "pipeline": "current", "pipeline-webhook": "current"}
    world.up(PLAIN)
    assert creds.status(world.open(PLAIN)).current
    assert world.open(PLAIN).unread == ""
    assert world.plan(PLAIN).work == ()


def test_an_app_that_is_not_there_yet_needs_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    LOSSES["gone"](world, monkeypatch)
    before = world.exact()
    with pytest.raises(ConfigError, match=TOKEN_SECRET):
        world.up(PLAIN)
    assert world.exact() == before


def test_what_of_it_is_not_there_yet_is_refused_and_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.running(desired_stack(domain=None, pipeline={"mode": "build-only"}))
    LOSSES["gone"](world, monkeypatch)
    plan: Plan = world.plan(PLAIN)
    assert {step.name for step in plan.refusals} == {"pipeline", "pipeline-webhook"}
