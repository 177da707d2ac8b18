"""What IAM refuses, with its error messages."""

import json
from collections.abc import Iterator
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, Role
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from ecsctl.sandbox.aws.iam.state import backend_of, find, of_aws
from ecsctl.sandbox.aws.iam.time import PROPAGATION, is_old_enough
from ecsctl.sandbox.aws.iam.trust import many
from ecsctl.sandbox.core import overlay

# IAM guide, "IAM and AWS STS quotas": characters of a role's inline policies, and of its trust policy.
_INLINE, _TRUST, _ATTACHED = 10_240, 2048, 10


def invalid_principal(document: str) -> str | None:
    """The first `"AWS":"arn…"` in a policy whose user or role does not exist (yet), as AWS quotes it.

    IAM translates principals to unique ids when a policy is stored, so they must exist and have propagated
    (hashicorp/terraform-provider-aws#8905). None if they all exist.
    """
    for statement in many(json.loads(document).get("Statement", [])):
        principal = statement.get("Principal", {})
        for arn in many(principal.get("AWS", [])) if isinstance(principal, dict) else []:
            if not _exists(str(arn)):
                return f'"AWS":"{arn}"'
    return None


def _exists(principal: str) -> bool:
    if principal == "*" or (principal.isdigit() and len(principal) == 12):
        return True
    parts = principal.split(":")
    if len(parts) != 6 or parts[2] != "iam":
        return False
    kind, _, path = parts[5].partition("/")
    if kind == "root":
        return True
    backend = backend_of(parts[4], parts[1])
    if kind == "user":
        return path.rsplit("/", 1)[-1] in backend.users
    role = find(parts[4], principal)
    return role is not None and is_old_enough(backend, role, PROPAGATION)


def _counted(document: str) -> int:
    """A document without white space, which IAM does not count (IAM guide, "IAM and AWS STS quotas")."""
    return len("".join(document.split()))


@overlay.wraps(IAMBackend)
def put_role_policy(original: Any, self: IAMBackend, role_name: str, policy_name: str, policy_json: str) -> None:
    """Refuse a policy if the role's inline policies would be too long together."""
    others = [text for name, text in self.get_role(role_name).policies.items() if name != policy_name]
    if sum(map(_counted, [*others, policy_json])) > _INLINE:
        raise overlay.Refusal("LimitExceeded", f"Maximum policy size of {_INLINE} bytes exceeded for role {role_name}")
    original(role_name, policy_name, policy_json)


def _check_trust(document: str) -> None:
    if _counted(document) > _TRUST:
        raise overlay.Refusal("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_TRUST}")
    IAMTrustPolicyDocumentValidator(document).validate()
    for statement in _trust_statements(document):
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise overlay.Refusal("MalformedPolicyDocument", "Missing required field Principal")
        principal = statement.get("Principal", {})
        for service in many(principal.get("Service", [])) if isinstance(principal, dict) else []:
            if not str(service).endswith((".amazonaws.com", ".amazonaws.com.cn")):
                message = f'Invalid principal in policy: "SERVICE":"{service}"'
                raise overlay.Refusal("MalformedPolicyDocument", message)
    unknown = invalid_principal(document)
    if unknown:
        raise overlay.Refusal("MalformedPolicyDocument", f"Invalid principal in policy: {unknown}")


def _trust_statements(document: str) -> Iterator[dict[str, Any]]:
    yield from many(json.loads(document)["Statement"])


@overlay.wraps(IAMBackend)
def create_role(original: Any, self: IAMBackend, role_name: str, document: str, *args: Any, **kwargs: Any) -> Role:
    """Refuse invalid roles as CreateRole does."""
    boundary = kwargs.get("permissions_boundary") or (args[1] if len(args) > 1 else None)
    if not kwargs.get("linked_service"):
        if any(role.name.lower() == role_name.lower() for role in self.get_roles()):
            raise overlay.Refusal("EntityAlreadyExists", f"Role with name {role_name} already exists.")
        _check_trust(document)
        _check_boundary(self, boundary)
    role: Role = original(role_name, document, *args, **kwargs)
    return role


@overlay.wraps(IAMBackend)
def attach_role_policy(original: Any, self: IAMBackend, policy_arn: str, role_name: str) -> None:
    """Attach a policy, also one of AWS's own, up to the quota (IAM guide, "IAM and AWS STS quotas": 10 by default).

    Raises Refusal.
    """
    if policy_arn not in self.managed_policies and (found := of_aws(self, policy_arn)) is not None:
        self.managed_policies[policy_arn] = found
    attached = self.get_role(role_name).managed_policies
    if policy_arn in attached:
        return
    if len(attached) >= _ATTACHED:
        raise overlay.Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {_ATTACHED}")
    original(policy_arn, role_name)


def _check_boundary(backend: IAMBackend, arn: str | None) -> None:
    """Refuse a boundary that neither exists in the role's account nor is one of AWS's own."""
    if arn and arn not in backend.managed_policies:
        if (found := of_aws(backend, arn)) is None:
            raise overlay.Refusal("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")
        backend.managed_policies[arn] = found


@overlay.wraps(IAMBackend)
def put_role_permissions_boundary(original: Any, self: IAMBackend, role_name: str, permissions_boundary: str) -> None:
    """Refuse a boundary that does not exist."""
    _check_boundary(self, permissions_boundary)
    original(role_name, permissions_boundary)


@overlay.wraps(IAMBackend)
def update_assume_role_policy(original: Any, self: IAMBackend, role_name: str, document: str) -> None:
    """Refuse a policy with an unknown principal."""
    _refuse_linked(self.get_role(role_name))
    _check_trust(document)
    original(role_name, document)


def _refuse_linked(role: Role) -> None:
    """Refuse to change a service-linked role, which only its service may (IAM guide, "Service-linked roles")."""
    if role._linked_service:
        message = f"Cannot perform the operation on the protected role '{role.name}'"
        raise overlay.Refusal("UnmodifiableEntity", f"{message} - this role is only modifiable by AWS")


@overlay.wraps(IAMBackend)
def delete_role(original: Any, self: IAMBackend, role_name: str) -> None:
    """Refuse to delete a service-linked role by the ordinary call."""
    _refuse_linked(self.get_role(role_name))
    original(role_name)


@overlay.wraps(IAMBackend)
def get_role(original: Any, self: IAMBackend, role_name: str) -> Role:  # noqa: ARG001 - its message is not AWS's
    """Raise AWS's message if the role does not exist. Names are case-insensitive."""
    for role in self.get_roles():
        if role.name.lower() == role_name.lower():
            return role
    raise NotFoundException(f"The role with name {role_name} cannot be found.")  # moto's own: it catches these


@overlay.wraps(IAMBackend)
def get_role_policy(original: Any, self: IAMBackend, role_name: str, policy_name: str) -> tuple[str, str]:
    """Raise AWS's message if the inline policy does not exist."""
    self.get_role(role_name)
    found: tuple[str, str] = _or_no_policy(original, role_name, policy_name)
    return found


@overlay.wraps(IAMBackend)
def delete_role_policy(original: Any, self: IAMBackend, role_name: str, policy_name: str) -> None:
    """Raise AWS's message if the inline policy does not exist."""
    self.get_role(role_name)
    _or_no_policy(original, role_name, policy_name)


def _or_no_policy(original: Any, role_name: str, policy_name: str) -> Any:
    try:
        return original(role_name, policy_name)
    except ServiceException as error:
        message = f"The role policy with name {policy_name} cannot be found."
        raise overlay.Refusal("NoSuchEntity", message) from error
