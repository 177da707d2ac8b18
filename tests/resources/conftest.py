import functools
from contextlib import contextmanager

import boto3
import pytest

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.engine.engine import Engine
from ecsctl.engine.label import Label
from ecsctl.engine.stack import Stack
from ecsctl.engine.state import State
from ecsctl.sandbox.server.inprocess import inprocess

REGION = "eu-central-1"
ACCOUNT = "123456789012"
APP = "shop"


class Died(BaseException):
    """The process is gone: nothing of ecsctl's may catch this."""


class Cloud:
    """The sandbox, and runs of the real engine on it. Every `up`, `plan` and `down` is a run of its own."""

    def __init__(self, clock, folder):
        self.clock, self.folder = clock, folder
        self.changes = 0  # changing calls of the last run
        self.owner = "ann"  # as asked for
        self._kinds = set()  # those composed so far: the others need not be searched for in every run

    def boto(self, service, region=REGION):
        """A plain client, for what others do to the account."""
        return _session().client(service, region_name=region)

    @property
    def aws(self):
        """AWS as a new run sees it."""
        return Aws(Patience(self.clock), session=_session())

    def label(self, part="", app=APP):
        return Label(app=app, id=self._state(app).book.id, account=ACCOUNT, region=REGION, resource=part)

    def plan(self, compose, app=APP):
        return self._run(app, lambda engine, stack: engine.plan(stack), compose)

    def up(self, compose, app=APP):
        return self._run(app, lambda engine, stack: engine.up(stack, agree=lambda _: None), compose)

    def down(self, app=APP):
        return self._run(app, lambda engine, _: engine.down(agree=lambda _: None))

    def see(self, part, desired, app=APP):
        """Returns what a fresh read shows of one resource."""
        return desired.observe(self.aws, self.label(part, app))

    def lose_state(self):
        for path in self.folder.iterdir():
            path.unlink()

    @contextmanager
    def dying_before(self, service, operation):
        """Within it, this call of ecsctl's never leaves: the run dies there. The block must make it."""

        def die(**_):
            raise Died

        events, event = self.aws.client(service).meta.events, f"before-call.{service}.{operation}"
        events.register(event, die)
        try:
            with pytest.raises(Died):
                yield
        finally:
            events.unregister(event, die)

    def _state(self, app):
        path = self.folder / f"{app}.json"
        return State.load(path, app=app, account=ACCOUNT, region=REGION, say=lambda _: None)

    def _run(self, app, act, compose=lambda _: None):
        from ecsctl.resources import kinds

        state, aws, stack = self._state(app), self.aws, Stack()
        label = Label(app=app, id=state.book.id, account=ACCOUNT, region=REGION, owner=self.owner)
        compose(stack)
        self._kinds |= {type(node.desired) for node in stack.nodes.values()}
        composed = tuple(kind for kind in kinds() if kind in self._kinds)
        try:
            return act(Engine(aws, state, label, composed or kinds()), stack)
        finally:
            self.changes = aws.changes


@functools.cache
def _session():
    return boto3.session.Session(region_name=REGION)


@pytest.fixture
def cloud(tmp_path):
    with inprocess() as clock:
        yield Cloud(clock, tmp_path)
