"""VPC Block Public Access, for a region of an account, and what is excluded from it (VPC guide, "Block public access to
VPCs and subnets").
"""

from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC
from moto.ec2.responses import EC2Response

from ecsctl.sandbox.core import overlay, script

MODES = ("off", "block-bidirectional", "block-ingress")


@dataclass
class _Access:
    mode: str = "off"
    managed: str = "account"  # or by declarative-policy, of the organization
    exclusions: dict[str, str] = field(default_factory=dict)  # modes, by the VPC's id


@script.switch
def block_public_access(mode: str, region: str, managed: str = "account", account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Close the internet gateways of a region in both directions, or only inward; `off` opens them."""
    if mode not in MODES:
        raise script.ScriptError(f"there are the modes {', '.join(MODES)}")
    held = _access(ec2_backends[account_id][region])
    held.mode, held.managed = mode, managed


def _access(backend: Any) -> _Access:
    return overlay.memory(backend, _Access)


def blocks_egress(backend: Any, vpc: str) -> bool:
    """Whether nothing in this VPC reaches the internet through an internet gateway, or a NAT gateway behind it."""
    held = _access(backend)
    return held.mode == "block-bidirectional" and vpc not in held.exclusions


@overlay.adds(EC2Response)
def describe_vpc_block_public_access_options(self: EC2Response) -> ActionResult:
    """Describe the mode of the region."""
    held = _access(self.ec2_backend)
    allowed = "allowed" if held.managed == "account" else "not-allowed"
    return ActionResult({"VpcBlockPublicAccessOptions": {
        "AwsAccountId": self.current_account, "AwsRegion": self.region, "InternetGatewayBlockMode": held.mode,
        "State": "default-state" if held.mode == "off" else "update-complete", "ManagedBy": held.managed,
        "ExclusionsAllowed": allowed}})  # fmt: skip


@overlay.adds(EC2Response)
def describe_vpc_block_public_access_exclusions(self: EC2Response) -> ActionResult:
    """List what is excluded."""
    held = _access(self.ec2_backend).exclusions
    return ActionResult({"VpcBlockPublicAccessExclusions": [_exclusion(self, vpc, mode) for vpc, mode in held.items()]})


@overlay.adds(EC2Response)
def create_vpc_block_public_access_exclusion(self: EC2Response) -> ActionResult:
    """Exclude a VPC; only as a whole here."""
    vpc, mode = self._get_param("VpcId"), self._get_param("InternetGatewayExclusionMode")
    self.ec2_backend.get_vpc(vpc)
    _access(self.ec2_backend).exclusions[vpc] = mode
    return ActionResult({"VpcBlockPublicAccessExclusion": _exclusion(self, vpc, mode)})


def _exclusion(response: EC2Response, vpc: str, mode: str) -> dict[str, str]:
    place = f"arn:{response.partition}:ec2:{response.region}:{response.current_account}"
    return {
        "ExclusionId": f"vpcbpa-exclude-{vpc.removeprefix('vpc-')}",
        "InternetGatewayExclusionMode": mode,
        "ResourceArn": f"{place}:vpc/{vpc}",
        "State": "create-complete",
    }


def _states(thing: Any) -> dict[str, str]:
    held = _access(thing.ec2_backend)
    vpc = thing.id if isinstance(thing, VPC) else thing.vpc_id
    return {"InternetGatewayBlockMode": "off" if vpc in held.exclusions else held.mode}


VPC.block_public_access_states = Subnet.block_public_access_states = property(_states)  # type: ignore[attr-defined] # moto has none; AWS has
