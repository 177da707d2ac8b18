"""New resources and changed tags are listed late, and deleted ones for a long time afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.iam.models import iam_backends
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

from ecsctl.sandbox.aws.tagging.state import History, histories_of
from ecsctl.sandbox.core import clock, overlay, script

# API reference, GetResources: "tagged or previously tagged resources"; boto/boto3#3341 shows both.
LATE = 60.0  # seconds until a new resource or a changed tag is listed; an assumption
LINGERING = 3600.0  # seconds for which a deleted resource stays listed; an assumption, hours have been observed


@dataclass
class _Delays:
    late: float = LATE
    lingering: float = LINGERING


def _delays(account_id: str) -> _Delays:
    return overlay.memory(iam_backends[account_id]["aws"], _Delays)  # any backend that is one for all regions


@script.switch
def delay_tagging(late: float = LATE, lingering: float = LINGERING, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let the tagging API list changes `late` seconds later, and deleted resources for `lingering`, in sandbox time."""
    _delays(account_id).late, _delays(account_id).lingering = late, lingering


def _type(arn: str) -> str:
    """An ARN's `service:type`, as in ResourceTypeFilters."""
    parts = arn.split(":")
    if parts[2] == "s3":
        return "s3:bucket"
    if parts[2] == "codepipeline":
        return "codepipeline:webhook" if parts[5] == "webhook" else "codepipeline:pipeline"
    return f"{parts[2]}:{parts[5].split('/')[0]}"


def _visible(history: History, late: float, lingering: float) -> dict[str, str] | None:
    """The resource's tags as the API lists them now; None while it does not list it."""
    now = clock.now()
    if history.died is not None and now - history.died >= lingering:
        return None
    listed = [tags for since, tags in history.tags if now - since >= late]
    return listed[-1] if listed else None


@overlay.wraps(ResourceGroupsTaggingAPIBackend)
def _get_resources_generator(
    original: Any,  # noqa: ARG001 - it shows how things are
    self: ResourceGroupsTaggingAPIBackend,
    tag_filters: list[dict[str, Any]] | None = None,
    resource_type_filters: list[str] | None = None,
    resource_arn_list: list[str] | None = None,
) -> Iterator[TaggedResource]:
    """List the resources that are visible now, including deleted ones."""
    delays, matches, found = _delays(self.account_id), make_tag_matcher(tag_filters), []
    for (_, arn), history in histories_of(self.account_id, self.region_name).items():
        tags = _visible(history, delays.late, delays.lingering)
        if tags is None or not matches(tags) or not match_resource_type(_type(arn), resource_type_filters):
            continue
        if not resource_arn_list or arn in resource_arn_list:
            found.append(TaggedResource(arn=arn, tags=tags, resource_type=_type(arn)))
    return iter(found)
