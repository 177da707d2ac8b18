"""A role that an AWS service assumes to act on our behalf."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import RoleArn, RoleName
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.our_roles import our_roles
from ecsctl.resources.support.policy_document import (
    Condition,
    Statement,
    Trust,
    ordered,
    policy,
    rights,
    statements,
    trust_of,
    trust_policy,
)
from ecsctl.resources.support.rights import anywhere, of

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import AttachedPolicyTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses


INLINE = "ecsctl"  # the name of our inline policy
ATTACHED = "ecsctl:policies"  # the tag that says which of its managed policies we attached: digests of their ARNs
MOST = 10_240  # characters of all inline policies of a role, without white space (IAM user guide, "IAM quotas")


@dataclass(frozen=True)
class RoleIds:
    """A role's ids."""

    arn: RoleArn
    name: RoleName


@dataclass(frozen=True, kw_only=True)
class Role(Resource[RoleIds]):
    """An IAM role with one inline policy of ecsctl's, found by its name.

    Any other inline policy, or attached policy that we have not attached, is someone's own addition: it is left alone,
    named in the note, and deleted with the role.
    """

    kind = "role"
    title = "IAM role"
    changed_by_delete = ("policies", "statements")
    arns = "iam"
    answered = True
    usual_seconds = 12.0  # until other services accept it
    console = "{console}/iam/home#/roles/details/{name}"

    path: Fixed[str]
    name: Fixed[str]  # IAM is global: the region is part of the name
    assume_role_policy: Trust
    statements: tuple[Statement, ...]  # empty: it may do nothing
    policies: frozenset[str]  # ARNs of managed policies that we have attached; others are someone else's
    permissions_boundary: str | None  # the ARN of a permissions boundary; empty: none; None: whatever the account sets

    def __post_init__(self) -> None:
        object.__setattr__(self, "statements", ordered(self.statements))

    def summary(self) -> str:
        """Says who may do what."""
        allowed = [rights(self.statements)] if self.statements else []
        allowed += sorted(arn.rpartition("/")[2] for arn in self.policies)
        return f"for {self.assume_role_policy.service}; allows {'; '.join(allowed) or 'nothing'}"

    def exceeded_limit(self) -> str:
        """Its one policy is sent without white space."""
        length = len(policy(self.statements))
        return f"the policy of {self.name} has {length} characters, expected at most {MOST}" if length > MOST else ""

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        ours = (scope.role("*"),)
        yield anywhere("iam", "ListRoles")
        # A role that does not exist (yet, or any longer) has no path that IAM could match.
        yield Statement("RolesRead", of("iam", "GetRole"), (*ours, scope.role("*", path="/")))
        actions = (
            "DeleteRole DeleteRolePolicy DetachRolePolicy GetRolePolicy ListAttachedRolePolicies "
            "ListInstanceProfilesForRole ListRolePolicies TagRole UpdateAssumeRolePolicy"
        )
        yield Statement("Roles", of("iam", actions), ours)
        bounds = " PutRolePermissionsBoundary" if uses.boundary else ""
        bounded = (Condition("StringEquals", "iam:PermissionsBoundary", (uses.boundary,)),) if uses.boundary else ()
        if uses.policies:
            these = Condition("ArnEquals", "iam:PolicyARN", uses.policies)
            yield Statement("AttachRights", ("iam:AttachRolePolicy",), (scope.role("task"),), (these, *bounded))
        if uses.shifts:
            this = Condition("ArnEquals", "iam:PolicyARN", (scope.balancing_policy,))
            yield Statement("AttachBalancing", ("iam:AttachRolePolicy",), (scope.role("balancing"),), (this, *bounded))
        yield Statement("RoleRights", of("iam", f"CreateRole PutRolePolicy{bounds}"), ours, bounded)

    def observe(self, aws: Aws, me: Label) -> Observed[Role, RoleIds] | None:
        """Read by name. Its tags come with it; its policies are calls of their own.

        Attached policies are listed if we have attached one, or should. Everything that others have added is listed
        only for a caller that reports it.
        """
        answer = none_if_gone(lambda: aws.read(aws.iam.get_role, RoleName=self.name))
        if answer is None:
            return None
        role = answer["Role"]
        ours = none_if_gone(lambda: aws.read(aws.iam.get_role_policy, RoleName=self.name, PolicyName=INLINE))
        tags = flat(role.get("Tags"))
        known = tags.get(ATTACHED, "").split()
        attached = _attached(aws, self.name) if self.policies or known or aws.additions else []
        arns = frozenset(one["PolicyArn"] for one in attached)
        mine = frozenset(arn for arn in arns if arn in self.policies or _digest(arn) in known)
        actual = Role(
            path=role["Path"],
            name=role["RoleName"],
            assume_role_policy=trust_of(role["AssumeRolePolicyDocument"]),
            statements=statements(ours["PolicyDocument"]) if ours else (),
            policies=mine,
            permissions_boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        )
        more = [one["PolicyName"] for one in attached if one["PolicyArn"] not in mine]
        if aws.additions:
            more += [name for name in _inline(aws, self.name) if name != INLINE]
        note = f"it also has {', '.join(sorted(more))}" if more else ""
        ids = RoleIds(RoleArn(role["Arn"]), RoleName(role["RoleName"]))
        return Observed(ids, actual, tags, note=note, since=role.get("CreateDate"))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[RoleIds]]:
        """Found by path and name, then by their tags."""
        for arn, name, tags in our_roles(aws, me):
            yield Found(RoleIds(arn, name), tags)

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: RoleIds) -> Iterator[Callable[[], object]]:
        """Each part of a role has a call of its own."""
        yield partial(aws.read, aws.iam.get_role, RoleName=ids.name)
        if aws.additions:
            yield partial(_inline, aws, ids.name)
            yield partial(_attached, aws, ids.name)
        yield partial(aws.read, aws.iam.get_role_policy, RoleName=ids.name, PolicyName=INLINE)

    def as_created(self) -> Role:
        """This resource, but with no permissions."""
        return replace(self, statements=(), policies=frozenset())

    def create(self, aws: Aws, me: Label) -> RoleIds:
        """The name prevents duplicates. The role has no permissions yet."""
        trust = trust_policy(self.assume_role_policy)
        if self.permissions_boundary:
            answer = aws.iam.create_role(
                RoleName=self.name,
                Path=self.path,
                AssumeRolePolicyDocument=trust,
                Tags=me.upper(),
                PermissionsBoundary=self.permissions_boundary,
            )
        else:
            answer = aws.iam.create_role(
                RoleName=self.name, Path=self.path, AssumeRolePolicyDocument=trust, Tags=me.upper()
            )
        return RoleIds(RoleArn(answer["Role"]["Arn"]), RoleName(answer["Role"]["RoleName"]))

    def update(self, aws: Aws, me: Label, ids: RoleIds, changed: frozenset[str]) -> None:
        """The boundary comes first, so that no new permission escapes it."""
        if "permissions_boundary" in changed and self.permissions_boundary:
            aws.iam.put_role_permissions_boundary(RoleName=ids.name, PermissionsBoundary=self.permissions_boundary)
        if "permissions_boundary" in changed and not self.permissions_boundary:
            aws.iam.delete_role_permissions_boundary(RoleName=ids.name)
        if "assume_role_policy" in changed:
            aws.iam.update_assume_role_policy(RoleName=ids.name, PolicyDocument=trust_policy(self.assume_role_policy))
        if "statements" in changed and self.statements:
            aws.iam.put_role_policy(RoleName=ids.name, PolicyName=INLINE, PolicyDocument=policy(self.statements))
        if "statements" in changed and not self.statements:
            aws.iam.delete_role_policy(RoleName=ids.name, PolicyName=INLINE)
        if "policies" in changed:
            self._attach(aws, ids)
        if "tags" in changed:
            aws.iam.tag_role(RoleName=ids.name, Tags=me.upper())

    def _attach(self, aws: Aws, ids: RoleIds) -> None:
        """Attach what is missing, and detach only what we have attached. The tag is written first, so that none is
        lost.
        """
        with aws.uncached():
            role = aws.read(aws.iam.get_role, RoleName=ids.name)["Role"]
            attached = _attached(aws, ids.name)
        known = set(flat(role.get("Tags")).get(ATTACHED, "").split())
        attached_now = {one["PolicyArn"] for one in attached}
        wanted = {_digest(arn) for arn in self.policies}
        _remember(aws, ids, known | wanted)
        for arn in sorted(self.policies - attached_now):
            aws.iam.attach_role_policy(RoleName=ids.name, PolicyArn=arn)
        for arn in sorted(arn for arn in attached_now - self.policies if _digest(arn) in known):
            aws.iam.detach_role_policy(RoleName=ids.name, PolicyArn=arn)
        _remember(aws, ids, wanted)

    @classmethod
    def delete(cls, aws: Aws, ids: RoleIds) -> None:
        """IAM deletes a role only when nothing is in it or attached to it (IAM API, DeleteRole)."""
        with aws.uncached():
            attached = _attached(aws, ids.name)
            inline = _inline(aws, ids.name)
            profiles = aws.read(aws.iam.list_instance_profiles_for_role, RoleName=ids.name)["InstanceProfiles"]
        for one in attached:
            aws.iam.detach_role_policy(RoleName=ids.name, PolicyArn=one["PolicyArn"])
        for name in inline:
            aws.iam.delete_role_policy(RoleName=ids.name, PolicyName=name)
        for profile in profiles:
            aws.iam.remove_role_from_instance_profile(
                RoleName=ids.name, InstanceProfileName=profile["InstanceProfileName"]
            )
        aws.iam.delete_role(RoleName=ids.name)


def _inline(aws: Aws, role: str) -> list[str]:
    return aws.read(aws.iam.list_role_policies, RoleName=role)["PolicyNames"]


def _attached(aws: Aws, role: str) -> list[AttachedPolicyTypeDef]:
    return aws.read(aws.iam.list_attached_role_policies, RoleName=role)["AttachedPolicies"]


def _digest(arn: str) -> str:
    """Eight hex digits that stand for a policy's ARN: 25 of them fit into a tag's 256 characters."""
    return hashlib.sha256(arn.encode()).hexdigest()[:8]


def _remember(aws: Aws, ids: RoleIds, digests: Iterable[str]) -> None:
    aws.iam.tag_role(RoleName=ids.name, Tags=[{"Key": ATTACHED, "Value": " ".join(sorted(digests)[:28])}])
