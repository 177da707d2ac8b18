"""Quotas that a new network runs into, known before the first change: VPCs and elastic IP addresses of the region."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl.errors import Unreachable

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

VPCS, ADDRESSES = ("vpc", "L-F678F1CE"), ("ec2", "L-0263D0A3")  # Service Quotas: service and code


def reached(aws: Aws, *, addresses: int) -> tuple[str, ...]:
    """Say which quota leaves too little room for a VPC and this number of elastic IP addresses. One that cannot be read
    is left out.
    """
    vpcs = partial(_room, aws, VPCS, 1, lambda: aws.read(aws.ec2.describe_vpcs)["Vpcs"])
    found = [vpcs("VPCs", "name a VPC of yours (vpc.id)")]
    if addresses:
        taken = partial(_room, aws, ADDRESSES, addresses, lambda: aws.read(aws.ec2.describe_addresses)["Addresses"])
        found.append(taken("elastic IP addresses", 'set vpc.egress = "public", which takes none'))
    return tuple(filter(None, found))


def _room(
    aws: Aws, quota: tuple[str, str], needed: int, listed: Callable[[], Sequence[object]], what: str, otherwise: str
) -> str:
    most = _value(aws, *quota)
    if most is None or (used := len(listed())) + needed <= most:
        return ""
    return (
        f"the region has {used} of at most {most} {what}, and the app needs {needed} more: ecsctl up would stop there; "
        f"free some, ask for more in Service Quotas, or {otherwise}"
    )


def _value(aws: Aws, service: str, quota: str) -> int | None:
    try:
        answer = aws.read(aws.quotas.get_service_quota, ServiceCode=service, QuotaCode=quota)
    except (ClientError, Unreachable):  # it is only a warning
        return None
    value = answer["Quota"].get("Value")
    return None if value is None else int(value)
