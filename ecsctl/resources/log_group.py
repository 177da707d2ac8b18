"""A log group, created before anything writes to it: one that AWS creates on its own is untagged and never expires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Contents, Fixed, Found, Observed, Resource
from ecsctl.ids import LogGroupName
from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import REVIEWED, SERVICE, anywhere, apart, of

if TYPE_CHECKING:
    from types_boto3_logs.type_defs import LogGroupTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

UNITS = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class LogGroupIds:
    """A log group's ids. The ARN is the one without `:*` at its end, which the tagging calls use."""

    name: LogGroupName
    arn: str


@dataclass(frozen=True, kw_only=True)
class LogGroup(Resource[LogGroupIds]):
    """A CloudWatch log group and its retention. It is found by its name."""

    kind = "log-group"
    title = "log group"
    soon = True
    per_gigabyte = 0.03  # "Amazon CloudWatch pricing": storage
    protect = "logs"
    arns = "logs"
    console = "{console}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name}"

    name: Fixed[str]
    retention_in_days: int  # one of CloudWatch's own numbers; 0: for ever
    kms_key: str | None  # the ARN of the KMS key that encrypts what comes in; empty: none; None: whatever it has
    writer: str = field(default="", compare=False)  # the AWS service that creates a group of this name if it has none

    def summary(self) -> str:
        """Shows its retention."""
        return (
            f"{self.name}: retention {self.retention_in_days} days"
            if self.retention_in_days
            else f"{self.name}: never expires"
        )

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        yield anywhere("logs", "DescribeLogGroups")
        actions = "CreateLogGroup DeleteLogGroup ListTagsForResource PutRetentionPolicy TagResource"
        actions += " AssociateKmsKey" if uses.key else ""
        yield Statement("Logs", of("logs", actions), scope.log_groups)
        group = scope.arn("logs", f"log-group:{scope.names.flow_logs}")
        tags = Statement("FlowLogTags", ("logs:ListTagsForResource",), (group,))  # whether an earlier one is ours
        yield from apart(SERVICE, tags)
        if uses.flow_logs:
            yield from apart(REVIEWED, Statement("FlowLogGroup", of("logs", actions), (group, f"{group}:*")))

    def observe(self, aws: Aws, me: Label) -> Observed[LogGroup, LogGroupIds] | None:
        """Read by name, which contains the app's: one call for all groups of the app."""
        for group in _listed(aws, me):
            ids = _ids(group["logGroupName"], group["arn"])
            tags = _tags(aws, ids.arn) if ids.name == self.name else None
            if tags is not None:
                actual = LogGroup(
                    name=group["logGroupName"],
                    retention_in_days=group.get("retentionInDays", 0),
                    kms_key=group.get("kmsKeyId", ""),
                )
                since = datetime.fromtimestamp(group["creationTime"] / 1000, UTC)
                return Observed(ids, actual, tags, since=since, residue=self._residue(group, tags))
        return None

    def _residue(self, group: LogGroupTypeDef, tags: dict[str, str]) -> str:
        """Whether its writer has created it: a late metric or build recreates a group that was deleted before.

        It is recognized by AWS's defaults (terraform-aws-modules/terraform-aws-eks#2486): if anyone has set the least
        thing on it, it is theirs.
        """
        return f"{self.writer} made it by itself, without tags" if self.writer and has_defaults(group, tags) else ""

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[LogGroupIds]]:
        """Found by the names that our groups have: others' tags are not read."""
        for group in _listed(aws, me):
            ids = _ids(group["logGroupName"], group["arn"])
            tags = _tags(aws, ids.arn) if _may_be_ours(ids.name, Names.of(me)) else None
            if tags is not None:
                yield Found(ids, tags)

    @classmethod
    def is_protected(cls, aws: Aws, me: Label, ids: LogGroupIds) -> bool:
        """Whether someone has turned on deletion protection."""
        return any(
            one.get("deletionProtectionEnabled", False) for one in _listed(aws, me) if one["logGroupName"] == ids.name
        )

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: LogGroupIds) -> Iterator[Callable[[], object]]:
        """Read its tags, which no listing shows."""
        yield partial(_tags, aws, ids.arn)

    def as_created(self) -> LogGroup:
        """This resource, but with events kept forever."""
        return replace(self, retention_in_days=0)

    def create(self, aws: Aws, me: Label) -> LogGroupIds:
        """The name prevents duplicates. AWS returns nothing: the ARN is composed."""
        if self.kms_key:
            aws.logs.create_log_group(logGroupName=self.name, tags=me.tags, kmsKeyId=self.kms_key)
        else:
            aws.logs.create_log_group(logGroupName=self.name, tags=me.tags)
        return _ids(self.name, f"arn:{me.partition}:logs:{me.region}:{me.account}:log-group:{self.name}")

    def update(self, aws: Aws, me: Label, ids: LogGroupIds, changed: frozenset[str]) -> None:
        """Its tags first: one that is taken over is ours from then on; then its retention."""
        if "tags" in changed:
            aws.logs.tag_resource(resourceArn=ids.arn, tags=me.tags)
        if "kms_key" in changed and self.kms_key:
            aws.logs.associate_kms_key(logGroupName=ids.name, kmsKeyId=self.kms_key)
        if "kms_key" in changed and not self.kms_key:
            aws.logs.disassociate_kms_key(logGroupName=ids.name)
        if "retention_in_days" in changed and self.retention_in_days:
            aws.logs.put_retention_policy(logGroupName=ids.name, retentionInDays=self.retention_in_days)
        if "retention_in_days" in changed and not self.retention_in_days:
            aws.logs.delete_retention_policy(logGroupName=ids.name)

    @classmethod
    def delete(cls, aws: Aws, ids: LogGroupIds) -> None:
        """Delete it with all events in it."""
        aws.logs.delete_log_group(logGroupName=ids.name)

    @classmethod
    def contents(cls, aws: Aws, ids: LogGroupIds) -> Contents:
        """Says how much is deleted with it, in bytes. AWS's number lags behind."""
        groups = aws.read(aws.logs.describe_log_groups, logGroupNamePrefix=ids.name)["logGroups"]
        stored = sum(group.get("storedBytes", 0) for group in groups if group["logGroupName"] == ids.name)
        return Contents(f"{_size(stored)} of logs" if stored else "", stored)


def _listed(aws: Aws, me: Label) -> list[LogGroupTypeDef]:
    return aws.read(aws.logs.describe_log_groups, logGroupNamePattern=me.app)["logGroups"]


def has_defaults(group: LogGroupTypeDef, tags: dict[str, str]) -> bool:
    """Whether a log group has AWS's defaults: no tags, no retention, no key, no filters, no protection."""
    chosen = ("retentionInDays", "kmsKeyId", "metricFilterCount", "dataProtectionStatus", "inheritedProperties",
              "deletionProtectionEnabled")  # fmt: skip
    return not tags and not any(group.get(name) for name in chosen) and group.get("logGroupClass") in (None, "STANDARD")


def tags_of(aws: Aws, arn: str) -> dict[str, str] | None:
    """The tags of the group with this ARN, as AWS lists it; None if it does not exist."""
    return _tags(aws, arn.removesuffix(":*"))


def _ids(name: str, arn: str) -> LogGroupIds:
    return LogGroupIds(LogGroupName(name), arn.removesuffix(":*"))


def _may_be_ours(name: str, names: Names) -> bool:
    """Whether it has the name of the app's own group, its cluster's, or one of its build projects'."""
    ours = (names.app_logs, names.insights_logs, names.flow_logs, *map(names.build_logs, names.projects))
    return name in ours or name.startswith(names.build_logs(names.test_project()))


def _tags(aws: Aws, arn: str) -> dict[str, str] | None:
    answer = none_if_gone(lambda: aws.read(aws.logs.list_tags_for_resource, resourceArn=arn))
    return None if answer is None else dict(answer["tags"])


def _size(count: float) -> str:
    for unit in UNITS:
        if count < 1000 or unit == UNITS[-1]:
            break
        count /= 1000
    return f"{count:.3g} {unit}"
