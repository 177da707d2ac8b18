"""The timeline of a run, for --trace: AWS calls and resources, in the Chrome trace format, which Perfetto opens."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from ecsctl.engine import events
from ecsctl.engine.wording import called

if TYPE_CHECKING:
    from pathlib import Path

CALLS, RESOURCES = 1, 2  # the two groups of the timeline


class Trace:
    """Records events as they happen. For a call, its name and how it ended: its parameters may contain secrets."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._events: list[dict[str, Any]] = []
        self._rows: dict[str, int] = {}  # a row for each thread, and for each resource
        self._lock = threading.Lock()

    def call_ended(
        self, service: str, operation: str, seconds: float, failure: BaseException | None, _parameters: object
    ) -> None:
        """Record an AWS call that took `seconds` and has just ended."""
        from ecsctl.aws.codes import code

        ended = "ok" if failure is None else code(failure) or type(failure).__name__
        self._add(CALLS, threading.current_thread().name, f"{service} {operation}", seconds, {"ended": ended})

    def record(self, event: events.Event) -> None:
        """Record what has happened to a resource."""
        match event:
            case events.Done():
                verb: str = event.verb
            case events.Ready():
                verb = "until ready"
            case _:
                return
        what = f"{called(event.title, event.name)}: {verb}"
        self._add(RESOURCES, event.name, what, event.seconds, {"resource": event.name})

    def beside(self, listener: events.Listener) -> events.Listener:
        """A listener that calls this one and another."""

        def both(event: events.Event) -> None:
            self.record(event)
            listener(event)

        return both

    def save(self, file: Path) -> None:
        """Write all of it. Raises OSError."""
        names = {CALLS: "AWS calls", RESOURCES: "resources"}
        heads = [{"name": "process_name", "ph": "M", "pid": pid, "args": {"name": name}} for pid, name in names.items()]
        file.write_text(json.dumps({"traceEvents": [*heads, *self._events], "displayTimeUnit": "ms"}), encoding="utf-8")

    def _add(self, group: int, row: str, name: str, seconds: float, more: dict[str, str]) -> None:
        """A span that ends now. Times are in microseconds (Trace Event Format, "Complete Events")."""
        with self._lock:
            number = self._rows.setdefault(f"{group} {row}", len(self._rows) + 1)
            now = time.monotonic() - self._began
            self._events.append({"name": name, "ph": "X", "pid": group, "tid": number, "args": more,
                                 "ts": round(max(0.0, now - seconds) * 1e6), "dur": round(seconds * 1e6)})  # fmt: skip
