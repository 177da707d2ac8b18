"""A stdout that takes nothing: closed, or on a full disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = command.replace("ecsctl", f"{sys.executable} -m ecsctl")
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


def test_a_closed_stdout_is_as_good_as_none(folder: Path) -> None:
    ended = shell("ecsctl config show >&-", folder)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", ["config show", "config schema", "config options"])
def test_a_full_disk_is_an_error_with_its_reason(folder: Path, command: str) -> None:
    ended = shell(f"ecsctl {command} > {FULL}", folder)
    assert ended.returncode == 1
    assert ended.stderr.startswith(
        "error: what was to be printed could not be written\n  why: No space left on device\n"
    )
    assert "Traceback" not in ended.stderr
