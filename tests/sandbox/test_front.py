"""The load balancers' front on this machine does with a request what an Application Load Balancer would."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ecsctl.sandbox.containers.authority import AUTHORITY, certificate
from ecsctl.sandbox.containers.front_process import FrontProcess

Headers = dict[str, str]
Table = dict[str, Any]
FORWARD = {"Type": "forward", "TargetGroupArn": "app"}
OTHER = {"Type": "forward", "TargetGroupArn": "other"}
AWAY = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410", "MessageBody": "gone for good"}}


class App(BaseHTTPRequestHandler):
    """Answers with what it was asked; `/wait/N` after so many seconds, `/cut` not at all."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        if self.path.startswith("/wait/"):
            time.sleep(float(self.path[6:]))
        if self.path == "/cut":
            self.close_connection = True
            return
        lines = [f"{self.server.server_address[1]} {self.path}", *(f"{k}: {v}" for k, v in self.headers.items())]
        content = "\n".join(lines).encode() + self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """An app on a port of loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), App) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def app() -> Iterator[int]:
    with serving() as port:
        yield port


@pytest.fixture(scope="module")
def front() -> Iterator[FrontProcess]:
    front = FrontProcess()
    yield front
    front.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def shown(front: FrontProcess, app: int, folder: Path) -> Callable[..., None]:
    """Let the front have a listener for HTTP and one for HTTPS, whose targets are the app."""
    secure = {"key": "secure", "port": 443, "protocol": "HTTPS", "certificate": str(certificate(folder))}
    plain = {"key": "plain", "port": 80, "protocol": "HTTP"}

    def shown(
        *rules: Table, default: Table = FORWARD, targets: dict[str, list[int]] | None = None, idle: float = 5
    ) -> None:
        common = {"balancer": "b", "idle": idle, "rules": [*rules, {"conditions": [], "action": default}]}
        table: Table = {"listeners": [one | common for one in (plain, secure)]}
        front.show(table | {"targets": {"app": [app]} if targets is None else targets})
        assert front.settled()

    return shown


@pytest.fixture
def ask(front: FrontProcess) -> Callable[..., tuple[int, str, Headers]]:
    """Ask the listener for HTTP: code, body, headers."""

    def ask(
        path: str = "/", method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, str, Headers]:
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", front.ports["plain"], timeout=20)
        ) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())

    return ask


def when(field: str, *values: str) -> list[Table]:
    name = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}[field]
    return [{"Field": field, name: {"Values": list(values)}}]


def test_the_target_hears_who_asked_and_how(shown: Any, ask: Any) -> None:
    shown()
    code, body, _ = ask("/a?b=c", "POST", b"sent", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="gopher")
    assert code == 200
    assert body.splitlines()[0].endswith(" /a?b=c")
    assert "X-Forwarded-For: 203.0.113.9, 127.0.0.1" in body
    assert "X-Forwarded-Proto: http\n" in body
    assert "X-Forwarded-Port: 80" in body
    assert "gopher" not in body
    assert body.endswith("sent")


def test_rules_choose_by_host_and_path_in_their_order(shown: Any, ask: Any) -> None:
    shown(
        {"conditions": when("path-pattern", "/api/*"), "action": FIXED},
        {"conditions": when("host-header", "old.example.com"), "action": AWAY},
        {"conditions": when("path-pattern", "/nobody"), "action": OTHER},
    )
    assert ask("/api/x", Host="old.example.com")[:2] == (410, "gone for good")
    assert ask("/", Host="old.example.com:80")[0] == 301
    assert ask("/nobody")[0] == 503
    assert ask("/apis")[0] == 200


def test_http_leads_to_https_where_that_listens_here_and_its_certificate_is_the_local_authority_s(
    shown: Any, ask: Any, front: FrontProcess, folder: Path
) -> None:
    shown(default=AWAY)
    code, _, headers = ask("/a%20b?c=d", Host=f"localhost:{front.ports['plain']}")
    assert (code, headers["Location"]) == (301, f"https://localhost:{front.ports['secure']}/a%20b?c=d")
    shown()
    trust = ssl.create_default_context(cafile=str(folder / AUTHORITY))
    with contextlib.closing(http.client.HTTPSConnection("localhost", front.ports["secure"], context=trust)) as asking:
        asking.request("GET", "/")
        body = asking.getresponse().read().decode()
    assert "X-Forwarded-Proto: https" in body
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection(("127.0.0.1", front.ports["secure"])) as raw,
    ):
        ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")


def test_without_a_target_it_answers_503_and_for_one_that_hangs_up_or_is_gone_502(shown: Any, ask: Any) -> None:
    shown(targets={"app": []})
    assert ask()[0] == 503
    shown()
    assert ask("/cut")[0] == 502
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        shown(targets={"app": [closed.getsockname()[1]]})
        assert ask()[0] == 502


def test_after_the_idle_timeout_it_answers_504(shown: Any, ask: Any) -> None:
    shown(idle=0.3)
    assert ask("/wait/2")[0] == 504
    assert ask("/wait/0.01")[0] == 200


def test_a_target_that_leaves_ends_what_it_has_begun_and_gets_nothing_new(
    shown: Any, ask: Any, front: FrontProcess, app: int
) -> None:
    shown()
    with serving() as other, ThreadPoolExecutor() as at_once:
        slow = at_once.submit(ask, "/wait/0.8")
        time.sleep(0.3)  # it is under way
        shown(targets={"app": [other]})
        assert not front.drained({app}, 0.05)
        assert ask()[1].startswith(f"{other} ")
        assert front.drained({app}, 10)
        code, body, _ = slow.result()
    assert code == 200
    assert body.startswith(f"{app} ")
