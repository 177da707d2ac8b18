"""What `down` promises, on a toy cloud."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.engine.events import Planned
from ecsctl.engine.label import Label
from ecsctl.engine.plan import Verb
from ecsctl.engine.stack import Stack
from ecsctl.errors import AwsError, Refused, ResourceFailed
from tests.engine.conftest import Run, toybox
from tests.engine.toys import Ball, Box, Cloud, Drying, Lid, LidIds, Thing, answer, lost


def neighbour(cloud: Cloud) -> list[Thing]:
    """Things that look like ours and are not."""
    box = {"size": 1, "colour": "red", "note": None}
    ball = {"name": "shop-ball", "box": "box-99", "weight": 1}
    return [
        cloud.make("box", dict(box), {}),
        cloud.make("box", dict(box), {"ecsctl:app": "shop2", "ecsctl:id": "x", "ecsctl:resource": "box"}),
        cloud.make("box", dict(box), {"ecsctl:app": "shop", "ecsctl:id": "x", "ecsctl:resource": "box"}),
        cloud.make("ball", ball, {"ecsctl:app": "", "ecsctl:id": ""}),
    ]


def test_all_that_is_ours_goes_and_nothing_else(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    theirs = neighbour(cloud)
    before = [(thing.id, dict(thing.values), dict(thing.tags)) for thing in theirs]
    run.down()
    assert [(thing.id, dict(thing.values), dict(thing.tags)) for thing in cloud.things] == before
    assert not run.state_file.exists()


def test_dependents_are_deleted_first(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    run.down()
    assert cloud.calls[-2:] == ["DeleteBall", "DeleteBox"]


def test_the_order_of_the_deletions_is_reported_before_them(run: Run) -> None:
    run.up(toybox())
    run.down()
    [planned] = [event for event in run.events[::-1] if isinstance(event, Planned)][:1]
    assert {name: list(after) for name, after in planned.needs.items()} == {"box": ["ball"], "ball": []}


def test_down_needs_no_state_file(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    run.state_file.unlink()
    run.down()
    assert cloud.things == []


def test_a_deployment_that_another_begins_while_a_lost_one_goes_is_left_alone(run: Run, cloud: Cloud) -> None:
    """Once the id is learnt it is that of the run: what is found after all of it is gone was never agreed to."""
    run.up(toybox())
    run.state_file.unlink()
    box = {"size": 1, "colour": "red", "note": None}
    others = {"ecsctl:app": "shop", "ecsctl:id": "another", "ecsctl:resource": "box"}
    run.down(agree=lambda _: cloud.make("box", box, others))
    assert [thing.tags["ecsctl:id"] for thing in cloud.things] == ["another"]


def test_what_another_machine_makes_meanwhile_goes_before_what_alone_tells_of_it(
    run: Run, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_by_the_box(monkeypatch)
    run.up(toybox())
    [box] = cloud.find("box")
    run.down(agree=lambda _: cloud.make("lid", {"box": box.id}, {**box.tags, "ecsctl:resource": "lid"}))
    assert cloud.things == []


@pytest.mark.parametrize("by_ids", [False, True])
def test_what_is_made_once_nothing_tells_of_it_any_more_is_taken_back(
    run: Run, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, by_ids: bool
) -> None:
    found_by_the_box(monkeypatch)
    create = Lid.create

    def after_its_box(self: Lid, aws: Any, me: Label) -> LidIds:
        cloud.things = []
        return create(self, aws, me)

    monkeypatch.setattr(Lid, "create", after_its_box)
    if by_ids:  # as some kinds are, by whoever has their state file
        monkeypatch.setattr(Lid, "find_recorded", lambda aws, me, _recorded: list(LIDS(aws, me)))
    stack = Stack()
    stack.ensure("lid", Lid(stack.ensure("box", Box()).box))
    with pytest.raises(ResourceFailed, match="the box by which it is found was deleted meanwhile"):
        run.up(stack)
    assert cloud.things == []
    run.down()
    assert not run.state_file.exists()


LIDS = Lid.find


def found_by_the_box(patch: pytest.MonkeyPatch) -> None:
    """Lids are searched for only where there is a box."""
    find = Lid.find
    patch.setattr(Lid, "known_by", "box")
    patch.setattr(Lid, "find", lambda aws, me: find(aws, me) if aws.cloud.find("box") else iter(()))


def test_what_is_lost_with_it_is_named_before(run: Run) -> None:
    run.up(toybox())
    reasons = {}
    run.down(agree=lambda plan: reasons.update({step.name: step.reason for step in plan.steps}))
    assert reasons == {"ball": "one squeak", "box": ""}


def test_nothing_goes_when_the_user_does_not_agree(run: Run, cloud: Cloud) -> None:
    def no(plan: object) -> None:
        raise Refused("no")

    run.up(toybox())
    with pytest.raises(Refused):
        run.down(agree=no)
    assert len(cloud.things) == 2


def test_what_is_protected_stays_and_is_still_known(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    plan = run.down(keep=lambda owned: "protected" if owned.kind.kind == "box" else "")
    assert [(step.name, step.verb) for step in plan.steps] == [("box", Verb.KEEP), ("ball", Verb.DELETE)]
    assert [thing.kind for thing in cloud.things] == ["box"]
    assert list(run.engine().state.entries) == ["box"]
    run.down()
    assert cloud.things == []


def test_down_does_not_search_for_what_is_only_a_wait(run: Run, cloud: Cloud) -> None:
    stack = Stack()
    stack.ensure("drying", Drying(stack.ensure("box", Box()).box))
    run.up(stack)
    before = cloud.clock.now()
    run.down()
    assert cloud.things == []
    assert cloud.clock.now() == before


def test_a_second_down_changes_nothing(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    run.down()
    before = list(cloud.calls)
    run.down()
    assert cloud.calls == before


def test_two_resources_of_one_name_are_both_deleted(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    twin = next(thing for thing in cloud.things if thing.kind == "box")
    cloud.make("box", dict(twin.values), dict(twin.tags))
    run.down()
    assert cloud.things == []


def test_what_aws_shows_late_is_waited_for(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    cloud.lag = 10.0
    for thing in cloud.things:
        thing.created_at = cloud.clock.now()
    run.down()
    assert cloud.things == []


@pytest.mark.parametrize("reads", [1, 2, 3])
def test_what_aws_lists_though_it_is_gone_is_waited_out(
    run: Run, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, reads: int
) -> None:
    """A kind lists first and then asks for the tags of each; AWS answers the two from different places."""
    run.up(toybox())
    find, refusals = Ball.find, iter([None, *[answer("ResourceNotFoundException")] * reads])

    def listed(aws: Any, me: Label) -> Any:
        if refusal := next(refusals, None):
            raise refusal
        return find(aws, me)

    monkeypatch.setattr(Ball, "find", listed)
    run.down()
    assert next(refusals, None) is None
    assert cloud.things == []


def test_what_is_listed_for_good_though_it_is_gone_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.up(toybox())

    def listed(aws: Any, me: Label) -> Any:
        raise answer("ResourceNotFoundException")

    monkeypatch.setattr(Ball, "find", listed)
    with pytest.raises(AwsError, match="failed"):
        run.down()


def test_lost_answers_and_throttling_are_lived_through(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    cloud.faults = {"DeleteBall": [lost(), ("after", lost())],
                    "DeleteBox": [answer("Throttling"), answer("InternalError", status=500)]}  # fmt: skip
    run.down()
    assert cloud.things == []


def test_a_thing_whose_owner_changed_meanwhile_is_left_alone(run: Run, cloud: Cloud) -> None:
    run.up(toybox())

    def given_away(plan: object) -> None:
        next(thing for thing in cloud.things if thing.kind == "ball").tags["ecsctl:app"] = "theirs"

    run.down(agree=given_away, keep=lambda owned: "stays" if owned.kind.kind == "box" else "")
    assert sorted(thing.kind for thing in cloud.things) == ["ball", "box"]
