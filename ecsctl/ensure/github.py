"""How AWS gets at the repository on GitHub: by a token for the whole account, or by a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ids import ConnectionArn, CredentialsArn, RoleName
from ecsctl.resources.connection import BorrowedConnection
from ecsctl.resources.source_credentials import SourceCredentials

if TYPE_CHECKING:
    from ecsctl.account import Facts
    from ecsctl.config.delivery import Github


@dataclass(frozen=True)
class Access:
    """One of the two is there: the account's credentials, or the connection."""

    credentials: CredentialsArn | None = None
    connection: ConnectionArn | None = None


def ensure_github(stack: Stack, github: Github, facts: Facts, build_role: RoleName) -> Access:
    """The connection that ecsctl.toml names, or the token of the secret as CodeBuild's credentials.

    `build_role` bears the mark that the credentials are ours: they cannot carry tags.
    """
    if github.connection_arn:
        connection = stack.ensure("connection", BorrowedConnection(github.connection_arn))
        return Access(connection=connection.arn)
    assert facts.token is not None  # noqa: S101 - looked up with the facts whenever there is no connection
    credentials = stack.ensure("github-credentials", SourceCredentials(facts.token, build_role))
    return Access(credentials=credentials.arn)
