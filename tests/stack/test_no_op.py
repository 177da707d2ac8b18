"""What a run with nothing to change asks of AWS: how many calls, and how many of them after one another."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from ecsctl import prefetch
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.config import Config
from ecsctl.resources.support.our_roles import our_roles
from ecsctl.session import open_stack
from tests.stack.conftest import World, desired_stack, shared_session

QUIET = 0.4  # seconds in which nobody has begun a call: all that can be asked by now waits for an answer


class Rounds:
    """Answers in rounds: whoever asks waits until nobody else has anything to ask, and then all are answered."""

    def __init__(self) -> None:
        self.count, self.asked = 0, Counter[str]()
        self._waiting = 0
        self._gate = threading.Condition()
        self._news = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def wait(self, what: str) -> None:
        with self._gate:
            self.asked[what] += 1
            self._waiting += 1
            self._news.set()
            current = self.count
            while self.count == current and not self._over:
                self._gate.wait()

    def end(self) -> None:
        with self._gate:
            self._over = True
            self._gate.notify_all()
        self._news.set()
        self._thread.join()

    def _answer(self) -> None:
        while not self._over:
            self._news.clear()
            if self._news.wait(QUIET):
                continue
            with self._gate:
                if self._waiting:
                    self._waiting = 0
                    self.count += 1
                    self._gate.notify_all()


class Slow(Aws):
    """AWS whose answers come in rounds."""

    rounds: Rounds

    def _timed(self, call: Any, parameters: dict[str, Any], make: Callable[[], Any]) -> Any:
        self.rounds.wait(f"{call.service} {call.operation}")
        return super()._timed(call, parameters, make)


def test_a_run_with_nothing_to_change_asks_little_and_all_of_it_at_once(world: World) -> None:
    world.up()
    aws = Slow(Patience(world.clock), session=shared_session())
    aws.rounds, aws.read_only, aws.additions = Rounds(), True, False
    try:
        config = Config.model_validate(desired_stack())
        prefetch.start(aws, config.name, world.state_file, config)
        session = open_stack(aws, config, world.state_file)
        assert session.engine.plan(session.desired_stack).work == ()
    finally:
        aws.rounds.end()
    assert aws.rounds.count <= 3, aws.rounds.asked
    assert aws.rounds.asked.total() <= 60, aws.rounds.asked


def test_the_tags_of_all_roles_are_read_in_one_round(world: World) -> None:
    world.up()
    aws = Slow(Patience(world.clock), session=shared_session())
    aws.rounds = Rounds()
    try:
        assert len(list(our_roles(aws, world.open(desired_stack()).engine.label))) == 4
    finally:
        aws.rounds.end()
    assert aws.rounds.count == 2, "the list, and then their tags"


def test_without_a_record_or_configuration_nothing_is_asked_ahead(world: World) -> None:
    heard: list[str] = []
    world.heard = lambda service, operation, *_: heard.append(operation)
    aws = world.aws()
    prefetch.start(aws, "hello", world.state_file)
    aws.read(aws.sts.get_caller_identity)
    assert heard == ["get_caller_identity"]


def test_without_a_record_it_is_asked_ahead_what_the_apps_name_leads_to(world: World) -> None:
    heard: list[str] = []
    world.heard = lambda service, operation, *_: heard.append(operation)
    aws = world.aws()
    prefetch.start(aws, "hello", world.state_file, Config.model_validate(desired_stack()))
    for _ in range(1000):
        if {"describe_vpcs", "list_roles", "list_hosted_zones", "describe_images"} <= {*heard}:
            break
        time.sleep(0.01)
    else:
        raise AssertionError(f"only {heard}")
