"""What `--help` says of each command's options."""

import re

import pytest
import typer.main
from typer.testing import CliRunner

from ecsctl.cli import app


def paths(command, path=()):
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from paths(below, (*path, name))


@pytest.mark.parametrize("path", list(paths(typer.main.get_command(app))), ids=" ".join)
def test_no_option_is_explained_by_a_type_of_python(path):
    said = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "120"}).stdout
    assert "--help" in said
    assert re.findall(r"<[^>]*>|\b(?:bool|str|int range|float range)\b", said) == []


def test_a_flag_takes_no_value_and_others_say_which():
    said = CliRunner().invoke(app, ["up", "--help"], env={"COLUMNS": "120"}).stdout
    assert re.search(r"--force +Change the health check", said)
    assert re.search(r"--profile +TEXT", said)
    assert re.search(r"--output +-o +{text,json}", said)
