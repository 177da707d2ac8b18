"""Every call that the commands make, over several configurations, recorded once in a process."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.loaders
import botocore.model
from botocore import xform_name

from ecsctl import session
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.cli import main
from ecsctl.sandbox.aws.codebuild.state import fail_next_build
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.stack.conftest import shared_session

CONNECTION = "arn:aws:codeconnections:eu-central-1:123456789012:connection/{id}"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github/token"  # noqa: S105 - a name

ORDINARY = """
name = "hello"
[domain]
name = "hello.ecsctl.example"
[github]
repository = "ecsctl/hello"
"""
CHANGED = """
name = "hello"
owner = "ann"
permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
[tags]
team = "web"
[domain]
name = "hello.ecsctl.example"
[service]
cpu = 512
memory = 1024
exec = true
health_path = "/"
container_insights = "disabled"
deregistration_delay_seconds = 10
environment = { GREETING = "hi" }
autoscaling = { min = 1, max = 3 }
[load_balancer]
idle_timeout_seconds = 120
http2 = false
[ecr]
mutability = "MUTABLE"
scan_on_push = false
keep_images = 7
[logs]
retention_days = 7
[github]
repository = "ecsctl/hello"
branch = "release"
[build]
compute = "medium"
environment = { A = "b" }
[pipeline]
approvals = [{ name = "Review", note = "sure?" }]
tests = [{ name = "Smoke", buildspec = "tests.yml" }]
"""
BARE = """
name = "hello"
"""
ALONE = """
name = "hello"
[vpc]
egress = "public"
[service]
architecture = "X86_64"
[github]
repository = "ecsctl/hello"
[pipeline]
mode = "build-only"
"""
ALONE_CHANGED = ALONE.replace("hello\"\n[pipeline]", "hello\"\nbranch = \"next\"\n[pipeline]") + """
[service.autoscaling]
min = 2
max = 3
cpu_percent = 50
memory_percent = 70
resolution_seconds = 20
""".lstrip()  # fmt: skip
_LONG, _PATH = "x" * 95, "s" * 251 + ".yml"
_TAGS = "".join(f'"{"k" * 125}{n:02}" = "{"v" * 255}"\n' for n in range(40))
_APPROVALS = ", ".join(f'{{ name = "{_LONG}-a{n}", note = "{"n" * 1000}" }}' for n in range(50))
_TESTS = ", ".join(f'{{ name = "{_LONG}-t{n}", buildspec = "{_PATH}" }}' for n in range(2))
EXTREME = f"""
name = "hello-extremely-long"
owner = "{"o" * 255}"
permissions_boundary = "arn:aws:iam::aws:policy/{"b" * 100}"
[tags]
{_TAGS}[domain]
name = "{"d" * 40}.{"e" * 8}.ecsctl.example"
[service]
health_path = "/{"h" * 1023}"
stop_timeout_seconds = 120
log_buffer_mib = 128
health_check_grace_seconds = 2147483647
environment = {{ {"A" * 200} = "", B = "{"b" * 5000}" }}
[load_balancer]
idle_timeout_seconds = 4000
[ecr]
keep_images = 1000
[logs]
retention_days = 3653
[github]
repository = "{"g" * 39}/{"r" * 100}"
branch = "{"b" * 244}"
[build]
buildspec = "{_PATH}"
compute = "xlarge"
timeout_minutes = 2160
[pipeline]
deploy_timeout_minutes = 60
approvals = [{_APPROVALS}]
tests = [{_TESTS}]
"""
"""Every text at its longest and every number at its largest, all at once, but for what costs the tests time."""
FAILING = CHANGED + "# the next build fails\n"
RUNS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "ordinary": (
        (ORDINARY, ("plan", "up --yes", "up --yes", "plan", "status", "status --output json", "why", "logs",
                    "logs --build", "history", "history diff 1 2", "creds status", "pipeline status", "pipeline run",
                    "pipeline stop", "pipeline logs", "deploy --build", "deploy", "rollback --yes", "cancel")),
        (CHANGED, ("plan", "up --yes", "up --yes", "status", "deploy", "pipeline run", "why",
                   "pipeline status --watch --timeout 10", "pipeline approve --watch", "creds rotate -")),
        (FAILING, ("pipeline run", "pipeline status --watch --timeout 10", "why", "logs --build", "pipeline retry",
                   "history")),
        (ORDINARY, ("up --yes", "down --yes --force", "status")),
    ),
    "bare": ((BARE, ("up --yes --image public.ecr.aws/nginx/nginx:latest", "status", "why", "logs", "history",
                     "exec -- ls", "down --yes --force")),),
    "extreme": ((EXTREME, ("up --yes --image public.ecr.aws/nginx/nginx:latest", "down --yes --force")),),
    "alone": ((ALONE, ("up --yes", "plan", "status", "why", "logs --build")),
              (ALONE_CHANGED, ("up --yes", "status", "why", "down --yes --force"))),
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One call, as it was sent: of which service, by which command."""

    service: str
    operation: str
    parameters: dict[str, Any]
    command: str

    @property
    def model(self) -> botocore.model.OperationModel:
        """AWS's model of the operation."""
        return operation(self.service, self.operation)


@functools.cache
def model(service: str) -> botocore.model.ServiceModel:
    """AWS's model of a service."""
    loaded = botocore.loaders.create_loader().load_service_model(service, "service-2")
    return botocore.model.ServiceModel(loaded, service)


@functools.cache
def methods(service: str) -> dict[str, str]:
    """Returns what boto3 calls each operation of a service, and AWS."""
    return {xform_name(name): name for name in model(service).operation_names}


def known(service: str, method: str) -> bool:
    """Whether boto3 has such a method for the service."""
    return method in methods(service)


def operation(service: str, method: str) -> botocore.model.OperationModel:
    """The model of an operation by the name of boto3's method."""
    return model(service).operation_model(methods(service)[method])


@functools.cache
def calls() -> tuple[Made, ...]:
    """Every call of every command in RUNS."""
    made: list[Made] = []
    for run in RUNS.values():
        with tempfile.TemporaryDirectory() as folder, _in(Path(folder)), inprocess() as clock:
            for toml, commands in run:
                (Path(folder) / "ecsctl.toml").write_text(toml)
                if toml is FAILING:
                    fail_next_build("BUILD", "the tests fail")
                for command in commands:
                    _play(command, clock, made)
    return tuple(made)


def _play(command: str, clock: Clock, made: list[Made]) -> None:
    """Run one command; how it ends is other tests' business."""

    def heard(service: str, method: str, _seconds: float, _failure: object, parameters: dict[str, Any]) -> None:
        made.append(Made(service, method, parameters, command))

    def aws(_place: session.Place, _region: str | None = None) -> Aws:
        return Aws(Patience(clock), session=shared_session(), heard=heard)

    said = io.StringIO()
    with (
        mock.patch.object(session.Place, "aws", aws),
        mock.patch.object(sys, "argv", ["ecsctl", *command.split()]),
        mock.patch.object(sys, "stdin", io.StringIO("ghp_another0000000000000000000000000000\n")),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        contextlib.suppress(SystemExit),
    ):
        main()
    if os.environ.get("SHOW"):
        print(f"--- {command}\n{said.getvalue()}", file=sys.__stdout__)


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ECSCTL_")}
    (folder / ".git").mkdir()
    with contextlib.chdir(folder), mock.patch.dict(os.environ, clean, clear=True):
        yield
