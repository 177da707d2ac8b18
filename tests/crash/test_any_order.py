"""Ups, downs, edits, drift, deaths, lost state files and look-alikes in any order: the promises hold throughout."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from ecsctl.errors import Locked
from tests.crash.conftest import a_struck_world
from tests.crash.faults import DEATHS, Fault, Killed, Script
from tests.crash.matrix import unlike
from tests.crash.table import COMPLETE, SEED
from tests.stack.conftest import desired_stack

STATE_FILE = Path(".ecsctl/state.json")
GREETINGS = st.sampled_from(["hello", "hi", "good day"])


class AnyOrder(RuleBasedStateMachine):
    """One app's life, and a neighbour's."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="any-order-"))
        self.world = self.stack.enter_context(a_struck_world(self.folder))
        self.before = self.world.exact()
        self.greeting = "hello"
        self.strangers = 0

    def teardown(self) -> None:
        """Whatever has happened, `down` alone leaves what was there before."""
        try:
            self.world.clock.sleep(120.0)
            self.world.down()
            assert unlike(self.before, self.world.exact(), "account") == []
            assert not self.world.state_file.exists()
        finally:
            self.stack.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def configured(self) -> dict[str, Any]:
        return desired_stack(service={"desired_count": 2, "environment": {"GREETING": self.greeting}})

    @rule()
    def up(self) -> None:
        """One plain run makes all of it right, and a second finds nothing to do."""
        self.world.up(self.configured())
        before = self.world.exact()
        assert self.world.up(self.configured()).work == ()
        assert self.world.changes == 0
        assert unlike(before, self.world.exact(), "account") == []
        definition = self.world.boto("ecs").describe_task_definition(taskDefinition="hello")["taskDefinition"]
        assert {"name": "GREETING", "value": self.greeting} in definition["containerDefinitions"][0]["environment"]

    @rule()
    def down(self) -> None:
        self.world.down()
        assert unlike(self.before, self.world.exact(), "account") == []

    @rule(greeting=GREETINGS)
    def edit(self, greeting: str) -> None:
        self.greeting = greeting

    @rule(number=st.integers(0, 60), death=st.sampled_from(sorted(DEATHS)), going_up=st.booleans())
    def die(self, number: int, death: str, going_up: bool) -> None:
        """The process is dead from there on; the state file stays as it is."""

        def fault_at(this: int, _different: int | None) -> Fault | None:
            return DEATHS[death] if this == number else None

        script = Script(fault_at, lasting=DEATHS["killed before"], since=number + 1)
        with suppress(Killed):
            self.world.struck(*((self.world.up, script, self.configured()) if going_up else (self.world.down, script)))

    @precondition(lambda self: STATE_FILE.exists())
    @rule()
    def lose_the_state_file(self) -> None:
        """Late enough for AWS to show all that was made: before, only the state file knows of it."""
        self.world.clock.sleep(120.0)
        shutil.rmtree(STATE_FILE.parent)

    @rule()
    def drift(self) -> None:
        """Someone changes what is ours."""
        logs = self.world.boto("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix="/ecs/hello")["logGroups"]  # the look-alikes', too
        if any(group["logGroupName"] == "/ecs/hello" for group in groups):
            logs.put_retention_policy(logGroupName="/ecs/hello", retentionInDays=1)

    @rule()
    def a_look_alike_appears(self) -> None:
        """It becomes a part of what must never change."""
        self.strangers += 1
        mine = self.world.boto("logs").describe_log_groups()["logGroups"]
        name = f"/ecs/hello-{self.strangers + 2}"
        self.world.boto("logs").create_log_group(logGroupName=name, tags={"ecsctl:app": "hello-3", "owner": "them"})
        made = [one for one in self.world.exact()["eu-central-1"]["log groups"] if one["id"] == name]
        assert len(mine) + 1 == len(self.world.boto("logs").describe_log_groups()["logGroups"])
        groups = self.before["eu-central-1"]["log groups"]
        self.before["eu-central-1"]["log groups"] = sorted([*groups, *made], key=json.dumps)

    @rule()
    def a_second_run_at_the_same_time(self) -> None:
        """It is refused as long as the first one works; a run with nothing to do needs no lock."""
        refused: list[bool] = []

        def fault_at(number: int, _different: int | None) -> Fault | None:
            return at_once if number == 0 else None

        def at_once(make: Any, _operation: str, _clock: Any) -> Any:
            script, self.world.script = self.world.script, Script()
            try:
                self.world.up(self.configured())
                refused.append(False)
            except Locked:
                refused.append(True)
            self.world.script = script
            return make()

        self.world.struck(self.world.up, Script(fault_at), self.configured())
        assert all(refused)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("chance", range(SEED, SEED + 6) if COMPLETE else [SEED])
def test_in_any_order_nothing_is_lost_doubled_or_touched(chance: int) -> None:
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", tempfile.gettempdir())
    few = settings(
        max_examples=10 if COMPLETE else 2,
        stateful_step_count=12 if COMPLETE else 7,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(chance)(AnyOrder), settings=few)
