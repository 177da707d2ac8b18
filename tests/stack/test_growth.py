"""An account that grows: what others have, and what the app has piled up, costs a run of one app hardly a call more."""

from __future__ import annotations

from collections import Counter
from typing import Any

from moto.logs.models import logs_backends

from ecsctl import prefetch
from ecsctl.config import Config
from ecsctl.sandbox.aws import ecr
from ecsctl.session import open_stack
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack

APPS, ZONES, REVISIONS, IMAGES, STREAMS = 49, 300, 500, 1000, 5000
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"},'
    ' "Action": "sts:AssumeRole"}]}'
)


def test_a_run_with_nothing_to_change_asks_hardly_more_in_a_big_account(world: World) -> None:
    world.running()
    before = _asked(world)
    _others(world)
    _piled_up(world)
    after = _asked(world)
    assert after.total() <= 1.1 * before.total(), after - before


def _asked(world: World) -> Counter[str]:
    """The requests of a plan, each page one."""
    asked = Counter[str]()
    aws = world.aws()
    client = aws.client

    def counted(service: str) -> Any:
        made = client(service)
        made.meta.events.register("before-call", lambda model, **_: asked.update([f"{service} {model.name}"]), "count")
        return made

    aws.client = counted  # type: ignore[method-assign]  # to hear of each page
    aws.read_only = True
    config = Config.model_validate(desired_stack())
    prefetch.start(aws, config.name, world.state_file, config)
    session = open_stack(aws, config, world.state_file)
    assert session.engine.plan(session.desired_stack).work == ()
    for service in aws._clients:
        client(service).meta.events.unregister("before-call", unique_id="count")
    return asked


def _others(world: World) -> None:
    """Other apps, each with what is listed and not asked for by name."""
    ec2, elbv2, iam, logs = map(world.boto, ("ec2", "elbv2", "iam", "logs"))
    acm, route53 = world.boto("acm"), world.boto("route53")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    world.clock.sleep(120)  # until all of AWS knows them
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    zones = ec2.describe_availability_zones()["AvailabilityZones"][:2]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=zone["ZoneName"])["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate(zones)
    ]
    world.clock.sleep(120)
    for number in range(APPS):
        name = f"app-{number}"
        tags = [{"Key": "ecsctl:app", "Value": name}, {"Key": "ecsctl:id", "Value": f"{number:08x}"}]
        elbv2.create_load_balancer(Name=name, Subnets=subnets, Tags=tags)
        elbv2.create_target_group(Name=name, VpcId=vpc, Port=80, Protocol="HTTP", TargetType="ip", Tags=tags)
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
        for part in ("execution", "task", "build", "pipeline"):
            iam.create_role(RoleName=f"{name}-{part}", Path="/ecsctl/", AssumeRolePolicyDocument=TRUST, Tags=tags)
        for group in (f"/ecs/{name}", f"/aws/codebuild/{name}-build"):
            logs.create_log_group(logGroupName=group)
        acm.request_certificate(DomainName=f"{name}.example.com", ValidationMethod="DNS", Tags=tags)
    for number in range(ZONES):
        route53.create_hosted_zone(Name=f"zone-{number}.example", CallerReference=str(number))


def _piled_up(world: World) -> None:
    """Leave behind what a long life of the app does."""
    ecs = world.boto("ecs")
    for number in range(IMAGES):
        ecr.put_image(ACCOUNT, REGION, "hello", [f"old-{number}"])
    live = ecs.describe_services(cluster="hello", services=["hello"])["services"][0]["taskDefinition"]
    answer = ecs.describe_task_definition(taskDefinition=live, include=["TAGS"])
    model = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    again = {name: value for name, value in answer["taskDefinition"].items() if name in model}
    for _ in range(REVISIONS):
        ecs.register_task_definition(**again, tags=answer["tags"])
    ecs.update_service(cluster="hello", service="hello", taskDefinition="hello")
    world.clock.sleep(3600)
    group = logs_backends[ACCOUNT][REGION].groups["/ecs/hello"]
    for number in range(STREAMS):
        group.create_log_stream(f"app/app/{number:032x}")
