"""The critical path of a run, out of its own call log: no run can be done before its slowest chain.

A chain is made of changes, each as long as its call took, and of AWS's own time after some of them. One change stands
on another if it names an id that the other's answer had first, or if AWS demands it (`DEMANDED`). AWS's own times are
the sandbox's, at the speed of the run; a service's and a build's are read from the answers. Not counted is what AWS
does not ask for: reads before the first change and between changes, polls, and the program's own start and end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from benchmarks.proxy import Call
from ecsctl.sandbox.aws import acm, ec2, elbv2, iam
from ecsctl.sandbox.aws.ec2 import time as ec2_time
from ecsctl.sandbox.aws.ecs import task_stopping

ID = re.compile(r"\b(?:vpc|subnet|igw|nat|eipalloc|rtb|sg)-[0-9a-f]{8,17}\b|arn:aws[\w-]*:[\w:/.+=,@-]+")
TAKES = {  # AWS's seconds after a change, until what it began is over
    "CreateNatGateway": ec2_time.NAT_PENDING,
    "CreateLoadBalancer": elbv2.PROVISIONING,
    "CreateRole": iam.PROPAGATION,
    "DeleteNatGateway": ec2_time.NAT_DELETING,
    "DeleteLoadBalancer": elbv2.LINGERING,
    "DeleteService": task_stopping.TERMINATION + task_stopping.DEPROVISIONING + task_stopping.LINGER,  # once drained
}
PROVEN = acm.VALIDATION + elbv2.CERTIFICATE_LAG  # after a certificate's proof, until a listener may have it
DELAY = re.compile(r"deregistration_delay\.timeout_seconds</Key>\s*<Value>(\d+)<")
USABLE = frozenset({"CreateLoadBalancer"})  # what is made with it need not wait until it is over
DEMANDED = {  # a change, and those that must be over before it can succeed, though it names nothing of theirs
    "CreateNatGateway": ("AttachInternetGateway",),
    "CreateLoadBalancer": ("AttachInternetGateway",),
    "CreateService": ("CreateRoute", "AssociateRouteTable", "CreateListener"),
    "RegisterTaskDefinition": ("StartBuild",),
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
    proofs = {at for at, call in enumerate(changes) if call.operation.startswith("Post ") and "CNAME" in call.sent}
    own = [PROVEN / speed if at in proofs else _takes(call, calls, speed) for at, call in enumerate(changes)]
    made: dict[str, int] = {}  # an id, and the change whose answer had it first
    needs: list[dict[int, float]] = []  # of each change those that it needs, and AWS's time between the two
    for at, call in enumerate(changes):
        named = {made[word] for word in ID.findall(call.sent) if word in made}
        demanded = {other for other in range(at) if changes[other].operation in DEMANDED.get(call.operation, ())}
        demanded |= (
            proofs & {*range(at)} if call.operation == "CreateListener" and "Certificate" in call.sent else set()
        )
        gaps = {}
        for other in named | demanded:
            one = changes[other]
            usable = one.operation in USABLE and not call.operation.startswith("Delete")
            hidden = ec2.LAG / speed if other in named and {one.service, call.service} == {"ec2"} else 0.0
            gaps[other] = max(hidden, 0.0 if usable else own[other])
        needs.append(gaps)
        for word in ID.findall(call.answer):
            made.setdefault(word, at)

    answered: list[float] = []  # when each could have its answer, and which of those that it needs comes last
    last: list[int | None] = []
    for call, gaps in zip(changes, needs, strict=True):
        latest = max(gaps, key=lambda other: answered[other] + gaps[other], default=None)
        last.append(latest)
        begins = answered[latest] + gaps[latest] if latest is not None else 0.0
        answered.append(begins + call.ended - call.began)

    path: list[tuple[str, float]] = []
    at_last = max(range(len(changes)), key=lambda at: answered[at] + own[at], default=None)
    after = own[at_last] if at_last is not None else 0.0
    while at_last is not None:
        call, before = changes[at_last], last[at_last]
        path.append((f"{call.service} {call.operation}", call.ended - call.began + after))
        after = needs[at_last][before] if before is not None else 0.0
        at_last = before
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
        delays = [int(found) for one in calls for found in DELAY.findall(one.answer)]
        return max(delays, default=0) / speed + fixed  # a poll says only that it drains still, or no longer
    if call.operation == "StartBuild":
        builds = [one for one in _answered(calls, "BatchGetBuilds", "builds") if one.get("endTime")]
        return (_seconds(builds[0]["endTime"]) - _seconds(builds[0]["startTime"])) / speed if builds else 0.0
    return fixed


def _answered(calls: Sequence[Call], operation: str, member: str) -> list[Any]:
    answers = (json.loads(call.answer) for call in calls if call.operation == operation and call.status == 200)
    return [one for answer in answers for one in answer.get(member, [])]


def _seconds(when: float | str) -> float:
    return datetime.fromisoformat(when).timestamp() if isinstance(when, str) else float(when)
