"""A project's folder with a sandbox of its own, and commands that run there, each measured from outside."""

from __future__ import annotations

import dataclasses
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measures import Run
from benchmarks.proxy import proxied
from ecsctl.sandbox.server import process

ROOT = Path(__file__).parents[1]


@dataclasses.dataclass
class Home:
    """A folder with this repository's ecsctl.toml and a sandbox whose time runs `speed` times as fast as AWS's."""

    folder: Path
    speed: float

    def __post_init__(self) -> None:
        """Begin."""
        self.folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / "ecsctl.toml", self.folder)
        self.sandbox = process.start(self.folder / ".ecsctl", speed=self.speed)

    @property
    def said(self) -> Path:
        """What the last run printed."""
        return self.folder / "said.txt"

    def close(self) -> None:
        """End the sandbox."""
        process.stop(self.folder / ".ecsctl")

    def ecsctl(self, *words: str, tls: tuple[ssl.SSLContext, Path] | None = None, throttled: float = 0.0) -> Run:
        """A run of ecsctl that must end well."""
        return self.run([sys.executable, "-m", "ecsctl", *words], tls=tls, throttled=throttled)

    def run(
        self, command: Sequence[str], *, tls: tuple[ssl.SSLContext, Path] | None = None, throttled: float = 0.0
    ) -> Run:
        """A run of any program, with its AWS calls through the proxy. Raises RuntimeError if it does not end with 0."""
        with proxied(self.sandbox.url, tls[0] if tls else None, throttled) as proxy:
            environment = process.environment(dataclasses.replace(self.sandbox, url=proxy.url))
            environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
            environment |= {"PYTHONPATH": str(ROOT)} | ({"AWS_CA_BUNDLE": str(tls[1])} if tls else {})
            with self.said.open("w+b") as said:
                began = time.monotonic()
                child = subprocess.Popen(  # noqa: S603 - our own modules, no shell
                    command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
                )
                _, status, used = os.wait4(child.pid, 0)
                wall = time.monotonic() - began
                child.returncode = os.waitstatus_to_exitcode(status)
                if child.returncode:
                    said.seek(0)
                    output = said.read().decode(errors="replace")[-2000:]
                    raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}: {output}")
            return Run(
                wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, tuple(proxy.calls), proxy.connections
            )
