import json

import pytest

from ecsctl.sandbox.aws import ec2 as sandbox_ec2
from ecsctl.sandbox.aws import tagging as sandbox_tagging
from ecsctl.sandbox.aws.account import ACCOUNT, TOKEN

REGION = "eu-central-1"
UPPER = [{"Key": "app", "Value": "mine"}]
LOWER = [{"key": "app", "value": "mine"}]


def spec(kind):
    return [{"ResourceType": kind, "Tags": UPPER}]


@pytest.fixture
def listed(aws):
    def found(region=REGION, **more):
        pages = aws("resourcegroupstaggingapi", region).get_paginator("get_resources")
        arns = []
        for page in pages.paginate(TagFilters=[{"Key": "app", "Values": ["mine"]}], **more):
            arns += [each["ResourceARN"] for each in page["ResourceTagMappingList"]]
        return arns

    return found


def test_a_new_resource_is_listed_a_minute_late(aws, listed, clock):
    aws("logs").create_log_group(logGroupName="/ecs/app", tags={"app": "mine"})
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/app"
    clock.sleep(59)
    assert listed() == []
    clock.sleep(1)
    assert listed() == [arn]


def test_a_dead_resource_is_listed_for_an_hour(aws, listed, clock):
    ecr = aws("ecr")
    arn = ecr.create_repository(repositoryName="app", tags=UPPER)["repository"]["repositoryArn"]
    clock.sleep(600)
    ecr.delete_repository(repositoryName="app")
    clock.sleep(3599)
    assert listed() == [arn]
    clock.sleep(1)
    assert listed() == []


def test_a_resource_that_lived_for_a_moment_is_listed_when_it_is_dead(aws, listed, clock):
    logs = aws("logs")
    logs.create_log_group(logGroupName="/ecs/app", tags={"app": "mine"})
    clock.sleep(5)
    logs.delete_log_group(logGroupName="/ecs/app")
    clock.sleep(55)
    assert len(listed()) == 1


def test_one_made_again_under_its_name_is_late_again_only_in_what_changed(aws, listed, clock):
    logs = aws("logs")
    for tags in ({"app": "mine"}, {"app": "other"}):
        logs.create_log_group(logGroupName="/ecs/app", tags=tags)
        clock.sleep(120)
        if tags["app"] == "mine":
            logs.delete_log_group(logGroupName="/ecs/app")
    assert listed() == []
    logs.tag_resource(resourceArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/app", tags={"app": "mine"})
    assert listed() == []
    clock.sleep(60)
    assert len(listed()) == 1


def test_changed_tags_show_late_and_the_old_ones_until_then(aws, listed, clock):
    logs, arn = aws("logs"), f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/app"
    logs.create_log_group(logGroupName="/ecs/app", tags={"app": "mine"})
    clock.sleep(60)
    logs.untag_resource(resourceArn=arn, tagKeys=["app"])
    clock.sleep(59)
    assert listed() == [arn]
    clock.sleep(1)
    assert listed() == []


def test_the_delays_can_be_switched(aws, listed, clock):
    sandbox_tagging.delay_tagging(late=0, lingering=0)
    aws("logs").create_log_group(logGroupName="/ecs/app", tags={"app": "mine"})
    assert len(listed()) == 1
    aws("logs").delete_log_group(logGroupName="/ecs/app")
    assert listed() == []


def test_all_that_aws_lists_is_listed_and_roles_are_not(aws, listed, clock):
    sandbox_ec2.lag(0)
    ec2, elb, iam = aws("ec2"), aws("elbv2"), aws("iam")

    def trust(service):
        allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": [allow]})

    role = {
        service: iam.create_role(
            RoleName=service, AssumeRolePolicyDocument=trust(f"{service}.amazonaws.com"), Tags=UPPER
        )["Role"]["Arn"]
        for service in ("codebuild", "codepipeline")
    }
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=spec("vpc"))["Vpc"]["VpcId"]
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=zone, TagSpecifications=spec("subnet")
        )["Subnet"]["SubnetId"]
        for n, zone in enumerate(zones[:2])
    ]
    gateway = ec2.create_internet_gateway(TagSpecifications=spec("internet-gateway"))
    gateway = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=spec("elastic-ip"))["AllocationId"]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=spec("route-table"))["RouteTable"]["RouteTableId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address, TagSpecifications=spec("natgateway"))
    nat = nat["NatGateway"]["NatGatewayId"]
    group = ec2.create_security_group(
        GroupName="web", Description="web", VpcId=vpc, TagSpecifications=spec("security-group")
    )["GroupId"]
    rule = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    rule = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=rule, TagSpecifications=spec("security-group-rule")
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    balancer = elb.create_load_balancer(Name="app", Subnets=subnets, SecurityGroups=[group], Tags=UPPER)
    balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    targets = elb.create_target_group(Name="app", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", Tags=UPPER)[
        "TargetGroups"
    ][0]["TargetGroupArn"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
        Tags=UPPER,
    )["Listeners"][0]["ListenerArn"]
    here = {"CreateBucketConfiguration": {"LocationConstraint": REGION, "Tags": UPPER}}
    aws("s3").create_bucket(Bucket="app-artifacts", **here)
    clock.sleep(10)
    project = aws("codebuild").create_project(
        name="app",
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2\nphases: {build: {commands: [make]}}"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "ARM_CONTAINER",
            "image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=role["codebuild"],
        tags=LOWER,
    )["project"]["arn"]
    source = {"category": "Source", "owner": "ThirdParty", "provider": "GitHub", "version": "1"}
    build = {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"}
    where = {"Owner": "me", "Repo": "app", "Branch": "main", "OAuthToken": TOKEN, "PollForSourceChanges": "false"}
    first = {"name": "Source", "actionTypeId": source, "configuration": where, "outputArtifacts": [{"name": "Out"}]}
    second = {
        "name": "Build",
        "actionTypeId": build,
        "configuration": {"ProjectName": "app"},
        "inputArtifacts": [{"name": "Out"}],
    }
    pipeline = {
        "name": "app",
        "roleArn": role["codepipeline"],
        "artifactStore": {"type": "S3", "location": "app-artifacts"},
        "stages": [{"name": "Source", "actions": [first]}, {"name": "Build", "actions": [second]}],
        "pipelineType": "V2",
    }
    aws("codepipeline").create_pipeline(pipeline=pipeline, tags=LOWER)
    assert listed() == []
    clock.sleep(60)
    ec2_arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
    assert sorted(listed()) == sorted(
        [
            f"{ec2_arn}:vpc/{vpc}",
            *(f"{ec2_arn}:subnet/{subnet}" for subnet in subnets),
            f"{ec2_arn}:internet-gateway/{gateway}",
            f"{ec2_arn}:elastic-ip/{address}",
            f"{ec2_arn}:route-table/{table}",
            f"{ec2_arn}:natgateway/{nat}",
            f"{ec2_arn}:security-group/{group}",
            f"{ec2_arn}:security-group-rule/{rule}",
            balancer,
            targets,
            listener,
            "arn:aws:s3:::app-artifacts",
            project,
            f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:app",
        ]
    )
    assert listed(ResourceTypeFilters=["ec2:elastic-ip"]) == [f"{ec2_arn}:elastic-ip/{address}"]
    assert sorted(listed(ResourceTypeFilters=["elasticloadbalancing"])) == sorted([balancer, targets, listener])
    assert listed(ResourceTypeFilters=["codepipeline:pipeline"]) == [f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:app"]
    assert listed("eu-west-1", ResourceTypeFilters=["ec2"]) == []


def test_hosted_zones_are_listed_in_us_east_1_alone(aws, listed, clock):
    dns = aws("route53")
    zone = dns.list_hosted_zones()["HostedZones"][0]["Id"].replace("/hostedzone/", "")
    dns.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, AddTags=UPPER)
    assert listed("us-east-1") == []
    assert listed() == []
    clock.sleep(60)
    assert listed("us-east-1") == [f"arn:aws:route53:::hostedzone/{zone}"]
    assert listed() == []
