import io
import os
import signal
import sys

import pexpect
import pytest

from ecsctl.errors import Refused, UsageError
from ecsctl.ui import words


def confirm():
    words.confirm("Go on?", command="ecsctl up --yes")


def ask_name():
    words.ask_name("shop", command="ecsctl down --yes")


@pytest.fixture
def typing(monkeypatch, terminal):
    """Someone sits at the terminal and types."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.parametrize("answer", ["y\n", "yes\n", "YES\n", " y \n", "y"])
def test_a_yes_is_taken_as_consent(typing, answer, capsys):
    typing(answer)
    confirm()
    assert capsys.readouterr().err.startswith("Go on? [y/N] ")


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "yesterday\n", "ecsctl\n"])
def test_anything_but_a_yes_changes_nothing(typing, answer):
    typing(answer)
    with pytest.raises(Refused, match="not confirmed: nothing was changed"):
        confirm()


def test_the_apps_own_name_goes_on(typing):
    typing("shop\n")
    ask_name()


@pytest.mark.parametrize("answer", ["Shop\n", "yes\n", "\n", "", "shop2\n"])
def test_another_name_changes_nothing(typing, answer):
    typing(answer)
    with pytest.raises(Refused, match="not the app's name: nothing was changed"):
        ask_name()


@pytest.mark.parametrize("ask", [confirm, ask_name])
@pytest.mark.parametrize("environment", [{}, {"CI": "true"}])
def test_with_nobody_there_the_exact_command_is_the_hint(ask, environment, monkeypatch, request):
    if environment:
        request.getfixturevalue("typing")("y\n")
        monkeypatch.setenv("CI", "true")
    with pytest.raises(UsageError, match="there is no terminal to ask on") as caught:
        ask()
    assert caught.value.hint == ("ecsctl up --yes" if ask is confirm else "ecsctl down --yes")
    assert (caught.value.exit_code, Refused.exit_code) == (2, 1)


REAL = """
from ecsctl.errors import EcsctlError
from ecsctl.ui import words
try:
    words.ask_name('shop', command='ecsctl down --yes')
    print('GOES ON')
except EcsctlError as error:
    print(type(error).__name__, error.message)
"""


@pytest.mark.parametrize(
    ("keys", "ends"),
    [
        ("shop\n", "GOES ON"),
        ("\x04", "Refused that is not"),
        ("\x03", "Interrupted stopped as asked: nothing was changed"),
    ],
    ids=["name", "Ctrl-D", "Ctrl-C"],
)
def test_a_real_terminal_answers(keys, ends):
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    child = pexpect.spawn(sys.executable, ["-c", REAL], env=environment, timeout=20, encoding="utf-8")
    child.expect_exact("Type the app's name (shop) to go on:")
    child.send(keys)
    child.expect_exact(ends)
    child.expect(pexpect.EOF)
    child.close()


def test_a_question_leaves_the_handler_of_ctrl_c_as_it_was(typing):
    before = signal.getsignal(signal.SIGINT)
    typing("y\n")
    confirm()
    assert signal.getsignal(signal.SIGINT) is before


def test_all_words_go_to_stderr_on_a_line_each(capsys):
    words.heading("123456789012", "eu-central-1", "arn:aws:iam::123456789012:user/ann", "shop")
    words.say("the sandbox is stopped")
    words.hint("read the docs")
    words.next_step("ecsctl status")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "shop in eu-central-1 of account 123456789012, as arn:aws:iam::123456789012:user/ann",
        "the sandbox is stopped",
        "hint: read the docs",
        "next: ecsctl status",
    ]


def test_what_is_said_steers_nothing(capsys):
    for say in (words.say, words.hint, words.next_step):
        say("\x1b[2J[bold]")
    assert capsys.readouterr().err.count("\\x1b[2J[bold]") == 3


def test_talk_is_broken_between_words_on_a_terminal_and_nowhere_else(monkeypatch, capsys):
    said = "there is no image yet, so the service has 0 tasks; ecsctl up after the first build brings it to 1"
    words.say(said)
    assert capsys.readouterr().err == said + "\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    words.say(said)
    first, second = capsys.readouterr().err.splitlines()
    assert f"{first.strip()} {second.strip()}" == said


def test_a_command_is_never_broken(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    command = "ecsctl " + "--option " * 30 + "end"
    words.next_step(command)
    assert command in capsys.readouterr().err
