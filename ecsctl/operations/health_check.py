"""Whether the running app passes a new health check, requested through its load balancer before the check is changed.

The load balancer applies a new check to the running tasks at once, and those that fail it are replaced, by tasks of the
same image that fail it too: a healthy app goes down, and the rollback of a release fails as well.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecsctl.engine.plan import Verb
from ecsctl.errors import Refused
from ecsctl.resources.support.elb import has_healthy_target, matches_code
from ecsctl.resources.target_group import WORDS, TargetGroup

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.plan import Plan, Step
    from ecsctl.engine.stack import Stack

ASKED = frozenset({"health_check_path", "matcher"})
PATIENCE = 10.0  # seconds for an answer


def check_new_health_check(aws: Aws, stack: Stack, plan: Plan, visit: Callable[[str], int]) -> None:
    """Request the new health path from the running app. `visit` returns the code that a URL answers with.

    An app that is not healthy now is not asked: the change may be the fix. Raises Refused if the answer is not among
    the expected ones, or there is none.
    """
    for step in plan.work:
        desired = stack.nodes[step.name].desired if step.name in stack.nodes else None
        if not isinstance(desired, TargetGroup) or step.verb is not Verb.UPDATE or not step.changed & ASKED:
            continue
        urls = [f"{front}{desired.health_check_path}" for front in _fronts(aws, step)]
        if not urls or not has_healthy_target(aws, step.ids.arn):
            continue
        spoken = WORDS.get(desired.protocol_version)
        found = f"it speaks {spoken}, and ecsctl does not" if spoken else _asked(visit, urls[0])
        if isinstance(found, int) and matches_code(found, desired.matcher):
            continue
        outcome = f"answers {found}" if isinstance(found, int) else f"cannot be asked: {found}"
        raise Refused(
            f"the app that runs now {outcome} at {urls[0]}, and the new health check expects {desired.matcher} there",
            why="the load balancer asks the running tasks by the new check at once: all of them would be taken down",
            hint="release a version that answers there first, and change the health check after it; or, if you know "
            "better: ecsctl up --force",
        )


def over_http(url: str) -> int:
    """The status code of a GET, without following redirects.

    The certificate is not verified: it is for the domain's name, the load balancer is requested by its own, nothing
    secret is sent and only the code is read. Raises OSError or http.client.HTTPException without an answer.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, parts.port, timeout=PATIENCE, context=unchecked)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=PATIENCE)  # type: ignore[assignment]  # the other kind
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")
        return connection.getresponse().status
    finally:
        connection.close()


def _asked(visit: Callable[[str], int], url: str) -> int | str:
    try:
        return visit(url)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__


def _fronts(aws: Aws, step: Step) -> list[str]:
    """The listeners that forward to the group: scheme, the load balancer's own name, and port."""
    found = []
    groups = aws.read(aws.elbv2.describe_target_groups)["TargetGroups"]
    arns = {arn for one in groups if one["TargetGroupArn"] == step.ids.arn for arn in one.get("LoadBalancerArns", ())}
    for balancer in aws.read(aws.elbv2.describe_load_balancers)["LoadBalancers"]:
        if balancer["LoadBalancerArn"] not in arns:
            continue
        listeners = aws.read(aws.elbv2.describe_listeners, LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        found += [
            f"{one['Protocol'].lower()}://{balancer['DNSName']}:{one['Port']}"
            for one in listeners
            if any(action["Type"] == "forward" for action in one.get("DefaultActions", ()))
        ]
    return found
