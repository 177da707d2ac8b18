"""What the resource types for CloudWatch alarms have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label, flat
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

MINUTE = 60
HOURLY = 0.10 / 730  # "Amazon CloudWatch pricing": a standard alarm, for each metric that it watches
CONSOLE = "{console}/cloudwatch/home?region={region}#alarmsV2:alarm/{name}"


def listed(aws: Aws, names: Iterable[str]) -> list[dict[str, Any]]:
    """The alarms of these names that exist."""
    asked = sorted(names)
    found: list[dict[str, Any]] = aws.read(aws.cloudwatch.describe_alarms, AlarmNames=asked)["MetricAlarms"]
    return found


def tagged(aws: Aws, names: Iterable[str]) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """The alarms of these names that exist, each with its tags."""
    for alarm in listed(aws, names):
        read = partial(aws.read, aws.cloudwatch.list_tags_for_resource, ResourceARN=alarm["AlarmArn"])
        if (answer := none_if_gone(read)) is not None:
            yield alarm, flat(answer["Tags"])


def tags_of(aws: Aws, alarm: dict[str, Any]) -> dict[str, str]:
    """The tags of an alarm."""
    tags: Any = aws.read(aws.cloudwatch.list_tags_for_resource, ResourceARN=alarm["AlarmArn"])
    return flat(tags["Tags"])


def arn(me: Label, name: str) -> str:
    """The ARN of an alarm that has just been put: the call returns nothing."""
    return f"arn:{me.partition}:cloudwatch:{me.region}:{me.account}:alarm:{name}"
