"""The topic for notifications about the app: everyone who has subscribed gets them by e-mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import TopicArn
from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.policy_document import Statement, same_spelling, whole
from ecsctl.resources.support.rights import of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

PENDING = "PendingConfirmation"  # in place of an ARN, until the person has followed the link in the first e-mail


@dataclass(frozen=True)
class TopicIds:
    """A topic's ids."""

    arn: TopicArn


@dataclass(frozen=True, kw_only=True)
class Topic(Resource[TopicIds]):
    """An SNS topic with its e-mail subscriptions, which carry no tags of their own. It is found by its name."""

    kind = "topic"
    title = "SNS topic"
    arns = "sns"
    tagging_type = "sns"
    console = "{console}/sns/v3/home?region={region}#/topic/{arn}"

    name: Fixed[str]
    policy: str  # who may publish, as JSON
    kms_master_key: str | None  # the ARN of the KMS key that encrypts what is published; None: whatever it has
    emails: frozenset[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "policy", same_spelling(self.policy))
        object.__setattr__(self, "emails", frozenset(mail.lower() for mail in self.emails))

    def summary(self) -> str:
        """Says who is notified."""
        return f"e-mail to {', '.join(sorted(self.emails)) or 'no one'}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        actions = (
            "CreateTopic DeleteTopic GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource "
            "SetTopicAttributes Subscribe TagResource Unsubscribe"
        )
        yield Statement("AnyTopic", ("sns:ListTagsForResource",), (scope.topic,))  # also of one no longer asked for
        if uses.topic == scope.topic:
            # A subscription's ARN extends the topic's; according to the reference, Unsubscribe applies to the topic.
            yield Statement("Topic", of("sns", actions), (scope.topic, f"{scope.topic}:*"))

    def observe(self, aws: Aws, me: Label) -> Observed[Topic, TopicIds] | None:
        """Read by its name, which is the end of its ARN."""
        arn = _arn(self.name, me)
        answer = none_if_gone(lambda: aws.read(aws.sns.get_topic_attributes, TopicArn=arn))
        if answer is None:
            return None
        mails = _mails(aws, arn)
        waiting = {mail for mail, its in mails.items() if its == PENDING}
        actual = Topic(
            name=answer["Attributes"]["TopicArn"].rpartition(":")[2],
            policy=answer["Attributes"]["Policy"],
            kms_master_key=answer["Attributes"].get("KmsMasterKeyId", ""),
            emails=frozenset(mails) - (waiting - self.emails),  # an unconfirmed subscription cannot be unsubscribed
        )
        note = f"not confirmed yet, by the link in AWS's e-mail: {', '.join(sorted(waiting))}" if waiting else ""
        return Observed(TopicIds(arn), actual, _tags(aws, arn), note=note)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[TopicIds]]:
        """Found by its name, which is the app's."""
        arn = _arn(Names.of(me).topic, me)
        answer = none_if_gone(lambda: aws.read(aws.sns.list_tags_for_resource, ResourceArn=arn))
        if answer is not None:
            yield Found(TopicIds(arn), flat(answer["Tags"]))

    def create(self, aws: Aws, me: Label) -> TopicIds:
        """The name prevents duplicates: a topic with other tags is refused (SNS API, CreateTopic)."""
        settings = {
            "Policy": whole(self.policy),
            **({"KmsMasterKeyId": self.kms_master_key} if self.kms_master_key else {}),
        }
        answer = aws.sns.create_topic(Name=self.name, Attributes=settings, Tags=me.upper())
        return TopicIds(TopicArn(answer["TopicArn"]))

    def update(self, aws: Aws, me: Label, ids: TopicIds, changed: frozenset[str]) -> None:
        """Each subscription has a call of its own."""
        if "policy" in changed:
            aws.sns.set_topic_attributes(TopicArn=ids.arn, AttributeName="Policy", AttributeValue=whole(self.policy))
        if "kms_master_key" in changed:
            aws.sns.set_topic_attributes(
                TopicArn=ids.arn, AttributeName="KmsMasterKeyId", AttributeValue=self.kms_master_key or ""
            )
        if "emails" in changed:
            with aws.uncached():
                mails = _mails(aws, ids.arn)
            for mail in sorted(self.emails - mails.keys()):
                aws.sns.subscribe(TopicArn=ids.arn, Protocol="email", Endpoint=mail)
            for mail in sorted(mails.keys() - self.emails):
                if mails[mail] != PENDING:
                    aws.sns.unsubscribe(SubscriptionArn=mails[mail])
        if "tags" in changed:
            aws.sns.tag_resource(ResourceArn=ids.arn, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: TopicIds) -> None:
        """Its subscriptions go with it."""
        aws.sns.delete_topic(TopicArn=ids.arn)


def _arn(name: str, me: Label) -> TopicArn:
    return TopicArn(f"arn:{me.partition}:sns:{me.region}:{me.account}:{name}")


def _mails(aws: Aws, arn: TopicArn) -> dict[str, str]:
    """The ARNs of the e-mail subscriptions, by address."""
    found = aws.read(aws.sns.list_subscriptions_by_topic, TopicArn=arn)["Subscriptions"]
    return {one["Endpoint"].lower(): one["SubscriptionArn"] for one in found if one["Protocol"] == "email"}


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    answer: Any = aws.read(aws.sns.list_tags_for_resource, ResourceArn=arn)
    return flat(answer["Tags"])
