"""Starts, configures and queries the front process (`front`) for the sandbox."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_ANSWER = 10.0  # seconds until a front that does not acknowledge a table counts as gone

Table = dict[str, Any]


class FrontProcess:
    """A front: `ports` are those that listen on 127.0.0.1, by the listener's key."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self._busy: set[int] = set()
        self._serial, self._heard = 0, 0
        self._said: Table = {}
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def show(self, table: Table) -> None:
        """Send the front a new table. Sending the same table again costs nothing."""
        with self._writing:
            if table == self._said or (self._process is None and not table["listeners"]):
                return
            self._said = json.loads(json.dumps(table))
            self._serial += 1
            process = self._process = self._process or self._started()
            assert process.stdin  # noqa: S101 - for the type checker
            process.stdin.write(json.dumps(table | {"serial": self._serial}).encode() + b"\n")
            process.stdin.flush()

    def settled(self) -> bool:
        """Wait until the last table is in effect; whether it is."""
        wanted = self._serial
        with self._changed:
            return self._changed.wait_for(lambda: self._heard >= wanted, _ANSWER)

    def drained(self, ports: set[int], seconds: float) -> bool:
        """Wait until targets' ports outside the table have no open requests; whether that is so."""
        self.settled()
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy & ports, seconds)

    def close(self) -> None:
        """Stop the process that forwards requests."""
        with self._writing:
            process, self._process = self._process, None
            self._said = {}
        if process is not None and process.stdin:
            process.stdin.close()
            process.wait(_ANSWER)

    def _started(self) -> subprocess.Popen[bytes]:
        package = str(Path(__file__).resolve().parents[3])
        words = [sys.executable, "-c", f"import sys; sys.path.insert(0, {package!r}); "
                 "import asyncio; from ecsctl.sandbox.containers.front import main; asyncio.run(main())"]  # fmt: skip
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module, no shell
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout  # noqa: S101 - for the type checker
        with process.stdout as lines:
            for line in lines:
                report = json.loads(line)
                with self._changed:
                    if "serial" in report:
                        self._heard, self.ports, self._busy = report["serial"], report["ports"], set(report["busy"])
                    else:
                        self._busy.discard(report["idle"])
                    self._changed.notify_all()
