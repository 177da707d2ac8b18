"""A log of the connections in a VPC: who connected to whom, on which port, and whether it was allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import LogGroupName, RoleArn, VpcId
from ecsctl.resources.support.common import only, tag_filter, where
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import REVIEWED, SERVICE, apart, in_ec2, pass_roles

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import FlowLogTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

Traffic = Literal["REJECT", "ACCEPT", "ALL"]


@dataclass(frozen=True)
class FlowLogIds:
    """A flow log's id."""

    flow_log_id: str


@dataclass(frozen=True, kw_only=True)
class FlowLog(Resource[FlowLogIds]):
    """A flow log of a VPC, into a log group. AWS can change only its tags.

    Not into S3, where each gigabyte costs half: AWS overwrites that bucket's policy, including the statement that
    refuses requests without TLS (VPC user guide, "Amazon S3 bucket permissions for flow logs").
    """

    kind = "flow-log"
    title = "VPC flow log"
    by_use = True
    arns = "ec2:vpc-flow-log"
    tagging_type = "ec2:vpc-flow-log"
    within = ("vpc",)
    inside = True
    console = "{console}/vpcconsole/home?region={region}#FlowLogs:"

    vpc: Fixed[VpcId]
    traffic_type: Fixed[Traffic]
    log_group: Fixed[LogGroupName]
    role: Fixed[RoleArn]  # the role with which it writes there

    def summary(self) -> str:
        """Says what is logged, and where."""
        which = {"ALL": "all connections", "REJECT": "refused connections", "ACCEPT": "connections let through"}
        return f"{which[self.traffic_type]}, in {self.log_group}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read and delete it."""
        listing = Statement("FlowLogList", ("ec2:DescribeFlowLogs",), ("*",))  # also once none is configured
        yield from apart(SERVICE, listing)
        if not uses.flow_logs:
            return
        for one in in_ec2(scope, creates="CreateFlowLogs", changes="DeleteFlowLogs", reads="", inside=True):
            if one.actions:
                yield from apart(REVIEWED, replace(one, sid=f"FlowLog{one.sid}"))
        yield from apart(REVIEWED, pass_roles("PassFlowLogs", (scope.role("flow-logs"),), "vpc-flow-logs"))

    def observe(self, aws: Aws, me: Label) -> Observed[FlowLog, FlowLogIds] | None:
        """Read by its tags; otherwise the one of the VPC that writes into the same group, of which there can be only
        one.
        """
        ours = {_ids(one): one for one in _listed(aws, me) if me.matches(flat(one.get("Tags")))}
        ids = only(ours, "flow logs", me)
        log = ours[ids] if ids else None if me.made else self._in_the_way(aws)
        if log is None:
            return None
        actual = FlowLog(
            vpc=VpcId(log["ResourceId"]),
            traffic_type=log["TrafficType"],
            log_group=LogGroupName(log.get("LogGroupName", "")),
            role=RoleArn(log.get("DeliverLogsPermissionArn", "")),
        )
        why = log.get("DeliverLogsErrorMessage") or "no reason given"
        note = f"nothing is written: {why}" if log.get("DeliverLogsStatus") == "FAILED" else ""
        return Observed(_ids(log), actual, flat(log.get("Tags")), note=note, since=log.get("CreationTime"))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[FlowLogIds]]:
        """One call for all flow logs of the app."""
        for log in _listed(aws, me):
            yield Found(_ids(log), flat(log.get("Tags")))

    def create(self, aws: Aws, me: Label) -> FlowLogIds:
        """A token of this incarnation prevents duplicates."""
        answer = aws.ec2.create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[self.vpc],
            TrafficType=self.traffic_type,
            LogGroupName=self.log_group,
            DeliverLogsPermissionArn=self.role,
            ClientToken=me.token(),
            TagSpecifications=me.specification("vpc-flow-log"),
        )
        return FlowLogIds(answer["FlowLogIds"][0])

    def update(self, aws: Aws, me: Label, ids: FlowLogIds, changed: frozenset[str]) -> None:
        """Set its tags: AWS changes nothing else of a flow log (EC2 API reference, CreateFlowLogs)."""
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.flow_log_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: FlowLogIds) -> None:
        """What it has written stays in its log group."""
        aws.ec2.delete_flow_logs(FlowLogIds=[ids.flow_log_id])

    def _in_the_way(self, aws: Aws) -> FlowLogTypeDef | None:
        same = where(resource_id=self.vpc, log_group_name=self.log_group)
        listed = aws.read(aws.ec2.describe_flow_logs, Filters=same)["FlowLogs"]
        return listed[0] if listed else None


def _listed(aws: Aws, me: Label) -> list[FlowLogTypeDef]:
    return aws.read(aws.ec2.describe_flow_logs, Filters=tag_filter(me))["FlowLogs"]


def _ids(log: FlowLogTypeDef) -> FlowLogIds:
    return FlowLogIds(log["FlowLogId"])
