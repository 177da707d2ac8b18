"""The proof is proven: each bug planted here is caught by the check that is there to catch it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine import attempt as attempts
from ecsctl.engine.label import Label
from ecsctl.engine.reconcile import Reconciler
from ecsctl.engine.state import State
from ecsctl.engine.state_file import Entry
from ecsctl.resources.task_definition import TaskDefinition
from ecsctl.resources.vpc import Vpc
from tests.crash import checks
from tests.crash.conftest import Struck
from tests.crash.matrix import Matrix
from tests.crash.table import Tally

pytestmark = pytest.mark.timeout(300)
Plant = Callable[[pytest.MonkeyPatch], None]


def no_adoption_by_tags(patch: pytest.MonkeyPatch) -> None:
    find = Vpc.find

    def only_recorded(aws: Any, me: Label) -> Any:
        state_file = Path(".ecsctl/state.json")
        known = state_file.read_text() if state_file.exists() else ""
        return (found for found in find(aws, me) if found.ids.vpc_id in known)

    patch.setattr(Vpc, "find", only_recorded)


def no_journal(patch: pytest.MonkeyPatch) -> None:
    def forgetful(self: State, name: str, kind: str, verb: str) -> str:
        self.book.entries.setdefault(name, Entry(kind=kind))
        return secrets.token_hex(16)

    patch.setattr(State, "begin", forgetful)


def written_after_the_change(patch: pytest.MonkeyPatch) -> None:
    begin, save = State.begin, State._save

    def begins_in_memory(self: State, name: str, kind: str, verb: str) -> str:
        patch.setattr(State, "_save", lambda _: None)
        try:
            return begin(self, name, kind, verb)
        finally:
            patch.setattr(State, "_save", save)

    patch.setattr(State, "begin", begins_in_memory)


def saved_only_at_the_end(patch: pytest.MonkeyPatch) -> None:
    save, locked = State._save, State.locked

    @contextmanager
    def then_save(self: State, command: str) -> Any:
        with locked(self, command):
            patch.setattr(State, "_save", lambda _: None)
            yield
            patch.setattr(State, "_save", save)
            save(self)

    patch.setattr(State, "locked", then_save)


def deletes_by_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Label, "owns", lambda self, tags: True)
    patch.setattr(Label, "matches", lambda self, tags: True)


def ownership_not_checked_again(patch: pytest.MonkeyPatch) -> None:
    def whoever_has_it(self: Reconciler, kind: Any, name: str) -> Any:
        with self.aws.uncached():
            found = self.patiently(lambda: list(kind.find(self.aws, self.label.of(name))))
        return [item for item in found if item.tags.get("ecsctl:resource") == name]

    patch.setattr(Reconciler, "_ours", whoever_has_it)


def blind_retry_of_a_create(patch: pytest.MonkeyPatch) -> None:
    create = TaskDefinition.create
    patch.setattr(
        TaskDefinition, "create", lambda self, aws, me: aws.patience.through(lambda: create(self, aws, me), what="it")
    )


def token_not_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Label, "token", lambda self, length=32: secrets.token_hex(32)[:length])


def lock_not_held(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def unlocked(self: State, command: str) -> Any:
        self.path.parent.mkdir(exist_ok=True)
        yield

    patch.setattr(State, "locked", unlocked)


def retries_without_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempts, "ATTEMPTS", 10**9)


def not_tagged_at_birth(patch: pytest.MonkeyPatch) -> None:
    tags = Label.tags.fget
    assert tags is not None
    patch.setattr(Label, "tags", property(lambda self: {} if self.resource == "vpc" and self.nonce else tags(self)))


def takes_a_stranger_for_ours(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Label, "matches", lambda self, tags: True)


BUGS: dict[Plant, Callable[[Matrix], list[str]]] = {
    no_adoption_by_tags: checks.killed_after_the_vpc_was_made,
    no_journal: checks.killed_after_the_vpc_was_made,
    written_after_the_change: checks.killed_after_the_vpc_was_made,
    saved_only_at_the_end: checks.killed_after_the_vpc_was_made,
    not_tagged_at_birth: checks.killed_after_the_vpc_was_made,
    deletes_by_name: checks.the_neighbour_outlives_a_down,
    ownership_not_checked_again: checks.what_is_handed_over_during_a_down_stays,
    blind_retry_of_a_create: checks.a_lost_answer_doubles_no_task_definition,
    token_not_kept: checks.a_gateway_that_shows_late_is_made_once,
    lock_not_held: checks.a_second_run_in_the_folder_changes_nothing,
    retries_without_limit: checks.an_aws_that_stays_broken_ends_the_run,
    takes_a_stranger_for_ours: checks.a_strangers_log_group_is_refused,
}


@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(struck: Struck, tally: Tally, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = Matrix(struck, Tally([]))
    plant(monkeypatch)
    caught = BUGS[plant](matrix) != []
    bug = plant.__name__.replace("_", " ")
    assert tally.add(f"planted: {bug}", "", "it is caught", [] if caught else [bug]) == []


@pytest.mark.parametrize("check", dict.fromkeys(BUGS.values()), ids=lambda check: check.__name__)
def test_without_a_bug_nothing_is_caught(struck: Struck, check: Callable[[Matrix], list[str]]) -> None:
    assert check(Matrix(struck, Tally([]))) == []
