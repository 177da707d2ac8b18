"""The examples of docs/json.md: `python -m tests.ui.json_docs` writes them into the page."""

from __future__ import annotations

import io
import re
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from ecsctl import config
from ecsctl.engine.plan import Change, Plan, Verb, Why
from ecsctl.removal.receipt import Left
from ecsctl.ui import creds, history, jobs, live, logs, output, pipeline, ps, release, scale, secrets, why
from tests.ui import running, samples

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
EXAMPLE = re.compile(r"(?<=<!-- example: )([\w ]+?)( -->\n```json\n).*?(?=```\n)", re.DOTALL)
SCAN = Change("scan_on_push", False, True, Why.DRIFT)
SERVER = {"url": "http://127.0.0.1:41234", "pid": 4711, "port": 41234, "speed": 30.0, "started": 1782900000.0,
          "now": 1782901800.0, "containers": "Docker 28.2.2 runs the app (/var/run/docker.sock)",
          "nonce": "n", "key": "k"}  # fmt: skip

LEFT = (Left("log group", "/ecs/shop", 'protect = ["logs"]; it holds 41 MB of logs', 1.23e-3),
        Left("elastic IP address", "eipalloc-0a1b2c3d", "has our tags, held by nobody", 3.65))  # fmt: skip
PUSHED = {"commit": "f3b1c0a9d2e84756a1b2c3d4e5f60718293a4b5c", "branch": "main", "unheard": [],
          "began": [{"pipeline": "shop", "execution": "6b1f2a52-0f0f-4a57-9a53-0d5d0c1b2a3e"}]}  # fmt: skip
PUSH_STATE = {"done": False, "outcome": "InProgress", "steps": [
    {"name": "Source", "status": "Succeeded", "note": ""}, {"name": "Build", "status": "InProgress", "note": ""},
]}  # fmt: skip


def documents() -> dict[str, Any]:
    """One document of each kind, made by the functions that the commands use."""
    drifted = samples.doing(samples.REPOSITORY, Verb.UPDATE, SCAN)
    made = Plan((samples.VPC, drifted))
    removed = Plan(tuple(step for step in samples.removal().steps if step.name in ("ecr", "vpc")))
    reports = [report for report in samples.reports() if report.step.name in ("vpc", "ecr")]
    return {
        "plan": output.plan_document(made, samples.WHERE, samples.ESTIMATE),
        "up": output.up_document(made, samples.URL, 12.34, samples.WHERE),
        "down": output.down_document(removed, LEFT, 61.0, samples.WHERE),
        "status": output.status_document(
            reports, samples.URL, samples.WHERE, running.CAUSE, running.outdated(), running.processes(), healthy=False
        ),
        "live": live.document(running.rolling(), samples.WHERE),
        "why": why.why_document(running.diagnosis(), samples.WHERE),
        "log": logs.document(running.line()),
        "deploy": release.document("deploy", running.rolled_back(), 6, running.CAUSE, samples.WHERE),
        "history": history.document([running.past()], samples.WHERE, "web"),
        "history diff": history.difference_document(*running.compared(), samples.WHERE),
        "pipeline": pipeline.document(running.run(), (), samples.WHERE),
        "tasks": ps.document(running.tasks(), samples.WHERE),
        "jobs": jobs.document(running.jobs(), samples.WHERE),
        "scale": scale.document(running.scaled(), samples.WHERE),
        "secrets": secrets.document(running.own_secrets(), samples.WHERE),
        "creds": creds.document(running.token()),
        "config": _config(),
        "sandbox": output.sandbox_document(SERVER),
        "sandbox push": output.push_document(PUSHED, PUSH_STATE),
        "error": output.error_document(samples.failure()),
    }


def written(page: str) -> str:
    """The page with its examples as they are now."""
    found = documents()

    def example(match: re.Match[str]) -> str:
        with redirect_stdout(io.StringIO()) as out:
            output.emit(found[match[1]])
        return match[1] + match[2] + out.getvalue()

    return EXAMPLE.sub(example, page)


def _config() -> dict[str, Any]:
    """An excerpt of what a small ecsctl.toml means."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "ecsctl.toml").write_text('name = "shop"\n\n[service]\nport = 8080\n')
        values = config.show(config.load(Path(folder)))
        origins = config.origins(Path(folder))
    values = {"name": values["name"], "service": {name: values["service"][name] for name in ("port", "cpu", "memory")}}
    shown = ("name", "service.port", "service.cpu", "service.memory")
    return output.config_document(
        values, {name: origins.get(name, "default").removeprefix(f"{folder}/") for name in shown}
    )


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
