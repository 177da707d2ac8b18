"""A run of the engine on the toy cloud."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.engine.engine import Engine
from ecsctl.engine.events import Event
from ecsctl.engine.label import Label
from ecsctl.engine.stack import Stack
from ecsctl.engine.state import State
from tests.engine.toys import KINDS, Ball, Box, Clock, Cloud


def no_session() -> NoReturn:
    raise AssertionError("a toy calls no AWS")


class ToyAws(Aws):
    """Describes what the toys need of AWS: the cloud, and the real bookkeeping of what is fresh."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(Patience(cloud.clock), session=no_session)
        self.cloud = cloud


class Run:
    """A fresh process, as far as the engine can tell: everything but the cloud and the disk is new."""

    def __init__(self, cloud: Cloud, state_file: Path, app: str = "shop") -> None:
        self.cloud, self.state_file, self.app = cloud, state_file, app
        self.events: list[Event] = []

    def engine(self) -> Engine:
        said: list[str] = []
        state = State.load(self.state_file, app=self.app, account="1", region="r", say=said.append)
        self.said = said
        label = Label(self.app, state.book.id, "1", "r", owner="me")
        return Engine(ToyAws(self.cloud), state, label, KINDS, emit=self.events.append)

    def up(self, stack: Stack, agree: Callable[[Any], None] = lambda plan: None) -> Any:
        before = len(self.cloud.calls)
        plan = self.engine().up(stack, agree=agree)
        return SimpleNamespace(plan=plan, calls=self.cloud.calls[before:])

    def plan(self, stack: Stack) -> Any:
        return self.engine().plan(stack)

    def down(self, **options: Any) -> Any:
        options.setdefault("agree", lambda plan: None)
        return self.engine().down(**options)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(Clock())


@pytest.fixture
def run(cloud: Cloud, tmp_path: Path) -> Run:
    return Run(cloud, tmp_path / ".ecsctl" / "state.json")


def toybox(colour: str = "red", weight: int = 1, size: int = 1) -> Stack:
    """A box and a ball in it."""
    stack = Stack()
    box = stack.ensure("box", Box(size=size, colour=colour))
    stack.ensure("ball", Ball(name="ball", box=box.box, weight=weight))
    return stack
