"""Real processes, really killed: through a proxy before the sandbox's server."""

from __future__ import annotations

import dataclasses
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.server import process
from tests.crash.matrix import unlike
from tests.crash.proxy import DEATHS, PASSING, SIGNALS, proxied
from tests.crash.table import COMPLETE, EVERY, SEED, Tally

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
CHANGES = 60  # about as many as a clean `up` makes
HOLDS = {True: "that very process succeeds", False: "the same command again finishes"}
EXITS = {"Ctrl-C": {130}, "Ctrl-C twice": {130}, "SIGTERM": {130, 143}}


class Home:
    """A project's folder with a sandbox of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.as_new = folder, True
        shutil.copy(ROOT / "ecsctl.toml", folder)
        self.sandbox = process.start(folder / ".ecsctl", speed=1000.0)

    def account(self) -> Any:
        """All that is there, without ids; service-linked roles are AWS's own."""
        found = process._asked(self.sandbox, "GET", "/sandbox/snapshot?ids=false")
        assert found is not None
        found["aws"].pop("roles", None)
        return found

    def run(self, *words: str, through: str | None = None) -> subprocess.Popen[str]:
        sandbox = dataclasses.replace(self.sandbox, url=through or self.sandbox.url)
        return subprocess.Popen(
            [sys.executable, "-m", "ecsctl", *words], cwd=self.folder, text=True,
            env={**process.environment(sandbox), "PYTHONPATH": str(ROOT), "AWS_REGION": REGION},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def done(self, *words: str) -> str:
        """A run that ends well. Returns what it said."""
        running = self.run(*words)
        said, _ = running.communicate(timeout=120)
        assert running.returncode == 0, said
        return said


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Home]]:
    """The homes that were made, the last one in use."""
    made: list[Home] = []
    yield made
    for home in made:
        process.stop(home.folder / ".ecsctl")


@pytest.fixture
def home(homes: list[Home], tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home as new: one in which a case has ended well is, for that is what the case has shown."""
    if not homes or not homes[-1].as_new:
        homes.append(Home(tmp_path_factory.mktemp("home")))
    homes[-1].as_new = False
    return homes[-1]


def cases() -> list[Any]:
    """All classes at all changes; or, by the seed, one death, and one passing fault or one signal, at a change each."""
    groups = (DEATHS, PASSING, tuple(SIGNALS))
    if COMPLETE:
        chosen = [(what, at) for group in groups for what in group for at in range(SEED % EVERY, CHANGES, EVERY)]
    else:
        chance = random.Random(SEED)  # noqa: S311 - samples, guards nothing
        chosen = [(chance.choice(group), chance.randrange(CHANGES)) for group in (DEATHS, chance.choice(groups[1:]))]
    return [pytest.param(*one, id=" ".join(map(str, one))) for one in chosen]


@pytest.mark.parametrize(("what", "at"), cases())
def test_struck_processes_and_one_after_each_leave_what_they_should(
    home: Home, tally: Tally, what: str, at: int
) -> None:
    before = home.account()
    struck(home, what, at, "up")
    if what not in PASSING:
        home.done("up", "--yes")
    assert "nothing to change" in home.done("plan")
    tally.add(what, "up", HOLDS[what in PASSING], [])
    struck(home, what, at, "down", "--force")  # forced: the first build has put an image there
    if what not in PASSING:
        home.done("down", "--yes", "--force")
    left = unlike(before, home.account(), "account")
    assert tally.add(what, "down", HOLDS[what in PASSING], left) == []
    home.as_new = True


def struck(home: Home, what: str, at: int, *words: str) -> None:
    """A run that the fault happens to, which must end as it says."""
    with proxied(home.sandbox.url, what, at) as proxy:
        running = home.run(*words, "--yes", through=proxy.url)
        proxy.victim = running.pid
        said, _ = running.communicate(timeout=240)
    assert "Traceback" not in said
    assert "ghp_" not in said
    if not proxy.struck or what in PASSING:
        assert running.returncode == 0, said
    elif what in DEATHS:
        assert running.returncode == -9
    else:
        assert running.returncode in EXITS[what] | {0}, said  # 0: it was the last change of all
