"""Finds what is in the way of a `down`, before the removal, and again after one that AWS refused.

AWS's refusals name nothing. A search that fails is reported instead: it never hides what else is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.aws.explaining import explained
from ecsctl.engine.label import APP, flat
from ecsctl.errors import EcsctlError
from ecsctl.names import Names
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.elastic_ip import ElasticIp
from ecsctl.resources.internet_gateway import InternetGateway
from ecsctl.resources.load_balancer import LoadBalancer, LoadBalancerIds
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.nat_gateway import NatGateway
from ecsctl.resources.route_table import RouteTable
from ecsctl.resources.subnet import Subnet
from ecsctl.resources.support.acm import described
from ecsctl.resources.support.common import none_if_gone, tag_filter, where
from ecsctl.resources.support.ecs import alone, services_of, tasks_in
from ecsctl.resources.support.efs import mine
from ecsctl.resources.vpc import Vpc

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import NetworkInterfaceTypeDef, VpcEndpointTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label
    from ecsctl.engine.survey import Owned

NETWORK = frozenset(one.kind for one in (Vpc, Subnet, InternetGateway, RouteTable, NatGateway, ElasticIp))
PEERED = ("initiating-request", "pending-acceptance", "provisioning", "active")
VPC_ORIGINS = "CloudFront-VPCOrigins-Service-SG"  # CloudFront guide, "Restrict access with VPC origins"
USED_BY = "used by "  # the beginning of the reason why a part stays


@dataclass(frozen=True)
class Blocker:
    """One thing that is not ours: in a sentence, and what of ours must stay because of it."""

    message: str
    ids: frozenset[str] = frozenset()  # by id, name or ARN
    network: bool = False  # or the whole network that it is in
    forbids: str = ""  # or everything: what to do first
    protected: LoadBalancerIds | None = None  # the load balancer that AWS would not delete
    unless: str = ""  # it is not forbidden if this word is in `protect`


@dataclass(frozen=True)
class InTheWay:
    """The blockers that were found, and what could not be searched for."""

    blockers: tuple[Blocker, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def messages(self) -> tuple[str, ...]:
        """All of it, in sentences."""
        return (*(one.message for one in self.blockers), *self.unread)

    def keeper(self, otherwise: Callable[[Owned], str]) -> Callable[[Owned], str]:
        """The reason why a resource stays; empty if it may go."""

        def why(owned: Owned) -> str:
            ids = {str(value) for value in vars(owned.found.ids).values()}
            for one in self.blockers:
                if one.ids & ids or (one.network and owned.kind.kind in NETWORK):
                    return USED_BY + one.message
            return otherwise(owned)

        return why


def read(aws: Aws, me: Label, *, ours_too: bool = False) -> InTheWay:
    """Everything that is in the way; with `ours_too` also what AWS holds of ours and has not released yet."""
    found: list[Blocker] = []
    unread: list[str] = []
    with ThreadPoolExecutor(len(SEARCHES)) as pool:
        asked = {what: pool.submit(_all, find, aws, me) for what, find in SEARCHES.items()}
    for what, answer in asked.items():
        try:
            found += [one for one in answer.result() if ours_too or not isinstance(one, _Ours)]
        except Exception as error:  # noqa: BLE001 - explained() raises again what AWS did not answer
            reason = _explained(error)
            unread.append(f"{what} could not be searched for: {reason}")
    return InTheWay(tuple(dict.fromkeys(found)), tuple(unread))


def holder(aws: Aws, me: Label) -> Callable[[Owned], str]:
    """Say what of others uses a resource right now; empty if nothing is found."""

    def held(owned: Owned) -> str:
        aws.forget()
        return read(aws, me).keeper(lambda _: "")(owned)

    return held


def _all(find: Callable[[Aws, Label], Iterator[Blocker]], aws: Aws, me: Label) -> list[Blocker]:
    return list(find(aws, me))


def _explained(error: Exception) -> str:
    failure: EcsctlError = explained(error, "it was not readable")
    return f"{failure.message} ({failure.why})" if failure.why else failure.message


class _Ours(Blocker):
    """An interface of ours that AWS still holds."""


def _protection(aws: Aws, me: Label) -> Iterator[Blocker]:
    """Someone has protected the load balancer: nothing before it should be deleted."""
    for balancer in LoadBalancer.find(aws, me):
        ask = partial(aws.read, aws.elbv2.describe_load_balancer_attributes, LoadBalancerArn=balancer.ids.arn)
        asked = none_if_gone(ask)
        attributes = {one["Key"]: one["Value"] for one in asked["Attributes"]} if asked else {}
        if attributes.get("deletion_protection.enabled") == "true":
            off = "Key=deletion_protection.enabled,Value=false"
            yield Blocker(
                f"the load balancer {balancer.ids.arn} is protected against deletion",
                forbids=f"aws elbv2 modify-load-balancer-attributes --load-balancer-arn {balancer.ids.arn} "
                f"--attributes {off}",
                protected=balancer.ids,
            )


def _led_to(aws: Aws, me: Label) -> Iterator[Blocker]:
    """Another service leads to the load balancer: AWS does not delete it, and names nothing (pulumi/pulumi-cloud#332).

    Both leave interfaces in the VPC (hashicorp/terraform-provider-aws#40683, ekristen/aws-nuke#615). In a VPC of the
    user's they may lead elsewhere, and nothing is concluded from them.
    """
    balancers = [one.ids.arn for one in LoadBalancer.find(aws, me)]
    for vpc in _vpcs(aws, me) if balancers else ():
        held = aws.read(aws.ec2.describe_network_interfaces, Filters=where(vpc_id=vpc))["NetworkInterfaces"]
        origin = any(group.get("GroupName") == VPC_ORIGINS for one in held for group in one.get("Groups", []))
        link = any(one.get("InterfaceType") == "api_gateway_managed" for one in held)
        for found, what, way in (
            (origin, "a CloudFront VPC origin leads", "aws cloudfront list-vpc-origins, delete-vpc-origin"),
            (link, "a VPC link of API Gateway leads", "aws apigatewayv2 get-vpc-links, delete-vpc-link"),
        ):
            if found:
                yield Blocker(
                    f"{what} into {vpc}, where the load balancer {balancers[0]} is", forbids=f"delete it: {way}"
                )


def _log_groups(aws: Aws, me: Label) -> Iterator[Blocker]:
    """Someone has protected the logs (CloudWatch Logs guide, "Protecting log groups from deletion")."""
    if names := [one.ids.name for one in LogGroup.find(aws, me) if LogGroup.is_protected(aws, me, one.ids)]:
        one = names[0] if len(names) == 1 else "NAME"
        yield Blocker(
            f"the log group{'s' * (len(names) > 1)} {', '.join(names)} {'is' if len(names) == 1 else 'are'} protected "
            "against deletion",
            forbids=f"aws logs put-log-group-deletion-protection --log-group-identifier {one} "
            '--no-deletion-protection-enabled; or keep the logs, by protect = ["logs"] in ecsctl.toml',
            unless="logs",
        )


def _interfaces(aws: Aws, me: Label) -> Iterator[Blocker]:
    """The network interfaces of others in our VPCs, or with our security groups."""
    groups = _our_groups(aws, me)
    observed: dict[str, NetworkInterfaceTypeDef] = {}
    for filters in [where(vpc_id=vpc) for vpc in _vpcs(aws, me)] + ([where(group_id=groups)] if groups else []):
        for one in aws.read(aws.ec2.describe_network_interfaces, Filters=filters)["NetworkInterfaces"]:
            observed[one["NetworkInterfaceId"]] = one
    vpcs = _vpcs(aws, me)
    nats = aws.read(aws.ec2.describe_nat_gateways, Filters=tag_filter(me))["NatGateways"] if observed else []
    gateways = {one["NatGatewayId"] for one in nats}
    inside = [one for vpc in vpcs for one in _endpoints_in(aws, vpc)]
    of_endpoints = {name for one in inside for name in one.get("NetworkInterfaceIds", [])}
    of_tasks = _attachments(aws, Names.of(me).cluster) if observed else None
    ours = tuple(f"EFS mount target for {system['FileSystemId']} " for system in mine(aws, me)) if observed else ()
    for name, one in sorted(observed.items()):
        description = one.get("Description") or "without a description"
        owner = one.get("RequesterId") or one.get("Attachment", {}).get("InstanceOwnerId") or one.get("OwnerId", "?")
        sentence = f"network interface {name} ({description}), held by {owner}"
        attached = {group["GroupId"] for group in one.get("Groups", [])} & set(groups)
        attachment = description.partition(":attachment/")[2]  # ECS's description of a task's interface
        task = attached and attachment and (of_tasks is None or attachment in of_tasks)
        of_ours = description.startswith((f"ELB app/{Names.of(me).balancer}/", *ours))
        if task or of_ours or description.rpartition(" ")[2] in gateways:
            yield _Ours(sentence)
        elif name not in of_endpoints:  # those are named with their endpoint, and do not need the routes
            yield Blocker(sentence, frozenset(attached), network=one.get("VpcId") in vpcs)


def _attachments(aws: Aws, cluster: str) -> frozenset[str] | None:
    """The interfaces of the tasks in our cluster, by the ids that ECS gives them; None if it is gone, and nobody can
    tell any more. Tasks of another cluster may use our groups as well.
    """
    tasks = none_if_gone(lambda: tasks_in(aws, cluster, "RUNNING", "STOPPED"))
    return None if tasks is None else frozenset(one["id"] for task in tasks for one in task.get("attachments", ()))


def _endpoints(aws: Aws, me: Label) -> Iterator[Blocker]:
    """GuardDuty creates its own (GuardDuty guide, "Runtime Monitoring"), together with a group."""
    for vpc in _vpcs(aws, me):
        for one in _endpoints_in(aws, vpc):
            if flat(one.get("Tags")).get(APP) != me.app and one.get("State", "").lower() != "deleted":
                guard = ", made by GuardDuty's Runtime Monitoring" if "guardduty" in one["ServiceName"] else ""
                inside = frozenset({vpc, *one.get("SubnetIds", []), *one.get("RouteTableIds", [])})
                what = f"VPC endpoint {one['VpcEndpointId']} ({one['ServiceName']}{guard}), which is not ours"
                yield Blocker(what, inside)


def _groups(aws: Aws, me: Label) -> Iterator[Blocker]:
    """The security groups of others in our VPCs, or with rules that name ours: a database in a borrowed VPC lets the
    tasks in by such a rule.

    A group that a rule of another one names cannot be deleted (EC2 API reference, DeleteSecurityGroup). The default
    group goes with the VPC, but its rules count as well.
    """
    ours, vpcs = _our_groups(aws, me), _vpcs(aws, me)
    filters = [where(vpc_id=vpc) for vpc in vpcs]
    if ours:
        filters += [where(ip_permission__group_id=ours), where(egress__ip_permission__group_id=ours)]
    found = {
        group["GroupId"]: group
        for one in filters
        for group in aws.read(aws.ec2.describe_security_groups, Filters=one)["SecurityGroups"]
    }
    for group in found.values():
        rules = [*group.get("IpPermissions", []), *group.get("IpPermissionsEgress", [])]
        named = {pair.get("GroupId", "") for rule in rules for pair in rule.get("UserIdGroupPairs", [])} & set(ours)
        if flat(group.get("Tags")).get(APP) == me.app or (group["GroupName"] == "default" and not named):
            continue
        by_rules = f" and has rules that name {', '.join(sorted(named))}" if named else ""
        what = f"security group {group['GroupId']} ({group['GroupName']}), which is not ours{by_rules}"
        yield Blocker(what, frozenset(named | ({group["VpcId"]} & set(vpcs))))


def _subnets(aws: Aws, me: Label) -> Iterator[Blocker]:
    for vpc in _vpcs(aws, me):
        for subnet in aws.read(aws.ec2.describe_subnets, Filters=where(vpc_id=vpc))["Subnets"]:
            if flat(subnet.get("Tags")).get(APP) != me.app:
                what = f"subnet {subnet['SubnetId']} ({subnet['CidrBlock']}), which is not ours"
                yield Blocker(what, network=True)


def _tables(aws: Aws, me: Label) -> Iterator[Blocker]:
    for vpc in _vpcs(aws, me):
        for table in aws.read(aws.ec2.describe_route_tables, Filters=where(vpc_id=vpc))["RouteTables"]:
            main = any(one.get("Main") for one in table.get("Associations", []))
            if not main and flat(table.get("Tags")).get(APP) != me.app:
                yield Blocker(f"route table {table['RouteTableId']}, which is not ours", frozenset({vpc}))


def _acls(aws: Aws, me: Label) -> Iterator[Blocker]:
    for vpc in _vpcs(aws, me):
        for acl in aws.read(aws.ec2.describe_network_acls, Filters=where(vpc_id=vpc))["NetworkAcls"]:
            if not acl.get("IsDefault"):
                yield Blocker(f"network ACL {acl['NetworkAclId']}, which is not ours", frozenset({vpc}))


def _gateways(aws: Aws, me: Label) -> Iterator[Blocker]:
    for vpc in _vpcs(aws, me):
        attached = where(attachment__vpc_id=vpc)
        for gateway in aws.read(aws.ec2.describe_vpn_gateways, Filters=attached)["VpnGateways"]:
            states = {one.get("State") for one in gateway.get("VpcAttachments", []) if one.get("VpcId") == vpc}
            if states - {"detached"}:
                what = f"virtual private gateway {gateway['VpnGatewayId']}, which is attached and not ours"
                yield Blocker(what, frozenset({vpc}))
        for out in aws.read(aws.ec2.describe_egress_only_internet_gateways)["EgressOnlyInternetGateways"]:
            if any(one.get("VpcId") == vpc for one in out.get("Attachments", [])):
                what = f"egress-only internet gateway {out['EgressOnlyInternetGatewayId']}, which is not ours"
                yield Blocker(what, frozenset({vpc}))


def _peerings(aws: Aws, me: Label) -> Iterator[Blocker]:
    """AWS does not delete a VPC with a peering connection (hashicorp/terraform-provider-aws#3118)."""
    vpcs = _vpcs(aws, me)
    for one in aws.read(aws.ec2.describe_vpc_peering_connections)["VpcPeeringConnections"] if vpcs else ():
        both = {one[side].get("VpcId", "") for side in ("RequesterVpcInfo", "AccepterVpcInfo")}
        if both & set(vpcs) and one["Status"].get("Code") in PEERED:
            peer = next(iter(both - set(vpcs)), "itself")
            what = f"VPC peering connection {one['VpcPeeringConnectionId']} with {peer}, which is not ours"
            yield Blocker(what, frozenset(both))


def _services(aws: Aws, me: Label) -> Iterator[Blocker]:
    """Other people's services and tasks in our cluster: it cannot be deleted while they run."""
    names = Names.of(me)
    clusters = aws.read(aws.ecs.describe_clusters, clusters=[names.cluster], include=["TAGS"])["clusters"]
    for cluster in (one for one in clusters if flat(one.get("tags")).get(APP) == me.app and one["status"] == "ACTIVE"):
        found = [one for one in services_of(aws, names) if flat(one.get("tags")).get(APP) == me.app]
        held = frozenset({cluster["clusterName"], cluster["clusterArn"]})
        others = cluster.get("activeServicesCount", 0) - sum(one["status"] == "ACTIVE" for one in found)
        if others > 0:
            what = f"{others} ECS services of others in our cluster (aws ecs list-services --cluster {names.cluster})"
            yield Blocker(what, held)
        alive = cluster.get("runningTasksCount", 0) + cluster.get("pendingTasksCount", 0)
        alive -= sum(one["runningCount"] + one["pendingCount"] for one in found) + len(alone(aws, names.cluster))
        if alive > 0 and others <= 0:
            yield Blocker(f"{alive} tasks in our cluster that are no part of our services", held)


def _certificates(aws: Aws, me: Label) -> Iterator[Blocker]:
    """The other users of our certificate. Its validation record stays with it, for the renewal."""
    for found in Certificate.find(aws, me):
        certificate = described(aws, found.ids.arn)
        if certificate is None:
            continue
        users = [
            arn for arn in certificate.get("InUseBy", []) if f":loadbalancer/app/{Names.of(me).balancer}/" not in arn
        ]
        records = (one.get("ResourceRecord", {}) for one in certificate.get("DomainValidationOptions", []))
        names = {record["Name"].lower().removesuffix(".") for record in records if "Name" in record}
        for user in sorted(users):
            what = f"{user}, which is not ours and uses the certificate {found.ids.arn}"
            yield Blocker(what, frozenset({found.ids.arn, *names}))


SEARCHES: dict[str, Callable[[Aws, Label], Iterator[Blocker]]] = {
    "the load balancer's protection": _protection,
    "what leads to the load balancer": _led_to,
    "the log groups' protection": _log_groups,
    "network interfaces": _interfaces,
    "VPC endpoints": _endpoints,
    "security groups": _groups,
    "subnets": _subnets,
    "route tables": _tables,
    "network ACLs": _acls,
    "virtual private gateways": _gateways,
    "VPC peering connections": _peerings,
    "services in the cluster": _services,
    "users of the certificate": _certificates,
}


def _endpoints_in(aws: Aws, vpc: str) -> list[VpcEndpointTypeDef]:
    return aws.read(aws.ec2.describe_vpc_endpoints, Filters=where(vpc_id=vpc))["VpcEndpoints"]


def _vpcs(aws: Aws, me: Label) -> list[str]:
    return [one["VpcId"] for one in aws.read(aws.ec2.describe_vpcs, Filters=tag_filter(me))["Vpcs"]]


def _our_groups(aws: Aws, me: Label) -> list[str]:
    listed = aws.read(aws.ec2.describe_security_groups, Filters=tag_filter(me))["SecurityGroups"]
    return [group["GroupId"] for group in listed]
