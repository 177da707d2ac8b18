"""The one GitHub token that CodeBuild keeps for a whole account and region."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ecsctl.engine.label import APP, RESOURCE, Label, flat
from ecsctl.engine.resource import Contents, Found, Observed, Resource
from ecsctl.engine.secret import Secret
from ecsctl.ids import CredentialsArn, RoleName
from ecsctl.names import Names
from ecsctl.parts import GITHUB_CREDENTIALS
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.our_roles import listed as listed_roles
from ecsctl.resources.support.our_roles import our_roles
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.project_parts import uses_account_credentials
from ecsctl.resources.support.rights import anywhere, of

if TYPE_CHECKING:
    from types_boto3_codebuild.type_defs import ProjectTypeDef, SourceCredentialsInfoTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

TAG = "ecsctl:source-credentials"  # on the role that builds: "<our part's name>:<digest of the token>[:shared]"
SHARED = "shared"  # another of our apps imported the token
AT_ONCE = 100  # projects that one BatchGetProjects takes (CodeBuild API)


@dataclass(frozen=True)
class SourceCredentialsIds:
    """The credentials' ids. `role` has the tag that they are ours; empty: they are someone else's."""

    arn: CredentialsArn
    role: str


@dataclass(frozen=True, kw_only=True)
class SourceCredentials(Resource[SourceCredentialsIds]):
    """CodeBuild's credentials for GitHub: one for an account and region, without name or tags, and unreadable.

    Someone else's are used unchanged and never touched. A tag on our role says that they are ours, and holds the
    token's digest. It is written before the import, so that a run that dies between the two leaves no token without an
    owner. One thing cannot be detected: that someone has replaced our token by another of their own.

    If somebody deletes the role, the tag goes with it. Then the state file says that they are ours, as long as no other
    project of the account uses them.

    What another of our apps has imported is used unchanged, and our role records that it shares it: so the last app to
    be removed deletes the token, whichever imported it, and once the importer is gone another app may renew it.
    """

    kind = "source-credentials"
    title = "CodeBuild's GitHub credentials"
    changed_by_delete = ("role", "token")
    soon = True
    known_by = "IAM role"
    answered = True
    tagged = False
    console = "{console}/codesuite/codebuild/settings/source-credentials?region={region}"

    token: Secret
    role: RoleName

    def summary(self) -> str:
        """Says who may use it."""
        return "the GitHub token, for every build project of the account in this region"

    def keeping(self, actual: SourceCredentials) -> SourceCredentials:
        """This resource, but with the token on AWS, if ours could not be read."""
        return replace(self, token=self.token.known_by(actual.token))

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        actions = "DeleteSourceCredentials ImportSourceCredentials ListProjects ListSourceCredentials"
        yield anywhere("codebuild", actions)
        yield Statement("OtherProjects", ("codebuild:BatchGetProjects",), (scope.arn("codebuild", "project/*"),))
        yield anywhere("iam", "ListRoles")
        yield Statement("RolesRead", ("iam:GetRole",), (scope.role("*"), scope.role("*", path="/")))
        yield Statement("Roles", of("iam", "TagRole UntagRole"), (scope.role("*"),))

    def observe(self, aws: Aws, me: Label) -> Observed[SourceCredentials, SourceCredentialsIds] | None:
        """Returns what is listed for GitHub, and whether our tags exist."""
        listed = _listed(aws)
        if listed is None:
            return None
        arn = CredentialsArn(listed["arn"])
        owner_tag = (
            next((one for one in _owner_tags(aws, me) if me.matches(one.tags)), None) if _may_be_ours(listed) else None
        )
        importer = _importer(aws, me) if _may_be_ours(listed) and not (owner_tag and not owner_tag.shared) else None
        if importer:
            role = RoleName(owner_tag.role if owner_tag else "")
            tags = owner_tag.tags if owner_tag else self._tags(aws, me)
            actual = SourceCredentials(token=self.token, role=role)
            return Observed(
                SourceCredentialsIds(arn, role), actual, tags, note=f"of {importer.app}: used, never changed"
            )
        if owner_tag:
            actual = SourceCredentials(token=Secret(owner_tag.digest), role=RoleName(owner_tag.role))
            return Observed(SourceCredentialsIds(arn, owner_tag.role), actual, owner_tag.tags)
        if _is_abandoned(aws, listed, dict(me.recorded)):
            actual = SourceCredentials(token=Secret(""), role=RoleName(""))
            return Observed(SourceCredentialsIds(arn, ""), actual, me.tags, note="its owner's role was deleted")
        actual = SourceCredentials(token=Secret(""), role=RoleName(""))
        return Observed(SourceCredentialsIds(arn, ""), actual, tags=None, note="not ours: used, never changed")

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[SourceCredentialsIds]]:
        """Found by our tags; even without a token, since the tag must not outlive it."""
        aws.ahead([partial(listed_roles, aws)])
        listed = _listed(aws)
        arn = CredentialsArn(listed["arn"] if listed else "")
        for owner_tag in _owner_tags(aws, me):
            yield Found(SourceCredentialsIds(arn, owner_tag.role), owner_tag.tags)

    @classmethod
    def find_recorded(
        cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]
    ) -> Iterator[Found[SourceCredentialsIds]]:
        """Recorded as ours, though somebody has deleted the role with the tag, and no other project uses them."""
        listed = _listed(aws)
        if listed is not None and any(_is_abandoned(aws, listed, one) for one in recorded):
            role = next(one["role"] for one in recorded if one.get("role"))
            yield Found(
                SourceCredentialsIds(CredentialsArn(listed["arn"]), role), {**me.tags, RESOURCE: GITHUB_CREDENTIALS}
            )

    def create(self, aws: Aws, me: Label) -> SourceCredentialsIds:
        """Tag, then import: the only create that takes two calls. Never over another token: AWS would do that by
        default.
        """
        self._tag_role(aws, me)
        return SourceCredentialsIds(CredentialsArn(self._import(aws, overwrite=False)), self.role)

    def update(self, aws: Aws, me: Label, ids: SourceCredentialsIds, changed: frozenset[str]) -> None:
        """The new token comes before its digest: a death between the two repeats the import."""
        if "token" in changed:
            self._import(aws, overwrite=True)
        self._tag_role(aws, me, None if ids.role else _importer(aws, me))
        if "role" in changed and ids.role:
            aws.iam.untag_role(RoleName=ids.role, TagKeys=[TAG])

    @classmethod
    def delete(cls, aws: Aws, ids: SourceCredentialsIds) -> None:
        """Unless another project of the account uses them by now: then they are left to the account."""
        with aws.uncached():
            listed = _listed(aws)
            others = _others(aws, ids.role)
        if listed is not None and _may_be_ours(listed) and not others:
            aws.codebuild.delete_source_credentials(arn=listed["arn"])
        none_if_gone(lambda: aws.iam.untag_role(RoleName=ids.role, TagKeys=[TAG]))

    @classmethod
    def contents(cls, aws: Aws, ids: SourceCredentialsIds) -> Contents:
        """Whether they stay because others use them."""
        others = _others(aws, ids.role)
        summary = f"CodeBuild keeps the token: {', '.join(others)} of this account uses it too" if others else ""
        return Contents(summary)

    def _tag_role(self, aws: Aws, me: Label, importer: _OwnerTag | None = None) -> None:
        held = f"{importer.digest}:{SHARED}" if importer else self.token.digest
        aws.iam.tag_role(RoleName=self.role, Tags=[{"Key": TAG, "Value": f"{me.resource}:{held}"}])

    def _tags(self, aws: Aws, me: Label) -> dict[str, str] | None:
        """Our role's tags, translated into those of the credentials; None before the role exists."""
        for _, role, tags in our_roles(aws, me):
            if role == self.role:
                return {**tags, RESOURCE: me.resource}
        return None

    def _import(self, aws: Aws, *, overwrite: bool) -> str:
        answer = aws.codebuild.import_source_credentials(
            serverType="GITHUB",
            authType="PERSONAL_ACCESS_TOKEN",
            token=self.token.reveal(),
            shouldOverwrite=overwrite,
        )
        return answer["arn"]


def _listed(aws: Aws) -> SourceCredentialsInfoTypeDef | None:
    infos = aws.read(aws.codebuild.list_source_credentials)["sourceCredentialsInfos"]
    return next((info for info in infos if info.get("serverType") == "GITHUB"), None)


def _is_abandoned(aws: Aws, listed: SourceCredentialsInfoTypeDef, recorded: Mapping[str, str]) -> bool:
    """Whether the state file has them as ours, the tag has gone with its role, and nobody else builds with them: then
    to replace or delete the token harms no one.
    """
    role = recorded.get("role", "")
    if not role or not _may_be_ours(listed) or recorded.get("arn") != listed["arn"]:
        return False
    tagged = none_if_gone(lambda: aws.read(aws.iam.get_role, RoleName=role))
    return (tagged is None or TAG not in flat(tagged["Role"].get("Tags"))) and not _others(aws, role)


def _may_be_ours(listed: SourceCredentialsInfoTypeDef) -> bool:
    """We only ever import a token. A connection or a secret in its place is someone else's."""
    return listed.get("authType") == "PERSONAL_ACCESS_TOKEN"


class _OwnerTag(NamedTuple):
    """Describes what a role says about the credentials. `tags` are translated into those of the credentials."""

    role: str
    tags: dict[str, str]
    digest: str
    shared: bool

    @property
    def app(self) -> str:
        """Returns whose role it is."""
        return self.tags.get(APP, "")


def _read(role: str, tags: dict[str, str]) -> _OwnerTag | None:
    part, _, held = tags.get(TAG, "").partition(":")
    digest, _, shared = held.partition(":")
    rest = {key: value for key, value in tags.items() if key != TAG}
    return _OwnerTag(role, {**rest, RESOURCE: part}, digest, shared == SHARED) if part else None


def _owner_tags(aws: Aws, me: Label) -> Iterator[_OwnerTag]:
    """Those on the roles of the app."""
    for _, role, tags in our_roles(aws, me):
        if owner_tag := _read(role, tags):
            yield owner_tag


def _importer(aws: Aws, me: Label) -> _OwnerTag | None:
    """The tag of another of our apps that imported the token and builds with it."""
    roles = {project.get("serviceRole", "").rpartition(aws.role_path) for project in _leaning(aws)}
    for name in sorted(name for _, ours, name in roles if ours and not name.startswith(Names.of(me).role())):
        owner_tag = _owner_tag_of(aws, name)
        if owner_tag and not owner_tag.shared:
            return owner_tag
    return None


def _owner_tag_of(aws: Aws, role: str) -> _OwnerTag | None:
    answer = none_if_gone(lambda: aws.read(aws.iam.get_role, RoleName=role))
    return _read(role, flat(answer["Role"].get("Tags"))) if answer else None


def _others(aws: Aws, role: str) -> list[str]:
    """The projects that build with the account's credentials, other than those that use our role."""
    return [one["name"] for one in _leaning(aws) if not one.get("serviceRole", "").endswith(f"/{role}")]


def _leaning(aws: Aws) -> Iterator[ProjectTypeDef]:
    """The projects that build from GitHub without credentials of their own."""
    names = aws.read(aws.codebuild.list_projects)["projects"]
    for start in range(0, len(names), AT_ONCE):
        for project in aws.read(aws.codebuild.batch_get_projects, names=names[start : start + AT_ONCE])["projects"]:
            if uses_account_credentials(project):
                yield project
