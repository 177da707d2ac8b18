"""For all tests: what costs time in every call and is no test's subject is done once, or cheaply.

AWS's models and its clients are made once in a process. Calls to the sandbox inside this process say who signed them,
without the arithmetic; what goes over a socket is signed in full, by the processes that the tests start. Waits on a
virtual clock read seldom. Temporary folders are in memory where the system has a place for that.
"""

import functools
import gc
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.client
import botocore.context
import botocore.hooks
import botocore.parsers
import botocore.useragent
import pytest
import typer.main
from botocore.compat import HTTPHeaders, get_current_datetime
from botocore.exceptions import NoCredentialsError
from botocore.regions import EndpointRulesetResolver
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, settings

from ecsctl.aws import patience
from ecsctl.aws.clients import IN_TURN
from ecsctl.sandbox.core import models as models  # before moto

patience.FIRST, patience.LATER, patience.OFTEN = 2.0, 0.4, 12  # of virtual seconds; a read is what costs here

# No property depends on how busy the machine is.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

botocore.useragent.UserAgentString.to_string = lambda self: "ecsctl-tests"


def _signed(auth: Any, request: Any) -> None:
    """Say who asks, of which region and service: all that is read inside this process."""
    if auth.credentials is None:
        raise NoCredentialsError
    request.context["timestamp"] = get_current_datetime().strftime(botocore.auth.SIGV4_TIMESTAMP)
    auth._modify_request_before_signing(request)
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, Signature={'0' * 64}"


botocore.auth.SigV4Auth.add_auth = _signed


class _HeaderName(str):
    """The name of a header, equal to itself in whatever case: botocore's own says so in Python at each comparison."""

    __slots__ = ("written",)

    def __new__(cls, name: str) -> Self:
        made = super().__new__(cls, name.lower())
        made.written = name
        return made

    def __str__(self) -> str:
        return self.written


class _Headers(HTTPHeaders):
    """A request's headers as they were set; a mail's would be examined for what cannot be encoded at each reading."""

    def items(self) -> list[tuple[str, str]]:
        return list(self._headers)


botocore.awsrequest._HeaderKey = functools.lru_cache(1024)(_HeaderName)
botocore.awsrequest.HTTPHeaders = _Headers
botocore.client.BaseClient.get_paginator = functools.cache(botocore.client.BaseClient.get_paginator)  # makes a class
botocore.parsers.DEFAULT_TIMESTAMP_PARSER = functools.lru_cache(4096)(botocore.parsers.DEFAULT_TIMESTAMP_PARSER)
botocore.hooks.EventAliaser._alias_event_name = functools.cache(botocore.hooks.EventAliaser._alias_event_name)


def _emitted(self: Any, event: str, given: dict[str, Any], stop_on_response: bool = False) -> list[tuple[Any, Any]]:
    """Returns what each handler of an event answers. botocore writes a line about each for a log that nobody reads."""
    handlers = self._lookup_cache.get(event)
    if handlers is None:
        handlers = self._lookup_cache[event] = self._handlers.prefix_search(event)
    if not handlers:
        return []
    given["event_name"] = event
    answers = []
    for handler in handlers:
        answer = handler(**given)
        answers.append((handler, answer))
        if stop_on_response and answer is not None:
            break
    return answers


botocore.hooks.HierarchicalEmitter._emit = _emitted
botocore.context.deepcopy = lambda held: replace(held, features=set(held.features))  # that is all it holds


def _kept(make: Callable[..., Any]) -> Callable[..., Any]:
    """boto3's `Session.client`, once for each way to ask: to make a client costs ten times what a call costs."""
    clients: dict[tuple[Any, ...], Any] = {}

    def client(session: boto3.Session, service: str, *words: Any, **options: Any) -> Any:
        config = options.get("config")
        asked = {**options, "config": vars(config) if config else None}
        key = (service, words, repr(asked), session.region_name, session.profile_name, _surroundings())
        made = clients.get(key) or clients.setdefault(key, make(session, service, *words, **options))
        made.meta.events.unregister("before-call", unique_id=IN_TURN)  # of whoever had it before
        return made

    return client


def _surroundings() -> tuple[tuple[bytes, bytes], ...]:
    held = os.environ._data  # type: ignore[attr-defined]  # each of them would be decoded and encoded again
    return tuple(sorted((name, value) for name, value in held.items() if name.startswith(b"AWS_")))


_endpoint = EndpointRulesetResolver.construct_endpoint


def _endpoint_once(self: Any, operation_model: Any, call_args: Any, request_context: Any) -> Any:
    """Returns where a client sends an operation, worked out once where no parameter of the call has a say in it."""
    if self._service_model.service_name == "s3" or operation_model.context_parameters:
        return _endpoint(self, operation_model, call_args, request_context)
    known = self.__dict__.setdefault("_known", {})
    if (found := known.get(operation_model.name)) is None:
        found = known[operation_model.name] = _endpoint(self, operation_model, call_args, request_context)
    return found


EndpointRulesetResolver.construct_endpoint = _endpoint_once

boto3.session.Session.client = _kept(boto3.session.Session.client)

typer.main.get_command = functools.cache(typer.main.get_command)  # the tree of all commands, for each one that is run
rsa.generate_private_key = functools.cache(rsa.generate_private_key)  # moto's certificates protect nobody
serialization.load_pem_private_key = functools.cache(serialization.load_pem_private_key)  # it reads it again for each
gc.set_threshold(200_000, 20, 50)  # AWS's models are a million objects that stay; to walk them often is a waste

os.fsync = lambda fd: None  # no power is cut in a test; tests/crash/test_power.py has its own

os.environ["ECSCTL_CONTAINERS"] = "0"  # only tests/containers let this machine's engine run anything
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the processes that tests start share what was compiled
sys.dont_write_bytecode = False  # as do the next ones that run tests


MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes folders of its own there, as in /tmp
if (
    "TMPDIR" not in os.environ
    and os.access(MEMORY, os.W_OK)
    and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC  # tests run scripts of theirs; containers mostly forbid it there
    and shutil.disk_usage(MEMORY).free > 2 << 30  # bytes; a run leaves about 0.2 GB, and the last three are kept
):
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)  # a state file is replaced at each step of each run


@pytest.fixture
def hear() -> Iterator[Callable[..., None]]:
    """`hear(client, event, handler)`: botocore calls the handler at that event, until the test ends."""
    heard: list[tuple[Any, str, Callable[..., Any]]] = []

    def hear(client: Any, event: str, handler: Callable[..., Any]) -> None:
        client.meta.events.register(event, handler)
        heard.append((client, event, handler))

    yield hear
    for client, event, handler in heard:
        client.meta.events.unregister(event, handler)


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """Wait for what a command reads ahead: read late, it would be read from the next test's account."""
    yield
    while ahead := [thread for thread in threading.enumerate() if thread.name.startswith("ecsctl-ahead")]:
        for thread in ahead:  # one may have begun others
            thread.join(10)
    inprocess = sys.modules.get("ecsctl.sandbox.server.inprocess")
    if inprocess and not inprocess.botocore_stubber.enabled:
        inprocess.forget()


def pytest_sessionfinish() -> None:
    """Collect garbage once; pytest collects five times, through AWS's models each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for processes that they have started."""
    mine = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))  # which macOS does not have
    return min(len(mine(0)) + 1, 8)


WAITING = (  # for processes that they start
    "tests/long/",
    "tests/crash/test_processes.py",
    "tests/docs/test_every_command.py",
    "tests/docs/test_guides.py",
    "tests/docs/test_sandbox_commands.py",
    "tests/commands/test_agreed_builds.py",
    "tests/commands/test_committed.py",
    "tests/commands/test_consent.py",
    "tests/sandbox/test_builds.py",
    "tests/sandbox/test_process.py",
    "tests/backend/",
    "tests/buildspec/",
)
LONG = ("tests/stack/", "tests/permissions/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that wait first, while others have the processors, and then the long ones: one at the end is alone.

    What is in one folder stays together: it shares what is made once in a process.
    """
    folders: dict[Path, int] = {}
    for item in items:
        folders.setdefault(item.path.parent, len(folders))
    items.sort(key=lambda item: (_turn(item.nodeid), folders[item.path.parent]))


def _turn(test: str) -> int:
    return 0 if test.startswith(WAITING) else 1 if test.startswith(LONG) else 2
