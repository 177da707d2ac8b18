"""A row for every kind that is ours to make: the stack it stands in, and another value for each of its fields.

`made` are other values that AWS takes all at once; `seen` are such as are planned and not made, for they mean another
thing of the kind, or would have to be tied to more than the stack holds. `reasons` say why a field has no other value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecsctl.engine.resource import AnyResource
from ecsctl.engine.secret import Secret
from ecsctl.ensure import policies
from ecsctl.ids import (
    BucketName,
    CertificateArn,
    ClusterName,
    InternetGatewayId,
    LoadBalancerArn,
    LogGroupName,
    NatGatewayId,
    PipelineName,
    ProjectName,
    RoleName,
    ServiceName,
    TargetGroupArn,
    TaskDefinitionArn,
    VpcId,
)
from ecsctl.resources.borrowed_network import BorrowedSubnet, BorrowedVpc
from ecsctl.resources.bucket import Bucket
from ecsctl.resources.build_project import BuildProject, EnvVar, SourceAuth
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.cluster import Cluster
from ecsctl.resources.connection import BorrowedConnection
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.elastic_ip import ElasticIp
from ecsctl.resources.first_image import FirstImage
from ecsctl.resources.internet_gateway import InternetGateway
from ecsctl.resources.issued_certificate import BorrowedCertificate, IssuedCertificate
from ecsctl.resources.listener import Listener
from ecsctl.resources.load_balancer import LoadBalancer
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.nat_gateway import NatGateway
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.pipeline_webhook import PipelineWebhook
from ecsctl.resources.repository import Repository
from ecsctl.resources.role import Role
from ecsctl.resources.route_table import RouteTable
from ecsctl.resources.scaling import Scaling
from ecsctl.resources.security_group import Rule, SecurityGroup
from ecsctl.resources.service import Service
from ecsctl.resources.source_credentials import SourceCredentials
from ecsctl.resources.subnet import Subnet
from ecsctl.resources.support.pipeline_structure import Approval, Check, Deploy
from ecsctl.resources.support.policy_document import Trust
from ecsctl.resources.target_group import TargetGroup
from ecsctl.resources.task_definition import HealthCheck, TaskDefinition
from ecsctl.resources.vpc import Vpc
from tests import cases_cicd, cases_network
from tests.cases_ecs import image

ELB = "arn:aws:elasticloadbalancing:eu-central-1:123456789012"
OTHER_BALANCER = LoadBalancerArn(f"{ELB}:loadbalancer/app/other/0123456789abcdef")
OTHER_GROUP = TargetGroupArn(f"{ELB}:targetgroup/other/0123456789abcdef")
OTHER_CERTIFICATE = CertificateArn(
    "arn:aws:acm:eu-central-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
)
OTHER_VPC = VpcId("vpc-0123456789abcdef0")


@dataclass(frozen=True)
class Row:
    """One kind, and the part of a stack that stands for it. A value that is a function is called with the parts."""

    kind: type[AnyResource]
    stack: str
    part: str
    made: Mapping[str, Any] = field(default_factory=dict)
    seen: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    leaves: frozenset[str] = frozenset()  # fields in which what others have added is left alone

    def __str__(self) -> str:
        return self.part


ROWS = (
    Row(Vpc, "network", "vpc", {"dns_hostnames": False, "dns_support": False}, {"cidr": "10.8.0.0/16"}),
    Row(
        Subnet, "network", "public-a",
        seen={"vpc": OTHER_VPC, "cidr": "10.9.7.0/24"},
        reasons={"zone_id": "was looked up for what is new; what is there keeps its zone (tests/stack)"},
    ),
    Row(InternetGateway, "network", "gateway", seen={"vpc": OTHER_VPC}),
    Row(
        RouteTable, "network", "public-routes",
        {"subnets": lambda parts: parts.subnets("public-a", "public-b", "public-c")},
        {"vpc": OTHER_VPC, "internet_gateway": InternetGatewayId("igw-0123456789abcdef0")},
        leaves=frozenset({"subnets"}),
    ),
    Row(RouteTable, "network", "private-routes", seen={"nat_gateway": NatGatewayId("nat-0123456789abcdef0")}),
    Row(ElasticIp, "network", "address"),
    Row(
        NatGateway, "network", "nat",
        seen={
            "subnet": lambda parts: parts["public-b"].subnet_id,
            "allocation": lambda parts: parts["other-address"].allocation_id,
        },
    ),
    Row(
        SecurityGroup, "network", "balancer-group",
        {"ingress": frozenset({cases_network.HTTPS, Rule(8443, 8444, cidr="::/0")}),
         "lets_out_to": frozenset({"::/0"})},
        {"name": "other", "vpc": OTHER_VPC, "description": "other"},
        leaves=frozenset({"lets_out_to"}),
    ),
    Row(
        LoadBalancer, "network", "balancer",
        {
            "subnets": lambda parts: parts.subnets("public-a", "public-b", "public-c"),
            "security_groups": lambda parts: frozenset({parts["tasks-group"].group_id}),
            "idle_timeout": 600,
            "http2": False,
            "drop_invalid_header_fields": False,
        },
        {"name": "other", "vpc": OTHER_VPC, "scheme": "internal"},
    ),
    Row(
        TargetGroup, "network", "targets",
        {"path": "/well", "matcher": "200-299", "interval": 15, "timeout": 6, "healthy": 4, "unhealthy": 5,
         "deregistration_delay": 5, "slow_start": 30, "stickiness": True},
        {"name": "other", "vpc": OTHER_VPC, "port": 81, "target_type": "instance", "protocol": "HTTPS"},
    ),
    Row(
        Listener, "network", "http",
        {"redirect": False, "forward": lambda parts: parts["targets"].arn},
        {"load_balancer": OTHER_BALANCER,
         "port": 81},
    ),
    Row(
        Listener, "network", "https",
        {"ssl_policy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
         "certificate": lambda parts: parts["other-issued"].arn},
        {"protocol": "HTTP"},
    ),
    Row(Certificate, "network", "certificate", seen={"domain": "other.ecsctl.example", "wildcard": True}),
    Row(IssuedCertificate, "network", "issued",
        seen={"certificate": OTHER_CERTIFICATE}),
    Row(
        DnsRecord, "network", "dns",
        seen={"name": "other.ecsctl.example", "type": "CNAME", "alias_dns": "other.eu-central-1.elb.amazonaws.com",
              "alias_zone": "Z0000000000000"},
    ),
    Row(DnsRecord, "network", "www", {"value": "other.ecsctl.example", "ttl": 60}, {},
        {"zone": "where the name is looked up: the same name in another zone is another record"}),
    Row(
        Repository, "delivery", "repository",
        {"mutability": "MUTABLE_WITH_EXCLUSION", "mutable_tags": ("v*",), "scan_on_push": False,
         "lifecycle": cases_cicd.lifecycle(8)},
        {"name": "other"},
    ),
    Row(
        Role, "delivery", "build-role",
        {"statements": policies.codebuild(cases_cicd.SCOPE, cases_cicd.STARTED, secret=cases_cicd.SECRET),
         "trust": Trust("codebuild.amazonaws.com"), "boundary": cases_cicd.BOUNDARY},
        {"name": RoleName("other")},
    ),
    Row(LogGroup, "delivery", "build-logs", {"days": 7}, {"name": LogGroupName("/other")}),
    Row(
        Bucket, "delivery", "artifacts",
        {"private": False, "encryption": "aws:kms", "tls_only": False, "expire_days": 3, "abort_days": 1},
        {"name": BucketName("other-artifacts")},
    ),
    Row(SourceCredentials, "delivery", "github-credentials", {"token": Secret.of(cases_cicd.NEXT)},
        {"role": RoleName("other")}),
    Row(
        BuildProject, "delivery", "build",
        {
            "role": cases_cicd.OTHER_BUILD_ROLE,
            "repository": "https://github.com/ann/other.git",
            "branch": "release/1.x",
            "log_group": cases_cicd.OTHER_LOGS,
            "image": "registry.example.com/tools:1",
            "image_login": cases_cicd.SECRET,
            "environment": (EnvVar("TOKEN", "github/token", "SECRETS_MANAGER"),),
            "container": "LINUX_CONTAINER",
            "compute": "BUILD_GENERAL1_LARGE",
            "pulled_by": "SERVICE_ROLE",
            "privileged": False,
            "buildspec": "ci/buildspec.yml",
            "minutes": 5,
            "auth": SourceAuth("SECRETS_MANAGER", cases_cicd.SECRET),
            "webhook_branch": "release/1.x",
        },
        {"name": ProjectName("other"), "artifacts": "CODEPIPELINE"},
    ),
    Row(
        Pipeline, "delivery", "pipeline",
        {
            "role": cases_cicd.OTHER_PIPELINE_ROLE,
            "bucket": cases_cicd.OTHER_BUCKET,
            "source": cases_cicd.pushed(branch="release/1.x"),
            "build": cases_cicd.OTHER_PROJECT,
            "deploy": Deploy(ClusterName("shop"), ServiceName("shop"), "images.json", 30),
            "tests": (Check("Unit", cases_cicd.OTHER_PROJECT),),
            "approvals": (Approval("Ann", "Is it good?"), Approval("Bob")),
        },
        {"name": PipelineName("other")},
        {"exact": "true in every wish; what somebody else puts in is in tests/resources/test_pipeline.py",
         "first_run": "what is still to do about a run; tests/resources/test_pipeline.py"},
    ),
    Row(
        PipelineWebhook, "delivery", "pipeline-webhook",
        {"token": Secret.of(cases_cicd.NEXT), "filters": (("$.ref", "refs/heads/other"),)},
        {"name": "other", "repository": "ann/other", "pipeline": PipelineName("other"), "action": "Other"},
        {"registered": "true in every wish; tests/resources/test_pipeline_webhook.py"},
    ),
    Row(Cluster, "ecs", "cluster", {"insights": "enhanced"}, {"name": ClusterName("other")}),
    Row(
        TaskDefinition, "ecs", "task-definition",
        {
            "port": 9090,
            "execution_role": lambda ground: ground.other_role,
            "task_role": lambda ground: ground.other_role,
            "log_group": lambda ground: ground.other_logs,
            "image": image(2),
            "cpu": 512,
            "memory": 1024,
            "architecture": "X86_64",
            "log_prefix": "web",
            "log_mode": "blocking",
            "log_buffer": "",
            "environment": (("GREETING", "hello"),),
            "secrets": (("KEY", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github/token"),),
            "command": ("run",),
            "health_check": HealthCheck(("CMD-SHELL", "true"), interval=10, timeout=3, retries=2, start_period=5),
            "init_process": True,
            "stop_timeout": 60,
            "read_only": True,
        },
        {"family": "other", "container": "web"},
        {"sound": "true in every wish; tests/resources/test_task_definition.py"},
    ),
    Row(
        Service, "ecs", "service",
        {
            "subnets": lambda ground: frozenset(sorted(ground.subnets)[:1]),
            "security_groups": lambda ground: frozenset({ground.other_group}),
            "port": 9090,
            "minimum_percent": 0,
            "maximum_percent": 150,
            "circuit_breaker": False,
            "rollback": False,
            "grace_period": 90,
            "propagate_tags": "TASK_DEFINITION",
            "managed_tags": False,
            "platform_version": "1.4.0",
            "rebalancing": "DISABLED",
        },
        {
            "cluster": ClusterName("other"),
            "name": ServiceName("other"),
            "task_definition": TaskDefinitionArn("arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:99"),
            "desired_count": 3,
            "target_group": OTHER_GROUP,
            "container": "web",
            "public_ip": False,
            "execute_command": True,
        },
        {"settled": "true in every wish; tests/resources/test_deployments.py",
         "above_minimum": "true in every wish; tests/resources/test_service.py"},
    ),
    Row(Scaling, "ecs", "scaling", {"minimum": 2, "maximum": 6, "cpu_percent": 70},
        {"cluster": ClusterName("other"), "service": ServiceName("other")}),
)  # fmt: skip

EXEMPT: dict[type[AnyResource], str] = {
    FirstImage: "a wait: nothing of its own is on AWS; tests/stack/test_first_image.py",
    BorrowedVpc: "only looked at; tests/resources/test_borrowed_network.py",
    BorrowedSubnet: "only looked at; tests/resources/test_borrowed_network.py",
    BorrowedCertificate: "only looked at; tests/resources/test_certificate.py",
    BorrowedConnection: "only looked at; tests/resources/test_connection.py",
}
