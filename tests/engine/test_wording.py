"""The words that sentences are put together from."""

from __future__ import annotations

import pytest

from ecsctl.engine.wording import a
from ecsctl.resources import kinds

ODD = {"CodeBuild's GitHub credentials": "", "NAT gateway": "a", "autoscaling": "", "mount targets": ""}
"""Those that neither their first letter gives, nor the name of it where that is spelled: an ECS service."""


@pytest.mark.parametrize("title", sorted({kind.title for kind in kinds()}))
def test_each_kind_has_its_article(title: str) -> None:
    spelled = title[:2].isupper() and title[0] in "FHLMNRSX"
    article = ODD.get(title, "an" if spelled or title[0].lower() in "aeiou" else "a")
    assert a(title) == f"{article} {title}".strip()
