"""What the benchmarks make of a run's calls."""

from __future__ import annotations

import pytest

from benchmarks.critical import critical_path
from benchmarks.measures import depth
from benchmarks.proxy import Call
from ecsctl.sandbox.aws.ec2.nat import PENDING


def call(operation: str, began: float, ended: float, sent: str = "", answer: str = "") -> Call:
    return Call("ec2", operation, began, ended, 200, sent, answer)


def test_calls_at_the_same_time_are_one_round_trip() -> None:
    together = [call("DescribeVpcs", 0.0, 0.08), call("DescribeSubnets", 0.01, 0.09), call("DescribeRoutes", 0.02, 0.1)]
    assert depth(together) == 1
    assert depth([*together, call("DescribeAddresses", 0.1, 0.2)]) == 2
    assert depth([]) == 0


def test_the_critical_path_goes_along_the_ids_and_takes_what_aws_takes() -> None:
    vpc, subnet, nat = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0", "nat-0123456789abcdef0"
    path = critical_path(
        [
            call("CreateVpc", 0.0, 0.15, answer=vpc),
            call("CreateSecurityGroup", 0.2, 0.35, sent=vpc),
            call("CreateSubnet", 0.2, 0.35, sent=vpc, answer=subnet),
            call("DescribeSubnets", 0.4, 0.48, sent=vpc, answer=subnet),
            call("CreateNatGateway", 3.0, 3.15, sent=subnet, answer=nat),
            call("CreateRoute", 90.0, 90.15, sent=nat),
        ],
        speed=20.0,
    )
    assert [what for what, _ in path] == [
        "ec2 CreateVpc",
        "ec2 CreateSubnet",
        "ec2 CreateNatGateway",
        "ec2 CreateRoute",
    ]
    assert sum(seconds for _, seconds in path) == pytest.approx(4 * 0.15 + PENDING / 20.0)
