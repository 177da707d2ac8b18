"""Colours that can be read on a light terminal and on a dark one."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.errors import StyleSyntaxError
from rich.style import Style

import ecsctl
from ecsctl.ui.pipeline import table
from tests.ui.running import run

ROOT = Path(ecsctl.__file__).parent
# The terminal's own colours, which its theme fits to its background. White and black, what is bright, and colours by
# number stay as they are on any background, and are invisible on some.
READABLE = {"red", "green", "yellow", "blue", "magenta", "cyan", "default"}


@pytest.fixture
def run_help():
    """What `ecsctl up --help` prints in colour; typer decides at its import whether there is any."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    environment |= {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "100"}
    return subprocess.run([sys.executable, "-m", "ecsctl", "up", "--help"], env=environment, capture_output=True,
                          text=True, check=True).stdout  # fmt: skip


def styles(text):
    """The styles that a file names, each as it is written."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 40:
            try:
                yield node.value, Style.parse(node.value)
            except StyleSyntaxError:
                continue


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("ui/*.py"), *ROOT.glob("commands/*.py")]), ids=lambda path: path.name
)
def test_only_the_terminals_own_colours_are_used_and_no_background(path):
    for written, style in styles(path.read_text()):
        assert style.color is None or style.color.name in READABLE, written
        assert style.bgcolor is None, written
        assert pale(style) is False, written


def pale(style):
    """Whether it is a colour that is dimmed, which a light background swallows."""
    return bool(style.dim and style.color and style.color.name != "default")


def test_no_colour_is_dimmed_where_styles_meet():
    console = Console(force_terminal=True, width=120)
    lines = [*table(run("Failed", "it did not start")), *table(run("Succeeded"))]
    met = [segment for line in lines for segment in console.render(line) if segment.style]
    assert [segment.text for segment in met if pale(segment.style)] == []
    assert any(segment.style.dim for segment in met)


def test_no_colour_is_dimmed_in_the_help(run_help):
    assert "[env var: ECSCTL_SANDBOX]" in run_help
    assert not re.search(r"\x1b\[2;3[1-7]m|\x1b\[3[1-7];2m", run_help)


def test_a_colour_that_a_light_terminal_hides_would_be_found():
    found = dict(styles('a = "bold bright_yellow"\nb = "white on red"\nc = "dim"\n'))
    assert [style.color.name for style in found.values() if style.color] == ["bright_yellow", "white"]
    assert found["white on red"].bgcolor is not None
