"""What others write around an app's log changes nothing: prefixes, what follows a crash, and other processes.

Each log of a thread is read with it; the line that says why must stay the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from ecsctl.why.log_events import split
from ecsctl.why.log_lines import last_error, rank
from ecsctl.why.log_prefixes import without_prefixes
from tests.why.field.threads import CASES, Case

PREFIXES: dict[str, Callable[[int], str]] = {
    "docker logs -t": lambda n: f"2024-05-01T10:00:{n % 60:02}.123456789Z ",
    "a time": lambda n: f"2024-05-01 10:00:{n % 60:02} ",
    "Compose": lambda _: "app_1       | ",
    "Compose, in colour": lambda _: "\x1b[36mapp_1       |\x1b[0m ",
    "pm2": lambda _: "0|server  | ",
    "the journal": lambda n: f"May 01 10:00:{n % 60:02} ip-10-0-1-2 docker[812]: ",
    "Heroku": lambda n: f"2024-05-01T10:00:{n % 60:02}.123456+00:00 app[web.1]: ",
    "kubectl logs --prefix": lambda _: "[pod/web-7d8f/app] ",
    "aws logs tail": lambda n: f"2024-05-01T10:00:{n % 60:02}.123000+00:00 ecs/app/0123456789abcdef0123456789abcdef ",
}
FOLLOWS = {
    "asyncio": """2024-05-01 10:00:00,123 ERROR asyncio: Unclosed client session
client_session: <aiohttp.client.ClientSession object at 0x7f>
Task exception was never retrieved
Exception ignored in: <function BaseEventLoop.__del__ at 0x7f>
Traceback (most recent call last):
  File "/usr/lib/python3.11/asyncio/base_events.py", line 688, in __del__
    self.close()
ValueError: Invalid file descriptor: -1""",
    "a context that ends": """level=error msg="worker stopped" error="context canceled"
{"level":"error","ts":1714557600.1,"msg":"http server","error":"http: Server closed"}
2024/05/01 10:00:00 accept tcp [::]:8080: use of closed network connection""",
    "telemetry": """{"level":"error","msg":"Exporting failed. Dropping data.","error":"context deadline exceeded"}
Transient error StatusCode.UNAVAILABLE encountered while exporting traces to localhost:4317, retrying in 1s.
failed to send, dropping 2 traces to intake at http://localhost:8126/v0.5/traces after 3 retries
Sentry is attempting to send 2 pending events
Press Ctrl-C to quit""",
    "a shell": "/entrypoint.sh: line 12:     7 Aborted                 (core dumped) ./server",
    "npm's workspaces": """npm error Lifecycle script `start` failed with error:
npm error code 1
npm error path /app
npm error workspace shop@1.0.0
npm error location /app
npm error command failed
npm error command sh -c node dist/main.js""",
    "a supervisor": """2024-05-01 10:00:00,123 WARN exited: app (exit status 1; not expected)
2024-05-01 10:00:01,123 INFO gave up: app entered FATAL state, too many start retries too quickly
[2024-05-01 10:00:00 +0000] [1] [ERROR] Worker (pid:7) exited with code 3
[2024-05-01 10:00:00 +0000] [1] [ERROR] Reason: Worker failed to boot.
error: script "start" exited with code 1
[WARN  tini (7)] Tini is not running as PID 1 and isn't registered as a child subreaper.
Node.js v20.11.1""",
    "requests": """10.0.1.2 - - [01/May/2024:10:00:00 +0000] "GET /favicon.ico HTTP/1.1" 404 22 "-" "curl/8"
INFO:     10.0.1.2:5123 - "GET /health HTTP/1.1" 200 OK""",
}


def log_of(case: Case) -> list[str]:
    """The lines of an app's log; empty if the case has none."""
    events = next((scene["log"] for scene in case.scenes if scene.get("log")), [])
    return [line for one in events for line in str(one["message"]).split("\n")]


LOGS = [(case.thread, lines, last_error(lines)) for case in CASES if case.says and (lines := log_of(case))]
LOGS = [one for one in LOGS if rank(one[2]) == 0 and without_prefixes(one[1]) == one[1]]  # the others say little


def changed(around: Callable[[Sequence[str]], list[str]]) -> dict[str, str]:
    """The logs of which another line is quoted with this around them."""
    found = {thread: (line, last_error(around(lines))) for thread, lines, line in LOGS}
    return {thread: now for thread, (line, now) in found.items()
            if line.strip()[-60:] not in now and not (now and line.endswith(f" {now}"))}  # fmt: skip


def test_there_are_enough_logs() -> None:
    assert len(LOGS) > 300


BEGIN = ["Starting", "Listening"]


@pytest.fixture(scope="module")
def plain() -> list[list[str]]:
    """The lines of each log as they are judged."""
    return [[*split([*BEGIN, *lines])] for _, lines, _ in LOGS]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_of_all_lines_changes_nothing(prefix: str, plain: list[list[str]]) -> None:
    for (thread, lines, _), judged in zip(LOGS, plain, strict=True):
        log = [PREFIXES[prefix](n) + line for n, line in enumerate([*BEGIN, *lines])]
        assert [*split(log)] == judged, thread


def test_a_log_driver_that_packs_each_line_changes_nothing(plain: list[list[str]]) -> None:
    for (thread, lines, _), judged in zip(LOGS, plain, strict=True):
        log = [json.dumps({"container_name": "app", "log": f"{one}\n"}) for one in [*BEGIN, *lines]]
        assert [*split(log)] == judged, thread


@pytest.mark.parametrize("what", FOLLOWS)
def test_what_follows_a_crash_changes_nothing(what: str) -> None:
    assert changed(lambda lines: [*lines, *FOLLOWS[what].split("\n")]) == {}


def test_another_process_that_runs_changes_hardly_anything() -> None:
    line = 'INFO:     10.0.1.2:5123 - "GET /health HTTP/1.1" 200 OK'
    lost = changed(lambda lines: [one for pair in lines for one in (pair, line)])
    assert len(lost) < len(LOGS) // 25, lost
