"""Ctrl-C while the program still starts."""

from __future__ import annotations

import signal
import subprocess
import sys
import tomllib

from tests.docs.pages import ROOT

PRESSED = "import os, signal, ecsctl.program; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(10)"


def test_ctrl_c_ends_a_program_that_still_starts_without_a_traceback() -> None:
    ended = subprocess.run([sys.executable, "-c", PRESSED], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_every_way_to_start_it_begins_there() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert set(scripts.values()) == {"ecsctl.program:main"}
    assert "from ecsctl.program import main" in (ROOT / "ecsctl" / "__main__.py").read_text()


def test_who_ignores_ctrl_c_is_not_ended_by_it() -> None:
    ignored = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {PRESSED.replace('10', '0')}; print('on')"
    ended = subprocess.run([sys.executable, "-c", ignored], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "on\n")
