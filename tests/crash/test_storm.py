"""A whole life of the stack while AWS has hardly any time for it: each command ends well in one run."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.account import gathering, prepared
from ecsctl.aws.codes import code, is_throttled
from ecsctl.aws.rates import RATES
from ecsctl.engine import walk
from ecsctl.sandbox.core import congestion
from tests.crash.conftest import AtOnce
from tests.stack.conftest import World, same

SHARE = 0.05  # of the requests that AWS allows


@pytest.mark.filterwarnings("ignore:.*does not match an error shape")
def test_up_plan_and_down_succeed_while_most_calls_are_throttled(world: World) -> None:
    refused: dict[str, int] = {}

    def heard(service: str, _name: str, _seconds: float, failure: BaseException | None, _with: dict[str, Any]) -> None:
        if failure is not None and (is_throttled(failure) or code(failure) == "503"):
            refused[service] = refused.get(service, 0) + 1

    before = world.exact()
    congestion.throttle(SHARE)
    congestion.refuse_overlaps()
    world.heard = heard
    world.up()
    assert world.plan().work == ()
    world.down()
    congestion.throttle(0)
    same(before, world.exact())
    assert {"ec2", "ecs", "elbv2", "iam"} <= refused.keys()  # dozens of calls each; of the others it is chance


@pytest.mark.filterwarnings("ignore:.*does not match an error shape")
def test_a_run_alone_stays_within_the_rates_that_aws_documents(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one thread: time stands still but where somebody sleeps, so that others' calls, kept back by a busy machine,
    would arrive all at once. How many threads keep to a rate together: tests/aws/test_rates.py.
    """
    for module in (walk, gathering, prepared):
        monkeypatch.setattr(module, "ThreadPoolExecutor", AtOnce)
    refused: list[str] = []

    def heard(service: str, name: str, _seconds: float, failure: BaseException | None, _with: dict[str, Any]) -> None:
        if failure is not None and is_throttled(failure):
            refused.append(f"{service} {name}")

    congestion.throttle()
    world.heard = heard
    for run in (world.up, world.plan, world.down):
        run()
        world.clock.sleep(60)  # a run knows of no calls but its own
    congestion.throttle(0)
    documented = {name.partition(" ")[0] for name in RATES}
    assert [call for call in refused if call.partition(" ")[0] in documented - {"acm"}] == []  # ACM's are per operation
