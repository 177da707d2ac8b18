"""Resources of the user that configurations name, and that ecsctl does not create."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ecsctl.sandbox.aws.acm import validation_record
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.aws.route53 import set_elsewhere
from tests.stack.conftest import ACCOUNT, World
from tests.stack.keys import made_key

Configured = dict[str, Any]

EXAMPLES = {
    "vpc": "vpc-0a1b2c3d4e5f60718",
    "group": "sg-0a1b2c3d4e5f60718",
    **{name: f"subnet-0{number:016x}" for number, name in enumerate(
        ("open-a", "open-b", "shut-a", "shut-b", "more-a", "more-b", "wide-a", "wide-b"))},
    "certificate": f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/1b2c3d4e-0000-4000-8000-000000000000",
    "secret": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:shop/db-AbCdEf",
    "token": "other/token",
    "login": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:shop/login-AbCdEf",
    "connection": f"arn:aws:codeconnections:eu-central-1:{ACCOUNT}:connection/1b2c3d4e-0000-4000-8000-000000000000",
    "boundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "key": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1b2c3d4e-0000-4000-8000-000000000000",
    "alarm": "business",
    "files": "fs-0123456789abcdef0",
    "point": "fsap-0123456789abcdef0",
    "acl": f"arn:aws:wafv2:eu-central-1:{ACCOUNT}:regional/webacl/shop/1b2c3d4e-0000-4000-8000-000000000000",
    "bucket": "shop-logs",
    "chat": "chat",
    "elsewhere": "shop.elsewhere.example",
    "topic": f"arn:aws:sns:eu-central-1:{ACCOUNT}:alerts",
    "queue": f"arn:aws:sqs:eu-central-1:{ACCOUNT}:mail",
}  # fmt: skip


def theirs(world: World, *configured: Configured) -> tuple[Configured, ...]:
    """Return the configurations, with each name in braces replaced by a resource that is created for it."""
    text = str(configured)
    made: dict[str, str] = {}
    if "hello.ecsctl.example'}" in text and "hosted_zone" in text:
        world.boto("route53").create_hosted_zone(Name="hello.ecsctl.example", CallerReference="theirs")
    for name, make in MADE.items():
        if f"{{{name}}}" in text:
            made |= make(world)
    return tuple(filled(one, made) for one in configured)


def _network(world: World) -> dict[str, str]:
    ec2 = world.boto("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    world.clock.sleep(30)
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    made = {"vpc": vpc, "group": ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]}
    names = [name for name in EXAMPLES if name[-2:] in ("-a", "-b")]
    for number, name in enumerate(names):
        made[name] = ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.50.{number}.0/24", AvailabilityZone=f"eu-central-1{name[-1]}"
        )["Subnet"]["SubnetId"]
    tables = {name: ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for name in names}
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    world.clock.sleep(60)
    for name, table in tables.items():
        ec2.associate_route_table(RouteTableId=table, SubnetId=made[name])
        if name[:4] in ("open", "wide"):
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    world.clock.sleep(60)
    nat = ec2.create_nat_gateway(SubnetId=made["open-a"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    world.clock.sleep(180)
    for name, table in tables.items():
        if name[:4] not in ("open", "wide"):
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    world.clock.sleep(10)
    return made


def _files(world: World) -> dict[str, str]:
    """A file system in that network, with mount targets in the tasks' zones, and an access point."""
    ec2, efs = world.boto("ec2"), world.boto("efs")
    subnets = [one for one in ec2.describe_subnets()["Subnets"] if one["CidrBlock"] in ("10.50.2.0/24", "10.50.3.0/24")]
    group = ec2.create_security_group(GroupName="files", Description="files", VpcId=subnets[0]["VpcId"])["GroupId"]
    world.clock.sleep(10)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "IpRanges": [{"CidrIp": "10.50.0.0/16"}]}])  # fmt: skip
    system = efs.create_file_system(CreationToken="theirs")["FileSystemId"]
    world.clock.sleep(30)
    for subnet in subnets:
        efs.create_mount_target(FileSystemId=system, SubnetId=subnet["SubnetId"], SecurityGroups=[group])
    point = efs.create_access_point(ClientToken="theirs", FileSystemId=system)["AccessPointId"]
    world.clock.sleep(300)
    return {"files": system, "point": point}


def _certificate(world: World) -> dict[str, str]:
    acm, route53 = world.boto("acm"), world.boto("route53")
    arn = acm.request_certificate(DomainName="hello.ecsctl.example", ValidationMethod="DNS")["CertificateArn"]
    world.clock.sleep(60)
    record = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
    zone = next(one["Id"] for one in route53.list_hosted_zones()["HostedZones"] if one["Name"] == "ecsctl.example.")
    change = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": change}]}
    )
    world.clock.sleep(1800)
    return {"certificate": arn}


def _connection(world: World) -> dict[str, str]:
    client = world.boto("codeconnections")
    arn = client.create_connection(ProviderType="GitHub", ConnectionName="theirs")["ConnectionArn"]
    complete_handshake("theirs")
    return {"connection": arn}


def _secret(world: World, name: str, kind: str) -> dict[str, str]:
    made = world.boto("secretsmanager").create_secret(Name=name, SecretString="ghp_" + "x" * 36)
    return {kind: made["ARN"]}


def _boundary(world: World) -> dict[str, str]:
    allow = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    made = world.boto("iam").create_policy(PolicyName="boundary", PolicyDocument=allow)
    return {"boundary": made["Policy"]["Arn"]}


def _topic(world: World) -> dict[str, str]:
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": {**allow, "Resource": EXAMPLES["topic"]}})
    return {"topic": world.boto("sns").create_topic(Name="alerts", Attributes={"Policy": policy})["TopicArn"]}


def _queue(world: World) -> dict[str, str]:
    world.boto("sqs").create_queue(QueueName="mail")
    return {"queue": EXAMPLES["queue"]}


def _chat(world: World) -> dict[str, str]:
    world.boto("secretsmanager").create_secret(Name="chat", SecretString="https://chat.example.com/a1b2c3d4")
    return {"chat": "chat"}


def _elsewhere(_world: World) -> dict[str, str]:
    name = EXAMPLES["elsewhere"]
    set_elsewhere(*validation_record(ACCOUNT, name))
    return {"elsewhere": name}


def _alarm(world: World) -> dict[str, str]:
    world.boto("cloudwatch").put_metric_alarm(
        AlarmName="business", Namespace="Shop", MetricName="Lost", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold")  # fmt: skip
    return {"alarm": "business"}


def acl(world: World) -> dict[str, str]:
    metrics = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "shop"}
    made = world.boto("wafv2").create_web_acl(
        Name="shop", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=metrics)  # fmt: skip
    return {"acl": made["Summary"]["ARN"]}


def _bucket(world: World) -> dict[str, str]:
    s3, name = world.boto("s3"), "shop-logs"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    allow = {"Effect": "Allow", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
             "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/web/AWSLogs/{ACCOUNT}/*"}  # fmt: skip
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    return {"bucket": name}


MADE = {
    "acl": acl,
    "bucket": _bucket,
    "alarm": _alarm,
    "vpc": _network,
    "files": _files,
    "certificate": _certificate,
    "connection": _connection,
    "secret": lambda world: _secret(world, "shop/db", "secret"),
    "token": lambda world: _secret(world, "other/token", "token"),
    "login": lambda world: _secret(world, "shop/login", "login"),
    "boundary": _boundary,
    "key": lambda world: {"key": made_key(world)},
    "topic": _topic,
    "queue": _queue,
    "chat": _chat,
    "elsewhere": _elsewhere,
}


def filled(value: Any, made: Mapping[str, str]) -> Any:
    """Return the value, however nested, with the names in braces replaced."""
    if isinstance(value, str):
        return value.format(**made) if value.startswith("{") else value
    if isinstance(value, dict):
        return {key: filled(one, made) for key, one in value.items()}
    return [filled(one, made) for one in value] if isinstance(value, list) else value
