"""How the scripts of one's own take the account away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.boto import (
    APP,
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
    until,
)
from ecsctl.aws.codes import code


def gone(read: Callable[[], Any]) -> None:
    """Call until AWS takes it, or says that it is not there any more."""

    def ask() -> bool:
        try:
            read()
        except ClientError as error:
            if "NotFound" not in code(error) and "NoSuch" not in code(error):
                raise
        return True

    until(ask)


def _nat_gone(made: Made) -> None:
    ec2.delete_nat_gateway(NatGatewayId=made["nat"])
    until(lambda: ec2.describe_nat_gateways(NatGatewayIds=[made["nat"]])["NatGateways"][0]["State"] == "deleted")


def _service_gone(_: Made) -> None:
    ecs.delete_service(cluster=APP, service=APP, force=True)
    until(lambda: ecs.describe_services(cluster=APP, services=[APP])["services"][0]["status"] == "INACTIVE")


def _roles_gone(_: Made) -> None:
    for name in ("execution", "task", "build", "pipeline"):
        iam.delete_role_policy(RoleName=f"{APP}-{name}", PolicyName=APP)
        iam.delete_role(RoleName=f"{APP}-{name}")


def _records_gone(made: Made) -> None:
    record(alias(made), "DELETE")
    record(proof(made["certificate"]["record"]), "DELETE")


def _bucket_gone(made: Made) -> None:
    held = s3.list_objects_v2(Bucket=made["bucket"]).get("Contents", [])
    for one in held:
        s3.delete_object(Bucket=made["bucket"], Key=one["Key"])
    gone(lambda: s3.delete_bucket(Bucket=made["bucket"]))


def _vpc_gone(made: Made) -> None:
    for name in ("tasks-group", "balancer-group"):
        gone(partial(ec2.delete_security_group, GroupId=made[name]))
    for name in ("public-a", "public-b", "private-a", "private-b"):
        gone(partial(ec2.delete_subnet, SubnetId=made[name]))
    for name in ("public-routes", "private-routes"):
        gone(partial(ec2.delete_route_table, RouteTableId=made[name]))
    gone(lambda: ec2.detach_internet_gateway(InternetGatewayId=made["gateway"], VpcId=made["vpc"]))
    gone(lambda: ec2.delete_internet_gateway(InternetGatewayId=made["gateway"]))
    gone(lambda: ec2.delete_vpc(VpcId=made["vpc"]))


def _definition_gone(made: Made) -> None:
    ecs.deregister_task_definition(taskDefinition=made["definition"])


def _balancer_gone(made: Made) -> None:
    elbv2.delete_listener(ListenerArn=made["listener"])
    elbv2.delete_load_balancer(LoadBalancerArn=made["balancer"]["arn"])


def _targets_gone(made: Made) -> None:
    gone(lambda: elbv2.delete_target_group(TargetGroupArn=made["targets"]))


def _certificate_gone(made: Made) -> None:
    gone(lambda: acm.delete_certificate(CertificateArn=made["certificate"]["arn"]))


DOWN: Steps = {
    "pipeline gone": ((), lambda _: codepipeline.delete_pipeline(name=APP)),
    "build gone": (("pipeline gone",), lambda _: codebuild.delete_project(name=APP)),
    "service gone": ((), _service_gone),
    "definition gone": (("service gone",), _definition_gone),
    "cluster gone": (("service gone",), lambda _: gone(lambda: ecs.delete_cluster(cluster=APP))),
    "records gone": ((), _records_gone),
    "balancer gone": ((), _balancer_gone),
    "targets gone": (("balancer gone",), _targets_gone),
    "certificate gone": (("balancer gone",), _certificate_gone),
    "nat gone": ((), _nat_gone),
    "address gone": (("nat gone",), lambda made: gone(lambda: ec2.release_address(AllocationId=made["address"]))),
    "repository gone": (("service gone",), lambda _: ecr.delete_repository(repositoryName=APP, force=True)),
    "logs gone": (("service gone",), lambda _: logs.delete_log_group(logGroupName=f"/ecs/{APP}")),
    "bucket gone": (("pipeline gone",), _bucket_gone),
    "roles gone": (("service gone", "build gone"), _roles_gone),
    "vpc gone": (("balancer gone", "address gone", "service gone"), _vpc_gone),
}
