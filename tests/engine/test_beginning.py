"""What is made early, because its create needs less than all of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ecsctl.engine.label import Label
from ecsctl.engine.stack import Stack
from ecsctl.errors import EcsctlError
from tests.engine.conftest import Run
from tests.engine.toys import Ball, Box, BoxId, BoxIds, Cloud, answer, lost


@dataclass(frozen=True)
class Patient(Box):
    """A box that shows once there is another: what needs it waits until then."""

    def observe(self, aws: Any, me: Any) -> Any:
        found = super().observe(aws, me)
        for _ in range(500 if found else 0):
            if len(aws.cloud.find("box")) > 1:
                return found
            time.sleep(0.01)  # the cloud's own clock costs nothing, and does not wait for other threads
        return found


@dataclass(frozen=True)
class Lined(Box):
    """A box that is lined with a ball once it is made; its colour says with which."""

    def as_created(self) -> Lined:
        return replace(self, colour="red")

    def create(self, aws: Any, me: Label) -> BoxIds:
        values = {"size": self.size, "colour": "red", "note": None}
        return BoxIds(BoxId(aws.cloud.change("CreateLined", lambda: aws.cloud.make("box", values, me.tags)).id))


def lined(outer: type[Box] = Box) -> Stack:
    stack = Stack()
    box = stack.ensure("box", outer())
    ball = stack.ensure("ball", Ball(name="ball", box=box.box))
    stack.ensure("lined", Lined(colour=ball.ball))
    return stack


def boxes(cloud: Cloud) -> list[str]:
    return sorted(thing.values["colour"] for thing in cloud.things if thing.kind == "box")


@pytest.mark.parametrize("refusals", [0, 2])
def test_it_is_made_before_there_is_what_only_its_later_part_needs(run: Run, cloud: Cloud, refusals: int) -> None:
    cloud.faults["CreateLined"] = [answer("InvalidVpcID.NotFound", operation="CreateRouteTable")] * refusals
    calls = run.up(lined(Patient)).calls
    assert calls.count("CreateLined") == refusals + 1
    assert calls[::-1].index("CreateLined") > calls[::-1].index("CreateBall") > calls[::-1].index("ChangeBox")
    assert boxes(cloud) == ["ball-3", "red"]
    assert run.plan(lined(Patient)).work == ()


FAULTS: dict[str, Any] = {
    "it is refused": answer("InvalidVpcID.NotFound"),
    "the answer is lost": ("after", lost()),
    "the request is lost": lost(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_does_not_come_of_the_early_create_is_made_later_and_once(run: Run, cloud: Cloud, fault: Any) -> None:
    cloud.faults["CreateLined"] = [fault]
    run.up(lined())
    assert len(boxes(cloud)) == 2
    assert run.plan(lined()).work == ()


def test_where_what_it_needs_fails_the_next_run_finishes_what_was_made_early(run: Run, cloud: Cloud) -> None:
    cloud.faults["CreateBall"] = [answer("UnauthorizedOperation")]
    with pytest.raises(EcsctlError):
        run.up(lined())
    run.up(lined())
    assert len(boxes(cloud)) == 2
    assert run.plan(lined()).work == ()
    run.down()
    assert cloud.things == []
