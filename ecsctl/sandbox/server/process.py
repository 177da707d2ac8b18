"""The sandbox's server as a background process: start, find, stop. Imports neither moto nor boto3, so it is cheap."""

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ecsctl import files
from ecsctl.sandbox.core.defaults import NO_CONTAINERS, REGION

SPEED = 60.0  # AWS seconds in one real second
IDLE = 8 * 3600.0  # real seconds without a request after which the server ends
RECORD = "sandbox.json"
LOG = "sandbox.log"
KEY_HEADER = "X-Sandbox-Key"

# How moto is to behave. No machine images: they cost half a second in each region, and nothing here starts an instance.
# No cross-origin answers: no web page may read them.
MOTO = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_DISABLE_GLOBAL_CORS": "true"}

_START_LIMIT = 60.0
_STOP_LIMIT = 10.0
_children: list[subprocess.Popen[bytes]] = []  # kept, so that Python does not complain that they still run


class SandboxError(Exception):
    """The sandbox cannot be started, stopped or reached. `message` says why, `hint` what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Sandbox:
    """A running server. `started`: real seconds since the epoch; `nonce` tells it from others; `key` opens it.

    `containers`: a line on what runs the app, or why nothing does; empty if that is not wanted. `engine`: the socket of
    the container engine that it uses.
    """

    url: str
    pid: int
    port: int
    started: float
    speed: float
    nonce: str
    key: str
    containers: str = ""
    engine: str = ""


def start(
    folder: Path,
    speed: float = SPEED,
    idle: float = IDLE,
    *,
    containers: bool = True,
    begins: Callable[[], None] = lambda: None,
) -> Sandbox:
    """The sandbox of `folder`, started if it does not run; safe to call from many processes at once.

    `speed`: AWS seconds in one real second, `idle`: real seconds without a request after which it ends by itself,
    `containers`: whether this machine's engine may run the app, `begins`: called before its account begins, empty; all
    only for a server that is started here. Raises SandboxError when it cannot be started, and says why.
    """
    with _lock(folder):
        if running := status(folder):
            return running
        begins()
        return _launch(folder, speed, idle, containers=containers)


def status(folder: Path) -> Sandbox | None:
    """The running sandbox of `folder`, or None. A record of a server that is gone, or not ours, counts as none.

    Raises SandboxError where something else than a file stands in the record's place.
    """
    try:
        with _ours():
            if not files.is_folder(folder):
                return None
            recorded = Sandbox(**json.loads(files.read(folder / RECORD)))
    except (OSError, ValueError, TypeError):
        return None
    if recorded.url != f"http://127.0.0.1:{recorded.port}":
        return None  # what is asked whether it is ours must be what is then talked to
    answer = _asked(recorded, "GET", "/sandbox")
    return recorded if answer is not None and answer.get("nonce") == recorded.nonce else None


def now(sandbox: Sandbox) -> float:
    """Returns what its clock shows, in seconds since the epoch; when it `started` that was this machine's time."""
    return float((_asked(sandbox, "GET", "/sandbox") or {}).get("now", time.time()))


def containers(sandbox: Sandbox) -> str:
    """Returns what runs the app at this moment, for its engine may have stopped meanwhile; or as
    `Sandbox.containers`.
    """
    if sandbox.engine:
        from ecsctl.sandbox.containers.engine import Engine, EngineError

        try:
            Engine(sandbox.engine)
        except EngineError as error:
            return f"{error.message}: no task can run until it does"
    return sandbox.containers


def stop(folder: Path) -> bool:
    """End the sandbox of `folder` and wait until it is gone. False when none runs.

    Only a process that proved to be ours is sent a signal. Raises SandboxError when it does not end, or has ended and
    left something in an engine that does not answer now.
    """
    with _ours():
        if not files.is_folder(folder):
            return False
    with _lock(folder):
        running = status(folder)
        if running is not None:
            _end(running)
        elif (folder / RECORD).exists():  # it ended with the machine, or was killed: what it started may still be there
            from ecsctl.sandbox.containers import leftovers
            from ecsctl.sandbox.core import scratch

            scratch.cleared(leftovers.whose(folder))
            socket = _engine_of(folder)
            if not leftovers.cleared(folder, socket) and socket:
                raise SandboxError(
                    f"the container engine at {socket} does not answer: what the sandbox has left may still be there",
                    hint="start it, then: ecsctl sandbox stop",
                )
        (folder / RECORD).unlink(missing_ok=True)
        return running is not None


def _engine_of(folder: Path) -> str:
    """The socket of the engine that a sandbox used which has ended."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return str(json.loads(files.read(folder / RECORD)).get("engine") or "")
    return ""


def reset(folder: Path) -> None:
    """Empty the sandbox's account. Raises SandboxError when none runs."""
    running = status(folder)
    if running is None or _asked(running, "POST", "/sandbox/reset") is None:
        raise SandboxError("no sandbox runs here; start one with: ecsctl sandbox start")


def call(folder: Path, name: str, arguments: Mapping[str, Any]) -> Any:
    """Call a switch (see `script`) of the sandbox of `folder`, and return what it returns.

    Raises SandboxError when none runs, or the switch does not accept that.
    """
    running = status(folder)
    if running is None:
        raise SandboxError("no sandbox runs here; start one with: ecsctl sandbox start")
    code, answer = _answered(running, "POST", f"/sandbox/script/{name}", json.dumps(dict(arguments)))
    if code != 200:
        raise SandboxError(str(answer.get("message", f"the sandbox answered {code}")))
    return answer["result"]


def environment(sandbox: Sandbox, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which every AWS client talks to `sandbox` and can talk to nothing else.

    Made from `base` (this process's by default). A region that is set there stays, else it is eu-central-1.
    """
    base = os.environ if base is None else base
    region = base.get("AWS_REGION") or base.get("AWS_DEFAULT_REGION") or REGION
    direct = ",".join(filter(None, [base.get("NO_PROXY") or base.get("no_proxy"), "127.0.0.1"]))
    return without_leaks(base) | {
        "AWS_ENDPOINT_URL": sandbox.url,
        "AWS_ACCESS_KEY_ID": sandbox.key,
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "ECSCTL_SANDBOX_SPEED": str(sandbox.speed),  # how much sooner AWS's usual durations are over
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def enter(sandbox: Sandbox) -> None:
    """Make `environment(sandbox)` this process's own. Call it before the first AWS client is made."""
    ours = environment(sandbox)
    for name in os.environ.keys() - ours.keys():
        del os.environ[name]
    os.environ.update(ours)


def without_leaks(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without any setting through which real credentials, profiles or endpoints could get in.

    Everything called AWS_* goes, but for the region; the shared files are pointed at nothing. The names are those of
    the AWS SDKs and Tools Reference Guide, "Environment variables list".
    """
    kept = ("AWS_REGION", "AWS_DEFAULT_REGION")
    clean = {name: value for name, value in environment.items() if name in kept or not name.startswith("AWS_")}
    clean.pop("BOTO_CONFIG", None)  # credentials of the old boto, which botocore still reads
    return clean | {
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    import filelock

    try:
        with _ours():
            files.folder(folder)
            files.check(folder / "sandbox.lock")
        with filelock.FileLock(folder / "sandbox.lock", timeout=_START_LIMIT + _STOP_LIMIT, mode=0o600):
            yield
    except filelock.Timeout:
        raise SandboxError(f"another command has been starting or stopping the sandbox of {folder} for long") from None
    except OSError as error:
        raise _unwritable(folder, error) from error


@contextlib.contextmanager
def _ours() -> Iterator[None]:
    """Say what is in place of a file or folder of ours, perhaps since it came with the repository."""
    try:
        yield
    except files.Misplaced as error:
        raise SandboxError(
            f"{error.filename}: {error.strerror}", hint=f"check what it is, then: rm {error.filename}"
        ) from error


def _unwritable(folder: Path, error: OSError) -> SandboxError:
    """The error when the disk does not accept the sandbox's files."""
    return SandboxError(
        f"the sandbox's files cannot be written in {folder}: {error.strerror or error}",
        hint="make it writable, or make room, then run the same command again",
    )


def _launch(folder: Path, speed: float, idle: float, *, containers: bool) -> Sandbox:
    _check_extra()
    (folder / RECORD).unlink(missing_ok=True)
    command = [sys.executable, "-m", "ecsctl.sandbox.server", "--folder", str(folder.resolve())]
    command += ["--speed", str(speed), "--idle", str(idle)]
    with _ours():
        log = files.opened(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        child = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=without_leaks(os.environ) | MOTO | _importable() | ({} if containers else {NO_CONTAINERS: "0"}),
            start_new_session=True,
        )
    finally:
        os.close(log)
    _children.append(child)
    try:
        return _wait_until_ready(folder, child)
    except KeyboardInterrupt:
        child.terminate()  # it would become ready, and another one beside it
        raise


def _importable() -> dict[str, str]:
    """So that a program of ours also runs from a checkout that is not installed."""
    source = str(Path(__file__).resolve().parents[3])
    return {"PYTHONPATH": os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))}


def tunnel(folder: Path, session: str, port: int) -> tuple[list[str], dict[str, str]]:
    """The words that start what carries a tunnel's session in the sandbox, and its environment."""
    words = [sys.executable, "-m", "ecsctl.sandbox.server.tunnel", str(folder.resolve()), session, str(port)]
    return words, {**os.environ, **_importable()}


def _wait_until_ready(folder: Path, child: subprocess.Popen[bytes]) -> Sandbox:
    limit = time.monotonic() + _START_LIMIT
    while time.monotonic() < limit:
        running = status(folder)
        if running is not None:
            return running
        if child.poll() is not None:
            last = files.read(folder / LOG).decode(errors="replace").strip().splitlines()[-1:]
            if not last:
                raise SandboxError(f"the sandbox ended while starting and wrote nothing: can {folder} be written to?")
            raise SandboxError(f"the sandbox ended while starting: {' '.join(last)} (all of it: {folder / LOG})")
        time.sleep(0.05)
    child.terminate()
    raise SandboxError(f"the sandbox did not answer within {_START_LIMIT:.0f} s; see {folder / LOG}")


def _check_extra() -> None:
    """Raise SandboxError where moto is not there. It advises what ecsctl is locked to: a name may be anybody's."""
    missing = [name for name in ("moto", "flask", "flask_cors") if not importlib.util.find_spec(name)]
    if not missing:
        return
    locked = Path(__file__).parents[3] / "requirements" / "run.txt"
    way = "with its extra `sandbox`, from where you have it"
    if locked.is_file():
        way = f"as it is locked: {sys.executable} -m pip install --require-hashes -r {locked}"
    raise SandboxError(f"the sandbox needs what is not installed ({', '.join(missing)}): install ecsctl anew, {way}")


def _end(running: Sandbox) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
    limit = time.monotonic() + _STOP_LIMIT
    while _is_alive(running.pid):
        if time.monotonic() > limit:
            raise SandboxError(f"the sandbox (process {running.pid}) does not end; end it with: kill -9 {running.pid}")
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    for child in _children:
        child.poll()  # a child that has ended is a zombie until someone asks
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # the number already belongs to someone else
    return True


def _asked(sandbox: Sandbox, method: str, path: str) -> dict[str, Any] | None:
    with contextlib.suppress(SandboxError):
        code, answer = _answered(sandbox, method, path)
        return answer if code == 200 else None
    return None


def _answered(sandbox: Sandbox, method: str, path: str, body: str | None = None) -> tuple[int, dict[str, Any]]:
    """Status and answer. Raises SandboxError when there is no answer, or none of ours."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
    try:
        connection.request(method, path, body, {KEY_HEADER: sandbox.key})
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SandboxError(f"the sandbox on 127.0.0.1:{sandbox.port} does not answer: {error}") from None
    finally:
        connection.close()
    if not isinstance(answer, dict):
        raise SandboxError(f"what answers on 127.0.0.1:{sandbox.port} is no sandbox")
    return response.status, answer


def recorded(sandbox: Sandbox) -> str:
    """`sandbox` as its record holds it."""
    return json.dumps(asdict(sandbox), indent=2)
