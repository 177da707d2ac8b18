"""`python -m benchmarks`: measure everything, print it, and put it into docs/performance.md and results.json."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from benchmarks.ca import throwaway
from benchmarks.containers import containers
from benchmarks.home import Home
from benchmarks.measures import Run, slowest_chain
from benchmarks.push import pushes
from benchmarks.report import Row, Rows, table, write

SCRIPT = [sys.executable, "-m", "benchmarks.script"]


def commands(folder: Path, speed: float) -> list[Row]:
    """First `up`, a day with nothing to change over HTTP and TLS, `down`; and both scripts."""
    tls = throwaway(folder)
    rows: list[Row] = []
    scripts: dict[str, Run] = {}
    home = Home(folder / "scripts", speed)
    try:
        for how, flags in (("sequential", []), ("concurrent", ["--concurrent"])):
            for verb in ("up", "down"):
                scripts[f"{verb} {how}"] = home.run([*SCRIPT, verb, *flags])
    finally:
        home.close()

    def add(what: str, run: Run, against: str = "") -> None:
        other = (f"the {against} script", scripts[f"{what} {against}"].wall) if against else None
        rows.append(Row(what, run, against=other))
        print(rows[-1].cells(), flush=True)

    home = Home(folder / "home", speed)
    try:
        add("up", home.ecsctl("up", "--yes"), "concurrent")
        for words in (("plan",), ("status",), ("up", "--yes")):
            name = "second up" if words[0] == "up" else words[0]
            add(f"{name}, HTTP", home.ecsctl(*words))
            add(f"{name}, TLS", home.ecsctl(*words, tls=tls))
        add("down", home.ecsctl("down", "--yes", "--force"), "concurrent")
    finally:
        home.close()
    for name, run in scripts.items():
        add(f"script: {name}", run)
    return [replace(row, path=_critical_path(row.run, speed)) if row.what in ("up", "down") else row for row in rows]


def at_pace(folder: Path, _speed: float) -> list[Row]:
    """First `up`, and `down`, with AWS's delays at full length: without the scripts, which take twenty minutes more."""
    home = Home(folder / "home", 1.0)
    try:
        runs = [(words[0], home.ecsctl(*words)) for words in (("up", "--yes"), ("down", "--yes", "--force"))]
    finally:
        home.close()
    return [Row(what, run, path=_critical_path(run, 1.0)) for what, run in runs]


def _critical_path(run: Run, speed: float) -> list[tuple[str, float]]:
    """In a process of its own: it imports all of the sandbox, and what this one holds counts in its children."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(slowest_chain, run.calls, speed).result()


def throttled(folder: Path, speed: float) -> list[Row]:
    """The same with 30 % of all calls throttled, beside a calm run."""
    rows: list[Row] = []
    home = Home(folder / "throttled", speed)
    try:
        calm: dict[str, float] = {}
        for share in (0.0, 0.3):
            for words in (("up", "--yes"), ("plan",), ("down", "--yes", "--force")):
                run = home.ecsctl(*words, throttled=share)
                calm.setdefault(words[0], run.wall)
                against = ("calm", calm[words[0]]) if share else None
                rows.append(Row(f"{words[0]}, {share:.0%} throttled", run, against=against))
                print(rows[-1].cells(), flush=True)
    finally:
        home.close()
    return rows


def start_up(folder: Path, _speed: float) -> list[Row]:
    """What passes before a command does anything, beside a Python that does nothing: the median of seven."""
    home = Home(folder / "start", 60.0)
    try:

        def median(*command: str) -> Run:
            return sorted((home.run([sys.executable, *command]) for _ in range(7)), key=lambda run: run.wall)[3]

        bare = median("-c", "pass")
        return [
            Row("python -c pass", bare),
            *(Row(f"ecsctl {words}", median("-m", "ecsctl", *words.split()), against=("bare Python", bare.wall))
              for words in ("--help", "--version", "up --help")),
        ]  # fmt: skip
    finally:
        home.close()


PARTS: dict[str, Callable[[Path, float], Rows]] = {
    "start-up": start_up,
    "commands": commands,
    "pace": at_pace,
    "throttled": throttled,
    "push": pushes,
}
BY_NAME: dict[str, Callable[[Path, float], Rows]] = {"containers": containers}
"""Measured only if it is named: it needs a container engine."""


def main() -> None:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        default=list(PARTS),
        help=f"some of {', '.join(PARTS)}, which are all by default; "
        f"or {', '.join(BY_NAME)}, which needs a container engine",
    )
    parser.add_argument("--speed", type=float, default=20.0, help="AWS seconds in one real second; 1 for real delays")
    options = parser.parse_args()
    for part in options.parts:
        with tempfile.TemporaryDirectory() as folder:
            rows = (PARTS | BY_NAME)[part](Path(folder), options.speed)
        name = part if options.speed == 20.0 else f"{part} at AWS's own pace"
        write(name, rows)
        print(f"\n{name}\n\n{table(rows)}\n", flush=True)


if __name__ == "__main__":
    main()
