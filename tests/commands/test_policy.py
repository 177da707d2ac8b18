"""`ecsctl policy`: the permissions, printed without asking AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.commands.conftest import Ended


def test_the_policies_are_printed_for_this_app(folder: Path, run: Callable[..., Ended]) -> None:
    ended = run("policy", "--account", "123456789012", "--region", "eu-central-1")
    assert ended.code == 0, ended.err
    policies = json.loads(ended.out)
    assert set(policies) == {"ecsctl-network", "ecsctl-service", "ecsctl-delivery"}
    assert "arn:aws:ecs:eu-central-1:123456789012:service/hello/" in ended.out
    assert "secret:github/token-??????" in ended.out


def test_without_an_account_it_says_what_is_missing(folder: Path, run: Callable[..., Ended]) -> None:
    ended = run("policy")
    assert ended.code == 2
    assert "--account" in ended.err
