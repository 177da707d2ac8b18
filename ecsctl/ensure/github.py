"""AWS's access to the repository on GitHub: with a token for the whole account, or through a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ids import ConnectionArn, CredentialsArn, RoleName
from ecsctl.parts import GITHUB_CREDENTIALS
from ecsctl.resources.connection import BorrowedConnection
from ecsctl.resources.source_credentials import SourceCredentials

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config.tables.delivery import Github


@dataclass(frozen=True)
class Access:
    """One of the three exists: the account's credentials, the connection, or the secret that CodeBuild reads."""

    credentials: CredentialsArn | None = None
    connection: ConnectionArn | None = None
    secret: str = ""


def ensure_github(stack: Stack, github: Github, facts: Facts, build_role: RoleName) -> Access:
    """The connection that ecsctl.toml names, or the secret with the token, if CodeBuild can read it directly.

    A bare token is imported as CodeBuild's credentials, of which an account has only one set. `build_role` has the tag
    that says the credentials are ours: they cannot carry tags.
    """
    if github.connection_arn:
        connection = stack.ensure("connection", BorrowedConnection(arn=github.connection_arn))
        return Access(connection=connection.arn)
    assert facts.token is not None  # noqa: S101 - read with the facts whenever there is no connection
    if facts.token_readable:
        return Access(secret=facts.token_arn)
    credentials = stack.ensure(GITHUB_CREDENTIALS, SourceCredentials(token=facts.token, role=build_role))
    return Access(credentials=credentials.arn)
