"""Whose commands a build of the sandbox runs on this machine is said and asked, once; else they do not run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from ecsctl.sandbox.server import process as sandbox
from tests.commands.conftest import Ended

HARMLESS = "version: 0.2\nphases:\n  build:\n    commands:\n      - touch {proof}\n"


@pytest.fixture
def stranger(folder: Path) -> Path:
    """A repository with a buildspec, which leaves a file behind where it can."""
    proof = folder / "ran"
    (folder / "buildspec.yml").write_text(HARMLESS.replace("{proof}", str(proof)))
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / ".git").rmdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def agreed(folder: Path) -> bool:
    answer = sandbox.call(folder / ".ecsctl", "builds", {"spec": "buildspec.yml"})
    assert answer["real"]
    return bool(answer["agreed"])


def nothing_made(served: Callable[..., Ended]) -> bool:
    document = json.loads(served("status", "--sandbox", "--output", "json").out)
    return {one["condition"] for one in document["resources"]} == {"missing"}


@pytest.mark.usefixtures("quick")
def test_with_nobody_to_ask_nothing_is_made_and_yes_agrees(stranger: Path, served: Callable[..., Ended]) -> None:
    refused = served("up", "--sandbox")
    assert refused.code == 2
    assert f"The sandbox's build runs the commands of buildspec.yml in {stranger} on this machine" in refused.said
    assert "ecsctl up --sandbox --yes" in refused.said
    assert not agreed(stranger)
    assert nothing_made(served)

    served("up", "--sandbox", "--yes")  # this buildspec makes no image, so that it fails, after the build
    assert agreed(stranger)


@pytest.mark.usefixtures("quick")
def test_a_document_is_no_question(stranger: Path, served: Callable[..., Ended]) -> None:
    refused = served("up", "--sandbox", "--output", "json")
    assert refused.code == 2
    assert "ecsctl up --sandbox --yes" in refused.said
    assert not agreed(stranger)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("answer", "code"), [("n", 1), (None, 130)], ids=["no", "Ctrl-C"])
def test_a_no_makes_nothing(stranger: Path, served: Callable[..., Ended], answer: str | None, code: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"}
    screen = pexpect.spawn(
        sys.executable, ["-m", "ecsctl", "up", "--sandbox"],
        env=environment, cwd=str(stranger), timeout=60, encoding="utf-8",
    )  # fmt: skip
    screen.expect_exact("[y/N]")
    assert "they see neither your home folder" in " ".join(screen.before.split()) or "cannot keep them" in screen.before
    if answer is None:
        screen.sendintr()
    else:
        screen.sendline(answer)
    screen.expect(pexpect.EOF)
    assert screen.wait() == code
    assert not agreed(stranger)
    assert nothing_made(served)


@pytest.mark.usefixtures("quick")
def test_what_nobody_agreed_to_does_not_run_whoever_starts_the_build(
    folder: Path, served: Callable[..., Ended]
) -> None:
    assert served("up", "--sandbox").code == 0, "no buildspec: builds are played, and nothing is asked"
    (folder / "buildspec.yml").write_text(HARMLESS.replace("{proof}", str(folder / "ran")))
    pushed = served("sandbox", "push", "--watch")
    assert pushed.code == 1
    log = served("logs", "--build", "--sandbox")
    assert "nobody has agreed that this repository's commands run here: ecsctl up --sandbox asks" in log.out + log.err
    assert not (folder / "ran").exists()
