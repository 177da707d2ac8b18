"""The words that sentences are put together from."""

from __future__ import annotations

import pytest

from ecsctl.engine.wording import a
from ecsctl.resources import kinds

ARTICLES = {
    "alarm of the queue": "an",
    "CodeBuild's GitHub credentials": "",
    "DNS record": "a",
    "ECR repository": "an",
    "ECR signing rule": "an",
    "ECS cluster": "an",
    "ECS service": "an",
    "IAM role": "an",
    "NAT gateway": "a",
    "EventBridge rule": "an",
    "EventBridge rule that starts a build": "an",
    "CloudWatch alarm": "a",
    "SNS topic": "an",
    "VPC": "a",
    "access log bucket": "an",
    "artifact bucket": "an",
    "access point": "an",
    "autoscaling": "",
    "elastic IP address": "an",
    "internet gateway": "an",
    "issued certificate": "an",
    "mount targets": "",
}  # any other title begins with a consonant


@pytest.mark.parametrize("title", sorted({kind.title for kind in kinds()}))
def test_each_kind_has_its_article(title: str) -> None:
    article = ARTICLES.get(title, "a")
    assert title in ARTICLES or title[0].lower() not in "aeiou"
    assert a(title) == f"{article} {title}".strip()
