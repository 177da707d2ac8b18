"""`sandbox start --as-policy FILE`: the server allows callers no more than the policies in the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ecsctl.errors import UsageError
from ecsctl.operations.policy_file import read
from tests.commands.conftest import Ended


def test_the_printed_policies_let_the_app_be_planned_and_less_does_not(
    folder: Path, served: Callable[..., Ended]
) -> None:
    (folder / "ecsctl.toml").write_text('name = "hello"\n')
    printed = served("policy", "--account", "123456789012", "--region", "eu-central-1").out
    (folder / "all.json").write_text(printed)
    (folder / "network.json").write_text(json.dumps(json.loads(printed)["ecsctl-network"]))
    started = served("sandbox", "start", "--as-policy", "all.json")
    assert (started.code, "only what all.json allows" in started.err) == (0, True), started.err
    planned = served("plan", "--sandbox")
    assert planned.code == 0, planned.err
    assert served("sandbox", "start", "--as-policy", "network.json").code == 0
    denied = served("plan", "--sandbox")
    assert denied.code == 3
    assert "no policy of the caller allows it" in denied.err


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"Statement": 1}', '{"a": {"Statement": [{"Effect": "Allow"}]}}',
     '{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}'],
)  # fmt: skip
def test_what_is_no_policy_is_refused_before_anything_starts(tmp_path: Path, content: str) -> None:
    (tmp_path / "policy.json").write_text(content)
    with pytest.raises(UsageError) as error:
        read(tmp_path / "policy.json")
    assert error.value.exit_code == 2
    assert "policy.json" in error.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "nothing.json")
