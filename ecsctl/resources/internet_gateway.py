"""The network's internet gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Found, Observed, Resource
from ecsctl.ids import InternetGatewayId, VpcId
from ecsctl.resources.support.common import only, tag_filter
from ecsctl.resources.support.rights import in_ec2

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import InternetGatewayTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class InternetGatewayIds:
    """An internet gateway's ids."""

    internet_gateway_id: InternetGatewayId


@dataclass(frozen=True, kw_only=True)
class InternetGateway(Resource[InternetGatewayIds]):
    """An internet gateway, attached to a VPC. It is created detached: attaching is a call of its own."""

    kind = "internet-gateway"
    title = "internet gateway"
    changed_by_delete = ("vpc",)
    answered = True
    arns = "ec2:internet-gateway"
    console = "{console}/vpcconsole/home?region={region}#InternetGateway:internetGatewayId={internet_gateway_id}"

    vpc: VpcId

    def summary(self) -> str:
        """The VPC that it is attached to."""
        return f"attached to {self.vpc}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        return in_ec2(
            scope,
            creates="CreateInternetGateway",
            changes="AttachInternetGateway DeleteInternetGateway DetachInternetGateway",
            reads="DescribeInternetGateways",
        )

    def observe(self, aws: Aws, me: Label) -> Observed[InternetGateway, InternetGatewayIds] | None:
        """Read by its tags, otherwise the one that is attached to the VPC: a VPC can have only one."""
        listed = aws.read(aws.ec2.describe_internet_gateways, Filters=tag_filter(me))["InternetGateways"]
        ours = {_ids(one): one for one in listed if me.matches(flat(one.get("Tags")))}
        ids = only(ours, "internet gateways", me)
        gateway = ours[ids] if ids else None if me.made else self._in_the_way(aws)
        if gateway is None:
            return None
        return Observed(
            _ids(gateway), InternetGateway(vpc=_attached_to(gateway) or VpcId("")), flat(gateway.get("Tags"))
        )

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[InternetGatewayIds]]:
        """One call for all internet gateways of the app, detached ones too."""
        for gateway in aws.read(aws.ec2.describe_internet_gateways, Filters=tag_filter(me))["InternetGateways"]:
            yield Found(_ids(gateway), flat(gateway.get("Tags")))

    def as_created(self) -> InternetGateway:
        """This resource, but attached to no VPC."""
        return replace(self, vpc=VpcId(""))

    def create(self, aws: Aws, me: Label) -> InternetGatewayIds:
        """No token prevents duplicates: the engine searches by tags before and after it."""
        answer = aws.ec2.create_internet_gateway(TagSpecifications=me.specification("internet-gateway"))
        return _ids(answer["InternetGateway"])

    def update(self, aws: Aws, me: Label, ids: InternetGatewayIds, changed: frozenset[str]) -> None:
        """Attach it, detaching it from another VPC if necessary."""
        if "vpc" in changed:
            if not me.made:
                _detach(aws, ids, but=self.vpc)
            aws.ec2.attach_internet_gateway(InternetGatewayId=ids.internet_gateway_id, VpcId=self.vpc)
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.internet_gateway_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: InternetGatewayIds) -> None:
        """AWS refuses to detach it while anything in the VPC has a public address."""
        _detach(aws, ids)
        aws.ec2.delete_internet_gateway(InternetGatewayId=ids.internet_gateway_id)

    def _in_the_way(self, aws: Aws) -> InternetGatewayTypeDef | None:
        everyone = aws.read(aws.ec2.describe_internet_gateways)["InternetGateways"]
        return next((gateway for gateway in everyone if _attached_to(gateway) == self.vpc), None)


def _detach(aws: Aws, ids: InternetGatewayIds, but: VpcId | None = None) -> None:
    answer = aws.ec2.describe_internet_gateways(InternetGatewayIds=[ids.internet_gateway_id])
    vpc = _attached_to(answer["InternetGateways"][0])
    if vpc and vpc != but:
        aws.ec2.detach_internet_gateway(InternetGatewayId=ids.internet_gateway_id, VpcId=vpc)


def _attached_to(gateway: InternetGatewayTypeDef) -> VpcId | None:
    return next((VpcId(attachment["VpcId"]) for attachment in gateway.get("Attachments", [])), None)


def _ids(gateway: InternetGatewayTypeDef) -> InternetGatewayIds:
    return InternetGatewayIds(InternetGatewayId(gateway["InternetGatewayId"]))
