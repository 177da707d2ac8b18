"""What the command line loads before it needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_help_loads_neither_boto3_nor_moto_nor_settings() -> None:
    program = """
import sys
from pathlib import Path
sys.argv = ["ecsctl", "--help"]
from ecsctl.cli import main
try:
    main()
except SystemExit:
    pass
heavy = {"boto3", "botocore", "moto", "tomlkit", "ecsctl.resources", "ecsctl.config", "ecsctl.engine.engine"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=True)
    assert "Usage" in done.stdout
    assert done.stderr.strip() == "[]"


def test_python_m_ecsctl_prints_the_version() -> None:
    done = subprocess.run([sys.executable, "-m", "ecsctl", "--version"], text=True, capture_output=True, check=True)
    assert done.stdout.startswith("ecsctl 0.1.0 (python 3.")


def test_a_closed_pipe_ends_a_command_quietly(tmp_path: Path) -> None:
    program = "from ecsctl.cli import main; main()"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as out:
        done = subprocess.run(
            [sys.executable, "-c", program, "config", "schema"],
            cwd=tmp_path, stdout=out, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (141, "")
