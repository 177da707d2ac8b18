"""One `up` or `down` of a deployment at a time: each machine has a folder and a state file of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecsctl.engine import runs, state
from ecsctl.engine.claim import AT_MOST
from ecsctl.engine.plan import Plan, Verb
from ecsctl.errors import EcsctlError, Interrupted, Locked
from ecsctl.run_lock import SILENT, STREAM, RunLock
from tests.stack.conftest import World, desired_stack, same

GROUP = "/ecs/hello"
CHANGED = desired_stack(load_balancer={"idle_timeout_seconds": 120})
OTHERWISE = desired_stack(load_balancer={"idle_timeout_seconds": 90})
MIDDLE = ("elbv2", "modify_load_balancer_attributes")  # the one change of those


class Killed(BaseException):
    """The process is gone, and nothing in it may still act."""


@pytest.fixture
def other(world: World) -> World:
    """Another machine that shares a running deployment: its state file has been rebuilt from AWS's tags."""
    world.running()
    other = World(world.clock, world.state_file.parent.parent / "other")
    assert other.up().work == ()
    return other


def streams(world: World) -> list[str]:
    found = world.boto("logs").describe_log_streams(logGroupName=GROUP)["logStreams"]
    return [one["logStreamName"] for one in found if one["logStreamName"].startswith("ecsctl")]


def meanwhile(world: World, act: Callable[[], object], service: str = MIDDLE[0], operation: str = MIDDLE[1]) -> None:
    """Have `act` happen once in the next run, right after this call of it was answered."""
    acts = [act]

    def heard(of: str, called: str, *_: Any) -> None:
        if (of, called) == (service, operation) and acts:
            acts.pop()()

    world.heard = heard


def dies(world: World, service: str, operation: str) -> None:
    """An `up` that is killed right after this call: what it held, here and on AWS, it does not give back."""

    def die() -> None:
        raise Killed

    meanwhile(world, die, service, operation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunLock, "_release", lambda *_: None)
        patch.setattr(state, "_discard", lambda _: None)
        with pytest.raises(Killed):
            world.up(CHANGED)
    world.heard = None


def refused(world: World, run: Callable[..., Plan], *arguments: Any) -> Locked:
    with pytest.raises(Locked) as caught:
        run(*arguments)
    assert world.changes == 1, "more was changed than asking for the lock"
    return caught.value


@pytest.mark.parametrize("command", ["up", "down"])
def test_while_one_machine_is_at_work_another_is_refused_and_told_who_it_is(
    world: World, other: World, command: str
) -> None:
    said: list[Locked] = []
    run = {"up": lambda: other.up(OTHERWISE), "down": other.down}[command]
    meanwhile(world, lambda: said.append(refused(other, run)))
    world.up(CHANGED)
    [error] = said
    assert error.exit_code == 5
    assert error.message == "another run of this deployment is at work: up"
    assert error.why.startswith("begun by ")
    assert f"--log-group-name {GROUP} --log-stream-name {STREAM}" in error.hint
    assert streams(world) == []
    assert other.up(CHANGED).work == ()


def test_who_is_at_work_can_be_asked(world: World, other: World) -> None:
    said: list[tuple[str, ...]] = []
    meanwhile(world, lambda: said.append(other.open().lock.at_work()))
    world.up(CHANGED)
    [[sentence]] = said
    assert sentence.startswith("a run of this deployment is at work: up, begun by ")
    assert other.open().lock.at_work() == ()


def test_a_down_at_work_keeps_an_up_away(world: World, other: World) -> None:
    said: list[Locked] = []
    meanwhile(world, lambda: said.append(refused(other, other.up, CHANGED)), "ecs", "delete_service")
    world.down()
    assert [error.message for error in said] == ["another run of this deployment is at work: down"]


def test_a_run_that_has_nothing_to_change_is_not_kept_away(world: World, other: World) -> None:
    done: list[Plan] = []
    meanwhile(world, lambda: done.append(other.up(CHANGED)), "logs", "delete_log_stream")
    world.up(CHANGED)
    assert [plan.work for plan in done] == [()]
    assert other.changes == 0


@pytest.mark.parametrize("at", [("logs", "create_log_stream"), MIDDLE])
def test_what_a_killed_run_held_is_taken_over_at_once_on_its_machine(world: World, at: tuple[str, str]) -> None:
    world.running()
    dies(world, *at)
    before = world.clock.now()
    world.up(CHANGED)
    assert (world.clock.now() - before >= SILENT) == (at != MIDDLE), "only one without a name is waited for"
    assert streams(world) == []
    assert world.up(CHANGED).work == ()
    assert world.changes == 0


def test_what_a_run_held_that_died_elsewhere_is_taken_over_after_an_hour(
    world: World, other: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies(world, *MIDDLE)
    monkeypatch.setattr(runs, "_machine", lambda: "elsewhere")
    refused(other, other.up, OTHERWISE)
    world.clock.sleep(AT_MOST + 1)  # AWS's clock is known to the second
    assert other.up(OTHERWISE).count(Verb.UPDATE) == 1
    assert streams(world) == []


def test_a_lock_without_a_name_is_that_of_a_run_that_died_while_taking_it(world: World) -> None:
    world.running()
    world.boto("logs").create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    before = world.clock.now()
    assert world.up(CHANGED).count(Verb.UPDATE) == 1
    assert world.clock.now() - before >= SILENT
    assert streams(world) == []


def test_a_name_that_outlived_its_lock_keeps_nobody_away(world: World, other: World) -> None:
    """Somebody has deleted the lock by hand, as the hint says."""
    world.boto("logs").create_log_stream(logGroupName=GROUP, logStreamName=f"{STREAM}/up/elsewhere-1-0/ann")
    world.clock.sleep(AT_MOST)
    said: list[Locked] = []
    meanwhile(world, lambda: said.append(refused(other, other.down)))
    world.up(CHANGED)
    assert "ann" not in said[0].why


def test_the_lock_is_given_back_after_a_failure_and_after_ctrl_c(world: World) -> None:
    world.running()

    def stop() -> None:
        raise Interrupted("stopped as asked")

    meanwhile(world, stop)
    with pytest.raises(EcsctlError):
        world.up(CHANGED)
    assert streams(world) == []


def test_a_lock_that_another_run_has_taken_over_is_not_given_back(world: World) -> None:
    world.running()
    logs = world.boto("logs")
    theirs = [STREAM, f"{STREAM}/up/elsewhere-1-0/ann"]

    def taken_over() -> None:
        for name in streams(world):
            logs.delete_log_stream(logGroupName=GROUP, logStreamName=name)
        for name in theirs:
            logs.create_log_stream(logGroupName=GROUP, logStreamName=name)

    meanwhile(world, taken_over)
    world.up(CHANGED)
    assert sorted(streams(world)) == sorted(theirs)


def test_a_first_up_takes_no_lock_and_a_down_leaves_none(world: World) -> None:
    before = world.exact()
    calls: list[str] = []
    world.heard = lambda of, called, *_: calls.append(called)
    world.up()
    assert "create_log_stream" not in calls
    world.down()
    same(before, world.exact())
