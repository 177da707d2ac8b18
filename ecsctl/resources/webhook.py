"""A URL that EventBridge posts events about the app to: a secret, since whoever knows it can post there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from ecsctl.engine.label import APP, ID, RESOURCE, Label
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.engine.secret import Secret
from ecsctl.ids import ApiDestinationArn, RoleName
from ecsctl.names import Names
from ecsctl.resources.support import our_roles
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import WEBHOOK, anywhere, apart, linked, of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

MARKS = (APP, ID, RESOURCE)
HEADER = "X-Ecsctl-App"  # a connection must send something: this says who posts


@dataclass(frozen=True)
class WebhookIds:
    """A webhook's ids. Without a destination yet the ARN is empty."""

    arn: ApiDestinationArn
    name: str


@dataclass(frozen=True, kw_only=True)
class Webhook(Resource[WebhookIds]):
    """An API destination of EventBridge and the connection that it needs, both with the same name, by which they are
    found.

    Neither has tags (EventBridge API reference, TagResource): the connection's description says whose they are.
    """

    kind = "webhook"
    title = "webhook"
    known_by = "IAM role"
    tagged = False
    console = "{console}/events/home?region={region}#/apidestinations"

    name: Fixed[str]
    invocation_endpoint: Secret
    role: Order[RoleName]  # outlives it, and so shows that there may be one

    def summary(self) -> str:
        """Says that the URL is kept secret."""
        return "posts to a URL that is kept secret"

    def keeping(self, actual: Webhook) -> Webhook:
        """This resource, but with the URL on AWS, if ours could not be read."""
        return Webhook(
            name=self.name,
            invocation_endpoint=self.invocation_endpoint.known_by(actual.invocation_endpoint),
            role=self.role,
        )

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        if not uses.webhook:
            return
        name = scope.names.webhook
        # By name before they exist; AWS's id follows it afterwards.
        both = tuple(scope.arn("events", f"{what}/{name}*") for what in ("api-destination", "connection"))
        actions = (
            "CreateApiDestination CreateConnection DeleteApiDestination DeleteConnection DescribeApiDestination "
            "DescribeConnection UpdateApiDestination"
        )
        yield from apart(WEBHOOK, Statement("Webhook", of("events", actions), both))
        # EventBridge keeps what a connection sends in a secret of its own, with the permissions of whoever creates it
        # (AWS managed policy reference, AmazonEventBridgeFullAccess).
        secret = scope.arn("secretsmanager", f"secret:events!connection/{name}/*")
        changes = "CreateSecret DeleteSecret GetSecretValue PutSecretValue"
        linking = replace(linked(scope, "apidestinations.events"), sid="WebhookLinked")
        yield from apart(WEBHOOK, Statement("WebhookSecret", of("secretsmanager", changes), (secret,)), linking)
        yield anywhere("iam", "ListRoles")

    def observe(self, aws: Aws, me: Label) -> Observed[Webhook, WebhookIds] | None:
        """Read by its name. One with another target, or another connection, does not have our URL."""
        connection = _connection(aws, self.name)
        if connection is None:
            return None
        destination = _destination(aws, self.name)
        leads = destination.get("ConnectionArn") == connection["ConnectionArn"] and destination["HttpMethod"] == "POST"
        url = Secret.of(destination["InvocationEndpoint"]) if leads else Secret("")
        state = connection["ConnectionState"]
        return Observed(_ids(self.name, destination), Webhook(name=self.name, invocation_endpoint=url, role=self.role),
                        _tags(connection), state in ("AUTHORIZED", "ACTIVE"),
                        note="" if state in ("AUTHORIZED", "ACTIVE") else state)  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[WebhookIds]]:
        """Found by the app's name, if the role that calls it exists."""
        names = Names.of(me)
        if all(one["RoleName"] != names.role("notify") for one in our_roles.listed(aws)):
            return
        yield from _found(aws, names.webhook)

    @classmethod
    def find_recorded(cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]) -> Iterator[Found[WebhookIds]]:
        """Found by the recorded names, whether or not that role exists."""
        for ids in recorded:
            yield from _found(aws, ids["name"])

    def create(self, aws: Aws, me: Label) -> WebhookIds:
        """The connection; the name prevents duplicates. It has no target yet."""
        aws.events.create_connection(
            Name=self.name,
            Description=" ".join(f"{key}={quote(me.tags[key])}" for key in MARKS),
            AuthorizationType="API_KEY",
            AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": HEADER, "ApiKeyValue": me.app}},
        )
        return _ids(self.name, {})

    def update(self, aws: Aws, me: Label, ids: WebhookIds, changed: frozenset[str]) -> None:
        """Point it to the URL."""
        with aws.uncached():
            connection = _connection(aws, self.name) or {}
            destination = _destination(aws, self.name)
        put = aws.events.update_api_destination if destination else aws.events.create_api_destination
        put(Name=self.name, ConnectionArn=connection["ConnectionArn"], HttpMethod="POST",
            InvocationEndpoint=self.invocation_endpoint.reveal())  # fmt: skip

    @classmethod
    def delete(cls, aws: Aws, ids: WebhookIds) -> None:
        """The destination first: without it nothing is posted. EventBridge deletes the connection's secret."""
        none_if_gone(lambda: aws.events.delete_api_destination(Name=ids.name))
        aws.events.delete_connection(Name=ids.name)


def _found(aws: Aws, name: str) -> Iterator[Found[WebhookIds]]:
    if connection := _connection(aws, name):
        yield Found(_ids(name, _destination(aws, name)), _tags(connection))


def _connection(aws: Aws, name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = none_if_gone(lambda: aws.read(aws.events.describe_connection, Name=name))
    return found if found and found["ConnectionState"] != "DELETING" else None


def _destination(aws: Aws, name: str) -> dict[str, Any]:
    return none_if_gone(lambda: aws.read(aws.events.describe_api_destination, Name=name)) or {}


def _tags(connection: dict[str, Any]) -> dict[str, str]:
    words = (word.partition("=") for word in connection.get("Description", "").split(" "))
    return {key: unquote(value) for key, _, value in words if key in MARKS}


def _ids(name: str, destination: dict[str, Any]) -> WebhookIds:
    return WebhookIds(ApiDestinationArn(destination.get("ApiDestinationArn", "")), name)
