"""A small account for the kinds of ECS, and their rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ecsctl.engine.stack import Stack
from ecsctl.ids import (
    ClusterName,
    ImageUri,
    ListenerArn,
    LogGroupName,
    RoleArn,
    ScalableTargetId,
    SecurityGroupId,
    ServiceName,
    SubnetId,
    TargetGroupArn,
)
from ecsctl.resources.backlog_alarm import BacklogAlarm
from ecsctl.resources.cluster import Cluster
from ecsctl.resources.scaling import Scaling
from ecsctl.resources.service import Service
from ecsctl.resources.support.additions import additions
from ecsctl.resources.support.service_additions import FAST, MONITORING, published
from ecsctl.resources.task_definition import TaskDefinition
from tests import execution
from tests.desired_stack import usual
from tests.rows import schedules
from tests.rows.delivery import a_key
from tests.rows.row import Changes, Compose

REGION = "eu-central-1"
IMAGES = "public.ecr.aws/docker/library/shop"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


PUBLISHED = additions({MONITORING: published(["CPUUtilization", "MemoryUtilization"], FAST)})
MAIL = f"arn:aws:sqs:{REGION}:123456789012:mail"


def image(number: int) -> ImageUri:
    return ImageUri(f"{IMAGES}:{number}")


@contextmanager
def heard(cloud: Any, event: str, handler: Callable[..., None]) -> Iterator[None]:
    """Meanwhile call `handler` at this event of botocore, whenever ecsctl calls ECS. What it raises the call raises."""
    events = cloud.aws.client("ecs").meta.events
    events.register(event, handler)
    try:
        yield
    finally:
        events.unregister(event, handler)


class Ground:
    """Describes what the service stands on, made by hand: a network with a way out, a load balancer, roles, a log
    group.
    """

    def __init__(self, cloud: Any, count: int = 1) -> None:
        self.cloud, self.count = cloud, count
        self.boto = cloud.boto
        self._network()
        self._balancer()
        roles, mine = self.boto("iam"), {"Path": "/ecsctl/", "AssumeRolePolicyDocument": json.dumps(TRUST)}
        for service in ("ecs", "ecs.application-autoscaling"):
            roles.create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")
        self.boto("cloudwatch").put_metric_alarm(
            AlarmName="lost",
            Namespace="Shop",
            MetricName="Lost",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        self.role, self.other_role = (
            RoleArn(roles.create_role(RoleName=f"shop-{REGION}-{name}", **mine)["Role"]["Arn"])
            for name in ("tasks", "other")
        )
        for name in ("tasks", "other"):
            execution.allowed(roles, f"shop-{REGION}-{name}")
        self.scheduler_role, self.other_scheduler = schedules.roles(self.boto("iam"))
        self.log_group, self.other_logs = LogGroupName("/ecs/shop"), LogGroupName("/ecs/other")
        for name in (self.log_group, self.other_logs):
            self.boto("logs").create_log_group(logGroupName=name)
        cloud.clock.sleep(300)  # until load balancer and roles are what they will be

    def _network(self) -> None:
        ec2 = self.boto("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.cloud.clock.sleep(60)
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]
        ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        self.subnets = frozenset(
            SubnetId(
                ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")[
                    "Subnet"
                ]["SubnetId"]
            )
            for number, zone in enumerate("ab")
        )
        self.vpc = vpc
        self.front = self._group("front", 80)
        self.back = self._group("back", 8080)
        self.other_group = self._group("other", 9090)
        self.cloud.clock.sleep(60)

    def _group(self, name: str, port: int) -> SecurityGroupId:
        ec2 = self.boto("ec2")
        made = ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
        self.cloud.clock.sleep(30)
        world = [{"CidrIp": "0.0.0.0/0"}]
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": world}
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
        return SecurityGroupId(made)

    def _balancer(self) -> None:
        elb = self.boto("elbv2")
        balancer = elb.create_load_balancer(Name="shop", Subnets=sorted(self.subnets), SecurityGroups=[self.front])
        group = elb.create_target_group(
            Name="shop", Protocol="HTTP", Port=8080, VpcId=self.vpc, TargetType="ip", HealthCheckIntervalSeconds=10
        )
        self.target_group = TargetGroupArn(group["TargetGroups"][0]["TargetGroupArn"])
        listener = elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.target_group}],
        )
        self.listener = ListenerArn(listener["Listeners"][0]["ListenerArn"])

    def definition(self, **changes: Any) -> TaskDefinition:
        desired: dict[str, Any] = {
            "family": "shop",
            "container_name": "app",
            "container_port": 8080,
            "execution_role": self.role,
            "task_role": self.role,
            "log_group": self.log_group,
            "seed": image(1),
            "cluster": "shop",
            "service": "shop",
        }
        return usual(TaskDefinition, **desired | changes)

    def stack(
        self,
        definition: dict[str, Any] | None = None,
        service: dict[str, Any] | None = None,
        cluster: dict[str, Any] | None = None,
        scaling: dict[str, Any] | None = None,
        schedule: dict[str, Any] | None = None,
        group: dict[str, Any] | None = None,
        alarm: dict[str, Any] | None = None,
    ) -> Any:
        """A composition of all the kinds, with these changes of their fields. Some only if they are asked for."""

        def compose(stack: Stack) -> None:
            inside = stack.ensure("cluster", usual(Cluster, **{"name": "shop", **(cluster or {})}))
            task = stack.ensure("task-definition", self.definition(**definition or {}))
            often = (scaling or {}).get("resolution") == FAST
            more = {"more": PUBLISHED} if often else {}
            made = stack.ensure(
                "service",
                self.service(**{"cluster": inside.name, "task_definition": task.arn, **more, **(service or {})}),
            )
            if scaling is not None:
                limits = self.scaling(**{"cluster": inside.name, "service": made.name, **scaling})
                target = stack.ensure("scaling", limits, ready=(made,) if often else ()).target
                if alarm is not None:
                    stack.ensure("backlog-alarm", self.alarm(**{"target": target, **alarm}))

            if schedule is not None:
                schedules.compose(stack, self, inside.name, task.family, schedule, group or {})

        return compose

    def service(self, cluster: ClusterName, task_definition: Any, **changes: Any) -> Service:
        desired: dict[str, Any] = {
            "cluster": cluster,
            "name": "shop",
            "task_definition": task_definition,
            "desired_count": self.count,
            "subnets": self.subnets,
            "security_groups": frozenset({self.back}),
            "target_group": self.target_group,
            "listener": self.listener,
            "container_name": "app",
            "container_port": 8080,
            "assign_public_ip": True,
        }
        return usual(Service, **desired | changes)

    def scaling(self, cluster: ClusterName, service: ServiceName, **changes: Any) -> Scaling:
        return usual(
            Scaling, **{"cluster": cluster, "service": service, "min_capacity": 1, "max_capacity": 4, **changes}
        )

    def alarm(self, target: ScalableTargetId, **changes: Any) -> BacklogAlarm:
        usual: dict[str, Any] = {
            "name": "shop-backlog",
            "queue": MAIL,
            "container_insights": False,
            "evaluation_periods": 3,
            "starts": True,
        }
        return BacklogAlarm(target=target, **usual | changes)

    @property
    def described(self) -> dict[str, Any]:
        """The service as AWS describes it."""
        found: dict[str, Any] = self.boto("ecs").describe_services(cluster="shop", services=["shop"])["services"][0]
        return found

    def live(self) -> dict[str, Any]:
        """The task definition that the service runs."""
        ecs = self.boto("ecs")
        found: dict[str, Any] = ecs.describe_task_definition(taskDefinition=self.described["taskDefinition"])
        return found["taskDefinition"]

    def revisions(self, status: str = "ACTIVE") -> list[str]:
        listed: list[str] = self.boto("ecs").list_task_definitions(familyPrefix="shop", status=status)[
            "taskDefinitionArns"
        ]
        return [arn.rsplit("/", 1)[-1] for arn in listed]

    def register(self, change: Any, tags: bool = False) -> str:
        """Returns what the pipeline does: copy what the service runs, change it, register it. Without our tags by
        default.
        """
        ecs = self.boto("ecs")
        copy = self.live()
        own = ecs.list_tags_for_resource(resourceArn=copy["taskDefinitionArn"])["tags"]
        for added in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities",
                      "registeredAt", "registeredBy"):  # fmt: skip
            copy.pop(added, None)
        change(copy)
        made = ecs.register_task_definition(**copy, **({"tags": own} if tags and own else {}))
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def deploy(self, number: int, settle: bool = True, tags: bool = False) -> str:
        """Returns what the pipeline does at a push: the same with another image, and the service updated to it."""
        arn = self.register(lambda copy: copy["containerDefinitions"][0].update(image=image(number)), tags)
        self.boto("ecs").update_service(cluster="shop", service="shop", taskDefinition=arn)
        if settle:
            self.wait()
        return arn

    def wait(self, limit: int = 3600) -> None:
        """Let time pass until the newest deployment is over."""
        for _ in range(limit // 120):
            if self.described["deployments"][0]["rolloutState"] != "IN_PROGRESS":
                return
            self.cloud.clock.sleep(120)
        raise AssertionError("the deployment did not end")


def composition(cloud: Any) -> Callable[[Changes], Compose]:
    """Returns what makes a composition of all parts, with these changes of theirs."""
    ground = Ground(cloud)
    a_key(cloud)

    def compose(changes: Changes) -> Compose:
        asked = {
            part: {name: value(ground) if callable(value) else value for name, value in changed.items()}
            for part, changed in changes.items()
        }
        composed: Compose = ground.stack(
            asked.get("task-definition"),
            {"desired_count": None, **asked.get("service", {})},
            asked.get("cluster"),
            asked.get("scaling", {}),
            asked.get("schedule nightly", {}),
            asked.get("schedules", {}),
            asked.get("backlog-alarm", {}),
        )
        return composed

    return compose
