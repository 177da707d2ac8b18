"""Where the load balancer finds the tasks, and how it checks their health."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import TargetGroupArn, VpcId
from ecsctl.resources.support import raw
from ecsctl.resources.support.additions import Additions
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.elb import recorded, tagged, tags_of
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import MatcherTypeDef, TargetGroupTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

ATTRIBUTES = {
    "deregistration_delay": "deregistration_delay.timeout_seconds",
    "slow_start": "slow_start.duration_seconds",
    "stickiness": "stickiness.enabled",
    "lb_cookie_duration_seconds": "stickiness.lb_cookie.duration_seconds",
}
USUAL = {
    "HealthCheckPort": "traffic-port",
    "HealthCheckProtocol": "HTTP",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
"""What [raw] may set: parameters of ModifyTargetGroup, and attributes (ELB API reference, TargetGroupAttribute)."""
SOON = 30  # seconds: the longest that open requests may have while the app is removed
FORMER_PATH = "/healthz"
"""The former default. Apps that rely on it keep it: on another path, a healthy task could be considered unhealthy."""
WORDS = {"HTTP2": "HTTP/2", "GRPC": "gRPC"}
HEALTH = frozenset(
    {
        "health_check_path",
        "matcher",
        "health_check_interval_seconds",
        "health_check_timeout_seconds",
        "healthy_threshold_count",
        "unhealthy_threshold_count",
    }
)


@dataclass(frozen=True)
class TargetGroupIds:
    """A target group's ids."""

    arn: TargetGroupArn


@dataclass(frozen=True, kw_only=True)
class TargetGroup(Resource[TargetGroupIds]):
    """A target group of type ip, as Fargate needs it. It is found by its name, which is unique in the region.

    The port is nominal: ECS registers each task with the port of its container.
    """

    kind = "target-group"
    title = "target group"
    changed_by_delete = ("deregistration_delay",)
    soon = True
    arns = "elasticloadbalancing"
    console = "{console}/ec2/home?region={region}#TargetGroup:targetGroupArn={arn}"

    name: Fixed[str]
    vpc: Fixed[VpcId]
    health_check_path: str
    port: Fixed[int]
    target_type: Fixed[Literal["ip", "instance", "lambda", "alb"]]
    protocol: Fixed[Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"]]
    protocol_version: Fixed[Literal["HTTP1", "HTTP2", "GRPC"]]  # of HTTP; of GRPC the matcher's codes are gRPC's own
    matcher: str
    health_check_interval_seconds: int
    health_check_timeout_seconds: int
    healthy_threshold_count: int  # successful checks until it gets traffic
    unhealthy_threshold_count: int  # failed checks until it gets none
    deregistration_delay: int  # seconds for open requests
    slow_start: int  # seconds during which a new task's share of the traffic grows
    stickiness: bool
    lb_cookie_duration_seconds: int | None  # how long a client stays with a task; None: no stickiness
    more: Additions
    by_default: bool = field(default=False, compare=False)  # the path: not configured, so any is fine

    def summary(self) -> str:
        """Says how it checks the tasks' health."""
        delay = self.deregistration_delay
        asks = f"health check {self.health_check_path} every {self.health_check_interval_seconds} s"
        checks = f"{asks}, expects {self.matcher}; deregistration delay {delay} s"
        return checks if self.protocol_version == "HTTP1" else f"{WORDS[self.protocol_version]}; {checks}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        changes = "AddTags CreateTargetGroup DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes"
        yield anywhere("elasticloadbalancing", "DescribeTags DescribeTargetGroups DescribeTargetGroupAttributes")
        if uses.web:
            yield Statement("LoadBalancing", of("elasticloadbalancing", changes), scope.balancers)
        others: tuple[str, ...] = (scope.second_targets,) if uses.shifts else ()
        others += scope.target_groups(uses.speaks) if uses.speaks != "HTTP1" else ()
        if others:
            yield Statement("Targets", of("elasticloadbalancing", changes), others)

    def observe(self, aws: Aws, me: Label) -> Observed[TargetGroup, TargetGroupIds] | None:
        """Read by its name; its tags and its attributes are calls of their own."""
        group = next((one for one in _listed(aws) if one["TargetGroupName"] == self.name), None)
        if group is None:
            return None
        arn = group["TargetGroupArn"]
        answer = aws.read(aws.elbv2.describe_target_group_attributes, TargetGroupArn=arn)
        attributes = {one["Key"]: one["Value"] for one in answer["Attributes"]}
        tags = tags_of(aws, [arn]).get(arn, {})
        matcher = group.get("Matcher", {})
        actual = TargetGroup(
            name=group["TargetGroupName"],
            vpc=VpcId(group.get("VpcId", "")),
            health_check_path=group.get("HealthCheckPath", ""),
            port=group.get("Port", 0),
            target_type=group["TargetType"],
            protocol=group.get("Protocol", "HTTP"),
            protocol_version=cast(Any, group.get("ProtocolVersion", "HTTP1")),
            matcher=matcher.get("GrpcCode") or matcher.get("HttpCode", ""),
            health_check_interval_seconds=group["HealthCheckIntervalSeconds"],
            health_check_timeout_seconds=group["HealthCheckTimeoutSeconds"],
            healthy_threshold_count=group["HealthyThresholdCount"],
            unhealthy_threshold_count=group["UnhealthyThresholdCount"],
            deregistration_delay=int(attributes.get(ATTRIBUTES["deregistration_delay"], 300)),
            slow_start=int(attributes.get(ATTRIBUTES["slow_start"], 0)),
            stickiness=attributes.get(ATTRIBUTES["stickiness"]) == "true",
            lb_cookie_duration_seconds=int(attributes.get(ATTRIBUTES["lb_cookie_duration_seconds"], 86400)),
            more=raw.found(self.more, tags, USUAL, {**group, **attributes}.get),
        )
        return Observed(_ids(group), actual, tags)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[TargetGroupIds]]:
        """Found by its name, which is the app's, and then by its tags."""
        by_arn = {one["TargetGroupArn"]: one for one in _listed(aws)}
        for arn, tags in tagged(aws, me, {arn: one["TargetGroupName"] for arn, one in by_arn.items()}).items():
            yield Found(_ids(by_arn[arn]), tags)

    def keeping(self, actual: TargetGroup) -> TargetGroup:
        """This resource, but with the former default as its path, if AWS has that and no other is configured."""
        return (
            replace(self, health_check_path=actual.health_check_path)
            if self.by_default and actual.health_check_path == FORMER_PATH
            else self
        )

    def impact(self, actual: TargetGroup) -> str:
        """AWS checks every target there from now on, including those of the previous version."""
        path = self.health_check_path
        if path == actual.health_check_path:
            return ""
        return f"the tasks that run now are asked at {path} at once: those that do not answer there are replaced"

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: TargetGroupIds) -> Iterator[Callable[[], object]]:
        """Read what the listing leaves out."""
        recorded(aws, ids.arn)
        yield partial(aws.read, aws.elbv2.describe_target_group_attributes, TargetGroupArn=ids.arn)
        yield partial(tags_of, aws, [ids.arn])

    def as_created(self) -> TargetGroup:
        """AWS's defaults for its attributes (ELB API reference, TargetGroupAttribute)."""
        return replace(self, deregistration_delay=300, slow_start=0, stickiness=False)

    def create(self, aws: Aws, me: Label) -> TargetGroupIds:
        """The name protects this call from doubling. Its attributes can only be set afterwards."""
        answer = aws.elbv2.create_target_group(
            Name=self.name,
            VpcId=self.vpc,
            Port=self.port,
            TargetType=self.target_type,
            Protocol=self.protocol,
            ProtocolVersion=self.protocol_version,
            HealthCheckProtocol="HTTP",
            HealthCheckPath=self.health_check_path,
            HealthCheckIntervalSeconds=self.health_check_interval_seconds,
            HealthCheckTimeoutSeconds=self.health_check_timeout_seconds,
            HealthyThresholdCount=self.healthy_threshold_count,
            UnhealthyThresholdCount=self.unhealthy_threshold_count,
            Matcher=self._matcher,
            Tags=me.upper(),
        )
        return _ids(answer["TargetGroups"][0])

    def update(self, aws: Aws, me: Label, ids: TargetGroupIds, changed: frozenset[str]) -> None:
        """The health check is one call: its parts are validated against each other. The attributes are another."""
        attributes = {ATTRIBUTES[name]: getattr(self, name) for name in changed & ATTRIBUTES.keys()}
        check: dict[str, Any] = {}
        if "more" in changed:
            with aws.uncached():
                tags = tags_of(aws, [ids.arn]).get(ids.arn, {})
            wanted = raw.wanted(self.more, tags, USUAL)
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper(**raw.memory(wanted)))
            for path, value in wanted.items():
                (attributes if "." in path else check)[path] = value
        if changed & HEALTH:
            check |= {
                "HealthCheckPath": self.health_check_path,
                "HealthCheckIntervalSeconds": self.health_check_interval_seconds,
                "HealthCheckTimeoutSeconds": self.health_check_timeout_seconds,
                "HealthyThresholdCount": self.healthy_threshold_count,
                "UnhealthyThresholdCount": self.unhealthy_threshold_count,
                "Matcher": self._matcher,
            }
        if check:
            aws.elbv2.modify_target_group(TargetGroupArn=ids.arn, **check)
        if attributes:
            aws.elbv2.modify_target_group_attributes(TargetGroupArn=ids.arn, Attributes=raw.keyed(attributes.items()))
        if changed & {"tags", "more"}:
            said = raw.memory(raw.paths(self.more)) if "more" in changed else {}
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper(**said))

    @property
    def _matcher(self) -> MatcherTypeDef:
        return {"GrpcCode": self.matcher} if self.protocol_version == "GRPC" else {"HttpCode": self.matcher}

    @classmethod
    def detaches_slowly(cls, aws: Aws, ids: TargetGroupIds) -> bool:
        """Whether open requests have more than half a minute: the tasks of a deleted service stop only then.

        It can be an hour, and the cluster, the subnets and their interfaces would have to wait for that.
        """
        answer = none_if_gone(lambda: aws.read(aws.elbv2.describe_target_group_attributes, TargetGroupArn=ids.arn))
        key = ATTRIBUTES["deregistration_delay"]
        return any(one["Key"] == key and int(one["Value"]) > SOON for one in (answer["Attributes"] if answer else ()))

    @classmethod
    def drain(cls, aws: Aws, ids: TargetGroupIds) -> None:
        """Give open requests no more than half a minute."""
        aws.elbv2.modify_target_group_attributes(
            TargetGroupArn=ids.arn, Attributes=[{"Key": ATTRIBUTES["deregistration_delay"], "Value": str(SOON)}]
        )

    @classmethod
    def delete(cls, aws: Aws, ids: TargetGroupIds) -> None:
        """AWS refuses while a listener forwards to it. Registered tasks do not stand in the way."""
        aws.elbv2.delete_target_group(TargetGroupArn=ids.arn)


def _listed(aws: Aws) -> list[TargetGroupTypeDef]:
    return aws.read(aws.elbv2.describe_target_groups)["TargetGroups"]


def _ids(group: TargetGroupTypeDef) -> TargetGroupIds:
    return TargetGroupIds(TargetGroupArn(group["TargetGroupArn"]))
