"""A small pipeline, and the logs it writes to, on the sandbox inside this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.sandbox.codepipeline.declared import declare, prepared, stages
from tests.stack.conftest import shared_session


@pytest.fixture
def clock() -> Iterator[Clock]:
    with inprocess() as clock:
        yield clock


@pytest.fixture
def aws(clock: Clock) -> Aws:
    return Aws(Patience(clock), session=shared_session())


@pytest.fixture
def made(aws: Aws, clock: Clock) -> Callable[..., Any]:
    """Make the pipeline "orders", with these approvals after its build, and no deployment. It runs at once."""
    role = prepared(aws.client, clock)

    def make(*approvals: Any) -> Any:
        return aws.client("codepipeline").create_pipeline(pipeline=declare(role, stages=stages(*approvals)[:-1]))

    return make
