"""The GitHub token: a secret of the user's, from Secrets Manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecsctl.account import in_use
from ecsctl.aws.codes import DENIED, code
from ecsctl.aws.explaining import explained
from ecsctl.engine.secret import Secret
from ecsctl.errors import ConfigError
from ecsctl.github_token import body_of, is_readable_by_codebuild

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws


def facts_of(aws: Aws, secret: str, project: str) -> dict[str, Any]:
    """The token's facts. A running app does not need its secret: if it cannot be read, they stay as they are.

    Raises what `read_token` does if nothing exists yet.
    """
    try:
        token, arn, readable = read_token(aws, secret)
    except Exception as error:
        standing = in_use.token(aws, project) if isinstance(error, ConfigError) or code(error) in DENIED else None
        if standing is None:
            raise
        auth, reference = standing
        readable = auth.type == "SECRETS_MANAGER"
        arn = str(auth.resource) if readable else split_secret(reference)[0]
        token = Secret("", unread=explained(error, f"reading the secret {secret}").message)
    else:
        key = split_secret(secret)[1] or ("Token" if readable else "")
        reference = f"{arn}:{key}" if key else arn
    return {"token": token, "token_arn": arn, "token_reference": reference, "token_readable": readable}


def reporting(aws: Aws, secret: str, project: str) -> tuple[str, str]:
    """The ARN and reference of the secret, in a build, with the token that notifies GitHub of releases."""
    found = facts_of(aws, secret, project)
    return found["token_arn"], found["token_reference"]


def read_token(aws: Aws, secret: str) -> tuple[Secret, str, bool]:
    """The GitHub token from Secrets Manager, the secret's full ARN, and whether CodeBuild can read it directly.

    `secret` is a name or ARN, perhaps `:key`. Raises ConfigError when it does not exist, is scheduled for deletion, or
    has no such key.
    """
    name, key = split_secret(secret)
    hint = f"aws secretsmanager create-secret --name {name} --secret-string file://FILE, or fix github.token_secret"
    try:
        described = aws.read(aws.secretsmanager.describe_secret, SecretId=name)
        if described.get("DeletedDate"):
            raise ConfigError(f"the secret {name} is scheduled for deletion", hint="aws secretsmanager restore-secret")
        value = aws.read(aws.secretsmanager.get_secret_value, SecretId=name).get("SecretString", "")
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            raise ConfigError(f"there is no secret {name} with the GitHub token", hint=hint) from None
        raise
    readable = key in ("", "Token") and is_readable_by_codebuild(value)
    if key or readable:
        key = key or "Token"
        try:
            value = json.loads(value)[key]
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f"the secret {name} has no key {key}", hint='write it as JSON: {"key": "…"}') from None
    elif keys := body_of(value):
        raise ConfigError(
            f"the secret {name} is JSON, and github.token_secret does not say which key holds the token",
            why=f"its keys: {', '.join(sorted(keys))}",
            hint=f'github.token_secret = "{secret}:KEY"; or give it the keys ServerType, AuthType and Token, which '
            "CodeBuild reads by itself",
        )
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"the secret {name} is empty", hint=hint)
    # Only a customer managed key is named (Secrets Manager API, DescribeSecret): the build's role may not use it.
    return Secret.of(value.strip()), described["ARN"], readable and not described.get("KmsKeyId")


def split_secret(secret: str) -> tuple[str, str]:
    """A secret's name or ARN, and the JSON key after it, if any."""
    parts = secret.split(":")
    length = 7 if secret.startswith("arn:") else 1
    return ":".join(parts[:length]), ":".join(parts[length:])
