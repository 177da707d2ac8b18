"""What a task can reach, and what can reach it, derived from routes, security groups, network ACLs and listeners."""

import ipaddress
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws import ec2 as sandbox_ec2
from ecsctl.sandbox.aws.ecs.checks import listeners

_EVERYWHERE = "0.0.0.0/0"
_HTTPS = 443
_EPHEMERAL = 32768


def _ec2(account: str, region: str) -> Any:
    backend: Any = ec2_backends[account][region]
    sandbox_ec2.tick(backend)
    return backend


def _default_route(ec2: Any, subnet: Any) -> Any:
    """The subnet's active default route, by its own table or the VPC's main one (VPC guide, "Route tables")."""
    own = main = None
    for table in ec2.route_tables.values():
        for association in table.associations:
            if association.get("SubnetId") == subnet.id:
                own = table
            if association.get("Main") and table.vpc_id == subnet.vpc_id:
                main = table
    table = own or main
    routes = table.routes if table is not None else []
    return next((r for r in routes if r.destination_cidr_block == _EVERYWHERE and r.state == "active"), None)


def _uses_internet_gateway(route: Any) -> bool:
    return route is not None and str(route.gateway_id or "").startswith("igw-")


def has_internet(account: str, region: str, subnet_id: str, groups: list[str], public: bool) -> bool:
    """Whether a task in this subnet reaches the internet.

    Through an internet gateway only with a public address; through a NAT gateway that is available and is itself
    in a subnet with a route to an internet gateway (VPC guide, "NAT gateway basics"); and only if one of the task's
    security groups allows outbound HTTPS, and the network ACLs on the way let requests out and answers in.
    """
    ec2 = _ec2(account, region)
    if not any(_allows(ec2, group, _HTTPS, outward=True, address=_EVERYWHERE) for group in groups):
        return False
    if not allows_both_ways(ec2, subnet_id, _EVERYWHERE, _HTTPS):
        return False
    subnet = ec2.get_subnet(subnet_id)
    if sandbox_ec2.blocks_egress(ec2, subnet.vpc_id):
        return False
    route = _default_route(ec2, subnet)
    if _uses_internet_gateway(route):
        return public
    nat = route.nat_gateway if route is not None else None
    if nat is None or nat.state != "available":
        return False
    beyond = ec2.get_subnet(nat.subnet_id)
    return _uses_internet_gateway(_default_route(ec2, beyond)) and allows_both_ways(ec2, beyond.id, _EVERYWHERE, _HTTPS)


def has_endpoints(account: str, region: str, subnet_id: str, *services: str) -> bool:
    """Whether the subnet's VPC has endpoints for all these services (such as `ecr.api`)."""
    ec2 = _ec2(account, region)
    vpc = ec2.get_subnet(subnet_id).vpc_id
    names = {e.service_name for e in ec2.vpc_end_points.values() if e.vpc_id == vpc and e.state == "available"}
    return {f"com.amazonaws.{region}.{service}" for service in services} <= names


def _allows(ec2: Any, group_id: str, port: int, outward: bool, address: str = "", peers: tuple[str, ...] = ()) -> bool:
    group = ec2.get_security_group_from_id(group_id)
    if group is None:
        return False
    rules = group.egress_rules if outward else group.ingress_rules
    return any(_covers(rule, port, address, peers) for rule in rules)


def can_reach(
    account: str, region: str, groups: tuple[str, ...], address: str, theirs: tuple[str, ...], port: int
) -> bool:
    """Whether an interface with `groups`, at an address, reaches an interface with the groups `theirs` on a port."""
    ec2 = _ec2(account, region)
    out = any(_allows(ec2, one, port, outward=True, address=_EVERYWHERE, peers=theirs) for one in groups)
    return out and any(_allows(ec2, one, port, outward=False, address=f"{address}/32", peers=groups) for one in theirs)


def allows_both_ways(ec2: Any, subnet_id: str, address: str, port: int, *, inward: bool = False) -> bool:
    """Whether a subnet's network ACL allows a connection to an address and port, and its answers; with `inward`, a
    connection from that address, and its answers.

    ACLs are stateless: answers go to an ephemeral port, and need a rule of their own (VPC guide, "Network ACLs",
    "Ephemeral ports"); only 32768, the first of Linux's, is checked.
    """
    acl = next(
        (one for one in ec2.network_acls.values() for link in one.associations if link.subnet_id == subnet_id), None
    )
    if acl is None:
        return True
    return _allows_port(acl, address, port, egress=not inward) and _allows_port(acl, address, _EPHEMERAL, egress=inward)


def _allows_port(acl: Any, address: str, port: int, *, egress: bool) -> bool:
    """Decide by the first rule that matches the address and port; without one the traffic is denied."""
    for entry in sorted(acl.network_acl_entries, key=lambda one: int(one.rule_number)):
        first, last = int(entry.port_range_from or 0), int(entry.port_range_to or 65535)
        if (str(entry.egress).lower() == "true") is not egress or str(entry.protocol) not in ("-1", "6", "tcp"):
            continue
        ports = str(entry.protocol) == "-1" or first <= port <= last
        if ports and entry.cidr_block and _contains(address, entry.cidr_block):
            return bool(entry.rule_action == "allow")
    return False


def _covers(rule: Any, port: int, address: str, peers: tuple[str, ...]) -> bool:
    if rule.ip_protocol not in ("-1", "tcp"):
        return False
    if rule.ip_protocol == "tcp" and not rule.from_port <= port <= rule.to_port:
        return False
    if rule.source_group.get("GroupId") in peers:
        return True
    given = rule.ip_range.get("CidrIp")
    return bool(given and address) and _contains(address, given)


def _contains(address: str, cidr: str) -> bool:
    inner, outer = ipaddress.ip_network(address, strict=False), ipaddress.ip_network(cidr, strict=False)
    return (
        isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    )


def trouble(
    account: str, region: str, target_group: str, subnet: str, address: str, groups: list[str], port: int
) -> Any:
    """Returns why the load balancer's health check does not reach the task, as ("unused" or "unhealthy", reason code,
    description); None if it does.

    ELB guide, "Target health status": the reason codes and their descriptions.
    """
    ec2 = _ec2(account, region)
    routes = listeners(elbv2_backends[account][region], target_group)
    if not routes:
        text = "Target group is not configured to receive traffic from the load balancer"
        return "unused", "Target.NotInUse", text
    balancer, zone = routes[0][0], ec2.get_subnet(subnet).availability_zone
    if zone not in [subnet.availability_zone for subnet in balancer.subnets]:
        text = "Target is in an Availability Zone that is not enabled for the load balancer"
        return "unused", "Target.NotInUse", text
    theirs = tuple(balancer.security_groups or [])
    sources = [subnet.cidr_block for subnet in balancer.subnets]
    inward = any(
        _allows(ec2, group, port, outward=False, address=source, peers=theirs) for group in groups for source in sources
    )
    outward = not theirs or any(
        _allows(ec2, group, port, outward=True, address=f"{address}/32", peers=tuple(groups)) for group in theirs
    )
    between = all(allows_both_ways(ec2, one.id, address, port) for one in balancer.subnets) and all(
        allows_both_ways(ec2, subnet, source, port, inward=True) for source in sources
    )
    return None if inward and outward and between else ("unhealthy", "Target.Timeout", "Request timed out")
