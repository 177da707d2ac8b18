"""The load balancer between the internet and the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Contents, Fixed, Found, Observed, Order, Resource
from ecsctl.ids import (
    InternetGatewayId,
    LoadBalancerArn,
    LoadBalancerDns,
    LoadBalancerZoneId,
    SecurityGroupId,
    SubnetId,
    VpcId,
)
from ecsctl.resources.support import raw
from ecsctl.resources.support.additions import Additions
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.elb import added_by_others, recorded, tagged, tags_of
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, linked, of

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import LoadBalancerTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

ATTRIBUTES = {
    "idle_timeout": "idle_timeout.timeout_seconds",
    "http2": "routing.http2.enabled",
    "drop_invalid_header_fields": "routing.http.drop_invalid_header_fields.enabled",
    "deletion_protection": "deletion_protection.enabled",
}
WEB_ACL = "ecsctl:web-acl"
"""The tag that remembers which web ACL we associated, so that we disassociate only that one."""
USUAL = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "health_check_logs.s3.bucket": "",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.prefix": "",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
"""What [raw] may set (ELB API reference, LoadBalancerAttribute)."""


@dataclass(frozen=True)
class LoadBalancerIds:
    """A load balancer's ids, its DNS name and the hosted zone of that."""

    arn: LoadBalancerArn
    dns_name: LoadBalancerDns
    zone_id: LoadBalancerZoneId


@dataclass(frozen=True, kw_only=True)
class LoadBalancer(Resource[LoadBalancerIds]):
    """An application load balancer. It is found by its name, which is unique in the region.

    Its network interfaces outlive it by minutes. Nothing waits for them here: AWS refuses to delete the groups and
    subnets that they use and to detach the gateway, and those calls are repeated until it does not.
    """

    kind = "load-balancer"
    title = "load balancer"
    soon = True
    serves = True
    usual_delete_seconds = 120.0
    hourly = 0.0225  # "Elastic Load Balancing pricing", without capacity units and addresses
    arns = "elasticloadbalancing"
    limit_seconds = 900.0  # public logs: about three minutes
    usual_seconds = 150.0
    repeats = ("describe_load_balancers",)
    data = True  # what others have added to it
    early = True  # listeners can be created while it is provisioning
    console = "{console}/ec2/home?region={region}#LoadBalancer:loadBalancerArn={arn}"

    name: Fixed[str]
    vpc: Fixed[VpcId]  # follows from the subnets; here because a load balancer cannot move to another VPC
    subnets: frozenset[SubnetId]
    security_groups: frozenset[SecurityGroupId]
    scheme: Fixed[Literal["internet-facing", "internal"]]
    idle_timeout: int  # seconds; the app must keep connections longer, or clients see occasional 502s
    http2: bool
    drop_invalid_header_fields: bool
    deletion_protection: bool | None  # None: whatever is set on AWS
    web_acl: str  # the ARN of the AWS WAF web ACL that protects it; empty: we leave that to others
    more: Additions
    internet_gateway: Order[InternetGatewayId | None] = None

    def summary(self) -> str:
        """Shows its scheme and subnets."""
        return f"{self.scheme}, in {', '.join(sorted(self.subnets))}; idle timeout {self.idle_timeout} s"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        changes = (
            "AddTags CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets"
        )
        listed = "DescribeListeners DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeRules DescribeTags"
        yield anywhere("elasticloadbalancing", listed)
        if not uses.web:
            return
        yield Statement("LoadBalancing", of("elasticloadbalancing", changes), scope.balancers)
        yield linked(scope, "elasticloadbalancing")
        if uses.web_acl:  # WAF asks about both, and ELB about the load balancer ("How AWS WAF works with IAM")
            both = (uses.web_acl, scope.balancers[0])
            yield Statement("WebAcl", of("wafv2", "AssociateWebACL GetWebACLForResource"), both)
            yield Statement("WebAcl", ("wafv2:GetWebACL",), (uses.web_acl,))
            yield Statement("LoadBalancing", ("elasticloadbalancing:SetWebAcl",), scope.balancers)
            yield Statement("LoadBalancing", ("wafv2:DisassociateWebACL",), scope.balancers[:1])

    def observe(self, aws: Aws, me: Label) -> Observed[LoadBalancer, LoadBalancerIds] | None:
        """Read by its name; its tags and its attributes are calls of their own."""
        balancer = next((one for one in _listed(aws) if one["LoadBalancerName"] == self.name), None)
        if balancer is None:
            return None
        arn = balancer["LoadBalancerArn"]
        answer = aws.read(aws.elbv2.describe_load_balancer_attributes, LoadBalancerArn=arn)
        attributes = {one["Key"]: one["Value"] for one in answer["Attributes"]}
        tags = tags_of(aws, [arn]).get(arn, {})
        actual = LoadBalancer(
            name=balancer["LoadBalancerName"],
            vpc=VpcId(balancer.get("VpcId", "")),
            subnets=frozenset(SubnetId(zone["SubnetId"]) for zone in balancer.get("AvailabilityZones", [])),
            security_groups=frozenset(SecurityGroupId(group) for group in balancer.get("SecurityGroups", [])),
            scheme=balancer.get("Scheme", "internal"),
            idle_timeout=int(attributes.get(ATTRIBUTES["idle_timeout"], 60)),
            http2=attributes.get(ATTRIBUTES["http2"], "true") == "true",
            drop_invalid_header_fields=attributes.get(ATTRIBUTES["drop_invalid_header_fields"]) == "true",
            deletion_protection=attributes.get(ATTRIBUTES["deletion_protection"]) == "true",
            web_acl=self._protected(aws, arn, tags),
            more=raw.found(self.more, tags, USUAL, attributes.get),
            internet_gateway=self.internet_gateway,
        )
        state, reason = balancer["State"].get("Code", ""), balancer["State"].get("Reason", "")
        return Observed(
            _ids(balancer),
            actual,
            tags,
            ready=state in ("active", "active_impaired"),
            failed=(reason or "AWS could not set it up") if state == "failed" else "",
            note="" if state == "active" else f"{state}: {reason}" if reason else state,
            since=balancer.get("CreatedTime"),
        )

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[LoadBalancerIds]]:
        """Found by its name, which is the app's, and then by its tags."""
        by_arn = {one["LoadBalancerArn"]: one for one in _listed(aws)}
        for arn, tags in tagged(aws, me, {arn: one["LoadBalancerName"] for arn, one in by_arn.items()}).items():
            yield Found(_ids(by_arn[arn]), tags)

    def impact(self, actual: LoadBalancer) -> str:
        """A target in a zone that the load balancer does not cover gets no requests."""
        if not actual.subnets - self.subnets:
            return ""
        return "tasks in a zone that the load balancer leaves get no requests until they are replaced"

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: LoadBalancerIds) -> Iterator[Callable[[], object]]:
        """Read what the listing leaves out."""
        recorded(aws, ids.arn)
        yield partial(aws.read, aws.elbv2.describe_load_balancer_attributes, LoadBalancerArn=ids.arn)
        yield partial(aws.read, aws.elbv2.describe_listeners, LoadBalancerArn=ids.arn)
        yield partial(tags_of, aws, [ids.arn])

    def as_created(self) -> LoadBalancer:
        """AWS's defaults for its attributes (ELB API reference, LoadBalancerAttribute)."""
        protected = None if self.deletion_protection is None else False
        return replace(self, idle_timeout=60, http2=True, drop_invalid_header_fields=False,
                       deletion_protection=protected, web_acl="")  # fmt: skip

    def create(self, aws: Aws, me: Label) -> LoadBalancerIds:
        """The name protects this call from doubling. Its attributes can only be set afterwards."""
        answer = aws.elbv2.create_load_balancer(
            Name=self.name,
            Subnets=sorted(self.subnets),
            SecurityGroups=sorted(self.security_groups),
            Scheme=self.scheme,
            Type="application",
            Tags=me.upper(),
        )
        return _ids(answer["LoadBalancers"][0])

    def _protected(self, aws: Aws, arn: str, tags: Mapping[str, str]) -> str:
        """The associated web ACL, if one is configured, or was: then only that one, since others' stay."""
        ours = tags.get(WEB_ACL, "")
        if not self.web_acl and not ours:
            return ""
        answer = none_if_gone(lambda: aws.read(aws.wafv2.get_web_acl_for_resource, ResourceArn=arn))
        found = str(((answer or {}).get("WebACL") or {}).get("ARN", ""))
        return found if self.web_acl or found == ours else ""

    def _protect(self, aws: Aws, me: Label, ids: LoadBalancerIds) -> None:
        """Associate the web ACL, replacing any other, or disassociate it. The tag that remembers it is written
        first.
        """
        if self.web_acl:
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper(**{WEB_ACL: self.web_acl}))
            aws.wafv2.associate_web_acl(WebACLArn=self.web_acl, ResourceArn=ids.arn)
        else:
            aws.wafv2.disassociate_web_acl(ResourceArn=ids.arn)
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper(**{WEB_ACL: ""}))

    def update(self, aws: Aws, me: Label, ids: LoadBalancerIds, changed: frozenset[str]) -> None:
        """Subnets, groups and attributes have a call each, which replaces all of them."""
        if "subnets" in changed:
            aws.elbv2.set_subnets(LoadBalancerArn=ids.arn, Subnets=sorted(self.subnets))
        if "security_groups" in changed:
            aws.elbv2.set_security_groups(LoadBalancerArn=ids.arn, SecurityGroups=sorted(self.security_groups))
        attributes = {ATTRIBUTES[name]: getattr(self, name) for name in changed & ATTRIBUTES.keys()}
        if "more" in changed:
            with aws.uncached():
                tags = tags_of(aws, [ids.arn]).get(ids.arn, {})
            wanted = raw.wanted(self.more, tags, USUAL)
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper(**raw.memory(wanted)))
            attributes |= {path: value for path, value in wanted.items() if value or not path.endswith(".bucket")}
        if attributes.get("access_logs.s3.enabled") == "true":
            attributes.setdefault("access_logs.s3.prefix", "")  # or one that was set with another bucket stays
        if attributes:
            aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=ids.arn, Attributes=raw.keyed(attributes.items()))
        if "web_acl" in changed:
            self._protect(aws, me, ids)
        if changed & {"tags", "more"}:
            said = raw.memory(raw.paths(self.more)) if "more" in changed else {}
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper(**said))

    @classmethod
    def unprotect(cls, aws: Aws, ids: LoadBalancerIds) -> None:
        """Allow it to be deleted. May be repeated."""
        aws.elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=ids.arn, Attributes=[{"Key": ATTRIBUTES["deletion_protection"], "Value": "false"}]
        )

    @classmethod
    def delete(cls, aws: Aws, ids: LoadBalancerIds) -> None:
        """Its listeners are deleted with it. AWS refuses while someone has turned deletion protection on."""
        aws.elbv2.delete_load_balancer(LoadBalancerArn=ids.arn)

    @classmethod
    def contents(cls, aws: Aws, ids: LoadBalancerIds) -> Contents:
        """The listeners and rules that others have added: they are deleted with it."""
        others = added_by_others(aws, ids.arn)
        return Contents(f"what others have added ({others})" if others else "")


def _listed(aws: Aws) -> list[LoadBalancerTypeDef]:
    return aws.read(aws.elbv2.describe_load_balancers)["LoadBalancers"]


def _ids(balancer: LoadBalancerTypeDef) -> LoadBalancerIds:
    return LoadBalancerIds(
        arn=LoadBalancerArn(balancer["LoadBalancerArn"]),
        dns_name=LoadBalancerDns(balancer.get("DNSName", "").lower()),  # as Route 53 returns it; a gateway has none
        zone_id=LoadBalancerZoneId(balancer.get("CanonicalHostedZoneId", "")),
    )
