"""An app as its tasks show it: where it listens, what it answers to the health check, and how much memory it needs.

Scripted as the kind "app" of `behave`. What is not given is as it should be, so that whoever mends the configuration
or the app finds the task healthy.
"""

from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws.ecs.lives import Run, balancers
from ecsctl.sandbox.aws.ecs.state import Task, Wire

KILLED = "OutOfMemoryError: Container killed due to memory usage"


def misfit(backend: EC2ContainerServiceBackend, task: Task, app: Wire) -> Run | None:
    """How a task goes wrong whose app is not what the task definition and the target group take it for; or None.

    `app`: `memory` that it needs in MiB (`quiet`: ECS does not say that this was why), `host` and `port` on which it
    listens, `answers` by path (else 200), `lines` that it logs.
    """
    lines: tuple[str, ...] = tuple(app.get("lines", ()))
    if int(app.get("memory", 0)) > int(task.definition.document.get("memory", 0)):
        return Run("exit", 30.0, 137, None if app.get("quiet") else KILLED, lines=lines)
    for balancer in balancers(task):
        asked = int(balancer["containerPort"])
        host, port = str(app.get("host", "0.0.0.0")), int(app.get("port", asked))  # noqa: S104 - a word in a log
        if host != "0.0.0.0" or port != asked:  # noqa: S104 - as above
            told = (f"Listening on http://{host}:{port}", *lines)
            return _unhealthy("Target.FailedHealthChecks", "Health checks failed", told)
        group: Any = elbv2_backends[backend.account_id][backend.region_name].target_groups[balancer["targetGroupArn"]]
        code = int(app.get("answers", {}).get(group.health_check_path, 200))
        if str(code) != group.matcher["HttpCode"]:
            return _unhealthy("Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{code}]", lines)
    return None


def _unhealthy(reason: str, text: str, lines: tuple[str, ...]) -> Run:
    return Run("unhealthy", target_reason=reason, target_description=text, lines=lines)
