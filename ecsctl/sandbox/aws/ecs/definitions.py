"""ECS task definitions: what is refused, what AWS fills in, and revision numbers that are never reused."""

import zlib
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws.ecs import definition_checks
from ecsctl.sandbox.aws.ecs.definition_checks import is_ecr, units
from ecsctl.sandbox.aws.ecs.state import Definition, Wire, arn_of, denied, invalid, memory
from ecsctl.sandbox.aws.ecs.time import forget_definitions
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.principals import caller

_UNKNOWN = "Unable to describe task definition."
_MISSING = "The specified task definition does not exist. Specify a valid account, family, revision and try again."
_ACTIVE = "The specified task definition is still in ACTIVE status. Please deregister the target and try again."


def find(backend: EC2ContainerServiceBackend, reference: str) -> Definition | None:
    """The revision with this ARN or `family:revision`, or a family's latest ACTIVE one; None if there is none."""
    forget_definitions(backend)
    family, _, revision = reference.rsplit("/", 1)[-1].partition(":")
    known: dict[int, Any] = backend.task_definitions.get(family, {})
    if revision:
        return known.get(int(revision)) if revision.isdigit() else None
    return max((d for d in known.values() if d.status == "ACTIVE"), key=lambda d: d.revision, default=None)


def usable(backend: EC2ContainerServiceBackend, reference: str) -> Definition:
    """The revision, if new tasks or services can start from it.

    Raises ClientException "TaskDefinition not found." or, once it is deregistered, "TaskDefinition is inactive": the
    messages and, for CreateService and UpdateService, the code are those of many public reports.
    """
    found = find(backend, reference)
    if found is None:
        raise denied("TaskDefinition not found.")
    if found.status != "ACTIVE":
        raise denied("TaskDefinition is inactive")
    return found


def register(backend: EC2ContainerServiceBackend, ask: Wire, by: str) -> Definition:
    """Register a revision of `ask["family"]` with register_task_definition's parameters; `by` is the caller's ARN.

    Each call creates a revision, even an identical one, and a number is never reused, not even after the revision was
    deregistered or deleted (API reference, DeleteTaskDefinitions). Raises ClientException.
    """
    definition_checks.check(ask)
    state = memory(backend)
    revision = state.revisions.get(ask["family"], 0) + 1
    state.revisions[ask["family"]] = revision
    arn = arn_of(backend, f"task-definition/{ask['family']}:{revision}")
    document = _filled(ask) | {
        "taskDefinitionArn": arn,
        "family": ask["family"],
        "revision": revision,
        "status": "ACTIVE",
        "registeredAt": clock.today(),
        "registeredBy": by,
    }
    made = Definition(arn, ask["family"], revision, document, list(ask.get("tags") or []))
    known: dict[int, Any] = backend.task_definitions.setdefault(ask["family"], {})
    known[revision] = made
    return made


def _filled(ask: Wire) -> Wire:
    """A request with AWS's defaults for what it leaves out (API reference, ContainerDefinition)."""
    kept = {key: value for key, value in ask.items() if key != "tags"}
    fargate = "FARGATE" in (ask.get("requiresCompatibilities") or [])
    same_ports = ask.get("networkMode") in ("awsvpc", "host")
    kept["containerDefinitions"] = [_container(container, same_ports) for container in ask["containerDefinitions"]]
    kept["volumes"] = [volume if len(volume) > 1 else {"host": {}} | volume for volume in ask.get("volumes") or []]
    kept.setdefault("placementConstraints", [])
    kept.setdefault("networkMode", "bridge")
    kept["compatibilities"] = ["EC2", "FARGATE"] if fargate else ["EC2"]
    kept["requiresAttributes"] = [{"name": name} for name in sorted(_attributes(ask))]
    for size, unit in (("cpu", "vcpu"), ("memory", "gb")):
        if ask.get(size):
            kept[size] = str(units(ask[size], unit))
    if fargate and "runtimePlatform" in ask:
        kept["runtimePlatform"] = {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"} | ask[
            "runtimePlatform"
        ]
    return kept


def _container(container: Wire, same_ports: bool) -> Wire:
    """A container as AWS returns it. Its environment variables come back in an order of AWS's own.

    Recorded by go-to-k/cdk-real-drift (commit c00ed982): six variables came back neither in the order sent nor sorted.
    """
    empty = ("environment", "mountPoints", "volumesFrom", "systemControls")
    filled: Wire = {"cpu": 0, "essential": True} | {name: [] for name in empty} | container
    filled["portMappings"] = [
        {"protocol": "tcp", "hostPort": port["containerPort"] if same_ports else 0} | port
        for port in container.get("portMappings") or []
    ]
    for name in ("environment", "secrets"):
        if name in filled:
            filled[name] = sorted(filled[name], key=lambda one: zlib.crc32(str(one.get("name")).encode()))
    if "healthCheck" in container:
        filled["healthCheck"] = {"interval": 30, "timeout": 5, "retries": 3} | container["healthCheck"]
    return filled


def _attributes(ask: Wire) -> set[str]:
    found = {"com.amazonaws.ecs.capability.docker-remote-api.1.18"}
    if ask.get("taskRoleArn"):
        found.add("com.amazonaws.ecs.capability.task-iam-role")
    if ask.get("networkMode") == "awsvpc":
        found.add("ecs.capability.task-eni")
    for container in ask["containerDefinitions"]:
        if (container.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            found |= {"com.amazonaws.ecs.capability.logging-driver.awslogs", "ecs.capability.execution-role-awslogs"}
        if is_ecr(container["image"]):
            found |= {"com.amazonaws.ecs.capability.ecr-auth", "ecs.capability.execution-role-ecr-pull"}
        if container.get("secrets"):
            found.add("ecs.capability.secrets.asm.environment-variables")
    return found


def _named(backend: EC2ContainerServiceBackend, reference: str) -> Definition:
    """The revision. Raises a refusal if there is none, or if only a family is named."""
    if ":" not in reference.rsplit("/", 1)[-1]:
        raise denied("Revision is missing.")
    found = find(backend, reference)
    if found is None:
        raise denied(
            "The specified task definition does not exist. Specify a valid account, family, revision and try again."
        )
    return found


def _status(definition: Definition, status: str) -> None:
    definition.status = definition.document["status"] = status


@overlay.wraps(EC2ContainerServiceResponse)
def register_task_definition(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Register a revision, and return it with its tags."""
    made = register(response.ecs_backend, response._get_params(), caller(response))
    return ActionResult({"taskDefinition": made.document, "tags": made.tags})


@overlay.wraps(EC2ContainerServiceResponse)
def describe_task_definition(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Describe a revision, with its tags only if include contains TAGS."""
    ask = response._get_params()
    found = find(response.ecs_backend, ask["taskDefinition"])
    if found is None:
        raise denied(_UNKNOWN)
    answer: Wire = {"taskDefinition": found.document}
    if "TAGS" in (ask.get("include") or []):
        answer["tags"] = found.tags
    return ActionResult(answer)


def page(items: list[str], ask: Wire, size: int = 100) -> tuple[list[str], str | None]:
    """The page of a list that maxResults and nextToken ask for, and the token of the next page."""
    start = int(ask.get("nextToken") or 0)
    end = start + int(ask.get("maxResults") or size)
    return items[start:end], str(end) if end < len(items) else None


@overlay.wraps(EC2ContainerServiceResponse)
def list_task_definitions(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """List ARNs by family and revision, ascending by default; only ACTIVE ones unless a status is given."""
    backend, ask = response.ecs_backend, response._get_params()
    forget_definitions(backend)
    wanted, prefix = ask.get("status") or "ACTIVE", ask.get("familyPrefix")
    found: list[Any] = [d for known in backend.task_definitions.values() for d in known.values()]
    found = [d for d in found if d.status == wanted and (prefix is None or d.family == prefix)]
    found.sort(key=lambda d: (d.family, d.revision), reverse=ask.get("sort") == "DESC")
    arns, token = page([d.arn for d in found], ask)
    return ActionResult({"taskDefinitionArns": arns} | ({"nextToken": token} if token else {}))


@overlay.wraps(EC2ContainerServiceResponse)
def list_task_definition_families(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """List families: with ACTIVE, those that have an active revision; with INACTIVE, those that have none."""
    backend, ask = response.ecs_backend, response._get_params()
    forget_definitions(backend)
    wanted, prefix = ask.get("status") or "ALL", ask.get("familyPrefix") or ""
    found = []
    for family, known in sorted(backend.task_definitions.items()):
        active = any(d.status == "ACTIVE" for d in known.values())
        if family.startswith(prefix) and wanted in ("ALL", "ACTIVE" if active else "INACTIVE"):
            found.append(family)
    families, token = page(found, ask)
    return ActionResult({"families": families} | ({"nextToken": token} if token else {}))


@overlay.wraps(EC2ContainerServiceResponse)
def deregister_task_definition(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Make a revision INACTIVE. Services that run it are not affected; nothing new can start from it."""
    found = deregister(response.ecs_backend, response._get_params()["taskDefinition"])
    return ActionResult({"taskDefinition": found.document})


def deregister(backend: EC2ContainerServiceBackend, reference: str) -> Definition:
    """Deregister a revision, and return it. Raises ClientException if it does not exist."""
    found = _named(backend, reference)
    if found.status == "ACTIVE":
        _status(found, "INACTIVE")
        now: datetime = clock.today()
        found.document["deregisteredAt"] = now
    return found


@overlay.wraps(EC2ContainerServiceResponse)
def delete_task_definitions(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Move up to 10 INACTIVE revisions to DELETE_IN_PROGRESS; ACTIVE and unknown ones are returned as failures."""
    backend, references = response.ecs_backend, response._get_params().get("taskDefinitions") or []
    if not references:
        raise invalid("size of TaskDefinition references list must be greater than 0")
    if len(references) > 10:
        raise invalid("Size of TaskDefinition references list cannot exceed 10")
    done, failures = [], []
    for reference in references:
        found = find(backend, reference) if ":" in reference.rsplit("/", 1)[-1] else None
        if found is None:
            failures.append({"arn": reference, "reason": _MISSING})
        elif found.status == "ACTIVE":
            reason = (
                "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
            )
            failures.append({"arn": reference, "reason": reason})
        else:
            if found.status == "INACTIVE":
                found.deleted_at = clock.now()
                found.document["deleteRequestedAt"] = clock.today()
            _status(found, "DELETE_IN_PROGRESS")
            done.append(found.document)
    return ActionResult({"taskDefinitions": done, "failures": failures})
