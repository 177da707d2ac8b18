"""New roles and trust policies take effect only after a while."""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.iam.models import IAMBackend, Role

from ecsctl.sandbox.aws.iam.state import backend_of, ensure_service_linked, find
from ecsctl.sandbox.aws.iam.trust import allows_service, is_met_by, statements
from ecsctl.sandbox.core import clock, overlay

# IAM guide, "Changes that I make are not always immediately visible", promises no number; Terraform waits up to two
# minutes (hashicorp/terraform-provider-aws, propagationTimeout) and sees 5 to 20 s.
PROPAGATION = 10.0
SERVICE_LINKED_PROPAGATION = 5.0


@dataclass
class _Roles:
    """When each role, by its unique id, was created or its trust policy last changed; in sandbox time."""

    changed: dict[str, float] = field(default_factory=dict)


def is_old_enough(backend: IAMBackend, role: Role, age: float) -> bool:
    """Whether the role has been unchanged for `age` seconds of sandbox time."""
    return clock.now() - overlay.memory(backend, _Roles).changed.get(role.id, float("-inf")) >= age


def can_be_assumed(account_id: str, role_arn: str, service: str, source_arn: str | None = None) -> bool:
    """Whether `service` (such as `codebuild.amazonaws.com`) can assume the role now.

    True once the role exists, its trust policy names the service, the policy's `aws:SourceAccount` and (when
    `source_arn` is given) `aws:SourceArn` conditions match, and PROPAGATION seconds have passed since the role was
    created or its trust policy changed. AWS does not document how long that takes: the number is an assumption.
    """
    role = find(account_id, role_arn)
    if role is None or not is_old_enough(backend_of(account_id, role_arn.split(":")[1]), role, PROPAGATION):
        return False
    met = [s["Effect"] for s in statements(role) if allows_service(s, service) and is_met_by(s, account_id, source_arn)]
    return "Allow" in met and "Deny" not in met


def is_service_linked_role_ready(account_id: str, service: str, partition: str = "aws") -> bool:
    """Whether the service can assume its own service-linked role. The first call creates it, and returns False.

    For the race "Unable to assume the service linked role. Please verify that the ECS service linked role exists."
    (hashicorp/terraform-provider-aws, internal/service/ecs). The number of seconds is an assumption.
    """
    role = ensure_service_linked(account_id, service, partition)
    return is_old_enough(backend_of(account_id, partition), role, SERVICE_LINKED_PROPAGATION)


@overlay.wraps(IAMBackend, "create_role")
def made(original: Any, self: IAMBackend, *args: Any, **kwargs: Any) -> Role:
    """Remember when the role was made."""
    role: Role = original(*args, **kwargs)
    role.description = role.description or ""  # AWS shows an empty one too
    overlay.memory(self, _Roles).changed[role.id] = clock.now()
    return role


@overlay.wraps(IAMBackend, "update_assume_role_policy")
def changed(original: Any, self: IAMBackend, role_name: str, document: str) -> None:
    """Remember the change: a new trust policy has to propagate again."""
    role = self.get_role(role_name)
    differs = json.loads(document) != json.loads(role.assume_role_policy_document)
    original(role_name, document)
    if differs:
        overlay.memory(self, _Roles).changed[role.id] = clock.now()
