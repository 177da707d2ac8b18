"""`sandbox start --as-policy FILE`: the server allows callers no more than the policies in the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecsctl.engine.errors import UsageError
from ecsctl.operations.policy_file import read
from ecsctl.sandbox.server import process


def ecsctl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ecsctl", *words], cwd=folder, text=True, capture_output=True,
                          check=False, env={**os.environ, "NO_COLOR": "1"})  # fmt: skip


def test_the_printed_policies_let_the_app_be_planned_and_less_does_not(tmp_path: Path) -> None:
    (tmp_path / "ecsctl.toml").write_text('name = "hello"\n')
    printed = ecsctl(tmp_path, "policy", "--account", "123456789012", "--region", "eu-central-1").stdout
    (tmp_path / "all.json").write_text(printed)
    (tmp_path / "network.json").write_text(json.dumps(json.loads(printed)["ecsctl-network"]))
    try:
        started = ecsctl(tmp_path, "sandbox", "start", "--as-policy", "all.json")
        assert (started.returncode, "only what all.json allows" in started.stderr) == (0, True), started.stderr
        planned = ecsctl(tmp_path, "plan", "--sandbox")
        assert planned.returncode == 0, planned.stderr
        assert ecsctl(tmp_path, "sandbox", "start", "--as-policy", "network.json").returncode == 0
        denied = ecsctl(tmp_path, "plan", "--sandbox")
        assert denied.returncode == 3
        assert "no policy of the caller allows it" in denied.stderr
    finally:
        process.stop(tmp_path / ".ecsctl")


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
