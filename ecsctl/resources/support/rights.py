"""The permissions that an operator needs, as the resource types declare them: IAM statements in a few common forms.

`ecsctl policy` combines those of the resource types and the commands (`ensure/operator_policy.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from ecsctl.aws.partitions import suffix
from ecsctl.engine.label import APP
from ecsctl.parts import ALARMED
from ecsctl.resources.support.policy_document import Condition, Statement

if TYPE_CHECKING:
    from ecsctl.engine.report import Where
    from ecsctl.names import Names

NETWORK, SERVICE, DELIVERY = "ecsctl-network", "ecsctl-service", "ecsctl-delivery"
"""The operator's policies; each AWS service has its default one (`ensure/operator_policy.py`)."""
CHECKS = "ecsctl-checks"
"""Reads alone: what others have set around the app."""
WEBHOOK, JOBS, PROCESSES, REVIEWED, KEYS = (
    "ecsctl-webhook",
    "ecsctl-jobs",
    "ecsctl-processes",
    "ecsctl-reviewed",
    "ecsctl-keys",
)
"""Policies for rarely needed permissions, which do not fit into the others."""
PREFIXES = ("codeconnections", "codestar-connections")  # of connections: since 2024, and before


@dataclass(frozen=True)
class Scope:
    """What policies are written for: one app in one account and region."""

    names: Names
    account: str
    region: str
    partition: str = "aws"
    releases: bool = False  # it has a release command, and a project that runs it
    processes: bool = False  # it has processes other than the web
    registers: bool = False  # it has jobs, and a project that sets their image at each release
    reports: bool = False  # GitHub is notified of releases, by a project of its own

    @classmethod
    def of(cls, place: Where, names: Names) -> Self:
        """The scope of the app with these names."""
        return cls(names, place.account, place.region, place.partition)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def role(self, part: str, path: str = "") -> str:
        """The ARN of a role of ours; `*` names all of them."""
        return f"arn:{self.partition}:iam::{self.account}:role{path or self.names.role_path}{self.names.role(part)}"

    @property
    def bucket(self) -> str:
        """The ARN of the artifact bucket."""
        return f"arn:{self.partition}:s3:::{self.names.bucket}"

    @property
    def log_bucket(self) -> str:
        """The ARN of the bucket of the load balancer's access logs."""
        return f"arn:{self.partition}:s3:::{self.names.log_bucket}"

    @property
    def repository(self) -> str:
        """The ARN of the repository of images."""
        return self.arn("ecr", f"repository/{self.names.repository}")

    @property
    def cluster(self) -> str:
        """The ARN of the cluster."""
        return self.arn("ecs", f"cluster/{self.names.cluster}")

    @property
    def service(self) -> tuple[str, ...]:
        """The ARNs of the services, their deployments and their revisions."""
        path = f"{self.names.cluster}/*" if self.processes else self.names.service_path
        kinds = (f"service/{path}", f"service-deployment/{path}/*", f"service-revision/{path}/*")
        return tuple(self.arn("ecs", one) for one in kinds)

    @property
    def families(self) -> tuple[str, ...]:
        """The ARNs of the task definitions."""
        names = self.names
        found = (names.family, *((f"{names.of_processes}*",) if self.processes else ()))
        return tuple(self.arn("ecs", f"task-definition/{family}:*") for family in found)

    @property
    def balancing_policy(self) -> str:
        """The ARN of AWS's managed policy for the role with which ECS shifts requests."""
        return f"arn:{self.partition}:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"

    @property
    def second_targets(self) -> str:
        """The ARN of the second target group, if requests are shifted."""
        return self.arn("elasticloadbalancing", f"targetgroup/{self.names.second_targets}/*")

    @property
    def balancers(self) -> tuple[str, ...]:
        """The ARNs of the load balancer, its listeners and its target group."""
        name = self.names.balancer
        kinds = (f"loadbalancer/app/{name}/*", f"listener/app/{name}/*/*", f"targetgroup/{name}/*")
        return tuple(self.arn("elasticloadbalancing", one) for one in kinds)

    def target_groups(self, version: str) -> tuple[str, ...]:
        """The ARN of the target group of an app with this protocol."""
        return (self.arn("elasticloadbalancing", f"targetgroup/{self.names.target_group(version)}/*"),)

    @property
    def rules(self) -> tuple[str, ...]:
        """The ARNs of the rules of the load balancer's listeners."""
        return (self.arn("elasticloadbalancing", f"listener-rule/app/{self.names.balancer}/*/*/*"),)

    @property
    def projects(self) -> tuple[str, ...]:
        """The ARNs of the build projects."""
        return tuple(self.arn("codebuild", f"project/{name}") for name in self._projects)

    @property
    def log_groups(self) -> tuple[str, ...]:
        """The ARNs of the log groups, and of what is in them."""
        names = self.names
        groups = (names.app_logs, *map(names.build_logs, self._projects), names.insights_logs)
        return tuple(self.arn("logs", f"log-group:{group}{part}") for group in groups for part in ("", ":*"))

    @property
    def pipeline(self) -> tuple[str, ...]:
        """The ARNs of the pipeline, its stages and actions, and its webhook."""
        name = self.names.pipeline
        return tuple(self.arn("codepipeline", one) for one in (name, f"{name}/*", f"webhook:{name}"))

    @property
    def topic(self) -> str:
        """The ARN of the topic of the notifications, where it is the app's own."""
        return self.arn("sns", self.names.topic)

    @property
    def alarms(self) -> tuple[str, ...]:
        """The ARNs of the alarms by which a release is given up."""
        return tuple(self.arn("cloudwatch", f"alarm:{self.names.alarm(about)}") for about in ALARMED)

    @property
    def queue_alarms(self) -> tuple[str, ...]:
        """The ARNs of the alarms that start the first tasks of processes."""
        named = (self.names.backlog_alarm, self.names.on("*").backlog_alarm)
        return tuple(self.arn("cloudwatch", f"alarm:{one}") for one in named)

    def through(self, service: str) -> Condition:
        """The condition that a KMS key is used through this service only.

        AWS does not document which of two names a service has there in China, so both are allowed.
        """
        names = {f"{service}.{self.region}.{dns}" for dns in ("amazonaws.com", suffix(self.partition))}
        return Condition("StringEquals", "kms:ViaService", tuple(names))

    @property
    def tagged(self) -> tuple[Condition, ...]:
        """The condition that the resource is created with the app's tag."""
        return (Condition("StringEquals", f"aws:RequestTag/{APP}", (self.names.app,)),)

    @property
    def ours(self) -> tuple[Condition, ...]:
        """The condition that the resource carries the app's tag."""
        return (Condition("StringEquals", f"aws:ResourceTag/{APP}", (self.names.app,)),)

    @property
    def _projects(self) -> tuple[str, ...]:
        more = (*((self.names.release_project,) if self.releases else ()),
                *((self.names.jobs_project,) if self.registers else ()),
                *((self.names.reports_project,) if self.reports else ()))  # fmt: skip
        return self.names.project, self.names.test_project("*"), *more


@dataclass(frozen=True)
class Uses:
    """Which optional features and borrowed resources the app uses: ids or full ARNs; empty or false if it does not."""

    zone: str = ""  # the hosted zone's id, or `*`
    domain: str = ""  # the app's domain name in that zone
    certificate: bool = False  # it is served over HTTPS
    vpc: str = ""  # the id of an existing VPC that it uses
    connection: str = ""
    repository: str = ""  # owner/name: the only one that it uses the connection for
    secret: str = ""  # that holds the GitHub token
    secrets: tuple[str, ...] = ()  # of the tasks, and the login for the build's image
    boundary: str = ""
    permissions: bool = False  # [service] has permissions
    policies: tuple[str, ...] = ()  # managed policies of the tasks' role
    further: tuple[str, ...] = ()  # further domain names
    elsewhere: bool = False  # some names have their DNS outside the account's zones
    redirects: bool = False  # some names redirect to the domain
    listener_attributes: bool = False  # [raw] sets some
    schedules: bool = False  # autoscaling has schedules
    metrics: bool = False  # autoscaling uses other metrics than the CPU
    spot: bool = False  # tasks run on Fargate Spot
    own_secrets: bool = False  # it uses secrets made by `ecsctl secret set`
    watched: tuple[str, ...] = ()  # names of the user's alarms
    jobs: bool = False  # it has scheduled jobs
    volumes: bool = False  # ecsctl creates some
    mounted: tuple[str, ...] = ()  # existing file systems and access points, by id
    speaks: str = "HTTP1"  # the target group's protocol version
    alarms: bool = False  # ecsctl creates alarms that stop a release
    shifts: bool = False  # requests are shifted from one target group to another at a release
    flow_logs: bool = False  # of a VPC that ecsctl creates
    closes: bool = False  # the rules of that VPC's default security group are removed
    signs: bool = False  # ECR signs its images
    pauses: bool = False  # a release is paused until a person answers
    access_logs: bool = False  # in the app's own bucket
    log_bucket: str = ""  # the user's bucket of access logs, by name
    web_acl: str = ""  # its ARN
    webhook: tuple[str, ...] = ()  # the ARNs that the secret with the webhook's URL may have
    topic: str = ""  # the ARN of the notified topic: the app's own, or the user's
    entered: bool = False  # it has ECS Exec enabled
    web: bool = True  # it has a web process
    scales: bool = False  # some of its services have autoscaling
    reports: bool = False  # GitHub is notified of releases
    key: str = ""  # the ARN or alias of the KMS key that encrypts what is created
    queues: tuple[str, ...] = ()  # the ARNs of SQS queues that autoscaling follows


def of(service: str, actions: str) -> tuple[str, ...]:
    """Actions of one service: `of("ecs", "ListTasks StopTask")`."""
    return tuple(f"{service}:{action}" for action in actions.split())


def anywhere(service: str, actions: str) -> Statement:
    """Actions on all resources, for which AWS supports nothing narrower (Service Authorization Reference)."""
    return Statement("NoNarrower", of(service, actions), ("*",))


def apart(room: str, *rights: Statement) -> Iterator[Statement]:
    """Put these permissions into the operator's policy `room` instead of the default one."""
    for one in rights:
        yield replace(one, room=room)


def in_ec2(scope: Scope, creates: str, changes: str, reads: str, *, inside: bool = False) -> Iterator[Statement]:
    """The permissions to create an EC2 resource with our tag, and to read, change and delete it while it has the tag.

    `inside`: creating it also requires permission for existing resources of ours: for a subnet, for its VPC.
    """
    anything = (scope.arn("ec2", "*/*"),)
    making = Condition("StringEquals", "ec2:CreateAction", tuple(creates.split()))
    yield Statement("CreateTagged", of("ec2", creates), anything, scope.tagged)
    yield Statement("TagOnCreate", ("ec2:CreateTags",), anything, (making,))
    yield Statement("ChangeOurs", of("ec2", f"{changes} CreateTags"), anything, scope.ours)
    if inside:
        yield Statement("ChangeOurs", of("ec2", creates), anything, scope.ours)
    yield anywhere("ec2", reads)


def keyed(scope: Scope, uses: Uses, sid: str, actions: str, service: str = "") -> Iterator[Statement]:
    """These actions on ecsctl.toml's KMS key, through one AWS service or directly; empty without a key.

    For an alias, `kms:ResourceAliases` restricts the permission to its key (KMS developer guide, "Use
    aliases to control access to KMS keys").
    """
    if not uses.key:
        return
    alias = uses.key[uses.key.index("alias/") :] if "alias/" in uses.key else ""
    conditions: tuple[Condition, ...] = (
        (Condition("ForAnyValue:StringEquals", "kms:ResourceAliases", (alias,)),) if alias else ()
    )
    conditions += (scope.through(service),) if service else ()
    arn = scope.arn("kms", "key/*") if alias else uses.key
    yield from apart(KEYS, Statement(sid, of("kms", actions), (arn,), conditions))


def linked(scope: Scope, service: str) -> Statement:
    """Create an AWS service's service-linked role, if the service has not been used in the account yet."""
    roles = (f"arn:{scope.partition}:iam::{scope.account}:role/aws-service-role/*",)
    condition = Condition("StringEquals", "iam:AWSServiceName", (f"{service}.amazonaws.com",))
    return Statement("ServiceLinkedRoles", ("iam:CreateServiceLinkedRole",), roles, (condition,))


def pass_roles(sid: str, roles: tuple[str, ...], *services: str) -> Statement:
    """Pass these roles to these services, and to no others."""
    to = tuple(f"{service}.amazonaws.com" for service in services)
    return Statement(sid, ("iam:PassRole",), roles, (Condition("StringEquals", "iam:PassedToService", to),))


def handed(sid: str, connection: str, *services: str) -> Statement:
    """Pass this connection to these services, and to no others."""
    to = tuple(f"{service}.amazonaws.com" for service in services)
    conditions = tuple(Condition("ForAllValues:StringEquals", f"{prefix}:PassedToService", to) for prefix in PREFIXES)
    return Statement(
        sid, tuple(f"{prefix}:PassConnection" for prefix in PREFIXES), both_prefixes(connection), conditions
    )


def both_prefixes(connection: str) -> tuple[str, ...]:
    """A connection's ARN with the prefixes since 2024 and before: IAM compares the prefix that the ARN has."""
    new, old = PREFIXES
    return (connection.replace(f":{old}:", f":{new}:"), connection.replace(f":{new}:", f":{old}:"))


def connects(sid: str, actions: Iterable[str], connection: str, repository: str = "") -> Statement:
    """These actions on a connection, with both prefixes; if a repository is given, only for that one.

    `ForAllValues`: some of AWS's checks of UseConnection are not about a repository and lack that key; a plain
    comparison would deny them (Developer Tools guide, "Permissions for AWS CodeConnections").
    """
    conditions = tuple(
        Condition("ForAllValues:StringEquals", f"{prefix}:FullRepositoryId", (repository,)) for prefix in PREFIXES
    )
    named = tuple(f"{prefix}:{action}" for prefix in PREFIXES for action in actions)
    return Statement(sid, named, both_prefixes(connection), conditions if repository else ())
