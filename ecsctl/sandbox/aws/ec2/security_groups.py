"""Security groups: either all rules of a call are added or none, and a group that is in use cannot be deleted."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.ec2.responses import EC2Response

from ecsctl.sandbox.aws.ec2.answers import canonical
from ecsctl.sandbox.core import overlay

_TEXT = re.compile(r"^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}$")  # API reference, CreateSecurityGroup


class _Rule(NamedTuple):
    """What identifies a rule; its description and tags do not."""

    protocol: str
    first: int | None
    last: int | None
    peer: str

    def __str__(self) -> str:
        if self.protocol == "-1":
            return f"peer: {self.peer}, ALL, ALLOW"
        return f"peer: {self.peer}, {self.protocol.upper()}, from port: {self.first}, to port: {self.last}, ALLOW"


def _standing(rule: SecurityGroupRule) -> _Rule:
    peer = rule.cidr_ipv4 or rule.cidr_ipv6 or rule.source_group.get("GroupId") or rule.prefix_list_id
    return _Rule(str(rule.ip_protocol), rule.from_port, rule.to_port, str(peer))


def _asked(response: EC2Response) -> Iterator[_Rule]:
    for part in response._process_rules_from_querystring():
        protocol = {"6": "tcp", "17": "udp", "1": "icmp", "all": "-1"}.get(
            str(part["ip_protocol"]).lower(), str(part["ip_protocol"]).lower()
        )
        first, last = part["from_port"], part["to_port"]
        if protocol in ("tcp", "udp") and (first is None or last is None):
            message = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
            raise overlay.Refusal("InvalidParameterValue", message)
        peers = [canonical(peer.get("CidrIp") or peer.get("CidrIpv6")) for peer in part["ip_ranges"]]
        peers += [pair.get("GroupId") for pair in part["source_groups"]]
        peers += [prefix["PrefixListId"] for prefix in part["prefix_list_ids"]]
        if protocol == "-1":
            first = last = None
        yield from (_Rule(protocol, first and int(first), last and int(last), str(peer)) for peer in peers)


def _group(response: EC2Response) -> SecurityGroup:
    found: SecurityGroup = response.ec2_backend.get_security_group_by_name_or_id(
        response._get_param("GroupId") or response._get_param("GroupName")
    )
    return found


def _rules(group: SecurityGroup, egress: bool) -> list[SecurityGroupRule]:
    return group.egress_rules if egress else group.ingress_rules


def _authorize(original: Any, response: EC2Response, egress: bool) -> Any:
    group = _group(response)
    if group is None:
        return original()  # moto answers NotFound
    taken = {_standing(rule) for rule in _rules(group, egress)}
    for rule in _asked(response):
        if rule in taken:
            raise overlay.Refusal("InvalidPermission.Duplicate", f'the specified rule "{rule}" already exists')
        taken.add(rule)
    before = {rule.id for rule in _rules(group, egress)}
    original()
    added = [rule for rule in _rules(group, egress) if rule.id not in before]
    for made in added:
        for form in {"CidrIp", "CidrIpv6"} & made.ip_range.keys():
            made.ip_range = {**made.ip_range, form: canonical(made.ip_range[form])}
        if made.source_group.get("Description"):  # moto returns descriptions for rules by addresses only
            made.ip_range = {"Description": made.source_group["Description"]}
    return ActionResult({"Return": True, "SecurityGroupRules": added})


@overlay.wraps(EC2Response)
def authorize_security_group_ingress(original: Any, self: EC2Response) -> Any:
    """Add all rules or none, and return them."""
    return _authorize(original, self, egress=False)


@overlay.wraps(EC2Response)
def authorize_security_group_egress(original: Any, self: EC2Response) -> Any:
    """Add all rules or none, and return them."""
    return _authorize(original, self, egress=True)


def _check_revoke(response: EC2Response, egress: bool) -> None:
    group = _group(response)
    if group is None:
        return
    rules = _rules(group, egress)
    for ident in response._get_param("SecurityGroupRuleIds", []):
        if ident not in [rule.id for rule in rules]:
            message = f"The security group rule ID '{ident}' does not exist"
            raise overlay.Refusal("InvalidSecurityGroupRuleId.NotFound", message)
    if not response._get_param("SecurityGroupRuleIds", []):
        standing = {_standing(rule) for rule in rules}
        if any(rule not in standing for rule in _asked(response)):
            message = "The specified rule does not exist in this security group."
            raise overlay.Refusal("InvalidPermission.NotFound", message)


@overlay.wraps(EC2Response)
def revoke_security_group_ingress(original: Any, self: EC2Response) -> Any:
    """Remove all rules or none."""
    _check_revoke(self, egress=False)
    return original()


@overlay.wraps(EC2Response)
def revoke_security_group_egress(original: Any, self: EC2Response) -> Any:
    """Remove all rules or none."""
    _check_revoke(self, egress=True)
    return original()


@overlay.wraps(EC2Response)
def create_security_group(original: Any, self: EC2Response) -> Any:
    """Refuse a name that exists in the VPC, and characters that AWS does not allow."""
    name, vpc_id = self._get_param("GroupName"), self._get_param("VpcId") or self.ec2_backend.default_vpc.id
    for parameter, text in (("GroupName", name), ("GroupDescription", self._get_param("Description") or "")):
        if not _TEXT.match(text) or (parameter == "GroupName" and text.startswith("sg-")):
            message = f"Value ({text}) for parameter {parameter} is invalid."
            raise overlay.Refusal("InvalidParameterValue", message)
    if any(group.name == name for group in self.ec2_backend.groups[vpc_id].values()):
        message = f"The security group '{name}' already exists for VPC '{vpc_id}'"
        raise overlay.Refusal("InvalidGroup.Duplicate", message)
    return original()


def _is_in_use(backend: EC2Backend, group: SecurityGroup) -> bool:
    """Whether an interface has the group, or a rule of another group refers to it."""
    if any(group.id == one.id for eni in backend.enis.values() for one in eni.group_set):
        return True
    others = [g for vpc in backend.groups.values() for g in vpc.values() if g.id != group.id]
    return any(
        rule.source_group.get("GroupId") == group.id
        for other in others
        for rule in (*other.ingress_rules, *other.egress_rules)
    )


@overlay.wraps(EC2Response)
def delete_security_group(original: Any, self: EC2Response) -> Any:
    """Refuse for the VPC's default group, and while it is in use (VPC guide, "Delete your security group")."""
    group = _group(self)
    if group is not None and group.is_default:
        message = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
        raise overlay.Refusal("CannotDelete", message)
    if group is not None and _is_in_use(self.ec2_backend, group):
        raise overlay.Refusal("DependencyViolation", f"resource {group.id} has a dependent object")
    return original()
