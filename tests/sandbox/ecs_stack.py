"""Everything that a load-balanced Fargate service needs, made through boto3 in the sandbox, for the tests of ECS."""

import json

import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox.aws import ecr
from tests import execution

ACCOUNT = "123456789012"
REGION = "eu-central-1"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app"
PUBLIC = "public.ecr.aws/nginx/nginx:1.27"


def refused(code, message, call, **arguments):
    """The call fails with AWS's code and message."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert (caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]) == (code, message)


class Stack:
    """The account around a service. Nothing is made before it is asked for."""

    def __init__(self, aws, clock):
        self.aws, self.clock = aws, clock
        self.ecs = aws("ecs")
        self.repository = None

    def cluster(self):
        """A cluster, in an account that has used ECS and its autoscaling before."""
        for service in ("ecs", "ecs.application-autoscaling"):
            self.aws("iam").create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")
        self.clock.sleep(60)
        return self.ecs.create_cluster(clusterName="app")["cluster"]["clusterArn"]

    def network(self, egress="nat"):
        """A VPC with a public and a private subnet in each of two zones, and groups for balancer and tasks."""
        ec2, sleep = self.aws("ec2"), self.clock.sleep
        self.vpc = ec2.create_vpc(CidrBlock="10.100.0.0/16")["Vpc"]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        sleep(5)
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        self.public, self.private = [], []
        for n, zone in enumerate("ab"):
            for kind, third in ((self.public, n), (self.private, n + 10)):
                made = ec2.create_subnet(
                    VpcId=self.vpc, CidrBlock=f"10.100.{third}.0/24", AvailabilityZone=f"{REGION}{zone}"
                )
                kind.append(made["Subnet"]["SubnetId"])
        self.public_table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.private_table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        sleep(5)
        ec2.create_route(RouteTableId=self.public_table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        for subnet in self.public:
            ec2.associate_route_table(RouteTableId=self.public_table, SubnetId=subnet)
        for subnet in self.private:
            ec2.associate_route_table(RouteTableId=self.private_table, SubnetId=subnet)
        if egress == "nat":
            address = ec2.allocate_address(Domain="vpc")["AllocationId"]
            sleep(5)
            self.nat = ec2.create_nat_gateway(SubnetId=self.public[0], AllocationId=address)["NatGateway"][
                "NatGatewayId"
            ]
            sleep(180)
            self.open_egress()
        self.balancer_group = self._group("balancer")
        self.task_group = self._group("tasks")
        sleep(5)
        rule = {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000}
        self.rule = rule | {"UserIdGroupPairs": [{"GroupId": self.balancer_group}]}
        ec2.authorize_security_group_ingress(GroupId=self.task_group, IpPermissions=[self.rule])

    def open_egress(self):
        """The private subnets' way out, through the NAT gateway."""
        self.aws("ec2").create_route(
            RouteTableId=self.private_table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=self.nat
        )

    def _group(self, name):
        return self.aws("ec2").create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]

    def target_group(self, name="app", **settings):
        """A target group that no listener knows yet."""
        asked = {
            "Protocol": "HTTP",
            "Port": 8000,
            "TargetType": "ip",
            "HealthCheckPath": "/health",
            "HealthCheckIntervalSeconds": 10,
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 2,
        }
        made = self.aws("elbv2").create_target_group(Name=name, VpcId=self.vpc, **asked | settings)
        arn = made["TargetGroups"][0]["TargetGroupArn"]
        delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
        self.aws("elbv2").modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
        return arn

    def balancer(self):
        """A load balancer whose listener sends everything to the target group."""
        elb = self.aws("elbv2")
        self.targets = self.target_group()
        made = elb.create_load_balancer(
            Name="app", Subnets=self.public, SecurityGroups=[self.balancer_group], Scheme="internet-facing"
        )
        self.balancer_arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.clock.sleep(300)
        forward = [{"Type": "forward", "TargetGroupArn": self.targets}]
        made = elb.create_listener(LoadBalancerArn=self.balancer_arn, Protocol="HTTP", Port=80, DefaultActions=forward)
        self.listener = made["Listeners"][0]["ListenerArn"]

    def roles(self):
        """The execution and the task role, old enough to be assumed; and the log group."""
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        iam = self.aws("iam")
        for name in ("execution", "task"):
            made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
            setattr(self, f"{name}_role", made["Role"]["Arn"])
        execution.allowed(iam, "execution")
        self.aws("logs").create_log_group(logGroupName="/app")
        self.clock.sleep(60)

    def image(self, tag, architecture="arm64", content=""):
        """An image in the repository; its reference by tag. Other content is another digest."""
        if not self.repository:
            self.repository = self.aws("ecr").create_repository(repositoryName="app")
        ecr.put_image(ACCOUNT, REGION, "app", [tag], architecture, content=f"{tag} {content}", index=True)
        return f"{REPOSITORY}:{tag}"

    def document(self, image=PUBLIC, **container):
        """Returns what register_task_definition is asked for."""
        return {
            "family": "app",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            "executionRoleArn": self.execution_role,
            "taskRoleArn": self.task_role,
            "containerDefinitions": [
                {
                    "name": "app",
                    "image": image,
                    "portMappings": [{"containerPort": 8000}],
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {
                            "awslogs-group": "/app",
                            "awslogs-region": REGION,
                            "awslogs-stream-prefix": "web",
                        },
                    },
                }
                | container
            ],
        }

    def definition(self, image=PUBLIC, **container):
        """A revision; its ARN."""
        made = self.ecs.register_task_definition(**self.document(image, **container))
        return made["taskDefinition"]["taskDefinitionArn"]

    def everything(self):
        """All of the above, up to but without the service."""
        self.cluster()
        self.network()
        self.balancer()
        self.roles()
        return self

    def asked(self, definition=None, desired=1, **settings):
        """Returns what create_service is asked for."""
        return {
            "cluster": "app",
            "serviceName": "web",
            "taskDefinition": definition or self.definition(),
            "desiredCount": desired,
            "launchType": "FARGATE",
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": self.private,
                    "securityGroups": [self.task_group],
                    "assignPublicIp": "DISABLED",
                }
            },
            "loadBalancers": [{"targetGroupArn": self.targets, "containerName": "app", "containerPort": 8000}],
            "healthCheckGracePeriodSeconds": 60,
            "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
        } | settings

    def service(self, definition=None, desired=1, **settings):
        """A service; what create_service answers."""
        return self.ecs.create_service(**self.asked(definition, desired, **settings))["service"]

    def read(self, name="web"):
        """The service now."""
        return self.ecs.describe_services(cluster="app", services=[name])["services"][0]

    def events(self):
        """The service's messages, the oldest first."""
        return [event["message"] for event in reversed(self.read()["events"])]

    def tasks(self, status="RUNNING"):
        """The service's tasks of a desired status, described."""
        arns = self.ecs.list_tasks(cluster="app", serviceName="web", desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster="app", tasks=arns)["tasks"] if arns else []

    def steady(self, seconds=600):
        """Wait until the service has nothing left to do, and read it."""
        for _ in range(seconds // 10):
            service = self.read()
            if service["deployments"][0]["rolloutState"] != "IN_PROGRESS" and len(service["deployments"]) == 1:
                return service
            self.clock.sleep(10)
        raise AssertionError(f"not steady after {seconds} s: {self.events()}")
