"""What a policy above a role's own denies is not mended by `ecsctl up`: whoever has set it is named instead."""

from __future__ import annotations

import pytest

from ecsctl.why.causes.cause import Cause
from ecsctl.why.causes.fixes import run, up
from ecsctl.why.causes.wording import RIGHTS
from ecsctl.why.evidence import Evidence
from ecsctl.why.ranking import Diagnosis

SCP = "a service control policy of the AWS organization denies ecr:PutImage to shop-eu-central-1-{}: it may fail"
WORDS = "AccessDeniedException: User: x is not authorized to perform: ecr:PutImage with an explicit deny in a {} policy"


@pytest.mark.parametrize(
    ("note", "text", "sentences", "first"),
    [
        (RIGHTS, "", [SCP.format("execution")], "have it taken back"),
        ("makes the permissions of the build's role right", "", [SCP.format("build")], "have it taken back"),
        ("makes the permissions of the build's role right", WORDS.format("service control"), [], "an administrator of"),
        ("makes the permissions of the pipeline's role right", "", [SCP.format("build")], "ecsctl up"),
        ("makes the role and its trust right", "", [SCP.format("build")], "ecsctl up"),
    ],
)
def test_who_has_denied_it_is_named(note: str, text: str, sentences: list[str], first: str) -> None:
    cause = Cause("denied", "a role may not", (Evidence("task", text),), (up(note), run("ecsctl logs")))
    (found,) = Diagnosis((cause,), (), ()).with_denials(sentences).causes
    assert str(found.fix[0]).startswith(first)
    assert found.fix[1:] == cause.fix[1:]
    assert [one.text for one in found.evidence[1:]] == (sentences if first.startswith("have") else [])
