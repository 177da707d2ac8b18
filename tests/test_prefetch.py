"""What is read ahead is shared as long as it is fresh enough for whoever asks, and no longer."""

from __future__ import annotations

import threading
import time
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience

SECONDS = 10.0  # until a test that waits in vain gives up


class Vpcs:
    """A client of EC2 whose list is answered, as it was when it was asked for, once the `gate` is open."""

    meta = SimpleNamespace(events=HierarchicalEmitter())

    def __init__(self) -> None:
        self.vpcs: list[str] = []
        self.asked = 0
        self.gate = threading.Event()
        self._count = threading.Condition()

    def can_paginate(self, _operation: str) -> bool:
        return False

    def describe_vpcs(self) -> dict[str, Any]:
        with self._count:
            shown = [*self.vpcs]
            self.asked += 1
            self._count.notify_all()
        assert self.gate.wait(SECONDS)
        return {"Vpcs": shown}

    def create_vpc(self, CidrBlock: str) -> dict[str, Any]:
        self.vpcs.append(CidrBlock)
        return {}

    def is_asked(self, times: int) -> bool:
        """Whether it is asked so often before long."""
        with self._count:
            return self._count.wait_for(lambda: self.asked >= times, SECONDS)


@pytest.fixture
def ec2() -> Vpcs:
    return Vpcs()


@pytest.fixture
def aws(ec2: Vpcs) -> Aws:
    session: Any = SimpleNamespace(client=lambda _service, **_options: ec2)
    return Aws(Patience(), session=session)


def test_who_asks_the_same_shares_the_answer_that_was_asked_for_ahead(aws: Aws, ec2: Vpcs) -> None:
    aws.ahead([partial(aws.read, aws.ec2.describe_vpcs)])
    assert ec2.is_asked(1)
    ec2.gate.set()
    assert aws.read(aws.ec2.describe_vpcs)["Vpcs"] == []
    assert ec2.asked == 1


def test_an_answer_that_was_asked_for_before_a_change_is_none_to_a_read_after_it(aws: Aws, ec2: Vpcs) -> None:
    aws.ahead([partial(aws.read, aws.ec2.describe_vpcs)])
    assert ec2.is_asked(1)
    aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")
    threading.Timer(0.1, ec2.gate.set).start()  # the old answer comes after the change, while the new one is awaited
    with aws.uncached():
        after: Any = aws.read(aws.ec2.describe_vpcs)["Vpcs"]
    assert after == ["10.0.0.0/16"]
    assert ec2.asked == 2
    assert aws.read(aws.ec2.describe_vpcs)["Vpcs"] == after  # and the older one has not taken its place
    assert ec2.asked == 2


def test_what_is_asked_ahead_is_no_older_than_the_thread_accepts_that_has_it_asked(aws: Aws, ec2: Vpcs) -> None:
    ec2.gate.set()
    assert aws.read(aws.ec2.describe_vpcs)["Vpcs"] == []
    aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")
    moment = time.monotonic()
    with aws.no_older_than(moment):
        aws.ahead([partial(aws.read, aws.ec2.describe_vpcs)])
    assert ec2.is_asked(2)
    with aws.no_older_than(moment):
        after: Any = aws.read(aws.ec2.describe_vpcs)["Vpcs"]
    assert after == ["10.0.0.0/16"]
    assert ec2.asked == 2
