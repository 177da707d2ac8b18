"""Whether an existing network can carry the app: pure checks of EC2's answers.

Only what is certain to fail is refused. What cannot be read from here (a shared VPC's gateway, a firewall in between,
endpoints in another VPC) is assumed to work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING

from ecsctl.engine.label import flat
from ecsctl.resources.support.network_acls import shut

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        NetworkAclTypeDef,
        RouteTableTypeDef,
        RouteTypeDef,
        SubnetTypeDef,
        VpcEndpointTypeDef,
    )

BALANCER_NEEDS = 8  # free addresses in each subnet (ELB guide, "Subnets for your load balancer"), and a /27 at least
EVERYWHERE = IPv4Network("0.0.0.0/0")
TARGETS = ("GatewayId NatGatewayId TransitGatewayId VpcPeeringConnectionId NetworkInterfaceId InstanceId "
           "EgressOnlyInternetGatewayId LocalGatewayId CarrierGatewayId CoreNetworkArn").split()  # fmt: skip
PRIVATE = ("nat-", "tgw-", "pcx-", "vgw-", "eigw-")  # no inbound connections from the internet
REMOTE = ("tgw-", "pcx-", "vgw-", "arn:")  # another network, which may have what this one lacks


@dataclass(frozen=True)
class Unfit:
    """One reason why it cannot work: what was found, and what to do about it."""

    found: str
    cure: str


@dataclass(frozen=True)
class Need:
    """What the app requires of the network."""

    ports: tuple[int, ...] = (80,)  # that the load balancer listens on
    port: int = 8000  # that the tasks listen on
    tasks: int = 1  # at the same time, while a release replaces them
    internal: bool = False  # not reachable from the internet
    public_tasks: bool = False  # they have public addresses, and no other way out
    services: tuple[str, ...] = ()  # AWS services that a task reaches through endpoints if there is no way out
    no_fargate: tuple[str, ...] = ()  # ids of zones where Fargate does not run such tasks


@dataclass(frozen=True)
class Network:
    """EC2's answers about the VPC. A list that may not be read is empty, and nothing is concluded from it."""

    region: str
    vpc_id: str
    subnets: Mapping[str, SubnetTypeDef]
    tables: Iterable[RouteTableTypeDef] = ()
    acls: Iterable[NetworkAclTypeDef] = ()
    endpoints: Iterable[VpcEndpointTypeDef] | None = None
    gateways: int | None = None  # internet gateways of the VPC; None: not known
    dns_support: bool = True
    dns_hostnames: bool = True
    attached: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # subnets in which the group of this name is used

    def table(self, subnet_id: str) -> RouteTableTypeDef | None:
        """The subnet's own route table, or the VPC's main one (VPC guide, "Route tables"); None if it is not shown."""
        main = None
        for table in self.tables:
            for association in table.get("Associations", []):
                if association.get("SubnetId") == subnet_id:
                    return table
                main = table if association.get("Main") else main
        return main

    def called(self, subnet_id: str) -> str:
        """A subnet in words: its id, and its name if it has one."""
        name = flat(self.subnets[subnet_id].get("Tags")).get("Name", "")
        return f"{subnet_id} ({name})" if name else subnet_id


def target(route: RouteTypeDef) -> str:
    """The target of a route: the id of a gateway, an interface …"""
    return next((str(route[key]) for key in TARGETS if route.get(key)), "")  # type: ignore[literal-required]  # names of the model


def outward(table: RouteTableTypeDef) -> list[str]:
    """The targets of the route table's routes to the internet; empty if there are none. A deleted target is
    ignored.
    """
    ways, covered = [], []
    for route in table.get("Routes", []):
        leads = target(route)
        if route.get("State", "active") != "active" or not leads or leads == "local":
            continue
        if route.get("DestinationPrefixListId") and not leads.startswith("vpce-"):  # what is in the list is not known
            ways.append(leads)
            covered.append(EVERYWHERE)
        elif block := route.get("DestinationCidrBlock"):
            net = ip_network(block, strict=False)
            if isinstance(net, IPv4Network) and net.prefixlen <= 1:  # possibly as two halves
                ways.append(leads)
                covered.append(net)
    return ways if EVERYWHERE in collapse_addresses(covered) else []


def unfit(
    network: Network, need: Need, balancer: Iterable[str], tasks: Iterable[str], groups: tuple[str, str]
) -> Iterator[Unfit]:
    """Everything that would prevent the load balancer or the tasks from working in these subnets of the VPC.

    `groups` are the names of the load balancer's security group and of the tasks': if they are used, these exist
    already.
    """
    front = [one for one in sorted(balancer) if one in network.subnets]
    back = [one for one in sorted(tasks) if one in network.subnets]
    if not network.dns_support:
        yield Unfit(f"DNS resolution is off in {network.vpc_id}, so that tasks find no address of AWS's services",
                    _attribute(network, "support"))  # fmt: skip
    outside = dict.fromkeys([*([] if need.internal else front), *(back if need.public_tasks else [])])
    for subnet_id in outside:
        yield from _public(network, subnet_id)
    for subnet_id in [] if need.public_tasks else back:
        yield from _private(network, need, subnet_id)
    yield from _zones(network, need, front, back)
    attached = network.attached.get(groups[0], frozenset())
    for subnet_id in front:
        if subnet_id not in attached:
            yield from _roomy(network, subnet_id)
    if not network.attached.get(groups[1]):
        yield from _places(network, need, front, back)
    for one in shut(network.acls, front, back, need.ports, need.port):
        yield Unfit(one.sentence(network.called(one.subnet)), f"allow it in {one.acl}")


def _attribute(network: Network, which: str) -> str:
    option = f"--enable-dns-{which}"
    return f"aws ec2 modify-vpc-attribute --vpc-id {network.vpc_id} {option} '{{\"Value\":true}}'"


def _public(network: Network, subnet_id: str) -> Iterator[Unfit]:
    """Public subnets need a route to an internet gateway."""
    table = network.table(subnet_id)
    if table is None:
        return
    ways = outward(table)
    if ways and not all(way.startswith(PRIVATE) for way in ways):
        return
    where = f"the subnet {network.called(subnet_id)} is not public: its route table {table.get('RouteTableId')}"
    if ways:
        found = f"{where} sends internet traffic to {', '.join(ways)}, not to an internet gateway"
    else:
        found = f"{where} has no route for 0.0.0.0/0 to an internet gateway"
    if network.gateways == 0:
        found += f", and {network.vpc_id} has none"
    yield Unfit(found, "give vpc.public_subnets whose route for 0.0.0.0/0 leads to an internet gateway, or "
                + ("attach one and " if network.gateways == 0 else "") + "add that route")  # fmt: skip


def _private(network: Network, need: Need, subnet_id: str) -> Iterator[Unfit]:
    """Tasks need the internet or VPC endpoints, to pull their image, read secrets and write logs."""
    table = network.table(subnet_id)
    if table is None:
        return
    ways = outward(table)
    useless = [way for way in ways if way.startswith("igw-")]  # only usable by those with public addresses
    remote = any(target(route).startswith(REMOTE) for route in table.get("Routes", []))
    if len(useless) < len(ways) or network.endpoints is None or not need.services:
        return
    missing = [one for one in need.services if not _has_endpoint(network, table, one)]
    if not missing or (remote and not ways):
        if not missing and not network.dns_hostnames:
            yield Unfit(f"DNS hostnames are off in {network.vpc_id}, so that its endpoints are not found by name",
                        _attribute(network, "hostnames"))  # fmt: skip
        return
    leads = (f"leads to {', '.join(useless)}, which is a way out only with a public address" if useless
             else "has no route for 0.0.0.0/0")  # fmt: skip
    instead = 'list it in vpc.public_subnets with vpc.egress = "public", or ' if useless else ""
    yield Unfit(
        f"tasks in the subnet {network.called(subnet_id)} reach nothing: its route table {table.get('RouteTableId')} "
        f"{leads}, and the VPC has no endpoints for {', '.join(missing)}",
        f"{instead}give vpc.private_subnets whose route for 0.0.0.0/0 leads to a NAT gateway, or make these endpoints",
    )


def _has_endpoint(network: Network, table: RouteTableTypeDef, service: str) -> bool:
    """Whether an endpoint of the service serves the subnets of this route table."""
    for one in network.endpoints or ():
        ours = one.get("ServiceName", "").endswith(f".{network.region}.{service}")
        if ours and one.get("State", "available").lower() == "available":
            routed = (one.get("VpcEndpointType") or "Gateway") == "Gateway"  # as the API's default is
            if not routed or table.get("RouteTableId") in one.get("RouteTableIds", []):
                return True
    return False


def _zones(network: Network, need: Need, front: list[str], back: list[str]) -> Iterator[Unfit]:
    """The load balancer must be in the tasks' zones: others get no requests (ELB guide, "Availability Zones")."""
    ids = {one: network.subnets[one]["AvailabilityZoneId"] for one in [*front, *back]}
    covered = {ids[one] for one in front}
    for subnet_id in back:
        if front and ids[subnet_id] not in covered:
            yield Unfit(
                f"the subnet {network.called(subnet_id)} is in zone {ids[subnet_id]}, where the load balancer has no "
                "subnet: it would send nothing to the tasks there",
                "add a public subnet of that zone to vpc.public_subnets, or leave this one out",
            )
        if ids[subnet_id].count("-") > 1 or network.subnets[subnet_id].get(
            "OutpostArn"
        ):  # use1-atl1-az1, use1-wl1-bos-wlz1
            yield Unfit(
                f"the subnet {network.called(subnet_id)} is in {ids[subnet_id]}, a Local Zone, a Wavelength Zone or an "
                "Outpost, where Fargate does not run",
                "give subnets of the region's own availability zones",
            )
        if ids[subnet_id] in need.no_fargate:
            yield Unfit(
                f"the subnet {network.called(subnet_id)} is in zone {ids[subnet_id]}, where Fargate has no ARM64",
                'give a subnet of another zone, or service.architecture = "X86_64"',
            )


def _roomy(network: Network, subnet_id: str) -> Iterator[Unfit]:
    subnet = network.subnets[subnet_id]
    if subnet.get("Ipv6Native"):
        yield Unfit(f"the subnet {network.called(subnet_id)} has no IPv4 addresses, which the load balancer needs",
                    "give vpc.public_subnets with IPv4 addresses")  # fmt: skip
        return
    free, size = subnet.get("AvailableIpAddressCount", BALANCER_NEEDS), subnet.get("CidrBlock", "")
    small = "/" in size and int(size.rsplit("/", 1)[1]) > 27
    if free >= BALANCER_NEEDS and not small:
        return
    what = f"is {size}, and a load balancer needs a /27 at least" if small else (
        f"has {free} free addresses, and a load balancer needs {BALANCER_NEEDS}"
    )  # fmt: skip
    yield Unfit(f"the subnet {network.called(subnet_id)} {what}",
                "free addresses in it, or give a larger subnet of the same zone in vpc.public_subnets")  # fmt: skip


def _places(network: Network, need: Need, front: list[str], back: list[str]) -> Iterator[Unfit]:
    """The subnets need addresses for all tasks, old and new ones together during a release."""
    free = 0
    for subnet_id in back:
        taken = BALANCER_NEEDS if subnet_id in front else 0
        free += max(0, network.subnets[subnet_id].get("AvailableIpAddressCount", need.tasks) - taken)
    if back and free < need.tasks:
        yield Unfit(
            f"the subnets {', '.join(map(network.called, back))} have room for {free} tasks, and a release of the "
            f"service runs up to {need.tasks}",
            "free addresses in them, give larger subnets, or ask for fewer tasks "
            "(service.desired_count, service.max_percent)",
        )
