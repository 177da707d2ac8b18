"""Which pushes start a build: a branch, as the filter of CodeBuild's webhook."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_codebuild.type_defs import WebhookFilterTypeDef, WebhookTypeDef


def filters(branch: str) -> list[list[WebhookFilterTypeDef]]:
    """Pushes to exactly this branch. HEAD_REF is a regular expression: unanchored, `main` also matches `main-old`."""
    head = f"^refs/heads/{re.escape(branch)}$"
    return [[{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": head}]]


def branch(webhook: WebhookTypeDef | None) -> str:
    """The branch whose pushes start a build; empty without a working webhook.

    A filter in any form but ours is returned as JSON, which is no branch's name.
    """
    if webhook is None or webhook.get("status") == "CREATE_FAILED":
        return ""
    groups = webhook.get("filterGroups", [])
    head = next((one["pattern"] for group in groups for one in group if one["type"] == "HEAD_REF"), "")
    name = re.sub(r"\\(.)", r"\1", head.removeprefix("^refs/heads/").removesuffix("$"))
    return name if _plain(groups) == _plain(filters(name)) else json.dumps(groups)


def _plain(groups: list[list[WebhookFilterTypeDef]]) -> list[list[tuple[str, str, bool]]]:
    """The groups without their order: a push must match all filters of any one group."""
    return sorted(
        sorted((one["type"], one["pattern"], one.get("excludeMatchedPattern", False)) for one in group)
        for group in groups
    )
