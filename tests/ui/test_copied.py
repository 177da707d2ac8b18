"""What a person copies from a sandbox run stays in the sandbox."""

import pytest

from ecsctl.ui import copied

SAID = [
    ("ecsctl down", "ecsctl down --sandbox"),
    ("then: ecsctl deploy", "then: ecsctl deploy --sandbox"),
    ("ecsctl deploy --image URI   (one that exists)", "ecsctl deploy --sandbox --image URI   (one that exists)"),
    ("ecsctl down --yes, then ecsctl up", "ecsctl down --sandbox --yes, then ecsctl up --sandbox"),
    ("ecsctl creds rotate --stored", "ecsctl creds rotate --sandbox --stored"),
    ("ecsctl pipeline run", "ecsctl pipeline run --sandbox"),
    ("ecsctl history diff 3 4", "ecsctl history diff --sandbox 3 4"),
]
AS_IT_IS = ["ecsctl up --sandbox", "ecsctl sandbox start", "ecsctl init", "ecsctl config check", "ecsctl uploads", ""]


@pytest.mark.parametrize(("said", "typed"), [*SAID, *((text, text) for text in AS_IT_IS)])
def test_in_the_sandbox_a_command_says_so(monkeypatch: pytest.MonkeyPatch, said: str, typed: str) -> None:
    monkeypatch.setattr(copied, "sandbox", True)

    assert copied.copied(said) == typed


@pytest.mark.parametrize("said", [said for said, _ in SAID])
def test_on_aws_a_command_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(copied, "sandbox", False)

    assert copied.copied(said) == said
