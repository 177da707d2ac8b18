"""An engine for the tests that need one, and projects that they bring up on a sandbox whose app really runs.

Without an engine they are skipped; where CONTAINERS_REQUIRED is set, as in CI, that is a failure.
"""

import contextlib
import json
import os
import pty
import socket
import ssl
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ecsctl.sandbox.containers import engine as engines
from ecsctl.sandbox.containers import firewall, leftovers
from ecsctl.sandbox.containers.authority import AUTHORITY
from ecsctl.sandbox.containers.registry import Registry
from ecsctl.sandbox.core.defaults import NO_CONTAINERS, NO_REGISTRY
from ecsctl.sandbox.server import process
from tests.containers import base

pytest.register_assert_rewrite("tests.containers.agreement")
FAST = 300.0  # AWS's seconds in one, for what only waits for AWS; it tells of stopped tasks for an hour: 12 of ours
COMMAND = [sys.executable, "-m", "ecsctl"]
CI = ("CI", "GITHUB_ACTIONS")
BACKEND = Path(__file__).parents[2] / "backend"
DOCKERFILE = f"""\
FROM {base.NAME}
WORKDIR /app
COPY app.py .
ARG IMAGE_TAG=dev
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 IMAGE_TAG=$IMAGE_TAG
USER 10001
CMD ["python3", "-m", "app"]
"""
APP = (BACKEND / "app.py").read_text()
SLOW = APP.replace(
    "def serve(",
    '''import asyncio


@app.get("/slow")
async def slow() -> str:
    """One of those that are under way when a task has to go."""
    await asyncio.sleep(1.5)
    return app.version


def serve(''',
)
LIGHT = '''"""An app that has started at once: `/` tells its version."""

import http.server
import json
import os
import signal
import sys

HEALTH = "/healthz"
PORT = 8000


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path in ("/", HEALTH)
        body = json.dumps({"version": os.environ["IMAGE_TAG"]} if known else {}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(f"Server listening on port {PORT}")
http.server.ThreadingHTTPServer(("", PORT), Answers).serve_forever()
'''
CONFIG = """\
name = "{name}"

[domain]
name = "{name}.ecsctl.example"
hosted_zone = "ecsctl.example"

[service]
port = 8000
health_path = "/healthz"
cpu = 1024
memory = 2048
exec = true
environment = {{ APP_NAME = "{name}" }}
permissions = [{{ actions = ["s3:CreateBucket", "s3:PutObject", "s3:GetObject"], resources = ["arn:aws:s3:::app-*"] }}]

[service.ulimits]
nofile = 2048

[volumes.data]
path = "/data"

[github]
repository = "ecsctl/{name}"
branch = "main"
token_secret = "github/token"

[pipeline]
deploy_timeout_minutes = 5
"""
HELPED = (
    # On a busy machine what is not waited for with the slow clock takes minutes of the sandbox's.
    CONFIG.replace("deploy_timeout_minutes = 5", "deploy_timeout_minutes = 10")
    + """
[release]
command = ["python3", "-c", "import os; print('migrated', os.environ['APP_NAME'])"]

[jobs.report]
command = ["python3", "-c", "print('reported')"]
schedule = "cron(0 3 1 1 ? *)"

[service.depends_on]
helper = "HEALTHY"

[sidecars.helper]
image = "{image}"
command = ["sh", "-c", "trap 'exit 0' TERM; > /tmp/well; while :; do sleep 0.2; done"]
volumes = {{ data = "/shared" }}

[sidecars.helper.health]
command = ["CMD-SHELL", "ls /tmp/well"]
"""
)
# With exec an init is the first process, and tells it otherwise; and the less memory there is, the sooner it is taken.
PLAIN = CONFIG.replace("exec = true", "exec = false").replace("cpu = 1024\nmemory = 2048", "cpu = 512\nmemory = 1024")
PLAIN += "\n[deployment.circuit_breaker]\nfailures = 1\n"


@pytest.fixture(scope="session")
def engine() -> engines.Engine:
    """The engine of this machine, with the base image in it."""
    found = engines.find({name: value for name, value in os.environ.items() if name != NO_CONTAINERS})
    if found.socket is None:
        if os.environ.get("CONTAINERS_REQUIRED"):
            pytest.fail(f"there must be an engine here: {found.message}")
        pytest.skip(found.message)
    made = engines.Engine(found.socket)
    base.made(made)
    return made


@pytest.fixture(scope="session")
def a_registry(engine: engines.Engine) -> None:
    """This machine has a registry, too."""
    if not Registry(engine).usable:
        if os.environ.get("CONTAINERS_REQUIRED"):
            pytest.fail("there must be a registry here: docker-registry is not installed")
        pytest.skip("no registry is on this machine")


@dataclass
class Ran:
    """Describes how a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Project:
    """A repository with the sample app, and ecsctl as a person runs it in there, on the sandbox."""

    folder: Path
    name: str
    engine: engines.Engine
    ups: list[Ran] = field(default_factory=list)
    served: str = ""  # the commit that answers
    registry: bool = True  # whether images go into a registry, where this machine has one

    @property
    def record(self) -> Path:
        """Returns where ecsctl keeps what it knows."""
        return self.folder / ".ecsctl"

    def ecsctl(self, *words: str, check: bool = True, timeout: float = 240) -> Ran:
        """Run a command; `check` that it succeeds."""
        done = subprocess.run([*COMMAND, *words], cwd=self.folder, env=self.environment(), check=False,
                              capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)  # fmt: skip
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert not check or ran.code == 0, f"{words}: {ran.code}\n{ran.out}\n{ran.err}\n{self.log()}"
        return ran

    def environment(self) -> dict[str, str]:
        """Returns what a person with this engine has in the environment."""
        own = {name: value for name, value in os.environ.items() if name != NO_CONTAINERS}
        own |= {"DOCKER_HOST": f"unix://{self.engine.path}", "COLUMNS": "400"}
        return own if self.registry else own | {NO_REGISTRY: "0"}

    def typed(self, keys: str, *words: str) -> Ran:
        """Run a command on a terminal, and type there; what comes back is all in `out`."""
        ours, theirs = pty.openpty()
        person = {name: value for name, value in self.environment().items() if name not in CI} | {"TERM": "xterm"}
        with subprocess.Popen([*COMMAND, *words], cwd=self.folder, env=person, stdin=theirs, stdout=theirs,
                              stderr=theirs, start_new_session=True) as process:  # fmt: skip
            os.close(theirs)
            os.write(ours, keys.encode())
            output = b""
            with contextlib.suppress(OSError):  # the other end is closed
                while part := os.read(ours, 4096):
                    output += part
            os.close(ours)
            return Ran(process.wait(60), output.decode(), "")

    def log(self) -> str:
        """Returns what the sandbox's server has complained of."""
        path = self.record / "sandbox.log"
        return path.read_text()[-4000:] if path.exists() else ""

    def write(self, **files: str) -> None:
        """Change files (`app` for app.py), and commit them."""
        names = {"app": "app.py", "dockerfile": "Dockerfile", "config": "ecsctl.toml"}
        for name, text in files.items():
            (self.folder / names[name]).write_text(textwrap.dedent(text))
        self.git("add", "-A")
        self.git("commit", "-qm", "changed", "--allow-empty")

    def git(self, *words: str) -> str:
        """Run git in there."""
        who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        done = subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def call(self, name: str, **arguments: Any) -> Any:
        """Throw a switch of the sandbox."""
        return process.call(self.record, name, arguments)

    @property
    def url(self) -> str:
        """Returns where the app opens on this machine."""
        return self.urls[0]

    @property
    def urls(self) -> list[str]:
        """Returns where its listeners open on this machine, HTTPS first."""
        [found] = self.call("fronts").values()
        return list(found)

    def get(self, path: str = "/", url: str = "") -> tuple[int, Any, str]:
        """Ask the app as a client that trusts the sandbox's authority: code, body, and where that was."""
        trust = ssl.create_default_context(cafile=str(self.record / AUTHORITY))
        try:
            with urllib.request.urlopen((url or self.url) + path, context=trust, timeout=30) as answer:  # noqa: S310 - on loopback
                return answer.status, json.loads(answer.read() or "null"), answer.url
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.url or ""

    def tasks(self) -> list[dict[str, Any]]:
        """The containers of the sandbox that the engine has, running or not."""
        return self.engine.ours("containers", leftovers.whose(self.record))

    def left(self) -> list[str]:
        """Returns what of the sandbox's is in the engine, and in the packet filter."""
        whose, kinds = leftovers.whose(self.record), ("containers", "images", "networks", "volumes")
        rules = subprocess.run("iptables -S || true", shell=True, check=True, capture_output=True, text=True).stdout  # noqa: S602 - may not be there
        return [line for line in rules.splitlines() if firewall.chain(whose) in line] + [
            f"{kind}: {one}" for kind in kinds for one in self.engine.ours(kind, whose)
        ]


def until(holds: Callable[[], object]) -> None:
    """Wait for something that becomes true."""
    limit = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < limit, "it does not come"
        time.sleep(0.05)


def listens(url: str) -> bool:
    """Whether anything takes connections at an address of this machine."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


def made(folder: Path, name: str, engine: engines.Engine, app: str = SLOW, config: str = CONFIG) -> Project:
    """A project with an app, committed: the sample app with a page that takes its time, if nothing else is said."""
    project = Project(folder, name, engine)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(app)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "ecsctl.toml").write_text(config.format(name=name, image=base.NAME))
    (folder / ".gitignore").write_text(".ecsctl/\n")
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    project.write()
    return project


@contextlib.contextmanager
def up(project: Project, speed: float = process.SPEED) -> Iterator[Project]:
    """A project that is up; nothing of it is left afterwards. `speed` is that of the sandbox's clock."""
    try:
        start = "import sys, pathlib; from ecsctl.sandbox.server import process; "
        start += "process.start(pathlib.Path(sys.argv[1]), float(sys.argv[2]))"
        # By a process that ends: a sandbox that this one had started would stay as a zombie until it ends, too.
        subprocess.run([sys.executable, "-c", start, project.record, str(speed)], env=project.environment(), check=True)
        project.ups.append(project.ecsctl("up", "--sandbox", "--yes"))
        project.served = project.git("rev-parse", "HEAD")
        yield project
    finally:
        process.stop(project.record)
        with contextlib.suppress(engines.EngineError):  # one that a test has ended has told why it fails, if it does
            leftovers.clear(project.engine, leftovers.whose(project.record))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, engine: engines.Engine) -> Iterator[Project]:
    """The sample app, up."""
    with up(made(tmp_path_factory.mktemp("project"), "hello", engine, config=HELPED)) as project:
        yield project


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory, engine: engines.Engine) -> Iterator[Project]:
    """An app that starts at once, up where AWS's own waiting takes next to no time; its images are in no registry."""
    one = made(tmp_path_factory.mktemp("project"), "fails", engine, LIGHT, PLAIN)
    one.registry = False
    with up(one, FAST) as project:
        yield project
