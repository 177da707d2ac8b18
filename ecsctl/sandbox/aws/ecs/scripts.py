"""Scripts of tests and demos for tasks, by their images."""

from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecs.models import EC2ContainerServiceBackend

from ecsctl.sandbox.aws.ecs import images
from ecsctl.sandbox.aws.ecs.state import Definition, Script, Wire, backend_of, memory
from ecsctl.sandbox.core import script

_HOME = "us-east-1"  # scripts hold for an account, in whichever region its tasks run
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
    """Let tasks whose image contains `image_fragment` (with "" all tasks) go the way of `kind`, one of KINDS.

    A fragment may be in the reference, in the digest it stands for or in one of that image's tags; the last call that
    fits counts, "ok" takes scripts back. `seconds` says when: a crash's moment after the start, or how long "slow"
    boots. `reason` is the health check's answer for "unhealthy", ECS's own for "stopped" and "quota", and the log's
    last line for "crash", which ends with `code`. With `length` the reason why a task does not start breaks off after
    as many characters. "secret" and "secret-denied" are about the secret that is asked for first, and pass with it.
    "app" is described in apps; "command" is a crash of what `run_task` runs, and of nothing else.

    Raises ValueError for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}; there are: {', '.join(KINDS)}")
    memory(backend_of(account or DEFAULT_ACCOUNT_ID, _HOME)).scripts.append(Script(image_fragment, kind, options))


def of(backend: EC2ContainerServiceBackend, *containers: Wire) -> Script:
    """The last script that fits one of the containers."""
    every = reversed(memory(backend_of(backend.account_id, _HOME)).scripts)
    fitting = (one for one in every if any(fits(one, container) for container in containers))
    return next(fitting, Script("", "ok", {}))


def fits(one: Script, container: Wire) -> bool:
    """Whether a script is about a container's image."""
    return one.fragment in f"{container['image']} {_known_as(container['image'])}"


def scripted(backend: EC2ContainerServiceBackend, definition: Definition) -> Script:
    """Returns what someone has scripted for tasks of a definition."""
    return of(backend, *definition.containers)


def _known_as(image: str) -> str:
    found = images.find(image)
    return f"{found.digest} {' '.join(found.tags)}" if found is not None else ""
