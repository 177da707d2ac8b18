"""What is of use before it is ready."""

from __future__ import annotations

from ecsctl.engine.events import Done, Ready
from ecsctl.engine.stack import Stack
from tests.engine.conftest import Run
from tests.engine.toys import Ball, Cloud, Early


def test_dependents_of_an_early_resource_start_before_it_is_ready_and_the_run_waits_for_it(
    run: Run, cloud: Cloud
) -> None:
    cloud.slow = 100.0
    stack = Stack()
    box = stack.ensure("box", Early())
    stack.ensure("ball", Ball(name="ball", box=box.box))
    run.up(stack)
    events = [(type(event), event.name) for event in run.events if isinstance(event, Done | Ready)]
    assert events[0] == (Done, "box")
    assert set(events[1:]) == {(Done, "ball"), (Ready, "box")}, "neither waits for the other"
    assert cloud.clock.now() - cloud.things[0].created_at >= cloud.slow
