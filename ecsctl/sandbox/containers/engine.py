"""The container engine of this machine: found as its own tools find it, and used through its API over a socket.

The API is Docker's (docs.docker.com, "Docker Engine API"), which Docker Desktop, Colima, Rancher Desktop and Podman
implement too. http.client is enough for a dozen calls, so there is no further dependency. Only a socket on this machine
counts: with an engine elsewhere, ports and processor are elsewhere too.
"""

import contextlib
import errno
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

from ecsctl.sandbox.core.defaults import NO_CONTAINERS

LABEL = "ecsctl.sandbox"
"""The label of everything that a sandbox has in the engine. Its value tells sandboxes apart."""
_ANSWER = 60.0  # seconds until an engine that does not answer counts as broken
_IP_FREEBIND = 15  # of Linux (ip(7)); Python has no name for it
_OLDEST, _USUAL = (1, 40), (1, 44)
"""Versions of the API: Docker 19.03 and Podman 3 speak the one, Docker 29 refuses what is older than the other."""


class EngineError(Exception):
    """The engine refused or did not answer. `message` is the engine's, `status` the HTTP code (0 without an answer)."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Found:
    """The result of the search for an engine: a socket, or the reason why there is none, in one line."""

    socket: str | None
    message: str


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """One engine, by its socket. Safe to use from several threads: each call has its own connection."""

    def __init__(self, path: str) -> None:
        self.path, self._api = path, ""
        about = self.call("GET", "/version")  # the only request without a version
        newest, least = _version(about.get("ApiVersion")), _version(about.get("MinAPIVersion"))
        self._api = "/v{}.{}".format(*max(min(newest or _OLDEST, _USUAL), least or _OLDEST))
        self.architecture = str(about.get("Arch", ""))  # as in Go: amd64, arm64
        parts = [str(one.get("Name", "")) for one in about.get("Components") or ()]
        self.name = "Podman" if any("podman" in part.lower() for part in parts) else "Docker"
        self.version = str(about.get("Version", ""))
        info = self.call("GET", "/info") if self.name == "Podman" else {}
        # Podman 4 has it at the top level, newer ones also where Docker does.
        self.rootless = bool(info.get("Rootless")) or "name=rootless" in (info.get("SecurityOptions") or ())

    def call(
        self, method: str, path: str, /, body: Any = None, within: float | None = _ANSWER, **query: str | int | bool
    ) -> Any:
        """Send a request, and return the JSON of the answer; None without one. Raises EngineError.

        `within` is the limit in seconds.
        """
        with self._asked(method, path, body, within, query) as response:
            content = response.read()
        try:
            return json.loads(content) if content.strip() else None
        except ValueError:
            return None  # several documents, one a line: the progress of a pull

    @contextlib.contextmanager
    def streamed(self, method: str, path: str, body: Any = None, **query: str | int | bool) -> Iterator[IO[bytes]]:
        """The answer as a stream, without a time limit. Raises EngineError."""
        with self._asked(method, path, body, None, query) as response:
            yield response

    @contextlib.contextmanager
    def _asked(
        self, method: str, path: str, body: Any, within: float | None, query: Mapping[str, str | int | bool]
    ) -> Iterator[http.client.HTTPResponse]:
        connection = _Connection(self.path, within)
        asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        try:
            packed = isinstance(body, bytes)  # an archive
            content = body if packed or body is None else json.dumps(body)
            headers = {"Content-Type": "application/x-tar" if packed else "application/json"} if content else {}
            connection.request(method, f"{self._api}{path}?{urlencode(asked)}", content, headers)
            response = connection.getresponse()
            if response.status >= 400:
                raise EngineError(_message(response.read()), response.status)
            yield response
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(f"the container engine at {self.path} does not answer: {error}") from None
        finally:
            connection.close()

    def listening(self, address: str, *, late: bool = False) -> socket.socket:
        """A socket that listens at an address of this machine; `late` if the address appears with a container.

        Podman creates a network's bridge when its first container starts. Raises OSError.
        """
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if late and self.name == "Podman" and not self.rootless and hasattr(socket, "IPPROTO_IP"):
                made.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
            made.bind((address, 0))
            made.listen(128)
        except OSError:
            made.close()
            raise
        return made

    def ours(self, kind: str, whose: str) -> list[dict[str, Any]]:
        """All `containers`, `images`, `networks` or `volumes` that have the label with this value."""
        filters = json.dumps({"label": [f"{LABEL}={whose}"]})
        if kind in ("containers", "images"):
            return list(self.call("GET", f"/{kind}/json", filters=filters, all=True) or ())
        answer = self.call("GET", f"/{kind}", filters=filters)
        return list((answer["Volumes"] if kind == "volumes" else answer) or ())


def _message(content: bytes) -> str:
    with contextlib.suppress(ValueError, AttributeError):
        answer = json.loads(content)
        return str(answer.get("message") or answer.get("cause") or answer)
    return content.decode(errors="replace").strip()


def _version(text: Any) -> tuple[int, int] | None:
    found = re.match(r"(\d+)\.(\d+)", str(text or ""))
    return (int(found[1]), int(found[2])) if found else None


def find(environment: Mapping[str, str] = os.environ) -> Found:
    """The engine that this user's `docker` or `podman` would use: by DOCKER_HOST, by context, by the usual sockets."""
    if environment.get(NO_CONTAINERS, "").lower() in ("0", "no", "off", "false"):
        return Found(None, "")
    why, named = "", bool(_given(environment))
    for address in _addresses(environment):
        if not address.startswith("unix://"):
            why = why or f"the container engine at {address} is not a socket of this machine"
            continue
        path = address.removeprefix("unix://")
        try:
            engine = Engine(path)
        except EngineError as error:
            # Of the usual sockets, only one that exists and gives a reason is mentioned.
            if named or error.status or os.strerror(errno.EACCES) in error.message:
                why = why or error.message
            continue
        return Found(path, f"{engine.name} {engine.version} runs the app ({path})")
    return Found(
        None, f"{why or 'no container engine answers on this machine'}: builds' images and tasks are simulated"
    )


def _given(environment: Mapping[str, str]) -> str:
    """The address in the environment, unless that names a context, which wins (docker CLI reference)."""
    return "" if environment.get("DOCKER_CONTEXT") else (
        environment.get("DOCKER_HOST") or environment.get("CONTAINER_HOST") or ""
    )  # fmt: skip


def _addresses(environment: Mapping[str, str]) -> Iterable[str]:
    if given := _given(environment):
        yield given  # an address that is given is the only one
        return
    if context := _context(environment):
        yield context
    home, run = environment.get("HOME", ""), environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    settings, data = (
        environment.get(name) or f"{home}/{usual}"
        for name, usual in (("XDG_CONFIG_HOME", ".config"), ("XDG_DATA_HOME", ".local/share"))
    )
    for path in (
        "/var/run/docker.sock",
        f"{run}/docker.sock",
        f"{home}/.docker/run/docker.sock",
        f"{home}/.docker/desktop/docker.sock",
        f"{environment.get('COLIMA_HOME') or f'{home}/.colima'}/default/docker.sock",
        f"{settings}/colima/default/docker.sock",
        f"{home}/.rd/docker.sock",
        f"{home}/.orbstack/run/docker.sock",
        f"{run}/podman/podman.sock",
        "/run/podman/podman.sock",
        f"{data}/containers/podman/machine/podman.sock",
    ):
        if Path(path).is_socket():
            yield f"unix://{path}"


def _context(environment: Mapping[str, str]) -> str:
    """The address of the user's Docker context; empty without one."""
    docker = shutil.which("docker", path=environment.get("PATH"))
    if not docker:
        return ""
    words = [docker, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own docker, words of ours
            words, env=dict(environment), capture_output=True, text=True, timeout=10, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
