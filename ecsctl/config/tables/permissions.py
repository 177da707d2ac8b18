"""A statement of [[service.permissions]]: what the app may do on AWS, on what, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.section import Problem, Section

PLACES = ("account", "region", "app", "partition")
HOLE = re.compile(r"(?<!\$)\{([^{}]*)\}")  # `${aws:username}` is IAM's own and stays


def filled(text: str, places: dict[str, str]) -> str:
    """The text with `{account}`, `{region}`, `{app}` and `{partition}` filled in."""
    return HOLE.sub(lambda hole: places.get(hole[1], hole[0]), text)


class Permission(Section):
    """What the app may do."""

    actions: tuple[texts.IamAction, ...] = Field(
        strict=False, description="What it may do.", examples=[["s3:GetObject", "s3:PutObject"]]
    )
    resources: tuple[texts.IamResource, ...] = Field(
        strict=False,
        description="On what: ARNs, in which {account}, {region}, {app} and {partition} are filled in; or *.",
        examples=[["arn:aws:s3:::{app}-uploads/*"]],
    )
    conditions: dict[str, dict[str, str | Annotated[tuple[str, ...], Field(strict=False)]]] = Field(
        default_factory=dict,
        description="And when: tests by operator and key, as IAM has them.",
        examples=[{"StringEquals": {"aws:ResourceTag/team": "web"}}],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: everything at once, and placeholders that cannot be filled in."""
        for key in ("actions", "resources"):
            if not getattr(self, key):
                yield key, "is empty: expected at least one"
        if {"*", "*:*"} & {*self.actions}:
            yield "actions", "has every action of AWS: expected the actions that the app needs"
        for name in dict.fromkeys(name for resource in self.resources for name in HOLE.findall(resource)):
            if name not in PLACES:
                yield "resources", f"has {{{name}}}, and only {', '.join(f'{{{one}}}' for one in PLACES)} are filled in"
