"""The sample app, served for real by the command its image runs, on a free port of 127.0.0.1."""

import concurrent.futures
import contextlib
import json
import platform
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

IDLE_TIMEOUT = 60  # seconds after which an Application Load Balancer, by default, gives up an idle connection
DEREGISTRATION_DELAY = 30  # seconds, as ecsctl sets it on the target group
STOP_TIMEOUT = 30  # seconds from SIGTERM to SIGKILL in ECS, by default


class Served:
    """A running app: its URL, its log and its process."""

    def __init__(self, process):
        self.process = process
        self.url = self.wait_for(r"running on (http://127\.0\.0\.1:\d+)")[1]

    def wait_for(self, pattern):
        """Read the log up to the line that matches; the log's end means that the app died."""
        read = []
        for line in self.process.stdout:
            read.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"{pattern!r} never came; the app said:\n{''.join(read)}")

    def get(self, path, **headers):
        request = urllib.request.Request(self.url + path, headers=headers)  # noqa: S310  # http, on loopback
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # the same
            return json.load(answer)

    def stop(self):
        """Send SIGTERM, as ECS does, and give the exit code and what the log still said."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        """Wait for the app's end: its exit code and what the log still said."""
        rest = self.process.stdout.read()
        return self.process.wait(timeout=60), rest


@pytest.fixture
def serve(backend):
    """`serve(command, NAME=value)` starts the app and gives it once it listens; it is gone when the test is over."""
    with contextlib.ExitStack() as stack:

        def start(command, **env):
            env = {"HOST": "127.0.0.1", "PORT": "0", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(backend), **env}
            pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
            process = stack.enter_context(
                subprocess.Popen(command, cwd=backend, env=env, text=True, stderr=subprocess.STDOUT, **pipes)
            )
            stack.callback(process.kill)
            return Served(process)

        yield start


@pytest.fixture
def command(final_stage):
    """The image's own command, run by the Python of these tests."""
    python, *arguments = json.loads(final_stage["CMD"])
    assert python == "python"
    return [sys.executable, *arguments]


def test_the_front_page_tells_which_version_answers_and_where(serve, command):
    app = serve(command, APP_NAME="shop", IMAGE_TAG="3f2a9c1")

    assert app.get("/") == {
        "app": "shop",
        "version": "3f2a9c1",
        "hostname": socket.gethostname(),
        "architecture": platform.machine(),
    }


def test_it_runs_without_any_setting(serve, command):
    page = serve(command).get("/")

    assert (page["app"], page["version"]) == ("backend", "dev")


def test_a_health_check_is_answered_and_not_logged(serve, command):
    app = serve(command)

    assert app.get("/healthz") == {"status": "ok"}
    app.get("/")
    code, log = app.stop()

    assert code == 0
    assert '"GET / HTTP/1.1" 200' in log
    assert "/healthz" not in log


def test_the_log_names_the_client_that_the_load_balancer_saw(serve, command):
    """The balancer appends the client it saw to what the client itself claimed. Only the former is true."""
    app = serve(command)

    app.get("/", **{"X-Forwarded-For": "198.51.100.9, 203.0.113.7", "X-Forwarded-Proto": "https"})
    _, log = app.stop()

    assert "203.0.113.7" in log
    assert "198.51.100.9" not in log


def test_a_peer_that_is_no_proxy_is_not_believed(serve, command):
    app = serve(command, FORWARDED_ALLOW_IPS="10.0.0.0/8")

    app.get("/", **{"X-Forwarded-For": "203.0.113.7"})
    _, log = app.stop()

    assert "203.0.113.7" not in log
    assert "127.0.0.1:" in log


def test_a_request_running_at_sigterm_is_finished_and_the_app_exits_with_0(serve):
    app = serve([sys.executable, str(Path(__file__).with_name("serve_slowly.py"))])

    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(app.get, "/slow")
        app.wait_for("the slow request began")
        app.process.send_signal(signal.SIGTERM)
        app.wait_for("Waiting for connections to close")
        with pytest.raises(urllib.error.URLError, match="refused"):
            app.get("/")  # no new request meanwhile: the balancer sends none to a task that ECS stops
        assert not answer.done()
        app.process.stdin.write("go on\n")
        app.process.stdin.flush()

        assert answer.result(timeout=60) == "finished"
    code, log = app.ended()
    assert code == 0, log
    assert "Traceback" not in log


def test_it_serves_from_a_read_only_file_system(serve):
    app = serve([sys.executable, str(Path(__file__).with_name("serve_slowly.py"))])

    assert app.get("/")["app"] == "backend"
    code, log = app.stop()

    assert code == 0
    assert "Read-only file system" not in log


def test_its_timeouts_fit_the_load_balancer_and_ecs(backend, final_stage):
    spy = "import json, uvicorn; uvicorn.run = lambda app, **options: print(json.dumps(options)); "
    shown = subprocess.run(
        [sys.executable, "-c", spy + "import app; app.serve(app.app)"],
        cwd=backend,
        env={},
        capture_output=True,
        check=True,
    )
    options = json.loads(shown.stdout)

    assert options["timeout_keep_alive"] > IDLE_TIMEOUT
    # and not much less: a slow request deserves what time there is
    assert 20 <= options["timeout_graceful_shutdown"] < min(DEREGISTRATION_DELAY, STOP_TIMEOUT)
    assert options["host"] == "0.0.0.0"  # noqa: S104  # what a container must listen on
    assert str(options["port"]) == final_stage["EXPOSE"]
