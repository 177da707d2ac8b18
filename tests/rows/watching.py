"""Records what the kinds do while a stack is created and removed: what a run of the engine does not report itself."""

from __future__ import annotations

import copy
import functools
import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from ecsctl.aws.clients import Aws
from ecsctl.resources import kinds
from ecsctl.sandbox.core import authorization
from ecsctl.sandbox.core.permissions import Asked
from tests.rows.denied import READS
from tests.rows.unfinished import answers_can_be_unfinished, observed_unfinished

TOKEN = re.compile(r"(client|creation|idempotency)(request)?token", re.IGNORECASE)
_RUNNING = threading.local()


@contextmanager
def watched_creates(cloud: Any, created: Callable[[Any, Any, Any, Any, list[str]], None]) -> Iterator[None]:
    """Observe each resource when its create call has returned: as it is, and as while AWS is still creating it.

    Also the calls that it made without the idempotency token that AWS has for them.
    """

    def noting(client: Any, operation: str, parameters: Any) -> Any:
        shape = client.meta.service_model.operation_model(operation).input_shape
        tokens = {name for name in (shape.members if shape else ()) if TOKEN.search(name)}
        without: list[str] | None = getattr(_RUNNING, "without_token", None)
        if without is not None and tokens and not tokens & parameters.keys():
            without.append(f"{client.meta.service_model.service_name}.{operation}")
        return call(client, operation, parameters)

    def watched(create: Any) -> Any:
        @functools.wraps(create)
        def watching(self: Any, aws: Any, me: Any) -> Any:
            without = _RUNNING.without_token = []
            try:
                ids = create(self, aws, me)
            finally:
                _RUNNING.without_token = None
            cloud.clock.sleep(60)
            observed = self.observe(cloud.aws, me)
            created(me, ids, observed, observed_unfinished(lambda: self.observe(cloud.aws, me)), without)
            return ids

        return watching

    with answers_can_be_unfinished(), pytest.MonkeyPatch.context() as patch:
        call = BaseClient._make_api_call
        patch.setattr(BaseClient, "_make_api_call", noting)
        for kind in kinds():
            patch.setattr(kind, "create", watched(kind.create))
        yield


class _Died(BaseException):
    """The process was killed: ecsctl's own handlers must not catch this."""


@contextmanager
def deleting_twice() -> Iterator[None]:
    """Each delete dies after its first change, and is repeated twice: what is gone, or being deleted, is no error."""
    call = Aws._call

    def counting(self: Aws, asked: Any, parameters: Any, **more: Any) -> Any:
        left = getattr(_RUNNING, "changes_left", None)
        if left is not None and not asked.reads:
            if not left:
                raise _Died
            _RUNNING.changes_left = left - 1
        return call(self, asked, parameters, **more)

    def twice(delete: Any) -> Any:
        @functools.wraps(delete)
        def deleting(cls: Any, aws: Any, ids: Any) -> None:
            _RUNNING.changes_left = 1
            died = True
            try:
                with suppress(_Died):
                    delete(cls, aws, ids)
                    died = False
            finally:
                _RUNNING.changes_left = None
            if died:
                delete(cls, aws, ids)
            with authorization.administrator():  # of what is gone IAM would decide otherwise
                delete(cls, aws, ids)

        return deleting

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Aws, "_call", counting)
        for kind in kinds():
            patch.setattr(kind, "delete", classmethod(twice(kind.delete.__func__)))
        yield


class _ByKind(dict[str, list[Asked]]):
    def setdefault(self, what: str, default: Any = None) -> Any:
        del what
        return super().setdefault(getattr(_RUNNING, "kind", ""), default)


@contextmanager
def rights_needed() -> Iterator[dict[str, list[Asked]]]:
    """Within it, the permissions that each kind's calls need are recorded, by kind."""

    def watched(kind: str, verb: Any) -> Any:
        @functools.wraps(verb)
        def watching(*args: Any, **more: Any) -> Any:
            before = getattr(_RUNNING, "kind", "")
            _RUNNING.kind = before or kind  # one kind of bucket builds on the other
            try:
                answer = verb(*args, **more)
                return iter(list(answer)) if isinstance(answer, Iterator) else answer
            finally:
                _RUNNING.kind = before

        return watching

    with pytest.MonkeyPatch.context() as patch, authorization.recording(_ByKind()) as heard:
        for kind in kinds():
            for name in ("observe", "create", "update", "find", "delete", "drain", "contents"):
                verb = getattr(kind, name)
                own = getattr(verb, "__func__", None)  # of a class method
                patch.setattr(kind, name, classmethod(watched(kind.kind, own)) if own else watched(kind.kind, verb))
        yield heard


@contextmanager
def answers_lag(clock: Any, seconds: float) -> Iterator[list[str]]:
    """For `seconds` after a change, every service repeats the answers that it gave before it.

    A call that was not made before is answered as of now; the sandbox itself shows new resources of EC2 and IAM late.
    """
    lock = threading.Lock()
    old: list[str] = []  # the calls that got an old answer
    changes: dict[str, list[float]] = defaultdict(list)
    answers: dict[tuple[str, str, str], tuple[float, Any]] = {}
    call = BaseClient._make_api_call

    def late(client: Any, operation: str, parameters: Any) -> Any:
        service = client.meta.service_model.service_name
        if not operation.startswith(READS):
            try:
                return call(client, operation, parameters)
            finally:
                with lock:
                    changes[service].append(clock.now())
        question = (service, operation, json.dumps(parameters, sort_keys=True, default=str))
        now = clock.now()
        with lock:
            earlier = answers.get(question)
            since = [at for at in changes[service] if earlier and at >= earlier[0]]
        if earlier and since and all(now - at < seconds for at in since):
            old.append(f"{service}.{operation}")
            return _given(copy.deepcopy(earlier[1]))
        try:
            answer: Any = call(client, operation, parameters)
        except ClientError as error:
            answer = error
        with lock:
            answers[question] = (now, copy.deepcopy(answer))
        return _given(answer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", late)
        yield old


def _given(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer
