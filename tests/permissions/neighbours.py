"""What an account contains before the first run: other apps whose names begin like ours, and borrowed resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ecsctl.operations.policy import partition_of
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.core.clock import Clock

ACCOUNT = "123456789012"

Made = dict[str, str]  # what the account holds before the first run, by what it is


def _queue(sqs: Any) -> str:
    url = sqs.create_queue(QueueName="mail")["QueueUrl"]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def _parameter(ssm: Any) -> str:
    """The ARN of a parameter that the tasks read."""
    ssm.put_parameter(Name="/hello/key", Value="x", Type="SecureString")
    return str(ssm.get_parameter(Name="/hello/key")["Parameter"]["ARN"])


def _files(boto: Callable[[str], Any], clock: Clock, made: Made) -> str:
    """Create a file system in the existing network, with mount targets in both zones; return its id."""
    efs, ec2 = boto("efs"), boto("ec2")
    group = ec2.create_security_group(GroupName="files", Description="files", VpcId=made["vpc"])["GroupId"]
    system: str = efs.create_file_system(CreationToken="files")["FileSystemId"]
    clock.sleep(60)
    rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "IpRanges": [{"CidrIp": "10.50.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    for zone in "ab":
        efs.create_mount_target(FileSystemId=system, SubnetId=made[zone], SecurityGroups=[group])
    clock.sleep(120)
    return system


def _bucket(s3: Any, region: str) -> str:
    """Create a bucket that a load balancer may write to; return its name."""
    s3.create_bucket(Bucket="their-logs", CreateBucketConfiguration={"LocationConstraint": region})
    where = f"arn:{partition_of(region)}:s3:::their-logs/AWSLogs/{ACCOUNT}/*"
    who = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    allow = {"Effect": "Allow", "Principal": who, "Action": "s3:PutObject", "Resource": where}
    s3.put_bucket_policy(Bucket="their-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    return "their-logs"


def prepare(boto: Callable[[str], Any], clock: Clock, region: str) -> Made:
    """Create other apps' resources, whose names begin like ours, and what configurations borrow."""
    ecs, logs, ec2 = boto("ecs"), boto("logs"), boto("ec2")
    iam = boto("iam")
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    clock.sleep(60)
    ecs.create_cluster(clusterName="other")
    ecs.create_cluster(clusterName="hello-api")
    container = {"name": "app", "image": "nginx", "memory": 128}
    ecs.register_task_definition(family="hello-api", containerDefinitions=[container])
    boto("ecr").create_repository(repositoryName="hello-api")
    for group in (
        "/ecs/hello-api",
        "/aws/codebuild/hello-api-build",
        "/aws/ecs/containerinsights/hello-api/performance",
    ):
        logs.create_log_group(logGroupName=group)
    zones = [boto("route53").create_hosted_zone(Name=zone, CallerReference=zone)["HostedZone"]["Id"]
             for zone in ("other.example", "api.ecsctl.example")]  # fmt: skip
    assert zones
    boto("acm").request_certificate(DomainName="api.ecsctl.example", ValidationMethod="DNS")
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    iam.create_role(RoleName=f"hello-api-{region}-task", Path="/ecsctl/", AssumeRolePolicyDocument=document)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": everything})
    boundary = boto("iam").create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    whole = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    key = boto("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [whole]}))["KeyMetadata"]
    boto("kms").create_alias(AliasName="alias/shop", TargetKeyId=key["KeyId"])
    boto("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="here")
    known = boto("route53").list_hosted_zones()["HostedZones"]
    made = {
        "zone": next(zone["Id"].rpartition("/")[2] for zone in known if zone["Name"] == "ecsctl.example."),
        "connection": complete_handshake("here", region=region),
        "boundary": boundary,
        "secret": boto("secretsmanager").create_secret(Name="hello/db", SecretString="x")["ARN"],
        "chat": boto("secretsmanager").create_secret(Name="chat", SecretString="https://chat.example.com/x")["ARN"],
        "key": _parameter(boto("ssm")),
        "vpc": ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"],
        "acl": boto("wafv2").create_web_acl(
            Name="shop",
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "shop"},
        )["Summary"]["ARN"],
        "bucket": _bucket(boto("s3"), region),
        "queue": _queue(boto("sqs")),
    }
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    clock.sleep(60)  # EC2 shows late what was made
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=made["vpc"])
    table = ec2.create_route_table(VpcId=made["vpc"])["RouteTable"]["RouteTableId"]
    for number, zone in enumerate("ab"):
        made[zone] = ec2.create_subnet(VpcId=made["vpc"], CidrBlock=f"10.50.{number}.0/24",
                                       AvailabilityZone=f"{region}{zone}")["Subnet"]["SubnetId"]  # fmt: skip
    clock.sleep(60)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for zone in "ab":
        ec2.associate_route_table(RouteTableId=table, SubnetId=made[zone])
    made["files"] = _files(boto, clock, made)
    # What was prepared has made roles that the first run of an account makes.
    iam.delete_service_linked_role(RoleName="AWSServiceRoleForECS")
    clock.sleep(60)
    return made
