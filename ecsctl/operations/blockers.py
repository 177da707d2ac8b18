"""What stands in the way of a `down` that failed: AWS's refusal names no names, so they are looked up here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.engine.label import APP, flat
from ecsctl.resources.common import tag_filter, where

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.engine.label import Label


def blockers(aws: Aws, me: Label) -> tuple[str, ...]:
    """In sentences: what lies in our VPCs and is not ours, and the interfaces that AWS has not released."""
    found: list[str] = []
    with aws.fresh():
        for vpc in aws.look(aws.ec2.describe_vpcs, Filters=tag_filter(me))["Vpcs"]:
            found += _inside(aws, me, vpc["VpcId"])
    return tuple(found)


def _inside(aws: Aws, me: Label, vpc: str) -> list[str]:
    within = where(vpc_id=vpc)
    found = []
    for one in aws.look(aws.ec2.describe_network_interfaces, Filters=within)["NetworkInterfaces"]:
        owner = one.get("RequesterId") or one.get("Attachment", {}).get("InstanceOwnerId") or one.get("OwnerId", "?")
        told = one.get("Description") or "without a description"
        found.append(f"network interface {one['NetworkInterfaceId']} ({told}), held by {owner}")
    for group in aws.look(aws.ec2.describe_security_groups, Filters=within)["SecurityGroups"]:
        if group["GroupName"] != "default" and flat(group.get("Tags")).get(APP) != me.app:
            found.append(f"security group {group['GroupId']} ({group['GroupName']}), which is not ours")
    for subnet in aws.look(aws.ec2.describe_subnets, Filters=within)["Subnets"]:
        if flat(subnet.get("Tags")).get(APP) != me.app:
            found.append(f"subnet {subnet['SubnetId']} ({subnet['CidrBlock']}), which is not ours")
    for endpoint in aws.look(aws.ec2.describe_vpc_endpoints, Filters=within)["VpcEndpoints"]:
        if flat(endpoint.get("Tags")).get(APP) != me.app:
            found.append(f"VPC endpoint {endpoint['VpcEndpointId']} ({endpoint['ServiceName']}), which is not ours")
    return found
