"""Lists that moto returns as a whole, and AWS in pages."""

from collections.abc import Callable
from typing import Any, NamedTuple

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse
from moto.elbv2.responses import ELBV2Response

from ecsctl.sandbox.core import overlay


class _List(NamedTuple):
    """A list: its default page size, and the names of its parameters.

    `named`: a caller who asks for things by name gets all of them at once.
    """

    target: type
    operation: str
    member: str
    usual: int
    size: str
    token: str
    next: str
    named: tuple[str, ...]


# Each service's API reference: what is said of maxResults, and of PageSize (400: "Describe target groups").
_LISTS = (
    _List(ECRResponse, "describe_repositories", "repositories", 100, "maxResults", "nextToken", "nextToken",
          ("repositoryNames",)),
    _List(ECRResponse, "describe_images", "imageDetails", 100, "maxResults", "nextToken", "nextToken", ("imageIds",)),
    _List(ELBV2Response, "describe_target_groups", "TargetGroups", 400, "PageSize", "Marker", "NextMarker",
          ("TargetGroupArns", "Names")),
)  # fmt: skip


def _paged(one: _List) -> Callable[..., ActionResult]:
    def page(original: Callable[[], ActionResult], response: Any) -> ActionResult:
        answer: Any = original()
        if any(response._get_param(name) for name in one.named):
            return ActionResult(answer.result)
        found = list(answer.result[one.member])
        begin = int(response._get_param(one.token) or 0)
        end = begin + int(response._get_param(one.size) or one.usual)
        more = {one.next: str(end)} if end < len(found) else {}
        return ActionResult({**answer.result, one.member: found[begin:end], **more})

    return page


for _one in _LISTS:
    overlay.wraps(_one.target, _one.operation)(_paged(_one))
