"""The same account by a script of one's own: plain boto3, one step after the other, or as many at once as it allows.

`python -m benchmarks.script up|down [--concurrent]`. It makes what ecsctl makes for this repository's ecsctl.toml,
with boto3's own waiters and what a careful person would wait for; and it can do nothing else: no second run, no
changes, no state file, no adoption. `down` reads what `up` made from a file.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from benchmarks.boto import APP, Made, Steps, codepipeline, until
from benchmarks.script_down import DOWN
from benchmarks.script_up import UP

MADE = Path("made.json")


def carry_out(steps: Steps, made: Made, threads: int) -> None:
    """The steps, each after those that it needs."""
    order = TopologicalSorter({name: needs for name, (needs, _) in steps.items()})
    order.prepare()
    with ThreadPoolExecutor(threads) as pool:
        running: dict[Any, str] = {}
        while order.is_active():
            running |= {pool.submit(steps[name][1], made): name for name in order.get_ready()}
            for done in [future for future in running if future.done()]:
                name = running.pop(done)
                made[name] = done.result()
                order.done(name)
            time.sleep(0.002)


def main() -> None:
    """What the command line says."""
    verb, threads = sys.argv[1], 16 if "--concurrent" in sys.argv else 1
    made: Made = {} if verb == "up" else json.loads(MADE.read_text())
    if verb == "down":
        until(lambda: all(s.get("latestExecution", {}).get("status") != "InProgress"
                          for s in codepipeline.get_pipeline_state(name=APP)["stageStates"]))  # fmt: skip
    carry_out(UP if verb == "up" else DOWN, made, threads)
    if verb == "up":
        MADE.write_text(json.dumps(made))


if __name__ == "__main__":
    main()
