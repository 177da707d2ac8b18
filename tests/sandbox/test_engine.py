"""The container engine of this machine is found as its own tools find it, and asked in a version that it speaks."""

import json
import os
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ecsctl.sandbox.containers.engine import Engine, find
from ecsctl.sandbox.containers.images import labelled

Serves = Callable[..., Path]


class Answers(BaseHTTPRequestHandler):
    """An engine that knows its own version, and refuses requests in others that are older than its least, or newer."""

    def do_GET(self) -> None:
        """Answer."""
        asked, (least, newest) = self.path.partition("?")[0], self.server.speaks  # type: ignore[attr-defined]
        code, body = 200, {"ApiVersion": newest, "MinAPIVersion": least, "Arch": "arm64", "Version": "29.1"}
        if asked != "/version":
            version = tuple(map(int, asked.split("/")[1].removeprefix("v").split(".")))
            if not tuple(map(int, least.split("."))) <= version <= tuple(map(int, newest.split("."))):
                code, body = 400, {"message": f"client version {version} is too old or too new"}
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        """No name stands for who comes by a socket."""
        return ""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: that of a socket has at most a hundred letters (unix(7))."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def serves(folder: Path) -> Iterator[Serves]:
    begun = list[socketserver.ThreadingUnixStreamServer]()

    def serves(path: str, least: str = "1.24", newest: str = "1.41") -> Path:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        server = socketserver.ThreadingUnixStreamServer(str(place), Answers)
        server.speaks = (least, newest)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        begun.append(server)
        return place

    yield serves
    for server in begun:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("least", "newest"), [("1.12", "1.40"), ("1.24", "1.41"), ("1.44", "1.52"), ("1.46", "1.60")])
def test_an_engine_is_asked_in_a_version_that_it_speaks(serves: Serves, least: str, newest: str) -> None:
    engine = Engine(str(serves("docker.sock", least, newest)))
    assert engine.call("GET", "/info")["Version"] == "29.1"


def test_the_environment_comes_before_the_context_and_that_before_the_usual_places(
    serves: Serves, folder: Path
) -> None:
    tool = folder / "bin" / "docker"
    tool.parent.mkdir()
    context, usual = serves("context.sock"), serves("home/.colima/default/docker.sock")
    tool.write_text(f'#!/bin/sh\n[ "$DOCKER_CONTEXT" = none ] && exit 1\necho unix://{context}\n')
    tool.chmod(0o755)
    home = {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run")}
    with_tool = home | {"PATH": str(tool.parent)}
    named = str(serves("named.sock"))
    assert find(with_tool | {"DOCKER_HOST": f"unix://{named}"}).socket == named
    assert find(with_tool | {"CONTAINER_HOST": f"unix://{named}"}).socket == named
    assert find(with_tool | {"DOCKER_HOST": f"unix://{named}", "DOCKER_CONTEXT": "a"}).socket == str(context)
    assert find(with_tool).socket == str(context)
    if not Path("/var/run/docker.sock").is_socket():  # which comes first
        assert find(with_tool | {"DOCKER_CONTEXT": "none"}).socket == str(usual)
    assert find(with_tool | {"ECSCTL_CONTAINERS": "0"}).message == ""


@pytest.mark.parametrize(
    "place",
    ["home/.docker/run/docker.sock", "home/.docker/desktop/docker.sock", "home/.rd/docker.sock", "run/docker.sock",
     "run/podman/podman.sock", "home/.local/share/containers/podman/machine/podman.sock"],
)  # fmt: skip
@pytest.mark.skipif(Path("/var/run/docker.sock").is_socket(), reason="this machine has an engine at the first place")
def test_an_engine_is_found_where_desktops_and_podman_put_theirs(serves: Serves, folder: Path, place: str) -> None:
    found = find({"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run"), "PATH": ""})
    assert found.socket is None
    engine = serves(place)
    assert find({"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run"), "PATH": ""}).socket == str(
        engine
    )


def test_an_engine_that_cannot_serve_says_why(serves: Serves, folder: Path) -> None:
    def message(address: str) -> str:
        return find({"DOCKER_HOST": address, "PATH": ""}).message

    assert "tcp://192.0.2.1:2375 is not a socket of this machine" in message("tcp://192.0.2.1:2375")
    assert f"{folder}/none.sock does not answer: [Errno 2]" in message(f"unix://{folder}/none.sock")
    if os.geteuid():
        closed = serves("closed.sock")
        closed.chmod(0)
        assert "Permission denied" in message(f"unix://{closed}")


def test_each_stage_of_a_dockerfile_begins_with_a_label_and_no_from_of_another_instruction():
    lines = ["ARG V=3", "FROM \\", "  # why", "  python:$V AS made", "RUN echo 'select 1 \\", "FROM shop'",
             "from scratch", "COPY --from=made a /a"]  # fmt: skip
    made = labelled("\n".join(lines), "a=b").splitlines()
    assert made == [*lines[:4], "LABEL a=b", *lines[4:7], "LABEL a=b", lines[7]]
