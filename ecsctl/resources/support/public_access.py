"""VPC Block Public Access: an account, or its organization, may close all internet gateways of a region (VPC guide,
"Block public access to VPCs and subnets").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.resources.support.common import where

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

STANDS = ("create-complete", "update-in-progress", "update-complete", "update-failed")  # an exclusion that applies


def closed(aws: Aws, vpc: str, *, inward: bool, outward: bool) -> str:
    """What is closed of what is needed, in a sentence that says how to open it; empty if nothing is.

    `vpc`: its id, or empty for one that does not exist yet. `inward`: clients connect from the internet; `outward`: the
    tasks connect to it by the VPC's own gateways. An exclusion of single subnets counts as one of their VPC.
    """
    options = aws.read(aws.ec2.describe_vpc_block_public_access_options).get("VpcBlockPublicAccessOptions", {})
    mode = options.get("InternetGatewayBlockMode", "off")
    if mode == "off":
        return ""
    modes = _excluded(aws, vpc) if vpc else set()
    lost = [
        what
        for what, needed, shut in (
            ("nobody reaches the load balancer from the internet", inward, True),
            ("tasks do not reach the internet, nor AWS to pull their image", outward,
             mode == "block-bidirectional" and "allow-egress" not in modes),
        )
        if needed and shut and "allow-bidirectional" not in modes
    ]  # fmt: skip
    if not lost:
        return ""
    what = vpc or "the VPC that ecsctl makes"
    cure = (
        "only an administrator of the AWS organization can allow it"
        if options.get("ExclusionsAllowed") == "not-allowed"
        else f"aws ec2 create-vpc-block-public-access-exclusion --vpc-id {vpc or 'ID'} "
        "--internet-gateway-exclusion-mode allow-bidirectional"
    )
    return (
        f"VPC Block Public Access is on in this region ({mode}), and {what} is not excluded from it: "
        f"{', and '.join(lost)} ({cure})"
    )


def _excluded(aws: Aws, vpc: str) -> set[str]:
    """The modes of the exclusions of a VPC, or of subnets in it."""
    listed = aws.read(aws.ec2.describe_vpc_block_public_access_exclusions)["VpcBlockPublicAccessExclusions"]
    modes = {one.get("ResourceArn", "").rpartition("/")[2]: one.get("InternetGatewayExclusionMode", "")
             for one in listed if one.get("State") in STANDS}  # fmt: skip
    inside = [vpc]
    if subnets := sorted(one for one in modes if one.startswith("subnet-")):
        found = aws.read(aws.ec2.describe_subnets, Filters=where(subnet_id=subnets))["Subnets"]
        inside += [one["SubnetId"] for one in found if one["VpcId"] == vpc]
    return {modes[one] for one in inside if one in modes}
