"""Scripts with which tests and demos control tasks, by their images."""

from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecs.models import EC2ContainerServiceBackend

from ecsctl.sandbox.aws.ecs import images
from ecsctl.sandbox.aws.ecs.state import Definition, Script, Wire, backend_of, memory
from ecsctl.sandbox.core import script

_HOME = "us-east-1"  # scripts apply to an account, whatever the region of its tasks
KINDS = (
    "ok",
    "crash",
    "oom",
    "exec-format",
    "unhealthy",
    "slow",
    "sick",
    "missing-image",
    "architecture",
    "pull-denied",
    "secret",
    "secret-denied",
    "egress",
    "log-group",
    "role",
    "quota",
    "stopped",
    "app",
    "command",
)


@script.switch
def script_tasks(account: str, image_fragment: str, kind: str, **options: Any) -> None:
    """Let tasks whose image contains `image_fragment` ("": all tasks) end or fail as `kind`, one of KINDS, says.

    The fragment may be part of the image's reference, digest or tags. The last matching call applies; "ok" cancels
    earlier ones. `seconds`: the time from start to a crash, or how long "slow" takes to boot. `reason`: the health
    check's answer for "unhealthy", ECS's reason for "stopped" and "quota", and the last log line for "crash", whose
    exit code is `code`. `length`: after how many characters ECS truncates the reason why a task does not start.
    "secret" and "secret-denied" fail on the first secret that a task reads, as long as task definitions contain it.
    "app" is described in `apps`; "command" is a crash of `run_task`'s tasks only.

    Raises ValueError for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}; there are: {', '.join(KINDS)}")
    memory(backend_of(account or DEFAULT_ACCOUNT_ID, _HOME)).scripts.append(Script(image_fragment, kind, options))


def of(backend: EC2ContainerServiceBackend, *containers: Wire) -> Script:
    """The last script that matches one of the containers."""
    every = reversed(memory(backend_of(backend.account_id, _HOME)).scripts)
    fitting = (one for one in every if any(fits(one, container) for container in containers))
    return next(fitting, Script("", "ok", {}))


def fits(one: Script, container: Wire) -> bool:
    """Whether a script matches a container's image."""
    return one.fragment in f"{container['image']} {_known_as(container['image'])}"


def scripted(backend: EC2ContainerServiceBackend, definition: Definition) -> Script:
    """The script for tasks of a definition."""
    return of(backend, *definition.containers)


def _known_as(image: str) -> str:
    found = images.find(image)
    return f"{found.digest} {' '.join(found.tags)}" if found is not None else ""
