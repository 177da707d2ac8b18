"""Why a task cannot reach AWS's services: routes, VPC endpoints, security groups and Block Public Access."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from ecsctl.engine.label import APP, flat
from ecsctl.resources.support.deployments import Answer
from ecsctl.resources.support.network_acls import Shut, shut
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, by_hand, resume, run, up
from ecsctl.why.evidence import Evidence, Facts, Place

NO_ANSWER = (
    "i/o timeout",
    "context deadline exceeded",
    "no such host",
    "connection refused",
    "There is a connection issue",
    "Client.Timeout",
    "request canceled",
    "error: context canceled",
    "RequestCanceled",
    "RequestError: send request failed",
    "signal: killed",
)
LAYERS = r"error pulling image configuration: Get \S+$"
"""The error about ECR's layers in S3: its URL is so long that AWS truncates the reason."""
BEGINS = ("transition to pulled", "transition to created", "transition to started", "transition to running")
"""What may time out if a registry or a log is not reachable; no proof of it (7thzero.com, "Limiting outbound egress
traffic while using AWS Fargate and ECR").
"""
REACHES = (Place.PULL, Place.LOGIN, Place.SECRET, Place.LOG, Place.FILE)
MOST = 4  # subnets without a route that are listed
NEEDED = ("ecr.api", "ecr.dkr", "s3", "logs")
"""Endpoints that a Fargate task needs without a route to the internet (ECR guide, "interface VPC endpoints")."""


def no_way_out(facts: Facts) -> Cause | None:
    """The task could not reach one of AWS's services."""
    found = facts.reason(REACHES, *NO_ANSWER) or next(
        (one for one in facts.reasons if one.place == Place.PULL and re.search(LAYERS, one.text.rstrip())), None
    )
    slow = None if found else facts.reason((Place.AGENT,), *BEGINS)
    found = found or slow
    if not found:
        return None
    for subnet, table in facts.subnet_routes.items():
        if end := missing_route(subnet, table, facts):
            fix = _route(table, facts)
            certainty = Certainty.LIKELY if slow else Certainty.CERTAIN
            return Cause("no-way-out", f"the tasks have no way out: {end.text}", (found, end), fix, certainty)
    if slow:
        return None
    if facts.groups and not any(_allows_outbound(group) for group in facts.groups):
        group = facts.groups[0]
        observed = Evidence("security group", f"{group['GroupId']} lets nothing out on port 443")
        sentence = (
            f"the tasks' security group {group['GroupId']} lets nothing out on port 443, where AWS's services answer"
        )
        return Cause("egress-closed", sentence, (found, observed), _open(group, facts))
    if cause := shut_by_acl(found, facts, ()):
        return cause
    if blocks := _public_access(facts):
        sentence = ("the task did not reach AWS's services although its route leads out: the account's VPC Block "
                "Public Access is on, and stands in the way unless the VPC or subnet is excluded from it")  # fmt: skip
        fix = (by_hand("in VPC, Settings (Block Public Access of the account): exclude the VPC from it, or turn it off",
                *(step.what for step in resume(facts))),)  # fmt: skip
        return Cause("no-way-out", sentence, (found, blocks), fix, Certainty.LIKELY, either=("unreachable",))
    sentence = ("the task did not reach AWS's services although its route leads out: either a network ACL, the "
                "VPC's DNS "
            "settings, a firewall, an endpoint's own group or the account's VPC Block Public Access stands in between: "
            "check the network ACL of its subnet first")  # fmt: skip
    if not facts.subnet_routes:
        sentence = ("the task did not reach AWS's services: either its subnet has no way out, or a security group or "
                "network ACL "
                "stands in between: check the subnet's route table first")  # fmt: skip
    where = ", ".join(facts.subnet_routes) or "the tasks"
    fix = (run("ecsctl plan", "shows what differs in the app's own network"),
            by_hand("in VPC, Network ACLs and Settings (Block Public Access of the account), and in whatever firewall "
                    f"there is: let {where} reach port 443 and be "
                    "answered", *(step.what for step in resume(facts))))  # fmt: skip
    return Cause(
        "unreachable", sentence, (found,), fix, Certainty.LIKELY, either=("no-way-out", "egress-closed", "network-acl")
    )


def shut_by_acl(found: Evidence, facts: Facts, front: Sequence[str]) -> Cause | None:
    """The network ACL of a subnet of the tasks, or of the load balancer's (`front`), blocks all of the traffic."""
    network = ((facts.service or {}).get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    every: list[Shut] = list(shut(cast(Any, facts.acls), front, network.get("subnets", ()), (), facts.port))
    if not every:
        return None
    observed = tuple(Evidence("VPC", one.sentence()) for one in every[:MOST])
    names = ", ".join(dict.fromkeys(one.acl for one in every))
    fix = (by_hand(f"in VPC, Network ACLs: let {names} allow that, or give the subnets their default ACL again",
                   *(step.what for step in resume(facts))),)  # fmt: skip
    return Cause("network-acl", f"a network ACL is in the way ({names})", (found, *observed), fix)


def missing_route(subnet: str, table: Answer, facts: Facts) -> Evidence | None:
    """Return why the subnet has no route to the internet or AWS's services; None if it has one."""
    routes = [one for one in table.get("Routes", ()) if one.get("DestinationCidrBlock") == "0.0.0.0/0"]
    kinds = ("NatGatewayId", "GatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId",
        "EgressOnlyInternetGatewayId",
             "VpcPeeringConnectionId", "LocalGatewayId", "CarrierGatewayId")  # fmt: skip
    network = ((facts.service or {}).get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    public = network.get("assignPublicIp") == "ENABLED"
    name = f"route table {table.get('RouteTableId', '')}".strip()
    for route in routes:
        target = next((str(route[kind]) for kind in kinds if route.get(kind)), "")
        if route.get("State") == "blackhole":
            return Evidence(name, f"the route out of {subnet} leads to {target}, which is gone")
        if target.startswith("igw-") and not public:
            return Evidence(name, f"{subnet} leads to an internet gateway, and the tasks have no public address")
        return None
    held = {one["ServiceName"].split(".", 3)[-1] for one in facts.endpoints}
    lacking = [name for name in NEEDED if name not in held]
    if not lacking:
        return None
    missing = f", and the VPC lacks the endpoints {', '.join(lacking)}" if held else ""
    return Evidence(name, f"{subnet} has no route to the internet{missing}")


def _public_access(facts: Facts) -> Evidence | None:
    """Return what VPC Block Public Access blocks: all internet traffic, or (block-ingress) that of public addresses."""
    for subnet, mode in facts.blocked.items():
        routes = facts.subnet_routes.get(subnet, {}).get("Routes", ())
        public = any(str(one.get("GatewayId", "")).startswith("igw-") for one in routes)
        if mode == "block-bidirectional" or (mode == "block-ingress" and public):
            return Evidence("VPC Block Public Access", f"{mode} for {subnet}")
    return None


def is_ours(thing: Answer, facts: Facts) -> bool:
    """Whether ecsctl made a resource of EC2. `ecsctl up` never changes a borrowed network."""
    return flat(thing.get("Tags") or []).get(APP) == facts.app


def _route(table: Answer, facts: Facts) -> tuple[Fix, ...]:
    if is_ours(table, facts):
        return (up("makes the routes right again"),)
    name = table.get("RouteTableId", "the subnet's route table")
    return (by_hand(f"the network is not ecsctl's: give {name} a route 0.0.0.0/0 to a NAT gateway, or the VPC the "
                    f"endpoints "
                    f"{', '.join(NEEDED)}"),)  # fmt: skip


def _open(group: Answer, facts: Facts) -> tuple[Fix, ...]:
    """Return the fix for a security group: an egress rule, which `ecsctl up` adds if the group is ours."""
    if is_ours(group, facts):
        return (up("lets it out again"),)
    rule = "IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]"
    return (run(f"aws ec2 authorize-security-group-egress --group-id {group['GroupId']} --ip-permissions '{rule}'"),)


def _allows_outbound(group: Answer) -> bool:
    """Whether the group allows TLS out; yes, if its rules were not read."""
    if "IpPermissionsEgress" not in group:
        return True
    return any(
        rule.get("IpProtocol") == "-1" or (rule.get("IpProtocol") in ("tcp", "6")
                                           and rule.get("FromPort", 0) <= 443 <= rule.get("ToPort", 65535))
        for rule in group["IpPermissionsEgress"]
    )  # fmt: skip


CHECKS: tuple[Check, ...] = (no_way_out,)
