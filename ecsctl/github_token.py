"""A secret with the GitHub token: the bare token, one key of a JSON, or the form that CodeBuild reads directly."""

from __future__ import annotations

import json
import re
from typing import Any

TYPE = {"ServerType": "GITHUB", "AuthType": "PERSONAL_ACCESS_TOKEN"}
"""CodeBuild guide, "Create and store a token in a Secrets Manager secret": these two, and the Token."""

# What CodePipeline and CodeBuild say when GitHub does not accept the token that they hold (CodePipeline user guide,
# "Troubleshooting CodePipeline"; CodeBuild user guide, "Troubleshooting AWS CodeBuild"; for the first
# 0x4447/0x4447_product_s3_email#22).
TOKEN_REFUSED = re.compile(
    r"Bad credentials|access token might be invalid|has been revoked|Could not access the GitHub|"
    r"authentication required for primary source"
)
TOKEN_HINT = "ecsctl creds rotate asks for a new token, and brings it to every place that uses it"  # noqa: S105 - a sentence


def body_of(text: str) -> dict[str, Any] | None:
    """The JSON in a secret; None for a plain text."""
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def is_readable_by_codebuild(text: str) -> bool:
    """Whether CodeBuild can read this secret directly, so that a project does not need the account's credentials."""
    body = body_of(text) or {}
    return TYPE.items() <= body.items() and isinstance(body.get("Token"), str)


def with_token(text: str, token: str) -> str:
    """The secret with another token: one in CodeBuild's form, or a new one, stays in that form; any other is the bare
    token.
    """
    if text and not is_readable_by_codebuild(text):
        return token
    return json.dumps({**TYPE, **(body_of(text) or {}), "Token": token})
