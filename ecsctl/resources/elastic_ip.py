"""A fixed public address, for a NAT gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Found, Observed, Resource
from ecsctl.ids import AllocationId
from ecsctl.resources.support.common import only, tag_filter
from ecsctl.resources.support.rights import in_ec2

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class ElasticIpIds:
    """An elastic address's ids: of its allocation, and the address itself."""

    allocation_id: AllocationId
    public_ip: str


@dataclass(frozen=True, kw_only=True)
class ElasticIp(Resource[ElasticIpIds]):
    """An elastic IP address. It costs money while it is allocated, in use or not."""

    kind = "elastic-ip"
    title = "elastic IP address"
    soon = True
    hourly = 0.005  # "Amazon VPC pricing": a public IPv4 address, whatever uses it
    arns = "ec2:elastic-ip"
    console = "{console}/vpcconsole/home?region={region}#ElasticIpDetails:AllocationId={allocation_id}"

    def summary(self) -> str:
        """Says what it is."""
        return "one public IPv4 address"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        return in_ec2(scope, creates="AllocateAddress", changes="ReleaseAddress", reads="DescribeAddresses")

    def observe(self, aws: Aws, me: Label) -> Observed[ElasticIp, ElasticIpIds] | None:
        """Read by its tags: nothing else distinguishes one address from another."""
        ours = {found.ids: found for found in self.find(aws, me) if me.matches(found.tags)}
        ids = only(ours, "elastic IP addresses", me)
        return Observed(ids, ElasticIp(), ours[ids].tags) if ids else None

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ElasticIpIds]]:
        """One call for all addresses of the app."""
        for address in aws.read(aws.ec2.describe_addresses, Filters=tag_filter(me))["Addresses"]:
            yield Found(
                ElasticIpIds(AllocationId(address["AllocationId"]), address["PublicIp"]), flat(address.get("Tags"))
            )

    def create(self, aws: Aws, me: Label) -> ElasticIpIds:
        """No token prevents duplicates: the engine searches by tags before and after it."""
        answer = aws.ec2.allocate_address(Domain="vpc", TagSpecifications=me.specification("elastic-ip"))
        return ElasticIpIds(AllocationId(answer["AllocationId"]), answer["PublicIp"])

    def update(self, aws: Aws, me: Label, ids: ElasticIpIds, changed: frozenset[str]) -> None:
        """Only its tags can change."""
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.allocation_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: ElasticIpIds) -> None:
        """Until its NAT gateway is gone AWS answers AuthFailure, which here does not mean a missing permission."""
        aws.ec2.release_address(AllocationId=ids.allocation_id)
