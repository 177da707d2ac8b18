"""What the commands of a build can reach, and that nothing of theirs outlives it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from ecsctl.sandbox.builds import buildspec, confined

CONFINES = pytest.mark.skipif(not confined.can_confine(), reason="this machine makes no namespaces for its users")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder with credentials in it, and an agent that the environment names."""
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "credentials").write_text("aws_secret_access_key = CANARY-HOME\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARY-ENVIRONMENT")
    return home


@pytest.fixture
def built(tmp_path):
    """Run one command as a build does, and give its log and its status."""
    sources = tmp_path / "build" / "src"
    sources.mkdir(parents=True)

    def built(command, **options):
        lines = []
        text = f"version: 0.2\nphases:\n  build:\n    commands:\n      - |\n{_indented(command)}\n"
        text += "artifacts:\n  files: ['**/*']\n"
        env = {"PATH": os.environ["PATH"], "CODEBUILD_BUILD_ID": f"hello:{tmp_path.name}"}
        result = buildspec.run(text, sources, env, lines.append, **options)
        return "\n".join(line for line in lines if not line.startswith("[Container]")), result

    return built


def _indented(command):
    return "\n".join("          " + line for line in command.splitlines())


def _runs(word):
    """Whether any process was started with this word."""
    return subprocess.run(["pgrep", "-f", f"sleep {word}"], capture_output=True, check=False).returncode == 0


def _ended(word):
    limit = time.monotonic() + 10
    while _runs(word) and time.monotonic() < limit:
        time.sleep(0.05)
    return not _runs(word)


@CONFINES
def test_neither_the_home_folder_nor_the_project_can_be_read(home, built, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "secret").write_text("CANARY-PROJECT")
    log, _ = built(f"cat {home}/.aws/credentials ~/.aws/credentials {project}/secret; ls -a {home}", hidden=[project])
    assert "CANARY" not in log
    assert log.count("No such file") == 4


@CONFINES
def test_nothing_is_written_but_in_folders_of_its_own(home, built, tmp_path):
    outside = Path(shutil.which("true")).parent / f"ecsctl-{tmp_path.name}"
    log, result = built(f"touch {outside}; touch {home}/gone; touch kept; exit 0")
    assert "Read-only file system" in log or "Permission denied" in log
    assert not outside.exists()
    assert not (home / "gone").exists()
    assert list(result.artifacts) == ["kept"]


@CONFINES
@pytest.mark.parametrize("own", [True, False])
def test_it_has_a_place_of_its_own_for_temporary_files_wherever_the_users_is(built, tmp_path, monkeypatch, own):
    if own:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    Path(tempfile.gettempdir()).mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir="/tmp") as theirs, tempfile.NamedTemporaryFile() as ours:
        log, result = built(f'place=$(mktemp -d) && touch "$place/written" kept; ls {theirs.name} {ours.name}; true')
    assert log.count("No such file") == 2
    assert list(result.artifacts) == ["kept"]


@CONFINES
def test_an_agent_cannot_be_asked(built, tmp_path):
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        log, _ = built(f"test -S {tmp_path}/agent && echo reached; env")
    assert "reached" not in log


@CONFINES
def test_other_processes_are_not_visible(built):
    log, _ = built(f"cat /proc/{os.getpid()}/environ; ls -d /proc/[0-9]* | wc -l")
    assert int(log.split()[-1]) < 10


def test_the_environment_is_a_builds_own(home, built):
    log, _ = built("env")
    assert "CANARY" not in log
    assert "SSH_AUTH_SOCK" not in log
    assert f"HOME={home}" not in log


@pytest.mark.parametrize("confines", [pytest.param(True, marks=CONFINES), False], ids=["confined", "not confined"])
def test_what_it_started_ends_with_the_build_even_in_a_session_of_its_own(built, monkeypatch, confines):
    monkeypatch.setattr(confined, "can_confine", lambda: confines)
    seconds = f"{700 + os.getpid() % 1000}.{int(confines)}5"
    _, result = built(f"setsid nohup sleep {seconds} >/dev/null 2>&1 &\nsleep 0.2; pgrep -f 'sleep {seconds}' >kept")
    assert result.status == "SUCCEEDED", "it ran while the build ran"
    assert _ended(seconds)


@CONFINES
@pytest.mark.parametrize(("command", "reason"), [("exit 7", "exit status 7"), ("kill -9 $$", "signal: killed")])
def test_how_a_command_ends_is_reported_as_without(built, command, reason):
    _, result = built(command)
    message = next(phase for phase in result.phases if phase.status == "FAILED").contexts[0].message
    assert message.endswith(reason)


def test_no_artifact_leads_out_of_the_sources(home, built):
    _, result = built(f"ln -s {home}/.aws/credentials stolen; echo mine > own")
    assert list(result.artifacts) == ["own"]
