"""[vpc] flow_logs and close_default_group: what a review asks of the network that is made for the app."""

from __future__ import annotations

import json
from typing import Any

from ecsctl.config import Config
from ecsctl.engine.plan import Verb
from ecsctl.operations.policy import policies
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack

PLAIN = desired_stack(domain=None, github=None)
WATCHED = {**PLAIN, "vpc": {**PLAIN.get("vpc", {}), "flow_logs": "reject", "close_default_group": True}}
WORLD = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def default_group(world: World) -> dict[str, Any]:
    ec2 = world.boto("ec2")
    [vpc] = ec2.describe_vpcs(Filters=[{"Name": "tag:ecsctl:app", "Values": ["hello"]}])["Vpcs"]
    named = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    found: dict[str, Any] = ec2.describe_security_groups(Filters=named)["SecurityGroups"][0]
    return found


def test_a_running_app_gets_flow_logs_and_a_closed_group_and_down_leaves_nothing(world: World) -> None:
    world.running(PLAIN)
    assert default_group(world)["IpPermissionsEgress"]
    made = {step.name: step.verb for step in world.plan(WATCHED).work}
    logs = dict.fromkeys(("flow-logs", "flow-logs-group", "flow-logs-role"), Verb.CREATE)
    assert made == {"vpc": Verb.UPDATE, **logs}
    world.up(WATCHED)
    world.clock.sleep(900)
    [log] = world.boto("ec2").describe_flow_logs()["FlowLogs"]
    shown = (log["TrafficType"], log["LogGroupName"], log["DeliverLogsStatus"])
    assert shown == ("REJECT", "/aws/vpc/hello", "SUCCESS")
    assert not default_group(world)["IpPermissions"]
    assert not world.plan(WATCHED).work
    world.boto("ec2").authorize_security_group_egress(GroupId=default_group(world)["GroupId"], IpPermissions=WORLD)
    [drifted] = world.plan(WATCHED).work
    assert (drifted.name, drifted.changed) == ("vpc", {"default_group_closed"})
    everything = {**WATCHED, "vpc": {**WATCHED["vpc"], "flow_logs": "all"}}
    world.up(everything)
    [log] = world.boto("ec2").describe_flow_logs()["FlowLogs"]
    assert (log["TrafficType"], default_group(world)["IpPermissionsEgress"]) == ("ALL", [])
    world.up(PLAIN)
    assert world.boto("ec2").describe_flow_logs()["FlowLogs"] == []
    assert not default_group(world)["IpPermissionsEgress"]
    world.up(WATCHED)
    world.down()
    assert world.account()["aws"].keys() <= {"hosted zones"}


def test_rights_are_printed_only_where_they_are_used() -> None:
    def allowed(configured: dict[str, Any]) -> set[str]:
        text = json.dumps(policies(Config.model_validate(configured), ACCOUNT, REGION))
        return {one for one in ("ec2:CreateFlowLogs", "ec2:RevokeSecurityGroupEgress", "-flow-logs") if one in text}

    assert allowed(PLAIN) == set()
    assert len(allowed(WATCHED)) == 3
