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


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("ecsctl down --yes", "ecsctl down --profile 'the team' --region eu-west-1 --yes"),
        ("aws sso login", "aws sso login --profile 'the team'"),
        ("log in (aws sso login), then ecsctl up", "log in (aws sso login --profile 'the team'), then ecsctl up"
         " --profile 'the team' --region eu-west-1"),
        ("aws configure list-profiles", "aws configure list-profiles"),
    ],
)  # fmt: skip
def test_a_copied_command_ends_up_in_the_same_account_and_region(
    monkeypatch: pytest.MonkeyPatch, said: str, typed: str
) -> None:
    monkeypatch.setattr(copied, "sandbox", False)
    monkeypatch.setattr(copied, "profile", "the team")
    monkeypatch.setattr(copied, "region", "eu-west-1")

    assert copied.copied(said) == typed


@pytest.mark.parametrize("said", [said for said, _ in SAID])
def test_on_aws_a_command_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    for option, nothing in (("sandbox", False), ("profile", ""), ("region", "")):
        monkeypatch.setattr(copied, option, nothing)

    assert copied.copied(said) == said
