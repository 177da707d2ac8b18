"""HTTP requests to an app: how a load balancer of the sandbox answers at a URL."""

import contextlib
import http.client
from typing import Any
from urllib.parse import urlsplit

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws.ecs import apps, engine_tasks, scripts, task_outcomes
from ecsctl.sandbox.aws.ecs.state import backend_of, balancers, services
from ecsctl.sandbox.aws.ecs.time import tick_all
from ecsctl.sandbox.core import script

REDIRECT, NO_ANSWER, NOBODY = 301, 502, 503  # by the load balancer itself (ELB guide, "HTTP 503: Service unavailable")
INCOMPATIBLE = 464  # an HTTP/1.1 request to a target group of another protocol version (ELB guide, "HTTP 464")
_PATIENCE = 5.0  # real seconds


@script.switch
def visit(url: str) -> int:
    """The status code of the answer. Raises ScriptError if no load balancer of the sandbox listens at the URL."""
    tick_all()
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    for region, backend in elbv2_backends[DEFAULT_ACCOUNT_ID].items():
        for balancer in backend.load_balancers.values():
            if balancer.dns_name.lower() != (parts.hostname or "").lower():
                continue
            for listener in balancer.listeners.values():
                if int(listener.port) == port:
                    return _answered(region, listener.default_actions[0].data, url)
    raise script.ScriptError(f"no load balancer of the sandbox listens at {url}")


def _real(port: int, path: str) -> int:
    """The status code from a task's real container, at its port on this machine."""
    try:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return NO_ANSWER


def _answered(region: str, action: dict[str, Any], url: str) -> int:
    if action["Type"] != "forward":
        return REDIRECT
    groups = action["ForwardConfig"]["TargetGroups"]
    arn = max(groups, key=lambda one: int(one.get("Weight", 1)))["TargetGroupArn"]
    group: Any = elbv2_backends[DEFAULT_ACCOUNT_ID][region].target_groups[arn]
    if (group.protocol_version or "HTTP1") != "HTTP1":
        return INCOMPATIBLE
    parts, backend = urlsplit(url), backend_of(DEFAULT_ACCOUNT_ID, region)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    for service in services(backend):
        for task in service.tasks:
            if task.healthy and any(one["targetGroupArn"] == arn for one in balancers(task)):
                if (here := engine_tasks.task_run(task)) is not None:
                    return _real(next(iter(here.ports.values())), path)
                script_of = scripts.scripted(backend, task.definition)
                return apps.answer(
                    script_of.options if script_of.kind == "app" else {}, task_outcomes.words(task), path
                )
    return NOBODY
