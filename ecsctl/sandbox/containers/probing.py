"""Runs health checks, those of load balancers and of containers, and detects whether an app is still starting.

Checks run at the target group's interval by the sandbox's clock, but never so often as to load this machine. How many
in a row have failed or succeeded decides (ELB guide, "Health checks").
"""

import contextlib
import http.client
import math
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ecsctl.sandbox.containers.engine import EngineError

SETTLED = 2.0  # real seconds between two checks of a target that is healthy
_POKE, _POKES = 0.05, 0.5  # real seconds between two requests to an app that starts: at first, and in the end
_MOMENT = 0.2  # real seconds for which a connection must stay open to count as one
_STILL = 3.0  # real seconds without work after which an app is taken to never answer
_WORK = 0.05  # the share of a processor below which an app is idle; checks use some, too
_REFUSED = re.compile(r"codes: \[[1-4]")  # an app that answers so has started; with 5xx it may still be starting
_SETTINGS = b"\x04"
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + _SETTINGS + bytes(5)
"""The start of an HTTP/2 connection (RFC 9113, 3.4). The server's first frame has its settings."""
_AGENT = "ELB-HealthChecker/2.0"


@dataclass(frozen=True)
class Check:
    """A target group's health check."""

    protocol: str
    path: str
    codes: str
    interval: float
    timeout: float
    healthy: int
    unhealthy: int


Fault = tuple[str, str]
"""The reason and the description of what is wrong (API reference, TargetHealth)."""


@dataclass
class Result:
    """The health of a target: `state` is initial, healthy or unhealthy; with AWS's reason and description."""

    state: str = "initial"
    reason: str = ""
    text: str = ""


@dataclass(frozen=True)
class Target:
    """What a load balancer checks: `port` of 127.0.0.1, with the check that the target group has at that moment."""

    port: int
    check: Callable[[], Check | None]

    def ask(self) -> tuple[Check, Fault | None] | None:
        """The check, and the fault that it found; None once there is nothing to check."""
        check = self.check()
        return None if check is None else (check, asked(self.port, check))


@dataclass(frozen=True)
class Inside:
    """A container's own health check: a command in it, whose exit code decides (ECS guide, "HealthCheck")."""

    run: Callable[[], int]
    interval: float
    retries: int
    grace: float

    def ask(self) -> tuple[Check, Fault | None] | None:
        """As `Target.ask`."""
        check = Check("", "", "", self.interval, 0.0, 1, self.retries + math.ceil(self.grace / self.interval))
        try:
            failed = self.run() != 0
        except (EngineError, KeyError):
            failed = True
        return check, ("", "Task failed container health checks") if failed else None


class Probe:
    """The checks of one target, or of a container with `name`, until `ended`.

    `used` returns the app's processor seconds. For `grace` seconds after the start, ECS ignores failures. `sleep` lets
    seconds of the sandbox's clock pass; `awake` is called once the app is no longer starting.
    """

    def __init__(
        self,
        name: str,
        asks: Target | Inside,
        used: Callable[[], float],
        sleep: Callable[[float], None],
        awake: Callable[[], None],
        grace: float = 0.0,
    ) -> None:
        self._grace = grace
        self.name, self._asks, self._used, self._sleep, self._awake = name, asks, used, sleep, awake
        self.result, self.ended = Result(), threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._boot()
        finally:
            self._awake()
        good = bad = 0
        while not self.ended.is_set() and (result := self._asks.ask()) is not None:
            check, fault = result
            good, bad = (0, bad + 1) if fault else (good + 1, 0)
            if fault and (bad >= check.unhealthy or self.result.state == "initial"):
                self.result = Result("unhealthy" if bad >= check.unhealthy else "initial", *fault)
            elif good >= check.healthy:
                self.result = Result("healthy")
            if self.result.state == "healthy":
                self.ended.wait(SETTLED)
            self._sleep(check.interval)

    def _boot(self) -> None:
        """Wait while the app starts: until it answers, is idle, or AWS would wait no longer."""
        began, wait, idle = time.monotonic(), _POKE, threading.Event()
        booted = threading.Event()
        threading.Thread(target=self._work, args=(idle, booted), daemon=True).start()
        try:
            while not self.ended.wait(wait) and (result := self._asks.ask()) is not None and result[1] is not None:
                if _REFUSED.search(result[1][1]) or idle.is_set():
                    return
                if time.monotonic() - began > result[0].unhealthy * result[0].interval + self._grace:
                    return
                wait = min(_POKES, wait * 1.3)
        finally:
            booted.set()

    def _work(self, idle: threading.Event, booted: threading.Event) -> None:
        """Set `idle` once the app has done no work for a while; an engine takes seconds to report processor time."""
        worked = before = time.monotonic()
        last = self._used()
        while not booted.wait(_POKES) and not self.ended.is_set():
            now, used = time.monotonic(), self._used()
            if used - last > _WORK * (now - before):
                worked = now
            last, before = used, now
            if now - worked > _STILL:
                idle.set()
                return


def asked(port: int, check: Check) -> Fault | None:
    """Check once; None if the target is healthy."""
    try:
        if check.protocol == "HTTP2":  # no path is requested
            with socket.create_connection(("127.0.0.1", port), check.timeout) as plain:
                plain.settimeout(check.timeout)
                plain.sendall(_PREFACE)
                spoken = plain.recv(9, socket.MSG_WAITALL)[3:4] == _SETTINGS
            return None if spoken else ("Target.FailedHealthChecks", "Health checks failed")
        if check.protocol not in ("HTTP", "HTTPS"):
            with socket.create_connection(("127.0.0.1", port), check.timeout) as plain:
                plain.settimeout(_MOMENT)
                with contextlib.suppress(TimeoutError):
                    if not plain.recv(1):  # the forwarding accepted the connection, and the app did not
                        return "Target.FailedHealthChecks", "Health checks failed"
            return None
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection("127.0.0.1", port, timeout=check.timeout, context=_anybody())
            if check.protocol == "HTTPS"
            else http.client.HTTPConnection("127.0.0.1", port, timeout=check.timeout)
        )
        with contextlib.closing(connection):
            connection.request("GET", check.path, headers={"User-Agent": _AGENT, "Connection": "close"})
            code = connection.getresponse().status
    except TimeoutError:
        return "Target.Timeout", "Request timed out"
    except (OSError, http.client.HTTPException):
        return "Target.FailedHealthChecks", "Health checks failed"
    if matches_code(code, check.codes):
        return None
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{code}]"


def _anybody() -> ssl.SSLContext:
    """A TLS context that accepts any certificate, as a load balancer does (ELB guide, "Target groups")."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def matches_code(code: int, matcher: str) -> bool:
    """Whether a code is among those of a target group's matcher: `200`, `200,302` or `200-399`."""
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdigit() and int(low) <= code <= int(high or low):
            return True
    return False
