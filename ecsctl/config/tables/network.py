"""The tables [vpc], [domain] and [load_balancer]: how requests reach the tasks and the tasks reach the internet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.section import Problem, Section

_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))  # RFC 1918

LONGEST = 247  # Route 53 takes 255, and the record beside a name that says whose it is begins with _ecsctl.
LONGEST_HOST = 128  # Elastic Load Balancing API reference, HostHeaderConditionConfig
MOST_NAMES = 10  # ACM user guide, "Quotas": domain names of a certificate


class Vpc(Section):
    """The network: created for the app, or an existing one that is used and never changed."""

    cidr: str = Field(
        "10.100.0.0/16",
        description="A private IPv4 network, /16 to /20. Its first four /24 are the subnets: two public, two private.",
    )
    egress: Literal["nat", "nat-per-az", "public"] = Field(
        "nat",
        description="How tasks reach the internet: through one NAT gateway, through one in each zone, or "
        "directly. With public the tasks are in the public subnets and have public addresses, but "
        "only the load balancer can reach them.",
    )
    id: texts.VpcId | None = Field(
        None, description="An existing VPC to use instead of a new one.", examples=["vpc-0a1b2c3d4e5f60718"]
    )
    public_subnets: tuple[texts.SubnetId, ...] = Field(
        (),
        strict=False,
        description="With id: at least two of its public subnets, each in a zone of its own, for the load balancer.",
        examples=[["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"]],
    )
    private_subnets: tuple[texts.SubnetId, ...] = Field(
        (),
        strict=False,
        description='With id: at least two of its private subnets, for the tasks; or none with egress = "public".',
        examples=[["subnet-0cccccccccccccccc", "subnet-0dddddddddddddddd"]],
    )
    flow_logs: Literal["none", "reject", "accept", "all"] = Field(
        "none",
        description="Which connections are logged, by address and port, in a log group that keeps them as long as "
        "[logs] says: rejected ones, accepted ones, or all. Only for a VPC that is created for the app.",
        examples=["reject"],
    )
    close_default_group: bool = Field(
        False,
        description="Whether to remove all rules from the default security group, which AWS creates with each VPC "
        "and the app does not use. Only for a VPC that is created for the app.",
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: a network that cannot be split into subnets, or a mixture of a new network and an existing one."""
        if why := _unfit(self.cidr):
            yield "cidr", why
        if not self.id:
            for key in self.given("public_subnets", "private_subnets"):
                yield key, "needs id, the VPC that the subnets are of"
            return
        public = self.egress == "public"
        if self.given("cidr"):
            yield "cidr", "cannot be used with id: the existing VPC has its network"
        for key, off in (("flow_logs", "none"), ("close_default_group", False)):
            if getattr(self, key) != off:
                yield key, "cannot be combined with id: an existing VPC is used, and never changed"
        if self.given("egress") and not public:
            yield "egress", 'can only be "public" with id: the routes of an existing VPC are not changed'
        if len(set(self.public_subnets)) < 2 and (self.public_subnets or not self.private_subnets):
            yield "public_subnets", "at least two different ones are needed: a load balancer needs two zones"
        if public and self.private_subnets:
            yield "private_subnets", 'cannot be used with egress = "public": the tasks are in the public subnets'
        if not public and len(set(self.private_subnets)) < 2:
            yield "private_subnets", 'at least two different ones are needed, or egress = "public" without any'

    def room(self, *, internal: bool) -> int:
        """The number of tasks for which the two subnets of a network that ecsctl creates have addresses.

        An `internal` load balancer is in the subnets of the tasks.

        AWS reserves five addresses of each subnet (VPC user guide, "Subnet sizing"), and the load balancer needs eight
        free ones in each of its own (Application Load Balancers guide, "Subnets for your load balancer").
        """
        return 2 * (256 - 5 - (8 if internal or self.egress == "public" else 0))

    def networks(self) -> tuple[str, str, str, str]:
        """The subnets' networks: public a, public b, private a, private b."""
        first = ipaddress.IPv4Network(self.cidr).subnets(new_prefix=24)
        return str(next(first)), str(next(first)), str(next(first)), str(next(first))


def _no_network(cidr: str) -> str:
    try:
        ipaddress.IPv4Network(cidr)
    except ValueError:
        return 'expected a network such as "203.0.113.0/24", with no bits set beside the mask'
    return ""


def _unfit(cidr: str) -> str:
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError:
        return 'expected a network such as "10.100.0.0/16", with no bits set beside the mask'
    if not 16 <= network.prefixlen <= 20:
        return f"expected a /16 to /20, found a /{network.prefixlen}"
    if not any(network.subnet_of(private) for private in _PRIVATE):
        return "expected a private network, within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
    return ""


class Domain(Section):
    """The app's own name and its certificate. Without this table the app is served only by HTTP."""

    name: texts.Domain | None = Field(
        None,
        description="The app's domain, in lower case. Its DNS record is created in the hosted zone.",
        examples=["shop.example.com"],
    )
    names: tuple[texts.FurtherDomain, ...] = Field(
        (),
        strict=False,
        description="Further names of the app, such as the apex or a wildcard: in the same certificate, each with a "
        "record in the hosted zone that holds it.",
        examples=[["example.com", "*.shop.example.com"]],
    )
    redirect: tuple[texts.FurtherDomain, ...] = Field(
        (),
        strict=False,
        description="Names that only redirect to name: permanently (301), with path and query. "
        "They are in the certificate and have records as further names do.",
        examples=[["www.shop.example.com"]],
    )
    elsewhere: tuple[texts.FurtherDomain, ...] = Field(
        (),
        strict=False,
        description="The names among them whose DNS is not in Route 53 of this account. `ecsctl up` says which "
        "records to set there by hand, and waits for the certificate.",
        examples=[["shop.example.com"]],
    )
    hosted_zone: texts.Zone | None = Field(
        None,
        description="The public hosted zone, by id or name. Default, also for further names outside of it: "
        "the one with the longest name at the end of the domain.",
        examples=["example.com"],
    )
    certificate_arn: texts.CertificateArn | None = Field(
        None,
        description="An issued certificate to use instead of requesting one. Without a name, no DNS record is created.",
        examples=["arn:aws:acm:eu-central-1:123456789012:certificate/1b2c3d4e-0000-4000-8000-000000000000"],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: no name, or a name that its zone or its certificate cannot hold."""
        name, zone = self.name or "", self.hosted_zone or ""
        if not name and not self.certificate_arn:
            yield "name", "is missing: give name, or certificate_arn, or leave [domain] out for HTTP only"
        if zone and not name:
            yield "hosted_zone", "cannot be used without name"
        if self.names and not name:
            yield "names", "cannot be used without name: further names are in addition to it"
        if self.redirect and not name:
            yield "redirect", "cannot be used without name: they redirect to it"
        for number, one in enumerate(self.elsewhere):
            if one not in self.all_names:
                yield ("elsewhere", number), f"{one} is none of the app's names: expected one of those above"
            elif one in self.elsewhere[:number]:
                yield ("elsewhere", number), f"{one} is listed twice"
        if zone and name and not self.zoned:
            yield "hosted_zone", "cannot be used here: all names are in elsewhere"
        yield from self._circles()
        yield from self._wrong_names()
        if name in self.zoned and "." in zone and not f".{name}".endswith(f".{zone}"):
            yield "name", f"does not end in its hosted zone {zone}"
        if len(name) > LONGEST:
            yield "name", f"has {len(name)} characters; at most {LONGEST} are expected"
        # ACM API reference, RequestCertificate, DomainName. For further names ACM accepts any length that DNS allows.
        if len(name) > 64 and not self.certificate_arn:
            yield "name", "has more than 64 characters, so that AWS issues no certificate for it; give certificate_arn"

    def _wrong_names(self) -> Iterator[Problem]:
        """Mistakes: names that are listed twice, too long, or more than a certificate holds."""
        taken = {self.name}
        for key, most, names in (("names", LONGEST, self.names), ("redirect", LONGEST_HOST, self.redirect)):
            for number, further in enumerate(names):
                if further in taken:
                    yield (key, number), f"{further} is named already: expected each name once"
                if len(further) > most:
                    yield (key, number), f"has {len(further)} characters; at most {most} are expected"
                taken.add(further)
        if len(taken) > MOST_NAMES and not self.certificate_arn:
            yield (
                "names",
                f"make {len(taken)} names with domain.name, and AWS issues a certificate for {MOST_NAMES} unless the "
                "account's quota is raised: expected fewer, or certificate_arn",
            )

    def _circles(self) -> Iterator[Problem]:
        """Mistakes: a wildcard that would redirect clients of a name that must answer them, even of the redirect's
        target.

        In a rule of a load balancer `*` stands for any characters, including dots (Elastic Load Balancing guide,
        "Condition types for listener rules").
        """
        for number, pattern in enumerate(self.redirect):
            ends = pattern.removeprefix("*")
            caught = [one for one in (self.name or "", *self.names) if ends != pattern and one.endswith(ends)]
            if caught:
                yield ("redirect", number), f"{pattern} also matches {caught[0]}, which must not be redirected"

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every name that leads to the app, its own first."""
        return (*filter(None, (self.name,)), *self.names, *self.redirect)

    @property
    def zoned(self) -> tuple[str, ...]:
        """Those of them that a hosted zone of the account holds."""
        return tuple(one for one in self.all_names if one not in self.elsewhere)


class AccessLogs(Section):
    """A line for each request, in files in S3."""

    days: int = Field(90, ge=1, le=3650, description="After how many days they are removed from the app's own bucket.")
    bucket: texts.BucketName | None = Field(
        None,
        description="An existing bucket in the load balancer's region, whose policy lets it write; ecsctl never "
        "changes it. Default: one is created for the app.",
        examples=["shop-logs"],
    )
    prefix: texts.LogPrefix = Field(
        "", description="With bucket: the folder in it that they are written to.", examples=["web"]
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: options that only apply to the other kind of bucket."""
        for key in self.given("days"):
            if self.bucket:
                yield key, "cannot be used with bucket: its own lifecycle rules decide how long logs are kept"
        for key in self.given("prefix"):
            if not self.bucket:
                yield key, "cannot be used without bucket: the app's own bucket holds nothing else"


class LoadBalancer(Section):
    """The load balancer."""

    idle_timeout_seconds: int = Field(
        60,
        ge=1,
        le=4000,
        description="How long a connection may be silent before it is closed. The app's keep-alive must be longer.",
    )
    http2: bool = Field(True, description="Whether clients may speak HTTP/2.")
    internal: bool = Field(
        False,
        description="Whether it is reachable only from the VPC and from networks connected to it, not from the "
        "internet. AWS cannot change this in place.",
    )
    allow: tuple[texts.Source, ...] = Field(
        ("0.0.0.0/0",),
        strict=False,
        min_length=1,
        max_length=30,  # 60 rules in a security group (VPC quotas), and two ports
        description="Who may connect: IPv4 networks, and security groups by id.",
        examples=[["203.0.113.0/24", "sg-0a1b2c3d4e5f60718"]],
    )
    sticky_seconds: int | None = Field(
        None,
        ge=1,
        le=604800,
        description="How long a client is sent to the same task, by the load balancer's cookie. Default: no "
        "stickiness.",
        examples=[3600],
    )
    slow_start_seconds: int = Field(
        0,
        ge=0,
        le=900,
        description="For how long a new task gets a growing share of the requests, 30 to 900; 0: its full share at "
        "once.",
    )
    deletion_protection: bool | None = Field(
        None,
        description="Whether AWS refuses to delete it; ecsctl down lifts this protection after saying so. Default: as "
        "it is set on AWS, which is no.",
        examples=[True],
    )

    access_logs: AccessLogs | None = Field(
        None,
        description="Write a line for each request into a bucket: {} makes one. Default: whatever is set on AWS, "
        "which is "
        "no.",
        examples=[{"days": 30}],
    )
    waf: texts.WebAclArn | None = Field(
        None,
        description="The web ACL of AWS WAF that protects it, by ARN: a regional one of its own region. ecsctl only"
        " associates it. Default: whatever is set on AWS.",
        examples=["arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shop/0a1b2c3d-0000-4000-8000-000000000000"],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: invalid networks, or duplicates; a slow start that AWS does not accept."""
        unlike = set[str]()
        for source in self.allow:
            if not source.startswith("sg-") and (why := _no_network(source)):
                yield "allow", f"{source}: {why}"
            if source in unlike:
                yield "allow", f"{source} is in it twice"
            unlike.add(source)
        # Application Load Balancers guide, "Slow start mode".
        if 0 < self.slow_start_seconds < 30:
            yield "slow_start_seconds", f"expected 0, or 30 to 900, found {self.slow_start_seconds}"
