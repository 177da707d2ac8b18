"""Reads compose files: how they run the app, and what they run beside it. Production may differ: these are hints."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecsctl.discovery.files.dockerfile import expanded
from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.files.yaml_text import documents

NAMES = r"(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml"
# Variables that set the app's own port or address, by the names that frameworks use.
LISTENS = re.compile(
    r"(?:(?:APP|SERVER|HTTP|WEB|API|NODE|SERVICE|LISTEN|ROCKET|UVICORN|QUARKUS_HTTP|MICRONAUT_SERVER|NITRO|NUXT|GRADIO_SERVER)_)?PORT"
    r"|ASPNETCORE_(?:URLS|HTTP_PORTS)|\w*(?:LISTEN|BIND)(?:_ADDR(?:ESS)?)?"
)
# Lists of allowed hosts that allow every host.
_ANY_HOST = re.compile(r"\w*(?:ALLOWED_HOSTS?|TRUSTED_HOSTS?)=(?:[\[\"']*\*[\]\"']*)")
_PROFILE = re.compile(
    r"(?:SPRING_PROFILES_ACTIVE|(?:ASPNETCORE|DOTNET)_ENVIRONMENT|QUARKUS_PROFILE|MICRONAUT_ENVIRONMENTS)=[\w-]+"
)
# Variables that hold the address of a caller, such as an allowed origin: the app does not connect to it.
_OF_CALLERS = re.compile(r"CORS|ORIGIN|ALLOWED|TRUSTED|FRONT|CLIENT|REDIRECT|CALLBACK|PUBLIC", re.IGNORECASE)
IN_FILE = re.compile(r"\.{0,2}/|(?:jdbc:)?(?:sqlite|file|h2)\w*:|[\w./-]+\.(?:db|sqlite3?)$")
_PLAIN = re.compile(r"(?:docker-)?compose\.ya?ml")
_PRODUCTION = re.compile(r"prod|release|deploy", re.IGNORECASE)
MOST = 100
"""How many services of one file are searched for references to each other. Real files have far fewer."""
_LATER = re.compile(
    r"(?:^|[._-])(?:dev\w*|tests?|testing|integration|local|override|debug|ci|e2e)(?:[._-]|$)", re.IGNORECASE
)


@dataclass(frozen=True)
class Service:
    """A service of a compose file. Paths are relative to the repository's root."""

    file: str
    name: str
    image: str = ""
    context: str = ""  # empty if it is not built from the repository
    dockerfile: str = ""
    target: str = ""  # the stage that is built; empty for the last
    ports: tuple[int, ...] = ()
    datagrams: tuple[str, ...] = ()  # UDP ports
    mounts: bool = False  # whether a folder of the repository is mounted over the image's
    writable_mounts: tuple[
        tuple[str, str], ...
    ] = ()  # volumes and mounted folders, each with its path in the container
    health: str = ""  # the command of its healthcheck
    command: str = ""
    entrypoint: str = ""  # replaces the image's
    init: bool = False  # whether an init process runs as PID 1
    mount_targets: tuple[str, ...] = ()  # the paths of bind mounts in the container
    files: tuple[tuple[str, str], ...] = ()  # mounted files of the repository, each with its path in the container
    arguments: tuple[tuple[str, str], ...] = ()  # of the build
    environment: tuple[str, ...] = ()  # names only: values may be secret
    passed: tuple[str, ...] = ()  # variables that it takes from the shell, without a default
    in_files: tuple[str, ...] = ()  # variables that hold a path, or the address of a database in a file
    env_file: bool = False  # whether a file has further variables
    texts: tuple[str, ...] = ()  # variables whose value is a whole configuration file
    binds: tuple[tuple[str, str], ...] = ()  # variables that make the app listen on all addresses
    listens: tuple[tuple[str, str], ...] = ()  # variables that set one of its ports
    any_host: tuple[tuple[str, str], ...] = ()  # variables that make it accept any Host header
    profiles: tuple[tuple[str, str], ...] = ()  # variables that select a framework's settings files
    unsupported: tuple[str, ...] = ()  # options that Fargate does not support
    memory: int = 0  # the limit in MiB; 0 without one
    calls: tuple[str, ...] = ()  # services of its file that it depends on or has the address of

    @property
    def for_development(self) -> bool:
        """Whether the compose file is for development or tests, judging by its name."""
        return bool(_LATER.search(self.file.rpartition("/")[2]))

    @property
    def where(self) -> str:
        """The service and its file, as messages write them."""
        return f"{self.name} in {self.file}"

    def runs(self, stage: str) -> bool:
        """Whether it runs this stage of its Dockerfile. Another one is mostly for development."""
        return self.target in ("", stage)


def services(tree: Tree) -> tuple[Service, ...]:
    """The services of up to 20 compose files, those for production first. A file that cannot be parsed is skipped."""

    def rank(file: str) -> tuple[bool | int, ...]:
        name = file.rpartition("/")[2]
        return (
            bool(_LATER.search(name)),
            file.count("/"),
            not _PRODUCTION.search(name),
            not _PLAIN.fullmatch(name),
            len(name),  # further words are for special purposes
        )

    files = sorted(tree.named(NAMES), key=rank)
    return tuple(service for file in files[:20] for service in _services(file, tree))


def _services(file: str, tree: Tree) -> list[Service]:
    document = next(iter(documents(tree.read(file)) or ()), None)
    found = document.get("services") if isinstance(document, dict) else None
    if not isinstance(found, dict):
        return []
    folder = os.path.dirname(file)
    names = [str(name) for name, one in found.items() if isinstance(one, dict)]
    given = _ports_of_env(folder, tree)
    for one in found.values():
        if isinstance(one, dict) and given:
            one |= {key: _interpolated(one[key], given) for key in _FILLED if key in one}
        if isinstance(one, dict) and one.get("env_file"):
            one["environment"] = _of_files(one, folder, tree)
    return [_service(file, folder, name, found[name], names) for name in names if name in found]


_FILLED = ("ports", "expose", "command", "entrypoint", "healthcheck", "environment")
_BESIDE = ("env", "env.example", "env.sample", "env.dist", "env.template", "env.default", "env.defaults")
_PORT_NAME = re.compile(r"\w*PORT\w*")


def _ports_of_env(folder: str, tree: Tree) -> dict[str, str]:
    """Ports for interpolation in a compose file: from .env, or an example of it, beside the file or at the root.

    (Compose, "Interpolation".) Only ports are read, since other values may be secret.
    """
    found: dict[str, str] = {}
    for place in dict.fromkeys((folder, "")):
        for name in _BESIDE:
            text = tree.read(os.path.join(place, f".{name}")) or tree.read(os.path.join(place, name))
            for key, value in re.findall(
                r"(?m)^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*[\"']?(\d{2,5})[\"']?[ \t]*(?:#.*)?$", text
            ):
                if _PORT_NAME.fullmatch(key):
                    found.setdefault(key, value)
    return found


def _interpolated(value: Any, given: Mapping[str, str]) -> Any:
    """Interpolate these variables in a value of a compose file. Others and escaped dollars stay as they are."""
    if isinstance(value, dict):
        return {key: _interpolated(one, given) for key, one in value.items()}
    if isinstance(value, list):
        return [_interpolated(one, given) for one in value]
    if not isinstance(value, str):
        return value
    return re.sub(
        r"(?<!\$)\$(?:\{(\w+)(?::?[-?][^{}]*)?\}|(\w+))",
        lambda match: given.get(match[1] or match[2], match[0]),
        value,
    )


def _of_files(one: Mapping[str, Any], folder: str, tree: Tree) -> dict[str, str | None]:
    """A service's variables, and those of its env_file if that is in git (Compose, "env_file")."""
    listed = one["env_file"] if isinstance(one["env_file"], list) else [one["env_file"]]
    variables: dict[str, str | None] = {}
    for file in listed:
        path = str(file.get("path", "") if isinstance(file, dict) else file)
        text = tree.read(os.path.normpath(os.path.join(folder, path)))
        variables |= dict(re.findall(r"(?m)^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*[\"']?([^\"'\n]*)", text))
    return variables | dict.fromkeys(_names(one.get("environment"))) | dict(_values(one.get("environment")))


def _service(file: str, folder: str, name: str, one: Mapping[str, Any], names: Sequence[str] = ()) -> Service:
    build = one.get("build") or {}
    build = {"context": build} if isinstance(build, str) else build
    build = build if isinstance(build, dict) else {}
    context = dockerfile = ""
    if build:
        where = expanded(str(build.get("context") or "."), {})
        context = os.path.normpath(os.path.join(folder, where))
        dockerfile = os.path.normpath(os.path.join(context, expanded(str(build.get("dockerfile") or "Dockerfile"), {})))
    checked = one.get("healthcheck")
    test = checked.get("test") if isinstance(checked, dict) else None
    return Service(
        file=file,
        name=name,
        image=expanded(str(one.get("image") or ""), {}),
        context=context,
        dockerfile=dockerfile,
        target=expanded(str(build.get("target") or ""), {}).lower(),
        ports=_ports(one),
        datagrams=_datagrams(one),
        mounts=any(re.match(r"\.{1,2}/?(?:/.*)?$", _source(volume)) for volume in _listed(one.get("volumes"))),
        writable_mounts=tuple(
            pair for volume in _listed(one.get("volumes")) if (pair := _writable_mount(volume, folder))
        ),
        health=expanded(_line(test), {}),
        command=expanded(_line(one.get("command")), {}),
        entrypoint=expanded(_line(one.get("entrypoint")), {}),
        init=one.get("init") is True,
        mount_targets=tuple(place for volume in _listed(one.get("volumes")) if (place := _place(volume))),
        files=tuple(pair for volume in _listed(one.get("volumes")) if (pair := _file(volume, folder))),
        arguments=_pairs(build.get("args")),
        environment=_names(one.get("environment")),
        passed=tuple(_passed(one.get("environment"))),
        in_files=tuple(name for name, value in _values(one.get("environment")) if IN_FILE.match(value)),
        env_file=bool(one.get("env_file")),
        texts=tuple(name for name, value in _values(one.get("environment")) if value.strip().count("\n") > 1),
        binds=_binds(one.get("environment")),
        listens=_of_ports(one.get("environment"), _ports(one)),
        any_host=tuple(pair for pair in _values(one.get("environment")) if _ANY_HOST.fullmatch("=".join(pair))),
        profiles=tuple(pair for pair in _values(one.get("environment")) if _PROFILE.fullmatch("=".join(pair))),
        unsupported=tuple(_unsupported(one)),
        memory=_memory(one),
        calls=_calls(one, build, [other for other in names if other != name]),
    )


def _calls(one: Mapping[str, Any], build: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    waits = one.get("depends_on")
    ends = "service_completed_successfully"  # the condition for a job that ends first: nothing connects to it
    called = [str(other) for other in (waits if isinstance(waits, dict | list) else ())
            if not isinstance(waits, dict) or ends not in str(waits[other])]  # fmt: skip
    pairs = (*_values(one.get("environment")), *_values(build.get("args")))
    values = [value for name, value in pairs if not _OF_CALLERS.search(name)]
    addresses = " ".join(values)
    called += [
        other for other in names[:MOST] if re.search(rf"(?:^|[\s@,]|//){re.escape(other)}(?=[:/,\s]|$)", addresses)
    ]
    return tuple(dict.fromkeys(other for other in called if other in names))


def _line(words: Any) -> str:
    """A command as one line, from a string or a list; without a healthcheck's CMD or CMD-SHELL."""
    if isinstance(words, list):
        listed = [str(word) for word in words]
        rest = listed[1:] if listed[:1] in (["CMD"], ["CMD-SHELL"]) else listed
        return rest[0] if len(rest) == 1 else shlex.join(rest)
    return str(words or "")


def _source(volume: Any) -> str:
    """A volume's source: a named volume, or a path, which begins with a dot if it is relative to the file."""
    return str(volume.get("source", "")) if isinstance(volume, dict) else str(volume).partition(":")[0]


def _place(volume: Any) -> str:
    """The target of a bind mount; empty for a named volume."""
    if isinstance(volume, dict):
        return str(volume.get("target", "")) if volume.get("type") == "bind" else ""
    source, place = [*expanded(str(volume), {}).split(":"), ""][:2]
    return place if source.startswith((".", "/", "~", "$")) and place != "/" else ""


def _file(volume: Any, folder: str) -> tuple[str, str] | None:
    """A bind-mounted file of the repository: its path from the root, and its target in the container."""
    if isinstance(volume, dict):
        source, place = str(volume.get("source", "")), str(volume.get("target", ""))
    else:
        source, place = [*expanded(str(volume), {}).split(":"), "", ""][:2]
    if source.startswith(".") and re.search(r"/[\w-][\w.-]*\.\w+$", place):
        return os.path.normpath(os.path.join(folder, source)), place
    return None


def _writable_mount(volume: Any, folder: str) -> tuple[str, str] | None:
    """The source of a mount that the app can write to, and its path in the container.

    The source is the name of a volume, or a folder's path from the repository's root. None for read-only mounts, single
    files and absolute paths on the host.
    """
    if isinstance(volume, dict):
        source, place = str(volume.get("source", "")), str(volume.get("target", ""))
        options = "ro" if volume.get("read_only") else ""
    else:
        source, place, options = [*expanded(str(volume), {}).split(":"), "", ""][:3]
    place = place.rstrip("/")
    if not re.fullmatch(r"/[\w./-]*\w", place) or "ro" in options.split(",") or re.search(r"\.\w+$", place):
        return None
    if source.startswith("."):
        return os.path.normpath(os.path.join(folder, source)), place
    return (source, place) if re.match(r"\w|~/", source) else None


def _pairs(arguments: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(arguments, dict):
        return tuple((str(name), expanded(str(value), {})) for name, value in arguments.items() if value is not None)
    pairs = [str(one).partition("=") for one in arguments] if isinstance(arguments, list) else []
    return tuple((name, expanded(value, {})) for name, sign, value in pairs if sign)


def _names(environment: Any) -> tuple[str, ...]:
    if isinstance(environment, dict):
        return tuple(map(str, environment))
    listed = environment if isinstance(environment, list) else []
    return tuple(str(one).partition("=")[0] for one in listed)


def _passed(environment: Any) -> Iterator[str]:
    """Variables that are one of the shell without a default, or have no value (Compose, "Interpolation")."""
    split = [str(one).partition("=") for one in _listed(environment)]
    pairs = environment.items() if isinstance(environment, dict) else [
        (name, value if sign else None) for name, sign, value in split]  # fmt: skip
    for name, value in pairs:
        if value is None or re.fullmatch(r"\$(?:\w+|\{\w+(?::?\?[^{}]*)?\})", str(value)):
            yield str(name)


def _unsupported(one: Mapping[str, Any]) -> Iterator[str]:
    """Options that Fargate does not support (ECS, "Task definition differences for Fargate", "KernelCapabilities")."""
    yield from (f"cap_add {name}" for name in _listed(one.get("cap_add")) if not str(name).endswith("SYS_PTRACE"))
    yield from (name for name in ("privileged", "devices", "shm_size") if one.get(name))
    if one.get("network_mode") == "host":
        yield "network_mode host"
    if any(_source(volume).endswith("/docker.sock") for volume in _listed(one.get("volumes"))):
        yield "the Docker socket"


def _memory(one: Mapping[str, Any]) -> int:
    """The memory limit, else the reservation, in MiB; 0 without them ("Compose Deploy Specification", "mem_limit")."""
    resources = (one.get("deploy") or {}).get("resources") if isinstance(one.get("deploy"), dict) else None
    tables = [resources.get(key) for key in ("limits", "reservations")] if isinstance(resources, dict) else []
    limits = [table.get("memory") for table in tables if isinstance(table, dict)]
    return next(
        (size for value in (*limits, one.get("mem_limit")) if value and (size := mebibytes(expanded(str(value), {})))),
        0,
    )


def mebibytes(text: str) -> int:
    """A size as compose files and Fly.io write it, in MiB; 0 for anything else. A bare number is in bytes."""
    found = re.fullmatch(r"(\d{1,12})(?:\.\d+)?\s*([kmg]?)i?b?", text.strip().lower())
    return int(int(found[1]) * {"": 2**-20, "k": 2**-10, "m": 1, "g": 1024}[found[2]]) if found else 0


def _values(environment: Any) -> list[tuple[str, str]]:
    """Name and value of each variable that has a value, from a map or a list; defaults in it are filled in."""
    pairs = environment.items() if isinstance(environment, dict) else [
        str(one).partition("=")[::2] for one in _listed(environment)]  # fmt: skip
    return [(str(name), expanded(str(value), {})) for name, value in pairs if value is not None]


def _binds(environment: Any) -> tuple[tuple[str, str], ...]:
    """Variables that make the app listen on all addresses. On 127.0.0.1 no load balancer reaches it."""
    every = ("0.0.0.0", "::", "[::]")  # noqa: S104 - what others bind to
    return tuple(one for one in _values(environment) if one[1] in every and re.fullmatch(r"[A-Z][A-Z0-9_]*", one[0]))


def _of_ports(environment: Any, ports: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Variables whose value is one of the container's ports, and whose name is usual for the port to listen on."""
    found = []
    for name, value in _values(environment):
        number = re.fullmatch(r"(?:(?:https?://)?(?:\+|\*|0\.0\.0\.0|\[::\])?:)?(\d{2,5})", value)
        if number and int(number[1]) in ports and LISTENS.fullmatch(name):
            found.append((name, value))
    return tuple(found)


def _ports(one: Mapping[str, Any]) -> tuple[int, ...]:
    """Container ports: published, exposed, and the one in a proxy's label (Traefik, `loadbalancer.server.port`)."""
    found: list[str] = []
    for port in _listed(one.get("ports")):
        written = port.get("target", "") if isinstance(port, dict) else port
        bare = expanded(str(written), {})
        if not bare.endswith("/udp"):
            found.append(bare.removesuffix("/tcp").rpartition(":")[2].partition("-")[0])
    found += [str(port).removesuffix("/tcp").partition("-")[0] for port in _listed(one.get("expose"))]
    labels = one.get("labels")
    texts = [f"{key}={value}" for key, value in labels.items()] if isinstance(labels, dict) else _listed(labels)
    found += [match[1] for label in texts if (match := re.search(r"loadbalancer\.server\.port=(\d+)$", str(label)))]
    numbers = [int(port) for port in found if re.fullmatch(r"\d{1,5}", port) and 0 < int(port) < 65536]
    return tuple(dict.fromkeys(numbers))


def _datagrams(one: Mapping[str, Any]) -> tuple[str, ...]:
    """The container ports that are published for UDP."""
    found = []
    for port in _listed(one.get("ports")):
        written = f"{port.get('target')}/{port.get('protocol')}" if isinstance(port, dict) else expanded(str(port), {})
        if match := re.search(r"(?:^|:)(\d{1,5}(?:-\d{1,5})?)/udp$", written):
            found.append(match[1])
    return tuple(dict.fromkeys(found))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
