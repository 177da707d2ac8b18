"""The profile with which ECR signs the app's images: one of the rules that an account has in a region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.label import RESOURCE, Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.errors import ResourceFailed
from ecsctl.ids import RepositoryName
from ecsctl.names import Names
from ecsctl.parts import SIGNING
from ecsctl.resources.support import signing
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import REVIEWED, anywhere, apart, of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class SigningRuleIds:
    """A rule has no id: it is known by the one repository that it covers."""

    repository: RepositoryName


@dataclass(frozen=True, kw_only=True)
class SigningRule(Resource[SigningRuleIds]):
    """The rule that has ECR sign what is pushed to a repository. It carries no tags: the repository's count for it.

    A rule whose filters match other repositories too is someone else's, whatever it signs here.
    """

    kind = "signing-rule"
    title = "ECR signing rule"
    by_use = True  # a signature
    within = ("repository",)
    known_by = "ECR repository"
    tagged = False
    console = "{console}/ecr/private-registry/features?region={region}"

    repository: Fixed[RepositoryName]
    profile: str  # the ARN of the signing profile

    def summary(self) -> str:
        """Says who signs."""
        return f"what is pushed is signed by {self.profile}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read and write all rules of the region: AWS has nothing narrower."""
        yield anywhere("ecr", "GetSigningConfiguration")
        yield Statement("Images", of("ecr", "DescribeRepositories ListTagsForResource"), (scope.repository,))
        if uses.signs:
            changes = of("ecr", "DeleteSigningConfiguration PutSigningConfiguration")
            yield from apart(REVIEWED, Statement("SigningRules", changes, ("*",)))

    def observe(self, aws: Aws, me: Label) -> Observed[SigningRule, SigningRuleIds] | None:
        """Among the rules of the region; the repository's tags say whose it is."""
        rules = [one for one in signing.rules(aws) if signing.is_about(one, self.repository)]
        tags = _tags(aws, self.repository)
        if not rules or tags is None:
            return None
        profiles = [str(one["signingProfileArn"]) for one in rules]
        profile = next((one for one in profiles if one != self.profile), self.profile)
        return Observed(SigningRuleIds(self.repository), SigningRule(repository=self.repository, profile=profile), tags)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[SigningRuleIds]]:
        """The rule about the app's repository."""
        name = RepositoryName(Names.of(me).repository)
        ours = any(signing.is_about(one, name) for one in signing.rules_if_known(aws))
        if ours and (tags := _tags(aws, name)) is not None:
            yield Found(SigningRuleIds(name), tags)

    def create(self, aws: Aws, me: Label) -> SigningRuleIds:
        """A repetition changes nothing: there is only one rule for a repository alone."""
        signing.put(aws, self.repository, self.profile)
        return SigningRuleIds(self.repository)

    def update(self, aws: Aws, me: Label, ids: SigningRuleIds, changed: frozenset[str]) -> None:
        """Another profile: what was signed before keeps its signatures.

        If the repository was deleted meanwhile, its tags are gone, and the rule would stay forever: then it is removed
        at once. Raises ResourceFailed.
        """
        signing.put(aws, self.repository, self.profile)
        with aws.uncached():
            tags = _tags(aws, self.repository)
        if tags is None:
            signing.remove_rule(aws, self.repository)
            raise ResourceFailed(
                f"{self.title}: the repository {self.repository}, which says whose it is, was deleted meanwhile",
                hint="see whether another machine runs ecsctl down; then run the same command again",
            )

    @classmethod
    def delete(cls, aws: Aws, ids: SigningRuleIds) -> None:
        """Only ours. If no other rule is left the configuration is deleted too, as if it had never been set."""
        signing.remove_rule(aws, ids.repository)


def _tags(aws: Aws, repository: str) -> dict[str, str] | None:
    """The repository's tags in the rule's place; None if it is gone."""
    answer = none_if_gone(lambda: aws.read(aws.ecr.describe_repositories, repositoryNames=[repository]))
    if answer is None:
        return None
    arn = answer["repositories"][0]["repositoryArn"]
    return {**flat(aws.read(aws.ecr.list_tags_for_resource, resourceArn=arn)["tags"]), RESOURCE: SIGNING}
