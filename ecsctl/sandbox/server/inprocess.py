"""The sandbox inside one Python process: no server, no port, no waiting. What the project's own tests run on."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any
from unittest import mock

from botocore.exceptions import EndpointConnectionError

from ecsctl.sandbox.core import instance_types  # noqa: F401 - before moto's EC2, which reads them as it is imported

# isort: split
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber
from werkzeug.exceptions import HTTPException

from ecsctl.sandbox.core import caching, clock, congestion, overlay, regions
from ecsctl.sandbox.core.defaults import CREDENTIALS, REGION
from ecsctl.sandbox.server.forgetting import forget
from ecsctl.sandbox.server.process import MOTO, without_leaks


@contextlib.contextmanager
def inprocess(time: clock.Clock | None = None, region: str = REGION) -> Iterator[clock.Clock]:
    """Answer every boto3 call of this process from a fresh sandbox, and yield the clock it lives by.

    `time` is a `clock.Virtual()` unless given: it stands still until someone sleeps on it, so hand it to the code
    under test as its clock too. The account is 123456789012 and holds what `world` puts there. Credentials, profile
    and endpoints of the environment are replaced meanwhile, so that nothing can reach AWS. boto3 clients must be made
    inside the block. Calls may come from many threads; they are answered one at a time. Leaving the block forgets
    everything. Not reentrant: one sandbox in a process at a time.
    """
    ours = time or clock.Virtual()
    before = clock.current()
    where = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    environment = without_leaks(os.environ) | MOTO | CREDENTIALS | where
    overlay.install(tests=True)
    clock.use(ours)
    try:
        with mock.patch.dict(os.environ, environment, clear=True), mock.patch("boto3.DEFAULT_SESSION", None):
            botocore_stubber.enabled = True
            yield ours
    finally:
        botocore_stubber.enabled = False
        forget()
        clock.use(before)


@overlay.wraps(BotocoreStubber)
def process_request(original: Callable[..., Any], _stubber: BotocoreStubber, request: Any) -> Any:
    """One call at a time, as in the server: moto's dictionaries are not made for threads. Dated by the sandbox."""
    congestion.arrived()
    if not regions.has_host(request.headers.get("Authorization", "")):
        raise EndpointConnectionError(endpoint_url=request.url)  # no host has that name
    responder = caching.responder(request.url.partition("?")[0])
    with overlay.lock:
        answered = _answered(responder, request) if responder else original(request)
    if answered is None:
        return None
    status, headers, body = answered
    return status, {**headers, "date": _date(int(clock.now()))}, body


def _answered(responder: caching.Responder, request: Any) -> tuple[Any, Any, Any]:
    asked = caching.asked(request)
    try:
        return responder(asked, asked.raw_url, asked.headers)
    except HTTPException as error:
        return error.code, error.get_headers(), error.get_body()


@functools.lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
