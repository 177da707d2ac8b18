"""A list that AWS hands out in pages is read to its end, or there is a reason why its first page is enough."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import create_loader

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.sandbox.core.clock import Virtual
from tests.requests.in_use import Use, uses

TOKENS = ("nextToken", "NextToken", "Marker", "NextMarker", "IsTruncated", "PaginationToken")
ONE_PAGE = {
    "codebuild.list_builds_for_project": "the newest builds come first, and no more than those are asked for",
    "codepipeline.list_pipeline_executions": "the newest runs come first; RECENT of them are shown",
    "route53.list_resource_record_sets": "read from the name on; support/dns.py goes on by itself while it fits",
    "logs.describe_log_streams": "those written to last come first",
    "ecs.list_task_definitions": "the newest come first; who needs older ones asks for all, support/revisions.py",
    "ec2.describe_internet_gateways": "asked for one, by its id",
    "ec2.describe_route_tables": "asked for one by its id, or for those of two subnets, which have one each",
    "logs.filter_log_events": "operations/logs.py goes on by itself, page by page, to print what there is",
}
"""Of these only a first page is read somewhere, and why that is enough."""


def is_paged(use: Use) -> bool:
    """Whether its answer may be a page."""
    shape = use.model.output_shape
    return use.model.name.startswith(("List", "Describe", "Get", "Filter")) and any(
        token in (shape.members if shape else ()) for token in TOKENS
    )


def has_paginator(use: Use) -> bool:
    """Whether the SDK reads all pages by itself."""
    return use.model.name in create_loader().load_service_model(use.service, "paginators-1")["pagination"]


def test_the_source_is_read() -> None:
    found = {use.name for use in uses()}
    assert {"ecs.list_service_deployments", "s3.delete_objects", "ec2.create_vpc", "codebuild.start_build"} <= found
    assert len(found) > 150


def test_every_list_is_read_to_its_end_or_has_a_reason() -> None:
    short = {use.name: use.place for use in uses() if is_paged(use) and use.how != "read"}
    assert short.keys() == ONE_PAGE.keys(), short


def test_a_list_without_a_paginator_goes_on_by_the_token_that_our_own_reading_knows() -> None:
    for use in (use for use in uses() if use.how == "read" and is_paged(use) and not has_paginator(use)):
        asked, answered = use.model.input_shape, use.model.output_shape
        assert asked is not None
        assert answered is not None
        assert {"nextToken", "NextToken"} & {*asked.members} & {*answered.members}, use


@pytest.fixture
def aws() -> Aws:
    return Aws(Patience(Virtual()), session=_Session())  # type: ignore[arg-type]  # as much of one as Aws asks for


class _Session:
    def client(self, _service: str, **_options: Any) -> Any:
        return _Client()


class _Client:
    """A service whose list has five pages of two, and no paginator."""

    meta = SimpleNamespace(events=HierarchicalEmitter())

    def can_paginate(self, _operation: str) -> bool:
        return False

    def list_service_deployments(self, nextToken: str = "0") -> dict[str, Any]:
        begin = int(nextToken)
        answer: dict[str, Any] = {"serviceDeployments": [begin, begin + 1]}
        return answer | ({"nextToken": str(begin + 2)} if begin < 8 else {})

    def describe_vpc_block_public_access_exclusions(self, NextToken: str = "0") -> dict[str, Any]:
        begin = int(NextToken)
        return {"VpcBlockPublicAccessExclusions": [begin], **({"NextToken": str(begin + 1)} if begin < 3 else {})}


def test_all_pages_are_read_where_the_sdk_has_no_paginator(aws: Aws) -> None:
    found: Any = aws.read(aws.ecs.list_service_deployments)  # type: ignore[call-arg]  # this one asks for nothing
    assert found == {"serviceDeployments": list(range(10))}
    others: Any = aws.read(aws.ec2.describe_vpc_block_public_access_exclusions)
    assert others == {"VpcBlockPublicAccessExclusions": list(range(4))}


def test_a_first_page_is_one_page_and_no_answer_to_who_wants_all(aws: Aws) -> None:
    first: Any = aws.first_page(aws.ecs.list_service_deployments)  # type: ignore[call-arg]  # as above
    assert first["serviceDeployments"] == [0, 1]
    assert len(aws.read(aws.ecs.list_service_deployments)["serviceDeployments"]) == 10  # type: ignore[call-arg]  # as above
