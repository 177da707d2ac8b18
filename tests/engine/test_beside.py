"""What goes on beside: an `up` with what AWS has answered, a `down` with what AWS was asked; each is read once more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ecsctl.aws import patience
from ecsctl.engine.engine import Engine
from ecsctl.engine.stack import Stack, deletion_order
from ecsctl.errors import TimedOut
from ecsctl.resources import kinds
from tests.engine.conftest import Run, toybox
from tests.engine.toys import Ball, Box, Clock, Cloud, answer, lost


@dataclass(frozen=True)
class Painted(Box):
    """A box that is painted once it is made, and is of use then; it shows once something stands in it."""

    answered = True

    def observe(self, aws: Any, me: Any) -> Any:
        found = super().observe(aws, me)
        for _ in range(500 if found else 0):
            if aws.cloud.find("ball"):
                return found
            time.sleep(0.01)  # the cloud's own clock costs nothing, and does not wait for other threads
        return None

    def as_created(self) -> Painted:
        return replace(self, colour="red")


def painted() -> Stack:
    stack = Stack()
    box = stack.ensure("box", Painted(colour="blue"))
    stack.ensure("ball", Ball(name="ball", box=box.box))
    return stack


def test_what_no_create_can_set_follows_at_once_and_others_go_on_before_it_shows(run: Run, cloud: Cloud) -> None:
    assert run.up(painted()).calls == ["CreateBox", "ChangeBox", "CreateBall"]
    assert cloud.things[0].values["colour"] == "blue"
    assert run.plan(painted()).work == ()


@dataclass(frozen=True)
class SlowlyPainted(Box):
    """A box whose new colour shows late, and that AWS refuses to paint alike twice."""

    def observe(self, aws: Any, me: Any) -> Any:
        found = super().observe(aws, me)
        aws.cloud.reads = getattr(aws.cloud, "reads", 0) + 1
        late = found is not None and aws.cloud.reads < 5
        return replace(found, actual=replace(found.actual, colour="red")) if late else found

    def as_created(self) -> SlowlyPainted:
        return replace(self, colour="red")


def test_what_was_taken_then_and_shows_late_is_not_sent_again(run: Run, cloud: Cloud) -> None:
    stack = Stack()
    stack.ensure("box", SlowlyPainted(colour="blue"))
    assert run.up(stack).calls == ["CreateBox", "ChangeBox"]
    assert cloud.things[0].values["colour"] == "blue"


@pytest.mark.parametrize("trouble", ["refused", "lost"])
def test_what_does_not_come_of_that_is_sent_again_once_it_shows(run: Run, cloud: Cloud, trouble: str) -> None:
    refused = answer("InvalidVpcID.NotFound", operation="ModifyVpcAttribute")
    cloud.faults["ChangeBox"] = [refused if trouble == "refused" else lost()]
    stack = Stack()
    stack.ensure("box", Painted(colour="blue"))
    cloud.make("ball", {"name": "another's", "box": ""}, {})
    assert run.up(stack).calls == ["CreateBox", "ChangeBox", "ChangeBox"]
    assert cloud.things[1].values["colour"] == "blue"


@pytest.fixture
def ghost(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[Engine, list[str]]]:
    """A ball that AWS shows, also when it is deleted, until what it stands on may go."""
    run.up(toybox())
    find, gone = Ball.find, list[str]()

    def shown(aws: Any, me: Any) -> Iterator[Any]:
        yield from last if not gone else find(aws, me)

    engine = run.engine()
    last = list(find(engine.aws, engine.label))
    monkeypatch.setattr(Ball, "find", shown)
    return lambda: (engine, gone)


def test_a_dependency_is_deleted_once_aws_accepted_the_deletion_of_its_user(ghost: Any, cloud: Cloud) -> None:
    engine, gone = ghost()
    with engine.state.locked("down"):
        engine.one.remove(Ball, "ball", lambda: gone.append("asked"))
    assert gone == ["asked"]
    assert engine.state.entry("ball") is None


def test_what_holds_until_gone_is_gone_before_its_dependencies_are_deleted(
    ghost: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ball, "holds_until_gone", True)
    engine, gone = ghost()
    with engine.state.locked("down"), pytest.raises(TimedOut):
        engine.one.remove(Ball, "ball", lambda: gone.append("asked"))
    assert gone == []
    assert engine.state.entry("ball") is not None, "it is not forgotten before it is gone"


def test_what_frees_others_goes_before_them_and_the_slow_ones_wait_for_nothing() -> None:
    order = deletion_order(tuple(kinds()))
    assert {"security-group", "nat-gateway", "service"} <= order["subnet"]
    assert "security-group" in order["internet-gateway"]
    assert order["load-balancer"] == order["nat-gateway"] == frozenset()


@pytest.mark.parametrize(("speed", "late"), [(1.0, 0.7), (20.0, 0.3)])
def test_what_usually_takes_long_is_read_seldom_before_and_often_about_then(
    speed: float, late: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FIRST", 0.2), ("OFTEN", 60)):  # as they are; other tests save reads
        monkeypatch.setattr(patience, name, value)
    clock, reads, ready = Clock(), list[float](), 98.0 / speed

    def read() -> bool | None:
        reads.append(clock.now())
        return True if clock.now() >= ready else None

    patience.Patience(clock, speed=speed).until(read, what="it", limit=900.0, usual=105.0)
    assert clock.now() - ready < late
    assert len(reads) <= 40
