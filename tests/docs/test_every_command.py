"""Every command of ecsctl on every page is run on the sandbox, by a person who answers what it asks."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecsctl.sandbox.core.clock import Clock
from tests.crash.branch import branch
from tests.docs import moments
from tests.docs.guide import TITLE, steps
from tests.docs.pages import COMMAND, DOCS, commands, fences, name, pages, prose, text
from tests.docs.rows import CHANGES, LOOKS, NOT_RUN, SERVER, Row
from tests.docs.shop import brought_up
from tests.stack.conftest import ACCOUNT, REGION

FOLLOWED = (*sorted((DOCS / "how-to").glob("*.md")), DOCS / "tutorial.md")  # as they stand, by tests of their own


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clock]:
    """An app with one of everything, and a second release."""
    with brought_up(tmp_path_factory.mktemp("everything") / "shop", moments.EVERYTHING) as clock:
        moments.released(clock)
        yield clock


def plain(command: str) -> str:
    """A command without what only a page has: the prompt, and a comment."""
    return re.sub(r"\s+#.*$", "", command.removeprefix("$ ")).replace(r"\|", "|")


def test_each_command_on_a_page_is_run_and_nothing_else() -> None:
    followed = {plain(step.line) for page in FOLLOWED for step in steps(page)}
    named: dict[str, list[str]] = defaultdict(list)
    for page in pages():
        for command in commands(page):
            if plain(command) not in followed:
                named[plain(command)].append(name(page))
    rows = {row.command for row in (*LOOKS, *CHANGES, *SERVER)}
    assert {command: where for command, where in named.items() if command not in rows} == {}, "no row in rows.py"
    assert rows - set(named) == set(), "no page names these any more"


def test_what_else_a_page_has_typed_is_known_not_to_be_run() -> None:
    lines = {line for page in pages() for line in others(page)}
    assert [line for line in lines if not line.startswith(tuple(NOT_RUN))] == []
    assert [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)] == []


def others(page: Path) -> Iterator[str]:
    """The lines for a shell that are no commands of ours, and that no test follows."""
    for fence in () if page in FOLLOWED else fences(page):
        if fence.word in ("sh", "console", "bash", "") and not TITLE.search(fence.about):
            for line in fence.text.replace("\\\n", " ").splitlines():
                if (fence.word != "console" or line.startswith("$ ")) and not COMMAND.match(line) and line != "done":
                    yield line.strip()
    yield from re.findall(r"\n\n    ((?:aws|cd|docker|git|make|pip|python3?|uv) .*)", prose(page))


def test_the_policies_that_a_loop_names_are_those_that_are_printed(everything: Clock) -> None:
    page = text(DOCS / "permissions.md")
    looped = re.search(r"for name in ([a-z -]+); do", page)
    assert looped

    def printed() -> list[str]:
        Path("ecsctl.toml").write_text('name = "shop"\n')
        return list(
            json.loads(moments.typed(everything, Row(f"ecsctl policy --account {ACCOUNT} --region {REGION}", ""))[1])
        )

    ended, failure = branch(printed)
    assert (ended, failure) == (looped[1].split(), "")


SAMPLES = {
    "config.md": ("two mistakes", ""),
    "init.md": ("new", "n"),
    "why.md": ("a release runs out of memory", ""),
}


@pytest.mark.parametrize("page", SAMPLES)
def test_what_a_page_shows_is_what_is_printed(everything: Clock, page: str) -> None:
    moment, answer = SAMPLES[page]
    shown = [step for step in steps(DOCS / page) if step.printed][-1]

    def body() -> str:
        moments.MOMENTS[moment](everything)
        code, printed = moments.typed(everything, Row(plain(shown.line), "", answer=answer))
        assert code == shown.code, printed
        return shown._replace(printed=tuple(map(alike, shown.printed))).unexpected(alike(printed)) and printed

    missing, failure = branch(body)
    assert (missing, failure) == ("", "")


def alike(line: str) -> str:
    """Without what differs each time: a task's id, the time of day, a revision's number."""
    return re.sub(r"(?<=task )[0-9a-f]{8}|\d\d:\d\d:\d\d(?= UTC)", "-", line)


def test_commands_that_only_read_print_what_their_pages_say(everything: Clock) -> None:
    found, failure = branch(lambda: moments.wrong(LOOKS, lambda row: moments.typed(everything, row)))
    assert not failure, failure
    assert not found, moments.told(found)


def test_commands_that_change_something_print_what_their_pages_say(everything: Clock) -> None:
    def run(row: Row) -> tuple[int, str]:
        def body() -> tuple[int, str]:
            moments.MOMENTS[row.moment](everything)
            return moments.typed(everything, row)

        ended, failure = branch(body)
        return (-1, failure) if failure else (ended[0], ended[1])

    found = moments.wrong(CHANGES, run)
    assert not found, moments.told(found)
