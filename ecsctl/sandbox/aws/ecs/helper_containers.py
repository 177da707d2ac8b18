"""Simulated containers beside the app, recognized by their commands: one that sleeps, and one that calls ECS.

A single script with the AWS CLI is supported: it lists a family's tasks, and lets its own task run only if that is the
oldest. Any other container beside the app is assumed to keep running.
"""

from moto.ecs.models import EC2ContainerServiceBackend

from ecsctl.sandbox.aws.ecs.container_states import Outcome
from ecsctl.sandbox.aws.ecs.state import Task, Wire, arn_of, memory
from ecsctl.sandbox.core import permissions, principals

_CLI = "public.ecr.aws/aws-cli/aws-cli"
_REFUSED = 254  # AWS CLI user guide, "Command line return codes": a service has answered with an error


def outcome(backend: EC2ContainerServiceBackend, task: Task, container: Wire) -> Outcome | None:
    """Returns the outcome of a container; None if it is not known."""
    words = [*(container.get("entryPoint") or ()), *(container.get("command") or ())]
    if len(words) == 2 and words[0] == "sleep" and words[1].isdecimal():
        return Outcome("ends", float(words[1]))
    if container["image"].startswith(_CLI) and "list-tasks" in words[-1] and "describe-tasks" in words[-1]:
        return _oldest(backend, task, container)
    return None


def _oldest(backend: EC2ContainerServiceBackend, task: Task, container: Wire) -> Outcome:
    given = {one["name"]: one.get("value", "") for one in container.get("environment") or ()}
    cluster = arn_of(backend, f"cluster/{given.get('CLUSTER')}")
    role, here = task.definition.document.get("taskRoleArn", ""), {"ecs:cluster": (cluster,)}
    for operation, resource in (("ListTasks", "*"), ("DescribeTasks", task.arn)):
        if not permissions.is_allowed(backend.account_id, role, f"ecs:{operation}", resource, here):
            who = principals.session(role, task.id)
            message = f"User: {who} is not authorized to perform: ecs:{operation} on resource: {resource}"
            error = f"An error occurred (AccessDeniedException) when calling the {operation} operation: {message}"
            return Outcome("ends", 2.0, _REFUSED, last=(error,))
    at = task.moments["pull_stopped"]
    owner = memory(backend).standalone.get(cluster)
    alive = [
        one
        for one in (owner.known if owner else ())
        if one.definition.family == given.get("FAMILY") and one.moments.get("stopping", at + 1) > at
    ]
    first = min(alive, key=lambda one: (one.created, one.arn), default=task)
    if first is task:
        return Outcome("ends", 2.0)
    return Outcome("ends", 2.0, 75, last=(f"another run is not over: task {first.id}",))
