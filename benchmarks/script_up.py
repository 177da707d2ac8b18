"""How the scripts of one's own make the account."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.boto import (
    APP,
    DOMAIN,
    PAUSE,
    REGION,
    TAGS,
    Made,
    Steps,
    acm,
    alias,
    codebuild,
    codepipeline,
    ec2,
    ecr,
    ecs,
    elbv2,
    iam,
    logs,
    proof,
    record,
    s3,
    secretsmanager,
    until,
)


def kind(name: str) -> list[Any]:
    """EC2's way to tag what is created."""
    return [{"ResourceType": name, "Tags": TAGS}]


def trusted(service: str) -> str:
    """Who may take the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(name: str, service: str, *actions: str) -> Callable[[Made], Any]:
    """A role with one policy."""

    def make(_: Made) -> Any:
        made = iam.create_role(RoleName=f"{APP}-{name}", AssumeRolePolicyDocument=trusted(service), Tags=TAGS)
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        iam.put_role_policy(RoleName=f"{APP}-{name}", PolicyName=APP,
                            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))  # fmt: skip
        return made["Role"]["Arn"]

    return make


def subnet(zone: str, net: int) -> Callable[[Made], Any]:
    """A subnet in a zone."""
    where = {"CidrBlock": f"10.0.{net}.0/24", "AvailabilityZone": REGION + zone}
    return lambda made: ec2.create_subnet(VpcId=made["vpc"], **where,
                                          TagSpecifications=kind("subnet"))["Subnet"]["SubnetId"]  # fmt: skip


def routes(target: str, *subnets: str) -> Callable[[Made], Any]:
    """A route table with one way out."""

    def make(made: Made) -> Any:
        table = ec2.create_route_table(VpcId=made["vpc"], TagSpecifications=kind("route-table"))
        table_id = table["RouteTable"]["RouteTableId"]
        way = {"GatewayId": made["gateway"]} if target == "gateway" else {"NatGatewayId": made["nat"]}
        ec2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", **way)
        for one in subnets:
            ec2.associate_route_table(RouteTableId=table_id, SubnetId=made[one])
        return table_id

    return make


def gateway(made: Made) -> Any:
    found = ec2.create_internet_gateway(TagSpecifications=kind("internet-gateway"))["InternetGateway"][
        "InternetGatewayId"
    ]
    ec2.attach_internet_gateway(InternetGatewayId=found, VpcId=made["vpc"])
    return found


def vpc(_: Made) -> Any:
    found = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=kind("vpc"))["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=found, EnableDnsHostnames={"Value": True})
    return found


def nat(made: Made) -> Any:
    found = ec2.create_nat_gateway(SubnetId=made["public-a"], AllocationId=made["address"],
                                   TagSpecifications=kind("natgateway"))["NatGateway"]["NatGatewayId"]  # fmt: skip
    ec2.get_waiter("nat_gateway_available").wait(
        NatGatewayIds=[found], WaiterConfig={"Delay": PAUSE, "MaxAttempts": 600}
    )
    return found


def group(name: str, port: int, inside: str = "") -> Callable[[Made], Any]:
    """A security group open on one port: to all, or to another group."""

    def make(made: Made) -> Any:
        found = ec2.create_security_group(GroupName=f"{APP}-{name}", Description=name, VpcId=made["vpc"],
                                          TagSpecifications=kind("security-group"))["GroupId"]  # fmt: skip
        who: Any = (
            {"UserIdGroupPairs": [{"GroupId": made[inside]}]} if inside else {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        )
        ec2.authorize_security_group_ingress(
            GroupId=found, IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **who}]
        )
        return found

    return make


def certificate(_: Made) -> Any:
    arn = acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS", Tags=TAGS)["CertificateArn"]
    shown = until(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]
                  .get("ResourceRecord"))  # fmt: skip
    record(proof(shown))
    until(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")
    return {"arn": arn, "record": shown}


def balancer(made: Made) -> Any:
    found = elbv2.create_load_balancer(Name=APP, Subnets=[made["public-a"], made["public-b"]], Tags=TAGS,
                                       SecurityGroups=[made["balancer-group"]])["LoadBalancers"][0]  # fmt: skip
    return {"arn": found["LoadBalancerArn"], "dns": found["DNSName"], "zone": found["CanonicalHostedZoneId"]}


def listener(made: Made) -> Any:
    return elbv2.create_listener(
        LoadBalancerArn=made["balancer"]["arn"], Port=443, Protocol="HTTPS", Tags=TAGS,
        Certificates=[{"CertificateArn": made["certificate"]["arn"]}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": made["targets"]}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip


def build(made: Made) -> Any:
    token = secretsmanager.get_secret_value(SecretId="github/token")["SecretString"]
    codebuild.import_source_credentials(serverType="GITHUB", authType="PERSONAL_ACCESS_TOKEN", token=token)
    variables: Any = [{"name": name, "value": value} for name, value in (
        ("REPOSITORY_URI", made["repository"]), ("AWS_ACCOUNT_ID", made["execution"].split(":")[4]),
        ("AWS_STACK_REGION", REGION), ("CONTAINER_NAME", APP))]  # fmt: skip
    codebuild.create_project(
        name=APP, source={"type": "GITHUB", "location": "https://github.com/ecsctl/hello.git"}, sourceVersion="main",
        artifacts={"type": "NO_ARTIFACTS"}, serviceRole=made["build-role"], tags=[{"key": "app", "value": APP}],
        environment={"type": "ARM_CONTAINER", "image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
                     "computeType": "BUILD_GENERAL1_SMALL", "privilegedMode": True,
                     "environmentVariables": variables})  # fmt: skip
    started = codebuild.start_build(projectName=APP)["build"]["id"]
    until(lambda: codebuild.batch_get_builds(ids=[started])["builds"][0]["buildStatus"] == "SUCCEEDED")
    image = ecr.describe_images(repositoryName=APP)["imageDetails"][0]
    return f"{made['repository']}@{image['imageDigest']}"


def definition(made: Made) -> Any:
    options = {"awslogs-group": f"/ecs/{APP}", "awslogs-region": REGION, "awslogs-stream-prefix": "app"}
    container: Any = {"name": APP, "image": made["build"], "portMappings": [{"containerPort": 8000}],
                      "environment": [{"name": "APP_NAME", "value": APP}],
                      "logConfiguration": {"logDriver": "awslogs", "options": options}}  # fmt: skip
    return ecs.register_task_definition(
        family=APP, cpu="256", memory="512", networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
        runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        containerDefinitions=[container], executionRoleArn=made["execution"], taskRoleArn=made["task"],
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip


def service(made: Made) -> Any:
    network: Any = {"subnets": [made["private-a"], made["private-b"]], "securityGroups": [made["tasks-group"]]}
    ecs.create_service(
        cluster=APP, serviceName=APP, taskDefinition=made["definition"], desiredCount=1, launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network}, healthCheckGracePeriodSeconds=60,
        loadBalancers=[{"targetGroupArn": made["targets"], "containerName": APP, "containerPort": 8000}])  # fmt: skip
    waiter = ecs.get_waiter("services_stable")
    waiter.wait(cluster=APP, services=[APP], WaiterConfig={"Delay": PAUSE, "MaxAttempts": 900})
    record(alias(made))
    return APP


def pipeline(made: Made) -> Any:
    token = secretsmanager.get_secret_value(SecretId="github/token")["SecretString"]

    def action(name: str, category: str, owner: str, provider: str, settings: Mapping[str, str], **ends: Any) -> Any:
        what = {"category": category, "owner": owner, "provider": provider, "version": "1"}
        return {"name": name, "actions": [{"name": name, "actionTypeId": what, "configuration": settings, **ends}]}

    source = {
        "Owner": "ecsctl",
        "Repo": "hello",
        "Branch": "main",
        "OAuthToken": token,
        "PollForSourceChanges": "false",
    }
    sources, images = [{"name": "Sources"}], [{"name": "Images"}]
    stages = [
        action("Source", "Source", "ThirdParty", "GitHub", source, outputArtifacts=sources),
        action(
            "Build", "Build", "AWS", "CodeBuild", {"ProjectName": APP}, inputArtifacts=sources, outputArtifacts=images
        ),
        action("Deploy", "Deploy", "AWS", "ECS", {"ClusterName": APP, "ServiceName": APP}, inputArtifacts=images),
    ]
    bucket = made["bucket"]
    codepipeline.create_pipeline(pipeline={
        "name": APP, "roleArn": made["pipeline-role"], "artifactStore": {"type": "S3", "location": bucket},
        "stages": stages, "version": 1})  # fmt: skip
    return APP


def bucket(_: Made) -> Any:
    name = f"{APP}-by-script"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


PASS, LOGS = "iam:PassRole", "logs:*"
UP: Steps = {
    "logs": ((), lambda _: logs.create_log_group(logGroupName=f"/ecs/{APP}") and APP),
    "execution": ((), role("execution", "ecs-tasks", "ecr:*", LOGS)),
    "task": ((), role("task", "ecs-tasks", "ssmmessages:*")),
    "build-role": ((), role("build", "codebuild", "ecr:*", LOGS, "s3:*")),
    "pipeline-role": ((), role("pipeline", "codepipeline", "codebuild:*", "ecs:*", "s3:*", PASS)),
    "repository": ((), lambda _: ecr.create_repository(repositoryName=APP)["repository"]["repositoryUri"]),
    "build": (("repository", "build-role", "execution"), build),
    "bucket": ((), bucket),
    "vpc": ((), vpc),
    "gateway": (("vpc",), gateway),
    "public-a": (("vpc",), subnet("a", 0)),
    "public-b": (("vpc",), subnet("b", 1)),
    "private-a": (("vpc",), subnet("a", 2)),
    "private-b": (("vpc",), subnet("b", 3)),
    "public-routes": (("gateway", "public-a", "public-b"), routes("gateway", "public-a", "public-b")),
    "address": ((), lambda _: ec2.allocate_address(Domain="vpc", TagSpecifications=kind("elastic-ip"))["AllocationId"]),
    "nat": (("gateway", "public-a", "address"), nat),
    "private-routes": (("nat", "private-a", "private-b"), routes("nat", "private-a", "private-b")),
    "balancer-group": (("vpc",), group("balancer", 443)),
    "tasks-group": (("balancer-group",), group("tasks", 8000, "balancer-group")),
    "certificate": ((), certificate),
    "balancer": (("public-a", "public-b", "balancer-group", "gateway"), balancer),
    "targets": (("vpc",), lambda made: elbv2.create_target_group(
        Name=APP, Protocol="HTTP", Port=80, VpcId=made["vpc"], TargetType="ip", HealthCheckPath="/healthz",
        HealthCheckIntervalSeconds=10, HealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]),
    "listener": (("balancer", "targets", "certificate"), listener),
    "cluster": ((), lambda _: ecs.create_cluster(clusterName=APP) and APP),
    "definition": (("build", "execution", "task", "logs"), definition),
    "service": (("cluster", "definition", "listener", "private-routes", "tasks-group"), service),
    "pipeline": (("service", "pipeline-role", "bucket"), pipeline),
}  # fmt: skip
