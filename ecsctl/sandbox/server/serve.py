"""The sandbox as a server on 127.0.0.1: moto's app with the overlay, one request at a time. Run by `process.start`."""

import argparse
import contextlib
import io
import json
import os
import re
import secrets
import signal
import string
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from ecsctl.sandbox.core import models  # noqa: F401 - before moto, which reads models as it is imported

# isort: split
from ecsctl.sandbox.core import instance_types  # noqa: F401 - likewise

# isort: split
from moto.core.models import botocore_stubber
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sts.models import sts_backends
from werkzeug.serving import ThreadedWSGIServer

from ecsctl import files
from ecsctl.sandbox.aws.account import ACCOUNT
from ecsctl.sandbox.aws.codebuild import run, tools
from ecsctl.sandbox.aws.ecs import engine_tasks
from ecsctl.sandbox.containers import engine, leftovers, machine
from ecsctl.sandbox.core import clock, congestion, overlay, regions, requests, scratch, script
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.github import checkout
from ecsctl.sandbox.server import process
from ecsctl.sandbox.server.forgetting import forget
from ecsctl.sandbox.snapshot import taking

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
_PULSE = 0.1  # real seconds between two advances of the pipelines
_WATCH = 1.0  # real seconds between two checks whether the server is still wanted

Answer = tuple[int, list[tuple[str, str]], bytes]


class Service:
    """Describes what the server answers: AWS's requests by moto, `/sandbox…` by itself, and nothing from a web page.

    `key` is the access key id that requests must be signed with: other users of the machine do not know it.
    """

    def __init__(self, nonce: str, key: str) -> None:
        self.nonce = nonce
        self.key = key
        self.asked = time.monotonic()
        self._moto = DomainDispatcherApplication(create_backend_app)

    def answer(self, environ: dict[str, Any]) -> Answer:
        """The answer to one WSGI request. `/sandbox` answers also while a request is under way."""
        refused = self._refused(environ)
        if refused is not None:
            return refused
        path = environ["PATH_INFO"]
        if path == "/sandbox":
            return _json(200, self._about())
        self.asked = time.monotonic()
        if path == "/sandbox/tools/context":
            return _json(200, tools.upload(environ.get("HTTP_X_SANDBOX_BUILD", ""), environ["wsgi.input"].read()))
        if path == "/sandbox/tools":
            with overlay.lock:
                return _json(200, tools.answer(json.loads(environ["wsgi.input"].read() or b"{}")))
        congestion.arrived()
        with overlay.lock:
            if path.startswith("/sandbox/"):
                return self._own(environ["REQUEST_METHOD"], path, environ)
            return self._aws(environ)

    def _refused(self, environ: dict[str, Any]) -> Answer | None:
        # A name that someone's DNS points at 127.0.0.1, and what browsers send along with a page's requests.
        if urlsplit(f"//{environ.get('HTTP_HOST')}").hostname not in LOOPBACK_NAMES:
            return _json(403, {"message": "The sandbox answers to 127.0.0.1 only."})
        if "HTTP_ORIGIN" in environ or environ.get("HTTP_SEC_FETCH_SITE", "none") != "none":
            return _json(403, {"message": "The sandbox does not answer to web pages."})
        if environ["PATH_INFO"] in (
            "/sandbox",
            "/sandbox/tools",
            "/sandbox/tools/context",
        ):  # a build's tools have a key of their own
            return None
        signed = environ.get("HTTP_AUTHORIZATION", "") + environ.get("QUERY_STRING", "")
        if environ.get("HTTP_X_SANDBOX_KEY") == self.key or self.key in signed:
            return None
        return _failed(
            environ, 403, "UnrecognizedClientException", "The security token included in the request is invalid."
        )

    def _about(self) -> dict[str, Any]:
        return {"nonce": self.nonce, "pid": os.getpid(), "speed": clock.current().speed, "now": clock.now()}

    def _own(self, method: str, path: str, environ: dict[str, Any]) -> Answer:
        options = {name: values[-1] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        if (method, path) == ("GET", "/sandbox/snapshot"):
            return _json(200, taking.snapshot(ids=options.get("ids") == "true"))
        if (method, path) == ("POST", "/sandbox/reset"):
            reset()
            return _json(200, {})
        name = "push" if path == "/sandbox/push" else path.removeprefix("/sandbox/script/")
        if method == "POST" and name != path:
            try:
                arguments = json.loads(environ["wsgi.input"].read() or b"{}")
                return _json(200, {"result": script.call(name, arguments)})
            except script.ScriptError as error:
                return _json(400, {"message": str(error)})
        return _json(404, {"message": f"The sandbox has no {method} {path}."})

    def _aws(self, environ: dict[str, Any]) -> Answer:
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        body = self._moto(environ, lambda status, headers, *_: begun.append((status, headers)))
        content = b"".join(body)
        status, headers = int(begun[0][0].split()[0]), begun[0][1]
        html = any(value.startswith("text/html") for name, value in headers if name == "Content-Type")
        if status == 404 and html and environ["REQUEST_METHOD"] != "HEAD":  # S3 answers a HEAD without any body
            what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
            return _failed(environ, 501, "NotImplemented", f"The sandbox does not have {what}.")
        return status, headers, content


class Inside(Service):
    """Describes what the app's containers are answered: AWS's requests alone, of whoever has credentials of a task's
    role.
    """

    def __init__(self, outer: Service, host: str) -> None:
        super().__init__(outer.nonce, "")
        self.host = host

    def _refused(self, environ: dict[str, Any]) -> Answer | None:
        signed = environ.get("HTTP_AUTHORIZATION", "") + environ.get("QUERY_STRING", "")
        known = re.search(r"Credential=(ASIA\w+)(?:/|%2F)", signed)
        if urlsplit(f"//{environ.get('HTTP_HOST')}").hostname != self.host or environ["PATH_INFO"].startswith(
            "/sandbox"
        ):
            return _json(403, {"message": "The sandbox answers its containers' requests to AWS only."})
        with overlay.lock:
            if known and sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(known[1]):
                return None
        message = "The security token included in the request is invalid."
        return _failed(environ, 403, "UnrecognizedClientException", message)


class Handler(MotoRequestHandler):
    """HTTP/1.1 with connections that stay open, which werkzeug's own handler never allows: most of a call's time."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Returns what the header `Date` says: the sandbox's time."""
        return formatdate(clock.now() if timestamp is None else timestamp, usegmt=True)

    def run_wsgi(self) -> None:
        """Read one request whole, answer it whole."""
        environ = self.make_environ()
        body = environ["wsgi.input"]
        chunked = environ.get("wsgi.input_terminated")
        whole = body.read() if chunked else body.read(int(environ.get("CONTENT_LENGTH") or 0))
        environ |= {"wsgi.input": io.BytesIO(whole), "CONTENT_LENGTH": str(len(whole))}
        if not regions.has_host(environ.get("HTTP_AUTHORIZATION", "")):
            self.close_connection = True  # no host has that name: all that a host of another name can do is to hang up
            return
        try:
            status, headers, content = self.server.service.answer(environ)
        except Exception as error:  # noqa: BLE001 - a bug of ours must reach the client as an answer
            traceback.print_exc()
            status, headers, content = _failed(environ, 500, "InternalFailure", f"The sandbox broke: {error!r}")
        self._send(status, headers, content)

    def _send(self, status: int, headers: Iterable[tuple[str, str]], content: bytes) -> None:
        silent = self.command == "HEAD" or status in (204, 304)
        self.send_response(status)
        for name, value in headers:
            if silent or name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if not silent:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not silent:
            self.wfile.write(content)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Only what is wrong."""
        if type != "info":
            super().log(type, message, *args)


class Server(ThreadedWSGIServer):
    """A thread for each connection; the answers come one at a time."""

    request_queue_size = 128
    service: Service


def reset() -> None:
    """Forget everything; what `world` prepares is there again at the next request."""
    forget()
    if machine.current:
        machine.current.reset()


def _json(status: int, content: Any) -> Answer:
    return status, [("Content-Type", "application/json")], json.dumps(content, sort_keys=True).encode()


def _failed(environ: dict[str, Any], status: int, code: str, message: str) -> Answer:
    if "HTTP_X_AMZ_TARGET" in environ or environ["PATH_INFO"].startswith("/sandbox"):
        return _json(status, {"__type": code, "message": message})
    text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></ErrorResponse>"
    return status, [("Content-Type", "text/xml")], text.encode()


def _watch(server: Server, record: Path, idle: float) -> None:
    """End the server once nobody asks it any more, or its record is gone or another's."""
    while time.monotonic() - server.service.asked < idle and _is_ours(record, server.service.nonce):
        time.sleep(min(_WATCH, idle))
    server.shutdown()


def _advance_while_idle() -> None:
    """Pipelines go on also while nobody asks: their builds must begin when it is time."""
    while True:
        time.sleep(_PULSE)
        with overlay.lock:
            requests.advance_world()


def _is_ours(record: Path, nonce: str) -> bool:
    try:
        return bool(json.loads(files.read(record))["nonce"] == nonce)
    except (OSError, ValueError, KeyError):
        return False


def _warm_up() -> None:
    """Returns what is slow the first time: each service's model, and EC2's facts about instances."""
    from moto.core.utils import get_service_model
    from moto.ec2.models import ec2_backends

    with overlay.lock:
        ec2_backends[ACCOUNT][os.environ.get("AWS_REGION", REGION)]
    for service in taking.SERVICES:
        get_service_model(service)


def _containers(folder: Path, service: Service) -> str:
    """Let this machine's engine run the app, if there is one; a line about it, or nothing where nobody wants it."""
    found = engine.find()
    if found.socket is None:
        return found.message

    def opened(gateway: str) -> str:
        # Where the engine runs on this very machine, its bridge is one of its addresses; the virtual machine of a
        # desktop's engine leads that name to loopback.
        for address, name in ((gateway, gateway), ("127.0.0.1", "host.docker.internal")):
            with contextlib.suppress(OSError), here.listening(address, late=name == gateway) as place:
                inner = Server(address, 0, _unused, handler=Handler, fd=place.fileno())
                inner.service = Inside(service, name)
                threading.Thread(target=inner.serve_forever, daemon=True).start()
                return f"http://{name}:{inner.server_address[1]}"
        return ""

    leftovers.cleared(folder)
    here = engine.Engine(found.socket)
    machine.current = machine.Machine(here, folder, engine_tasks.write_output, opened)
    return found.message


def serve(folder: Path, speed: float, idle: float) -> None:
    """Answer on a free port of 127.0.0.1, recorded in `folder`, until SIGTERM, `idle` real seconds, or no record."""
    overlay.install()
    scratch.use(leftovers.whose(folder))
    clock.use(clock.Varying(speed))
    botocore_stubber.enabled = True  # our own boto3 clients, for the snapshot, are answered here and nowhere else
    letters = string.ascii_uppercase + string.digits
    service = Service(secrets.token_hex(16), "AKIA" + "".join(secrets.choice(letters) for _ in range(16)))
    server = Server("127.0.0.1", 0, _unused, handler=Handler)
    server.service = service
    port = server.server_address[1]
    record = folder / process.RECORD
    about = process.Sandbox(
        f"http://127.0.0.1:{port}", os.getpid(), port, time.time(), speed, service.nonce, service.key,
        _containers(folder, service), machine.current.engine.path if machine.current else "",
    )  # fmt: skip
    run.use(folder.parent, about.url)
    files.write(record, process.recorded(about).encode())
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
    threading.Thread(target=_watch, args=(server, record, idle), daemon=True).start()
    threading.Thread(target=_advance_while_idle, daemon=True).start()
    threading.Thread(target=_warm_up, daemon=True).start()
    server.serve_forever(poll_interval=0.1)
    tools.close_all()
    if machine.current:
        machine.current.close()
    scratch.end()
    if checkout.current:
        checkout.current.forget()
    if _is_ours(record, service.nonce):
        with contextlib.suppress(OSError):
            record.unlink()


def _unused(_environ: Any, _start_response: Any) -> Iterable[bytes]:
    raise AssertionError("Handler answers by itself")


def main() -> None:
    """The command line of `process.start`."""
    parser = argparse.ArgumentParser(prog="python -m ecsctl.sandbox.server")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--speed", type=float, default=process.SPEED)
    parser.add_argument("--idle", type=float, default=process.IDLE)
    options = parser.parse_args()
    serve(options.folder, options.speed, options.idle)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # to take a million objects apart takes a second for which whoever stops it would wait
