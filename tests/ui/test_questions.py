"""A question stands alone: nothing moves on the terminal while it is open, and there is one place that asks."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pexpect
import pytest

PACKAGE = Path(__file__).parents[2] / "ecsctl"
PROGRAM = """
import sys, threading, time
from ecsctl.errors import EcsctlError
from ecsctl.engine.events import Started, Waiting
from ecsctl.engine.plan import Verb
from ecsctl.ui import words
from ecsctl.ui.progress import Progress

going = True

def work(progress):
    number = 0
    while going:
        number += 1
        progress(Started(str(number % 5), "MOVING", Verb.CREATE))
        time.sleep(0.01)

with Progress() as progress:
    progress(Started("vpc", "MOVING", Verb.CREATE))
    thread = threading.Thread(target=work, args=[progress])
    thread.start()
    time.sleep(0.3)
    try:
        {ask}
        print("GOES ON")
        time.sleep(0.3)
    except EcsctlError as error:
        print(error.message, error.exit_code)
    finally:
        going = False
        thread.join()
"""


@pytest.mark.parametrize(
    ("ask", "question", "answer"),
    [
        ('words.confirm("Really?", command="x")', "Really? [y/N]", "y"),
        ('words.ask_name("shop", command="x")', "(shop) to go on:", "shop"),
        ('words.ask_code("Code:")', "Code:", "123456"),
        ('words.ask_unseen("Token:", command="x")', "Token:", "secret"),
    ],
    ids=["confirm", "name", "code", "unseen"],
)
def test_nothing_is_drawn_over_a_question_though_the_run_goes_on(ask: str, question: str, answer: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"}
    program = PROGRAM.replace("{ask}", ask)
    screen = pexpect.spawn(sys.executable, ["-c", program], env=environment, timeout=30, encoding="utf-8")
    screen.expect_exact("MOVING")
    screen.expect_exact(question)
    for letter in answer:  # as a person types, while the run goes on
        screen.send(letter)
        screen.expect(r".*" if ask.startswith("words.ask_unseen") else letter)
    screen.send("\n")
    screen.expect_exact("GOES ON")
    assert "MOVING" not in screen.before
    screen.expect_exact("MOVING")
    screen.expect(pexpect.EOF)


@pytest.mark.parametrize("ask", ['words.confirm("Really?", command="x")', 'words.ask_unseen("Really?", command="x")'])
def test_ctrl_c_at_a_question_is_130(ask: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"}
    program = PROGRAM.replace("{ask}", ask)
    screen = pexpect.spawn(sys.executable, ["-c", program], env=environment, timeout=30, encoding="utf-8")
    screen.expect_exact("Really?")
    screen.sendintr()
    screen.expect_exact("stopped as asked: nothing was changed 130")
    screen.expect(pexpect.EOF)


ASKING = {"getpass", "input", "prompt", "confirm", "readline", "readlines"}
DATA = {"ui/words.py", "commands/creds.py"}  # the one place; and `creds set -`, which reads a pipe


def test_one_place_asks() -> None:
    """Whatever waits for a person elsewhere would be drawn over, and hang a run that nobody watches."""
    elsewhere = set()
    for file in PACKAGE.rglob("*.py"):
        name = str(file.relative_to(PACKAGE))
        if name.startswith("sandbox/"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            word = (
                called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            )
            of = called.value.id if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) else ""
            if word in ASKING and of != "words":
                elsewhere.add(name)
    assert elsewhere <= DATA, elsewhere - DATA
