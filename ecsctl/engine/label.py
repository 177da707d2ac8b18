"""The ownership tags on everything we create, in AWS's several forms; and idempotency tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

APP, ID, RESOURCE, OWNER = "ecsctl:app", "ecsctl:id", "ecsctl:resource", "owner"
RUN = "ecsctl:first-up"


@dataclass(frozen=True)
class Label:
    """The owner of a resource. `app` names the stack, `id` this deployment of it, `resource` the part it plays.

    `nonce` comes from the journal: new each time a resource is created, the same for a repeated call, because AWS's
    tokens outlive the resources created with them.
    """

    app: str
    id: str
    account: str
    region: str
    partition: str = "aws"
    owner: str = ""  # as configured; empty: a resource keeps the owner that it was created with
    caller: str = ""  # who is calling: the owner of new resources, unless one is configured
    resource: str = ""
    nonce: str = ""
    made: bool = False  # created by this very run: nothing of anybody else's can be in its place or attached to it
    run: str = ""  # of a deployment's first resource: the run that creates it
    recorded: tuple[tuple[str, str], ...] = ()  # the resource's ids in the state file: for what tags cannot tell
    extra: tuple[tuple[str, str], ...] = ()

    def of(self, resource: str, nonce: str = "") -> Label:
        """The same label for one resource of the stack."""
        return replace(self, resource=resource, nonce=nonce)

    @property
    def name(self) -> str:
        """The name shown in the console where AWS has no names: the app and the part."""
        return f"{self.app}-{self.resource}"

    @property
    def tags(self) -> dict[str, str]:
        """All tags of the resource, ours and the user's."""
        owner = self.owner or self.caller
        return {
            **dict(self.extra),
            **({OWNER: owner} if owner else {}),
            APP: self.app,
            ID: self.id,
            RESOURCE: self.resource,
            **({RUN: self.run} if self.run else {}),
        }

    def keeping_owner(self, tags: Mapping[str, str] | None) -> Label:
        """The same label, with the owner named by these tags unless one is configured: the first owner stays."""
        return self if self.owner or not (tags or {}).get(OWNER) else replace(self, caller=(tags or {})[OWNER])

    def upper(self, **more: str) -> list[Any]:
        """`[{"Key": …, "Value": …}]`: EC2, ELB, IAM, ACM, S3, Secrets Manager, CodeConnections, ECR."""
        return [{"Key": key, "Value": value} for key, value in {**self.tags, **more}.items()]

    def lower(self, **more: str) -> list[Any]:
        """`[{"key": …, "value": …}]`: ECS, CodeBuild, CodePipeline."""
        return [{"key": key, "value": value} for key, value in {**self.tags, **more}.items()]

    def specification(self, kind: str) -> list[Any]:
        """EC2's TagSpecifications for a create call, with the Name that its console shows."""
        return [{"ResourceType": kind, "Tags": self.upper(Name=self.name)}]

    def token(self, length: int = 32) -> str:
        """An idempotency token for this incarnation of the resource: hex digits, the same for a repeated call."""
        words = f"{self.app}\0{self.id}\0{self.account}\0{self.region}\0{self.resource}\0{self.nonce}"
        return hashlib.sha256(words.encode()).hexdigest()[:length]

    def owns(self, tags: Mapping[str, str] | None) -> bool:
        """Whether these tags are ours: this app's and this deployment's."""
        return tags is not None and tags.get(APP) == self.app and tags.get(ID) == self.id

    def matches(self, tags: Mapping[str, str] | None) -> bool:
        """Whether these tags are ours and name this very resource."""
        return tags is not None and self.owns(tags) and tags.get(RESOURCE) == self.resource


def flat(tags: Iterable[Any] | None) -> dict[str, str]:
    """Tags as AWS lists them, in either spelling, as a dictionary."""
    return {(tag.get("Key") or tag.get("key")): tag.get("Value", tag.get("value", "")) or "" for tag in tags or ()}
