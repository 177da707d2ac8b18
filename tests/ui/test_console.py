import io
import re
import sys

import pytest
from rich.text import Text

from ecsctl.ui import console, plan, status, words
from tests.ui import samples


@pytest.fixture
def printed(monkeypatch, capsys):
    """Returns what both streams receive under an environment."""

    def tell(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name)
        plan.show(samples.first())
        status.show(samples.reports(), samples.NOW, url="", links=False)
        return "".join(capsys.readouterr())

    return tell


def test_without_a_terminal_there_is_no_colour(printed):
    assert "\x1b" not in printed(NO_COLOR=None)


def test_colour_can_be_forced(printed):
    assert "\x1b[32m" in printed(NO_COLOR=None, FORCE_COLOR="1")


def test_colour_can_be_forbidden_even_where_it_is_forced(printed):
    assert "\x1b[32m" not in printed(NO_COLOR="1", FORCE_COLOR="1")


def test_a_dumb_terminal_gets_no_escape(printed):
    assert "\x1b" not in printed(NO_COLOR=None, FORCE_COLOR="1", TERM="dumb")


def test_messages_go_to_one_console():
    assert console.stderr_console() is console.stderr_console()
    assert console.stderr_console().stderr
    assert not console.stdout_console().stderr


def test_somebody_is_there_on_a_terminal_and_not_in_ci(monkeypatch, terminal):
    assert console.is_interactive()
    monkeypatch.setenv("CI", "false")
    assert console.is_interactive()
    monkeypatch.setenv("CI", "true")
    assert not console.is_interactive()


@pytest.mark.parametrize("stream", ["stdin", "stderr"])
def test_nobody_is_there_when_a_stream_is_no_terminal(monkeypatch, stream):
    lacking = getattr(sys, stream)
    monkeypatch.setattr(console, "_is_terminal", lambda one: one is not lacking)
    assert not console.is_interactive()


@pytest.mark.parametrize(("name", "value"), [("CI", "1"), ("TERM", "dumb"), ("TERM", "unknown")])
def test_nothing_moves_in_ci_and_on_a_dumb_terminal(monkeypatch, terminal, name, value):
    assert console.is_lively()
    monkeypatch.setenv(name, value)
    assert not console.is_lively()


def test_nothing_moves_without_a_terminal_though_colour_is_forced(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not console.is_lively()


def test_a_stream_that_is_closed_or_absent_is_no_terminal(monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (closed, None):
        monkeypatch.setattr(sys, "stderr", stream)
        assert not console.is_interactive()


def test_stdout_survives_letters_that_its_encoding_lacks(monkeypatch):
    received = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(received, encoding="ascii"))
    console.stdout_console().print("café ✓")
    sys.stdout.flush()
    assert received.getvalue() == b"caf\\xe9 \\u2713\n"


class Unread(io.StringIO):
    """A pipe whose reader has gone."""

    def flush(self):
        raise BrokenPipeError


def test_data_that_nobody_reads_is_reported_to_the_command(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Unread())
    with pytest.raises(BrokenPipeError):
        console.stdout_console().print("data")


def test_messages_to_a_closed_stderr_are_dropped_and_the_run_goes_on(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Unread())
    console.stderr_console().print("talk")
    console.stderr_console().print("more")


COMMAND = "shop-for-the-people.example.com is taken; .venv/bin/ecsctl status --watch -o json shows the other"


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        (COMMAND, 30, ["shop-for-the-people.example.com", "is taken;", ".venv/bin/ecsctl status --watch -o json",
                       "shows the other"]),
        (COMMAND, 60, ["shop-for-the-people.example.com is taken;",
                       ".venv/bin/ecsctl status --watch -o json shows the other"]),
        ("log in (aws sso login --profile 'the team'), then again", 30,
         ["log in", "(aws sso login --profile 'the team'),", "then again"]),
        ("", 30, [""]),
    ],
)  # fmt: skip
def test_words_wrap_and_what_is_copied_stays_whole(text, room, lines):
    assert [line.plain for line in console.broken(Text(text), room, room)] == lines


def test_a_dumb_terminal_is_as_wide_as_it_says(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert console.stderr_console().width == 60


@pytest.mark.parametrize("width", [60, 80])
def test_what_the_next_command_does_is_wrapped_between_words_and_the_command_is_not(monkeypatch, capsys, width):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    words.next_step(
        "ecsctl deploy --restart", "starts new ones, which read it, one after the other, as any release does"
    )
    words.next_step("git add .gitignore ecsctl.schema.json ecsctl.toml and-one-more-file-of-a-long-name")
    said = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().err)
    sentence, command = said.split("next: ")[1:]
    assert max(map(len, f"next: {sentence}".splitlines())) <= width
    assert sentence.startswith("ecsctl deploy --restart starts")
    assert command.count("\n") == 1
