"""What the benchmarks make of a run's calls."""

from __future__ import annotations

import pytest

from benchmarks.critical import critical_path
from benchmarks.measures import depth
from benchmarks.proxy import Call
from ecsctl.sandbox.aws.ec2.time import LAG, NAT_PENDING
from ecsctl.sandbox.aws.ecs.task_stopping import DEPROVISIONING, LINGER, TERMINATION
from ecsctl.sandbox.aws.elbv2.time import PROVISIONING


def call(operation: str, began: float, ended: float, sent: str = "", answer: str = "", service: str = "ec2") -> Call:
    return Call(service, operation, began, ended, 200, sent, answer)


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
    assert sum(seconds for _, seconds in path) == pytest.approx(4 * 0.15 + (2 * LAG + NAT_PENDING) / 20.0)


def test_no_balancer_is_made_before_the_gateway_is_attached_and_ec2_alone_waits_until_ids_show() -> None:
    vpc, gateway, subnet = "vpc-0123456789abcdef0", "igw-0123456789abcdef0", "subnet-0123456789abcdef0"
    path = critical_path(
        [
            call("CreateVpc", 0.0, 0.15, answer=vpc),
            call("CreateInternetGateway", 0.1, 0.35, answer=gateway),
            call("CreateSubnet", 4.0, 4.15, sent=vpc, answer=subnet),
            call("AttachInternetGateway", 5.0, 5.15, sent=f"{vpc} {gateway}"),
            call("CreateLoadBalancer", 9.0, 9.15, sent=subnet, service="elasticloadbalancing"),
        ],
        speed=1.0,
    )
    assert path == [
        ("ec2 CreateInternetGateway", pytest.approx(0.25 + LAG)),
        ("ec2 AttachInternetGateway", pytest.approx(0.15)),
        ("elasticloadbalancing CreateLoadBalancer", pytest.approx(0.15 + PROVISIONING)),
    ]


def test_a_service_is_gone_when_its_tasks_are_whenever_that_was_asked() -> None:
    delay = "<member><Key>deregistration_delay.timeout_seconds</Key><Value>30</Value></member>"
    path = critical_path(
        [
            call("DescribeTargetGroupAttributes", 0.0, 0.08, answer=delay, service="elasticloadbalancing"),
            call("DeleteService", 0.1, 0.25, answer='"status":"DRAINING"', service="ecs"),
            call("DescribeServices", 20.0, 20.08, answer='"status":"DRAINING"', service="ecs"),
            call("DescribeServices", 60.0, 60.08, answer='"status":"INACTIVE"', service="ecs"),
            call("DeleteSubnet", 90.0, 90.15),
        ],
        speed=1.0,
    )
    assert path == [
        ("ecs DeleteService", pytest.approx(0.15 + 30 + TERMINATION + DEPROVISIONING + LINGER)),
        ("ec2 DeleteSubnet", pytest.approx(0.15)),
    ]


def test_a_pipeline_does_not_wait_for_the_end_of_a_deployment() -> None:
    steady = (
        '{"services": [{"createdAt": 1.0, "events": [{"createdAt": 51.0, "message": "has reached a steady state."}]}]}'
    )
    path = critical_path(
        [
            call("CreateService", 0.0, 0.15, service="ecs"),
            call("CreatePipeline", 0.2, 0.35, service="codepipeline"),
            call("DescribeServices", 52.0, 52.08, answer=steady, service="ecs"),
        ],
        speed=1.0,
    )
    assert path == [("ecs CreateService", pytest.approx(0.15 + 50))]
