"""Changes that affect the health of running tasks, since load balancers keep checking them."""

from typing import Any

from moto.ec2.responses import EC2Response
from moto.ecs.models import ecs_backends
from moto.elbv2.responses import ELBV2Response

from ecsctl.sandbox.aws.ecs.state import Task, balancers, services
from ecsctl.sandbox.core import clock, overlay

_NETWORK = (
    "authorize_security_group_egress authorize_security_group_ingress create_network_acl_entry "
    "delete_network_acl_entry replace_network_acl_association replace_network_acl_entry "
    "revoke_security_group_egress revoke_security_group_ingress"
)


def _recheck(original: Any, response: Any) -> Any:
    """Check running tasks again after the network has changed (ELB guide, "Health checks")."""
    answer = original()
    for task in _targets(response):
        task.agenda["recheck"] = clock.now()
    return answer


for _operation in _NETWORK.split():
    overlay.wraps(EC2Response, _operation)(_recheck)
overlay.wraps(ELBV2Response, "set_security_groups")(_recheck)


@overlay.wraps(ELBV2Response)
def modify_target_group(original: Any, response: ELBV2Response) -> Any:
    """Check running tasks again with the new health check (ELB guide, "Health checks")."""
    answer = original()
    arn = response._get_param("TargetGroupArn")
    for task in _targets(response):
        if any(one["targetGroupArn"] == arn for one in balancers(task)):
            task.agenda["recheck"] = clock.now()
    return answer


def _targets(response: Any) -> list[Task]:
    owners = services(ecs_backends[response.current_account][response.region])
    return [task for owner in owners for task in owner.tasks if task.registered]
