"""What EFS refuses (its API reference): invalid parameters, and resources that do not exist or are not available."""

import json
from collections.abc import Callable
from typing import Any

from moto.ec2.models import ec2_backends
from moto.efs.models import EFSBackend
from moto.efs.responses import EFSResponse

from ecsctl.sandbox.aws import kms
from ecsctl.sandbox.aws.efs.state import memory
from ecsctl.sandbox.aws.efs.time import state_of
from ecsctl.sandbox.core import constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal


def _checked(operation: str) -> Callable[[Callable[[], Any], EFSResponse], Any]:
    def check(original: Callable[[], Any], response: EFSResponse) -> Any:
        sent = json.loads(response.body or "{}")
        names = _IN_PATH.get(operation, ())
        sent |= {name: response._get_param(name) for name in names}
        if wrong := constraints.violation("efs", operation, sent):
            raise Refusal("BadRequest", wrong)
        return original()

    return check


_IN_PATH = {"PutFileSystemPolicy": ("FileSystemId",)}
for _name, _operation in (
    ("create_file_system", "CreateFileSystem"),
    ("create_mount_target", "CreateMountTarget"),
    ("create_access_point", "CreateAccessPoint"),
    ("put_file_system_policy", "PutFileSystemPolicy"),
):
    overlay.wraps(EFSResponse, _name)(_checked(_operation))


def _file_system(backend: EFSBackend, file_system_id: str, *, settled: bool = True) -> Any:
    """The file system. Raises FileSystemNotFound, or IncorrectFileSystemLifeCycleState if it must be `settled`."""
    system = backend.file_systems_by_id.get(file_system_id)
    if system is None:
        raise _missing("FileSystem", f"File system '{file_system_id}' does not exist.")
    if settled and state_of(backend, file_system_id) != "available":
        raise _conflict("IncorrectFileSystemLifeCycleState", f"File system '{file_system_id}' is not available.")
    return system


def _missing(what: str, message: str) -> Refusal:
    return Refusal(f"{what}NotFound", message)


def _conflict(code: str, message: str) -> Refusal:
    return Refusal(code, message)


@overlay.wraps(EFSBackend, "create_file_system")
def with_usable_key(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """Check the KMS key, which must exist and be enabled, and store its ARN, however it was named.

    EFS user guide, "Managing KMS keys for EFS file systems": one that is disabled or deleted "can't be used as the key
    for new encrypted-at-rest file systems". EFS passes on KMS's message (aws/aws-cdk#7641 has the first).

    Raises Refusal.
    """
    account, region, named = backend.account_id, backend.region_name, sent.get("kms_key_id")
    if named and named != "alias/aws/elasticfilesystem":
        wrong = kms.refusal(account, region, named)
        if wrong.endswith("does not exist"):
            message = "The request was rejected because the specified key could not be found."
            raise Refusal("NotFoundException", message)
        if wrong:
            raise Refusal("DisabledException" if "disabled" in wrong else "KMSInvalidStateException", wrong)
        sent["kms_key_id"] = kms.arn(account, region, named)
    return original(**sent)


@overlay.wraps(EFSBackend, "create_mount_target")
def of_available(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """Refuse unless the file system is available."""
    _file_system(backend, sent["file_system_id"])
    return original(**sent)


@overlay.wraps(EFSBackend, "create_access_point")
def once(original: Callable[..., Any], backend: EFSBackend, client_token: str, **sent: Any) -> Any:
    """Refuse a token again (API reference, AccessPointAlreadyExists: "already exists, with the creation token you
    provided")."""
    _file_system(backend, sent["file_system_id"])
    if (known := memory(backend).points.get(client_token)) in backend.access_points:
        raise _conflict("AccessPointAlreadyExists", f"Access Point '{known}' already exists.")
    return original(client_token, **sent)


@overlay.wraps(EFSBackend)
def modify_mount_target_security_groups(
    _original: Callable[..., Any], backend: EFSBackend, mount_target_id: str, security_groups: list[str]
) -> Any:
    """Refuse unless the mount target is available (API reference)."""
    target = backend.mount_targets_by_id.get(mount_target_id)
    if target is None:
        raise _missing("MountTarget", f"Mount target '{mount_target_id}' does not exist.")
    if state_of(backend, mount_target_id) != "available":
        raise _conflict("IncorrectMountTargetState", f"Mount target '{mount_target_id}' is not available.")
    target.security_groups = security_groups
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    ec2.modify_network_interface_attribute(eni_id=str(target.network_interface_id), group_ids=security_groups)


@overlay.wraps(EFSBackend)
def describe_access_points(
    original: Callable[..., Any], backend: EFSBackend, access_point_id: str | None, file_system_id: str | None
) -> Any:
    """Refuse for a file system that does not exist."""
    if file_system_id:
        _file_system(backend, file_system_id, settled=False)
    return original(access_point_id, file_system_id)


@overlay.wraps(EFSBackend)
def delete_access_point(original: Callable[..., Any], backend: EFSBackend, access_point_id: str) -> Any:
    """Refuse for an access point that does not exist."""
    if access_point_id not in backend.access_points:
        raise _missing("AccessPoint", f"Access Point {access_point_id} does not exist.")
    return original(access_point_id)


@overlay.wraps(EFSBackend)
def describe_file_system_policy(original: Callable[..., Any], backend: EFSBackend, file_system_id: str) -> Any:
    """Refuse for a file system that does not exist."""
    _file_system(backend, file_system_id, settled=False)
    return original(file_system_id)


@overlay.wraps(EFSBackend)
def put_file_system_policy(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """Raise InvalidPolicyException for an invalid policy (API reference)."""
    _file_system(backend, sent["file_system_id"])
    try:
        json.loads(sent["policy"])["Statement"]
    except (ValueError, KeyError):
        raise Refusal("InvalidPolicyException", "The policy is not valid.") from None  # the wording is an assumption
    return original(**sent)
