import io
import re
import threading
from datetime import datetime

import pytest
from rich.console import Console

from ecsctl.engine.events import Done, Failed, Message, NotTried, Planned, Ready, Started, Waiting
from ecsctl.engine.plan import Plan, Verb
from ecsctl.errors import Refused
from ecsctl.ui import console
from ecsctl.ui import progress as module
from ecsctl.ui.progress import Progress
from tests.ui import samples


class Time:
    def __init__(self):
        self.spent = 0.0

    def __call__(self):
        return self.spent


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def tell(time):
    return Progress(clock=time, now=lambda: datetime(2026, 7, 1, 12, 34, 56))  # noqa: DTZ001 - shown as it is, in whatever zone the tests run


@pytest.fixture
def live(monkeypatch, terminal, time):
    """A run that is watched on a terminal, and what that terminal has received."""
    monkeypatch.setattr(module, "is_lively", lambda: True)
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, height=12, no_color=True)
    for place in (module, console):
        monkeypatch.setattr(place, "stderr_console", lambda: screen)
    tell = Progress(clock=time)
    tell.received = screen.file.getvalue
    return tell


def picture(tell):
    """Returns what the live view shows right now."""
    out = io.StringIO()
    Console(file=out, width=80, no_color=True).print(tell._view())
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def broken_off(tell, *events, by, spend=lambda: None):
    """A run that hears the events and then ends by an exception."""
    with tell:
        for event in events:
            tell(event)
            spend()
        raise by


def nat(waited, name="nat-a", limit=600.0):
    return Waiting(name, f"NAT gateway {name} to be ready (pending)", waited, limit)


def test_without_a_terminal_each_end_is_a_line_with_the_time(tell, capsys):
    with tell:
        tell(Planned(samples.first()))
        tell(Started("vpc", "VPC", Verb.CREATE))
        tell(Done("vpc", "VPC", Verb.CREATE, 3.2))
        tell(Done("cert", "certificate", Verb.CREATE, 75, "ISSUED"))
        tell(Failed("nat-a", "NAT gateway", samples.failure().errors[0]))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "12:34:56 ✓ VPC created in 3 s",
        "12:34:56 ✓ certificate cert created in 1 min 15 s (ISSUED)",
        "12:34:56 ✗ NAT gateway nat-a failed",
    ]


def test_without_a_terminal_a_long_wait_is_reported_after_30_seconds_and_then_ever_less_often(tell, capsys):
    for waited in range(600):
        tell(nat(waited))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ", 1)[1] for line in lines] == [
        f"{spent} of at most 10:00" for spent in ("0:30", "1:00", "2:00", "4:00", "8:00")
    ]
    assert lines[0] == "12:34:56 … waiting for NAT gateway nat-a to be ready (pending): 0:30 of at most 10:00"


def test_a_second_wait_of_a_resource_is_reported_anew(tell, capsys):
    for waited in (29, 31, 0, 29, 31):
        tell(nat(waited))
    assert capsys.readouterr().err.count("0:31") == 2


def test_the_line_of_a_resource_follows_those_of_what_it_was_made_from(tell, capsys):
    needs = {"schedule": ["task"], "rule": ["schedule"], "topic": []}
    with tell:
        tell(Planned(samples.first(), needs))
        tell(Started("task", "task definition", Verb.CREATE))
        tell(Started("schedule", "schedule", Verb.CREATE))
        tell(Done("schedule", "schedule", Verb.CREATE, 1))
        tell(Done("rule", "rule", Verb.CREATE, 1))
        tell(Done("topic", "SNS topic", Verb.CREATE, 1))
        tell(Done("task", "task definition", Verb.CREATE, 2))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[2] for line in lines] == ["SNS", "task", "schedule", "rule"]


def test_the_line_of_a_deleted_resource_follows_those_of_what_was_in_it(tell, capsys):
    with tell:
        tell(Planned(samples.first(), {"network": ["subnet-a", "subnet-b"]}))
        for name in ("subnet-a", "subnet-b", "network"):
            tell(Started(name, "thing", Verb.DELETE))
        tell(Done("subnet-a", "thing", Verb.DELETE, 1))
        tell(Done("network", "thing", Verb.DELETE, 1))
        tell(Done("subnet-b", "thing", Verb.DELETE, 2))
    assert re.findall(r"(\S+) deleted", capsys.readouterr().err) == ["subnet-a", "subnet-b", "network"]


def test_no_line_is_lost_where_the_one_before_it_never_came(tell, capsys):
    with tell:
        tell(Planned(samples.first(), {"schedule": ["task"]}))
        tell(Started("task", "task definition", Verb.CREATE))
        tell(Done("schedule", "schedule", Verb.CREATE, 1))
    assert capsys.readouterr().err == "12:34:56 ✓ schedule created in 1 s\n"


def test_what_is_not_created_has_its_own_word(tell, capsys):
    tell(Done("image", "first image", Verb.CREATE, 90, did="ready"))
    assert capsys.readouterr().err == "12:34:56 ✓ first image ready in 1 min 30 s\n"


def test_a_step_that_is_kept_is_not_shown_but_counted(tell, capsys):
    tell(Planned(samples.settled()))
    tell.summary(1.2)
    assert capsys.readouterr().err == "5 unchanged in 1 s\n"


def test_the_summary_counts_what_was_done(tell, capsys):
    tell(Planned(samples.changed()))
    for number, verb in enumerate([Verb.CREATE, Verb.CREATE, Verb.UPDATE, Verb.REPLACE, Verb.DELETE, Verb.KEEP]):
        tell(Done(str(number), "thing", verb, 1))
    capsys.readouterr()
    tell.summary(192)
    said = "2 created, 1 updated, 1 replaced, 1 deleted, 1 ready, 1 unchanged in 3 min 12 s\n"
    assert capsys.readouterr().err == said


def test_what_became_ready_later_is_reported_and_counted_once(tell, capsys, time):
    time.spent = 1
    tell(Done("alb", "load balancer", Verb.CREATE, 1, "provisioning"))
    time.spent = 32
    tell(Ready("alb", "load balancer", 31))
    assert "load balancer alb ready in 31 s" in capsys.readouterr().err
    tell.summary(tell.seconds)
    assert capsys.readouterr().err == "1 created in 32 s\nof which: load balancer alb 32 s\n"


def test_the_time_in_which_a_person_was_asked_is_nobodys(tell, capsys, time):
    time.spent = 2
    tell(Planned(samples.first()))
    tell.pause()
    time.spent = 602
    tell.resume()
    time.spent = 607
    tell(Done("vpc", "VPC", Verb.CREATE, 5))
    capsys.readouterr()
    tell.summary(tell.seconds)
    said = ["1 created in 7 s", "of which: reading what exists 2 s, then VPC 5 s"]
    assert capsys.readouterr().err.splitlines() == said


def test_the_wait_for_somebody_elses_deployment_is_reported_as_what_it_was(tell, capsys, time):
    time.spent = 60
    tell(Waiting("", "the pipeline to end its release", 58, 900))
    tell(Planned(samples.first()))
    time.spent = 65
    tell(Done("vpc", "VPC", Verb.CREATE, 5))
    capsys.readouterr()
    tell.summary(tell.seconds)
    assert "of which: waiting for the pipeline to end its release 58 s\n" in capsys.readouterr().err


def test_a_run_that_changed_nothing_does_not_tell_where_its_time_went(tell, capsys, time):
    time.spent = 20
    tell(Planned(samples.settled()))
    tell.summary(tell.seconds)
    assert capsys.readouterr().err == "5 unchanged in 20 s\n"


def test_a_run_that_breaks_off_tells_what_it_did(tell, capsys, time):
    events = [
        Planned(samples.first()),
        Done("vpc", "VPC", Verb.CREATE, 3),
        NotTried("alb", "load balancer", "nat-a"),
        NotTried("alb is ready", "", "nat-a"),
    ]
    with pytest.raises(Refused):
        broken_off(tell, *events, by=Refused("no"), spend=lambda: setattr(time, "spent", 5))
    assert capsys.readouterr().err.splitlines()[-2:] == ["1 created, 1 not tried in 5 s", "of which: VPC 3 s"]


def test_a_run_that_breaks_off_before_any_change_counts_nothing(tell, capsys):
    with pytest.raises(Refused):
        broken_off(tell, Planned(samples.first()), by=Refused("no"))
    assert capsys.readouterr().err == ""


def test_what_was_stopped_is_no_failure(tell, capsys):
    tell(Failed("alb", "load balancer", samples.stopped()))
    tell(Done("vpc", "VPC", Verb.CREATE, 1))
    tell.summary(1)
    assert capsys.readouterr().err.splitlines() == ["12:34:56 ✓ VPC created in 1 s", "1 created, 1 stopped in 1 s"]


def test_the_live_view_tells_that_a_stop_was_asked_for(live):
    assert live.announces_stop() is False
    with live:
        live(Started("vpc", "VPC", Verb.CREATE))
        assert live.announces_stop() is True
        assert picture(live).splitlines()[-1].startswith("stopping after the calls in progress")


def test_quiet_says_only_what_a_person_must_know(time, capsys):
    with Progress(quiet=True, clock=time) as tell:
        tell(Planned(samples.first()))
        tell(Done("vpc", "VPC", Verb.CREATE, 3))
        tell(nat(100))
        tell.plain("chatter")
        tell(Message("the state file is rebuilt from the tags on AWS"))
    tell.summary(3)
    assert capsys.readouterr().err.endswith("the state file is rebuilt from the tags on AWS\n")


def test_what_aws_says_steers_nothing(tell, capsys):
    evil = "\x1b[2J"
    tell(Done(evil, evil, Verb.CREATE, 1, evil))
    tell(Waiting("x", evil, 40, 60))
    tell(Message(evil))
    tell.plain(evil)
    assert "\x1b" not in capsys.readouterr().err


def test_the_live_view_tells_how_far_it_is_and_what_is_under_way(live, time, snapshot):
    live(Planned(samples.first()))
    live(Started("vpc", "VPC", Verb.CREATE))
    live(Started("nat-a", "NAT gateway", Verb.CREATE))
    time.spent = 42
    live(nat(40))
    live(Done("ecr", "ECR repository", Verb.CREATE, 3))
    time.spent = 44
    assert picture(live) == snapshot
    live.__exit__(None, None, None)


def test_the_live_view_never_grows_over_the_terminal(live, time):
    live(Planned(samples.first()))
    for number in range(16):
        live(Started(str(number), "VPC", Verb.CREATE))
    lines = picture(live).splitlines()
    assert len(lines) <= 11
    assert lines[-1] == "  and 8 more"
    live.__exit__(None, None, None)


def test_a_wait_after_its_resource_was_made_is_reported_by_its_title(live):
    live(Planned(Plan(())))
    live(Started("alb", "load balancer", Verb.CREATE))
    live(Done("alb", "load balancer", Verb.CREATE, 1, "provisioning"))
    live(Waiting("alb", "load balancer alb to be ready (provisioning)", 2, 900))
    assert "load balancer alb  to be ready (provisioning)" in picture(live)
    live.__exit__(None, None, None)


def test_a_wait_that_falls_silent_leaves_the_live_view(live, time):
    live(Planned(Plan(())))
    live(nat(5))
    assert "nat-a" in picture(live)
    time.spent = 20
    assert "nat-a" not in picture(live)


def test_looking_around_is_reported_only_when_it_takes_time(live, time):
    assert picture(live) == ""
    time.spent = 2
    assert "reading what exists" in picture(live)


def test_nothing_moves_while_the_plan_is_read_and_agreed_to(live):
    with live:
        live(Planned(samples.first()))
        before = live.received()
        live.console.print("plan")
        assert live.received() == before + "plan\n"
        live(Started("vpc", "VPC", Verb.CREATE))
        assert live._live is not None


def test_the_cursor_is_never_left_hidden_even_by_a_kill(live):
    with live:
        live(Started("vpc", "VPC", Verb.CREATE))
        assert live.received().rfind("\x1b[?25h") > live.received().rfind("\x1b[?25l")


def test_an_exception_ends_the_live_view(live):
    with pytest.raises(KeyboardInterrupt):
        broken_off(live, Started("vpc", "VPC", Verb.CREATE), by=KeyboardInterrupt())
    assert live._live is None
    assert live.received().rfind("\x1b[?25h") > live.received().rfind("\x1b[?25l")


def test_what_ends_stays_above_the_live_view(live):
    with live:
        live(Started("nat-a", "NAT gateway", Verb.CREATE))
        live(Done("nat-a", "NAT gateway", Verb.CREATE, 3))
    assert re.search("✓ NAT gateway .*nat-a.* created in 3 s\n", live.received())


@pytest.mark.parametrize("watched", [False, True])
def test_sixteen_threads_lose_no_event(watched, request, tell, capsys):
    tell = request.getfixturevalue("live") if watched else tell

    def work(number):
        for part in range(20):
            name = f"{number}-{part}"
            tell(Started(name, "VPC", Verb.CREATE))
            tell(nat(part, name))
            tell(Done(name, "VPC", Verb.CREATE, 1))

    with tell:
        tell(Planned(samples.first()))
        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert tell.counts["created"] == 320
    text = tell.received() if watched else capsys.readouterr().err
    assert text.count("created in 1 s\n") == 320
