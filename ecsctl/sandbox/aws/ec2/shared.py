"""A network that another account shares (AWS RAM): what a participant sees of it, and may make in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC
from moto.ec2.responses import EC2Response

from ecsctl.sandbox.core import overlay, script


@dataclass
class _Shared:
    """The owners of the VPCs that are not the account's own, by the VPC's id."""

    owners: dict[str, str] = field(default_factory=dict)


@script.switch
def share_network(vpc_id: str, region: str, owner: str = "210987654321", account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Give a VPC and its subnets to another account, which shares them with this one."""
    overlay.memory(ec2_backends[account_id][region], _Shared).owners[vpc_id] = owner


def _owner(thing: Any) -> str:
    account: str = thing.ec2_backend.account_id
    vpc = thing.id if isinstance(thing, VPC) else thing.vpc_id
    return overlay.memory(thing.ec2_backend, _Shared).owners.get(vpc, account)


VPC.owner_id = Subnet.owner_id = property(_owner)  # type: ignore[assignment,method-assign] # moto's is always the account


def _hidden(original: Callable[..., Any], self: EC2Response, of: Callable[[Any], str]) -> Any:
    """Leave out what belongs to a shared VPC."""
    answer: Any = original()
    owners = overlay.memory(self.ec2_backend, _Shared).owners
    if not owners:
        return answer
    result = {key: [one for one in held if of(one) not in owners] if isinstance(held, list) else held
              for key, held in answer.result.items()}  # fmt: skip
    return ActionResult(result)


@overlay.wraps(EC2Response)
def describe_vpc_endpoints(original: Any, self: EC2Response) -> Any:
    """A participant cannot describe the endpoints in subnets that are shared with it, only use them (AWS PrivateLink
    guide, "Shared subnets").
    """
    return _hidden(original, self, lambda one: one.vpc_id)


@overlay.wraps(EC2Response)
def describe_internet_gateways(original: Any, self: EC2Response) -> Any:
    """A participant does not see the owner's gateways (VPC guide, "Responsibilities and permissions for owners and
    participants").
    """
    return _hidden(original, self, lambda one: one.vpc.id if one.vpc else "")


def _refusing(operation: str) -> Callable[..., Any]:
    def refuse(original: Any, self: EC2Response) -> Any:
        """Refuse a participant, in the words of ekristen/aws-nuke#497."""
        if self._get_param("VpcId") in overlay.memory(self.ec2_backend, _Shared).owners:
            message = f"You are not authorized to perform {operation} operation. A subnet in this vpc is shared but the"
            raise overlay.Refusal("UnauthorizedOperation", f"{message} provided object is not owned by you")
        return original()

    return refuse


for _name, _operation in (("create_vpc_endpoint", "CreateVpcEndpoint"), ("create_network_acl", "CreateNetworkAcl"),
                          ("delete_vpc", "DeleteVpc")):  # fmt: skip
    overlay.wraps(EC2Response, _name)(_refusing(_operation))
