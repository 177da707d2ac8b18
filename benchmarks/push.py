"""From a push until the new version serves, by the pipeline's own times: source, build, deploy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import ClassVar

from benchmarks.home import Home

PUSHES = 3  # of each the median
CHECKED = 'health_path = "/healthz"\n'
SLOW = 'health = { path = "/healthz", interval_seconds = 30, healthy_count = 5 }\nderegistration_delay_seconds = 300\n'
QUICK = 'health = { path = "/healthz", interval_seconds = 5, timeout_seconds = 3 }\nderegistration_delay_seconds = 5\n'
EARLY = "\n[deployment.early_success]\nhealthy_percent = 100\n"
WAYS = {
    "as AWS presets it: healthy after 5 checks 30 s apart, 300 s to leave": (SLOW, ""),
    "as ecsctl presets it: 2 checks 10 s apart, 30 s to leave": (CHECKED, ""),
    "and early_success": (CHECKED, EARLY),
    "and 2 checks 5 s apart, 5 s to leave": (QUICK, EARLY),
}
TODAY = "as ecsctl presets it: 2 checks 10 s apart, 30 s to leave"


@dataclass(frozen=True)
class Push:
    """The seconds of each stage, by AWS's clock, and of the whole of that which it is measured against."""

    head: ClassVar[str] = "| | source s | build s | deploy s | push to live s | ratio |\n|---|--:|--:|--:|--:|--:|"

    what: str
    stages: dict[str, float]
    against: float

    @property
    def whole(self) -> float:
        """From the push to the end of the last stage."""
        return sum(self.stages.values())

    def figures(self) -> dict[str, float]:
        """As JSON."""
        return {**self.stages, "whole": self.whole, "ratio": round(self.whole / self.against, 3)}

    def cells(self) -> str:
        """As a line of the table."""
        stages = (f"{seconds:.0f}" for seconds in self.stages.values())
        return f"| {' | '.join([self.what, *stages, f'{self.whole:.0f}', f'{self.whole / self.against:.2f}'])} |"

    def beneath(self) -> str:
        """Nothing more to say."""
        return ""


def pushes(folder: Path, speed: float) -> list[Push]:
    """The same app with other settings of its deployment."""
    found = {what: _stages(folder / str(number), speed, *way) for number, (what, way) in enumerate(WAYS.items())}
    return [Push(what, stages, sum(found[TODAY].values())) for what, stages in found.items()]


def _stages(folder: Path, speed: float, checks: str, deployment: str) -> dict[str, float]:
    """The median of some pushes, stage by stage."""
    home = Home(folder, speed)
    try:
        file = folder / "ecsctl.toml"
        file.write_text(file.read_text().replace(CHECKED, checks) + deployment)
        home.ecsctl("up", "--yes")
        runs = [_pushed(home) for _ in range(PUSHES)]
    finally:
        home.close()
    return {stage: median(run[stage] for run in runs) for stage in runs[0]}


def _pushed(home: Home) -> dict[str, float]:
    home.ecsctl("sandbox", "push", "--watch")
    home.ecsctl("pipeline", "status", "--output", "json")
    text = json.loads(home.said.read_text())
    return {
        stage["name"].lower(): max(_seconds(one["changed"]) for one in stage["actions"])
        - min(_seconds(one["began"]) for one in stage["actions"])
        for stage in text["stages"]
    }


def _seconds(when: str) -> float:
    return datetime.fromisoformat(when).timestamp()
