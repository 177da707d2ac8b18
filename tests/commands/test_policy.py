"""`ecsctl policy`: the permissions, printed without asking AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import Ended


def test_the_policies_are_printed_for_this_app(folder: Path, run: Callable[..., Ended]) -> None:
    ended = run("policy", "--account", "123456789012", "--region", "eu-central-1")
    assert ended.code == 0, ended.err
    policies = json.loads(ended.out)
    assert set(policies) == {"ecsctl-network", "ecsctl-service", "ecsctl-delivery", "ecsctl-checks"}
    assert "arn:aws:ecs:eu-central-1:123456789012:service/hello/" in ended.out
    assert "secret:github/token-??????" in ended.out


def test_policy_without_an_account_names_the_missing_option(folder: Path, run: Callable[..., Ended]) -> None:
    ended = run("policy")
    assert ended.code == 2
    assert "--account" in ended.err


def test_account_and_region_are_those_of_the_last_run(
    folder: Path, run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):  # they come before the last run's
        monkeypatch.delenv(name, raising=False)
    (folder / ".ecsctl").mkdir()
    (folder / ".ecsctl/state.json").write_text('{"app": "hello", "account": "210987654321", "region": "eu-north-1"}')
    ended = run("policy")
    assert ended.code == 0, ended.err
    assert "arn:aws:ecs:eu-north-1:210987654321:service/hello/" in ended.out
    assert "account 210987654321: from the state file" in ended.err
    assert "210987654321" not in run("policy", "--account", "123456789012").out
