"""What AWS's iam does that moto does not: roles that exist before anybody can assume them, and refusals."""

import fnmatch
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import NotFoundException
from moto.iam.models import AWSManagedPolicy, IAMBackend, Role, iam_backends
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from ecsctl.sandbox.core import clock, overlay

# IAM guide, "Changes that I make are not always immediately visible", promises no number; Terraform waits up to two
# minutes (hashicorp/terraform-provider-aws, propagationTimeout) and sees 5 to 20 s.
PROPAGATION = 10.0
SERVICE_LINKED_PROPAGATION = 5.0

# IAM guide, "IAM and AWS STS quotas": characters of a role's inline policies, and of its trust policy.
_INLINE, _TRUST, _ATTACHED = 10_240, 2048, 10

_SERVICE_LINKED_NAMES = {
    "ecs": "ECS",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "ecs.application-autoscaling": "ApplicationAutoScaling_ECSService",
}


@dataclass
class _Roles:
    """When each role, by its unique id, was made or was last given another trust policy; in sandbox time."""

    changed: dict[str, float] = field(default_factory=dict)


def _backend(account_id: str, partition: str = "aws") -> IAMBackend:
    return iam_backends[account_id][partition]


def _old_enough(backend: IAMBackend, role: Role, age: float) -> bool:
    return clock.now() - overlay.memory(backend, _Roles).changed.get(role.id, float("-inf")) >= age


def assumable(account_id: str, role_arn: str, service: str, source_arn: str | None = None) -> bool:
    """Whether `service` (such as `codebuild.amazonaws.com`) can assume the role now.

    True once the role exists, its trust policy names the service, the policy's `aws:SourceAccount` and (when
    `source_arn` is given) `aws:SourceArn` conditions hold, and PROPAGATION seconds have passed since the role was made
    or its trust policy changed. AWS says nowhere how long that takes: the number is an assumption.
    """
    role = _find(account_id, role_arn)
    if role is None or not _old_enough(_backend(account_id, role_arn.split(":")[1]), role, PROPAGATION):
        return False
    met = [s["Effect"] for s in _statements(role) if _trusts(s, service) and _holds(s, account_id, source_arn)]
    return "Allow" in met and "Deny" not in met


def _find(account_id: str, role_arn: str) -> Role | None:
    roles = _backend(account_id, role_arn.split(":")[1]).get_roles()
    return next((role for role in roles if role.arn == role_arn), None)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(role: Role) -> list[dict[str, Any]]:
    return _many(json.loads(role.assume_role_policy_document)["Statement"])


def _trusts(statement: dict[str, Any], service: str) -> bool:
    principal = statement.get("Principal", {})
    services = ["*"] if principal == "*" else _many(principal.get("Service", []))
    return bool({service, "*"} & set(services)) and "sts:AssumeRole" in _many(statement["Action"])


def _holds(statement: dict[str, Any], account_id: str, source_arn: str | None) -> bool:
    given = {"aws:sourceaccount": account_id, "aws:sourcearn": source_arn}
    for operator, tests in statement.get("Condition", {}).items():
        for key, patterns in tests.items():
            value = given.get(key.lower())
            if value is None:
                continue
            matches: Any = fnmatch.fnmatchcase if "Like" in operator else str.__eq__
            if not any(matches(value, str(pattern)) for pattern in _many(patterns)):
                return False
    return True


def invalid_principal(document: str) -> str | None:
    """The first `"AWS":"arn…"` of a policy that names a user or role which is not there (yet), as AWS quotes it.

    IAM translates principals to unique ids when a policy is stored, so that they must exist and be known
    everywhere (hashicorp/terraform-provider-aws#8905). None when all are there.
    """
    for statement in _many(json.loads(document).get("Statement", [])):
        principal = statement.get("Principal", {})
        for arn in _many(principal.get("AWS", [])) if isinstance(principal, dict) else []:
            if not _known(str(arn)):
                return f'"AWS":"{arn}"'
    return None


def _known(principal: str) -> bool:
    if principal == "*" or (principal.isdigit() and len(principal) == 12):
        return True
    parts = principal.split(":")
    if len(parts) != 6 or parts[2] != "iam":
        return False
    kind, _, path = parts[5].partition("/")
    if kind == "root":
        return True
    backend = _backend(parts[4], parts[1])
    if kind == "user":
        return path.rsplit("/", 1)[-1] in backend.users
    role = _find(parts[4], principal)
    return role is not None and _old_enough(backend, role, PROPAGATION)


def ensure_service_linked(account_id: str, service: str, partition: str = "aws") -> Role:
    """The account's service-linked role of `service` (such as `ecs.amazonaws.com`), made at its first use.

    AWS makes it on the fly (ECS guide, "Using service-linked roles"; ELB guide, "Service-linked role").
    """
    backend = _backend(account_id, partition)
    for role in backend.get_roles():
        if role._linked_service == service:
            return role
    made: Role = backend.create_service_linked_role(service, "", "")
    return made


def service_linked_role_ready(account_id: str, service: str, partition: str = "aws") -> bool:
    """Whether the service can assume its own service-linked role; the first call makes it, and answers no.

    For the race "Unable to assume the service linked role. Please verify that the ECS service linked role exists."
    (hashicorp/terraform-provider-aws, internal/service/ecs). The number of seconds is an assumption.
    """
    role = ensure_service_linked(account_id, service, partition)
    return _old_enough(_backend(account_id, partition), role, SERVICE_LINKED_PROPAGATION)


def _counted(document: str) -> int:
    """The characters that count: IAM counts no white space (IAM guide, "IAM and AWS STS quotas")."""
    return len("".join(document.split()))


@overlay.wraps(IAMBackend)
def put_role_policy(original: Any, self: IAMBackend, role_name: str, policy_name: str, policy_json: str) -> None:
    """Refuse more than a role's inline policies may have together."""
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
        for service in _many(principal.get("Service", [])) if isinstance(principal, dict) else []:
            if not str(service).endswith((".amazonaws.com", ".amazonaws.com.cn")):
                message = f'Invalid principal in policy: "SERVICE":"{service}"'
                raise overlay.Refusal("MalformedPolicyDocument", message)
    unknown = invalid_principal(document)
    if unknown:
        raise overlay.Refusal("MalformedPolicyDocument", f"Invalid principal in policy: {unknown}")


def _trust_statements(document: str) -> Iterator[dict[str, Any]]:
    yield from _many(json.loads(document)["Statement"])


@overlay.wraps(IAMBackend)
def create_role(original: Any, self: IAMBackend, role_name: str, document: str, *args: Any, **kwargs: Any) -> Role:
    """Refuse what IAM's CreateRole refuses, and remember when the role was made."""
    boundary = kwargs.get("permissions_boundary") or (args[1] if len(args) > 1 else None)
    if not kwargs.get("linked_service"):
        if any(role.name.lower() == role_name.lower() for role in self.get_roles()):
            raise overlay.Refusal("EntityAlreadyExists", f"Role with name {role_name} already exists.")
        _check_trust(document)
        _check_boundary(self, boundary)
    role: Role = original(role_name, document, *args, **kwargs)
    role.description = role.description or ""  # AWS shows an empty one too
    overlay.memory(self, _Roles).changed[role.id] = clock.now()
    return role


def _of_aws(backend: IAMBackend, arn: str) -> AWSManagedPolicy | None:
    """One of AWS's own policies, which moto loads, all or none, only when asked to."""
    prefix = f"arn:{backend.partition}:iam::aws:policy/"
    name = arn.removeprefix(prefix).rsplit("/", 1)[-1]
    found = json.loads(aws_managed_policies_data).get(name) if arn.startswith(prefix) else None
    made = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, found) if found else None
    return made if made is not None and made.arn == arn else None


@overlay.wraps(IAMBackend)
def get_policy(original: Any, self: IAMBackend, policy_arn: str) -> Any:
    """AWS's own too."""
    return _of_aws(self, policy_arn) or original(policy_arn)


@overlay.wraps(IAMBackend)
def attach_role_policy(original: Any, self: IAMBackend, policy_arn: str, role_name: str) -> None:
    """AWS's own too, each once; no more than a role may have (IAM guide, "IAM and AWS STS quotas": 10 by default)."""
    if policy_arn not in self.managed_policies and (found := _of_aws(self, policy_arn)) is not None:
        self.managed_policies[policy_arn] = found
    attached = self.get_role(role_name).managed_policies
    if policy_arn in attached:
        return
    if len(attached) >= _ATTACHED:
        raise overlay.Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {_ATTACHED}")
    original(policy_arn, role_name)


def _check_boundary(backend: IAMBackend, arn: str | None) -> None:
    """A boundary must exist in the role's own account, or be one of AWS's own."""
    if arn and arn not in backend.managed_policies and _of_aws(backend, arn) is None:
        raise overlay.Refusal("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")


@overlay.wraps(IAMBackend)
def put_role_permissions_boundary(original: Any, self: IAMBackend, role_name: str, permissions_boundary: str) -> None:
    """Refuse a boundary that is not there."""
    _check_boundary(self, permissions_boundary)
    original(role_name, permissions_boundary)


@overlay.wraps(IAMBackend)
def update_assume_role_policy(original: Any, self: IAMBackend, role_name: str, document: str) -> None:
    """Refuse a policy with an unknown principal; another policy has to propagate again."""
    role = self.get_role(role_name)
    _refuse_linked(role)
    _check_trust(document)
    changed = json.loads(document) != json.loads(role.assume_role_policy_document)
    original(role_name, document)
    if changed:
        overlay.memory(self, _Roles).changed[role.id] = clock.now()


def _refuse_linked(role: Role) -> None:
    """IAM guide, "Service-linked roles": only the service changes them."""
    if role._linked_service:
        message = f"Cannot perform the operation on the protected role '{role.name}'"
        raise overlay.Refusal("UnmodifiableEntity", f"{message} - this role is only modifiable by AWS")


@overlay.wraps(IAMBackend)
def delete_role(original: Any, self: IAMBackend, role_name: str) -> None:
    """Refuse to delete a service-linked role by the ordinary call."""
    _refuse_linked(self.get_role(role_name))
    original(role_name)


@overlay.wraps(IAMBackend)
def delete_service_linked_role(original: Any, self: IAMBackend, role_name: str) -> str:  # noqa: ARG001 - it would call our delete_role
    """Delete a service-linked role."""
    role = self.get_role(role_name)
    del self.roles[role.id]
    return f"task/aws-service-role/{role._linked_service}/{role_name}/{role.id}"


@overlay.wraps(IAMBackend)
def get_role(original: Any, self: IAMBackend, role_name: str) -> Role:  # noqa: ARG001 - its message is not AWS's
    """Answer as AWS words it when the role is not there; names are compared without case."""
    for role in self.get_roles():
        if role.name.lower() == role_name.lower():
            return role
    raise NotFoundException(f"The role with name {role_name} cannot be found.")  # moto's own: it catches these


@overlay.wraps(IAMBackend)
def get_role_policy(original: Any, self: IAMBackend, role_name: str, policy_name: str) -> tuple[str, str]:
    """Answer as AWS words it when the inline policy is not there."""
    self.get_role(role_name)
    found: tuple[str, str] = _or_no_policy(original, role_name, policy_name)
    return found


@overlay.wraps(IAMBackend)
def delete_role_policy(original: Any, self: IAMBackend, role_name: str, policy_name: str) -> None:
    """Answer as AWS words it when the inline policy is not there."""
    self.get_role(role_name)
    _or_no_policy(original, role_name, policy_name)


def _or_no_policy(original: Any, role_name: str, policy_name: str) -> Any:
    try:
        return original(role_name, policy_name)
    except ServiceException as error:
        message = f"The role policy with name {policy_name} cannot be found."
        raise overlay.Refusal("NoSuchEntity", message) from error


@overlay.wraps(IAMBackend)
def create_service_linked_role(original: Any, self: IAMBackend, service: str, description: str, suffix: str) -> Role:
    """Make the role once, under AWS's own name for it; the second time refuse as AWS does."""
    short = service.removesuffix(".amazonaws.com")
    name = f"AWSServiceRoleFor{_SERVICE_LINKED_NAMES[short]}" if short in _SERVICE_LINKED_NAMES else None
    if name and any(role.name == name for role in self.get_roles()):
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        raise overlay.Refusal("InvalidInput", message)
    role: Role = original(service, description, suffix)
    role.name = name or role.name
    return role
