"""Single cases that the matrix does not cover, each named after what must hold. A check returns its failures."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.ec2.models import ec2_backends

from ecsctl.aws.patience import Clock
from ecsctl.errors import Locked, Refused
from ecsctl.sandbox.aws.ec2.time import Creations
from ecsctl.sandbox.core import overlay
from tests.crash.branch import Ended, branch
from tests.crash.faults import LASTING, LOST, PASSING, Killed, Make, Script
from tests.crash.matrix import Matrix
from tests.stack.conftest import ACCOUNT, REGION


def killed_after_the_vpc_was_made(matrix: Matrix) -> list[str]:
    """There is only ever one VPC, though the killed run's state file lacks its id and EC2 does not show it yet: the
    quota leaves no room for a second.
    """
    ec2 = matrix.world.boto("ec2")

    def case(make: Make, _clock: Clock, _folder: Path) -> None:
        make()
        others = []
        with suppress(ClientError):  # VpcLimitExceeded
            while True:
                others.append(ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])
        matrix.world.up()
        for other in others:
            ec2.delete_vpc(VpcId=other)
        matrix.must_be_up()

    return _at(matrix, matrix.world.up, "CreateVpc", case)


def a_gateway_that_shows_late_is_made_once(matrix: Matrix) -> list[str]:
    """The token in the killed run's journal makes the second call idempotent. EC2 lists a deleted gateway for an hour,
    so that a second one would be noticed.
    """
    creations = overlay.memory(ec2_backends[ACCOUNT][REGION], Creations).at

    def case(make: Make, clock: Clock, _folder: Path) -> None:
        first = make()["NatGateway"]["NatGatewayId"]
        creations[first] = clock.now() + 1e6  # not shown until it is asked for again

        def asked_again(make: Make, operation: str, clock: Clock) -> Any:
            answer = make()
            if operation == "CreateNatGateway":
                creations[first] = 0.0
            return answer

        matrix.world.script = Script(lambda _number, _different: asked_again)
        matrix.up_again()
        assert len(matrix.world.boto("ec2").describe_nat_gateways()["NatGateways"]) == 1

    return _at(matrix, matrix.world.up, "CreateNatGateway", case)


def a_second_run_in_the_folder_changes_nothing(matrix: Matrix) -> list[str]:
    """It is refused, since another run is in progress."""

    def case(_make: Make, _clock: Clock, folder: Path) -> None:
        os.chdir(folder)
        try:
            matrix.world.up()
        except Locked:
            assert matrix.world.changes == 0
        else:
            raise AssertionError("two runs at once")

    return _at(matrix, matrix.world.up, "CreateVpc", case)


def a_lost_answer_doubles_no_task_definition(matrix: Matrix) -> list[str]:
    """One call registers one revision."""
    return matrix.outlived(matrix.world.up, LOST, PASSING[LOST], matrix.must_be_up, (0, 1))


def an_aws_that_stays_broken_ends_the_run(matrix: Matrix) -> list[str]:
    """Every retry has a limit."""
    return matrix.ended(matrix.world.up, "500", LASTING["500 for good"], lambda: None, (20, 1000), reads=False)


def the_neighbour_outlives_a_down(matrix: Matrix) -> list[str]:
    """Resources of others are not deleted."""

    def body() -> None:
        matrix.world.up()
        matrix.down_again()

    return _failures(branch(body))


def what_is_handed_over_during_a_down_stays(matrix: Matrix) -> list[str]:
    """A resource whose tags change to another owner's after `down` has read it is not deleted."""
    world = matrix.world
    name = "/ecs/hello"

    def hand_over(make: Make, _operation: str, _clock: Clock) -> Any:
        logs = world.boto("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        ours = next(group for group in groups if group["logGroupName"] == name)
        logs.tag_resource(resourceArn=ours["logGroupArn"], tags={"ecsctl:id": "11111111-1111-4111-8111-111111111111"})
        return make()

    def body() -> None:
        world.up()
        world.struck(world.down, Script(lambda number, _: hand_over if number == 0 else None))
        left = world.boto("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        assert name in [group["logGroupName"] for group in left], "it was deleted"

    return _failures(branch(body))


def a_strangers_log_group_is_refused(matrix: Matrix) -> list[str]:
    """A log group of our name without our tags is neither used nor changed."""
    world = matrix.world

    def body() -> None:
        world.boto("logs").create_log_group(logGroupName="/ecs/hello")
        before = world.exact()
        with pytest.raises(Refused, match="app-logs"):
            world.up()
        assert world.exact() == before

    return _failures(branch(body))


def _at(matrix: Matrix, run: Callable[[], Any], operation: str, case: Callable[[Make, Clock, Path], Any]) -> list[str]:
    """Fork at the first change by this operation."""
    failures: list[str] = []
    done: list[str] = []

    def apply_fault(make: Make, this: str, clock: Clock) -> Any:
        if this == operation and not done:
            done.append(this)
            folder = Path.cwd()  # the run's own; the branch has a copy of it

            def body() -> None:
                matrix.world.script = Script()
                case(make, clock, folder)

            failures.extend(_failures(branch(body)))
            raise Killed  # the rest of the run shows nothing
        return make()

    def whole() -> list[str]:
        with suppress(Killed):
            matrix.world.struck(run, Script(lambda _number, _different: apply_fault))
        assert done, f"no {operation}"
        return failures

    ended = branch(whole)
    return ended.value if ended.value is not None else _failures(ended)


def _failures(ended: Ended) -> list[str]:
    return [ended.failure] if ended.failure else []
