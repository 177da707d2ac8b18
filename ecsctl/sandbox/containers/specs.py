"""The containers of a task as its definition describes them, and the order in which they start. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Volume:
    """A volume of a task: one of a file system (`of`) outlives it, and whoever it is writes there as its `owner`."""

    name: str
    path: str
    read_only: bool = False
    of: str = ""
    owner: tuple[int, int] | None = None


@dataclass(frozen=True)
class Spec:
    """One container as a task definition wants it. `image` is a name or an id that the engine knows, or can pull."""

    name: str
    image: str
    essential: bool = True
    environment: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    user: str = ""
    directory: str = ""
    ports: tuple[int, ...] = ()
    memory: int = 0  # MiB
    reserved: int = 0  # MiB
    cpu: int = 0  # in 1024ths
    ulimits: tuple[tuple[str, int, int], ...] = ()
    read_only: bool = False
    init: bool = False
    stop_timeout: int = 30
    volumes: tuple[Volume, ...] = ()
    tmpfs: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()  # containers it depends on, and their condition
    reference: str = ""  # the image as the task definition names it
    check: tuple[str, ...] = ()  # the command of its own health check
    patience: float = 0  # seconds of failing checks until it counts as unhealthy
    start_timeout: float = 0  # seconds that others wait for it; 0: as long as it takes
    restart: "Restart | None" = None


@dataclass(frozen=True)
class Restart:
    """Describes when a container that ends by itself is started again, and its task goes on.

    API reference, ContainerRestartPolicy: it must have run for so many seconds, of the sandbox's; and not end with one
    of these codes.
    """

    period: float = 300
    ignored: tuple[int, ...] = ()

    def allows(self, code: int, ran: float) -> bool:
        """Whether it is started again after it ran for so long and ended so."""
        return code not in self.ignored and ran >= self.period


def ordered(specs: Sequence[Spec]) -> list[Spec]:
    """Sort containers: first those that others depend on, then the essential ones."""
    left, done = sorted(specs, key=lambda one: not one.essential), list[Spec]()
    while left:
        names = {one.name for one in done}
        one = next((one for one in left if all(name in names for name, _ in one.after)), left[0])
        left.remove(one)
        done.append(one)
    return done


def passing(specs: Sequence[Spec]) -> set[str]:
    """Containers that others wait for to end."""
    return {name for one in specs for name, condition in one.after if condition in ("COMPLETE", "SUCCESS")}


def lead(specs: Sequence[Spec]) -> str:
    """The container whose network the others join: the first to start of those that are to stay."""
    return next(one.name for one in ordered(specs) if one.name not in passing(specs))


def unmet(one: Spec, before: Spec, code: int | None, why: str) -> str:
    """The message that a container waits in vain for another, in the agent's words (amazon-ecs-agent,
    dependencygraph/graph.go).
    """
    state = "RUNNING->RUNNING)" if code is None else f"STOPPED->RUNNING) - Exit: {code}"
    awaited = f"[{before.name}({before.reference or before.image}) ({state}]"
    target = f"[{one.name}({one.reference or one.image}) (NONE->RUNNING)]"
    detail = why.format(f"container ordering dependency {awaited} for target {target}")
    return f"CannotStartContainerError: dependency graph: {detail}"
