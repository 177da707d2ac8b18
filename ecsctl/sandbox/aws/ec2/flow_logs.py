"""Flow logs: one per client token, and whether their records can be delivered."""

from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.models.flow_logs import FlowLogs
from moto.ec2.responses import EC2Response
from moto.logs.models import logs_backends

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.core import clock, overlay, permissions

AGGREGATION = 600.0  # EC2 API reference, CreateFlowLogs: records come after ten minutes by default
_SERVICE = "vpc-flow-logs.amazonaws.com"
_ASKED = ("ResourceId.1", "ResourceIds", "TrafficType", "LogGroupName", "DeliverLogsPermissionArn")


@dataclass
class _Known:
    tokens: dict[str, tuple[dict[str, Any], list[str]]] = field(default_factory=dict)
    created: dict[str, float] = field(default_factory=dict)


def _known(backend: EC2Backend) -> _Known:
    return overlay.memory(backend, _Known)


@overlay.wraps(EC2Response)
def create_flow_logs(original: Any, self: EC2Response) -> ActionResult:
    """Create flow logs; the same token returns the same flow log (EC2 API reference, "Ensuring idempotency").

    The role must be assumable now.

    Raises Refusal.
    """
    known, token = _known(self.ec2_backend), self._get_param("ClientToken")
    asked = {name: self._get_param(name) for name in _ASKED}
    if token in known.tokens:
        before, ids = known.tokens[token]
        if before != asked:
            message = "The client token you have provided is associated with a resource that has different parameters."
            raise overlay.Refusal("IdempotentParameterMismatch", message)
        return ActionResult({"FlowLogIds": ids, "ClientToken": token, "Unsuccessful": []})
    role, to = self._get_param("DeliverLogsPermissionArn"), self._get_param("LogDestinationType")
    if role and to in (None, "cloud-watch-logs"):
        source = f"arn:aws:ec2:{self.region}:{self.current_account}:vpc-flow-log/fl-00000000000000000"
        if not iam.can_be_assumed(
            self.current_account, role, _SERVICE, source
        ):  # hashicorp/terraform-provider-aws#29323
            raise overlay.Refusal("InvalidParameter", f"Unable to assume given IAM role: '{role}'")
    answer = original()
    ids = answer.result["FlowLogIds"]
    known.created |= dict.fromkeys(ids, clock.now())
    if token and ids:
        known.tokens[token] = (asked, ids)
    return ActionResult(answer.result | {"ClientToken": token})


@overlay.wraps(EC2Response)
def describe_flow_logs(original: Any, self: EC2Response) -> Any:
    """Describe flow logs, and whether their records can be delivered now.

    VPC user guide, "Troubleshoot VPC Flow Logs": without the group, or rights to write into it, "Access error".
    """
    for log in self.ec2_backend.flow_logs.values():
        if clock.now() - _known(self.ec2_backend).created.get(log.id, 0.0) >= AGGREGATION:
            written = _can_write(self.ec2_backend, log)
            log.deliver_logs_status = "SUCCESS" if written else "FAILED"
            log.deliver_logs_error_message = None if written else "Access error"
    return original()


def _can_write(backend: EC2Backend, log: FlowLogs) -> bool:
    if log.log_destination_type != "cloud-watch-logs":
        return True
    account, region, role = backend.account_id, backend.region_name, log.deliver_logs_permission_arn
    source = f"arn:aws:ec2:{region}:{account}:vpc-flow-log/{log.id}"
    stream = f"arn:aws:logs:{region}:{account}:log-group:{log.log_group_name}:log-stream:eni-1"
    return (
        log.log_group_name in logs_backends[account][region].groups
        and iam.can_be_assumed(account, role, _SERVICE, source)
        and all(
            permissions.is_allowed(account, role, one, stream) for one in ("logs:CreateLogStream", "logs:PutLogEvents")
        )
    )
