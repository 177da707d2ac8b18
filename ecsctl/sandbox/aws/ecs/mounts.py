"""Whether a task can mount its volumes, and ECS's messages if it cannot.

The sentences are those of public threads: docker-archive/compose-cli#1490, aws/copilot-cli#5419, amazon-ecs-cli#1083,
acp-io/terraform-grafana#4; if IAM denies it, those of the EFS user guide, "Troubleshooting mount issues".
"""

from typing import Any

from moto.ec2.models import ec2_backends

from ecsctl.sandbox.aws import efs
from ecsctl.sandbox.aws.ecs import network
from ecsctl.sandbox.aws.ecs.state import Task, Wire
from ecsctl.sandbox.aws.efs.mounting import Way
from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.permissions import Asked

NFS = 2049
_FAILED = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
_CODE = " : unsuccessful EFS utils command execution; code: "


def trouble(account: str, region: str, task: Task) -> tuple[bool, str] | None:
    """Whether mounting times out, and the task's stoppedReason; None if all volumes can be mounted."""
    if task.interface is None:
        return None
    mounted = {mount["sourceVolume"] for one in task.definition.containers for mount in one.get("mountPoints") or ()}
    for volume in task.definition.document.get("volumes") or ():
        configuration = volume.get("efsVolumeConfiguration")
        if configuration and volume["name"] in mounted and (found := _one(account, region, task, configuration)):
            return found
    return None


def _one(account: str, region: str, task: Task, configuration: Wire) -> tuple[bool, str] | None:
    interface: Any = task.interface
    subnet = ec2_backends[account][region].get_subnet(interface.subnet)
    system = configuration["fileSystemId"]
    way = efs.way(account, region, system, subnet.availability_zone)
    if way is None:
        return False, (
            f'{_FAILED}Failed to resolve "{system}.efs.{region}.amazonaws.com" - check that your file system ID is '
            "correct, and ensure that the VPC has an EFS mount target for this file system ID. See "
            "https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. Attempting to lookup mount target "
            "ip address using botocore. Failed to import necessary dependency botocore, please install botocore first."
            f"{_CODE}1"
        )
    if not network.can_reach(account, region, tuple(interface.groups), interface.address, way.groups, NFS):
        return True, f"{_FAILED}b'mount.nfs4: Connection timed out'{_CODE}32"
    access: Wire = configuration.get("authorizationConfig") or {}
    point = access.get("accessPointId") or ""
    known = efs.access_point(account, region, point) if point else None
    if point and (known is None or known[1] != system):
        return False, (
            f"{_FAILED}b'mount.nfs4: mounting 127.0.0.1:/ failed, reason given by server: No such file or directory'"
            f"{_CODE}32"
        )
    if not _allows(account, task, configuration, way, known[0] if known else ""):
        return False, f"{_FAILED}b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'{_CODE}32"
    return None


def _allows(account: str, task: Task, configuration: Wire, way: Way, point: str) -> bool:
    """Whether a file system's policy lets a task mount it. Without a policy everybody may (EFS user guide, "Using IAM
    to control access")."""
    if way.policy is None:
        return True
    secure = "true" if configuration.get("transitEncryption") == "ENABLED" else "false"
    context = {"aws:SecureTransport": (secure,), "elasticfilesystem:AccessedViaMountTarget": ("true",)}
    context |= {"elasticfilesystem:AccessPointArn": (point,)} if point else {}
    action = "elasticfilesystem:ClientMount"
    verdict = permissions.decision(permissions.statements([way.policy]), Asked(action, way.arn, context))
    if verdict == "Deny":
        return False
    role = task.definition.document.get("taskRoleArn")
    asks = (configuration.get("authorizationConfig") or {}).get("iam") == "ENABLED"
    return verdict == "Allow" or bool(asks and role and permissions.is_allowed(account, role, action, way.arn, context))
