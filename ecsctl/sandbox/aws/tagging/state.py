"""The tagging API's history of each resource, updated after each call that may have changed something."""

import re
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import BaseResponse
from moto.ec2.models import ec2_backends
from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends
from moto.s3.responses import S3Response

from ecsctl.sandbox.aws.tagging.resources import package, taggable
from ecsctl.sandbox.core import clock, overlay

_GLOBAL = ("iam", "sts", "route53")  # their calls change nothing that a region lists, except hosted zones
_READS = re.compile(r"^(Describe|Get|List|BatchGet|BatchCheck|Head|Search|Lookup|Filter|Simulate|Validate|Start|Stop)")


@dataclass
class History:
    """A resource's tags and when each set was seen, the newest last, and when it was deleted; in sandbox time."""

    tags: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    died: float | None = None


@dataclass
class _Memory:
    histories: dict[tuple[str, str], History] = field(default_factory=dict)  # by service and ARN
    read: float | None = None  # when ECS was last read, since its resources change with the clock


def histories_of(account_id: str, region: str, of: frozenset[str] = frozenset()) -> dict[tuple[str, str], History]:
    """Record which resources of these services (all, if none is named) were created, changed or deleted.

    ECS is always included if time has passed.
    """
    memory = overlay.memory(resourcegroupstaggingapi_backends[account_id][region], _Memory)
    histories, now = memory.histories, clock.now()
    if of and memory.read != now:
        of |= {"ecs"}
    if not of or "ecs" in of:
        memory.read = now
    living = {(service, arn): tags for service, arn, tags in taggable(account_id, region, of)}
    for which, tags in living.items():
        history = histories.get(which)
        if history is None and tags:
            histories[which] = history = History()
        if history is not None and (history.died is not None or not history.tags or history.tags[-1][1] != tags):
            history.tags.append((now, dict(tags)))
            history.died = None
    for which in histories.keys() - living.keys():
        if histories[which].died is None and (not of or which[0] in of):
            histories[which].died = now
    return histories


@overlay.wraps(BaseResponse)
def _dispatch(original: Any, self: BaseResponse, *args: Any, **kwargs: Any) -> Any:
    """Record changes after each call that may have made some."""
    answer = original(*args, **kwargs)
    regional = self.service_name not in _GLOBAL and self.region in ec2_backends[self.current_account].regions
    if regional and not _READS.match(self._get_action() or "Get"):
        histories_of(self.current_account, self.region, _changed_by(self))
    return answer


def _changed_by(response: BaseResponse) -> frozenset[str]:
    """The services whose resources a call may have changed: Route 53 always, since its own calls are not recorded."""
    service = package(response)
    anything = service == "resourcegroupstaggingapi" or not type(response).__module__.startswith("moto.")
    return frozenset() if anything else frozenset({service, "route53"})


@overlay.wraps(S3Response)
def bucket_response(original: Any, self: S3Response, request: Any, *args: Any, **kwargs: Any) -> Any:
    """The same for buckets, which moto dispatches differently."""
    answer = original(request, *args, **kwargs)
    if request.method in ("PUT", "DELETE"):
        histories_of(self.current_account, self.region, _changed_by(self))
    return answer
