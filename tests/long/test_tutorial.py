"""The tutorial, typed into a shell word for word, with the program on the PATH as a reader has it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.guide import Step, steps
from tests.docs.pages import DOCS, ROOT


def script(todo: list[Step]) -> str:
    """All steps for bash; before each stands its number, and after it its exit code."""
    lines = []
    for number, step in enumerate(todo):
        done = f"cat >{step.file} <<'EOF'\n{step.text}EOF" if step.file else step.line
        lines.append(f"echo; echo step:{number}\n{done}\necho; echo exit:$?")
    return "\n".join(lines).replace("\necho; echo exit:$?", "\ncode=$?; echo; echo exit:$code")


@pytest.mark.timeout(300)
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "ecsctl"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom ecsctl.cli import main\n\nmain()\n")
    program.chmod(0o755)
    reader = {
        f"GIT_{who}_{what}": "reader@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ECSCTL_")} | reader
    environment |= {"PATH": f"{program.parent}{os.pathsep}{environment['PATH']}", "PYTHONPATH": str(ROOT),
                    "COLUMNS": "120"}  # fmt: skip
    todo = list(steps(DOCS / "tutorial.md"))
    assert todo[-1].line == "ecsctl sandbox stop"
    (tmp_path / "script.sh").write_text(script(todo))
    folder = tmp_path / "home"
    folder.mkdir()
    done = subprocess.run(
        ["bash", str(tmp_path / "script.sh")], cwd=folder, env=environment, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    found = re.findall(r"^step:(\d+)\n(.*?)^exit:(\d+)$", done.stdout, re.MULTILINE | re.DOTALL)
    assert [int(number) for number, _, _ in found] == list(range(len(todo))), done.stdout
    for step, (_, printed, code) in zip(todo, found, strict=True):
        assert int(code) == step.code, f"{step.line or step.file}\n{printed}"
        assert step.unexpected(printed) == "", f"{step.line}\n{printed}"
