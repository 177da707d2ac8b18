"""The behaviour of an app: where it listens, how it answers the health check, and how much memory it needs.

Scripted as the kind "app" of `script_tasks`. Whatever the script leaves out is as configured, so that the task is
healthy once the configuration or the app has been fixed. An app that was built here answers on the port and paths that
its sources contain (`words`). Nothing is known about an image that was built elsewhere, so it answers everywhere.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from moto.ecs.models import EC2ContainerServiceBackend
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws.ecs.outside import Run
from ecsctl.sandbox.aws.ecs.state import Task, Wire, balancers
from ecsctl.sandbox.containers.probing import matches_code

KILLED = "OutOfMemoryError: Container killed due to memory usage"
UNKNOWN_METHOD = "/AWS.ALB/healthcheck"  # the default method for gRPC (ELB API reference, CreateTargetGroup)
OK, UNIMPLEMENTED = 0, 12  # codes of gRPC
GRPC = frozenset({"tonic", "protobuf", "proto", "connectrpc"})
"""Words that show gRPC in sources that do not name it."""
FRAMEWORKS = frozenset({"actuator", "admin", "api-docs", "docs", "openapi", "q", "swagger"})
"""Path segments that frameworks answer although no source of the app contains them."""


def failed_app(backend: EC2ContainerServiceBackend, task: Task, app: Wire, words: frozenset[str] | None) -> Run | None:
    """Returns how a task fails because the app does not match its task definition or target group; None if it matches.

    Keys of `app`: the `memory` that it needs in MiB (`quiet`: ECS does not report that as the reason), the `host` and
    `port` on which it listens (`silent`: its log does not show them), `answers` by path and `otherwise` for all other
    paths, the `lines` that it logs, and the protocol version that it `speaks` (HTTP1, HTTP2 or GRPC).
    """
    lines: tuple[str, ...] = tuple(app.get("lines", ()))
    if int(app.get("memory", 0)) > int(task.definition.document.get("memory", 0)):
        return Run("exit", 30.0, 137, None if app.get("quiet") else KILLED, lines=lines)
    for balancer in balancers(task):
        asked = int(balancer["containerPort"])
        host, port = str(app.get("host", "0.0.0.0")), int(app.get("port", asked))  # noqa: S104 - a word in a log
        if host != "0.0.0.0" or port != asked:  # noqa: S104 - as above
            output = lines if app.get("silent") else (f"Listening on http://{host}:{port}", *lines)
            return _unhealthy("Target.FailedHealthChecks", "Health checks failed", output)
        groups: Any = elbv2_backends[backend.account_id][backend.region_name].target_groups
        group = groups.get(balancer["targetGroupArn"])
        if group is None or group.health_check_protocol not in ("HTTP", "HTTPS"):
            continue
        version = group.protocol_version or "HTTP1"
        if not _supports_version(app, words, version):
            return _unhealthy("Target.FailedHealthChecks", "Health checks failed", lines)
        answers = called if version == "GRPC" else answer
        code = answers(app, words, group.health_check_path)
        if not matches_code(code, group.matcher.get("GrpcCode") or group.matcher.get("HttpCode", "200")):
            return _unhealthy("Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{code}]", lines)
    return None


def answer(app: Wire, words: frozenset[str] | None, path: str) -> int:
    """The status code that an app returns for a path."""
    bare = urlsplit(path).path or "/"
    answers = app.get("answers", {})
    if path in answers or bare in answers:
        return int(answers.get(path, answers.get(bare)))
    if "otherwise" in app:
        return int(app["otherwise"])
    parts = [part.lower() for part in bare.split("/") if part]
    if not words or not parts or FRAMEWORKS & set(parts) or all(part in words for part in parts):
        return 200
    return 200 if parts[-1] == "login" and "admin" in words else 404  # Django's admin site, wherever it is mounted


def called(app: Wire, words: frozenset[str] | None, method: str) -> int:
    """The gRPC status code that an app returns for a method: 12, UNIMPLEMENTED, if it has no such method."""
    answers = app.get("answers", {})
    if method in answers:
        return int(answers[method])
    parts = [part for part in re.split(r"[/.]", method.lower()) if part]
    known = method != UNKNOWN_METHOD and (not words or all(part in words for part in parts))
    return OK if known else UNIMPLEMENTED


def _supports_version(app: Wire, words: frozenset[str] | None, version: str) -> bool:
    """Whether an app supports a protocol version: by the script's `speaks`, or for gRPC, by its sources."""
    if "speaks" in app:
        return str(app["speaks"]) == version
    return version != "GRPC" or not words or any("grpc" in word for word in words) or not words.isdisjoint(GRPC)


def _unhealthy(reason: str, text: str, lines: tuple[str, ...]) -> Run:
    return Run("unhealthy", target_reason=reason, target_description=text, lines=lines)
