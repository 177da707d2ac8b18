"""A service with tags of ours in the sandbox inside this process: less than a stack, enough to release to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.engine.state import State
from ecsctl.sandbox.aws import ecr
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.session import Session, open_app
from tests import execution
from tests.stack.conftest import ACCOUNT, REGION, shared_session

APP = "hello"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{APP}"


class Service:
    """The app's service, without a load balancer, in the account's default network; and runs of ecsctl over it."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.state_file = clock, folder / ".ecsctl" / "state.json"
        self.said: list[str] = []
        self.ecs = self.boto("ecs")
        self.tags = [{"key": name, "value": value} for name, value in self._tags().items()]
        self.boto("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
        self.role = self.trust("tasks", "ecs-tasks.amazonaws.com")
        execution.allowed(self.boto("iam"), "tasks")
        self.boto("logs").create_log_group(logGroupName="/ecs/hello")
        self.boto("ecr").create_repository(repositoryName=APP)
        self._connect()
        self.ecs.create_cluster(clusterName=APP)
        clock.sleep(60)  # until services know the cluster

    def boto(self, service: str) -> Any:
        return shared_session().client(service)  # type: ignore[call-overload]  # the name is a variable here

    def trust(self, name: str, whom: str) -> str:
        """A role that the service `whom` may assume, from a minute on; its ARN."""
        trust = {"Effect": "Allow", "Principal": {"Service": whom}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = self.boto("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
        self.clock.sleep(60)
        return str(made["Role"]["Arn"])

    def session(self) -> Session:
        return open_app(Aws(Patience(self.clock), session=shared_session()), APP, self.state_file)

    def app(self) -> tuple[Aws, State]:
        """Returns what the commands that release work on."""
        session = self.session()
        return session.aws, session.state

    def say(self, text: str) -> None:
        self.said.append(text)

    def push(self, tag: str, *tags: str, architecture: str = "arm64") -> str:
        """Push an image of its own; its address by digest."""
        digest = ecr.put_image(ACCOUNT, REGION, APP, [tag, *tags], architecture, index=True)
        self.clock.sleep(1)
        return f"{REPOSITORY}@{digest}"

    def register(
        self, image: str, environment: Mapping[str, str] | None = None, *, tagged: bool = True, family: str = APP
    ) -> str:
        """Register a revision, as the pipeline would without our tags; its ARN."""
        prefix = family.partition("_")[2] or "app"
        options = {"awslogs-group": "/ecs/hello", "awslogs-region": REGION, "awslogs-stream-prefix": prefix}
        made = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            executionRoleArn=self.role,
            containerDefinitions=[
                {
                    "name": APP,
                    "image": image,
                    "portMappings": [{"containerPort": 8080}],
                    "environment": [{"name": name, "value": value} for name, value in (environment or {}).items()],
                    "logConfiguration": {"logDriver": "awslogs", "options": options},
                },
                {"name": "sidecar", "image": "public.ecr.aws/nginx/nginx:1.27", "essential": False},
            ],
            tags=self.tags if tagged else [],
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def start(self, image: str, *, desired: int = 1, rollback: bool = True, worker: str = "") -> str:
        """Make the service, or that of a worker, with a first revision, and wait until it runs; the revision's ARN."""
        name = f"{APP}_{worker}" if worker else APP
        arn = self.register(image, family=name)
        subnet = self.boto("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        network = {"subnets": [subnet], "assignPublicIp": "ENABLED"}
        self.ecs.create_service(
            cluster=APP,
            serviceName=name,
            taskDefinition=arn,
            desiredCount=desired,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": rollback}},
            tags=[{**tag, "value": "service"} if tag["key"] == "ecsctl:resource" else tag for tag in self.tags],
        )
        self.clock.sleep(600)
        self.read()  # all of that happens at a request, before a tag is moved
        return arn

    def point(self, arn: str, service: str = APP, **more: Any) -> None:
        """Tell the service to run a revision, as the pipeline, or a person, does."""
        self.ecs.update_service(cluster=APP, service=service, taskDefinition=arn, **more)

    def read(self) -> dict[str, Any]:
        """The service now."""
        found: dict[str, Any] = self.ecs.describe_services(cluster=APP, services=[APP])["services"][0]
        return found

    @property
    def runs(self) -> str:
        """The revision that the service is to run, such as hello:1."""
        return str(self.read()["taskDefinition"].rpartition("/")[2])

    @property
    def revisions(self) -> int:
        """Returns how many revisions the family has."""
        return len(self.ecs.list_task_definitions(familyPrefix=APP)["taskDefinitionArns"])

    def definition(self, name: str) -> dict[str, Any]:
        """A revision as ECS describes it."""
        found: dict[str, Any] = self.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
        return found

    def _connect(self) -> None:
        """Give the default network a way out."""
        ec2 = self.boto("ec2")
        table = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])["RouteTables"][0]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.clock.sleep(30)
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=table["VpcId"])
        ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)

    def _tags(self) -> dict[str, str]:
        """The tags that the state file of this folder gives the app's resources."""
        state = State.load(self.state_file, app=APP, account=ACCOUNT, region=REGION, say=self.say)
        with state.locked("test"):
            return {"ecsctl:app": APP, "ecsctl:id": state.book.id, "ecsctl:resource": "task-definition"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The app's repository, cluster and roles. `service.start(image)` makes the service itself."""
    with inprocess() as clock:
        yield Service(clock, tmp_path)
