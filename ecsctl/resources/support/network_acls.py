"""Which traffic of a load balancer and its tasks network ACLs block: pure checks of EC2's answers.

Only what is certain to fail is reported: an ACL that allows part of the traffic is assumed to be intended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import NetworkAclEntryTypeDef, NetworkAclTypeDef

ANSWERS = "1024-65535"
"""The ports of answers, which need rules since ACLs are stateless (VPC guide, "Network ACLs", "Ephemeral ports")."""
_ANSWERED = 40_000  # a port that Linux, NAT gateways and load balancers all use
_HTTPS = 443


@dataclass(frozen=True)
class Shut:
    """The traffic that one ACL does not let into a subnet, or (egress) out of it."""

    acl: str
    subnet: str
    egress: bool
    ports: tuple[str, ...]

    def sentence(self, subnet: str = "") -> str:
        """The finding in words; `subnet` is the subnet's description."""
        way = "out of" if self.egress else "into"
        ports = ", ".join(f"{one} (answers)" if one == ANSWERS else one for one in self.ports)
        return f"the network ACL {self.acl} lets no TCP {way} the subnet {subnet or self.subnet} to port {ports}"


def shut(
    acls: Iterable[NetworkAclTypeDef],
    front: Sequence[str],
    back: Sequence[str],
    listens: Sequence[int] = (),
    port: int = 0,
) -> Iterator[Shut]:
    """The traffic that the ACLs of the load balancer's subnets (`front`) and of the tasks' (`back`) block.

    The load balancer listens on `listens`, the tasks on `port`; the tasks reach AWS's services.
    """
    found = {link.get("SubnetId", ""): acl for acl in acls for link in acl.get("Associations", [])}
    inward, outward = _needs(bool(front), listens, port)
    for subnets, at in ((front, 0), (back, 1)):
        for subnet in subnets:
            for egress, ports in ((False, inward[at]), (True, outward[at])):
                acl = found.get(subnet)
                entries = acl.get("Entries", []) if acl else []
                closed = tuple(
                    str(one or ANSWERS)
                    for one in ports
                    if acl and not _allows(entries, one or _ANSWERED, egress=egress)
                )
                if acl and closed:
                    yield Shut(acl.get("NetworkAclId", ""), subnet, egress, closed)


def _needs(balanced: bool, listens: Sequence[int], port: int) -> tuple[tuple[list[int], ...], tuple[list[int], ...]]:
    """The ports into, and out of, the load balancer's subnets and the tasks'; 0 is for answers."""
    served = [port] if balanced and port else []
    return ([*listens, 0], [*served, 0]), ([*served, 0], [_HTTPS, *([0] if served else [])])


def _allows(entries: Iterable[NetworkAclEntryTypeDef], port: int, *, egress: bool) -> bool:
    """Whether some traffic passes: by the first rule for everyone, or an earlier one that allows someone."""
    for entry in sorted(entries, key=lambda one: one.get("RuleNumber", 0)):
        ports = entry.get("PortRange", {})
        tcp = entry.get("Protocol") == "-1" or (
            entry.get("Protocol") == "6" and ports.get("From", 0) <= port <= ports.get("To", 65535)
        )
        if entry.get("Egress") is not egress or not tcp or not entry.get("CidrBlock"):
            continue
        if entry.get("RuleAction") == "allow":
            return True
        if entry["CidrBlock"] == "0.0.0.0/0":
            return False
    return False
