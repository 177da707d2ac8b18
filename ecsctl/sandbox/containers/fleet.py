"""The containers of tasks: created, started, watched, stopped and removed, by threads of their own for each task.

Only those threads wait for the engine: whoever asks for a task's state gets what is known so far.
"""

import contextlib
import io
import re
import tarfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ecsctl.sandbox.containers import endings, output, pause
from ecsctl.sandbox.containers.engine import LABEL, Engine, EngineError
from ecsctl.sandbox.containers.images import limits
from ecsctl.sandbox.containers.leftovers import clear, delete, removed
from ecsctl.sandbox.containers.specs import Spec, Volume, lead, ordered, passing, unmet
from ecsctl.sandbox.core import clock

TASK, NAME, FILES = f"{LABEL}.task", f"{LABEL}.container", f"{LABEL}.files"
_LOG = {"Type": "json-file", "Config": {"max-size": "16m", "max-file": "2"}}
_TURN, _ANSWER = 0.2, 10.0  # seconds between two reads of what others wait for, and until a check is no answer

Log = Callable[[str, str, list[str]], None]
"""Called with a task's id, a container's name, and lines that it wrote."""


@dataclass
class TaskRun:
    """The state of a task's containers. `phase`: preparing, ready, starting, running, stopping or over."""

    specs: tuple[Spec, ...]
    phase: str = "preparing"
    failure: str = ""  # why it cannot be prepared or started, in ECS's words
    ids: dict[str, str] = field(default_factory=dict)  # by container's name
    endings: dict[str, tuple[int, bool]] = field(default_factory=dict)  # exit code, and whether memory ran out
    ports: dict[int, int] = field(default_factory=dict)  # on 127.0.0.1, by the container's own
    idle: Any = None  # measures whether it is idle

    @property
    def dead(self) -> str | None:
        """The first essential container that has ended by itself."""
        return next((one.name for one in self.specs if one.essential and one.name in self.endings), None)


class Fleet:
    """All containers of one sandbox, which have `whose` as their label; `log` gets their output.

    `restore` pulls an image that was built here and is no longer in the engine, and returns whether it succeeded.
    """

    def __init__(self, engine: Engine, whose: str, log: Log, restore: Callable[[str], bool] = lambda _: False) -> None:
        self.engine, self.whose, self._log, self._restore = engine, whose, log, restore
        self.task_runs: dict[str, TaskRun] = {}
        self._lock = threading.Lock()
        self._network = ""

    def about(self) -> dict[str, Any]:
        """The containers' network as the engine inspects it."""
        return dict(self.engine.call("GET", f"/networks/{self.network()}"))

    def network(self) -> str:
        """The network of all containers, created on first use."""
        with self._lock:
            if not self._network:
                name = f"ecsctl-{self.whose}"
                if not self.engine.ours("networks", self.whose):
                    body = {"Name": name, "Driver": "bridge", "CheckDuplicate": True, "Labels": {LABEL: self.whose}}
                    self.engine.call("POST", "/networks/create", body)
                self._network = name
            return self._network

    def prepare(self, task: str, specs: Sequence[Spec], hosts: Sequence[str] = ()) -> None:
        """Pull missing images, and create the containers."""
        task_run = self.task_runs[task] = TaskRun(tuple(pause.joined(self.engine, self.whose, specs)))
        self._go(task_run, self._prepare, task, task_run, tuple(hosts))

    def start(self, task: str) -> None:
        """Start the created containers, in the order of their dependencies."""
        task_run = self.task_runs[task]
        task_run.phase = "starting"
        self._go(task_run, self._start, task, task_run)

    def stop(self, task: str, first: Callable[[], None], last: Callable[[], None]) -> None:
        """Send SIGTERM, and SIGKILL after the stop timeout. `first` is called before, and may wait; `last` after."""
        task_run = self.task_runs.get(task)
        if task_run is not None and task_run.phase not in ("stopping", "over"):
            task_run.phase = "stopping"
            self._go(task_run, self._stop, task_run, first, last)

    def remove(self, task: str) -> None:
        """Remove the containers, whatever their state."""
        task_run = self.task_runs.pop(task, None)
        if task_run is not None:
            task_run.phase = "over"
            threading.Thread(target=self._remove, args=(task,), daemon=True).start()

    def clear(self, images: bool = True) -> None:
        """Remove everything of this sandbox from the engine."""
        self.task_runs.clear()
        clear(self.engine, self.whose, images)
        self._network = ""

    def cpu(self, task: str) -> float:
        """Seconds of processor time that the task's containers have used so far."""
        task_run, used = self.task_runs.get(task), 0.0
        for ident in list(task_run.ids.values()) if task_run else []:
            with contextlib.suppress(EngineError, KeyError, TypeError):
                stats = self.engine.call("GET", f"/containers/{ident}/stats", stream=False, **{"one-shot": True})
                used += float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9
        return used

    def run(self, task: str, container: str, words: Sequence[str], timeout: float) -> int:
        """Run a command in a container, and return its exit code. Raises EngineError."""
        ident = self.task_runs[task].ids[container]
        made = self.engine.call("POST", f"/containers/{ident}/exec", {"Cmd": list(words), "AttachStdout": True})
        self.engine.call("POST", f"/exec/{made['Id']}/start", {"Detach": False}, within=timeout)
        return int(self.engine.call("GET", f"/exec/{made['Id']}/json")["ExitCode"] or 0)

    def _go(self, task_run: TaskRun, work: Callable[..., None], *given: Any) -> None:
        def carried() -> None:
            try:
                work(*given)
            except EngineError as error:
                task_run.failure = task_run.failure or error.message
                task_run.phase = "over"

        threading.Thread(target=carried, daemon=True).start()

    def _prepare(self, task: str, task_run: TaskRun, hosts: tuple[str, ...]) -> None:
        first = lead(task_run.specs)
        for one in sorted(task_run.specs, key=lambda one: one.name != first):
            if one.name == pause.NAME:
                pause.made(self.engine, self.whose)
            self._fetch(task_run, one)
            for volume in one.volumes:
                self._have(task, volume)
            body = self._body(task, one, hosts, task_run, first)
            named = f"ecsctl-{task[:12]}-{one.name.replace('~', '')}"
            try:
                made = self.engine.call("POST", "/containers/create", body, name=named)
            except EngineError as error:
                raise EngineError(f"CannotCreateContainerError: Error response from daemon: {error.message}") from None
            task_run.ids[one.name] = made["Id"]
            for volume in one.volumes:
                if volume.owner is not None:
                    self._own(task, one.image, volume)
        if task_run.phase == "preparing":
            task_run.phase = "ready"

    def _fetch(self, task_run: TaskRun, one: Spec) -> None:
        """Pull an image if it is missing, as the engine's user but without the user's passwords."""
        with contextlib.suppress(EngineError):
            self.engine.call("GET", f"/images/{one.image}/json")
            return
        with contextlib.suppress(EngineError):
            if self._restore(one.image):
                return
        name, _, tag = one.image.rpartition(":") if ":" in one.image.rpartition("/")[2] else (one.image, "", "latest")
        try:
            with self.engine.streamed("POST", "/images/create", fromImage=name, tag=tag) as answer:
                last = answer.read().decode(errors="replace").strip().splitlines()[-1:]
            self.engine.call("GET", f"/images/{one.image}/json")
        except EngineError as error:
            why = last[0] if error.status == 404 and "last" in locals() and last else error.message
            task_run.failure = f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {why}"
            raise

    def _body(self, task: str, one: Spec, hosts: tuple[str, ...], task_run: TaskRun, first: str) -> dict[str, Any]:
        host: dict[str, Any] = {
            "LogConfig": _LOG,
            "RestartPolicy": {"Name": "no"},
            "ReadonlyRootfs": one.read_only,
            "Init": one.init,
            "Ulimits": [{"Name": name, "Soft": soft, "Hard": hard} for name, soft, hard in self._ulimits(one)],
            "Tmpfs": dict(one.tmpfs),
            "Mounts": [self._mount(task, volume) for volume in one.volumes],
        }
        if one.memory:
            host |= {"Memory": one.memory << 20, "MemorySwap": one.memory << 20}
        if one.reserved:
            host["MemoryReservation"] = one.reserved << 20
        if one.cpu:
            host["NanoCpus"] = one.cpu * 1_000_000_000 // 1024
        body: dict[str, Any] = {
            "Image": one.image,
            "Env": [f"{name}={value}" for name, value in one.environment],
            "Labels": {LABEL: self.whose, TASK: task, NAME: one.name},
            "StopTimeout": one.stop_timeout,
            "HostConfig": host,
        }
        body |= {"Cmd": list(one.command)} if one.command is not None else {}
        body |= {"Entrypoint": list(one.entrypoint)} if one.entrypoint is not None else {}
        body |= {"User": one.user} if one.user else {}
        body |= {"WorkingDir": one.directory} if one.directory else {}
        if one.name != first and one.name not in passing(task_run.specs):
            # The containers of a task share one network interface (ECS guide, "awsvpc").
            host["NetworkMode"] = f"container:{task_run.ids[first]}"
            return body
        ports = sorted({port for each in task_run.specs for port in each.ports}) if one.name == first else []
        body["ExposedPorts"] = {f"{port}/tcp": {} for port in ports}
        host["PortBindings"] = {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}] for port in ports}
        host |= {"NetworkMode": self.network(), "ExtraHosts": list(hosts)}
        return body

    def _ulimits(self, one: Spec) -> tuple[tuple[str, int, int], ...]:
        """The limits in the definition. Podman would raise the others beyond what a user, or a machine, may have."""
        given = {name for name, _, _ in one.ulimits}
        more = limits() if self.engine.name == "Podman" else {}
        return one.ulimits + tuple((name, most, most) for name, most in more.items() if name not in given)

    def _volume(self, task: str, volume: Volume) -> str:
        # Engines allow no slash in a name.
        return re.sub(r"[^\w.-]", ".", f"ecsctl-{self.whose}-{volume.of or task[:12]}-{volume.name}")

    def _have(self, task: str, volume: Volume) -> None:
        """Create a volume with its labels, if it does not exist; Podman takes no labels from a container's mounts."""
        labels = {LABEL: self.whose} | ({FILES: volume.of} if volume.of else {TASK: task})
        self.engine.call("POST", "/volumes/create", {"Name": self._volume(task, volume), "Labels": labels})

    def _mount(self, task: str, volume: Volume) -> dict[str, Any]:
        return {"Type": "volume", "Source": self._volume(task, volume), "Target": volume.path,
                "ReadOnly": volume.read_only, "VolumeOptions": {"NoCopy": bool(volume.of)}}  # fmt: skip

    def _own(self, task: str, image: str, volume: Volume) -> None:
        """Make a folder writable for everyone: with an access point, every client counts as its owner.

        This uses a container that never starts: the mode of a folder is set from the folder above, which the task's own
        containers may only be allowed to read.
        """
        mount = self._mount(task, replace(volume, path="/above/folder", read_only=False))
        labels = {LABEL: self.whose, TASK: task}
        ident = self.engine.call("POST", "/containers/create", {
            "Image": image, "Cmd": ["-"], "Labels": labels, "HostConfig": {"Mounts": [mount]},
        })["Id"]  # fmt: skip
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            about = tarfile.TarInfo("folder")
            about.type, about.mode = tarfile.DIRTYPE, 0o777
            about.uid, about.gid = volume.owner or (0, 0)
            tar.addfile(about)
        # Not the rest of the record that tar fills up: Podman's reader is gone by then, and that counts as an error.
        content = packed.getvalue()[: 3 * tarfile.BLOCKSIZE]
        self.engine.call("PUT", f"/containers/{ident}/archive", content, path="/above")
        delete(self.engine, f"/containers/{ident}", force=True)

    def _start(self, task: str, task_run: TaskRun) -> None:
        for one in ordered(task_run.specs):
            if not all(self._met(task, task_run, one, name, condition) for name, condition in one.after):
                break
            self._begin(task, task_run, one)
        if task_run.phase == "starting":
            task_run.phase = "running"

    def _begin(self, task: str, task_run: TaskRun, one: Spec) -> None:
        ident = task_run.ids[one.name]
        try:
            self.engine.call("POST", f"/containers/{ident}/start")
        except EngineError as error:
            raise EngineError(f"CannotStartContainerError: {endings.unstarted(error.message)}") from None
        if one.name == lead(task_run.specs):
            about = self.engine.call("GET", f"/containers/{ident}/json")
            task_run.ports = {int(port.partition("/")[0]): int(bound[0]["HostPort"]) for port, bound in
                          ((about["NetworkSettings"].get("Ports")) or {}).items() if bound}  # fmt: skip
        threading.Thread(target=self._follow, args=(task, one.name, ident), daemon=True).start()
        threading.Thread(target=self._watch, args=(task, task_run, one, ident), daemon=True).start()

    def _met(self, task: str, task_run: TaskRun, one: Spec, name: str, condition: str) -> bool:
        """Wait for a dependency of a container; False once an essential container has ended or is unhealthy.

        Then the task is over, and containers that wait do not start. Raises EngineError if the agent gives up.
        """
        before, began = next(each for each in task_run.specs if each.name == name), time.monotonic()
        while task_run.dead is None and task_run.phase == "starting":
            code, waited = task_run.endings.get(name, (None, False))[0], time.monotonic() - began
            if condition == "START" or (condition == "COMPLETE" and code is not None):
                return True
            if condition == "SUCCESS" and code is not None:
                if code:
                    why = "failed to resolve {} as dependency did not exit successfully."
                    raise EngineError(unmet(one, before, code, why))
                return True
            if condition == "HEALTHY" and code is None:
                with contextlib.suppress(EngineError):
                    if self.run(task, name, before.check, _ANSWER) == 0:
                        return True
                if before.essential and waited > before.patience:
                    return False
            if before.start_timeout and waited > before.start_timeout:
                raise EngineError(unmet(one, before, code, "{} has timed out."))
            time.sleep(_TURN)
        return False

    def _watch(self, task: str, task_run: TaskRun, one: Spec, ident: str) -> None:
        """Wait for the end of a container, and restart it as its restart policy says."""
        with contextlib.suppress(EngineError):
            while True:
                began = clock.now()
                state = endings.awaited(self.engine, ident, lambda: task_run.phase in ("starting", "running"))
                code = int(state["ExitCode"])
                ran = clock.now() - began - endings.since(state["FinishedAt"]) * clock.current().speed
                again = one.restart is not None and one.restart.allows(code, ran)
                if not again or task_run.phase not in ("starting", "running"):
                    task_run.endings[one.name] = (code, endings.has_run_out_of_memory(self.engine, one, ident, state))
                    return
                since = f"{time.time():.9f}"
                self.engine.call("POST", f"/containers/{ident}/start")
                threading.Thread(target=self._follow, args=(task, one.name, ident, since), daemon=True).start()

    def _follow(self, task: str, name: str, ident: str, since: str = "0") -> None:
        path = f"/containers/{ident}/logs"
        with (
            contextlib.suppress(EngineError),
            self.engine.streamed("GET", path, follow=True, stdout=True, stderr=True, since=since) as log,
        ):
            for lines in output.lines(log):
                self._log(task, name, lines)

    def _stop(self, task_run: TaskRun, first: Callable[[], None], last: Callable[[], None]) -> None:
        first()
        holds = [
            one for one in task_run.specs if one.name == pause.NAME
        ]  # ends last: the others still need their network
        for some in ([one for one in task_run.specs if one not in holds], holds):
            threads = [threading.Thread(target=self._end, args=(task_run, one), daemon=True) for one in some]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        task_run.phase = "over"
        last()

    def _end(self, task_run: TaskRun, one: Spec) -> None:
        ident = task_run.ids.get(one.name)
        with contextlib.suppress(EngineError):
            if ident:
                self.engine.call(
                    "POST", f"/containers/{ident}/stop", within=one.stop_timeout + 60.0, t=one.stop_timeout
                )
                state = self.engine.call("GET", f"/containers/{ident}/json")["State"]
                if state["Status"] != "created":  # one that has never run has not ended
                    task_run.endings.setdefault(one.name, (int(state["ExitCode"]), bool(state.get("OOMKilled"))))

    def _remove(self, task: str) -> None:
        with contextlib.suppress(EngineError):
            ours = self.engine.ours("containers", self.whose)
            removed(self.engine, [found for found in ours if found["Labels"].get(TASK) == task])
        self._drop(TASK, task)

    def discard(self, files: str) -> None:
        """Delete the content of a file system that no longer exists."""
        threading.Thread(target=self._drop, args=(FILES, files), daemon=True).start()

    def _drop(self, label: str, value: str) -> None:
        """Delete the volumes with a label, besides the sandbox's own."""
        with contextlib.suppress(EngineError):
            for volume in self.engine.ours("volumes", self.whose):
                if (volume.get("Labels") or {}).get(label) == value:
                    delete(self.engine, f"/volumes/{volume['Name']}", force=True)
