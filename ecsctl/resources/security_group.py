"""Who may connect to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import SecurityGroupId, VpcId
from ecsctl.resources.support.common import network, only, tag_filter, where
from ecsctl.resources.support.policy_document import Condition, Statement
from ecsctl.resources.support.rights import in_ec2, of

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import IpPermissionTypeDef, SecurityGroupRuleTypeDef, SecurityGroupTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses


# EC2 API reference, IpPermission: protocols are sent by number or name, and returned by name if they have one. Only
# these have ports, or ICMP types; for all others every port is meant, which AWS returns as -1.
NUMBERED = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1"}
PORTED = ("tcp", "udp", "icmp", "icmpv6")


@dataclass(frozen=True)
class Rule:
    """Traffic that is allowed in: to the ports, from the addresses (`cidr`) or from everything in the group
    (`group`).
    """

    from_port: int
    to_port: int
    protocol: str = "tcp"
    cidr: str | None = None
    group: SecurityGroupId | None = None

    def __post_init__(self) -> None:
        protocol = self.protocol.lower()
        object.__setattr__(self, "protocol", NUMBERED.get(protocol, protocol))
        if self.protocol not in PORTED:
            object.__setattr__(self, "from_port", -1)
            object.__setattr__(self, "to_port", -1)
        object.__setattr__(self, "cidr", self.cidr and network(self.cidr))

    def __str__(self) -> str:
        ports = str(self.from_port) if self.from_port == self.to_port else f"{self.from_port}-{self.to_port}"
        what = "everything" if self.protocol == "-1" else f"{self.protocol} {ports}"
        return f"{what} from {self.cidr or self.group}"


@dataclass(frozen=True)
class SecurityGroupIds:
    """A security group's ids."""

    group_id: SecurityGroupId


@dataclass(frozen=True, kw_only=True)
class SecurityGroup(Resource[SecurityGroupIds]):
    """A security group, its ingress rules, and where it allows egress: everywhere, which is AWS's default.

    Rules that we created carry our tags. Others are left alone and mentioned, since they open what we did not open.
    """

    kind = "security-group"
    title = "security group"
    changed_by_delete = ("ingress",)
    soon = True
    usual_delete_seconds = 45.0  # with the interfaces of stopped tasks, or of a load balancer
    deleted_before = ("subnet", "internet-gateway")  # its interfaces are in the VPC, and have addresses of the subnets
    arns = "ec2:security-group ec2:security-group-rule"
    within = ("vpc",)
    inside = True
    console = "{console}/ec2/home?region={region}#SecurityGroup:groupId={group_id}"

    name: Fixed[str]
    vpc: Fixed[VpcId]
    ingress: frozenset[Rule]
    description: Fixed[str]
    egress: frozenset[str]

    def summary(self) -> str:
        """Shows its rules."""
        return f"ingress: {', '.join(sorted(map(str, self.ingress))) or 'none'}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        yield from in_ec2(
            scope,
            creates="CreateSecurityGroup",
            changes="AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress DeleteSecurityGroup "
            "RevokeSecurityGroupIngress",
            reads="DescribeSecurityGroups DescribeSecurityGroupRules",
            inside=True,
        )
        opens, rules = "AuthorizeSecurityGroupIngress", (scope.arn("ec2", "security-group-rule/*"),)
        tagging = Condition("StringEquals", "ec2:CreateAction", (opens,))
        yield Statement("TagOnCreate", ("ec2:CreateTags",), (scope.arn("ec2", "*/*"),), (tagging,))
        yield Statement("NewRules", of("ec2", f"AuthorizeSecurityGroupEgress {opens}"), rules)
        if uses.vpc:
            yield Statement("GroupsInTheVpc", ("ec2:CreateSecurityGroup",), (scope.arn("ec2", f"vpc/{uses.vpc}"),))

    def observe(self, aws: Aws, me: Label) -> Observed[SecurityGroup, SecurityGroupIds] | None:
        """Read by its tags, else by its name, which is unique in a VPC."""
        ours = {_ids(one): one for one in _listed(aws, me) if me.matches(flat(one.get("Tags")))}
        ids = only(ours, "security groups", me)
        group = ours[ids] if ids else None if me.made else self._in_the_way(aws)
        if group is None:
            return None
        standing = [one for one in _rules(aws, me, group["GroupId"]) if one["GroupId"] == group["GroupId"]]
        rules = [_Standing.of(rule, me) for rule in standing if not rule["IsEgress"]]
        outward = (_Standing.of(rule, me).rule for rule in standing if rule["IsEgress"])
        foreign = sorted(str(one.rule) for one in rules if not one.ours and one.rule not in self.ingress)
        actual = SecurityGroup(
            name=group["GroupName"],
            vpc=VpcId(group["VpcId"]),
            ingress=frozenset(one.rule for one in rules if one.ours or one.rule in self.ingress),
            description=group["Description"],
            egress=self.egress & {rule.cidr for rule in outward if rule.cidr and rule.protocol == "-1"},
        )
        note = f"lets in, by rules that are not ours: {', '.join(foreign)}" if foreign else ""
        return Observed(_ids(group), actual, flat(group.get("Tags")), note=note)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[SecurityGroupIds]]:
        """One call for all groups of the app."""
        for group in _listed(aws, me):
            named = (
                pair.get("GroupId", "") for rule in group.get("IpPermissions", []) for pair in rule["UserIdGroupPairs"]
            )
            yield Found(_ids(group), flat(group.get("Tags")), uses=frozenset(named) - {group["GroupId"]})

    def interim(self, actual: SecurityGroup) -> SecurityGroup:
        """Open ports stay open until the tasks behind them are the new ones: the old ones may listen on others."""
        return replace(self, ingress=self.ingress | actual.ingress)

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: SecurityGroupIds) -> Iterator[Callable[[], object]]:
        """Read the rules."""
        yield partial(_rules, aws, me, ids.group_id)

    def as_created(self) -> SecurityGroup:
        """This resource, but without ingress rules."""
        return replace(self, ingress=frozenset())

    def create(self, aws: Aws, me: Label) -> SecurityGroupIds:
        """Its name protects this call from doubling."""
        answer = aws.ec2.create_security_group(
            GroupName=self.name,
            Description=self.description,
            VpcId=self.vpc,
            TagSpecifications=me.specification("security-group"),
        )
        return SecurityGroupIds(SecurityGroupId(answer["GroupId"]))

    def update(self, aws: Aws, me: Label, ids: SecurityGroupIds, changed: frozenset[str]) -> None:
        """Open what is missing before closing what is too much, so that traffic continues meanwhile."""
        if "ingress" in changed:
            rules = [_Standing.of(rule, me) for rule in _ingress_now(aws, ids)]
            missing = self.ingress - {one.rule for one in rules}
            surplus = sorted(one.rule_id for one in rules if one.ours and one.rule not in self.ingress)
            if missing:
                aws.ec2.authorize_security_group_ingress(
                    GroupId=ids.group_id,
                    IpPermissions=[_permission(rule) for rule in sorted(missing, key=str)],
                    TagSpecifications=me.specification("security-group-rule"),
                )
            if surplus:
                aws.ec2.revoke_security_group_ingress(GroupId=ids.group_id, SecurityGroupRuleIds=surplus)
        if "egress" in changed:
            missing = frozenset(Rule(-1, -1, "-1", cidr) for cidr in self.egress) - _outward_now(aws, ids, me)
            if missing:
                aws.ec2.authorize_security_group_egress(
                    GroupId=ids.group_id, IpPermissions=[_permission(rule) for rule in sorted(missing, key=str)]
                )
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.group_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: SecurityGroupIds) -> None:
        """First without its rules that name other groups: a group that any rule names cannot be deleted.

        Two groups that name each other could otherwise never be deleted. AWS also refuses while a network interface
        uses it, and those of load balancers and tasks outlive their owners by minutes.
        """
        naming = [one for one in _ingress_now(aws, ids) if one.get("ReferencedGroupInfo", {}).get("GroupId")]
        if naming:
            aws.ec2.revoke_security_group_ingress(
                GroupId=ids.group_id, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"] for rule in naming]
            )
        aws.ec2.delete_security_group(GroupId=ids.group_id)

    def _in_the_way(self, aws: Aws) -> SecurityGroupTypeDef | None:
        filters = where(vpc_id=self.vpc, group_name=self.name)
        listed = aws.read(aws.ec2.describe_security_groups, Filters=filters)["SecurityGroups"]
        return listed[0] if listed else None


@dataclass(frozen=True)
class _Standing:
    """A rule on AWS."""

    rule_id: str
    rule: Rule
    ours: bool

    @classmethod
    def of(cls, rule_on_aws: SecurityGroupRuleTypeDef, me: Label) -> _Standing:
        addresses = rule_on_aws.get("CidrIpv4") or rule_on_aws.get("CidrIpv6") or rule_on_aws.get("PrefixListId")
        group = rule_on_aws.get("ReferencedGroupInfo", {}).get("GroupId")
        rule = Rule(
            from_port=rule_on_aws.get("FromPort", -1),
            to_port=rule_on_aws.get("ToPort", -1),
            protocol=rule_on_aws["IpProtocol"],
            cidr=addresses,
            group=SecurityGroupId(group) if group else None,
        )
        return cls(rule_on_aws["SecurityGroupRuleId"], rule, me.matches(flat(rule_on_aws.get("Tags"))))


def _permission(rule: Rule) -> IpPermissionTypeDef:
    permission: IpPermissionTypeDef = {
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
    }
    if rule.group:
        permission["UserIdGroupPairs"] = [{"GroupId": rule.group}]
    elif rule.cidr and ":" in rule.cidr:
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule.cidr}]
    elif rule.cidr:
        permission["IpRanges"] = [{"CidrIp": rule.cidr}]
    return permission


def _listed(aws: Aws, me: Label) -> list[SecurityGroupTypeDef]:
    return aws.read(aws.ec2.describe_security_groups, Filters=tag_filter(me))["SecurityGroups"]


def _rules(aws: Aws, me: Label, group: str) -> list[SecurityGroupRuleTypeDef]:
    """The rules of all groups of the app, and of this one: one call."""
    asked = {one["GroupId"] for one in _listed(aws, me)} | {group}
    return aws.read(aws.ec2.describe_security_group_rules, Filters=where(group_id=sorted(asked)))["SecurityGroupRules"]


def _outward_now(aws: Aws, ids: SecurityGroupIds, me: Label) -> frozenset[Rule]:
    with aws.uncached():
        answer = aws.read(aws.ec2.describe_security_group_rules, Filters=where(group_id=ids.group_id))
    return frozenset(_Standing.of(rule, me).rule for rule in answer["SecurityGroupRules"] if rule["IsEgress"])


def _ingress_now(aws: Aws, ids: SecurityGroupIds) -> list[SecurityGroupRuleTypeDef]:
    with aws.uncached():
        answer = aws.read(aws.ec2.describe_security_group_rules, Filters=where(group_id=ids.group_id))
    return [rule for rule in answer["SecurityGroupRules"] if not rule["IsEgress"]]


def _ids(group: SecurityGroupTypeDef) -> SecurityGroupIds:
    return SecurityGroupIds(SecurityGroupId(group["GroupId"]))
