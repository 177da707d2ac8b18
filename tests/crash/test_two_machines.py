"""Two runs at once on two machines: two folders, two state files, one account, and no lock between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from ecsctl.aws.patience import Clock
from ecsctl.engine import runs
from ecsctl.engine.claim import AT_MOST
from ecsctl.engine.plan import Plan
from ecsctl.errors import EcsctlError, Refused
from ecsctl.resources import kinds
from tests.crash.branch import branch
from tests.crash.conftest import Struck, some
from tests.crash.faults import DEATHS, Killed, Make, Script
from tests.crash.matrix import A_WHILE, Matrix, _equal, unlike
from tests.crash.table import COMPLETE, SEED, Tally

pytestmark = pytest.mark.timeout(600)


@contextmanager
def the_other_machine() -> Iterator[None]:
    """Another folder for a while."""
    here, elsewhere = Path.cwd(), Path.cwd() / "other"
    elsewhere.mkdir(exist_ok=True)
    os.chdir(elsewhere)
    try:
        yield
    finally:
        os.chdir(here)


def ended_with_an_error_of_ours(run: Any, *arguments: Any) -> None:
    """A run that may end in any way that is not a traceback."""
    with suppress(EcsctlError):
        run(*arguments)


@pytest.mark.parametrize("other", ["up", "down"])
@pytest.mark.parametrize("at", range(60) if COMPLETE else [SEED % 12, 12 + SEED % 48])
def test_two_at_once_end_with_a_reason_and_down_on_both_leaves_what_was_there_before(
    struck: Struck, tally: Tally, at: int, other: str
) -> None:
    """In the middle of an `up`, all of another machine's command; then each machine's `down`.

    What both have made is doubled until then: without a lock that both see, nobody can prevent that.
    """
    matrix = Matrix(struck, tally)
    commands = {"up": struck.up, "down": struck.down}

    def meet(make: Make, _operation: str, _clock: Clock) -> Any:
        script, struck.script = struck.script, Script()
        with the_other_machine():
            ended_with_an_error_of_ours(commands[other])
        struck.script = script
        return make()

    def body() -> None:
        script = Script(lambda number, _: meet if number == at else None)
        ended_with_an_error_of_ours(struck.struck, struck.up, script)
        struck.down()  # first who came second: the one validation record of both certificates is the other's
        with the_other_machine():
            struck.down()
            assert not struck.state_file.exists()
        matrix.must_be_gone()

    failure = branch(body).failure
    failures = tally.add(f"another machine's `{other}` meanwhile", "up", "`down` on both leaves what was there before",
                     [failure] if failure else [])  # fmt: skip
    assert failures == []


MADE = [kind for kind in kinds() if not (kind.borrowed or kind.wait)]
# Of these another resource says whose they are, or that there are any: the other machine takes that one away.
TOLD = [kind.kind for kind in MADE if kind.known_by or not kind.tagged]
OTHERS = [kind.kind for kind in MADE if kind.kind not in TOLD]


def test_another_machines_down_while_a_kind_is_made_leaves_nothing_that_nobody_finds(
    struck: Struck, tally: Tally
) -> None:
    """Just before the call that makes the first of its kind: all of it was looked for, and then it is there."""
    matrix = Matrix(struck.over("whole"), tally)
    assert len(TOLD) > 6

    def meet(make: Make, _operation: str, _clock: Clock) -> Any:
        struck.script = Script()
        with the_other_machine():
            ended_with_an_error_of_ours(struck.down)
        return make()

    def down_on_both() -> None:
        struck.down()
        with the_other_machine():
            struck.down()
        struck.clock.sleep(A_WHILE)  # what the first run has taken back itself may still be going: a schedule group
        matrix.must_be_gone()

    chosen = {*some(TOLD, 4), *some(OTHERS, 2)}
    assert matrix.met(struck.up, chosen, "another machine's `down` meanwhile", meet, down_on_both) == []


# Everything the runs say is in the errors; what they leave is in the account.
AT_WORK = "another machine's first ecsctl up of hello is at work"
FASTER = "another machine was faster"


def another_machine(struck: Struck) -> Struck:
    """The same account, with a folder and a state file of its own."""
    other = Struck(struck.clock, Path.cwd().parent / f"{Path.cwd().name}-other")
    other.script = Script()
    return other


def stopped(run: Struck, configured: dict[str, Any] | None = None) -> str:
    """The error of an `up` that makes nothing."""
    with pytest.raises(Refused) as caught:
        run.up(configured)
    assert run.changes <= 1, "something was made"  # the one that asked for the first thing
    return f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("at", range(60) if COMPLETE else [0, 1, 2 + SEED % 40])
def test_two_first_ups_end_with_one_deployment_and_one_refusal(struck: Struck, tally: Tally, at: int) -> None:
    """In the middle of a first `up`, all of another machine's; then each machine's next one."""
    matrix = Matrix(struck, tally)
    said: list[str] = []

    def body() -> None:
        other = another_machine(struck)

        def meet(make: Make, _operation: str, _clock: Clock) -> Any:
            if at:
                said.append(stopped(other))
            else:
                other.up()
            return make()

        script = Script(lambda number, _: meet if number == at else None)
        if at:
            struck.struck(struck.up, script)
        else:
            with pytest.raises(Refused) as caught:
                struck.struck(struck.up, script)
            said.append(f"{caught.value.message} {caught.value.hint}")
        assert script.changes > at, "there is no such change"
        _equal(unlike(matrix.clean, struck.account(), "account"))
        assert (AT_WORK if at else FASTER) in said[0], said
        assert "since 20" in said[0]
        assert "by " in said[0]
        assert "run the same command again" in said[0]
        before = struck.exact()
        for machine in (struck, other):
            assert machine.up().work == ()
            assert machine.written().keys() == matrix.clean_state_file.keys()
        assert unlike(before, struck.exact(), "account") == []
        (struck if at % 2 else other).down()
        _equal(unlike(matrix.before, struck.exact(), "account"))

    failure = branch(body).failure
    failures = tally.add("another machine's first `up` meanwhile", "up", "one complete deployment and one refusal",
                     [failure] if failure else [])  # fmt: skip
    assert failures == []


@pytest.mark.parametrize("at", range(1, 60) if COMPLETE else [1, 2 + SEED % 40])
def test_who_planned_before_the_other_began_is_refused_too(struck: Struck, tally: Tally, at: int) -> None:
    """Both have planned and found nothing; the later one goes on at any moment of the other's run."""
    matrix = Matrix(struck, tally)

    def body() -> None:
        other = another_machine(struck)
        planned, go_on = Event(), Event()
        said: list[EcsctlError] = []

        def agree(_plan: Plan) -> None:
            planned.set()
            go_on.wait(60)

        def late() -> None:
            try:
                other.up(agree=agree)
            except EcsctlError as error:
                said.append(error)

        def meet(make: Make, _operation: str, _clock: Clock) -> Any:
            go_on.set()
            run.join(60)
            return make()

        run = Thread(target=late)
        run.start()
        assert planned.wait(60)
        struck.struck(struck.up, Script(lambda number, _: meet if number == at else None))
        matrix.must_be_up()
        assert [AT_WORK in error.message for error in said] == [True], said
        assert other.up().work == ()

    failure = branch(body).failure
    failures = tally.add("another machine that has planned before", "up", "one complete deployment and one refusal",
                     [failure] if failure else [])  # fmt: skip
    assert failures == []


@pytest.mark.parametrize("at", range(1, 60) if COMPLETE else [1, 2 + SEED % 40])
def test_a_first_up_that_died_elsewhere_is_waited_for_and_then_taken_over(
    struck: Struck, tally: Tally, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = Matrix(struck, tally)

    def body() -> None:
        script = Script(lambda number, _: DEATHS["killed before"] if number == at else None)
        with suppress(Killed):
            struck.struck(struck.up, script)
        monkeypatch.setattr(runs, "_machine", lambda: "elsewhere")
        other = another_machine(struck)
        assert AT_WORK in stopped(other)
        struck.clock.sleep(AT_MOST)
        other.up()
        _equal(unlike(matrix.clean_at_rest, _at_rest(struck), "account"))
        assert struck.up().work == ()

    failure = branch(body).failure
    failures = tally.add("killed, on another machine", "up", "is waited for, and then taken over",
                     [failure] if failure else [])  # fmt: skip
    assert failures == []


def _at_rest(struck: Struck) -> dict[str, Any]:
    struck.clock.sleep(3600.0)
    return struck.account()


@pytest.mark.parametrize("first", ["the one that stays", "the one that goes"])
@pytest.mark.parametrize("holder", ["has the first thing", "has not"])
def test_of_two_that_each_own_a_half_the_way_out_that_both_messages_name_leads_to_one(
    struck: Struck, tally: Tally, first: str, holder: str
) -> None:
    """As runs without a first thing have left it: one's network and the other's names."""
    matrix = Matrix(struck, tally)

    def body() -> None:
        other = another_machine(struck)
        ids = sorted(["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"])
        struck.deployment(ids[0])
        other.deployment(ids[1])
        _half(struck, network=True, first=holder == "has the first thing")
        _half(other, network=False, first=holder != "has the first thing")
        stays, goes = (struck, other) if holder == "has the first thing" else (other, struck)
        for machine in (stays, goes) if first == "the one that stays" else (goes, stays):
            if machine is goes:
                assert "Run ecsctl down here" in stopped(machine)
            elif machine is struck:
                assert "stays. Where the state file" in stopped(machine)
            else:  # nothing of the other's is in its way
                machine.up()
                assert "ecsctl down removes them" in str(machine.events)
        goes.down()
        stays.up()
        goes.up()
        _equal(unlike(matrix.clean, struck.account(), "account"))
        assert stays.plan().work == ()
        goes.down()
        _equal(unlike(matrix.before, struck.exact(), "account"))

    failure = branch(body).failure
    assert tally.add("each of two owns a half", "up", "the way out that both messages name leads to one deployment",
                     [failure] if failure else []) == []  # fmt: skip


def _half(machine: Struck, *, network: bool, first: bool) -> None:
    """Make the network, or what has names; with the first thing or without."""
    session = machine.open()
    session.state.fresh = False  # it began when there was nothing to be found
    stack = session.desired_stack
    net = {name for name, node in stack.nodes.items() if node.desired.kind in NETWORK}
    named = {name for name, node in stack.nodes.items() if node.desired.kind in NAMED} - {stack.first}
    names = (net if network else named) | ({stack.first} if first else set())
    part = stack.part(names, {})
    session.engine.up(part, agree=lambda plan: None, prune=False)


NETWORK = {"vpc", "subnet", "internet-gateway"}
NAMED = {"repository", "log-group", "cluster"}
