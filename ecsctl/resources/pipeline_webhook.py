"""The webhook by which GitHub notifies a pipeline that uses a token of every push."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Contents, Fixed, Found, Observed, Resource
from ecsctl.engine.secret import Secret
from ecsctl.ids import PipelineName, PipelineWebhookName
from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.github_side import REGISTERED, deregister_webhook, unregister
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import of

if TYPE_CHECKING:
    from types_boto3_codepipeline.type_defs import ListWebhookItemTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

REPOSITORY = "ecsctl:repository"  # the tag that says for which repository it was made: AWS does not
FILTER = ("$.ref", "refs/heads/{Branch}")  # CodePipeline fills in the branch of the source action


@dataclass(frozen=True)
class PipelineWebhookIds:
    """A pipeline webhook's ids."""

    name: PipelineWebhookName
    arn: str


@dataclass(frozen=True, kw_only=True)
class PipelineWebhook(Resource[PipelineWebhookIds]):
    """A webhook of CodePipeline and, registered by it, the webhook of the repository. It is found by its name.

    The secret that the two share is generated each time and stored nowhere: CodePipeline says never to use the token
    for it (CodePipeline API, PutWebhook), and it can be generated again at any time.
    """

    kind = "pipeline-webhook"
    title = "pipeline webhook"
    changed_by_delete = ("registered",)
    arns = "codepipeline"
    console = "{console}/codesuite/codepipeline/pipelines?region={region}"

    name: Fixed[str]
    repository: Fixed[str]  # owner/name; before it changes, the webhook must be removed
    pipeline: PipelineName
    token: Secret  # the one in the pipeline's source action: CodePipeline uses it to register the webhook
    target_action: str
    filters: tuple[tuple[str, str], ...]
    registered: bool

    def summary(self) -> str:
        """Says who notifies it."""
        return f"{self.repository} notifies it of pushes"

    def reason(self, field: str, actual: PipelineWebhook) -> str:
        """The webhook at GitHub."""
        return "missing at GitHub, where it will be registered again" if field == "registered" else ""

    def keeping(self, actual: PipelineWebhook) -> PipelineWebhook:
        """This resource, but with the token that the webhook was registered with, if ours could not be read."""
        return replace(self, token=self.token.known_by(actual.token))

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        actions = (
            "DeleteWebhook DeregisterWebhookWithThirdParty GetPipeline PutWebhook RegisterWebhookWithThirdParty "
            "TagResource"
        )
        yield Statement("Pipeline", of("codepipeline", actions), scope.pipeline)
        # There is no action for one alone.
        yield Statement("PipelineWebhooks", ("codepipeline:ListWebhooks",), (scope.arn("codepipeline", "webhook:*"),))

    def observe(self, aws: Aws, me: Label) -> Observed[PipelineWebhook, PipelineWebhookIds] | None:
        """Read by name. What AWS does not return is in its tags."""
        found = _webhook(aws, self.name)
        if found is None:
            return None
        tags, about = flat(found.get("tags")), found["definition"]
        actual = PipelineWebhook(
            name=about["name"],
            repository=tags.get(REPOSITORY, ""),
            pipeline=PipelineName(about["targetPipeline"]),
            token=Secret(tags.get(REGISTERED, "")),
            target_action=about["targetAction"],
            filters=tuple((one["jsonPath"], one.get("matchEquals", "")) for one in about["filters"]),
            registered=bool(tags.get(REGISTERED)),
        )
        return Observed(_ids(found), actual, tags, note=found.get("errorMessage", ""))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[PipelineWebhookIds]]:
        """One listing returns them all, with their tags."""
        for webhook in aws.read(aws.codepipeline.list_webhooks)["webhooks"]:
            if webhook["definition"]["name"] == Names.of(me).pipeline:
                yield Found(_ids(webhook), flat(webhook.get("tags")))

    def as_created(self) -> PipelineWebhook:
        """GitHub has no webhook for it."""
        return replace(self, registered=False)

    def create(self, aws: Aws, me: Label) -> PipelineWebhookIds:
        """The name prevents duplicates. GitHub has no webhook for it yet."""
        return _ids(self._put(aws, me))

    def update(self, aws: Aws, me: Label, ids: PipelineWebhookIds, changed: frozenset[str]) -> None:
        """Remove the webhook from GitHub if there is one, change it, register it, and only then record that it is
        registered.

        After a death in between it is recorded as removed, so that the next run registers it.
        """
        with aws.uncached():
            found = _webhook(aws, ids.name)
        stands = flat(found.get("tags")).get(REGISTERED, "") if found else ""
        work = changed - {"tags"}
        if work and stands:
            self._say(aws, me, ids, "")
            deregister_webhook(aws, ids.name)
        if work - {"token", "registered"} or (work and stands):
            self._put(aws, me)
        if work:
            aws.codepipeline.register_webhook_with_third_party(webhookName=ids.name)
        self._say(aws, me, ids, self.token.digest if work else stands)

    @classmethod
    def delete(cls, aws: Aws, ids: PipelineWebhookIds) -> None:
        """GitHub's side first. If the token is no longer valid, a webhook without a receiver stays there."""
        unregister(aws, ids.name, ids.arn)
        aws.codepipeline.delete_webhook(name=ids.name)

    @classmethod
    def contents(cls, aws: Aws, ids: PipelineWebhookIds) -> Contents:
        """What stays at GitHub, if somebody has deleted the pipeline: CodePipeline used the token of its source."""
        found = _webhook(aws, ids.name)
        tags = flat(found.get("tags")) if found else {}
        if found is None or not tags.get(REGISTERED):
            return Contents()
        pipeline = found["definition"]["targetPipeline"]
        if none_if_gone(lambda: aws.read(aws.codepipeline.get_pipeline, name=pipeline)):
            return Contents()
        repository = tags.get(REPOSITORY, "the repository")
        return Contents(
            "its pipeline is gone, and with that the token to take the webhook from GitHub: it stays there, without "
            f"effect, until it is deleted in the settings of {repository}"
        )

    def _put(self, aws: Aws, me: Label) -> ListWebhookItemTypeDef:
        """Create or change it: the same call. Its secret is new each time."""
        answer = aws.codepipeline.put_webhook(
            webhook={
                "name": self.name,
                "targetPipeline": self.pipeline,
                "targetAction": self.target_action,
                "filters": [{"jsonPath": path, "matchEquals": value} for path, value in self.filters],
                "authentication": "GITHUB_HMAC",
                "authenticationConfiguration": {"SecretToken": secrets.token_hex(32)},
            },
            tags=me.lower(**{REPOSITORY: self.repository, REGISTERED: ""}),
        )
        return answer["webhook"]

    def _say(self, aws: Aws, me: Label, ids: PipelineWebhookIds, digest: str) -> None:
        """Record the token that the webhook was registered with at GitHub; empty: there is none."""
        tags = me.lower(**{REPOSITORY: self.repository, REGISTERED: digest})
        aws.codepipeline.tag_resource(resourceArn=ids.arn, tags=tags)


def _ids(webhook: ListWebhookItemTypeDef) -> PipelineWebhookIds:
    return PipelineWebhookIds(PipelineWebhookName(webhook["definition"]["name"]), webhook["arn"])


def _webhook(aws: Aws, name: str) -> ListWebhookItemTypeDef | None:
    webhooks = aws.read(aws.codepipeline.list_webhooks)["webhooks"]
    return next((one for one in webhooks if one["definition"]["name"] == name), None)
