"""A registry on loopback, as far as an engine's push, pull and cache ask one. It keeps what it has in memory."""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ASKED = re.compile(r"/v2/(?P<name>.*?)/(?P<kind>blobs|manifests)/(?P<reference>[^?]*)")


class Registry(http.server.ThreadingHTTPServer):
    """OCI distribution specification, the parts that are asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[bytes, str]] = {}
        self.uploads: dict[str, bytes] = {}


@contextmanager
def serving() -> Iterator[Registry]:
    """One that serves until the end."""
    with Registry() as registry:
        threading.Thread(target=registry.serve_forever, daemon=True).start()
        try:
            yield registry
        finally:
            registry.shutdown()


class _Asked(http.server.BaseHTTPRequestHandler):
    # An engine tries TLS first, and takes plain HTTP where the answer begins with a status line.
    protocol_version = default_request_version = "HTTP/1.1"
    server: Registry

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _go(self) -> None:
        found = _ASKED.match(self.path)
        if not found:
            self._answer(200, b"{}")
        elif found["kind"] == "manifests":
            self._manifest(found["reference"])
        elif found["reference"].startswith("uploads"):
            self._upload(found["name"], found["reference"].partition("/")[2])
        else:
            self._blob(found["reference"])

    def _manifest(self, reference: str) -> None:
        if self.command == "PUT":
            manifest = self._body(), self.headers["Content-Type"]
            digest = _digest(manifest[0])
            self.server.manifests[reference] = self.server.manifests[digest] = manifest
            self._answer(201, Docker_Content_Digest=digest)
        elif reference in self.server.manifests:
            body, kind = self.server.manifests[reference]
            self._answer(200, body, Content_Type=kind, Docker_Content_Digest=_digest(body))
        else:
            self._answer(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')

    def _upload(self, name: str, upload: str) -> None:
        if self.command == "POST":
            upload = uuid.uuid4().hex
        held = self.server.uploads.pop(upload, b"") + self._body()
        if self.command == "PUT":
            self.server.blobs[_digest(held)] = held
            self._answer(201, Docker_Content_Digest=_digest(held))
        else:
            self.server.uploads[upload] = held
            self._answer(202, Location=f"/v2/{name}/blobs/uploads/{upload}", Range=f"0-{max(0, len(held) - 1)}")

    def _blob(self, digest: str) -> None:
        body = self.server.blobs.get(digest)
        part = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if body is None:
            self._answer(404, b'{"errors": [{"code": "BLOB_UNKNOWN"}]}')
        elif part:
            first = int(part[1])
            where = f"bytes {first}-{len(body) - 1}/{len(body)}"
            self._answer(206, body[first:], Content_Range=where, Docker_Content_Digest=digest)
        else:
            self._answer(200, body, Docker_Content_Digest=digest)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _go


def _digest(content: Any) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
