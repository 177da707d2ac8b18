"""A tunnel through a running task: Session Manager opens it, and the session-manager plugin carries it.

The plugin's output is read, and shown in the user's terms (aws/session-manager-plugin, session/portsession). In a
sandbox a program of its own replaces the plugin, with the same output.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from ecsctl.aws.asking import asking
from ecsctl.ensure.operator_policy import TUNNELS
from ecsctl.errors import AccessError, EcsctlError, Refused, UsageError
from ecsctl.operations import plugin
from ecsctl.operations.entering import Target, opened

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

TO_TASK, TO_HOST = TUNNELS
HIGHEST = 65535
# What AWS's document accepts as a host: at least three characters, and none that a shell would act on.
HOST = re.compile(r"[^,$^&()!;'\"<>`{}\[\]|#=\s]{3,}")
Plugin = subprocess.Popen[str]
LATE = 5.0  # seconds after which a plugin that was asked to end is killed

_OPENED = re.compile(r"Port (\d+) opened for sessionId ")
_FAILED = "Connection to destination port failed"
_STARTED = "Cannot perform start session: "
_ENDED = re.compile(r"SessionId: \S+ : (.+)|Session: \S+ (timed out)")
_USUAL = (
    "Starting session with",
    "Waiting for connections",
    "Connection accepted",
    "Terminate signal",
    "Exiting session",
)


@dataclass(frozen=True)
class Way:
    """The two ends of a tunnel: a port of this machine, 0 for any free one, and a port of a host that the task
    reaches, or of its own.
    """

    here: int
    host: str
    port: int

    @property
    def end(self) -> str:
        """The far end, as messages show it."""
        return f"{self.host}:{self.port}" if self.host else f"the task's port {self.port}"


class Hears(Protocol):
    """Displays what happens to a tunnel."""

    def opened(self, port: int) -> None:
        """It can be used, at this port of this machine."""

    def no_answer(self) -> None:
        """Somebody connected, and nothing answered at the other end."""

    def printed(self, line: str) -> None:
        """The plugin printed a line that is none of these."""


def parse(words: str) -> Way:
    """PORT:HOST:PORT, PORT:PORT of the task itself, or PORT for the same at both ends. Raises UsageError."""
    first, _, rest = words.partition(":")
    host, _, last = rest.rpartition(":")
    here, port = _port(first, words, least=0), _port(last or first, words, least=1)
    if ":" in rest and not host:
        raise _wrong(words, "there is no host between the colons")
    bare = host.removeprefix("[").removesuffix("]")
    if host and not HOST.fullmatch(bare):
        raise _wrong(
            words, f"{bare} is not a host that AWS takes: expected three characters or more, and no brackets or quotes"
        )
    return Way(here, bare, port)


def _port(digits: str, words: str, *, least: int) -> int:
    if not (digits.isascii() and digits.isdecimal()) or not least <= int(digits) <= HIGHEST:
        raise _wrong(words, f"{digits or 'nothing'} is not a port from {least} to {HIGHEST}")
    return int(digits)


def _wrong(words: str, why: str) -> UsageError:
    return UsageError(
        f"{words} is not a tunnel",
        why=why,
        hint="ecsctl forward 5432:database.internal:5432, or 8080:8000 for the task's own port 8000",
    )


def check(way: Way) -> None:
    """Raise Refused if the port of this machine is taken, or may not be opened.

    This is checked before any AWS call.
    """
    try:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the plugin does
            tried.bind(("127.0.0.1", way.here))
            tried.listen()
    except OSError as error:
        raise _taken(way, error.errno or 0, error.strerror or str(error)) from None


def _taken(way: Way, number: int, reason: str) -> Refused:
    another = f"choose another: ecsctl forward {way.here + 10000 if way.here < 50000 else 0}:" + (
        f"{way.host}:{way.port}" if way.host else f"{way.port}"
    )
    if number == errno.EACCES:
        return Refused(f"port {way.here} of this machine may not be opened", why=reason, hint=another)
    return Refused(f"port {way.here} of this machine is taken", why=reason, hint=another)


def begin(aws: Aws, target: Target, way: Way) -> plugin.Session:
    """Open the tunnel's session. Raises Refused, TimedOut, or Denied with what the policy must allow."""
    document = TO_HOST if way.host else TO_TASK
    given = {"portNumber": [str(way.port)], "localPortNumber": [str(way.here)]}
    given |= {"host": [way.host]} if way.host else {}
    try:
        answer = opened(
            aws,
            target,
            lambda: aws.ssm.start_session(Target=target.name, DocumentName=document, Parameters=given),
        )
    except AccessError as error:
        hint = f"ecsctl policy has it where exec = true: ssm:StartSession on the task and on the document {document}"
        raise type(error)(error.message, why=error.why, hint=hint) from error
    answer.pop("ResponseMetadata", None)
    return plugin.Session.of(aws, target, answer, DocumentName=document, Parameters=given)


def end(aws: Aws, session: plugin.Session) -> None:
    """The far end, as messages show it."""
    with asking("ending the session"):
        aws.ssm.terminate_session(SessionId=session.id)


@dataclass
class Carried:
    """The end of the plugin: its exit code, whether it was asked to end, and what it printed about it."""

    code: int = 0
    port: int = 0  # when the tunnel was opened; 0: it never was
    asked: bool = False
    last: list[str] = field(default_factory=list)

    def error(self, way: Way) -> EcsctlError | None:
        """The error, if the end was unexpected."""
        if self.asked:
            return None
        why = "; ".join(self.last[-3:]) or f"the session-manager plugin ended with exit code {self.code}"
        if not self.port and "address already in use" in why:
            return _taken(way, errno.EADDRINUSE, why)
        if not self.port:
            return Refused("the tunnel did not open", why=why, hint="ecsctl exec shows whether a session can be opened")
        hint = "the same command opens it again; AWS ends a session after 20 idle minutes, and with its task"
        return Refused("the tunnel has ended", why=why, hint=hint)


def run_plugin(words: Sequence[str], environment: Mapping[str, str], hears: Hears) -> Carried:
    """Run the plugin until the session ends, or somebody asks it to end: Ctrl-C, SIGTERM, a closed terminal.

    It has a process group of its own, so that the keyboard's signals do not reach it: it would not close its socket on
    each of them, but does on SIGINT.
    """
    ended = Carried()
    with _ending(ended) as started:
        process = started(
            subprocess.Popen(  # noqa: S603 - a program that was found; no shell
                list(words),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        )
        for line in map(str.strip, process.stdout or ()):
            _hear(line, ended, hears)
        ended.code = process.wait()
    return ended


def _hear(line: str, ended: Carried, hears: Hears) -> None:
    if found := _OPENED.match(line):
        ended.port = int(found[1])
        hears.opened(ended.port)
    elif line.startswith(_FAILED):
        hears.no_answer()
    elif found := _ENDED.match(line):
        ended.last.append(found[1] or found[2])
    elif line.startswith(_STARTED):
        ended.last.append(line.removeprefix(_STARTED))
    elif line and not line.startswith(_USUAL):
        ended.last.append(line)
        hears.printed(line)


def _kill(process: Plugin) -> None:
    """Kill the plugin and everything that it started: while any of them lives, its output has no end."""
    if process.poll() is None:
        with suppress(ProcessLookupError):  # it ends just now
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _ending(ended: Carried) -> Iterator[Callable[[Plugin], Plugin]]:
    """Within it the first signal asks the plugin to end, and the second, or too much time, kills it.

    A signal that arrives while the plugin starts is kept for it: nothing else would end it, in its own process group.
    """
    running: list[Plugin] = []

    def ask(process: Plugin) -> None:
        process.send_signal(signal.SIGINT)
        late = threading.Timer(LATE, _kill, [process])
        late.daemon = True
        late.start()

    def stop(_number: int, _frame: FrameType | None) -> None:
        again, ended.asked = ended.asked, True
        for process in running:
            _kill(process) if again else ask(process)

    def started(process: Plugin) -> Plugin:
        running.append(process)
        if ended.asked:
            ask(process)
        return process

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for process in running:
            if process.poll() is None:
                _kill(process)
                process.wait()
            if process.stdout:
                process.stdout.close()
