"""Moving from the GitHub token to a CodeConnections connection: whether it may be used, and waiting for its
handshake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from ecsctl.aws.asking import asking
from ecsctl.config.tables.texts import ConnectionArn
from ecsctl.errors import Refused, TimedOut, UsageError
from ecsctl.resources.connection import page
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from types_boto3_codeconnections.type_defs import ConnectionTypeDef

    from ecsctl.account.identity import Identity
    from ecsctl.aws.clients import Aws

LIMIT = 1800.0  # seconds; a person has to click
PROVIDER = "GitHub"


@asking("reading the connection")
def usable(
    aws: Aws, identity: Identity, arn: str, *, say: Callable[[str], None], wait: bool = True, limit: float = LIMIT
) -> None:
    """Return once the connection can be used for a repository on GitHub. Changes nothing. `limit` is in seconds.

    `say` is called, before a wait begins, with what a person must do. Raises UsageError for anything but a connection's
    ARN, Refused for one of another account, region or provider, or that does not exist, and TimedOut, with the link, if
    its handshake is not completed.
    """
    try:
        TypeAdapter(ConnectionArn).validate_python(arn)
    except ValidationError:
        hint = "arn:aws:codeconnections:REGION:ACCOUNT:connection/ID"
        raise UsageError("this is not a connection's ARN", why=arn, hint=hint) from None
    partition, _, region, account = arn.split(":")[1:5]
    link = page(identity.region)
    another = f"make one at {link}"
    for what, ours, theirs in (
        ("partition", identity.partition, partition),
        ("account", identity.account, account),
        ("region", identity.region, region),
    ):
        if ours != theirs:
            raise Refused(f"the connection is of {what} {theirs}, this is {ours}", hint=another)
    found = _read(aws, identity, arn)
    if found.get("ProviderType") != PROVIDER:
        provider = found.get("ProviderType", "?")
        raise Refused(f"the connection {found.get('ConnectionName')} leads to {provider}, not to GitHub", hint=another)

    def complete() -> bool | None:
        with aws.uncached():
            status = _read(aws, identity, arn).get("ConnectionStatus", "")
        if status == "ERROR":
            raise Refused("the connection is in status ERROR", hint=f"check it at {link}")
        return True if status == "AVAILABLE" else None

    if complete():
        return
    todo = f"complete the handshake at {link}, then run the same command again"
    if not wait:
        raise TimedOut("the connection is still PENDING", why="a person must complete it in the console", hint=todo)
    say(f"the connection is PENDING: complete its handshake with GitHub at {link}")
    try:
        aws.patience.until(complete, what="the handshake with GitHub", limit=limit)
    except TimedOut as error:
        raise TimedOut(error.message, why="the connection is still PENDING", hint=todo) from None


def _read(aws: Aws, identity: Identity, arn: str) -> ConnectionTypeDef:
    answer = none_if_gone(lambda: aws.read(aws.codeconnections.get_connection, ConnectionArn=arn))
    if answer is None:
        raise Refused(f"there is no connection {arn}", hint=f"make one at {page(identity.region)}")
    return answer["Connection"]
