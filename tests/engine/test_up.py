"""What `up` promises, on a toy cloud."""

from __future__ import annotations

import pytest

from ecsctl.engine.events import Done
from ecsctl.engine.plan import Verb, Why
from ecsctl.engine.stack import Stack
from ecsctl.errors import AwsError, Interrupted, Refused, ResourceFailed, Several, TimedOut
from tests.engine.conftest import Run, toybox
from tests.engine.toys import Ball, Box, Cloud, Guest, Lid, Shared, answer, lost


class Killed(BaseException):
    """The process is gone: no handler may see it."""


def held(cloud: Cloud) -> list[tuple[str, dict[str, object]]]:
    return sorted((thing.kind, {k: v for k, v in thing.values.items() if k != "box"}) for thing in cloud.things)


BOTH = [("ball", {"name": "ball", "weight": 1}), ("box", {"size": 1, "colour": "red", "note": None})]


def test_what_is_desired_exists_afterwards(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    assert held(cloud) == BOTH
    box, ball = sorted(cloud.things, key=lambda thing: thing.kind, reverse=True)
    assert ball.values["box"] == box.id


def test_everything_is_tagged_at_birth(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    assert {thing.tags["ecsctl:resource"] for thing in cloud.things} == {"box", "ball"}
    assert len({thing.tags["ecsctl:id"] for thing in cloud.things}) == 1


def test_a_second_up_changes_nothing_and_writes_nothing(run: Run) -> None:
    run.up(toybox())
    before = run.state_file.stat().st_mtime_ns, run.state_file.read_bytes()
    assert run.up(toybox()).calls == []
    assert (run.state_file.stat().st_mtime_ns, run.state_file.read_bytes()) == before


def test_a_changed_option_is_planned_as_exactly_that_change_and_made(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    step = next(step for step in run.plan(toybox(weight=7)).steps if step.verb is not Verb.KEEP)
    assert [(c.field, c.before, c.after, c.why) for c in step.changes] == [("weight", 1, 7, Why.CONFIG)]
    assert run.up(toybox(weight=7)).calls == ["ChangeBall"]
    assert run.plan(toybox(weight=7)).work == ()


def test_drift_is_distinguished_from_a_change_and_corrected(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    next(thing for thing in cloud.things if thing.kind == "ball").values["weight"] = 99
    step = run.plan(toybox()).work[0]
    assert [(c.field, c.before, c.after, c.why) for c in step.changes] == [("weight", 99, 1, Why.DRIFT)]
    run.up(toybox())
    assert held(cloud) == BOTH


@pytest.mark.parametrize("stopped", ["up", "down"])
def test_what_a_run_that_was_stopped_may_have_done_is_not_called_drift(
    run: Run, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, stopped: str
) -> None:
    run.up(toybox())

    def emptied(*_: object) -> None:
        next(thing for thing in cloud.things if thing.kind == "ball").values["weight"] = 0
        raise Killed

    begin = {"up": lambda: run.up(toybox(weight=7)), "down": run.down}[stopped]
    with monkeypatch.context() as patch:
        patch.setattr(Ball, "update", emptied)
        patch.setattr(Ball, "delete", emptied)
        with pytest.raises(Killed):
            begin()
    [step] = run.plan(toybox()).work
    assert [(c.field, c.before, c.after, c.why) for c in step.changes] == [("weight", 0, 1, Why.UNFINISHED)]
    run.up(toybox())
    next(thing for thing in cloud.things if thing.kind == "ball").values["weight"] = 99
    assert run.plan(toybox()).work[0].changes[0].why is Why.DRIFT


def test_what_is_not_configured_is_left_alone(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    next(thing for thing in cloud.things if thing.kind == "box").values["note"] = "written by hand"
    assert run.plan(toybox()).work == ()


def test_lost_tags_of_ours_are_restored(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    del next(thing for thing in cloud.things if thing.kind == "box").tags["owner"]
    assert run.plan(toybox()).work[0].changed == {"tags"}
    run.up(toybox())
    assert all(thing.tags["owner"] == "me" for thing in cloud.things)


def test_up_without_a_state_file_changes_nothing(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    ids = [thing.id for thing in cloud.things]
    run.state_file.unlink()
    assert run.up(toybox()).calls == []
    assert [thing.id for thing in cloud.things] == ids
    assert run.state_file.exists()


def test_what_is_no_longer_desired_is_removed_at_the_end(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    stack = Stack()
    stack.ensure("box", Box())
    done = run.up(stack)
    assert [(step.name, step.verb) for step in done.plan.work] == [("ball", Verb.DELETE)]
    assert held(cloud) == [BOTH[1]]


def test_nothing_is_changed_when_the_user_does_not_agree(run: Run, cloud: Cloud) -> None:
    def no(plan: object) -> None:
        raise Refused("no")

    with pytest.raises(Refused):
        run.up(toybox(), agree=no)
    assert cloud.calls == []
    assert not run.state_file.exists()


def test_a_stranger_of_the_same_name_is_refused_and_untouched(run: Run, cloud: Cloud) -> None:
    stranger = cloud.make("ball", {"name": "ball", "box": "box-9", "weight": 5}, {"team": "other"})
    with pytest.raises(Refused, match="exists and is not ours") as refusal:
        run.up(toybox())
    assert "ecsctl:app=shop" in refusal.value.hint
    assert "ecsctl:resource=ball" in refusal.value.hint
    assert cloud.calls == []
    assert cloud.things == [stranger]


def test_another_deployment_of_the_same_app_is_refused(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    cloud.things = [thing for thing in cloud.things if thing.kind == "box"]
    cloud.make("ball", {"name": "ball", "box": "box-9", "weight": 5},
               {"ecsctl:app": "shop", "ecsctl:id": "another", "ecsctl:resource": "ball"})  # fmt: skip
    with pytest.raises(Refused, match="belongs to another deployment of shop"):
        run.up(toybox())


def test_two_deployments_and_no_record_is_a_question_not_a_guess(run: Run, cloud: Cloud) -> None:
    for one in ("a", "b"):
        cloud.make("box", {"size": 1, "colour": "red", "note": None},
                   {"ecsctl:app": "shop", "ecsctl:id": one, "ecsctl:resource": "box"})  # fmt: skip
    with pytest.raises(Refused, match="two deployments of shop") as caught:
        run.up(toybox())
    assert cloud.calls == []
    assert "ecsctl:id=a stays" in caught.value.hint
    assert "ecsctl down --id b. Then" in caught.value.hint


def test_a_fixed_field_of_a_leaf_is_replaced(run: Run, cloud: Cloud) -> None:
    stack, other = Stack(), Stack()
    stack.ensure("box", Box(size=1))
    other.ensure("box", Box(size=2))
    run.up(stack)
    assert run.plan(other).destroys[0].verb is Verb.REPLACE
    run.up(other)
    assert [thing.values["size"] for thing in cloud.things] == [2]


def test_a_fixed_field_of_what_others_stand_on_is_refused(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    before = list(cloud.calls)
    with pytest.raises(Refused, match=r"cannot change size in place, and it is needed by ball"):
        run.up(toybox(size=2))
    assert cloud.calls == before


def test_what_cannot_exist_without_its_parent_is_not_searched_for(run: Run, cloud: Cloud) -> None:
    stack = Stack()
    stack.ensure("lid", Lid(stack.ensure("box", Box()).box))
    assert [step.verb for step in run.plan(stack).steps] == [Verb.CREATE, Verb.CREATE]
    run.up(stack)
    assert sorted(thing.kind for thing in cloud.things) == ["box", "lid"]
    larger = Stack()
    larger.ensure("lid", Lid(larger.ensure("box", Box(size=2)).box))
    with pytest.raises(Refused, match="it is needed by lid"):
        run.up(larger)


def test_what_is_borrowed_must_be_there_and_is_never_touched(run: Run, cloud: Cloud) -> None:
    stack = Stack()
    stack.ensure("guest", Guest("visitor"))
    with pytest.raises(Refused, match=r"named in ecsctl\.toml does not exist"):
        run.up(stack)
    guest = cloud.make("guest", {"name": "visitor"}, {})
    assert run.up(stack).calls == []
    assert [step.name for step in run.down().steps if step.borrowed] == ["guest"]
    assert cloud.things == [guest]


def test_what_is_shown_late_is_made_once(run: Run, cloud: Cloud) -> None:
    cloud.lag = 5.0
    run.up(toybox())
    assert sorted(thing.kind for thing in cloud.things) == ["ball", "box"]


def test_a_lost_answer_after_the_effect_doubles_nothing(run: Run, cloud: Cloud) -> None:
    cloud.lag = 5.0
    cloud.faults = {"CreateBox": [("after", lost())], "CreateBall": [("after", lost())]}
    run.up(toybox())
    assert held(cloud) == BOTH


def test_a_lost_request_is_sent_again(run: Run, cloud: Cloud) -> None:
    cloud.faults = {"CreateBox": [lost(), answer("InternalError", status=500)], "CreateBall": [lost()]}
    run.up(toybox())
    assert held(cloud) == BOTH


def test_a_create_that_never_answers_is_given_up(run: Run, cloud: Cloud) -> None:
    cloud.faults = {"CreateBox": [lost() for _ in range(50)]}
    with pytest.raises(Several) as failure:
        run.up(toybox())
    assert failure.value.not_tried == ("ball",)
    assert cloud.things == []
    assert cloud.calls.count("CreateBox") < 12


def test_throttling_is_waited_out(run: Run, cloud: Cloud) -> None:
    cloud.faults = {"CreateBox": [answer("RequestLimitExceeded") for _ in range(4)]}
    run.up(toybox())
    assert held(cloud) == BOTH


def test_a_refusal_that_passes_is_waited_out_and_one_that_does_not_is_reported(run: Run, cloud: Cloud) -> None:
    cloud.faults = {"CreateBox": [answer("InvalidVpcID.NotFound", "not yet", "CreateSubnet") for _ in range(3)]}
    run.up(toybox())
    assert held(cloud) == BOTH
    cloud.faults = {"ChangeBall": [answer("ValidationError", "too heavy", "ChangeBall")]}
    with pytest.raises(AwsError) as failure:
        run.up(toybox(weight=1000))
    assert "too heavy" in failure.value.why
    assert cloud.calls.count("ChangeBall") == 1


def test_a_refusal_that_should_pass_and_does_not_ends_at_its_limit(run: Run, cloud: Cloud) -> None:
    cloud.faults = {"CreateBox": [answer("InvalidVpcID.NotFound", "never", "CreateSubnet") for _ in range(500)]}
    with pytest.raises(Several, match="still after 120 seconds"):
        run.up(toybox())


def test_what_does_not_become_ready_is_a_time_out_that_can_be_resumed(run: Run, cloud: Cloud) -> None:
    cloud.slow = 10_000.0
    with pytest.raises(Several) as failure:
        run.up(toybox())
    assert isinstance(failure.value.errors[0], TimedOut)
    assert failure.value.exit_code == 4
    cloud.clock.time += 10_000.0
    assert run.up(toybox()).calls == ["CreateBall"]


def test_what_aws_gives_up_on_is_reported(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    next(thing for thing in cloud.things if thing.kind == "ball").failed = "it burst"
    with pytest.raises(ResourceFailed) as failure:
        run.up(toybox())
    assert failure.value.why == "it burst"


def test_independent_work_goes_on_when_one_thing_fails(run: Run, cloud: Cloud) -> None:
    stack = toybox()
    stack.ensure("other", Box(colour="blue"))
    cloud.faults = {"CreateBall": [answer("ValidationError", "no balls today", "CreateBall")]}
    with pytest.raises(AwsError, match=r"no balls|CreateBall"):
        run.up(stack)
    assert sorted(thing.kind for thing in cloud.things) == ["box", "box"]


def test_a_certain_refusal_leaves_nothing_open_in_the_journal(run: Run, cloud: Cloud) -> None:
    cloud.faults = {"CreateBox": [answer("ValidationError", "no", "CreateBox")]}
    with pytest.raises(Several):
        run.up(toybox())
    assert run.engine().state.unsettled == {}


def test_a_stop_ends_the_run_and_the_next_one_finishes_it(run: Run, cloud: Cloud) -> None:
    cloud.slow = 100.0
    engine = run.engine()
    engine.emit = engine.one.emit = lambda event: engine.patience.stop() if type(event).__name__ == "Waiting" else None
    with pytest.raises((Interrupted, Several)) as stopped:
        engine.up(toybox(), agree=lambda plan: None)
    assert stopped.value.exit_code == 130
    run.up(toybox())
    assert held(cloud) == BOTH


def test_an_id_that_an_update_renews_reaches_those_who_use_it(run: Run, cloud: Cloud) -> None:
    def stack(weight: int) -> Stack:
        made = toybox(weight=weight)
        ball = made.ensure("second", Ball(name="second", box=made.ensure("third", Box()).box))
        assert ball
        return made

    run.up(stack(1))
    step = next(step for step in run.plan(stack(2)).steps if step.name == "ball")
    assert step.verb is Verb.UPDATE
    run.up(stack(2))
    entry = run.engine().state.entry("ball")
    assert entry is not None
    assert entry.ids is not None
    assert entry.ids["revision"].endswith(":2")


def test_a_part_of_the_stack_is_made_right_and_all_else_is_left(run: Run, cloud: Cloud) -> None:
    before = toybox()
    before.ensure("lid", Lid(box=before.nodes["ball"].desired.box))  # type: ignore[attr-defined]  # a ball has one
    run.up(before)
    stack, engine = toybox(colour="blue", weight=7), run.engine()  # and no lid any more
    part = engine.part(stack, {"ball"})
    assert [step.name for step in engine.plan(part, prune=False).work] == ["ball"]
    calls = len(cloud.calls)
    run.engine().up(part, agree=lambda plan: None, prune=False)
    assert cloud.calls[calls:] == ["ChangeBall"]
    assert [(step.name, step.verb) for step in run.plan(stack).work] == [("box", Verb.UPDATE), ("lid", Verb.DELETE)]
    run.up(stack)
    assert run.plan(stack).work == ()


def test_what_is_not_there_is_no_part_and_what_stands_on_it_is_refused(run: Run, cloud: Cloud) -> None:
    assert run.engine().part(toybox(), {"ball"}).nodes == {}
    run.up(toybox())
    calls = len(cloud.calls)
    cloud.things = [thing for thing in cloud.things if thing.kind != "box"]
    with pytest.raises(Refused, match="ball needs box"):
        run.engine().part(toybox(), {"ball"})
    assert len(cloud.calls) == calls


def test_what_was_made_a_moment_ago_and_is_missed_by_a_read_is_not_made_again(run: Run, cloud: Cloud) -> None:
    run.up(toybox())
    cloud.lag = 10.0  # the reads of this run are answered by a part of the cloud that does not know of it
    run.up(toybox())
    assert held(cloud) == BOTH


def shared(colour: str = "red", note: str | None = None, weight: int = 1) -> Stack:
    """A box that is in use, and a ball in it."""
    stack = Stack()
    box = stack.ensure("box", Shared(colour=colour, note=note))
    stack.ensure("ball", Ball(name="ball", box=box.box, weight=weight))
    return stack


def test_what_is_in_use_is_taken_away_only_when_all_else_is_there(run: Run, cloud: Cloud) -> None:
    run.up(shared())
    cloud.faults["ChangeBall"] = [answer("InvalidParameter", "too heavy", "ChangeBall")]
    with pytest.raises(Several) as failure:
        run.up(shared("blue", "new", weight=9))
    assert failure.value.not_tried == ("box",)
    box = next(thing for thing in cloud.things if thing.kind == "box")
    assert (box.values["colour"], box.values["note"]) == ("red", "new")
    changes = [change for step in run.plan(shared("blue", "new", weight=9)).work for change in step.changes]
    assert {(c.field, c.why) for c in changes} == {("colour", Why.CONFIG), ("weight", Why.CONFIG)}
    run.up(shared("blue", "new", weight=9))
    assert box.values["colour"] == "blue"
    assert run.plan(shared("blue", "new", weight=9)).work == ()
    done = [event.name for event in run.events if isinstance(event, Done)]
    assert done[-2:] == ["ball", "box"]


def test_what_clients_notice_of_a_change_is_in_the_plan(run: Run) -> None:
    assert [step.impact for step in run.plan(shared()).steps] == ["", ""]
    run.up(shared())
    assert run.plan(shared("blue")).work[0].impact == "whoever looks for red finds blue"
