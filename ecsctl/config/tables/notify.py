"""The table [notify]: who is notified of failures, and of pending approvals."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.section import Problem, Section


class Notify(Section):
    """Who is notified of failed pipeline runs, pending approvals, and failed deployments of the service.

    Without this table no one is.
    """

    email: tuple[texts.Email, ...] = Field(
        (),
        strict=False,
        description="E-mail addresses. AWS asks each once, by e-mail, to confirm it; `ecsctl status` names those that "
        "have not.",
        examples=[["ops@example.com"]],
    )
    topic: texts.TopicArn | None = Field(
        None,
        description="Instead of addresses: the ARN of an SNS topic of your own, in the app's account and region. Its "
        "policy must let EventBridge (events.amazonaws.com) publish. ecsctl never changes it.",
        examples=["arn:aws:sns:eu-central-1:123456789012:alerts"],
    )

    webhook: texts.WebhookSecret | None = Field(
        None,
        description='The name or ARN of a secret that holds a URL, perhaps with ":key", to which {"text": "…"} is '
        "posted: a chat's incoming webhook. The URL itself is never written or shown.",
        examples=["webhook"],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: no one to notify, both ways at once, and addresses that are listed twice."""
        if not self.email and not self.topic and not self.webhook:
            yield "email", "is missing: expected addresses, or topic or webhook instead"
        if self.email and self.topic:
            yield "topic", "cannot be used with email: ecsctl does not change who subscribes to your own topic"
        first: set[str] = set()
        for number, address in enumerate(self.email):
            if address.lower() in first:
                yield ("email", number), "is listed more than once: expected each address once"
            first.add(address.lower())
