import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ecsctl.sandbox.containers import leftovers
from ecsctl.sandbox.core import scratch
from ecsctl.sandbox.server import process


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / ".ecsctl"
    process.stop(tmp_path / ".ecsctl")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """The folder of a sandbox that runs, for the tests that leave it running."""
    folder = tmp_path_factory.mktemp("shared") / ".ecsctl"
    process.start(folder)
    yield folder
    process.stop(folder)


def gone(pid):
    for _ in range(200):
        if not process._is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_importing_it_loads_neither_moto_nor_boto3_nor_anything_slow():
    code = "import sys, ecsctl.sandbox.server.process; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for module in ("moto", "boto3", "botocore", "flask", "werkzeug", "rich", "typer", "filelock", "http", "asyncio"):
        assert f"'{module}'" not in loaded


def test_two_starts_at_once_end_with_one_server_that_lives_across_commands_and_is_replaced_once_dead(folder):
    started = f"print(process.start(Path({str(folder)!r})).pid)"
    code = f"from pathlib import Path; from ecsctl.sandbox.server import process; {started}"
    with ThreadPoolExecutor(2) as pool:
        outputs = list(pool.map(lambda _: subprocess.check_output([sys.executable, "-c", code], text=True), range(2)))
    first = process.status(folder)
    assert first is not None
    assert [int(output) for output in outputs] == [first.pid, first.pid]
    assert process.start(folder) == first
    assert first.url == f"http://127.0.0.1:{first.port}"

    os.kill(first.pid, signal.SIGKILL)
    assert gone(first.pid)
    assert process.status(folder) is None
    assert process.stop(folder) is False
    second = process.start(folder)
    assert second.pid != first.pid

    assert process.stop(folder) is True
    assert gone(second.pid)
    assert process.status(folder) is None
    assert not (folder / "sandbox.json").exists()
    assert process.stop(folder) is False


def test_it_ends_by_itself_when_nobody_asks_any_more_or_its_folder_disappears(tmp_path):
    forgotten, removed = tmp_path / "forgotten", tmp_path / "removed"
    with ThreadPoolExecutor(2) as pool:
        idle, homeless = pool.map(process.start, (forgotten, removed), (30.0, 30.0), (0.5, 60.0))
    for path in removed.iterdir():
        path.unlink()
    removed.rmdir()
    assert gone(homeless.pid)
    assert gone(idle.pid)
    assert not (forgotten / "sandbox.json").exists()


def test_where_a_crash_left_containers_in_an_engine_that_does_not_answer_stop_says_so_and_can_be_said_again(tmp_path):
    record = {"url": "http://127.0.0.1:1", "pid": 1, "port": 1, "started": 0.0, "speed": 60.0, "nonce": "", "key": "",
              "engine": str(tmp_path / "docker.sock")}  # fmt: skip
    (tmp_path / "sandbox.json").write_text(json.dumps(record))
    for _ in range(2):
        with pytest.raises(process.SandboxError, match=r"docker\.sock does not answer"):
            process.stop(tmp_path)
        assert (tmp_path / "sandbox.json").exists()
    (tmp_path / "sandbox.json").write_text(json.dumps(record | {"engine": ""}))
    assert process.stop(tmp_path) is False
    assert not (tmp_path / "sandbox.json").exists()


def test_what_builds_of_a_killed_sandbox_left_goes_at_its_end_with_what_still_works_there(tmp_path, monkeypatch):
    folder, temporary = tmp_path / ".ecsctl", tmp_path / "temporary"
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    folder.mkdir()
    (folder / "sandbox.json").write_text(json.dumps({"engine": ""}))
    left, other = (temporary / f"ecsctl-sandbox-{name}-x" for name in (leftovers.whose(folder), "another"))
    for place in (left, other):
        place.mkdir(parents=True)
        (place / "secret").write_text("s3cr3t")
    (temporary / f"{left.name}-link").symlink_to(other)
    with subprocess.Popen(["sleep", "60"], cwd=left) as works:
        process.stop(folder)
        assert works.wait(timeout=20) == -signal.SIGKILL
    assert not left.exists()
    assert (other / "secret").exists()


def test_when_it_ends_no_build_gets_a_folder_any_more(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("_whose", "_place", "_over"):
        monkeypatch.setattr(scratch, name, getattr(scratch, name))
    scratch.use("mine")
    assert Path(scratch.place()).parent == tmp_path
    scratch.end()
    assert not list(tmp_path.iterdir())
    with pytest.raises(OSError, match="the sandbox ends"):
        scratch.place()


def test_what_it_writes_is_for_its_owner_alone(shared):
    folder = shared
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("sandbox.json", "sandbox.log"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "\x00\xff"])
def test_a_broken_record_counts_as_none(tmp_path, content):
    (tmp_path / "sandbox.json").write_text(content)
    assert process.status(tmp_path) is None


def test_a_process_that_is_not_ours_is_never_sent_a_signal(shared, tmp_path):
    running = process.start(shared)
    other = tmp_path / "other"
    other.mkdir()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        # A record whose process number now belongs to another program, and whose port to another sandbox.
        stale = replace(running, pid=bystander.pid, nonce="0" * 32)
        (other / "sandbox.json").write_text(process.recorded(stale))
        assert process.status(other) is None
        assert process.stop(other) is False
        assert bystander.poll() is None
        bystander.kill()
    assert process.status(shared) == running


def test_its_age_is_by_its_own_clock_and_an_engine_that_has_stopped_meanwhile_is_reported(shared):
    running = process.status(shared)
    real, its_own = time.time() - running.started, process.now(running) - running.started
    assert its_own > real
    assert "nowhere.sock does not answer" in process.containers(replace(running, engine="/nowhere.sock"))


def test_a_folder_that_cannot_be_written_is_named_with_the_reason(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(process.files, "folder", refused)
    with pytest.raises(process.SandboxError, match=r"cannot be written in .*\.ecsctl: Operation not permitted") as told:
        process.start(tmp_path / ".ecsctl")
    assert "make it writable" in told.value.hint


def test_reset_needs_a_running_sandbox(shared, tmp_path):
    with pytest.raises(process.SandboxError, match="ecsctl sandbox start"):
        process.reset(tmp_path)
    process.reset(shared)


def test_a_missing_extra_is_reported_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(process.importlib.util, "find_spec", lambda name: None if name == "moto" else object())
    with pytest.raises(process.SandboxError) as caught:
        process.start(tmp_path)
    said, command, lock = str(caught.value).partition(f"{sys.executable} -m pip install --require-hashes -r ")
    assert command
    assert "(moto)" in said
    assert "moto==" in Path(lock).read_text()


def test_no_message_advises_to_install_a_name_that_may_be_anybodys():
    """A registry gives a name to whoever comes first: what is advised is locked by its hashes, or ours."""
    source = Path(process.__file__).parents[2]
    advice = re.compile(
        r"(?:pip3?|pipx|uv|uvx|npm|brew|apt|apt-get)\s+(?:tool\s+)?(?:install|add)\s+(?!--require-hashes)\S"
    )
    found = {
        f"{path.relative_to(source)}: {line.strip()}"
        for path in source.rglob("*.py")
        if path.name != "tools.py"
        for line in path.read_text().splitlines()
        if advice.search(line)
    }
    assert found == set()


def test_a_server_that_cannot_start_is_reported_with_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr(process.sys, "executable", "/bin/false")
    with pytest.raises(process.SandboxError, match="ended while starting"):
        process.start(tmp_path)


def test_nothing_of_the_users_aws_settings_gets_into_a_run(folder):
    users = {
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://s3.example",
        "AWS_CONFIG_FILE": "/home/me/.aws/config",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "BOTO_CONFIG": "/home/me/.boto",
        "HTTP_PROXY": "http://proxy.example:3128",
        "NO_PROXY": "internal.example",
        "PATH": "/bin",
    }
    sandbox = process.Sandbox("http://127.0.0.1:1", 1, 1, 0.0, 60.0, "nonce", "AKIAKEY")
    ours = process.environment(sandbox, users)
    assert {name: value for name, value in ours.items() if name.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "AKIAKEY",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert ours["NO_PROXY"] == ours["no_proxy"] == "internal.example,127.0.0.1"
    assert ours["PATH"] == "/bin"
    assert "BOTO_CONFIG" not in ours


def test_the_users_region_stays(folder):
    sandbox = process.Sandbox("http://127.0.0.1:1", 1, 1, 0.0, 60.0, "nonce", "AKIAKEY")
    ours = process.environment(sandbox, {"AWS_DEFAULT_REGION": "us-west-2"})
    assert ours["AWS_REGION"] == ours["AWS_DEFAULT_REGION"] == "us-west-2"


def test_entering_replaces_this_process_environment(folder, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ) | {"AWS_PROFILE": "production"})
    sandbox = process.Sandbox("http://127.0.0.1:1", 1, 1, 0.0, 60.0, "nonce", "AKIAKEY")
    process.enter(sandbox)
    assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_the_record_is_whole_and_nothing_is_left_beside_it(shared):
    folder = shared
    assert json.loads((folder / "sandbox.json").read_text()).keys() == {
        "url", "pid", "port", "started", "speed", "nonce", "key", "containers", "engine",
    }  # fmt: skip
    assert [path.name for path in folder.iterdir() if path.name.startswith("sandbox.json.")] == []
