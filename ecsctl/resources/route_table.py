"""A route table: where the traffic of some subnets goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import InternetGatewayId, NatGatewayId, RouteTableId, SubnetId, VpcId
from ecsctl.resources.support.common import only, tag_filter, where
from ecsctl.resources.support.rights import in_ec2

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import RouteTableTypeDef, RouteTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses

EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class RouteTableIds:
    """A route table's ids."""

    route_table_id: RouteTableId


@dataclass(frozen=True, kw_only=True)
class RouteTable(Resource[RouteTableIds]):
    """A route table with its default route and the subnets that use it.

    The default route points to one of the two gateways; with neither it is left unchanged. Other routes, and other
    subnets that someone has associated, are not ours and are left alone.
    """

    kind = "route-table"
    title = "route table"
    changed_by_delete = ("subnets",)
    answered = True
    arns = "ec2:route-table"
    within = ("vpc",)
    inside = True
    independent_of = ("nat_gateway", "internet_gateway")  # a route to something deleted stays, and leads nowhere
    console = "{console}/vpcconsole/home?region={region}#RouteTableDetails:RouteTableId={route_table_id}"

    vpc: Fixed[VpcId]
    subnets: frozenset[SubnetId]
    internet_gateway: InternetGatewayId | None
    nat_gateway: NatGatewayId | None

    def summary(self) -> str:
        """Shows its default route, and for which subnets."""
        way = self.internet_gateway or self.nat_gateway or "nowhere"
        return f"0.0.0.0/0 → {way}, for {', '.join(sorted(self.subnets))}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        changes = "AssociateRouteTable CreateRoute DeleteRouteTable DisassociateRouteTable ReplaceRoute"
        return in_ec2(
            scope,
            creates="CreateRouteTable",
            changes=f"{changes} ReplaceRouteTableAssociation",
            reads="DescribeRouteTables",
            inside=True,
        )

    def observe(self, aws: Aws, me: Label) -> Observed[RouteTable, RouteTableIds] | None:
        """Read by its tags. A route whose target is gone (a "blackhole") counts as none."""
        ours = {_ids(table): table for table in _listed(aws, me) if me.matches(flat(table.get("Tags")))}
        ids = only(ours, "route tables", me)
        if ids is None:
            return None
        route = _default(ours[ids])
        works = route is not None and route["State"] == "active"
        gateway = route.get("GatewayId", "") if route is not None and works else ""
        nat = route.get("NatGatewayId", "") if route is not None and works else ""
        used_by = _subnets(ours[ids])
        others = ", ".join(sorted(used_by - self.subnets))
        actual = RouteTable(
            vpc=VpcId(ours[ids]["VpcId"]),
            subnets=used_by & self.subnets,
            internet_gateway=InternetGatewayId(gateway) if gateway.startswith("igw-") else None,
            nat_gateway=NatGatewayId(nat) if nat else None,
        )
        return Observed(ids, actual, flat(ours[ids].get("Tags")), note=f"used by {others} too" if others else "")

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[RouteTableIds]]:
        """One call for all route tables of the app."""
        for table in _listed(aws, me):
            yield Found(_ids(table), flat(table.get("Tags")))

    def as_created(self) -> RouteTable:
        """This resource, but without a default route, and used by no subnet."""
        return replace(self, subnets=frozenset(), internet_gateway=None, nat_gateway=None)

    def create(self, aws: Aws, me: Label) -> RouteTableIds:
        """The token makes a repeated call the same call."""
        answer = aws.ec2.create_route_table(
            VpcId=self.vpc, ClientToken=me.token(32), TagSpecifications=me.specification("route-table")
        )
        return _ids(answer["RouteTable"])

    def update(self, aws: Aws, me: Label, ids: RouteTableIds, changed: frozenset[str]) -> None:
        """The default route and each association have calls of their own, one for new and one for changed ones."""
        tables = [] if me.made else aws.ec2.describe_route_tables(Filters=where(vpc_id=self.vpc))["RouteTables"]
        table: RouteTableTypeDef = {}  # perhaps not shown yet, and then still as it was created
        table = next((one for one in tables if _ids(one) == ids), table)
        if changed & {"internet_gateway", "nat_gateway"}:
            route = aws.ec2.replace_route if _default(table) else aws.ec2.create_route
            if self.nat_gateway:
                route(RouteTableId=ids.route_table_id, DestinationCidrBlock=EVERYWHERE, NatGatewayId=self.nat_gateway)
            elif self.internet_gateway:
                route(RouteTableId=ids.route_table_id, DestinationCidrBlock=EVERYWHERE, GatewayId=self.internet_gateway)
        if missing := self.subnets - _subnets(table):
            self._associate(aws, ids, missing, tables)
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.route_table_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: RouteTableIds) -> None:
        """AWS refuses while a subnet uses it. The routes go with it."""
        for association in _now(aws, ids).get("Associations", []):
            if not association.get("Main"):
                aws.ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
        aws.ec2.delete_route_table(RouteTableId=ids.route_table_id)

    def _associate(
        self, aws: Aws, ids: RouteTableIds, subnets: frozenset[SubnetId], tables: list[RouteTableTypeDef]
    ) -> None:
        """A subnet uses one route table at a time: it is moved from the one that it used."""
        used = {
            association.get("SubnetId", ""): association["RouteTableAssociationId"]
            for table in tables
            for association in table.get("Associations", [])
        }
        for subnet in sorted(subnets):
            if subnet in used:
                aws.ec2.replace_route_table_association(AssociationId=used[subnet], RouteTableId=ids.route_table_id)
            else:
                aws.ec2.associate_route_table(SubnetId=subnet, RouteTableId=ids.route_table_id)


def _listed(aws: Aws, me: Label) -> list[RouteTableTypeDef]:
    return aws.read(aws.ec2.describe_route_tables, Filters=tag_filter(me))["RouteTables"]


def _now(aws: Aws, ids: RouteTableIds) -> RouteTableTypeDef:
    return aws.ec2.describe_route_tables(RouteTableIds=[ids.route_table_id])["RouteTables"][0]


def _default(table: RouteTableTypeDef) -> RouteTypeDef | None:
    routes = table.get("Routes", [])
    return next((route for route in routes if route.get("DestinationCidrBlock") == EVERYWHERE), None)


def _subnets(table: RouteTableTypeDef) -> frozenset[SubnetId]:
    """The subnets that use the table: AWS also lists those that are just leaving it."""
    return frozenset(
        SubnetId(association["SubnetId"])
        for association in table.get("Associations", [])
        if "SubnetId" in association and association.get("AssociationState", {}).get("State") != "disassociating"
    )


def _ids(table: RouteTableTypeDef) -> RouteTableIds:
    return RouteTableIds(RouteTableId(table["RouteTableId"]))
