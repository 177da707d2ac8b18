"""The tables [sidecars.NAME]: further containers of a task, besides the app's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.health import ContainerCheck
from ecsctl.config.tables.section import ECS_SETS, Problem, Section, doubled

MOST = 9
"""Besides the app's own: a task definition has at most 10 containers (ECS developer guide, "Amazon ECS service
quotas").
"""

Condition = Literal["START", "HEALTHY", "COMPLETE", "SUCCESS"]


class Sidecar(Section):
    """A container besides the app's own, in the same task: it shares the task's network and lifetime."""

    image: texts.SidecarImage = Field(
        description="Its image. Only a change here changes it: the pipeline releases the app's image alone.",
        examples=["public.ecr.aws/nginx/nginx:1.27"],
    )
    essential: bool = Field(
        True,
        description="Whether the task ends when this container ends. Set it to false for one that ends by itself, "
        "such as a migration before the app starts.",
    )
    command: tuple[str, ...] = Field(
        (), strict=False, description="The command, instead of its image's.", examples=[["--verbose"]]
    )
    entrypoint: tuple[str, ...] = Field(
        (), strict=False, description="Replaces its image's entry point.", examples=[["/agent"]]
    )
    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="The TCP port that it listens on. Containers of a task reach each other at 127.0.0.1.",
        examples=[9090],
    )
    environment: dict[texts.Variable, str] = Field(
        default_factory=dict,
        description="Its environment variables. Anyone who may describe the service can read them.",
        examples=[{"LOG_LEVEL": "info"}],
        json_schema_extra=texts.no_names(*sorted(ECS_SETS)),
    )
    secrets: dict[texts.Variable, texts.TaskSecret] = Field(
        default_factory=dict,
        description="Its environment variables from secrets and parameters, named as in service.secrets.",
        examples=[{"API_KEY": "shop/agent:key"}],
        json_schema_extra=texts.no_names(*sorted(ECS_SETS)),
    )
    depends_on: dict[texts.ContainerName, Condition] = Field(
        default_factory=dict,
        description="What it waits for before it starts: other containers, each with START, HEALTHY, COMPLETE (it has "
        "ended) or SUCCESS (it has ended with 0). The app's container has the app's name.",
        examples=[{"migrate": "SUCCESS"}],
    )
    start_timeout_seconds: int | None = Field(
        None,
        ge=2,
        le=120,
        description="How long others wait until it is HEALTHY, COMPLETE or SUCCESS. Then they give up, and the task "
        "with them. Without it they wait for ever.",
        examples=[60],
    )
    restart: bool = Field(
        False, description="Whether ECS starts it again in the same task when it ends, rather than end the task."
    )
    restart_after_seconds: int = Field(
        300, ge=60, le=1800, description="With restart: how long it must have run, or it is not started again."
    )
    restart_ignores: tuple[Annotated[int, Field(ge=0, le=255)], ...] = Field(
        (),
        strict=False,
        max_length=50,
        description="With restart: exit codes after which it is not started again.",
        examples=[[0]],
    )
    cpu: int = Field(
        0,
        ge=0,
        le=16384,
        description="Its share of the task's CPU units (service.cpu) when all containers are busy; 0 is the smallest.",
    )
    memory: int | None = Field(
        None,
        ge=6,
        le=122880,
        description="Maximum memory in MiB; it is killed if it uses more. Default: all of the task's memory.",
        examples=[64],
    )
    volumes: dict[texts.VolumeName, texts.ContainerPath] = Field(
        default_factory=dict,
        description="Volumes that are mounted in it too: a name in [volumes], and the path in this container.",
        examples=[{"data": "/data"}],
    )
    user: texts.ContainerUser | None = Field(
        None, description="The user that it runs as, instead of its image's.", examples=["10001"]
    )
    read_only_root: bool = Field(False, description="Whether its root file system is read-only.")
    stop_timeout_seconds: int = Field(30, ge=2, le=120, description="How long after SIGTERM it gets SIGKILL.")
    health: ContainerCheck | None = Field(
        None,
        description="A check that ECS runs inside it. While that of an essential container fails, ECS replaces the "
        "task.",
        examples=[{"command": ["CMD-SHELL", "wget -qO- http://localhost:9090/ || exit 1"]}],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: contradictions within one container."""
        yield from doubled(self.environment, self.secrets, "its environment")
        for key in ("command", "entrypoint"):
            if "" in getattr(self, key):
                yield key, "has an empty word"
        for key in self.given("restart_after_seconds", "restart_ignores"):
            if not self.restart:
                yield key, "cannot be used without restart = true"


def together(
    app: str, app_waits: Mapping[str, str], app_checked: bool, port: int, sidecars: Mapping[str, Sidecar]
) -> Iterator[Problem]:
    """Mistakes: dependencies between a task's containers that ECS would refuse, or that could never start."""
    if app in sidecars:
        yield f"sidecars.{app}", "has the app's own name, which the app's container has: expected another"
    ports = {port: "service.port"}
    for name, one in sidecars.items():
        if one.port and (other := ports.setdefault(one.port, f"sidecars.{name}.port")) != f"sidecars.{name}.port":
            yield f"sidecars.{name}.port", f"= {one.port} is {other} too: the containers of a task share its network"
    waits = {app: (app_waits, "service"), **{name: (one.depends_on, f"sidecars.{name}") for name, one in
             sidecars.items()}}  # fmt: skip
    for name, (needs, table) in waits.items():
        for other, condition in needs.items():
            if why := _wrong(name, other, condition, app, app_checked, sidecars):
                yield f"{table}.depends_on.{other}", why
    if circle := _circle({name: needs for name, (needs, _) in waits.items()}):
        text = " waits for ".join(circle)
        yield f"{waits[circle[0]][1]}.depends_on", f"goes in a circle: {text}"


def _wrong(name: str, other: str, condition: str, app: str, app_checked: bool, sidecars: Mapping[str, Sidecar]) -> str:
    """Returns why a container cannot wait for another one in this way (ECS API reference, ContainerDependency)."""
    if other == name:
        return "is the container itself"
    if other not in sidecars and other != app:
        known = ", ".join(one for one in (app, *sidecars) if one != name) or "none"
        return f"is no container of the task; the others are: {known}"
    essential = sidecars[other].essential if other in sidecars else True
    checked = bool(sidecars[other].health) if other in sidecars else app_checked
    if condition in ("COMPLETE", "SUCCESS") and essential:
        text = f"expected sidecars.{other}.essential = false" if other != app else "it runs on"
        return f'= "{condition}" waits for the end of an essential container, with which the task ends: {text}'
    if condition == "HEALTHY" and not checked:
        key = "service.health.container" if other == app else f"sidecars.{other}.health"
        return f'= "HEALTHY" needs a check inside that container: expected {key}'
    return ""


def _circle(waits: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Containers that wait for each other in a cycle; empty if there are none."""
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done:
            return ()
        for other in waits.get(name, ()):
            if other != name and (found := walk(other, (*path, name))):
                return found
        done.add(name)
        return ()

    return next((found for name in waits if (found := walk(name, ()))), ())


def shares(cpu: int, memory: int, sidecars: Mapping[str, Sidecar]) -> Iterator[Problem]:
    """Mistakes: shares that leave nothing of the task for the app (ECS API reference, ContainerDefinition: cpu,
    memory).
    """
    for key, whole, unit in (("cpu", cpu, "CPU units"), ("memory", memory, "MiB")):
        given = {name: getattr(one, key) or 0 for name, one in sidecars.items()}
        if sum(given.values()) >= whole:
            last = [name for name, share in given.items() if share][-1]
            text = f"is {sum(given.values())} {unit} with the other sidecars', and service.{key} is {whole}"
            yield f"sidecars.{last}.{key}", f"{text}: expected some left for the app"
