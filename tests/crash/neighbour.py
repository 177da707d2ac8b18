"""Another app's resources in the same account that look like ours: none of them may ever change."""

from __future__ import annotations

import json
from typing import Any

from tests.stack.conftest import World

THEIRS = {
    "ecsctl:app": "hello-2",
    "ecsctl:id": "00000000-0000-4000-8000-000000000000",
    "ecsctl:resource": "vpc",
}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}]})  # fmt: skip


def _upper(**more: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in {**THEIRS, **more}.items()]


def _ec2(kind: str, tags: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tags}]


def move_in(world: World) -> None:
    """Create them: with the same names where AWS allows it, otherwise the same prefixes; some untagged, some with
    another owner's tags.
    """
    _names(world, _network(world))
    zone = world.boto("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    records = [("www.hello.ecsctl.example.", "A", "192.0.2.1"), ("_acme.hello.ecsctl.example.", "TXT", '"x"')]
    world.boto("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
        {"Action": "CREATE", "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": 60,
                                                   "ResourceRecords": [{"Value": value}]}}
        for name, kind, value in records]})  # fmt: skip
    world.boto("acm").request_certificate(DomainName="other.ecsctl.example", ValidationMethod="DNS", Tags=_upper())
    world.boto("codebuild").import_source_credentials(token="theirs",  # noqa: S106 - opens nothing
                                                      serverType="BITBUCKET", authType="BASIC_AUTH",
                                                      username="theirs")  # fmt: skip
    world.clock.sleep(3600.0)  # all that AWS shows late is shown


def _network(world: World) -> str:
    """Return a VPC of the other app."""
    ec2 = world.boto("ec2")
    name = [{"Key": "Name", "Value": "hello-vpc"}]
    vpc = ec2.create_vpc(CidrBlock="10.100.0.0/16", TagSpecifications=_ec2("vpc", name))["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.100.0.0/16", TagSpecifications=_ec2("vpc", _upper()))["Vpc"]["VpcId"]
    world.clock.sleep(60.0)  # EC2 shows new ids late
    for where in (vpc, other):
        ec2.create_subnet(VpcId=where, CidrBlock="10.100.0.0/24", AvailabilityZone="eu-central-1a",
                          TagSpecifications=_ec2("subnet", name))  # fmt: skip
        ec2.create_security_group(VpcId=where, GroupName="hello-tasks", Description="theirs")
    ec2.create_internet_gateway()
    ec2.create_internet_gateway(TagSpecifications=_ec2("internet-gateway", _upper(Name="hello-internet-gateway")))
    ec2.allocate_address(Domain="vpc")
    ec2.allocate_address(Domain="vpc", TagSpecifications=_ec2("elastic-ip", name))
    return str(vpc)


def _names(world: World, vpc: str) -> None:
    world.boto("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    world.clock.sleep(60.0)  # until ECS can assume it
    lower = {"key": "ecsctl:app", "value": "hello-2"}
    world.boto("iam").create_role(RoleName="hello-2-task", AssumeRolePolicyDocument=TRUST, Tags=_upper())
    world.boto("iam").create_role(RoleName="hello-theirs", AssumeRolePolicyDocument=TRUST)
    world.boto("logs").create_log_group(logGroupName="/ecs/hello-2")
    world.boto("logs").create_log_group(logGroupName="/ecsctl/hello/theirs", tags=THEIRS)
    world.boto("ecr").create_repository(repositoryName="hello-2", tags=_upper())
    world.boto("ecs").create_cluster(clusterName="hello-2", tags=[lower])
    world.boto("ecs").register_task_definition(
        family="hello-2", containerDefinitions=[{"name": "app", "image": "hello", "memory": 128}], tags=[lower]
    )
    world.boto("s3").create_bucket(
        Bucket="hello-theirs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    world.boto("elbv2").create_target_group(Name="hello-2", TargetType="ip", Protocol="HTTP", Port=80,
                                            VpcId=vpc, Tags=_upper())  # fmt: skip
