"""The containers of a task as its definition describes them, and the order in which they start. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Volume:
    """A volume of a task. One of a file system (`of`) outlives the task, and all writes there are by its `owner`."""

    name: str
    path: str
    read_only: bool = False
    of: str = ""
    owner: tuple[int, int] | None = None


@dataclass(frozen=True)
class Spec:
    """One container of a task definition. `image` is a name or an id that the engine has or can pull."""

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
    """When a container that ends by itself is restarted, so that its task goes on.

    API reference, ContainerRestartPolicy: it must have run for so many seconds, by the sandbox's clock, and must not
    have ended with one of these codes.
    """

    period: float = 300
    ignored: tuple[int, ...] = ()

    def allows(self, code: int, ran: float) -> bool:
        """Whether a container that ran for `ran` seconds and ended with `code` is restarted."""
        return code not in self.ignored and ran >= self.period


def ordered(specs: Sequence[Spec]) -> list[Spec]:
    """Sort containers: those that others depend on first, then the essential ones."""
    left, done = sorted(specs, key=lambda one: not one.essential), list[Spec]()
    while left:
        names = {one.name for one in done}
        one = next((one for one in left if all(name in names for name, _ in one.after)), left[0])
        left.remove(one)
        done.append(one)
    return done


def passing(specs: Sequence[Spec]) -> set[str]:
    """The containers whose end others wait for."""
    return {name for one in specs for name, condition in one.after if condition in ("COMPLETE", "SUCCESS")}


def lead(specs: Sequence[Spec]) -> str:
    """The container whose network the others join: the first to start of those that keep running."""
    return next(one.name for one in ordered(specs) if one.name not in passing(specs))


def unmet(one: Spec, before: Spec, code: int | None, why: str) -> str:
    """The agent's message that a container waits in vain for another (amazon-ecs-agent, dependencygraph/graph.go)."""
    state = "RUNNING->RUNNING)" if code is None else f"STOPPED->RUNNING) - Exit: {code}"
    awaited = f"[{before.name}({before.reference or before.image}) ({state}]"
    target = f"[{one.name}({one.reference or one.image}) (NONE->RUNNING)]"
    detail = why.format(f"container ordering dependency {awaited} for target {target}")
    return f"CannotStartContainerError: dependency graph: {detail}"
