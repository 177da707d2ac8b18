"""`python -m benchmarks.layers`: how long ecsctl's own buildspec builds on a clean engine, and then with kept layers.

It takes Docker's engine and tool, and root, starts an engine of its own for each build, and asks nobody but a registry
of its own on loopback. `--dockerd` and `--docker` are other programs than those on the PATH. The tool is asked to build
as BuildKit does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml  # type: ignore[import-untyped]  # PyYAML ships no types

from benchmarks.registry import serving
from ecsctl.buildspec import ours
from ecsctl.sandbox.containers.engine import Engine
from tests.containers import base

DOCKERFILE = f"""\
FROM {base.NAME} AS deps
WORKDIR /deps
COPY requirements.txt .
RUN sh -c 'sleep 6; cat requirements.txt > installed'

FROM deps AS build
COPY app.py .
RUN sh -c 'sleep 1; cat app.py > built'

FROM {base.NAME}
WORKDIR /app
RUN sh -c 'sleep 3; cat /usr/bin/env > tool'
COPY --from=build /deps/installed /deps/built ./
"""
# No registry has the base image, and CodeBuild's own names are not here.
DOCKER = """#!/bin/bash
[[ $1 != login ]] || { cat >/dev/null; exit; }
words=()
for word in "$@"; do [[ "$word" == --pull ]] || words+=("$word"); done
exec DOCKER "${words[@]}"
"""
AWS = """#!/bin/bash
[[ $2 != get-login-password ]] || { echo none; exit; }
echo ImageNotFoundException >&2; exit 254
"""


@contextmanager
def engine(folder: Path, dockerd: str, registry: str) -> Iterator[str]:
    """A clean engine with the base image in it: its socket."""
    folder.mkdir()
    socket = f"{folder}/docker.sock"
    words = [dockerd, "--host", f"unix://{socket}", "--insecure-registry", registry, "--pidfile", f"{folder}/pid",
             "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log) as process:  # noqa: S603 - words of ours
        try:
            while not Path(socket).exists():
                time.sleep(0.1)
            base.made(Engine(socket))
            yield socket
        finally:
            process.terminate()


def build(folder: Path, socket: str, commit: str, registry: str, tools: Path) -> float:
    """Run the buildspec's commands as CodeBuild does: how many seconds they took. Raises CalledProcessError."""
    phases = yaml.safe_load(ours("cache"))["phases"]
    commands = [one for phase in ("pre_build", "build", "post_build") for one in phases[phase]["commands"]]
    given = {
        "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder), "DOCKER_HOST": f"unix://{socket}",
        "DOCKER_BUILDKIT": "1", "BUILD_CACHE": "ecsctl-cache", "BUILD_CONTEXT": ".", "CONTAINER_NAME": "app",
        "REPOSITORY_URI": f"{registry}/app", "AWS_ACCOUNT_ID": "1", "AWS_STACK_REGION": "here",
        "CODEBUILD_BUILD_ID": "app:1", "CODEBUILD_RESOLVED_SOURCE_VERSION": commit, "CODEBUILD_BUILD_SUCCEEDING": "1",
    }  # fmt: skip
    began = time.monotonic()
    subprocess.run(["bash", "-c", "\n".join(commands)], cwd=folder, env=given, check=True, stdout=sys.stderr)  # noqa: S603, S607 - the buildspec's own
    return time.monotonic() - began


def main() -> None:
    """Print a line for each build, of another source each time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dockerd", default="dockerd")
    parser.add_argument("--docker", default="docker")
    parser.add_argument("--builds", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ecsctl-layers-") as name, serving() as registry:
        where, sources, tools = Path(name), Path(name, "app"), Path(name, "bin")
        sources.mkdir()
        tools.mkdir()
        for tool, text in (("docker", DOCKER.replace("DOCKER", asked.docker)), ("aws", AWS)):
            (tools / tool).write_text(text)
            (tools / tool).chmod(0o755)
        (sources / "Dockerfile").write_text(DOCKERFILE)
        (sources / "requirements.txt").write_text("one\n")
        address = f"localhost:{registry.server_port}"
        for number in range(asked.builds):
            (sources / "app.py").write_text(f"print({number})\n")
            with engine(where / f"engine-{number}", asked.dockerd, address) as socket:
                seconds = build(sources, socket, f"{number:040x}", address, tools)
            print(f"build {number + 1}: {seconds:.1f} s", flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
