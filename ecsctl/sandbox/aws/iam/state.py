"""AWS's own policies and service-linked roles, which moto creates only on request."""

import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, Role, iam_backends

from ecsctl.sandbox.core import overlay

_SERVICE_LINKED_NAMES = {
    "ecs": "ECS",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "ecs.application-autoscaling": "ApplicationAutoScaling_ECSService",
}


def backend_of(account_id: str, partition: str = "aws") -> IAMBackend:
    """moto's IAM of an account in a partition."""
    return iam_backends[account_id][partition]


def find(account_id: str, role_arn: str) -> Role | None:
    """The role with this ARN; None if it does not exist."""
    roles = backend_of(account_id, role_arn.split(":")[1]).get_roles()
    return next((role for role in roles if role.arn == role_arn), None)


def of_aws(backend: IAMBackend, arn: str) -> AWSManagedPolicy | None:
    """One of AWS's own policies, of which moto loads all or, by default, none."""
    prefix = f"arn:{backend.partition}:iam::aws:policy/"
    name = arn.removeprefix(prefix).rsplit("/", 1)[-1]
    found = json.loads(aws_managed_policies_data).get(name) if arn.startswith(prefix) else None
    made = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, found) if found else None
    return made if made is not None and made.arn == arn else None


@overlay.wraps(IAMBackend)
def get_policy(original: Any, self: IAMBackend, policy_arn: str) -> Any:
    """Return a policy, also one of AWS's own."""
    return of_aws(self, policy_arn) or original(policy_arn)


def ensure_service_linked(account_id: str, service: str, partition: str = "aws") -> Role:
    """The account's service-linked role for `service` (such as `ecs.amazonaws.com`), created on first use.

    AWS creates it when needed (ECS guide, "Using service-linked roles"; ELB guide, "Service-linked role").
    """
    backend = backend_of(account_id, partition)
    for role in backend.get_roles():
        if role._linked_service == service:
            return role
    made: Role = backend.create_service_linked_role(service, "", "")
    return made


@overlay.wraps(IAMBackend)
def create_service_linked_role(original: Any, self: IAMBackend, service: str, description: str, suffix: str) -> Role:
    """Create the role under AWS's own name for it, and refuse a second time as AWS does."""
    short = service.removesuffix(".amazonaws.com")
    name = f"AWSServiceRoleFor{_SERVICE_LINKED_NAMES[short]}" if short in _SERVICE_LINKED_NAMES else None
    if name and any(role.name == name for role in self.get_roles()):
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        raise overlay.Refusal("InvalidInput", message)
    role: Role = original(service, description, suffix)
    role.name = name or role.name
    return role


@overlay.wraps(IAMBackend)
def delete_service_linked_role(original: Any, self: IAMBackend, role_name: str) -> str:  # noqa: ARG001 - it would call our delete_role
    """Delete a service-linked role."""
    role = self.get_role(role_name)
    del self.roles[role.id]
    return f"task/aws-service-role/{role._linked_service}/{role_name}/{role.id}"
