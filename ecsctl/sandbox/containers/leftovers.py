"""What a sandbox has in the engine, and its removal: at the sandbox's end, or before the next one starts."""

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ecsctl.sandbox.containers import firewall
from ecsctl.sandbox.containers.engine import Engine, EngineError, find


def clear(engine: Engine, whose: str, images: bool = True) -> int:
    """Remove everything with a sandbox's label from the engine; returns the number of things removed."""
    gone = removed(engine, engine.ours("containers", whose))
    for found in engine.ours("networks", whose):
        gone += delete(engine, f"/networks/{found['Id']}")
    firewall.removed(whose)
    for found in engine.ours("volumes", whose):
        gone += delete(engine, f"/volumes/{found['Name']}", force=True)
    less = int(images)
    while less:  # an image that others are made from goes after them
        less = sum(delete(engine, f"/images/{one['Id']}", force=True) for one in engine.ours("images", whose))
        gone += less
    return gone


def whose(folder: Path) -> str:
    """The label's value that tells the sandbox of a folder from others."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def cleared(folder: Path, socket: str = "") -> bool:
    """Remove what an earlier sandbox of the folder left in the engine, as after a crash; whether the engine answered.

    It is the engine at that socket, which may not be the one that the environment names now.
    """
    where = socket or find().socket
    with contextlib.suppress(EngineError):
        if where:
            clear(Engine(where), whose(folder))
            return True
    return False


def removed(engine: Engine, containers: Sequence[Mapping[str, Any]]) -> int:
    """Remove containers, whatever their state; returns how many.

    Podman keeps a container as long as another is in its network, and waits before it kills one unless `timeout` is 0.
    """
    left = list(containers)
    while left:
        still = [one for one in left if not delete(engine, f"/containers/{one['Id']}", force=True, v=True, timeout=0)]
        if len(still) == len(left):
            break
        left = still
    return len(containers) - len(left)


def delete(engine: Engine, path: str, **query: int) -> int:
    """Delete one thing; returns 1 if the engine did it, 0 if not, as when it is gone already."""
    try:
        engine.call("DELETE", path, **query)
    except EngineError:
        return 0  # gone already, or going
    return 1
