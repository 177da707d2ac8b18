"""Between the containers and this machine: they reach the sandbox's port on it, and no other.

Docker keeps its networks apart from one another, but not from what listens on all addresses of the machine that they
are on. Rules of the machine's packet filter do; only root may set them, and only where the engine is on this very
machine. Elsewhere nothing is done.
"""

import contextlib
import os
import shutil
import subprocess
from typing import Any
from urllib.parse import urlsplit


def chain(whose: str) -> str:
    """The name of a sandbox's rules."""
    return f"ECSCTL-{whose}"


def applied(whose: str, network: dict[str, Any], endpoint: str, *, docker: bool = True) -> bool:
    """Let what comes from the network to this machine reach the endpoint alone; whether that holds from now on."""
    pools = network["IPAM"].get("Config") or [{}]
    where = urlsplit(endpoint)
    if where.hostname is None or where.hostname != pools[0].get("Gateway"):
        return False  # the engine's own machine is another
    options = network.get("Options") or {}
    bridge = options.get("com.docker.network.bridge.name") or f"br-{network['Id'][:12]}"
    comes = ("-i", bridge) if docker else ("-s", pools[0]["Subnet"])  # Podman does not say what it calls a bridge
    name = chain(whose)
    removed(whose)
    steps = (
        ("-N", name),
        # What answers the front came from here.
        ("-A", name, "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "RETURN"),
        ("-A", name, "-d", where.hostname, "-p", "tcp", "--dport", str(where.port), "-j", "RETURN"),
        ("-A", name, "-j", "REJECT"),
        ("-I", "INPUT", *comes, "-j", name),
    )
    return all(_set(*words) is not None for words in steps)


def removed(whose: str) -> None:
    """Take the rules of a sandbox away, if there are any."""
    name = chain(whose)
    for line in (_set("-S", "INPUT") or "").splitlines():
        if line.endswith(f" -j {name}"):
            _set("-D", *line.split()[1:])
    if _set("-F", name) is not None:
        _set("-X", name)


def _set(*words: str) -> str | None:
    """Returns what the packet filter answers; None where it refuses, or is not ours to change."""
    tool = shutil.which("iptables") or shutil.which("iptables", path="/usr/sbin:/sbin")
    if os.geteuid() != 0 or tool is None:
        return None
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run([tool, "-w", "5", *words], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - words of ours
        return done.stdout if done.returncode == 0 else None
    return None
