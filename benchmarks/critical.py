"""The critical path of a run, out of its own call log: no run can be done before its slowest chain.

A chain is made of changes, each as long as its call took, and of AWS's own time after some of them. One change stands
on another if it names an id that the other's answer had first, or if AWS demands it (`DEMANDED`). AWS's own times are
the sandbox's, at the speed of the run; a service's and a build's are read from the answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from benchmarks.proxy import Call
from ecsctl.sandbox.aws import acm, iam
from ecsctl.sandbox.aws.ec2 import nat
from ecsctl.sandbox.aws.ecs import task_stopping
from ecsctl.sandbox.aws.elbv2 import balancers

ID = re.compile(r"\b(?:vpc|subnet|igw|nat|eipalloc|rtb|sg)-[0-9a-f]{8,17}\b|arn:aws[\w-]*:[\w:/.+=,@-]+")
TAKES = {  # AWS's seconds after a change, until what it began is over
    "CreateNatGateway": nat.PENDING,
    "CreateLoadBalancer": balancers.PROVISIONING,
    "CreateRole": iam.PROPAGATION,
    "DeleteNatGateway": nat.DELETING,
    "DeleteLoadBalancer": balancers.LINGERING,
    "DeleteService": task_stopping.LINGER,  # and before that its tasks drain, which its answers tell
}
USABLE = frozenset({"CreateLoadBalancer"})  # what is made with it need not wait until it is over
DEMANDED = {  # a change, and those that must be over before it can succeed, though it names nothing of theirs
    "CreateService": ("CreateRoute", "AssociateRouteTable", "CreateListener"),
    "RegisterTaskDefinition": ("StartBuild",),
    "CreateListener": ("Post",),  # the certificate's proof, the first change of a zone
    "CreatePipeline": ("CreateService",),
    "DeleteSubnet": ("DeleteNatGateway", "DeleteLoadBalancer", "DeleteService"),
    "DeleteSecurityGroup": ("DeleteLoadBalancer", "DeleteService"),
    "DetachInternetGateway": ("DeleteNatGateway", "DeleteLoadBalancer"),
    "DeleteCluster": ("DeleteService",),
    "DeleteCertificate": ("DeleteLoadBalancer",),
    "ReleaseAddress": ("DeleteNatGateway",),
    "DeleteVpc": ("DeleteSubnet", "DeleteSecurityGroup", "DetachInternetGateway"),
}


def critical_path(calls: Sequence[Call], speed: float) -> list[tuple[str, float]]:
    """The slowest chain, each link with its seconds."""
    changes = sorted((call for call in calls if call.change and call.status < 300), key=lambda call: call.began)
    proofs = [call for call in changes if call.operation.startswith("Post ") and "CNAME" in call.sent]
    own = {id(call): _takes(call, calls, speed) + (acm.VALIDATION / speed if call in proofs else 0) for call in changes}
    made: dict[str, Call] = {}  # an id, and the change whose answer had it first
    needs: dict[int, list[Call]] = {}
    for call in changes:
        sources = [made[word] for word in ID.findall(call.sent) if word in made]
        demanded = DEMANDED.get(call.operation, ())
        before = [one for one in changes if one.began < call.began and one.operation in demanded]
        if "Post" in demanded:
            before += [one for one in proofs if one.began < call.began]
        needs[id(call)] = [*sources, *before]
        for word in ID.findall(call.answer):
            made.setdefault(word, call)

    @cache
    def ends(index: int) -> tuple[float, int | None]:
        """When a change could be over, with all that it brings about; and which of those that it needs came last."""
        call = changes[index]
        position = {id(one): at for at, one in enumerate(changes)}
        best, last = 0.0, None
        for need in needs[id(call)]:
            at = position[id(need)]
            if at >= index:
                continue
            over = ends(at)[0] - (own[id(need)] if need.operation in USABLE and call.operation[:6] != "Delete" else 0.0)
            if over > best:
                best, last = over, at
        return best + call.ended - call.began + own[id(call)], last

    path: list[tuple[str, float]] = []
    at = max(range(len(changes)), key=lambda index: ends(index)[0], default=None)
    while at is not None:
        over, last = ends(at)
        before = ends(last)[0] if last is not None else 0.0
        path.append((f"{changes[at].service} {changes[at].operation}", over - before))
        at = last
    return path[::-1]


def _takes(call: Call, calls: Sequence[Call], speed: float) -> float:
    """AWS's own seconds after a change."""
    fixed = TAKES.get(call.operation, 0.0) / speed
    if call.operation == "CreateService":
        services = _answered(calls, "DescribeServices", "services")
        steady = [
            one["createdAt"] for service in services for one in service["events"] if "steady state" in one["message"]
        ]
        began = [service["createdAt"] for service in services if "createdAt" in service]
        return (min(steady) - min(began)) / speed if steady and began else 0.0
    if call.operation == "DeleteService":
        draining = [one.ended for one in calls if one.operation == "DescribeServices" and "DRAINING" in one.answer]
        return max(draining, default=call.ended) - call.ended + fixed
    if call.operation == "StartBuild":
        builds = [one for one in _answered(calls, "BatchGetBuilds", "builds") if one.get("endTime")]
        return (_seconds(builds[0]["endTime"]) - _seconds(builds[0]["startTime"])) / speed if builds else 0.0
    return fixed


def _answered(calls: Sequence[Call], operation: str, member: str) -> list[Any]:
    answers = (json.loads(call.answer) for call in calls if call.operation == operation and call.status == 200)
    return [one for answer in answers for one in answer.get(member, [])]


def _seconds(when: float | str) -> float:
    return datetime.fromisoformat(when).timestamp() if isinstance(when, str) else float(when)
