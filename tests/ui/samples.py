"""A small app's plans, reports, events and errors, for all that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ecsctl.costs.estimate import Estimate
from ecsctl.engine.plan import UNKNOWN, Change, Plan, Step, Verb, Why
from ecsctl.engine.report import Report
from ecsctl.engine.resource import Observed
from ecsctl.errors import AccessError, Interrupted, ResourceFailed, Several, TimedOut

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
WHERE = {"app": "shop", "account": "123456789012", "region": "eu-central-1"}
URL = "https://shop.example.com"
ESTIMATE = Estimate(57.32, 57.32, 2.0)
ELB = "arn:aws:elasticloadbalancing:eu-central-1:123456789012"
TASKS = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop"


@dataclass(frozen=True)
class Identity:
    account: str = "123456789012"
    region: str = "eu-central-1"
    partition: str = "aws"


@dataclass(frozen=True)
class VpcIds:
    vpc_id: str


@dataclass(frozen=True)
class NatIds:
    nat_gateway_id: str


@dataclass(frozen=True)
class NamedIds:
    name: str
    arn: str


@dataclass(frozen=True)
class BalancerIds:
    arn: str
    dns_name: str
    zone_id: str


VPC = Step("vpc", "vpc", "VPC", Verb.KEEP, ids=VpcIds("vpc-0a1b2c3d4e5f60718"))
REPOSITORY = Step("ecr", "repository", "ECR repository", Verb.KEEP,
                  ids=NamedIds("shop", "arn:aws:ecr:eu-central-1:123456789012:repository/shop"))  # fmt: skip
NAT = Step("nat-a", "nat_gateway", "NAT gateway", Verb.KEEP, ids=NatIds("nat-0a1b2c3d4e5f60718"))
BALANCER = Step("alb", "load_balancer", "load balancer", Verb.KEEP,
                ids=BalancerIds(f"{ELB}:loadbalancer/app/shop/50dc6c495c0c9188",
                                "shop-1.eu-central-1.elb.amazonaws.com", "Z215JYRZR1TBD5"))  # fmt: skip
SERVICE = Step("service", "service", "ECS service", Verb.KEEP,
               ids=NamedIds("shop", "arn:aws:ecs:eu-central-1:123456789012:service/shop/shop"))  # fmt: skip


def doing(step: Step, verb: Verb, *changes: Change, reason: str = "", hint: str = "") -> Step:
    """The step with another verb."""
    return Step(
        step.name, step.kind, step.title, verb, changes, None if verb is Verb.CREATE else step.ids, reason, hint
    )


def first() -> Plan:
    """The first `up`."""
    return Plan(tuple(doing(step, Verb.CREATE) for step in (VPC, REPOSITORY, NAT, BALANCER, SERVICE)))


def settled() -> Plan:
    """Everything is as desired."""
    return Plan((VPC, REPOSITORY, NAT, BALANCER, SERVICE))


POLICY = (
    '{"Statement":[{"Action":["ecr:GetAuthorizationToken"],"Effect":"Allow","Resource":"*","Sid":"Login"}],'
    '"Version":"2012-10-17"}'
)
WIDER = POLICY.replace('"ecr:GetAuthorizationToken"', '"ecr:*","s3:GetObject"')


def changed() -> Plan:
    """Some of everything."""
    rule = {"port_from": 443, "port_to": 443, "protocol": "tcp", "cidr": "0.0.0.0/0", "group": None}
    opened = {**rule, "port_from": 22, "port_to": 22}
    return Plan((
        doing(VPC, Verb.KEEP),
        doing(REPOSITORY, Verb.UPDATE, Change("scan_on_push", False, True, Why.CONFIG)),
        Step("balancer", "security_group", "security group", Verb.UPDATE, (
            Change("ingress", [opened, rule], [rule], Why.DRIFT),
            Change("tags", {"ecsctl:app": "shop", "owner": "eve"}, {"ecsctl:app": "shop", "owner": "ann"}, Why.DRIFT),
        )),
        Step("task-role", "role", "IAM role", Verb.UPDATE, (Change("policy", WIDER, POLICY, Why.DRIFT),)),
        Step("app", "task-definition", "task definition", Verb.UPDATE, (
            Change("cpu", 256, 512, Why.CONFIG),
            Change("environment", [["LOG_LEVEL", "info"], ["OLD", "1"]],
                   [["LOG_LEVEL", "debug"], ["NEW", ""]], Why.CONFIG),
            Change("image", f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:{'1a' * 32}",
                   f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:{'2b' * 32}", Why.CONFIG),
            Change("health_check", {"command": [], "interval": 30},
                   {"command": ["CMD", "true"], "interval": 30}, Why.CONFIG),
        )),
        doing(SERVICE, Verb.UPDATE, Change("task_definition", f"{TASKS}:12", UNKNOWN, Why.CONFIG),
              Change("subnets", ["subnet-1", "subnet-2"], ["subnet-2", "subnet-1"], Why.CONFIG)),
        Step("token", "source-credentials", "source credentials", Verb.UPDATE,
             (Change("token", "***", "***", Why.CONFIG),)),
        doing(NAT, Verb.REPLACE, reason="AWS gave up: Elastic IP address eipalloc-1 is already associated"),
        Step("nat-b", "nat_gateway", "NAT gateway", Verb.CREATE),
        Step("old", "log_group", "log group", Verb.DELETE, ids=NamedIds("/ecs/shop-old", "arn:old"),
             reason="ecsctl.toml no longer asks for it"),
        doing(BALANCER, Verb.REFUSE, reason="a load balancer of this name exists and is not ours",
              hint="choose another name, or make it ours by the tags "
              "ecsctl:app=shop, ecsctl:id=1, ecsctl:resource=alb"),
    ))  # fmt: skip


def removal() -> Plan:
    """Returns what `down` shows."""
    return Plan((
        doing(SERVICE, Verb.DELETE),
        doing(BALANCER, Verb.DELETE),
        doing(NAT, Verb.DELETE),
        doing(REPOSITORY, Verb.DELETE, reason="12 images"),
        Step("artifacts", "bucket", "bucket", Verb.KEEP, ids=NamedIds("shop-artifacts-123456789012", "arn:bucket"),
             reason='protect = ["bucket"]'),
        Step("vpc", "borrowed_vpc", "VPC", Verb.KEEP, ids={"vpc_id": "vpc-0a1b2c3d4e5f60718"},
             reason="not ours: only used", borrowed=True),
    ))  # fmt: skip


def reports() -> list[Report]:
    """Every condition once."""

    def observed(step: Step, **more: object) -> Observed:
        return Observed(step.ids, None, {}, **more)

    page = "https://eu-central-1.console.aws.amazon.com/vpcconsole/home?region=eu-central-1#VpcDetails:VpcId=vpc-1"
    drifted = doing(REPOSITORY, Verb.UPDATE, Change("scan_on_push", False, True, Why.DRIFT))
    outdated = doing(SERVICE, Verb.UPDATE, Change("desired_count", 1, 2, Why.CONFIG))
    refused = doing(BALANCER, Verb.REFUSE, reason="a load balancer of this name exists and is not ours")
    log_group = Step("old", "log_group", "log group", Verb.DELETE, ids=NamedIds("/ecs/shop-old", "arn:old"),
                     reason="ecsctl.toml no longer asks for it")  # fmt: skip
    second = Step("nat-b", "nat_gateway", "NAT gateway", Verb.REPLACE, ids=NatIds("nat-0b"), reason="it failed")
    unobserved = Step("tg", "target_group", "target group", Verb.REFUSE, ids=NamedIds("shop", "arn:shop"),
                  reason="not allowed to call DescribeTargetGroups", unobserved=True)  # fmt: skip
    return [
        Report(VPC, observed(VPC), NOW - timedelta(days=12), page),
        Report(drifted, observed(drifted), NOW - timedelta(hours=3), page),
        Report(outdated, observed(outdated), NOW - timedelta(minutes=5)),
        Report(NAT, observed(NAT, ready=False, note="pending"), NOW - timedelta(seconds=42)),
        Report(second, observed(second, failed="Elastic IP address eipalloc-1 is already associated"), NOW),
        Report(refused, observed(refused)),
        Report(Step("http", "listener", "listener", Verb.CREATE), None),
        Report(log_group, None, NOW - timedelta(days=400)),
        Report(unobserved, None, NOW - timedelta(days=2)),
    ]


def failure() -> Several:
    """Two that failed in their own ways, and what was not tried."""
    return Several(
        [
            ResourceFailed("NAT gateway nat-a failed", why="Elastic IP address eipalloc-1 is already associated",
                           hint="run the same command again: it is made anew"),
            TimedOut("certificate shop to be ready (PENDING_VALIDATION): not yet, after 1800 seconds",
                     hint="nothing is lost: run the same command again to go on waiting"),
        ],
        ["service", "scaling"],
    )  # fmt: skip


def expired() -> Several:
    """The same hint for all."""
    hint = "log in again (aws sso login) and run the same command again"
    return Several([AccessError(f"{one}: the AWS credentials are expired or not valid", why="ExpiredToken: expired",
                                hint=hint) for one in ("VPC vpc", "ECR repository ecr")])  # fmt: skip


def stopped() -> Interrupted:
    return Interrupted("stopped as asked", hint="run the same command again: it goes on from here")
