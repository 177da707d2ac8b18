"""The screens that a person sees most, as a terminal of 60, 80 and 120 columns shows them."""

import re

import pytest

from ecsctl.removal.receipt import Left
from ecsctl.ui import errors, history, live, pipeline, plan, receipt, release, status, why
from tests.ui import running, samples

COPIED = re.compile(r"(?:https?://|\S{30}|    (?:fix|now): )")
"""What is never broken, for it is there to be copied: then the terminal itself goes on in the next line."""
LEFT = (
    Left("ECR repository", "shop", 'protect = ["ecr"]; it holds 12 images', 1.2),
    Left("secret", "github/token", "the GitHub token that ecsctl creds set stored", 0.4),
)
SCREENS = {
    "plan of a first run": lambda: plan.show(samples.first()),
    "plan of changes": lambda: plan.show(samples.changed()),
    "plan with nothing to do": lambda: plan.show(samples.settled()),
    "plan of a removal": lambda: plan.show(samples.removal(), removal=True),
    "receipt": lambda: receipt.show(LEFT, prices="us-east-1 list prices, November 2026"),
    "status": lambda: status.show(
        samples.reports(), samples.NOW, url="https://shop.example.com", links=True, cause=running.CAUSE
    ),
    "status --watch": lambda: live.show_once(running.crashed(), samples.WHERE),
    "why": lambda: why.show(running.diagnosis()),
    "history": lambda: history.show([running.past()], samples.NOW),
    "history diff": lambda: history.differences(*running.compared()),
    "pipeline": lambda: pipeline.show(running.run("Failed", "The service shop did not reach a steady state"), []),
    "release": lambda: release.end(running.rolled_back(), failed=True, cause=running.CAUSE, hint="ecsctl deploy"),
    "errors": lambda: errors.show(samples.failure()),
}


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits_the_terminal(name, width, snapshot, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    SCREENS[name]()
    output = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", "".join(capsys.readouterr()))
    assert [line for line in output.splitlines() if len(line) > width and not COPIED.search(line)] == []
    assert output == snapshot
