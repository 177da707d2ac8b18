"""Makes the pictures beside this file: `python docs/pictures/make.py`. What they show was printed by the very commands.

The one of an `up` over time takes three minutes, for it goes at AWS's own pace; `… make.py timeline` makes it alone.

Each runs in a copy of the sample project, on the sandbox, and its coloured output becomes an SVG.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import timeline
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from ecsctl.sandbox.server import process

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
WIDTH = 120  # columns
# Rich's frame without the fonts that it would fetch from elsewhere.
FRAME = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "font-family: Fira Code", "font-family: ui-monospace, Menlo, Consolas, monospace"
)


def run(folder: Path, *words: str) -> str:
    """What the command prints, in colour."""
    program = (
        folder / "bin" / "ecsctl"
    )  # on the PATH, so that the hints in the picture are as those of an installed one
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!{sys.executable}\nfrom ecsctl.cli import main\n\nmain()\n")
    program.chmod(0o755)
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "PYTHONPATH": str(PROJECT),
                   "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}  # fmt: skip
    command = [str(program), *words, *(["--sandbox"] if words[0] != "sandbox" else [])]
    done = subprocess.run(  # noqa: S603 - this project's own command
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return done.stdout


def picture(name: str, command: str, printed: str) -> None:
    """Write `<name>.svg`: the command, as if typed, and what it printed."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
    for line in printed.rstrip().splitlines():
        console.print(Text.from_ansi(line))
    svg = console.export_svg(title="ecsctl", code_format=FRAME, unique_id=f"ecsctl-{name}")
    (HERE / f"{name}.svg").write_text(svg + "\n")


@contextmanager
def sample() -> Iterator[Path]:
    """A copy of the sample project, with a sandbox of its own that ends with it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("backend", "buildspec.yml", "ecsctl.toml"):
            source = PROJECT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
        subprocess.run(["git", "init", "-q", str(folder)], check=True)  # noqa: S603,S607 - a folder of our own
        try:
            yield folder
        finally:
            run(folder, "sandbox", "stop")


def draw_timeline() -> None:
    """An `up` at AWS's own pace, resource by resource."""
    with sample() as folder:
        process.start(folder / ".ecsctl", speed=1.0)
        graph = timeline.needs(run(folder, "plan", "--graph", "mermaid"))
        run(folder, "up", "--yes", "--trace", "trace.json")
        bars = timeline.bars(json.loads((folder / "trace.json").read_text()))
    heading = "ecsctl up of the sample, on the sandbox at AWS's own pace"
    (HERE / "timeline.svg").write_text(timeline.draw(bars, timeline.waited_for(bars, graph), heading))


def main() -> None:
    """Bring the sample up, look at it, change it, break it, take it down."""
    wanted = sys.argv[1:]
    if not wanted or "timeline" in wanted:
        draw_timeline()
    if wanted == ["timeline"]:
        return
    with sample() as folder:
        up = run(folder, "up", "--yes")
        picture("up", "ecsctl up --sandbox --yes", up[up.index("plan: ") :])
        time.sleep(8)  # the pipeline's first run deploys what runs already
        picture("status", "ecsctl status --sandbox", run(folder, "status"))
        config = folder / "ecsctl.toml"
        text = config.read_text()
        config.write_text(text.replace('APP_NAME = "hello"', 'APP_NAME = "good morning"').replace("/healthz", "/ready"))
        picture("plan", "ecsctl plan --sandbox", run(folder, "plan"))
        config.write_text(text)
        run(folder, "sandbox", "push", "--fail", "crash", "--watch")
        picture("why", "ecsctl why --sandbox", run(folder, "why"))
        config.write_text('protect = ["ecr"]\n' + text)
        down = run(folder, "down", "--yes", "--force").splitlines()
        picture("down", "ecsctl down --sandbox --yes --force", "\n".join(line for line in down if "✓" not in line))


if __name__ == "__main__":
    main()
