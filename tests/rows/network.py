"""The network and the edge as a small stack; the rows of its kinds are in network_rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ecsctl.engine.stack import Stack
from ecsctl.ids import LogGroupName, RoleArn
from ecsctl.resources.alarm import Alarm, Metric
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.elastic_ip import ElasticIp
from ecsctl.resources.flow_log import FlowLog
from ecsctl.resources.internet_gateway import InternetGateway
from ecsctl.resources.issued_certificate import IssuedCertificate
from ecsctl.resources.listener import Listener
from ecsctl.resources.listener_rule import ListenerRule
from ecsctl.resources.load_balancer import LoadBalancer
from ecsctl.resources.nat_gateway import NatGateway
from ecsctl.resources.route_table import RouteTable
from ecsctl.resources.security_group import Rule, SecurityGroup
from ecsctl.resources.shifting_rule import ShiftingRule
from ecsctl.resources.subnet import Subnet
from ecsctl.resources.support.policy_document import Trust, trust_policy
from ecsctl.resources.target_group import TargetGroup
from ecsctl.resources.validation_record import ValidationRecord
from ecsctl.resources.vpc import Vpc
from ecsctl.sandbox.aws.route53 import normal
from ecsctl.sandbox.snapshot import taking as sandbox
from tests.desired_stack import usual
from tests.rows import files
from tests.rows.row import Changes, Compose

REGION = "eu-central-1"
DOMAIN = "shop.ecsctl.example"
WORLD = "0.0.0.0/0"
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
FLOW_ROLE = RoleArn("arn:aws:iam::123456789012:role/ecsctl/shop-eu-central-1-flow-logs")
HTTP, HTTPS = (Rule(port, port, cidr=WORLD) for port in (80, 443))

Desired = Callable[[Any], Any]  # of the parts that it needs: `parts["vpc"].vpc_id`

DESIRED: dict[str, Desired] = {
    "vpc": lambda parts: usual(Vpc, cidr="10.9.0.0/16"),
    "flow-logs": lambda parts: FlowLog(
        vpc=parts["vpc"].vpc_id, traffic_type="REJECT", log_group=LogGroupName("/aws/vpc/shop"), role=FLOW_ROLE
    ),
    "public-a": lambda parts: Subnet(vpc=parts["vpc"].vpc_id, cidr="10.9.0.0/24", zone_id="euc1-az1"),
    "public-b": lambda parts: Subnet(vpc=parts["vpc"].vpc_id, cidr="10.9.1.0/24", zone_id="euc1-az2"),
    "private-a": lambda parts: Subnet(vpc=parts["vpc"].vpc_id, cidr="10.9.2.0/24", zone_id="euc1-az1"),
    "gateway": lambda parts: InternetGateway(vpc=parts["vpc"].vpc_id),
    "public-routes": lambda parts: usual(
        RouteTable,
        vpc=parts["vpc"].vpc_id,
        subnets=parts.subnets("public-a", "public-b"),
        internet_gateway=parts["gateway"].internet_gateway_id,
    ),
    "address": lambda parts: ElasticIp(),
    "nat": lambda parts: NatGateway(
        subnet=parts["public-a"].subnet_id,
        allocation=parts["address"].allocation_id,
        internet_gateway=parts["gateway"].internet_gateway_id,
    ),
    "private-routes": lambda parts: usual(
        RouteTable, vpc=parts["vpc"].vpc_id, subnets=parts.subnets("private-a"), nat_gateway=parts["nat"].nat_gateway_id
    ),
    "balancer-group": lambda parts: usual(
        SecurityGroup, name="shop-balancer", vpc=parts["vpc"].vpc_id, ingress=frozenset({HTTP, HTTPS})
    ),
    "tasks-group": lambda parts: usual(
        SecurityGroup,
        name="shop-tasks",
        vpc=parts["vpc"].vpc_id,
        ingress=frozenset({Rule(8080, 8080, group=parts["balancer-group"].group_id)}),
    ),
    "balancer": lambda parts: usual(
        LoadBalancer,
        name="shop",
        vpc=parts["vpc"].vpc_id,
        subnets=parts.subnets("public-a", "public-b"),
        security_groups=frozenset({parts["balancer-group"].group_id}),
        internet_gateway=parts["gateway"].internet_gateway_id,
    ),
    "targets": lambda parts: usual(TargetGroup, name="shop", vpc=parts["vpc"].vpc_id, health_check_path="/health"),
    "errors-alarm": lambda parts: Alarm(
        name="shop-errors",
        description="More than 5 % of the answers are errors",
        metrics=(Metric("errors", "HTTPCode_Target_5XX_Count", "Sum"), Metric("requests", "RequestCount", "Sum")),
        expression="100 * FILL(errors, 0) / requests",
        threshold=5.0,
        evaluation_periods=2,
        target_group=parts["targets"].arn,
        load_balancer=parts["balancer"].arn,
    ),
    "certificate": lambda parts: usual(Certificate, domain=DOMAIN),
    "validation": lambda parts: usual(
        DnsRecord,
        zone=parts.zone,
        name=parts["certificate"].record_name,
        type="CNAME",
        resource_record=parts["certificate"].record_value,
        shared=True,
    ),
    "proof": lambda parts: ValidationRecord(certificate=parts["certificate"].arn, domain=DOMAIN),
    "issued": lambda parts: IssuedCertificate(certificate=parts["certificate"].arn, record=parts["validation"].name),
    "http": lambda parts: usual(Listener, load_balancer=parts["balancer"].arn, port=80, protocol="HTTP", redirect=True),
    "https": lambda parts: usual(
        Listener,
        load_balancer=parts["balancer"].arn,
        port=443,
        protocol="HTTPS",
        forward=parts["targets"].arn,
        certificate=parts["issued"].arn,
        ssl_policy=POLICY,
    ),
    "redirect": lambda parts: ListenerRule(
        listener=parts["https"].arn, priority=1, host_header=frozenset({f"www.{DOMAIN}"}), redirect_host=DOMAIN
    ),
    "green": lambda parts: usual(TargetGroup, name="shop-second", vpc=parts["vpc"].vpc_id, health_check_path="/health"),
    "shifting": lambda parts: ShiftingRule(
        listener=parts["https"].arn,
        priority=1000,
        path="/*",
        target_groups=frozenset({parts["targets"].arn, parts["green"].arn}),
        first=parts["targets"].arn,
    ),
    "dns": lambda parts: usual(
        DnsRecord,
        zone=parts.zone,
        name=DOMAIN,
        type="A",
        alias_dns_name=parts["balancer"].dns_name,
        alias_zone=parts["balancer"].zone_id,
    ),
}
ALL = tuple(DESIRED)
DESIRED |= files.DESIRED
DESIRED |= {  # what others may turn to
    "www": lambda parts: usual(DnsRecord, zone=parts.zone, name=f"_www.{DOMAIN}", type="CNAME", resource_record=DOMAIN),
    "public-c": lambda parts: Subnet(vpc=parts["vpc"].vpc_id, cidr="10.9.3.0/24", zone_id="euc1-az3"),
    "other-address": lambda parts: ElasticIp(),
    "other-certificate": lambda parts: usual(Certificate, domain=f"other.{DOMAIN}"),
    "other-validation": lambda parts: usual(
        DnsRecord,
        zone=parts.zone,
        name=parts["other-certificate"].record_name,
        type="CNAME",
        resource_record=parts["other-certificate"].record_value,
        shared=True,
    ),
    "other-issued": lambda parts: IssuedCertificate(
        certificate=parts["other-certificate"].arn, record=parts["other-validation"].name
    ),
}


class Parts(dict[str, Any]):
    """The ids of the parts; asking for one puts it, and what it needs, into the stack."""

    def __init__(self, stack: Stack, zone: str, changes: Mapping[str, Any]) -> None:
        super().__init__()
        self.stack, self.zone, self.changes = stack, zone, changes

    def __missing__(self, name: str) -> Any:
        desired = DESIRED[name](self)
        changed = self.changes.get(name, {})
        desired = replace(
            desired, **{field: value(self) if callable(value) else value for field, value in changed.items()}
        )
        self[name] = self.stack.ensure(name, desired)
        return self[name]

    def subnets(self, *names: str) -> frozenset[Any]:
        return frozenset(self[name].subnet_id for name in names)


def zone_of(cloud: Any) -> str:
    """The id of the account's one hosted zone."""
    zone: str = cloud.boto("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    return zone


def stack_of(cloud: Any, *names: str, **changes: Any) -> Callable[[Stack], None]:
    """A composition of these parts and what they need. `public_a={"cidr": …}` changes a desired state; a value may be a
    function of the parts.
    """
    zone = zone_of(cloud)
    if "flow-logs" in names:
        _make_flow_role(cloud)

    def compose(stack: Stack) -> None:
        parts = Parts(stack, zone, {name.replace("_", "-"): change for name, change in changes.items()})
        for name in names:
            parts[name]

    return compose


def composition(cloud: Any) -> Callable[[Changes], Compose]:
    """Returns what makes a composition of all parts, with these changes of theirs."""
    _make_flow_role(cloud)
    return lambda changes: stack_of(cloud, *DESIRED, **{part.replace("-", "_"): one for part, one in changes.items()})


def _make_flow_role(cloud: Any) -> None:
    """The role by which flow logs are written: AWS tries it when they are made."""
    trust = Trust("vpc-flow-logs.amazonaws.com", "123456789012", f"arn:aws:ec2:{REGION}:123456789012:vpc-flow-log/*")
    name = FLOW_ROLE.rpartition("/")[2]
    iam = cloud.boto("iam")
    if name not in {one["RoleName"] for one in iam.list_roles()["Roles"]}:
        iam.create_role(Path="/ecsctl/", RoleName=name, AssumeRolePolicyDocument=trust_policy(trust))
        cloud.clock.sleep(60)


def snapshot() -> dict[str, Any]:
    """Returns what the account holds in the one region that these tests use."""
    return sandbox.snapshot(regions=(REGION,))


def ids_of(cloud: Any, compose: Callable[[Stack], None]) -> dict[str, Any]:
    """The ids of all parts that are there."""
    return {step.name: step.ids for step in cloud.plan(compose).steps}


def id_of(ids: dict[str, Any], part: str) -> str:
    """The first id of a part."""
    return str(next(iter(vars(ids[part]).values())))


def change_record(cloud: Any, action: str, name: str, kind: str, value: str, ttl: int = 60) -> None:
    """Change a record as someone else would, without tags."""
    record = {"Name": normal(name), "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value}]}
    cloud.boto("route53").change_resource_record_sets(
        HostedZoneId=zone_of(cloud), ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    )
