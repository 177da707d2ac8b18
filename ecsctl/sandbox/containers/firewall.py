"""Limits what containers can reach on this machine to the sandbox's port.

Docker separates its networks from each other, but not from programs that listen on all addresses of the host. Rules of
the packet filter do; only root may set them, and only if the engine runs on this machine. Otherwise nothing is done.
"""

import contextlib
import os
import shutil
import subprocess
from typing import Any
from urllib.parse import urlsplit


def chain(whose: str) -> str:
    """The name of the chain with a sandbox's rules."""
    return f"ECSCTL-{whose}"


def applied(whose: str, network: dict[str, Any], endpoint: str, *, docker: bool = True) -> bool:
    """Allow traffic from the network to this machine only to the endpoint. Returns whether the rules are in force."""
    pools = network["IPAM"].get("Config") or [{}]
    where = urlsplit(endpoint)
    if where.hostname is None or where.hostname != pools[0].get("Gateway"):
        return False  # the engine runs on another machine
    options = network.get("Options") or {}
    bridge = options.get("com.docker.network.bridge.name") or f"br-{network['Id'][:12]}"
    comes = ("-i", bridge) if docker else ("-s", pools[0]["Subnet"])  # Podman does not report the name of a bridge
    name = chain(whose)
    removed(whose)
    steps = (
        ("-N", name),
        # Answers to the front belong to connections from here.
        ("-A", name, "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "RETURN"),
        ("-A", name, "-d", where.hostname, "-p", "tcp", "--dport", str(where.port), "-j", "RETURN"),
        ("-A", name, "-j", "REJECT"),
        ("-I", "INPUT", *comes, "-j", name),
    )
    return all(_set(*words) is not None for words in steps)


def removed(whose: str) -> None:
    """Remove the rules of a sandbox, if there are any."""
    name = chain(whose)
    for line in (_set("-S", "INPUT") or "").splitlines():
        if line.endswith(f" -j {name}"):
            _set("-D", *line.split()[1:])
    if _set("-F", name) is not None:
        _set("-X", name)


def _set(*words: str) -> str | None:
    """Run the packet filter's tool and return its output; None if it fails or may not be used."""
    tool = shutil.which("iptables") or shutil.which("iptables", path="/usr/sbin:/sbin")
    if os.geteuid() != 0 or tool is None:
        return None
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run([tool, "-w", "5", *words], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - words of ours
        return done.stdout if done.returncode == 0 else None
    return None
