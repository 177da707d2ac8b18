"""An incomplete log: `why` warns that its driver may have dropped the last lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ecsctl.why import diagnose
from ecsctl.why.evidence import Facts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FRAME = ["Traceback (most recent call last):", '  File "/app/main.py", line 3, in <module>']
ODD = [[], FRAME[:1], FRAME, [*FRAME, "    start()"], ["INFO reading settings from {"]]
WHOLE = [[*FRAME, "    start()", "KeyError: 'URL'"], ["Error: no port", "    at start (/app/index.js:3:9)"], ["bye"]]


def crashed(lines: list[str], options: dict[str, str]) -> Facts:
    container = {"name": "app", "exitCode": 1}
    task: dict[str, Any] = {
        "taskArn": "arn:aws:ecs:eu-central-1:123456789012:task/app/1", "taskDefinitionArn": "app:1", "createdAt": NOW,
        "stoppedAt": NOW, "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
        "containers": [container],
    }  # fmt: skip
    return Facts(
        app="app",
        service={"deployments": [{"status": "PRIMARY", "taskDefinition": "app:1", "createdAt": NOW}], "events": []},
        definition={"containerDefinitions": [{"name": "app", "logConfiguration": {"options": options}}]},
        stopped=[task],
        log=[{"message": line, "timestamp": 0} for line in lines],
    )


def sentence(facts: Facts) -> str:
    cause = diagnose(facts).causes[0]
    assert cause.name == "crash"
    return cause.sentence


@pytest.mark.parametrize("lines", ODD)
@pytest.mark.parametrize("options", [{"mode": "non-blocking"}, {}])
def test_a_log_that_ends_oddly_may_lack_lines(lines: list[str], options: dict[str, str]) -> None:
    assert '"blocking" keeps all' in sentence(crashed(lines, options))


@pytest.mark.parametrize("lines", ODD)
def test_a_driver_that_waits_drops_nothing(lines: list[str]) -> None:
    assert "lack lines" not in sentence(crashed(lines, {"mode": "blocking"}))


@pytest.mark.parametrize("lines", WHOLE)
def test_a_log_that_ends_well_is_not_doubted(lines: list[str]) -> None:
    assert "lack lines" not in sentence(crashed(lines, {"mode": "non-blocking"}))
