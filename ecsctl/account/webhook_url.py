"""The URL that notifications are posted to: a secret, from Secrets Manager."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl import own_secrets
from ecsctl.aws.codes import DENIED, code
from ecsctl.engine.label import flat
from ecsctl.engine.secret import Secret
from ecsctl.github_token import body_of
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

HTTPS = re.compile(r"https://(%[0-9A-Fa-f]{2}|[-()_.!~';/?:@&=+$,A-Za-z0-9]){1,2040}")
"""EventBridge API reference, CreateApiDestination, without the `*` that stands for a part of the path there."""


def read(aws: Aws, app: str, source: str) -> Secret:
    """The URL, by a secret's name or ARN, perhaps with `:key`; or why it cannot be read, which is raised when it is
    used.

    For a simple name, one of the app's own secrets is tried first.
    """
    name, _, key = source.partition(":") if not source.startswith("arn:") else _parts(source)
    try:
        for known in _names(app, name):
            described = none_if_gone(lambda known=known: aws.read(aws.secretsmanager.describe_secret, SecretId=known))  # type: ignore[misc]  # mypy cannot type a lambda's default
            if described is None or (known != name and not own_secrets.is_ours(app, flat(described.get("Tags")))):
                continue
            if described.get("DeletedDate"):
                return _unread(f"the secret {known} is scheduled for deletion")
            answer = aws.read(aws.secretsmanager.get_secret_value, SecretId=known)
            return _url(answer.get("SecretString", ""), key, known)
    except ClientError as error:
        if code(error) in DENIED:
            return _unread(f"the secret {name} of notify.webhook may not be read")
        raise
    return _unread(f"there is no secret {name} (notify.webhook): ecsctl secret set NAME creates one")


def _names(app: str, name: str) -> tuple[str, ...]:
    return (own_secrets.full(app, name), name) if own_secrets.NAME.fullmatch(name) else (name,)


def _parts(arn: str) -> tuple[str, str, str]:
    parts = arn.split(":")
    return ":".join(parts[:7]), ":", ":".join(parts[7:])


def _url(text: str, key: str, name: str) -> Secret:
    if key:
        value = (body_of(text) or {}).get(key)
        if not isinstance(value, str):
            return _unread(f"the secret {name} has no key {key}")
        text = value
    if not HTTPS.fullmatch(text.strip()):
        what = "is JSON: expected :key after its name" if body_of(text) else "holds no URL that begins with https://"
        return _unread(f"the secret {name} {what}")
    return Secret.of(text.strip())


def _unread(why: str) -> Secret:
    return Secret("", unread=why)
