"""The app in real containers: how long a first `up` takes, and how long it is from a change to the new container.

Needs a container engine. Seconds are the machine's own, measured from outside: by the app's answers over HTTPS, by the
engine's events, and by how far the sandbox says that the push is.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import ClassVar

from ecsctl.sandbox.containers import engine, leftovers
from ecsctl.sandbox.containers.authority import AUTHORITY
from ecsctl.sandbox.server import process

ROOT = Path(__file__).parents[1]
PUSHES = 5  # of each the median
_PAUSE = 0.03  # seconds between two requests, and two questions how far it is
_LONGEST = 120.0
DOCKERFILE = """\
FROM {base}
WORKDIR /app
COPY app.py .
ARG IMAGE_TAG=dev
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 IMAGE_TAG=$IMAGE_TAG
USER 10001
CMD ["python3", "-m", "app"]
"""
AT_ONCE = '''\
import http.server, json, os, signal, sys

class App(http.server.BaseHTTPRequestHandler):
    """Answers every path."""

    def do_GET(self):
        body = json.dumps({"version": os.environ["IMAGE_TAG"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(("", 8000), App).serve_forever()
'''
WAYS = {
    "the sample app, with a quarter of a processor as its ecsctl.toml says": (None, ""),
    "the sample app, with one processor": (None, "cpu = 1024\nmemory = 2048\n"),
    "an app that has started at once": (AT_ONCE, ""),
}


@dataclass(frozen=True)
class Took:
    """When each step was over, in seconds from the beginning."""

    head: ClassVar[str] = (
        "| | image built | container started | new version answers | old one gone | done |\n|---|--:|--:|--:|--:|--:|"
    )

    what: str
    steps: dict[str, float] = field(default_factory=dict)

    def figures(self) -> dict[str, float]:
        """As JSON."""
        return {name: round(seconds, 2) for name, seconds in self.steps.items()}

    def cells(self) -> str:
        """As a line of the table."""
        cells = (f"{self.steps[name]:.1f}" if name in self.steps else "" for name in STEPS)
        return f"| {' | '.join([self.what, *cells])} |"

    def beneath(self) -> str:
        """Nothing more to say."""
        return ""


STEPS = ("built", "started", "answers", "gone", "done")


def containers(folder: Path, speed: float) -> list[Took]:  # noqa: ARG001 - while containers start the clock is real
    """An `up` into an empty account, then pushes of a changed app; for several apps."""
    found = engine.find()
    if found.socket is None:
        sys.exit(f"this needs a container engine: {found.message}")
    here = engine.Engine(found.socket)
    rows: list[Took] = []
    for number, (what, (app, more)) in enumerate(WAYS.items()):
        with _project(here, folder / str(number), app, more) as project:
            first = project.timed("up", "--sandbox", "--yes")
            project.timed_pushes = [project.pushed() for _ in range(PUSHES)]
            middle = {step: median(one[step] for one in project.timed_pushes) for step in STEPS}
            rows += [Took(f"up: {what}", first), Took(f"push: {what}", middle)]
    return rows


@dataclass
class _Project:
    """A repository with an app, on a sandbox of its own."""

    here: engine.Engine
    folder: Path
    timed_pushes: list[dict[str, float]] = field(default_factory=list)

    @property
    def record(self) -> Path:
        return self.folder / ".ecsctl"

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]
        done = subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True)  # noqa: S603, S607 - words of ours
        return done.stdout.strip()

    def pushed(self) -> dict[str, float]:
        """Change the app, commit, and push; as `timed`, from before the commit."""
        path = self.folder / "app.py"
        path.write_text(path.read_text() + "#\n")
        return self.timed("sandbox", "push", "--watch", commit=True)

    def timed(self, *words: str, commit: bool = False) -> dict[str, float]:
        """Run a command to its end, and say when what happened meanwhile."""
        began, since = time.monotonic(), time.time()
        if commit:
            self.git("commit", "-qam", "changed")
        version, answers = self.git("rev-parse", "HEAD"), list[float]()
        over = threading.Event()
        asking = threading.Thread(target=self._ask, args=(version, answers, over, began))
        asking.start()
        done = subprocess.run([sys.executable, "-m", "ecsctl", *words], cwd=self.folder, env=self.environment(),  # noqa: S603 - our own module
                              check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)  # fmt: skip
        steps = {"done": time.monotonic() - began}
        over.set()
        asking.join()
        if done.returncode:
            sys.exit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
        steps["answers"] = answers[0] if answers else steps["done"]
        return steps | self._events(since, version)

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "DOCKER_HOST": f"unix://{self.here.path}"}

    def _ask(self, version: str, answers: list[float], over: threading.Event, began: float) -> None:
        """Ask the app until it answers with that version."""
        while not over.wait(_PAUSE) and not answers:
            try:
                [found] = process.call(self.record, "fronts", {}).values()
                self._answered(found[0], version, answers, over, began)
            except (process.SandboxError, ValueError, OSError, IndexError):
                over.wait(0.5)

    def _answered(self, url: str, version: str, answers: list[float], over: threading.Event, began: float) -> None:
        trust = ssl.create_default_context(cafile=str(self.record / AUTHORITY))
        asking = http.client.HTTPSConnection("localhost", int(url.rpartition(":")[2]), context=trust, timeout=30)
        while not over.wait(_PAUSE):
            asking.request("GET", "/")
            answer = asking.getresponse()
            answered = answer.read()
            if answer.status == 200 and json.loads(answered)["version"] == version:
                answers.append(time.monotonic() - began)
                return

    def _events(self, since: float, version: str) -> dict[str, float]:
        """What the engine did meanwhile: an image named, a container started, another one gone."""
        asked = {"since": f"{since:.3f}", "until": f"{time.time():.3f}"}
        with self.here.streamed("GET", "/events", **asked) as stream:
            events = [json.loads(line) for line in stream.read().splitlines()]
        whose, steps = leftovers.whose(self.record), dict[str, float]()
        for one in events:
            when, about = one["timeNano"] / 1e9 - since, one["Actor"]["Attributes"]
            ours = about.get(engine.LABEL) == whose
            if one["Type"] == "image" and one["Action"] == "tag" and about.get("name", "").endswith(version):
                steps["built"] = when
            elif one["Type"] == "container" and ours and one["Action"] == "start":
                steps["started"] = when
            elif one["Type"] == "container" and ours and one["Action"] == "die":
                steps["gone"] = when
        return steps


@contextmanager
def _project(here: engine.Engine, folder: Path, app: str | None, more: str) -> Iterator[_Project]:
    from tests.containers import base

    project = _Project(here, folder)
    folder.mkdir()
    config = (ROOT / "ecsctl.toml").read_text().replace("port = 8000\n", f"port = 8000\n{more}")
    (folder / "ecsctl.toml").write_text(config)
    (folder / "app.py").write_text(app or (ROOT / "backend" / "app.py").read_text())
    (folder / "Dockerfile").write_text(DOCKERFILE.format(base=base.made(here)))
    (folder / ".gitignore").write_text(".ecsctl/\n")
    project.git("init", "-q", "-b", "main")
    project.git("add", "-A")
    project.git("commit", "-qm", "the app")
    try:
        yield project
    finally:
        process.stop(project.record)
        shutil.rmtree(folder, ignore_errors=True)
