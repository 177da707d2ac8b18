"""Every command that the docs name is one that the program takes, with every option in it."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.exceptions import TyperException

from ecsctl.cli import app
from tests.docs.guide import given_to_aws
from tests.docs.pages import commands, name, pages, text


def words(command: str) -> list[str]:
    """The command's own words: without variables before it, the program, comments, and what a shell does after it."""
    flat = re.sub(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*\S*ecsctl ", "", command.replace(r"\|", "|"))
    lexer = shlex.shlex(re.sub(r"[][]", "", flat), posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    return list(itertools.takewhile(lambda word: not set(word) <= set("|;&<>"), lexer))


def refused(given: list[str]) -> str:
    """Returns why the command line does not take these words; empty if it does. Nothing is run."""
    command: Any = typer.main.get_command(app)
    context = None
    try:
        while hasattr(command, "commands"):
            if not given:
                return ""  # a group that is named as a whole
            context = command.make_context(command.name, given[:1], parent=context)
            _, command, given = command.resolve_command(context, given)
        command.make_context(command.name, given, parent=context)
    except TyperException as error:
        return f"{error.format_message()}"
    except typer.Exit:
        return ""  # --help and --version are all that there is to do
    return ""


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_command_in_the_docs_is_one(page: Path) -> None:
    found = {command: refused(words(command)) for command in commands(page) if "…" not in command}
    assert {command: why for command, why in found.items() if why} == {}


AWS = [
    (name(page), line.strip())
    for page in pages()
    for line in text(page).replace("\\\n", " ").splitlines()
    if re.match(r"\s*aws [a-z]", line) and "$(" not in line
]


@pytest.mark.parametrize(("page", "line"), AWS)
def test_every_command_of_the_aws_cli_is_one(page: str, line: str) -> None:
    given_to_aws(shlex.split(line)[1:])


def test_a_command_that_is_none_is_noticed() -> None:
    assert refused(words("ecsctl stauts"))
    assert refused(words("ecsctl status --wach"))
    assert refused(words("ecsctl status --interval soon"))
    assert not refused(words("ECSCTL_SANDBOX=1 ecsctl status --watch --interval 2 | head"))


def test_the_docs_contain_commands() -> None:
    assert sum(len(list(commands(page))) for page in pages()) > 100
