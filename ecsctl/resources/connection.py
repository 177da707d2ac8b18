"""An existing connection to GitHub, which is only used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Found, Observed, Resource
from ecsctl.ids import ConnectionArn
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.rights import connects

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class ConnectionIds:
    """A connection's id."""

    arn: ConnectionArn


@dataclass(frozen=True, kw_only=True)
class BorrowedConnection(Resource[ConnectionIds]):
    """An existing CodeConnections connection. Only a person can complete its handshake with GitHub, in the console."""

    kind = "connection"
    title = "connection to GitHub"
    arns = "codestar-connections codeconnections"
    borrowed = True
    limit_seconds = 1800.0  # a person has to click
    console = "{console}/codesuite/settings/connections?region={region}"

    arn: str  # of either prefix: codeconnections, or codestar-connections as it was called until 2024

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read it."""
        if uses.connection:
            yield connects("Connection", ("GetConnection",), uses.connection)
        else:  # to read the one that is to replace the token
            yield connects("Connections", ("GetConnection",), scope.arn("codeconnections", "connection/*"))

    def observe(self, aws: Aws, me: Label) -> Observed[BorrowedConnection, ConnectionIds] | None:
        """Read by its ARN. It is ready once a person has completed the handshake."""
        answer = none_if_gone(lambda: aws.read(aws.codeconnections.get_connection, ConnectionArn=self.arn))
        if answer is None:
            return None
        status = answer["Connection"].get("ConnectionStatus", "")
        link, provider = page(me.region), answer["Connection"].get("ProviderType", "GitHub")
        failed = f"the connection is in status ERROR: check it at {link}" if status == "ERROR" else ""
        if provider != "GitHub":
            failed = f"{self.arn} leads to {provider}, and github.repository is on GitHub"
        return Observed(
            ConnectionIds(ConnectionArn(self.arn)),
            BorrowedConnection(arn=self.arn),
            ready=status == "AVAILABLE",
            failed=failed,
            hint=f"make a connection to GitHub at {link}, and name it in github.connection_arn" if failed else "",
            note=f"complete the handshake with GitHub at {link}" if status == "PENDING" else "",
        )

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ConnectionIds]]:
        """None: it never carries our tags."""
        yield from ()


def page(region: str) -> str:
    """The page of the console where a person completes a connection's handshake with GitHub."""
    return f"https://{region}.console.aws.amazon.com/codesuite/settings/connections?region={region}"
