"""What `ecsctl why` says fixes a cause does fix it: the sandbox is broken, the printed way out is done, it is gone.

One account and one app for all cases of a process. Each way out of each cause is a case, but those that only show
more (`ecsctl logs`): they are typed too, and must work. That no cause is left out is held by
tests/why/test_every_cause.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecsctl.why import Cause
from tests.crash.conftest import some
from tests.long.fixed.case import Case
from tests.long.fixed.cases import CASES
from tests.long.fixed.tasks import well
from tests.why.person import HOUR, ORDINARY, Person, first, named, only_reads, somebody


class Account:
    """One account for all cases of a process, and another as soon as one is broken for good."""

    def __init__(self, folders: Callable[[], Path]) -> None:
        self.folders, self.open = folders, contextlib.ExitStack()
        self.person: Person | None = None

    def at_rest(self) -> Person:
        """Someone whose app runs, with nothing wrong and the ordinary configuration."""
        if self.person and _rests(self.person):
            return self.person
        self.open.close()
        self.person = self.open.enter_context(somebody(self.folders()))
        code, output = self.person.ecsctl("ecsctl up")
        assert code == 0, output
        self.person.push()
        return self.person


def _rests(person: Person) -> bool:
    well(person)
    changed = person.toml != ORDINARY
    person.write(ORDINARY)
    if changed or person.why().causes:
        person.push()
        person.ecsctl("ecsctl up")
        person.clock.sleep(HOUR)
    return person.why().causes == ()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    found = Account(lambda: tmp_path_factory.mktemp("app"))
    with found.open:
        yield found


@pytest.mark.parametrize("case", some(CASES, 10))
def test_each_printed_fix_ends_its_failure(account: Account, case: str) -> None:
    """Broken again for each; what only shows more is typed before the first that fixes."""
    name, fixed, number = case.partition(",")[0], CASES[case], 0
    while True:
        person = account.at_rest()
        found = broken(person, name, fixed)
        assert found.name == name, str(found)
        fixing = [way for n, way in enumerate(found.fix) if not only_reads(way) and n not in fixed.skips]
        if number == 0:
            assert fixing
            for way in filter(only_reads, found.fix):
                person.do(way, {}, None)
        values = {key: one(person) if callable(one) else one for key, one in fixed.values.items()}
        if fixed.passes:
            fixed.passes(person)
        person.do(fixing[number], values, fixed.hand)
        person.clock.sleep(HOUR)
        after = person.why()
        assert (after.healthy, [one for one in named(after) if one == name]) == (True, []), str(after)
        number += 1
        if number == len(fixing):
            break


def broken(person: Person, name: str, case: Case) -> Cause:
    """The first cause once the account is broken so."""
    if toml := case.toml(person) if callable(case.toml) else case.toml:
        person.write({**ORDINARY, **toml})
        code, said = person.ecsctl("ecsctl up")
        assert code == 0, said
        person.clock.sleep(HOUR / 2)
    case.breaks(person)
    found = person.why()
    named_so = [cause for cause in found.causes if cause.name == name]
    return named_so[0] if case.effect and named_so else first(found)
