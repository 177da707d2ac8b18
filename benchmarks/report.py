"""The figures as JSON, and as a Markdown table between two markers of docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.containers import Took
from benchmarks.measures import Run
from benchmarks.push import Push

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
FIGURES = Path(__file__).parent / "results.json"
BEGIN, END = "<!-- table: {} -->", "<!-- /table: {} -->"


@dataclass(frozen=True)
class Row:
    """One run, and what it is measured against: its own critical path, or another run of the same benchmark."""

    head: ClassVar[str] = (
        "| run | wall s | calls' span s | calls (changes) | round trips | cpu s | memory MB | ratio |\n"
        "|---|--:|--:|--:|--:|--:|--:|---|"
    )

    what: str
    run: Run
    path: list[tuple[str, float]] = field(default_factory=list)
    against: tuple[str, float] | None = None  # what, and its wall seconds

    @property
    def critical(self) -> float:
        """Seconds of its own slowest chain."""
        return sum(seconds for _, seconds in self.path)

    def figures(self) -> dict[str, Any]:
        """As JSON."""
        run = self.run
        result: dict[str, Any] = {
            "wall": run.wall, "span": run.span, "calls": len(run.calls), "changes": run.changes, "depth": run.depth,
            "connections": run.connections, "cpu": run.cpu, "memory_mb": run.memory,
        }  # fmt: skip
        if self.path:
            result |= {"critical_path": self.path, "wall_to_critical_path": run.wall / self.critical}
        if self.against:
            result[f"wall_to_{self.against[0].replace(' ', '_')}"] = run.wall / self.against[1]
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in result.items()}

    def beneath(self) -> str:
        """The critical path in words, if it is known."""
        chain = " → ".join(f"{what} {seconds:.1f} s" for what, seconds in self.path)
        return f"\n\nCritical path of {self.what}, {self.critical:.1f} s: {chain}." if chain else ""

    def cells(self) -> str:
        """As a line of the table."""
        run = self.run
        ratios = [f"{run.wall / self.critical:.2f} times its critical path"] if self.path else []
        ratios += [f"{run.wall / self.against[1]:.2f} times {self.against[0]}"] if self.against else []
        cells = (self.what, f"{run.wall:.2f}", f"{run.span:.2f}", f"{len(run.calls)} ({run.changes})", f"{run.depth}",
                 f"{run.cpu:.2f}", f"{run.memory:.0f}", "; ".join(ratios))  # fmt: skip
        return f"| {' | '.join(cells)} |"


Rows = list[Row] | list[Push] | list[Took]


def machine() -> str:
    """What it was measured on."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())  # fmt: skip
    return f"{os.cpu_count()} processors ({model}), Python {platform.python_version()}, {platform.system()}"


def table(rows: Rows) -> str:
    """All rows in Markdown."""
    return "\n".join([rows[0].head, *(row.cells() for row in rows)])


def write(name: str, rows: Rows) -> None:
    """Put the table between its markers in the page, and the figures beside those of other tables."""
    message = f"{machine()}.\n\n{table(rows)}" + "".join(row.beneath() for row in rows)
    begin, end = BEGIN.format(name), END.format(name)
    text = PAGE.read_text()
    if begin in text:
        before, rest = text.split(begin, 1)
        PAGE.write_text(f"{before}{begin}\n{message}\n{end}{rest.split(end, 1)[1]}")
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    figures[name] = {"machine": machine(), "runs": {row.what: row.figures() for row in rows}}
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
