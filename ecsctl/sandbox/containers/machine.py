"""What this machine adds to the sandbox: its container engine, the app's containers, and the ports in front of them.

`current` is None if tasks are simulated: without an engine, if the user does not want it, and within one process.
"""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from ecsctl.sandbox.containers import authority, firewall, images
from ecsctl.sandbox.containers.engine import Engine, EngineError
from ecsctl.sandbox.containers.fleet import Fleet, Log
from ecsctl.sandbox.containers.front_process import FrontProcess, Table
from ecsctl.sandbox.containers.leftovers import whose
from ecsctl.sandbox.containers.probing import Probe
from ecsctl.sandbox.containers.registry import Registry
from ecsctl.sandbox.core import clock

Opened = Callable[[str], str]
"""Opens a server for the containers' requests to AWS, at an address of this machine, and returns its URL for them."""


class Machine:
    """The engine in use by the sandbox of `folder`."""

    def __init__(self, found: Engine, folder: Path, log: Log, opened: Opened) -> None:
        self.engine, self.folder, self.whose = found, folder, whose(folder)
        self.registry, self.front = Registry(found), FrontProcess()
        self.fleet = Fleet(found, self.whose, log, self.registry.restore)
        self.places: dict[tuple[str, int], int] = {}  # ports of 127.0.0.1, by a task's address and port in the VPC
        self.probes: dict[str, list[Probe]] = {}
        self._opened, self._endpoint, self._opening = opened, "", threading.Lock()
        self._known = ""  # the network that the endpoint is for
        self._certificate: Path | None = None

    def endpoint(self) -> str:
        """The sandbox's URL for the containers, which can reach nothing else on this machine. Raises EngineError."""
        with self._opening:
            network = self.fleet.about()
            if self._known != network["Id"]:  # as after `reset`, when it may have another address
                self._endpoint = self._opened(str((network["IPAM"].get("Config") or [{}])[0].get("Gateway") or ""))
                firewall.applied(self.whose, network, self._endpoint, docker=self.engine.name != "Podman")
                self._known = network["Id"]
            return self._endpoint

    def certificate(self) -> str:
        """A file with a certificate for localhost and its key."""
        if self._certificate is None:
            self._certificate = authority.certificate(self.folder)
        return str(self._certificate)

    def show(self, table: Table) -> None:
        """Pass a table on to the front."""
        self.front.show(table)

    def hold(self, what: str) -> None:
        """Run the sandbox's clock at real speed until `release`."""
        if isinstance(now := clock.current(), clock.Varying):
            now.hold(what)

    def release(self, what: str) -> None:
        """End a `hold`."""
        if isinstance(now := clock.current(), clock.Varying):
            now.release(what)

    def forget(self, task: str) -> None:
        """Remove the containers, ports and checks of a task that has ended."""
        for probe in self.probes.pop(task, ()):
            probe.ended.set()
        task_run = self.fleet.task_runs.get(task)
        if task_run is not None:
            gone = set(task_run.ports.values())
            self.places = {place: port for place, port in self.places.items() if port not in gone}
        self.fleet.remove(task)
        for what in ("start", "stop"):
            self.release(f"{what} {task}")

    def drop(self, image: str) -> None:
        """Delete an image that is no longer in any repository."""
        threading.Thread(target=self._drop, args=(image,), daemon=True).start()

    def _drop(self, image: str) -> None:
        self.registry.drop(image)
        images.drop(self.engine, self.whose, image)

    def reset(self) -> None:
        """Remove everything of the account, as if it were new."""
        for task in list(self.fleet.task_runs):
            self.forget(task)
        with contextlib.suppress(EngineError):
            self.fleet.clear()
        self.registry.close()
        self.show({"listeners": [], "targets": {}})

    def close(self) -> None:
        """Stop everything, and leave nothing in the engine."""
        self.front.close()
        with contextlib.suppress(EngineError):
            self.fleet.clear()
        self.registry.close()
        if self._certificate is not None:
            self._certificate.unlink(missing_ok=True)


current: Machine | None = None
