"""The whole stack on the sandbox inside this process: every run is a new one, as far as the code can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.config import Config
from ecsctl.engine.events import Event
from ecsctl.engine.plan import Plan
from ecsctl.engine.report import Report, reports
from ecsctl.engine.state import State
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.sandbox.snapshot.taking import differences, snapshot
from ecsctl.session import Session, open_app, open_stack
from tests.saved import once

T = TypeVar("T")

ACCOUNT, REGION = "123456789012", "eu-central-1"
_session: list[boto3.session.Session] = []


def shared_session() -> boto3.session.Session:
    """One boto3 session for all tests of a process: reading AWS's models again takes longer than the tests."""
    if not _session:
        _session.append(boto3.session.Session(region_name=REGION))
    return _session[0]


def desired_stack(**changed: Any) -> dict[str, Any]:
    """An ecsctl.toml with everything ordinary in it, as a dictionary; tables are merged, None takes one out."""
    base: dict[str, Any] = {
        "name": "hello",
        "domain": {"name": "hello.ecsctl.example"},
        "github": {"repository": "ecsctl/hello"},
        "service": {"environment": {"GREETING": "hello"}},
    }
    for key, value in changed.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = {**base.get(key, {}), **value} if isinstance(value, dict) else value
    return base


class World:
    """An account, a folder with a state file, and runs of ecsctl over them."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.state_file = clock, folder / ".ecsctl" / "state.json"
        self.events: list[Event] = []
        self.changes = 0  # changing calls of the last run
        self.heard: Callable[..., None] | None = None  # hears of every call of a run

    def aws(self) -> Aws:
        return Aws(Patience(self.clock), session=shared_session(), heard=self.heard)

    def boto(self, service: str) -> Any:
        return shared_session().client(service)  # type: ignore[call-overload]  # the name is a variable here

    def open(self, configured: dict[str, Any] | None = None, image: str = "") -> Session:
        config = Config.model_validate(desired_stack() if configured is None else configured)
        return open_stack(self.aws(), config, self.state_file, emit=self.events.append, image=image)

    def up(
        self,
        configured: dict[str, Any] | None = None,
        agree: Callable[[Plan], None] = lambda plan: None,
        image: str = "",
    ) -> Plan:
        session = self.open(configured, image)
        try:
            return session.engine.up(session.desired_stack, agree=agree)
        finally:
            self.changes = session.aws.changes

    def running(self, configured: dict[str, Any] | None = None, image: str = "") -> dict[str, Any]:
        """Leave a new account as a first `up` leaves it: most tests begin with that.

        Returns all that was in the account before.
        """

        def prepare() -> dict[str, Any]:
            before = self.exact()
            self.up(configured, image=image)
            return before

        return self.once(f"up {configured} {image}", prepare)

    def once(self, name: str, prepare: Callable[[], T]) -> T:
        """Leave a new account as `prepare` leaves it, and return what that returns. See `tests.saved.once`."""
        returned = once(name, self.clock, self.state_file.parent, prepare)
        self.events.clear()
        self.changes = 0
        return returned

    def plan(self, configured: dict[str, Any] | None = None) -> Plan:
        session = self.open(configured)
        session.aws.read_only = True
        return session.engine.plan(session.desired_stack)

    def down(self, app: str = "hello", **options: Any) -> Plan:
        options.setdefault("agree", lambda plan: None)
        session = open_app(self.aws(), app, self.state_file, emit=self.events.append)
        try:
            return session.engine.down(**options)
        finally:
            self.changes = session.aws.changes

    def deployment(self, id: str) -> None:
        """Begin the state file of a deployment with this id, so that two runs of it leave the same tags."""
        state = State.load(self.state_file, app="hello", account=ACCOUNT, region=REGION, say=print)
        state.adopt_id(id)
        state.begin("vpc", "vpc", "create")
        state.drop("vpc")

    def account(self) -> dict[str, Any]:
        """Everything in the account, without what differs from one clean run to the next."""
        return _without_aws_own(snapshot(ids=False))

    def exact(self) -> dict[str, Any]:
        """Everything in the account, with every id."""
        return _without_aws_own(snapshot(ids=True))


def reported(session: Session) -> list[Report]:
    """Returns what `status` shows of the stack."""
    plan, engine = session.engine.plan(session.desired_stack), session.engine
    return reports(plan, engine.observed, engine.kinds, session.state, session.identity, session.aws.at)


def _without_aws_own(account: dict[str, Any]) -> dict[str, Any]:
    """The account without service-linked roles: AWS makes them at a service's first use, for all, and for good."""
    roles = [role for role in account["aws"].get("roles", []) if "/aws-service-role/" not in role["Arn"]]
    rest = {kind: found for kind, found in account["aws"].items() if kind != "roles"}
    return {**account, "aws": {**rest, **({"roles": roles} if roles else {})}}


def same(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Fail with what differs."""
    assert differences(before, after) == []


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with inprocess() as clock:
        yield World(clock, tmp_path)
