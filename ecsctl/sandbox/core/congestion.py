"""Says what AWS answers under load: too many requests, or two changes of the same resource at the same time.

Off unless switched on: which request comes second is a matter of chance, and most tests want none of it.
"""

import itertools
import threading
from dataclasses import dataclass, field

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import BaseResponse
from moto.iam.models import iam_backends

from ecsctl.sandbox.core import clock, overlay, script
from ecsctl.sandbox.core.overlay import Refusal


@dataclass(frozen=True)
class Limit:
    """Describes how a service says that it was called too often, and the token bucket that decides it."""

    code: str
    message: str
    status: int
    burst: float  # requests at once
    refill: float  # requests a second


# EC2 API guide, "Request throttling"; ECS API reference, "Request throttling"; Route 53 guide, "Quotas"; S3 guide,
# "Performance guidelines". AWS publishes no numbers for the others. The codes are those that botocore retries.
_RATE = "Rate exceeded"
_READS = ("Describe", "Get", "List", "BatchGet", "Head")
LIMITS = {
    "ec2 reads": Limit("RequestLimitExceeded", "Request limit exceeded.", 503, 100, 20),
    "ec2": Limit("RequestLimitExceeded", "Request limit exceeded.", 503, 50, 5),
    "ecs reads": Limit("ThrottlingException", _RATE, 400, 50, 20),
    "ecs": Limit("ThrottlingException", _RATE, 400, 20, 5),
    "elbv2": Limit("Throttling", _RATE, 400, 40, 10),
    "iam": Limit("Throttling", _RATE, 400, 50, 15),
    "sts": Limit("Throttling", _RATE, 400, 100, 50),
    "route53": Limit("Throttling", _RATE, 400, 5, 5),
    "s3": Limit("SlowDown", "Please reduce your request rate.", 503, 100, 50),
    "acm": Limit("ThrottlingException", _RATE, 400, 10, 5),
    "application-autoscaling": Limit("ThrottlingException", _RATE, 400, 20, 5),
    "codebuild": Limit("ThrottlingException", _RATE, 400, 10, 5),
    "codeconnections": Limit("ThrottlingException", _RATE, 429, 10, 5),
    "codepipeline": Limit("ThrottlingException", _RATE, 400, 10, 5),
    "ecr": Limit("ThrottlingException", _RATE, 400, 20, 10),
    "logs": Limit("ThrottlingException", _RATE, 400, 20, 10),
    "resourcegroupstaggingapi": Limit("ThrottledException", _RATE, 400, 10, 5),
    "secretsmanager": Limit("ThrottlingException", _RATE, 400, 50, 20),
}

LEAST = 5.0  # requests at once: with fewer, a client that reads before each change would never get to a change

# Which parameter names the resource that an operation changes. Two changes of it at the same time are one too many.
_CHANGES = {
    "logs": (
        {"CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy"},
        ("logGroupName",),
        "OperationAbortedException",  # public reports have these words; the API reference others
        "A conflicting operation is currently in progress against this resource. Please try again.",
        400,
    ),
    "elbv2": (
        {"CreateListener", "DeleteLoadBalancer", "DeleteTargetGroup", "ModifyLoadBalancerAttributes",
         "ModifyTargetGroup", "ModifyTargetGroupAttributes", "SetSecurityGroups", "SetSubnets"},
        ("LoadBalancerArn", "TargetGroupArn"),
        "PriorRequestNotComplete",
        "This operation is not allowed while a prior request has not been completed.",
        429,
    ),
}  # fmt: skip
BUCKET_BUSY = Refusal(
    "OperationAborted",
    "A conflicting conditional operation is currently in progress against this resource. Please try again.",
)

_numbers = itertools.count()
_mine = threading.local()


@dataclass
class _Congestion:
    """Describes what is switched on, how full each token bucket is and since when, and when each resource was last
    changed.
    """

    share: float = 0.0
    alone: bool = False
    levels: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    changed: dict[tuple[str, str], int] = field(default_factory=dict)


def _held(account: str = DEFAULT_ACCOUNT_ID) -> _Congestion:
    return overlay.memory(iam_backends[account]["aws"], _Congestion)  # any backend that is one for all regions


@script.switch
def throttle(share: float = 1.0) -> None:
    """Allow each service only `share` of the requests that AWS allows, in sandbox time; 0 ends that."""
    held = _held()
    held.share = share
    held.levels.clear()


@script.switch
def refuse_overlaps(on: bool = True) -> None:
    """Refuse a change of a log group, load balancer, target group or bucket that arrives during another one."""
    _held().alone = on


def arrived() -> None:
    """A request arrives, in this thread; it may have to wait for its turn."""
    _mine.at = next(_numbers)


def refusal(response: BaseResponse) -> tuple[Refusal, int] | None:
    """Returns what AWS answers to this request instead, and with which HTTP status; None if it has time for it."""
    service, action = response.boto3_service_name, response._get_action()
    refused = throttled(service, response.region, reads=action.startswith(_READS))
    if refused is None and (what := _changes(response)) is not None and is_busy(what):
        _, _, code, message, status = _CHANGES[service]
        refused = Refusal(code, message), status
    return refused


def throttled(service: str, region: str, *, reads: bool) -> tuple[Refusal, int] | None:
    """Take a token of the service's bucket; a refusal and its HTTP status when there is none."""
    held = _held()
    name = f"{service} reads" if reads and f"{service} reads" in LIMITS else service
    if not held.share or name not in LIMITS:
        return None
    limit, now = LIMITS[name], clock.now()
    full = max(LEAST, limit.burst * held.share)
    level, at = held.levels.get((name, region), (full, now))
    level = min(full, level + (now - at) * limit.refill * held.share)
    held.levels[name, region] = (level - 1 if level >= 1 else level, now)
    return None if level >= 1 else (Refusal(limit.code, limit.message), limit.status)


def is_busy(what: tuple[str, str]) -> bool:
    """Whether another change of this resource ended after this thread's request had arrived."""
    held = _held()
    return held.alone and held.changed.get(what, -1) > getattr(_mine, "at", 0)


def ended(what: tuple[str, str]) -> None:
    """A change of this resource has been answered."""
    _held().changed[what] = next(_numbers)


def done(response: BaseResponse) -> None:
    """The request has been answered."""
    if (what := _changes(response)) is not None:
        ended(what)


def _changes(response: BaseResponse) -> tuple[str, str] | None:
    service = response.boto3_service_name
    if service not in _CHANGES or not _held().alone:
        return None
    actions, names, *_ = _CHANGES[service]
    if response._get_action() not in actions:
        return None
    found = next(filter(None, map(response._get_param, names)), None)
    return (service, str(found)) if found is not None else None
