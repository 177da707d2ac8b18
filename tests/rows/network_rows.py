"""The rows of the kinds that make up the network and the edge."""

from __future__ import annotations

from typing import Any

from ecsctl.ids import (
    CertificateArn,
    InternetGatewayId,
    ListenerArn,
    LoadBalancerArn,
    LogGroupName,
    NatGatewayId,
    RoleArn,
    TargetGroupArn,
    VpcId,
)
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
from ecsctl.resources.target_group import TargetGroup
from ecsctl.resources.validation_record import ValidationRecord
from ecsctl.resources.vpc import Vpc
from tests.rows.network import (
    DOMAIN,
    HTTPS,
    REGION,
    WORLD,
    change_record,
    id_of,
)
from tests.rows.row import ByHand, Row


def _untag(id: str) -> ByHand:
    return lambda cloud, ids: cloud.boto("ec2").delete_tags(Resources=[id_of(ids, id)], Tags=[{"Key": "owner"}])


def _untag_elb(part: str) -> ByHand:
    return lambda cloud, ids: cloud.boto("elbv2").remove_tags(ResourceArns=[ids[part].arn], TagKeys=["owner"])


def _no_route(cloud: Any, ids: dict[str, Any]) -> None:
    cloud.boto("ec2").delete_route(RouteTableId=ids["public-routes"].route_table_id, DestinationCidrBlock=WORLD)


def _to_another_table(cloud: Any, ids: dict[str, Any]) -> None:
    ec2, other = cloud.boto("ec2"), ids["private-routes"].route_table_id
    used = ec2.describe_route_tables(RouteTableIds=[ids["public-routes"].route_table_id])["RouteTables"][0]
    association = used["Associations"][0]["RouteTableAssociationId"]
    ec2.replace_route_table_association(AssociationId=association, RouteTableId=other)


def _close(cloud: Any, ids: dict[str, Any]) -> None:
    group = ids["balancer-group"].group_id
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": WORLD}]}
    cloud.boto("ec2").revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])


def _shut(part: str) -> ByHand:
    """Nothing gets out of it any more."""
    rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": WORLD}]}
    return lambda cloud, ids: cloud.boto("ec2").revoke_security_group_egress(
        GroupId=ids[part].group_id, IpPermissions=[rule]
    )


def _attribute(key: str, value: str) -> ByHand:
    return lambda cloud, ids: cloud.boto("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=ids["balancer"].arn, Attributes=[{"Key": key, "Value": value}]
    )


def _other_groups(cloud: Any, ids: dict[str, Any]) -> None:
    other = ids["tasks-group"].group_id
    cloud.boto("elbv2").set_security_groups(LoadBalancerArn=ids["balancer"].arn, SecurityGroups=[other])


def _found(cloud: Any, ids: dict[str, Any]) -> None:
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_302"}
    cloud.boto("elbv2").modify_listener(
        ListenerArn=ids["http"].arn, DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}]
    )


def _other_hosts(cloud: Any, ids: dict[str, Any]) -> None:
    hosts = {"Field": "host-header", "HostHeaderConfig": {"Values": ["other.example"]}}
    cloud.boto("elbv2").modify_rule(RuleArn=ids["redirect"].arn, Conditions=[hosts])


def _found_elsewhere(cloud: Any, ids: dict[str, Any]) -> None:
    away = {"Protocol": "HTTPS", "Port": "443", "Host": "other.example", "StatusCode": "HTTP_302"}
    cloud.boto("elbv2").modify_rule(RuleArn=ids["redirect"].arn, Actions=[{"Type": "redirect", "RedirectConfig": away}])


def _other_path(cloud: Any, ids: dict[str, Any]) -> None:
    path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/other"]}}
    cloud.boto("elbv2").modify_rule(RuleArn=ids["shifting"].arn, Conditions=[path])


def _one_group(cloud: Any, ids: dict[str, Any]) -> None:
    alone = {"Type": "forward", "TargetGroupArn": ids["green"].arn}
    cloud.boto("elbv2").modify_rule(RuleArn=ids["shifting"].arn, Actions=[alone])


def _old_tls(cloud: Any, ids: dict[str, Any]) -> None:
    cloud.boto("elbv2").modify_listener(ListenerArn=ids["https"].arn, SslPolicy="ELBSecurityPolicy-2016-08")


def _weak_health(cloud: Any, ids: dict[str, Any]) -> None:
    cloud.boto("elbv2").modify_target_group(TargetGroupArn=ids["targets"].arn, HealthCheckPath="/")


def _slow_leave(cloud: Any, ids: dict[str, Any]) -> None:
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "300"}
    cloud.boto("elbv2").modify_target_group_attributes(TargetGroupArn=ids["targets"].arn, Attributes=[attribute])


ELB = "arn:aws:elasticloadbalancing:eu-central-1:123456789012"
OTHER_LISTENER = ListenerArn(f"{ELB}:listener/app/other/0123456789abcdef/0123456789abcdef")
OTHER_TARGETS = TargetGroupArn(f"{ELB}:targetgroup/other/0123456789abcdef")
OTHER_BALANCER = LoadBalancerArn(f"{ELB}:loadbalancer/app/other/0123456789abcdef")
OTHER_CERTIFICATE = CertificateArn(
    "arn:aws:acm:eu-central-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
)
OTHER_VPC = VpcId("vpc-0123456789abcdef0")


def _their_rule(cloud: Any, ids: Any) -> None:
    cloud.boto("ec2").authorize_security_group_ingress(
        GroupId=ids["balancer-group"].group_id,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 9999, "ToPort": 9999, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
        ],
    )


def _has_their_rule(cloud: Any, ids: Any) -> bool:
    [group] = cloud.boto("ec2").describe_security_groups(GroupIds=[ids["balancer-group"].group_id])["SecurityGroups"]
    return any(rule.get("FromPort") == 9999 for rule in group["IpPermissions"])


ROWS = (
    Row(
        Vpc,
        "network",
        "vpc",
        {"dns_hostnames": False, "dns_support": False, "default_group_closed": True},
        {"cidr": "10.8.0.0/16"},
        apart="addresses may overlap",
    ),
    Row(
        FlowLog,
        "network",
        "flow-logs",
        observed={
            "vpc": OTHER_VPC,
            "traffic_type": "ALL",
            "log_group": LogGroupName("/aws/vpc/other"),
            "role": RoleArn("arn:aws:iam::123456789012:role/other"),
        },
        by_hand={"tags": _untag("flow-logs")},
    ),
    Row(
        Subnet,
        "network",
        "public-a",
        observed={"vpc": OTHER_VPC, "cidr": "10.9.7.0/24"},
        reasons={"zone_id": "was looked up for what is new; what is there keeps its zone (tests/stack)"},
        by_hand={"tags": _untag("public-a")},
    ),
    Row(
        InternetGateway,
        "network",
        "gateway",
        observed={"vpc": OTHER_VPC},
        by_hand={"tags": _untag("gateway")},
    ),
    Row(
        RouteTable,
        "network",
        "public-routes",
        {"subnets": lambda parts: parts.subnets("public-a", "public-b", "public-c")},
        {"vpc": OTHER_VPC, "internet_gateway": InternetGatewayId("igw-0123456789abcdef0")},
        leaves=frozenset({"subnets"}),
        apart="a VPC has as many as one likes",
        by_hand={"internet_gateway": _no_route, "subnets": _to_another_table, "tags": _untag("public-routes")},
    ),
    Row(
        RouteTable,
        "network",
        "private-routes",
        observed={"nat_gateway": NatGatewayId("nat-0123456789abcdef0")},
        apart="a VPC has as many as one likes",
    ),
    Row(
        ElasticIp,
        "network",
        "address",
        by_hand={"tags": _untag("address")},
        apart="one address is as good as another",
    ),
    Row(
        NatGateway,
        "network",
        "nat",
        observed={
            "subnet": lambda parts: parts["public-b"].subnet_id,
            "allocation": lambda parts: parts["other-address"].allocation_id,
        },
        by_hand={"tags": _untag("nat")},
        apart="a subnet has as many as one likes",
    ),
    Row(
        SecurityGroup,
        "network",
        "balancer-group",
        {"ingress": frozenset({HTTPS, Rule(8443, 8444, cidr="::/0")}), "egress": frozenset({"::/0"})},
        {"name": "other", "vpc": OTHER_VPC, "description": "other"},
        leaves=frozenset({"egress"}),
        by_hand={"ingress": _close, "egress": _shut("balancer-group"), "tags": _untag("balancer-group")},
        beside=_their_rule,
        kept=_has_their_rule,
    ),
    Row(
        LoadBalancer,
        "network",
        "balancer",
        {
            "subnets": lambda parts: parts.subnets("public-a", "public-b", "public-c"),
            "security_groups": lambda parts: frozenset({parts["tasks-group"].group_id}),
            "idle_timeout": 600,
            "http2": False,
            "drop_invalid_header_fields": False,
            "more": (("client_keep_alive.seconds", '"600"'),),
        },
        {
            "name": "other",
            "vpc": OTHER_VPC,
            "scheme": "internal",
            "deletion_protection": True,
            "web_acl": f"arn:aws:wafv2:{REGION}:123456789012:regional/webacl/shop/1b2c3d4e-0000-4000-8000-000000000000",
        },
        by_hand={
            "idle_timeout": _attribute("idle_timeout.timeout_seconds", "7"),
            "drop_invalid_header_fields": _attribute("routing.http.drop_invalid_header_fields.enabled", "false"),
            "security_groups": _other_groups,
            "tags": _untag_elb("balancer"),
        },
    ),
    Row(
        TargetGroup,
        "network",
        "targets",
        {
            "health_check_path": "/well",
            "matcher": "200-299",
            "health_check_interval_seconds": 15,
            "health_check_timeout_seconds": 6,
            "healthy_threshold_count": 4,
            "unhealthy_threshold_count": 5,
            "deregistration_delay": 5,
            "slow_start": 30,
            "lb_cookie_duration_seconds": 3600,
            "more": (
                ("HealthCheckPort", '"9000"'),
                ("load_balancing.algorithm.type", '"least_outstanding_requests"'),
            ),
        },
        {
            "name": "other",
            "vpc": OTHER_VPC,
            "port": 81,
            "target_type": "instance",
            "protocol": "HTTPS",
            "stickiness": True,  # refused behind the rule of two groups
            "protocol_version": "HTTP2",
        },
        by_hand={"health_check_path": _weak_health, "deregistration_delay": _slow_leave, "tags": _untag_elb("targets")},
    ),
    Row(
        Alarm,
        "network",
        "errors-alarm",
        {
            "description": "Slow",
            "metrics": (Metric("latency", "TargetResponseTime", "p90"),),
            "expression": "",
            "threshold": 1.5,
            "evaluation_periods": 3,
            "target_group": OTHER_TARGETS,
            "load_balancer": OTHER_BALANCER,
        },
        {"name": "other"},
        by_hand={
            "tags": lambda cloud, ids: cloud.boto("cloudwatch").untag_resource(
                ResourceARN=ids["errors-alarm"].arn, TagKeys=["owner"]
            )
        },
    ),
    Row(
        Listener,
        "network",
        "http",
        {"redirect": False, "forward": lambda parts: parts["targets"].arn},
        {"load_balancer": OTHER_BALANCER, "port": 81},
        by_hand={"redirect": _found, "tags": _untag_elb("http")},
    ),
    Row(
        Listener,
        "network",
        "https",
        {
            "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            "certificate": lambda parts: parts["other-issued"].arn,
            "more": (("routing.http.response.x_frame_options.header_value", '"DENY"'),),
        },
        {"protocol": "HTTP", "beside": OTHER_TARGETS},
        by_hand={"ssl_policy": _old_tls},
    ),
    Row(
        ListenerRule,
        "network",
        "redirect",
        {"host_header": frozenset({f"www.{DOMAIN}", f"*.old.{DOMAIN}"}), "redirect_host": f"other.{DOMAIN}"},
        {"listener": OTHER_LISTENER, "priority": 7},
        by_hand={"host_header": _other_hosts, "redirect_host": _found_elsewhere, "tags": _untag_elb("redirect")},
    ),
    Row(
        ShiftingRule,
        "network",
        "shifting",
        {"path": "/v2/*"},
        {"listener": OTHER_LISTENER, "priority": 7, "target_groups": frozenset({OTHER_TARGETS})},
        by_hand={"path": _other_path, "target_groups": _one_group, "tags": _untag_elb("shifting")},
    ),
    Row(
        Certificate,
        "network",
        "certificate",
        observed={"domain": "other.ecsctl.example", "subject_alternative_names": frozenset({f"*.{DOMAIN}"})},
        apart="a domain has as many as one likes",
        by_hand={
            "tags": lambda cloud, ids: cloud.boto("acm").remove_tags_from_certificate(
                CertificateArn=ids["certificate"].arn, Tags=[{"Key": "owner"}]
            )
        },
    ),
    Row(
        ValidationRecord,
        "network",
        "proof",
        reasons={"domain": "another name of the certificate has another record, and is another part of the stack"},
    ),
    Row(IssuedCertificate, "network", "issued", observed={"certificate": OTHER_CERTIFICATE}),
    Row(
        DnsRecord,
        "network",
        "dns",
        observed={
            "name": "other.ecsctl.example",
            "type": "CNAME",
            "alias_dns_name": "other.eu-central-1.elb.amazonaws.com",
            "alias_zone": "Z0000000000000",
        },
        by_hand={"alias_dns_name": lambda cloud, ids: change_record(cloud, "UPSERT", DOMAIN, "A", "192.0.2.1")},
    ),
    Row(
        DnsRecord,
        "network",
        "www",
        {"resource_record": "other.ecsctl.example", "ttl": 60},
        {},
        {"zone": "where the name is looked up: the same name in another zone is another record"},
        by_hand={
            "resource_record": lambda cloud, ids: change_record(cloud, "UPSERT", f"_www.{DOMAIN}", "CNAME", "x.example")
        },
    ),
)
