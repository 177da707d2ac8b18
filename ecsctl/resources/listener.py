"""A port of the load balancer, and what happens to the requests that arrive there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import IssuedCertificateArn, ListenerArn, LoadBalancerArn, TargetGroupArn
from ecsctl.names import Names
from ecsctl.resources.support import raw
from ecsctl.resources.support.additions import Additions
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.elb import recorded, tagged, tags_of
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import (
        ActionOutputTypeDef,
        ActionTypeDef,
        CertificateTypeDef,
        ListenerTypeDef,
        RedirectActionConfigTypeDef,
        TargetGroupTupleTypeDef,
    )

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

TLS_POLICIES = (  # best first; AWS documentation, "Security policies for your Application Load Balancer"
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
)
NOBODY = TargetGroupArn("")
_HEADERS = (
    "access_control_allow_credentials access_control_allow_headers access_control_allow_methods "
    "access_control_allow_origin access_control_expose_headers access_control_max_age content_security_policy "
    "strict_transport_security x_content_type_options x_frame_options"
)
_TLS = (
    "mtls_clientcert mtls_clientcert_issuer mtls_clientcert_leaf mtls_clientcert_serial_number mtls_clientcert_subject "
    "mtls_clientcert_validity tls_cipher_suite tls_version"
)
USUAL: dict[str, Any] = {
    "MutualAuthentication": {"Mode": "off"},
    "routing.http.response.server.enabled": "true",
    **{f"routing.http.response.{name}.header_value": "" for name in _HEADERS.split()},
    **{f"routing.http.request.x_amzn_{name}.header_name": "" for name in _TLS.split()},
}
"""What [raw] may set: parameters of ModifyListener, and attributes (ELB API reference, ListenerAttribute)."""
REDIRECT: RedirectActionConfigTypeDef = {
    "Protocol": "HTTPS",
    "Port": "443",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
    "StatusCode": "HTTP_301",
}


class _Tls(TypedDict, total=False):
    """Parameters that only an HTTPS listener has."""

    Certificates: list[CertificateTypeDef]
    SslPolicy: str


@dataclass(frozen=True)
class ListenerIds:
    """A listener's ids."""

    arn: ListenerArn


@dataclass(frozen=True, kw_only=True)
class Listener(Resource[ListenerIds]):
    """A listener that forwards to a target group or, with `redirect`, redirects clients to HTTPS permanently.

    It is found by its load balancer and port. ECS accepts a target group only once a listener forwards to it.
    """

    kind = "listener"
    title = "listener"
    answered = True
    arns = "elasticloadbalancing"
    within = ("load_balancer",)
    independent_of = ("load_balancer",)  # deleted with the load balancer
    inside = True
    serves = True
    console = "{console}/ec2/home?region={region}#ELBListenerV2:listenerArn={arn}"

    load_balancer: Fixed[LoadBalancerArn]
    port: Fixed[int]
    protocol: Literal["HTTP", "HTTPS"]
    forward: TargetGroupArn | None
    beside: TargetGroupArn  # gets no requests yet: ECS accepts no target group without a listener
    redirect: bool
    certificate: IssuedCertificateArn | None
    ssl_policy: str | None  # for HTTPS always name one: AWS's default dates from 2016
    more: Additions
    looked_up: bool = field(default=False, compare=False)  # the policy: not configured, so any is fine
    at_once: bool = field(default=False, compare=False)  # the certificate is valid for every name of the previous one

    def summary(self) -> str:
        """Says what happens to a request."""
        if self.redirect:
            return f"{self.protocol} {self.port} → HTTPS 443"
        return f"{self.protocol} {self.port} → {self.forward}" + (f", {self.ssl_policy}" if self.ssl_policy else "")

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        yield anywhere("elasticloadbalancing", "DescribeListeners DescribeLoadBalancers DescribeTags")
        changes = of("elasticloadbalancing", "AddTags CreateListener DeleteListener ModifyListener")
        if uses.web:
            yield Statement("LoadBalancing", changes, scope.balancers)
        if uses.listener_attributes:
            yield anywhere("elasticloadbalancing", "DescribeListenerAttributes")
            yield Statement("LoadBalancing", of("elasticloadbalancing", "ModifyListenerAttributes"), scope.balancers)

    def observe(self, aws: Aws, me: Label) -> Observed[Listener, ListenerIds] | None:
        """Read by its load balancer and port; tags are read for all listeners of the load balancer at once."""
        listed = _listed(aws, self.load_balancer)
        listener = next((one for one in listed if one.get("Port") == self.port), None)
        if listener is None:
            return None
        actions = listener["DefaultActions"]
        alone = actions[0] if len(actions) == 1 else None
        forward, beside = _forwards(alone) if alone else (None, NOBODY)
        certificates = listener.get("Certificates", [])
        tags = tags_of(aws, (one["ListenerArn"] for one in listed)).get(listener["ListenerArn"], {})
        further: dict[str, Any] = {**listener}
        if any("." in path for path in (*raw.paths(self.more), *raw.remembered(tags, USUAL))):
            answer = aws.read(aws.elbv2.describe_listener_attributes, ListenerArn=listener["ListenerArn"])
            further |= {one["Key"]: one["Value"] for one in answer["Attributes"]}
        actual = Listener(
            load_balancer=LoadBalancerArn(listener["LoadBalancerArn"]),
            port=listener.get("Port", 0),
            protocol="HTTPS" if listener.get("Protocol") == "HTTPS" else "HTTP",
            forward=forward,
            beside=beside,
            redirect=alone is not None and _is_our_redirect(alone),
            certificate=IssuedCertificateArn(certificates[0]["CertificateArn"]) if certificates else None,
            ssl_policy=listener.get("SslPolicy"),
            more=raw.found(self.more, tags, USUAL, further.get),
        )
        return Observed(_ids(listener), actual, tags)

    def keeping(self, actual: Listener) -> Listener:
        """This resource, but with its current policy, if ours was only chosen as the best available and the current one
        is still recommended.
        """
        good = self.looked_up and actual.ssl_policy in TLS_POLICIES
        return replace(self, ssl_policy=actual.ssl_policy) if good else self

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ListenerIds]]:
        """Those of the app's load balancers: listeners exist nowhere else."""
        names = {
            one["LoadBalancerArn"]: one["LoadBalancerName"]
            for one in aws.read(aws.elbv2.describe_load_balancers)["LoadBalancers"]
        }
        for balancer in tagged(aws, me, names):
            by_arn = {one["ListenerArn"]: one for one in _listed(aws, LoadBalancerArn(balancer))}
            for arn, tags in tagged(aws, me, dict.fromkeys(by_arn, Names.of(me).balancer)).items():
                yield Found(_ids(by_arn[arn]), tags)

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: ListenerIds) -> Iterator[Callable[[], object]]:
        """Read its tags together with those of the others."""
        recorded(aws, ids.arn)
        yield from ()

    def interim(self, actual: Listener) -> Listener:
        """It keeps forwarding until there is HTTPS to redirect clients to, and a name that the certificate is valid
        for.

        The same goes for the certificate: the old one stays until the new name points here, unless the new one is valid
        for the old name as well. It forwards to another target group once that has healthy tasks.
        """
        if self.redirect and actual.forward and not actual.redirect:
            return replace(self, redirect=False, forward=actual.forward)
        kept: dict[str, Any] = {}
        if self.certificate and actual.certificate and not self.at_once:
            kept["certificate"] = actual.certificate
        if self.forward and actual.forward and self.forward != actual.forward:
            kept |= {"forward": actual.forward, "beside": self.forward}
        return replace(self, **kept)

    def impact(self, actual: Listener) -> str:
        """No certificate is valid for the load balancer's own name."""
        if self.redirect and not actual.redirect:
            return "HTTP moves to HTTPS at the end; the load balancer's own name is not in the certificate"
        return ""

    def create(self, aws: Aws, me: Label) -> ListenerIds:
        """The port protects this call from doubling."""
        answer = aws.elbv2.create_listener(
            LoadBalancerArn=self.load_balancer,
            Port=self.port,
            Protocol=self.protocol,
            DefaultActions=self._actions(),
            Tags=me.upper(),
            **self._tls(),
        )
        return _ids(answer["Listeners"][0])

    def update(self, aws: Aws, me: Label, ids: ListenerIds, changed: frozenset[str]) -> None:
        """Everything in one call: a certificate is refused without HTTPS, and HTTPS without a certificate."""
        wanted: dict[str, Any] = {}
        if "more" in changed:
            with aws.uncached():
                tags = tags_of(aws, [ids.arn]).get(ids.arn, {})
            wanted = raw.wanted(self.more, tags, USUAL)
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper(**raw.memory(wanted)))
        attributes = {name: value for name, value in wanted.items() if "." in name}
        if changed - {"tags", "more"} or wanted.keys() - attributes.keys():
            aws.elbv2.modify_listener(
                ListenerArn=ids.arn,
                Port=self.port,
                Protocol=self.protocol,
                DefaultActions=self._actions(),
                **self._tls(),
                **{name: value for name, value in wanted.items() if name not in attributes},
            )
        if attributes:
            aws.elbv2.modify_listener_attributes(ListenerArn=ids.arn, Attributes=raw.keyed(attributes.items()))
        if changed & {"tags", "more"}:
            said = raw.memory(raw.paths(self.more)) if "more" in changed else {}
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper(**said))

    @classmethod
    def delete(cls, aws: Aws, ids: ListenerIds) -> None:
        """It would be deleted with its load balancer; this frees its target group and certificate sooner."""
        aws.elbv2.delete_listener(ListenerArn=ids.arn)

    def _actions(self) -> list[ActionTypeDef]:
        if self.redirect:
            return [{"Type": "redirect", "RedirectConfig": REDIRECT}]
        if self.beside:
            groups: list[TargetGroupTupleTypeDef] = [
                {"TargetGroupArn": self.forward or "", "Weight": 1},
                {"TargetGroupArn": self.beside, "Weight": 0},
            ]
            return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
        return [{"Type": "forward", "TargetGroupArn": self.forward or ""}]

    def _tls(self) -> _Tls:
        tls: _Tls = {}
        if self.certificate:
            tls["Certificates"] = [{"CertificateArn": self.certificate}]
        if self.ssl_policy:
            tls["SslPolicy"] = self.ssl_policy
        return tls


def _listed(aws: Aws, load_balancer: LoadBalancerArn) -> list[ListenerTypeDef]:
    answer = none_if_gone(lambda: aws.read(aws.elbv2.describe_listeners, LoadBalancerArn=load_balancer))
    return answer["Listeners"] if answer else []


def _forwards(action: ActionOutputTypeDef) -> tuple[TargetGroupArn | None, TargetGroupArn]:
    """The target group that gets all requests, and one that gets none. AWS returns a single one in two places."""
    if action["Type"] != "forward":
        return None, NOBODY
    target_groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
    weights = {one.get("TargetGroupArn", ""): one.get("Weight", 1) for one in target_groups}
    if len(weights) < 2:
        only = action.get("TargetGroupArn") or next(iter(weights), "")
        return TargetGroupArn(only) if only else None, NOBODY
    first, *others = sorted(weights, key=lambda arn: -weights[arn])
    alone = weights[first] > 0 and [weights[arn] for arn in others] == [0]
    return (TargetGroupArn(first), TargetGroupArn(others[0])) if alone else (None, NOBODY)


def _is_our_redirect(action: ActionOutputTypeDef) -> bool:
    redirected = {**REDIRECT, **action.get("RedirectConfig", {})}
    return action["Type"] == "redirect" and all(redirected[key] == value for key, value in REDIRECT.items())


def _ids(listener: ListenerTypeDef) -> ListenerIds:
    return ListenerIds(ListenerArn(listener["ListenerArn"]))
