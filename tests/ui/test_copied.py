"""What a person copies from a sandbox run stays in the sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from rich.text import Text

from ecsctl.cli import app
from ecsctl.ui import copied

SAID = [
    ("ecsctl down", "ecsctl down --sandbox"),
    ("then: ecsctl deploy", "then: ecsctl deploy --sandbox"),
    ("ecsctl deploy --image URI   (one that exists)", "ecsctl deploy --sandbox --image URI   (one that exists)"),
    ("ecsctl down --yes, then ecsctl up", "ecsctl down --sandbox --yes, then ecsctl up --sandbox"),
    ("ecsctl creds rotate --stored", "ecsctl creds rotate --sandbox --stored"),
    ("ecsctl pipeline run", "ecsctl pipeline run --sandbox"),
    ("ecsctl history diff 3 4", "ecsctl history diff --sandbox 3 4"),
    ("ecsctl run -- CMD", "ecsctl run --sandbox -- CMD"),
    ("ecsctl secret set db restores it", "ecsctl secret set --sandbox db restores it"),
]
AS_IT_IS = ["ecsctl up --sandbox", "ecsctl sandbox start", "ecsctl init", "ecsctl config check", "ecsctl uploads", ""]


@pytest.mark.parametrize(("said", "typed"), [*SAID, *((text, text) for text in AS_IT_IS)])
def test_in_the_sandbox_a_command_says_so(monkeypatch: pytest.MonkeyPatch, said: str, typed: str) -> None:
    monkeypatch.setattr(copied, "sandbox", True)

    assert copied.copied(said) == typed


def commands(group: Any, before: str = "ecsctl") -> Iterator[tuple[str, set[str]]]:
    """Each command as it is typed, with its options."""
    for name, one in group.commands.items():
        if getattr(one, "commands", None):
            yield from commands(one, f"{before} {name}")
        if not one.hidden and (not getattr(one, "commands", None) or one.invoke_without_command):
            yield f"{before} {name}", {option for each in one.params if not each.hidden for option in each.opts}


def test_no_command_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copied, "sandbox", True)
    monkeypatch.setattr(copied, "program", lambda: "python -m ecsctl")
    found = dict(commands(typer.main.get_command(app)))
    assert {"ecsctl up", "ecsctl secret rm", "ecsctl history"} <= found.keys()
    lead = {True: " --sandbox", False: ""}
    written = {one: copied.copied(one) for one in found}
    assert written == {one: f"python -m {one}{lead['--sandbox' in options]}" for one, options in found.items()}


def helps(group: Any) -> Iterator[str]:
    """The help of each command, and of each of its options and arguments."""
    yield group.help or ""
    yield from (getattr(each, "help", None) or "" for each in group.params)
    for one in getattr(group, "commands", {}).values():
        yield from helps(one)


def test_no_help_has_a_word_in_brackets_which_rich_would_leave_out() -> None:
    found = list(helps(typer.main.get_command(app)))
    assert len(found) > 100
    assert [text for text in found if Text.from_markup(text).plain != text] == []


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("ecsctl down --yes", "ecsctl down --profile 'the team' --region eu-west-1 --yes"),
        ("aws sso login", "aws sso login --profile 'the team'"),
        ("log in (aws sso login), then ecsctl up", "log in (aws sso login --profile 'the team'), then ecsctl up"
         " --profile 'the team' --region eu-west-1"),
        ("aws configure list-profiles", "aws configure list-profiles"),
    ],
)  # fmt: skip
def test_a_copied_command_ends_up_in_the_same_account_and_region(
    monkeypatch: pytest.MonkeyPatch, said: str, typed: str
) -> None:
    monkeypatch.setattr(copied, "sandbox", False)
    monkeypatch.setattr(copied, "profile", "the team")
    monkeypatch.setattr(copied, "region", "eu-west-1")

    assert copied.copied(said) == typed


def test_in_the_sandbox_the_region_stays_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for option, value in (("sandbox", True), ("profile", "the team"), ("region", "eu-west-1")):
        monkeypatch.setattr(copied, option, value)

    assert copied.optioned("ecsctl up") == "ecsctl up --sandbox --region eu-west-1"


@pytest.mark.parametrize("said", [said for said, _ in SAID])
def test_on_aws_a_command_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    for option, nothing in (("sandbox", False), ("profile", ""), ("region", "")):
        monkeypatch.setattr(copied, option, nothing)

    assert copied.copied(said) == said


@pytest.mark.parametrize(
    ("script", "python", "found", "typed"),
    [
        ("/home/ada/.local/bin/ecsctl", "/usr/bin/python3", "/home/ada/.local/bin/ecsctl", "ecsctl"),
        (".venv/bin/ecsctl", "/clone/.venv/bin/python", None, ".venv/bin/ecsctl"),
        (".venv/bin/ecsctl", "/clone/.venv/bin/python", "/usr/local/bin/ecsctl", ".venv/bin/ecsctl"),
        ("/my clone/.venv/bin/ecsctl", "python", None, "'/my clone/.venv/bin/ecsctl'"),
        ("/clone/ecsctl/__main__.py", ".venv/bin/python", None, ".venv/bin/python -m ecsctl"),
        ("/clone/ecsctl/__main__.py", "python3", "/usr/local/bin/ecsctl", "python3 -m ecsctl"),
        ("/clone/.venv/bin/pytest", "python3", None, "ecsctl"),
    ],
)
def test_a_command_is_named_as_it_was_started(script: str, python: str, found: str | None, typed: str) -> None:
    assert copied.started(script, python, found) == typed


@pytest.mark.parametrize("said", [*(said for said, _ in SAID), "ecsctl init --force", "ecsctl sandbox start"])
def test_every_command_is_one_that_the_shell_finds(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(copied, "sandbox", False)
    monkeypatch.setattr(copied, "program", lambda: ".venv/bin/ecsctl")

    command = copied.copied(said)

    assert command.replace(".venv/bin/ecsctl", "ecsctl") == said
    assert command.count(".venv/bin/ecsctl") == said.count("ecsctl")


@pytest.mark.parametrize(
    "said", ["what ecsctl makes", "ecsctl works in no other account", "docs/ecsctl.toml", "repository ecsctl/hello"]
)
def test_where_the_program_is_spoken_of_it_keeps_its_name(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(copied, "program", lambda: ".venv/bin/ecsctl")

    assert copied.copied(said) == said


def test_programs_read_the_same_command_wherever_it_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copied, "program", lambda: ".venv/bin/ecsctl")
    monkeypatch.setattr(copied, "sandbox", True)

    assert copied.optioned("ecsctl down") == "ecsctl down --sandbox"
