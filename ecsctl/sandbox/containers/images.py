"""Builds images in the engine with its own command line tool, since BuildKit has no plain API.

The tool gets the context as an archive on its stdin (Podman's gets a folder), and nothing of this user: no home folder,
credentials or environment, only a folder with the logins that the build itself has made.
"""

import base64
import contextlib
import functools
import http
import io
import json
import os
import re
import resource
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ecsctl.sandbox.containers.engine import LABEL, Engine, EngineError
from ecsctl.sandbox.containers.unpacked import unpacked
from ecsctl.sandbox.core import scratch

# Messages of BuildKit, the older builder and Podman about a registry that cannot be reached.
_OFFLINE = re.compile(
    r"dial tcp|no such host|i/o timeout|TLS handshake timeout|connection refused|network is unreachable|"
    r"Temporary failure in name resolution|Client\.Timeout exceeded|proxyconnect"
)


_MOST_HELD = 30  # lines; more than BuildKit prints at its end
_MOST = 32768  # also that of processes on Linux, unless somebody has changed it (proc(5), pid_max)
_TRIES, _PAUSE = 40, 0.5  # how often, and every how many seconds, the removal of an image in use is tried again


@dataclass(frozen=True)
class Ask:
    """The options of a `docker build`. `dockerfile` and the context are paths in the archive."""

    archive: Path
    dockerfile: str
    arguments: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    platform: str = ""
    pull: bool = False
    no_cache: bool = False
    logins: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # by registry


@dataclass
class Job:
    """A build or a push in progress. `lines` is its output so far; `code` is set at its end.

    `outcome` is the id of the image that was built, or the manifest of the one that was pushed.
    """

    lines: list[str] = field(default_factory=list)
    code: int | None = None
    outcome: str = ""
    process: "subprocess.Popen[bytes] | None" = None

    def end(self) -> None:
        """Stop the build or push, if it still runs."""
        if self.process is not None and self.code is None:
            self.process.kill()


def begun(engine: Engine, whose: str, ask: Ask, over: Callable[[], None] = lambda: None) -> Job:
    """Start a build; `over` is called at its end, whatever the result."""
    return started(lambda job: _built(engine, whose, ask, job), over)


def started(work: Callable[[Job], int], over: Callable[[], None] = lambda: None) -> Job:
    """Run a function that returns an exit code in a thread; `over` is called at its end, whatever the result."""
    job = Job()

    def carried() -> None:
        try:
            code = work(job)
        except (OSError, EngineError) as error:
            job.lines.append(f"ERROR: {error}")
            code = 1
        job.code = code
        over()

    threading.Thread(target=carried, daemon=True).start()
    return job


def _built(engine: Engine, whose: str, ask: Ask, job: Job) -> int:
    found = tool(engine)
    if found is None:
        job.lines.append("ERROR: the sandbox needs the command line tool docker, or podman, to build with the engine")
        return 1
    with tempfile.TemporaryDirectory(prefix="ecsctl-docker-", dir=scratch.place()) as name:
        place = Path(name)
        held = list[str]()
        if not found[1]:
            with contextlib.suppress(KeyError, tarfile.TarError):  # the tool reports it itself
                _label(ask, whose)
        code = _run(engine, whose, found, ask, ask.pull, place, job, held)
        if code and ask.pull and held:
            # Output of the first attempt is not part of the second one's error.
            job.lines.append("[sandbox] no way to the base image's registry from here: what this machine has is taken")
            held = []
            code = _run(engine, whose, found, ask, False, place, job, held)
        job.lines += held
        if not code:
            job.outcome = (place / "image").read_text().strip()
    return code


def _run(
    engine: Engine, whose: str, found: tuple[str, bool], ask: Ask, pull: bool, place: Path, job: Job, held: list[str]
) -> int:
    program, kit = found
    words = [program, "build", "--label", f"{LABEL}={whose}", "--iidfile", str(place / "image")]
    if Path(program).name == "podman":
        words[1:1] = ["--remote", "--url", f"unix://{engine.path}"]
        words += [word for name, most in limits().items() for word in ("--ulimit", f"{name}={most}:{most}")]
    elif kit:
        words += ["--progress", "plain"]
    words += [] if kit else ["--force-rm"]  # otherwise the container of a failed step stays
    words += [word for argument in ask.arguments for word in ("--build-arg", argument)]
    for name, value in ask.secrets.items():
        secret = place / f"secret-{len(words)}"
        secret.touch(mode=0o600)
        secret.write_text(value)
        words += ["--secret", f"id={name},src={secret}"]
    for option, given in (("--target", ask.target), ("--platform", ask.platform)):
        words += [option, given] if given else []
    # Podman takes what is there by itself, where no registry has something newer.
    words += ["--pull=newer" if Path(program).name == "podman" else "--pull"] * pull
    words += ["--no-cache"] * ask.no_cache
    if Path(program).name == "podman":
        context = place / "context"
        if not context.exists():
            unpacked(ask.archive, context)
        if (context / ask.dockerfile).resolve() != context.resolve() / ask.dockerfile:
            raise OSError("the Dockerfile is a link")  # the tool would read its target
        words += ["--file", str(context / ask.dockerfile), str(context)]
    else:
        words += ["--file", ask.dockerfile, "-"]
    with open(ask.archive, "rb") as archive:
        job.process = subprocess.Popen(  # noqa: S603 - options of ours; what the build gives are values
            words, stdin=archive, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment(engine, kit, ask.logins, place), cwd=place,
        )  # fmt: skip
        assert job.process.stdout  # noqa: S101 - for the type checker
        with job.process.stdout as output:
            _read(output, job, held)
        return job.process.wait()


def _label(ask: Ask, whose: str) -> None:
    """Make the older builder label every step's image and container: a build that fails or is killed leaves them.

    The Dockerfile is then in the archive twice, and the second one counts. Raises KeyError if there is none.
    """
    with tarfile.open(ask.archive) as tar:
        file = tar.extractfile(ask.dockerfile)
        text = file.read().decode(errors="surrogateescape") if file else ""
    content = labelled(text, f"{LABEL}={whose}").encode(errors="surrogateescape")
    with tarfile.open(ask.archive, "a", format=tarfile.GNU_FORMAT) as tar:
        about = tarfile.TarInfo(ask.dockerfile)
        about.size, about.mode = len(content), 0o644
        tar.addfile(about, io.BytesIO(content))


def labelled(text: str, label: str) -> str:
    """A Dockerfile with a LABEL at the start of each stage."""
    lines, goes_on, word = list[str](), False, ""
    for line in text.splitlines():
        lines.append(line)
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue  # also between the lines of one instruction
        word = word if goes_on else bare.split()[0].upper()
        goes_on = bare.endswith("\\")
        if word == "FROM" and not goes_on:
            lines.append(f"LABEL {label}")
    return "\n".join(lines) + "\n"


def _read(output: IO[bytes], job: Job, held: list[str]) -> None:
    """Pass on the tool's output. A final message about a registry that cannot be reached is put into `held` instead."""
    for line in output:
        if text := line.decode(errors="replace").rstrip():
            if held or _OFFLINE.search(text):
                held.append(text)
            else:
                job.lines.append(text)
            if len(held) > _MOST_HELD:
                job.lines += held
                held.clear()


def environment(engine: Engine, kit: bool, logins: Mapping[str, tuple[str, str]], place: Path) -> dict[str, str]:
    """The environment of the tool: nothing of this user's, and the logins that the build has made."""
    auths = {
        host: {"auth": base64.b64encode(f"{user}:{word}".encode()).decode()} for host, (user, word) in logins.items()
    }
    plugins = [str(Path.home() / ".docker" / "cli-plugins")]
    settings = place / "config.json"
    settings.touch(mode=0o600)
    settings.write_text(json.dumps({"auths": auths, "cliPluginsExtraDirs": plugins}))
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(place),
        "LANG": "C.UTF-8",
        "DOCKER_HOST": f"unix://{engine.path}",
        "CONTAINER_HOST": f"unix://{engine.path}",
        "DOCKER_CONFIG": str(place),
        "REGISTRY_AUTH_FILE": str(settings),
        "DOCKER_BUILDKIT": "1" if kit else "0",
    }


def tool(engine: Engine) -> tuple[str, bool] | None:
    """The engine's command line tool, and whether it supports what BuildKit does, such as secrets; Podman's does."""
    return _tool(engine.name == "Podman")


@functools.cache
def _tool(podman: bool) -> tuple[str, bool] | None:
    """The same by engine. With Podman's service, docker uses the older builder, since that service lacks BuildKit."""
    docker, own = shutil.which("docker"), shutil.which("podman")
    if docker is None or (podman and own):
        return (own, True) if own else None
    for words in (("buildx", "version"), ("--version",)) if not podman else ():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run([docker, *words], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - words of ours
            if words[0] == "buildx" and done.returncode == 0:
                return docker, True
            old = re.search(r"version (\d+)\.", done.stdout)
            if words[0] == "--version" and old and 18 < int(old[1]) < 23:  # BuildKit is part of these
                return docker, True
    return docker, False


def limits() -> dict[str, int]:
    """Limits on files and processes of containers on Podman: no more than this process has itself."""
    held = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
    most = {name: resource.getrlimit(which)[1] for name, which in held.items()}
    return {name: _MOST if limit == resource.RLIM_INFINITY else min(limit, _MOST) for name, limit in most.items()}


def keep(engine: Engine, image: str, name: str) -> None:
    """Tag an image of ours in the engine, so that it is not pruned; a tag of another image is left alone."""
    repository, _, tag = name.rpartition(":")
    with contextlib.suppress(EngineError):
        found = engine.call("GET", f"/images/{name}/json")
        if (found["Config"].get("Labels") or {}).get(LABEL) is None:
            return
    with contextlib.suppress(EngineError):
        engine.call("POST", f"/images/{image}/tag", repo=repository, tag=tag)


def drop(engine: Engine, whose: str, image: str) -> None:
    """Delete an image of ours once no container needs it any more."""
    for _ in range(_TRIES):
        try:
            about = engine.call("GET", f"/images/{image}/json")
            if (about["Config"].get("Labels") or {}).get(LABEL) == whose:
                engine.call("DELETE", f"/images/{image}", force=True)
            return
        except EngineError as error:
            if error.status != http.HTTPStatus.CONFLICT:
                return
            time.sleep(_PAUSE)
