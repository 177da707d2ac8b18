"""Configuration files of other platforms: the port, the health check's path, and the other processes of an app."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecsctl.discovery.files.compose import LISTENS, mebibytes
from ecsctl.discovery.files.tree import Tree
from ecsctl.discovery.files.yaml_text import documents

_KAMAL = re.compile(r"(?:.*/)?config/deploy[.-][\w.-]+\.ya?ml")
_COPILOT = re.compile(r"(?:.*/)?copilot/[^/]+/manifest\.ya?ml")


@dataclass(frozen=True)
class Host:
    """What one file configures; 0 or empty for what it does not set."""

    file: str
    port: int = 0
    path: str = ""
    commands: tuple[tuple[str, str], ...] = ()  # of the other processes, by name
    dockerfile: str = ""  # the one that the file builds; empty if it names none
    release: str = ""  # the command before each release
    start: str = ""  # the command that replaces the image's own
    stores: tuple[str, ...] = ()  # databases and the like that the platform provides, by its names for them
    memory: int = 0  # in MiB
    listens: tuple[tuple[str, str], ...] = ()  # variables that set the app's port
    variables: tuple[str, ...] = ()  # that it sets, by name
    secrets: tuple[str, ...] = ()  # those of them that are secret
    volumes: tuple[str, ...] = ()  # the paths of volumes in the container


def of(tree: Tree, dockerfile: str, context: str) -> tuple[Host, ...]:
    """What such files beside the Dockerfile and in the build context configure for the app that it builds."""
    folders = list(dict.fromkeys([os.path.dirname(dockerfile) or ".", context]))
    found: list[Host] = []
    for folder in folders:
        for name, read in _FILES.items():
            file = os.path.normpath(os.path.join(folder, name))
            data = _data(file, tree.read(file)) if tree.has(file) else None
            if isinstance(data, dict):
                found += read(file, data)
    for file in filter(_COPILOT.fullmatch, tree.files):
        found += _copilot(file, _data(file, tree.read(file)))
    for file in filter(_KAMAL.fullmatch, tree.files):  # one for each app
        found += [one for one in _kamal(file, _data(file, tree.read(file)) or {}) if one.dockerfile]
    found = [one for one in found if one.dockerfile in ("", dockerfile)]
    return tuple(one for one in found if one != Host(one.file, dockerfile=one.dockerfile))


def _data(file: str, text: str) -> Any:
    try:
        if file.endswith(".toml"):
            return tomllib.loads(text)
        if file.endswith(".json"):
            return json.loads(text)
    except (ValueError, RecursionError):
        return None
    return next(iter(documents(text) or ()), None)


def _fly(file: str, data: Mapping[str, Any]) -> Iterator[Host]:
    """Fly.io ("App configuration (fly.toml)")."""
    served = [_table(data, "http_service"), *_tables(data.get("services"))]
    checks = [check for one in served for key in ("checks", "http_checks") for check in _tables(one.get(key))]
    checks += [one for one in _table(data, "checks").values() if isinstance(one, dict) and one.get("type") == "http"]
    others = {str(name): str(said) for name, said in _table(data, "processes").items() if name not in ("app", "web")}
    port = next((number for one in served if (number := _port(one.get("internal_port")))), 0)
    path = next(filter(None, (_path(one.get("path")) for one in checks)), "")
    start = next((str(said) for name, said in _table(data, "processes").items() if name in ("app", "web") and said), "")
    mounts = [*_tables(data.get("mounts")), _table(data, "mounts")]
    kept = [str(one["destination"]) for one in mounts if one.get("destination")]
    machines = [*_tables(data.get("vm")), _table(data, "vm")]
    sizes = [mebibytes(size if re.search("[a-z]", size) else f"{size}m") for one in machines
             if (size := str(one.get("memory") or one.get("memory_mb") or "").lower())]  # fmt: skip
    yield Host(file, port, path, tuple(others.items()), start=start, memory=max(sizes, default=0),
               release=str(_table(data, "deploy").get("release_command") or ""), volumes=tuple(kept),
               listens=_listens(_table(data, "env"), port))  # fmt: skip


def _render(file: str, data: Mapping[str, Any]) -> Iterator[Host]:
    """Render ("Blueprint YAML reference")."""
    kept = ["postgres" for _ in _tables(data.get("databases"))]
    kept += ["redis" for one in _tables(data.get("services")) if one.get("type") in ("redis", "keyvalue")]
    if kept:
        yield Host(file, stores=tuple(dict.fromkeys(kept)))
    for one in _tables(data.get("services")):
        command = str(one.get("dockerCommand") or "")
        others = ((str(one.get("name") or "worker"), command),) if one.get("type") == "worker" and command else ()
        start = command if one.get("type") == "web" else ""
        before = str(one.get("preDeployCommand") or "") if one.get("type") == "web" else ""
        named = _file(one.get("dockerfilePath"))
        yield Host(file, 0, _path(one.get("healthCheckPath")), others, named, start=start, release=before)


def _railway(file: str, data: Mapping[str, Any]) -> Iterator[Host]:
    """Railway ("Config as code reference")."""
    named = _file(_table(data, "build").get("dockerfilePath"))
    said = _table(data, "deploy")
    start = str(said.get("startCommand") or "")
    before = said.get("preDeployCommand") or ""
    before = " && ".join(map(str, before)) if isinstance(before, list) else str(before)
    yield Host(file, path=_path(said.get("healthcheckPath")), dockerfile=named, start=start, release=before)


def _heroku(file: str, data: Mapping[str, Any]) -> Iterator[Host]:
    """Heroku ("Building Docker images with heroku.yml")."""
    said = _table(data, "run").get("web")
    before = _table(data, "release").get("command")
    before = " && ".join(map(str, before)) if isinstance(before, list) else str(before or "")
    yield Host(file, start=said if isinstance(said, str) else "", release=before)


def _kamal(file: str, data: Mapping[str, Any]) -> Iterator[Host]:
    """Kamal ("Proxy", "Roles", "Volumes", "Environment variables")."""
    proxy, servers = _table(data, "proxy"), _table(data, "servers")
    others = {str(name): str(one["cmd"]) for name, one in servers.items()
              if name != "web" and isinstance(one, dict) and one.get("cmd")}  # fmt: skip
    tables = [data, *(one for one in servers.values() if isinstance(one, dict))]
    mounted = [one.split(":") for table in tables for one in table.get("volumes") or () if isinstance(one, str)]
    kept = [one[1] for one in mounted if len(one) == 2 and not re.search(r"\.\w+$", one[1])]
    given = _table(data, "env")
    secret = tuple(map(str, given.get("secret") or ())) if isinstance(given.get("secret"), list) else ()
    clear = tuple(map(str, _table(given, "clear") or (given if "secret" not in given else ())))
    yield Host(file, _port(proxy.get("app_port")), _path(_table(proxy, "healthcheck").get("path")),
               tuple(others.items()), _file(_table(data, "builder").get("dockerfile")), volumes=tuple(kept),
               variables=(*clear, *secret), secrets=secret,
               listens=_listens(_table(given, "clear"), _port(proxy.get("app_port"))))  # fmt: skip


def _digital_ocean(file: str, data: Mapping[str, Any]) -> Iterator[Host]:
    """DigitalOcean ("App specification reference")."""
    spec = _table(data, "spec") or data
    engines = {
        "PG": "postgres",
        "REDIS": "redis",
        "VALKEY": "valkey",
        "MYSQL": "mysql",
        "MONGODB": "mongodb",
        "KAFKA": "kafka",
    }
    if kept := [engines.get(str(one.get("engine", "PG")), "") for one in _tables(spec.get("databases"))]:
        yield Host(file, stores=tuple(filter(None, dict.fromkeys(kept))))
    for one in _tables(spec.get("services")):
        path, named = _path(_table(one, "health_check").get("http_path")), _file(one.get("dockerfile_path"))
        if named:
            yield Host(file, _port(one.get("http_port")), path, dockerfile=named)


def _dokku(file: str, data: Mapping[str, Any]) -> Iterator[Host]:
    """app.json: Dokku's health checks ("Zero downtime deploys") and Heroku's add-ons ("app.json Schema")."""
    plans = [one.get("plan") if isinstance(one, dict) else one for one in data.get("addons") or () if one]
    if plans:
        yield Host(file, stores=tuple(str(one).partition(":")[0] for one in plans))
    for one in _tables(_table(data, "healthchecks").get("web")):
        yield Host(file, path=_path(one.get("path")))


def _app_runner(file: str, data: Mapping[str, Any]) -> Iterator[Host]:
    """AWS App Runner ("Configuration file reference")."""
    yield Host(file, _port(_table(_table(data, "run"), "network").get("port")))


def _copilot(file: str, data: Any) -> Iterator[Host]:
    """AWS Copilot ("Load Balanced Web Service manifest")."""
    image, http = _table(data, "image"), _table(data, "http")
    build = image.get("build")
    named = _file(build if isinstance(build, str) else _table(image, "build").get("dockerfile"))
    check = http.get("healthcheck")
    path = _path(check.get("path") if isinstance(check, dict) else check)
    if named:
        yield Host(file, _port(image.get("port")), path, dockerfile=named)


_FILES = {
    "fly.toml": _fly, "render.yaml": _render, "railway.json": _railway, "railway.toml": _railway,
    "config/deploy.yml": _kamal, ".do/app.yaml": _digital_ocean, ".do/deploy.template.yaml": _digital_ocean,
    "heroku.yml": _heroku, "app.json": _dokku, "apprunner.yaml": _app_runner,
}  # fmt: skip


def _table(data: Any, key: str) -> Mapping[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _tables(value: Any) -> Sequence[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _port(value: Any) -> int:
    return int(value) if re.fullmatch(r"[0-9]{1,5}", str(value)) and 0 < int(value) < 65536 else 0


def _path(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"/[\w/.-]*", value) else ""


def _listens(variables: Mapping[str, Any], port: int) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in variables.items()
                 if port and str(value) == str(port) and LISTENS.fullmatch(str(name)))  # fmt: skip


def _file(value: Any) -> str:
    return os.path.normpath(value.lstrip("/")) if isinstance(value, str) and value else ""
