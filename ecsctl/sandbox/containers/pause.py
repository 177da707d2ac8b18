"""The container that holds a task's network if other containers of the task may be restarted.

On AWS each task has one that does nothing else: a container loses its network when the one whose network it joined
ends. Without restarts, the first container to start holds the network, and the task is up sooner.
"""

import contextlib
import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Sequence
from dataclasses import replace

from ecsctl.sandbox.containers.engine import LABEL, Engine, EngineError
from ecsctl.sandbox.containers.specs import Spec

NAME = "~internal~ecs~pause"
"""The name that ECS uses for its own (ECS guide, "Task metadata available for tasks on Fargate")."""
# What it runs: `pause` again and again on x86-64, `ppoll` of nothing on arm64, which has no `pause`.
_PROGRAMS = {
    "amd64": (62, "b8220000000f05ebf7"),
    "arm64": (183, "000080d2010080d2020080d2030080d2280980d2010000d4faffff17"),
}
_HEADER, _ADDRESS = 64 + 56, 0x400000


def joined(engine: Engine, whose: str, specs: Sequence[Spec]) -> Sequence[Spec]:
    """The containers of a task, with a pause container before them if they need one."""
    if len(specs) < 2 or not any(one.restart for one in specs) or engine.architecture not in _PROGRAMS:
        return specs
    ports = tuple(sorted({port for one in specs for port in one.ports}))
    return [Spec(NAME, _image(whose), ports=ports, stop_timeout=0), *(replace(one, ports=()) for one in specs)]


def _image(whose: str) -> str:
    return f"ecsctl-{whose}:pause"


def made(engine: Engine, whose: str) -> None:
    """Make its image available in the engine: a program of a few bytes, since there may be no registry to pull from."""
    with contextlib.suppress(EngineError):
        engine.call("GET", f"/images/{_image(whose)}/json")
        return
    layer = _tar({"pause": _program(*_PROGRAMS[engine.architecture])})
    # As `docker load` takes it (OCI image specification, "Image Configuration").
    config = {
        "architecture": engine.architecture,
        "os": "linux",
        "config": {"Cmd": ["/pause"], "Labels": {LABEL: whose}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [_image(whose)], "Layers": ["layer.tar"]}]
    image = {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(manifest).encode()}
    engine.call("POST", "/images/load", _tar(image | {"layer.tar": layer}), quiet=True)


def _program(machine: int, code: str) -> bytes:
    """An ELF executable of one segment (elf(5)): its header, the segment's header, and the code."""
    size = _HEADER + len(code) // 2
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, _ADDRESS + _HEADER, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, _ADDRESS, _ADDRESS, size, size, 0x1000) + bytes.fromhex(code)


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(content), 0o755
            tar.addfile(about, io.BytesIO(content))
    return packed.getvalue()
