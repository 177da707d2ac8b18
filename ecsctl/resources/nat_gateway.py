"""The way to the internet for what has no public address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.errors import Outlived
from ecsctl.ids import AllocationId, InternetGatewayId, NatGatewayId, SubnetId
from ecsctl.resources.support.common import only, tag_filter
from ecsctl.resources.support.rights import in_ec2

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import NatGatewayAddressTypeDef, NatGatewayTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses

TOKEN = "ecsctl:token"  # noqa: S105 - a tag's name: its value says which try made the gateway
ALIVE = ("pending", "available")


@dataclass(frozen=True)
class NatGatewayIds:
    """A NAT gateway's ids."""

    nat_gateway_id: NatGatewayId


@dataclass(frozen=True, kw_only=True)
class NatGateway(Resource[NatGatewayIds]):
    """A NAT gateway in a public subnet.

    The internet gateway must be attached before it is created: otherwise AWS answers 200, and the gateway fails
    afterwards (VPC User Guide, "Troubleshoot NAT gateways"). The subnet's route may come later: only traffic through it
    needs that.
    """

    kind = "nat-gateway"
    title = "NAT gateway"
    holds_until_gone = True
    usual_delete_seconds = 60.0
    hourly = 0.045  # "Amazon VPC pricing", without the traffic
    arns = "ec2:natgateway"
    usual_seconds = 105.0  # public logs: one and a half to two minutes
    limit_seconds = 900.0  # public logs: about two minutes to come, one to go
    disposable = True
    console = "{console}/vpcconsole/home?region={region}#NatGatewayDetails:natGatewayId={nat_gateway_id}"

    subnet: Fixed[SubnetId]
    allocation: Fixed[AllocationId]
    internet_gateway: Order[InternetGatewayId]

    def summary(self) -> str:
        """Says where it is."""
        return f"in {self.subnet}, with {self.allocation}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        return in_ec2(
            scope,
            creates="CreateNatGateway",
            changes="DeleteNatGateway",
            reads="DescribeNatGateways",
            inside=True,
        )

    def observe(self, aws: Aws, me: Label) -> Observed[NatGateway, NatGatewayIds] | None:
        """Read by its tags. While it is being deleted it still holds its address, so it counts as failed until then."""
        ours = [nat for nat in _listed(aws, me) if me.matches(flat(nat.get("Tags")))]
        alive = {_ids(nat): nat for nat in ours if nat["State"] in ALIVE}
        ids = only(alive, "NAT gateways", me)
        if ids is not None:
            return self._observed(alive[ids])
        lost = [nat for nat in ours if nat["State"] == "deleting" or (nat["State"] == "failed" and _is_of(nat, me))]
        return self._observed(lost[0]) if lost else None

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[NatGatewayIds]]:
        """One call for all of the app, until they are deleted.

        A failed one holds nothing, costs nothing and is dropped from the list by AWS within about an hour (VPC User
        Guide, "Troubleshoot NAT gateways"): it counts as gone already.
        """
        for nat in _listed(aws, me):
            if nat["State"] in (*ALIVE, "deleting"):
                yield Found(_ids(nat), flat(nat.get("Tags")))

    def create(self, aws: Aws, me: Label) -> NatGatewayIds:
        """The token makes a repeated call the same call; a new incarnation has a new one.

        Raises Outlived if the token made a gateway that is gone.
        """
        token = me.token(32)
        specification = me.specification("natgateway")
        specification[0]["Tags"].append({"Key": TOKEN, "Value": token})
        answer = aws.ec2.create_nat_gateway(
            SubnetId=self.subnet,
            AllocationId=self.allocation,
            ConnectivityType="public",
            ClientToken=token,
            TagSpecifications=specification,
        )
        if answer["NatGateway"]["State"] == "deleted":
            raise Outlived(f"the NAT gateway {answer['NatGateway']['NatGatewayId']} of this token is deleted")
        return _ids(answer["NatGateway"])

    def update(self, aws: Aws, me: Label, ids: NatGatewayIds, changed: frozenset[str]) -> None:
        """Only its tags can change."""
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.nat_gateway_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: NatGatewayIds) -> None:
        """It is gone within a minute, and releases its address then; routes through it stay, and lead nowhere."""
        aws.ec2.delete_nat_gateway(NatGatewayId=ids.nat_gateway_id)

    def _observed(self, nat: NatGatewayTypeDef) -> Observed[NatGateway, NatGatewayIds]:
        addresses = sorted(nat.get("NatGatewayAddresses", []), key=self._rank)
        actual = NatGateway(
            subnet=SubnetId(nat.get("SubnetId", "")),
            allocation=AllocationId(addresses[0].get("AllocationId", "") if addresses else ""),
            internet_gateway=self.internet_gateway,
        )
        state = nat["State"]
        failed = {"deleting": "it is being deleted", "failed": f"{nat.get('FailureCode')}: {nat.get('FailureMessage')}"}
        return Observed(
            _ids(nat),
            actual,
            flat(nat.get("Tags")),
            ready=state == "available",
            failed=failed.get(state, ""),
            note="" if state == "available" else state,
            since=nat.get("CreateTime"),
        )

    def _rank(self, address: NatGatewayAddressTypeDef) -> tuple[bool, bool]:
        """Ours first, then the primary one: AWS lists secondary addresses, which others may add, in no order."""
        return address.get("AllocationId") != self.allocation, not address.get("IsPrimary")


def _listed(aws: Aws, me: Label) -> list[NatGatewayTypeDef]:
    singular: dict[str, Any] = {"Filter": tag_filter(me)}  # boto3 spells it this way only here; its type stubs do not
    return aws.read(aws.ec2.describe_nat_gateways, **singular)["NatGateways"]


def _is_of(nat: NatGatewayTypeDef, me: Label) -> bool:
    """Whether it comes from the current try: failures of earlier tries stay listed."""
    return not me.nonce or flat(nat.get("Tags")).get(TOKEN) == me.token(32)


def _ids(nat: NatGatewayTypeDef) -> NatGatewayIds:
    return NatGatewayIds(NatGatewayId(nat["NatGatewayId"]))
