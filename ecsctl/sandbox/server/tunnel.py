"""Carries a tunnel's session in the sandbox, with the session-manager plugin's output: over loopback alone.

`python -m ecsctl.sandbox.server.tunnel FOLDER SESSION PORT`. Ends on SIGINT, and when its session does.
"""

import contextlib
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from ecsctl.sandbox.server import process

_PAUSE = 0.5  # real seconds between two checks whether the session goes on
_ANSWER = 5.0  # real seconds that the far end may take to answer


class Tunnel:
    """One port of this machine that leads wherever the session does."""

    def __init__(self, folder: Path, session: str, port: int) -> None:
        self.folder, self.session = folder, session
        self.listener = socket.create_server(("127.0.0.1", port))

    def read(self) -> dict[str, Any]:
        """Where the tunnel leads now, as the sandbox's switch `through` returns it."""
        found: dict[str, Any] = process.call(self.folder, "through", {"session": self.session})
        return found

    def accept(self) -> None:
        """Take connections, each on a thread of its own."""
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near:
            try:
                where = self.read()
                far = socket.create_connection((where["address"], where["port"]), _ANSWER)
            except (OSError, KeyError, process.SandboxError):
                _say("\nConnection to destination port failed, check SSM Agent logs.")
                return
            with far:
                far.settimeout(None)
                back = threading.Thread(target=_copy, args=(far, near), daemon=True)
                back.start()
                _copy(near, far)
                back.join()


def _copy(one: socket.socket, other: socket.socket) -> None:
    """Pass on the data until there is no more."""
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Open the port, and go on until the session ends. Returns an exit code."""
    folder, session, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    _say(f"\nStarting session with SessionId: {session}")
    try:
        tunnel = Tunnel(folder, session, port)
    except OSError as error:
        _say(f"Cannot perform start session: listen tcp 127.0.0.1:{port}: bind: {(error.strerror or '').lower()}")
        return 1
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    _say(f"Port {tunnel.listener.getsockname()[1]} opened for sessionId {session}.\nWaiting for connections...")
    threading.Thread(target=tunnel.accept, daemon=True).start()
    while not stop.wait(_PAUSE):
        try:
            ended = tunnel.read().get("ended")
        except process.SandboxError as error:
            ended = error.message
        if ended:
            _say(f"\n\nSessionId: {session} : {ended}\n")
            return 0
    _say(f"Terminate signal received, exiting.\n\n\nExiting session with sessionId: {session}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
