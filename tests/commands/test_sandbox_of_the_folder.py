"""A sandbox of this folder is named to whoever forgets it, and a state file does not outlive its account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ecsctl.commands.options import Common
from ecsctl.engine.state import State
from tests.commands.conftest import Ended

Run = Callable[..., Ended]


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def recorded(folder: Path, account: str) -> Path:
    path = folder / ".ecsctl" / "state.json"
    State.load(path, app="hello", account=account, region="eu-central-1", say=print).begin("vpc", "vpc", "create")
    return path


@pytest.mark.usefixtures("no_credentials", "quick")
def test_without_credentials_the_sandbox_that_runs_here_is_named(served: Run) -> None:
    for words in (["status"], ["up", "--yes"], ["pipeline", "status"], ["exec", "--", "ls"]):
        assert "add --sandbox to work in the sandbox of this folder, which runs; on AWS: " in served(*words).said
    assert Common(has_sandbox=True).has_unused_sandbox()
    assert not Common().has_unused_sandbox()  # of a command without that option
    assert served("sandbox", "stop").code == 0
    assert "--sandbox" not in served("status").said


def test_a_sandbox_that_begins_again_has_no_state_file_of_the_account_before(folder: Path, served: Run) -> None:
    state_file = recorded(folder, "210987654321")
    assert served("sandbox", "start").code == 0
    assert state_file.exists()  # it is about AWS
    state_file.unlink()

    recorded(folder, "123456789012")
    assert served("sandbox", "start").code == 0  # it runs already
    assert state_file.exists()
    assert served("sandbox", "reset").code == 0
    assert not state_file.exists()

    recorded(folder, "123456789012")
    served("sandbox", "stop")
    assert served("plan", "--sandbox", "--detailed-exitcode").code == 2
    assert not state_file.exists()
