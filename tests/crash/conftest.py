"""A world in which faults happen to the calls of a run, with another app's resources in the account. It uses one
thread, a coarse clock, and no fsync.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from moto.core.utils import get_service_model

from ecsctl.aws import patience
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.engine import walk
from ecsctl.engine.plan import Plan
from ecsctl.sandbox.core.constraints import model_of
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.sandbox.snapshot.ids import without_ids
from ecsctl.sandbox.snapshot.taking import SERVICES, _sorted, snapshot
from ecsctl.session import Session
from tests.crash.faults import Faulty, Script
from tests.crash.neighbour import move_in
from tests.crash.stacks import STACKS, USUAL
from tests.crash.table import COMPLETE, SEED, Tally, cases_of, kept, put_into, tables
from tests.stack.conftest import REGION, World, _without_aws_own, shared_session
from tests.stack.conftest import world as world  # a fixture
from tests.stack.theirs import theirs

REPORTING = "/aws/codebuild/hello-reporting"
ALONE = "service:hello_sender"
Part = tuple[int, int]  # (index, of): every `of`-th case, beginning at the index


def parts(of: int) -> list[Any]:
    """Split all cases over this many tests."""
    return [pytest.param((index, of), id=f"{index + 1} of {of}") for index in range(of)]


def sample(of: int) -> list[Any]:
    """One of this many parts, chosen by the seed; in the complete matrix all cases, in fewer parts."""
    return parts(8) if COMPLETE else [parts(of)[SEED % of]]


def some(cases: Any, count: int) -> list[Any]:
    """This many of the cases, chosen by the seed; all of them in the complete matrix."""
    every = list(cases)
    return every if COMPLETE else [every[(SEED + index * len(every) // count) % len(every)] for index in range(count)]


def over(stack: str, parts: list[Any]) -> list[Any]:
    """Those parts, of the proof that goes over this stack."""
    return [pytest.param(stack, *one.values, id=f"{stack}, {one.id}") for one in parts]


class AtOnce:
    """An executor that runs each task immediately in the calling thread, since a fork copies only the thread that
    forks.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take what a pool takes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def map(self, work: Callable[..., Any], *each: Any) -> list[Any]:
        return list(map(work, *each))

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*arguments))
        except BaseException as error:  # noqa: BLE001 - as a pool does
            done.set_exception(error)
        return done


class Struck(World):
    """A world in which the faults of `script` happen to the next run; the state file is in the current folder."""

    script: Script
    stack = "usual"
    configured = USUAL

    def over(self, stack: str) -> Self:
        """The same with another stack to bring up; what that needs of the user's is there from now on."""
        self.stack = stack
        [self.configured] = theirs(self, STACKS[stack])
        for url in self.boto("sqs").list_queues().get("QueueUrls", ()):
            self.boto("sqs").send_message(QueueUrl=url, MessageBody="one that nobody takes")
        return self

    def open(self, configured: dict[str, Any] | None = None, *more: Any) -> Session:
        return super().open(self.configured if configured is None else configured, *more)

    def aws(self) -> Aws:
        aws = Faulty(Patience(self.clock), session=shared_session(), heard=self.heard)
        aws.script = self.script
        return aws

    def account(self) -> dict[str, Any]:
        """As ever, of the one region that all runs are in."""
        found: dict[str, Any] = _sorted(without_ids(self.exact()))
        return found

    def exact(self) -> dict[str, Any]:
        """As ever, of the one region that all runs are in."""
        return settled(_without_aws_own(snapshot(ids=True, regions=(REGION,))))

    def struck(self, run: Callable[..., Plan], script: Script, *arguments: Any) -> Plan:
        """Run once with the faults of the script; later runs have none."""
        self.script = script
        try:
            return run(*arguments)
        finally:
            self.script = Script()

    def written(self) -> dict[str, Any]:
        """The state file without what differs between two clean runs: kinds, names, and unfinished changes."""
        if not self.state_file.exists():
            return {}
        entries = json.loads(self.state_file.read_bytes())["entries"]
        return {
            name: [entry["kind"], entry["borrowed"], entry["ids"] is None, (entry["intent"] or {}).get("verb")]
            for name, entry in entries.items()
        }


def settled(account: dict[str, Any]) -> dict[str, Any]:
    """The account without what AWS chooses (the zone of a single task), and without what continues by itself: how often
    GitHub was notified of a pipeline run, and what an alarm has measured.
    """
    here = account.get(REGION, {})
    for alarm in here.get("alarms", ()):
        for key in [key for key in alarm if key.startswith("State")]:
            del alarm[key]
    for found in here.get("log groups", ()):
        if found["id"] == REPORTING:
            found.pop("streams", None)
    alone = [one for cluster in here.get("clusters", ()) for one in cluster["tasks"] if one.get("group") == ALONE]
    if alone:
        interfaces = set(re.findall(r"\beni-[0-9a-f]{17}\b", json.dumps(alone)))
        here["network interfaces"] = [one for one in here["network interfaces"] if one["id"] not in interfaces]
        for cluster in here["clusters"]:
            cluster["tasks"] = [one for one in cluster["tasks"] if one not in alone]
        for subnet in here["subnets"]:
            subnet.pop("AvailableIpAddressCount")
    return account


def coarsely(patch: pytest.MonkeyPatch) -> None:
    """Make a thousand runs affordable with shortcuts that do not weaken what they prove."""
    patch.setattr(patience, "FIRST", 6.0)  # fewer reads while waiting, on a clock that costs nothing
    patch.setattr(patience, "MOST", 60.0)
    patch.setattr(walk, "ThreadPoolExecutor", AtOnce)
    patch.setattr(os, "fsync", lambda _: None)  # who is killed loses nothing that was written


@contextmanager
def a_struck_world(folder: Path) -> Iterator[Struck]:
    """A world with a neighbour in it, whose state file is in `home`, a new folder that becomes the current one."""
    home = folder / "home"
    home.mkdir()
    for service in SERVICES:
        get_service_model(service)  # each branch would read it
        model_of(service)
    with pytest.MonkeyPatch.context() as patch, inprocess() as clock:
        coarsely(patch)
        patch.chdir(home)
        world = Struck(clock, Path())
        world.script = Script()
        move_in(world)
        yield world


@pytest.fixture
def struck(tmp_path: Path) -> Iterator[Struck]:
    with a_struck_world(tmp_path) as ours:
        yield ours


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    return Tally(request.node.user_properties)


CASES = Path(os.environ["CRASH_CASES"]) if "CRASH_CASES" in os.environ else None
_collected: set[str] = set()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With CRASH_CASES, skip what passed in an earlier run."""
    passed = {test for test, cases in kept(CASES).items() if not any(case[-1] for case in cases)}
    here = [item for item in items if "crash/" in item.nodeid]
    _collected.update(item.nodeid for item in here)
    again = [item for item in here if item.nodeid in passed]
    config.hook.pytest_deselected(items=again)
    items[:] = [item for item in items if item not in again]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(ids: list[str]) -> None:
    """The same if other processes collect the tests."""
    _collected.update(one for one in ids if "crash/" in one)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the tables, write them into the page that CRASH_TABLE names, and keep the cases in CRASH_CASES."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and "crash/" in report.nodeid
    ]
    if reports:
        cases = {**kept(CASES), **cases_of(reports)}
        written = tables(cases, whole=_collected <= cases.keys())
        terminalreporter.write_line("\n\n".join(written.values()))
        if CASES:
            CASES.write_text(json.dumps(cases))
        if page := os.environ.get("CRASH_TABLE"):
            put_into(Path(page), written)
