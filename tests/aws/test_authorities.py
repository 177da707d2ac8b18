"""One TLS context for all clients: read once, and as strict as ever."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import SSLError

from benchmarks.ca import throwaway
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience

ANSWER = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server that speaks TLS, and the bundle by which it is believed."""
    context, bundle = throwaway(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # of clients that hang up
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}", bundle
    server.shutdown()
    server.server_close()
    thread.join()


def aws(url: str, patch: pytest.MonkeyPatch, bundle: Path | None) -> Aws:
    patch.setenv("AWS_ENDPOINT_URL", url)
    if bundle:
        patch.setenv("AWS_CA_BUNDLE", str(bundle))
    return Aws(Patience(), session=boto3.Session("AKIASANDBOXSANDBOX00", "key", region_name="eu-central-1"))


def test_all_clients_read_the_authorities_once(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    url, bundle = server
    read: list[object] = []
    load = ssl.SSLContext.load_verify_locations

    def loaded(self: ssl.SSLContext, *given: object, **named: object) -> None:
        read.append(named)
        load(self, *given, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", loaded)
    ours = aws(url, monkeypatch, bundle)
    assert ours.sts.get_caller_identity()["Arn"].endswith("user/me")
    other = aws(url, monkeypatch, bundle)
    assert other.sts.get_caller_identity()["Arn"].endswith("user/me")
    assert len(read) == 1


def test_a_server_that_nobody_vouches_for_is_not_believed(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SSLError):
        aws(server[0], monkeypatch, None).client("sts").get_caller_identity()
