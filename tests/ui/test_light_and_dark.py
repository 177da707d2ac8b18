"""Colours that can be read on a light terminal and on a dark one."""

import ast
from pathlib import Path

import pytest
from rich.errors import StyleSyntaxError
from rich.style import Style

import ecsctl

ROOT = Path(ecsctl.__file__).parent
# The terminal's own colours, which its theme fits to its background. White and black, what is bright, and colours by
# number stay as they are on any background, and are invisible on some.
READABLE = {"red", "green", "yellow", "blue", "magenta", "cyan", "default"}


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


def test_a_colour_that_a_light_terminal_hides_would_be_found():
    found = dict(styles('a = "bold bright_yellow"\nb = "white on red"\nc = "dim"\n'))
    assert [style.color.name for style in found.values() if style.color] == ["bright_yellow", "white"]
    assert found["white on red"].bgcolor is not None
