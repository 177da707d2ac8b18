"""What `up` does where the cloud shows something else than it was sent."""

from __future__ import annotations

import pytest

from ecsctl.engine.known import WINDOW
from ecsctl.engine.plan import Verb, Why
from ecsctl.engine.reconcile import SHOWN, STEADY
from ecsctl.engine.stack import Stack
from ecsctl.errors import Refused, ShownOtherwise
from tests.engine.conftest import Run
from tests.engine.toys import Box, Cloud, Hesitant, Lowered, Misshapen


def misshapen() -> Stack:
    stack = Stack()
    stack.ensure("box", Misshapen(size=2))
    return stack


def test_what_was_just_made_is_not_deleted_for_what_the_cloud_shows_of_it(run: Run, cloud: Cloud) -> None:
    cloud.misshapen = float("inf")
    with pytest.raises(ShownOtherwise, match="has created it and has shown another value") as caught:
        run.up(misshapen())
    assert caught.value.why == "size: sent 2, AWS shows 0"
    assert cloud.calls == ["CreateBox"]
    cloud.misshapen = 0
    assert [step.verb for step in run.plan(misshapen()).steps] == [Verb.KEEP]


def test_what_was_just_made_may_show_its_fixed_fields_late(run: Run, cloud: Cloud) -> None:
    cloud.misshapen = SHOWN / 2
    run.up(misshapen())
    assert cloud.calls == ["CreateBox"]


def test_nothing_is_replaced_that_the_plan_has_not_shown(run: Run, cloud: Cloud) -> None:
    red, blue = Stack(), Stack()
    red.ensure("box", Box(colour="red"))
    blue.ensure("box", Box(colour="blue"))
    run.up(red)

    def meanwhile(_plan: object) -> None:
        cloud.things[0].values["size"] = 9

    with pytest.raises(Refused, match="has to be replaced, since a moment ago: AWS cannot change size in place"):
        run.up(blue, agree=meanwhile)
    assert "DeleteBox" not in cloud.calls
    assert run.plan(blue).destroys[0].verb is Verb.REPLACE


def lowered(colour: str, note: str | None = None) -> Stack:
    stack = Stack()
    stack.ensure("box", Lowered(colour=colour, note=note))
    return stack


def test_what_the_cloud_takes_and_shows_otherwise_is_reported_as_that(run: Run, cloud: Cloud) -> None:
    run.up(lowered("red"))
    began = cloud.clock.now()
    with pytest.raises(ShownOtherwise) as failure:
        run.up(lowered("Blue"))
    assert failure.value.why == 'colour: sent "Blue", AWS shows "blue"'
    assert cloud.clock.now() - began < SHOWN, "a third value is no lateness"
    [change] = run.plan(lowered("Blue")).work[0].changes
    assert (change.why, change.before, change.after) == (Why.OTHERWISE, "blue", "Blue"), (
        "neither drift nor a change of ours"
    )
    began = cloud.clock.now()
    with pytest.raises(ShownOtherwise):
        run.up(lowered("Blue"))
    assert cloud.clock.now() - began <= WINDOW + 1, "it is known by now"

    [change] = run.plan(lowered("Green")).work[0].changes
    assert change.why is Why.CONFIG, "another value was never sent"
    cloud.things[0].values["colour"] = "pink"
    [change] = run.plan(lowered("Blue")).work[0].changes
    assert change.why is Why.CONFIG, "nor was this ever shown"
    run.up(lowered("blue"))
    assert run.plan(lowered("blue")).work == ()
    [change] = run.plan(lowered("Blue")).work[0].changes
    assert change.why is Why.CONFIG, "what is right again is forgotten"


def test_what_the_cloud_shows_late_is_waited_for(run: Run, cloud: Cloud) -> None:
    red, blue = Stack(), Stack()
    red.ensure("box", Hesitant(colour="red"))
    blue.ensure("box", Hesitant(colour="blue"))
    run.up(red)
    began = cloud.clock.now()
    run.up(blue)
    assert cloud.clock.now() - began >= 2 * STEADY, "the old value may be lateness, for longer than a third one"
    assert run.plan(blue).work == ()


def test_a_new_thing_that_the_cloud_shows_otherwise_is_not_made_twice(run: Run, cloud: Cloud) -> None:
    for _ in range(2):
        with pytest.raises(ShownOtherwise):
            run.up(lowered("Blue"))
    assert [thing.values["colour"] for thing in cloud.things] == ["blue"]
    run.down()
    assert cloud.things == []
