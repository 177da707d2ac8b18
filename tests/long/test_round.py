"""The newcomer's round, as real processes on the sandbox's server."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest

from ecsctl.sandbox.server import process as sandbox
from ecsctl.sandbox.snapshot.taking import differences
from tests.commands.conftest import ORDINARY, Ended


def account(folder: Path) -> dict[str, Any]:
    """Returns what the sandbox's account holds, without what AWS itself put there for good."""
    running = sandbox.status(folder / ".ecsctl")
    assert running is not None
    address, key = f"{running.url}/sandbox/snapshot?ids=true", {sandbox.KEY_HEADER: running.key}
    request = urllib.request.Request(address, headers=key)  # noqa: S310 - loopback
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback
        found: dict[str, Any] = json.load(answer)
    roles = [role for role in found["aws"].pop("roles", []) if "/aws-service-role/" not in role["Arn"]]
    return found | ({"roles": roles} if roles else {})


@pytest.mark.timeout(600)
def test_a_whole_life_from_up_to_down_leaves_nothing(folder: Path, process: Callable[..., Ended]) -> None:
    assert process("sandbox", "start").code == 0
    before = account(folder)

    up = process("up", "--sandbox")
    assert (up.code, up.out) == (0, "https://hello.ecsctl.example\n"), up.err
    assert "account 123456789012" in up.err
    assert up.err.rstrip().endswith("-m ecsctl status --sandbox"), "the next step, as this one was started"

    plan = process("plan", "--sandbox", "--detailed-exitcode")
    assert plan.code == 0, plan.err
    assert "nothing to change" in plan.out

    again = process("up", "--sandbox", "--debug")
    assert again.code == 0
    calls = [line.split()[2] for line in again.err.splitlines() if line.startswith("aws ")]
    assert calls
    assert [call for call in calls if not call.startswith(("describe_", "get_", "list_", "batch_get_", "head_"))] == []

    (folder / "ecsctl.toml").write_text(ORDINARY + '\n[service]\nhealth_path = "/ready"\n')
    changed = process("plan", "--sandbox", "--output", "json")
    steps = [step for step in json.loads(changed.out)["steps"] if step["verb"] != "keep"]
    assert [(step["name"], [change["field"] for change in step["changes"]]) for step in steps] == [
        ("target-group", ["health_check_path"])
    ]
    assert process("up", "--sandbox").code == 0
    assert process("plan", "--sandbox", "--detailed-exitcode").code == 0

    (folder / ".ecsctl" / "state.json").unlink()
    status = process("status", "--sandbox", "--output", "json", "--exit-code")
    assert status.code == 0, status.err
    document = json.loads(status.out)
    assert document["url"] == "https://hello.ecsctl.example"
    assert {one["console"] for one in document["resources"]} == {""}, "the sandbox has no console"

    screen = pexpect.spawn(
        sys.executable,
        ["-m", "ecsctl", "status", "--sandbox", "--watch"],
        cwd=str(folder),
        env={**os.environ, "TERM": "xterm"},
        dimensions=(50, 100),
        timeout=60,
        encoding="utf-8",
    )
    screen.expect("healthy")
    screen.expect("RUNNING")
    screen.sendintr()
    screen.expect(pexpect.EOF)
    assert (screen.wait(), "rror" in screen.before, "stopping" in screen.before) == (0, False, False)

    (folder / "ecsctl.toml").unlink()
    asked = process("down", "--sandbox", "--name", "hello")
    assert asked.code == 2
    assert "ecsctl down --sandbox --yes" in asked.err
    down = process("down", "--sandbox", "--name", "hello", "--yes", "--force")
    assert down.code == 0, down.err
    assert differences(before, account(folder)) == []
    assert not (folder / ".ecsctl" / "state.json").exists()
