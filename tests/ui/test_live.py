import json

import pytest
from rich.console import Console

from ecsctl.errors import UsageError
from ecsctl.operations.status import Live, Service
from ecsctl.ui import console, live
from tests.ui import running
from tests.ui.samples import NOW, WHERE

NOTHING = Live(at=NOW, no_run="there is no pipeline shop")


def shown(now):
    return "\n".join(line.plain for line in live.view(now, WHERE))


def test_a_service_that_rolls_out_is_one_screen(snapshot):
    assert shown(running.rolling()) == snapshot


def test_what_crashed_says_why_and_what_could_not_be_read_says_that(snapshot):
    assert shown(running.crashed()) == snapshot


def test_of_several_processes_each_is_shown_with_its_release_image_and_tasks(snapshot):
    assert shown(running.several()) == snapshot
    assert not running.several().healthy


def test_where_nothing_is_each_part_says_so(snapshot):
    assert shown(NOTHING) == snapshot


@pytest.mark.parametrize(("width", "height"), [(40, 10), (80, 24), (20, 5), (200, 60)])
def test_the_screen_is_never_wider_or_higher_than_the_terminal(width, height):
    lines = live.fitted(live.view(running.rolling(), WHERE), Console(width=width, height=height))
    assert len(lines) < height
    assert max(line.cell_len for line in lines) < width
    whole = live.fitted(live.view(running.rolling(), WHERE), Console(width=width, height=999))
    assert (lines[-1].plain[:4] == "and ") is (len(lines) < len(whole))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_why_it_is_not_well_is_read_whole_on_each_screen(width, snapshot):
    lines = live.fitted(live.view(running.crashed(), WHERE), Console(width=width, height=60))
    assert "\n".join(line.plain for line in lines) == snapshot


def test_a_service_short_of_tasks_is_highlighted():
    short = Live(at=NOW, service=Service("ACTIVE", 7, 2, 1, 0))
    assert "✗ revision 7: 1 of 2 tasks running" in shown(short)
    assert "✓ revision 7: 1 of 1 tasks running" in shown(Live(at=NOW, service=Service("ACTIVE", 7, 1, 1, 0)))


def test_a_service_that_is_being_deleted_is_reported_so():
    assert "DRAINING" in shown(Live(at=NOW, service=Service("DRAINING", 7, 0, 1, 0)))


def test_each_read_is_drawn_over_the_one_before_and_the_last_one_stays(monkeypatch, capsys):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    live.show([NOTHING, running.rolling()], WHERE, as_json=False)
    out = capsys.readouterr().out
    assert out.index("there is no pipeline shop") < out.index("\x1b[1A") < out.index("revision 8")
    assert out.rstrip().endswith("\x1b[?25h")  # the cursor is back


def test_as_json_each_read_is_one_line(capsys):
    live.show([NOTHING, running.rolling()], WHERE, as_json=True)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["version"], first["kind"], first["service"], first["run"]) == (1, "live", None, None)
    assert second["service"] == {"status": "ACTIVE", "revision": 8, "desired": 2, "running": 3, "pending": 1}
    assert [one["status"] for one in second["tasks"]] == ["PENDING", "RUNNING", "RUNNING"]
    assert second["run"]["commit"] == running.COMMIT


def test_without_a_terminal_there_is_nothing_to_draw_on(monkeypatch):
    with pytest.raises(UsageError) as caught:
        live.check()
    assert "--watch -o json" in caught.value.hint
    monkeypatch.setattr(console, "_is_terminal", lambda stream: True)
    live.check()
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(UsageError):
        live.check()


def test_what_a_task_says_steers_nothing():
    evil = running.crashed()
    evil.cause, evil.unread = "\x1b[2J", {"tasks": "\u202e"}
    assert "\x1b" not in shown(evil)
    assert "\u202e" not in shown(evil)
