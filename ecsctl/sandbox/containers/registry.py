"""The registry behind the sandbox's ECR, if this machine has one: CNCF's distribution, on a port of 127.0.0.1.

It stores what builds push, under the name in ECR. The engine compresses the layers and the registry computes the
digest, so manifests, digests and sizes are those that ECR would show. An image that the engine no longer has is pulled
from here.
"""

import contextlib
import functools
import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from ecsctl.sandbox.containers.engine import Engine, EngineError
from ecsctl.sandbox.containers.images import environment, keep, tool
from ecsctl.sandbox.core import scratch
from ecsctl.sandbox.core.defaults import NO_REGISTRY

_PROGRAMS = ("docker-registry", "registry")  # the names in Debian and upstream
KINDS = (
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json"
)
"""The media types of manifests, as a client accepts them."""
_START, _PAUSE = 10.0, 0.05  # seconds until a registry that does not answer counts as none, and between two tries
_SAID = 400  # characters of its log that an error repeats
# Ends with its standard input, which closes when the sandbox ends, however that ends.
_KEPT = '"$0" serve "$1" & read -r _; kill $!; wait'


class Registry:
    """The registry of one sandbox, started at the first push. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._held: dict[str, set[tuple[str, str]]] = {}  # repositories and digests, by the image's id in the engine
        self.place, self.folder = "", Path()  # its address, and the folder that it stores in
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    @property
    def usable(self) -> bool:
        """Whether this machine has the program, and the user has not turned it off."""
        return _program() is not None

    def push(self, image: str, name: str, said: list[str]) -> str:
        """Push an image of the engine under its name in ECR, and return its manifest; `said` gets the output.

        For this the engine gives it a second tag; `rename` removes it once another tag keeps the image. Raises
        EngineError if the registry does not start or the engine cannot reach it.
        """
        place = self._running()
        keep(self.engine, image, f"{place}/{name}")
        lines = self._carried("push", name)
        repository, _, tag = name.rpartition(":")
        digest, manifest = self._manifest(repository, tag)
        said += [line for line in lines if digest not in line]
        self._held.setdefault(image, set()).add((repository, digest))
        return manifest

    def rename(self, name: str) -> None:
        """Remove the tag that was used for the push: the image has its name in ECR from now on."""
        if self.place:
            with contextlib.suppress(EngineError):
                self.engine.call("DELETE", f"/images/{self.place}/{name}", noprune=True)

    def restore(self, image: str) -> bool:
        """Pull an image that the engine no longer has; whether it is there again. Raises EngineError."""
        for repository, digest in self._held.get(image, ()):
            self._carried("pull", f"{repository}@{digest}")
            self.engine.call("GET", f"/images/{image}/json")
            return True
        return False

    def drop(self, image: str) -> None:
        """Delete an image that is no longer in any repository of ECR."""
        for repository, digest in self._held.pop(image, ()):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._ask("DELETE", f"/v2/{repository}/manifests/{digest}")

    def close(self) -> None:
        """Stop it, and delete all that it stores."""
        with self._starting:
            process, self._process = self._process, None
            self._held.clear()
        if process is not None:
            process.communicate()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _carried(self, verb: str, name: str) -> list[str]:
        """Let the engine's tool `push` or `pull` an image, and return its output. Raises EngineError."""
        found = tool(self.engine)
        if found is None:
            raise EngineError(f"there is no command line tool to {verb} with")
        words = [found[0], verb, f"{self.place}/{name}"]
        if self.engine.name == "Podman":
            words[1:1] = ["--remote", "--url", f"unix://{self.engine.path}"]
            words.insert(-1, "--tls-verify=false")  # which Docker takes for granted on 127.0.0.0/8
        with tempfile.TemporaryDirectory(prefix="ecsctl-registry-", dir=scratch.place()) as folder:
            done = subprocess.run(  # noqa: S603 - words of ours
                words, env=environment(self.engine, found[1], {}, Path(folder)), cwd=folder, check=False, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
            )  # fmt: skip
        lines = [line.replace(f"{self.place}/", "") for line in done.stdout.splitlines() if line.strip()]
        if done.returncode:
            raise EngineError(lines[-1] if lines else f"{verb} ended with exit code {done.returncode}")
        return lines

    def _running(self) -> str:
        """Its address, once it answers there. Raises EngineError."""
        with self._starting:
            program = _program()
            if program is None:
                raise EngineError("this machine has no registry")
            if self._process is None:
                self._start(program)
            return self.place

    def _start(self, program: str) -> None:
        folder = self.folder = Path(tempfile.mkdtemp(prefix="ecsctl-registry-", dir=scratch.place()))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.place = f"127.0.0.1:{free.getsockname()[1]}"
        settings = folder / "config.yml"
        settings.touch(mode=0o600)
        settings.write_text(json.dumps({  # which is YAML, too
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
            "http": {"addr": self.place, "secret": secrets.token_hex(16)},
        }))  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - a program of the system's, words of ours
                ["/bin/sh", "-c", _KEPT, program, str(settings)], cwd=folder, stdin=subprocess.PIPE, stdout=log,
                stderr=log, env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)},
            )  # fmt: skip
        limit = time.monotonic() + _START
        while time.monotonic() < limit:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._ask("GET", "/v2/")
                self._process = process
                return
            time.sleep(_PAUSE)
        process.communicate()
        raise EngineError(
            f"{Path(program).name} does not answer: {(folder / 'log').read_text(errors='replace')[-400:]}"
        )

    def _manifest(self, repository: str, tag: str) -> tuple[str, str]:
        """Digest and text of the manifest with a tag. Raises EngineError."""
        try:
            return self._ask("GET", f"/v2/{repository}/manifests/{tag}")
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(f"the registry at {self.place} does not answer: {error}") from None

    def _ask(self, method: str, path: str) -> tuple[str, str]:
        connection = http.client.HTTPConnection(self.place, timeout=10)
        try:
            connection.request(method, path, headers={"Accept": KINDS})
            answer = connection.getresponse()
            content = answer.read().decode()
            if answer.status >= 400:
                raise http.client.HTTPException(f"{answer.status} {content}")
            return answer.headers["Docker-Content-Digest"] or "", content
        finally:
            connection.close()


def _program() -> str | None:
    return None if os.environ.get(NO_REGISTRY, "").lower() in ("0", "no", "off", "false") else _installed()


@functools.cache
def _installed() -> str | None:
    """The program, if its version output shows that it is distribution: other programs may have its name."""
    for name in _PROGRAMS:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run([name, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - words of ours
            if "/distribution" in done.stdout:
                return shutil.which(name)
    return None
