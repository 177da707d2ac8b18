"""A small pipeline, and the logs it writes to, on the sandbox inside this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ecsctl.aws import Aws
from ecsctl.engine.patience import Patience
from ecsctl.sandbox.clock import Clock
from ecsctl.sandbox.inprocess import inprocess
from tests.sandbox.test_codepipeline import declare, document, stages
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
    iam = aws.client("iam")
    for name in ("codepipeline", "codebuild"):
        trust = document(Principal={"Service": f"{name}.amazonaws.com"}, Action="sts:AssumeRole")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    allow = document(Action="*", Resource="*")
    iam.put_role_policy(RoleName="codepipeline", PolicyName="all", PolicyDocument=allow)
    clock.sleep(60)
    aws.client("codebuild").create_project(
        name="orders-build",
        source={"type": "GITHUB", "location": "https://github.com/me/orders"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "ARM_CONTAINER",
            "image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole="arn:aws:iam::123456789012:role/codebuild",
    )

    def make(*approvals: Any) -> Any:
        role = "arn:aws:iam::123456789012:role/codepipeline"
        return aws.client("codepipeline").create_pipeline(pipeline=declare(role, stages=stages(*approvals)[:-1]))

    return make
