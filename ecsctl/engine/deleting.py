"""Deletes one resource: send the request, then read until AWS no longer shows it. A run may be killed between any two
calls.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ecsctl.aws.codes import code, text
from ecsctl.engine import events
from ecsctl.engine.attempt import Attempt
from ecsctl.engine.observing import Reader
from ecsctl.engine.plan import Verb
from ecsctl.engine.resource import AnyResource, Found
from ecsctl.engine.transients import transient
from ecsctl.errors import AwsError

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label
    from ecsctl.engine.state import State


LONG = 180.0  # seconds: longer than AWS as a rule needs to release what our own resources used


class Deleting(Reader):
    """Removes the resources of a deployment, and reports its progress."""

    def __init__(self, aws: Aws, state: State, label: Label, emit: events.Listener) -> None:
        super().__init__(aws, state, label)
        self.emit = emit
        self.patience.say = self._waiting
        self._at_work = threading.local()
        self.held: Callable[[type[AnyResource], Found[Any]], str] = lambda _kind, _found: ""
        self._obstructed = False  # whether something of others was found in the way, so that more is to be expected

    def drain(self, kind: type[AnyResource], name: str) -> None:
        """The first part of a removal: afterwards the resources that use it can release it quickly."""
        attempt = Attempt(self.patience, kind.known_as(name))
        with self._working(name):
            self.state.begin(name, kind.kind, "delete")
            while True:
                try:
                    for found in self._ours(kind, name):
                        kind.drain(self.aws, found.ids)
                    return
                except Exception as error:  # noqa: BLE001 - sorted out: what does not pass is raised again
                    attempt.wait_or_raise(error, gone=True)

    def remove(
        self, kind: type[AnyResource], name: str, go_on: Callable[[], None] = lambda: None, *, several: bool = False
    ) -> None:
        """Afterwards nothing of this kind and name that carries our tags is left. Ownership is checked just before.

        `go_on` is called once AWS has accepted the request, unless the dependencies have to wait until it is gone. With
        `several` of a kind, one read serves all of them.
        """
        began = time.monotonic()
        attempt = Attempt(self.patience, kind.known_as(name), usual=kind.usual_delete_seconds)
        with self._working(name):
            self.emit(events.Started(name, kind.title, Verb.DELETE))
            self.state.begin(name, kind.kind, "delete")
            asked: set[str] = set()
            while ours := self._ours(kind, name):
                for found in ours:
                    if str(found.ids) not in asked:
                        self._ask_to_delete(kind, found, attempt, asked)
                if all(str(found.ids) in asked for found in ours):
                    asked_at = time.monotonic()
                    if not kind.holds_until_gone:
                        go_on()
                    if several:
                        self.patience.gather()
                    self._await_gone(kind, name, asked_at)
                    break
            self.state.forget(name)
            self._emit_done(name, kind.title, Verb.DELETE, began)

    def _await_gone(self, kind: type[AnyResource], name: str, asked_at: float) -> None:
        """Read until AWS no longer shows it. Reads by others since the request count too."""
        moments = iter([asked_at])

        def gone() -> bool | None:
            return None if self._ours_since(next(moments, time.monotonic()), kind, name) else True

        what = f"{kind.known_as(name)} to be gone"
        self.patience.until(gone, what=what, limit=kind.limit_seconds, usual=kind.usual_delete_seconds)

    def _ask_to_delete(self, kind: type[AnyResource], found: Found[Any], attempt: Attempt, asked: set[str]) -> None:
        """Send one request. If the refusal is temporary, or a part is already gone, the caller sends it again."""
        try:
            kind.delete(self.aws, found.ids)
            asked.add(str(found.ids))
        except Exception as error:  # noqa: BLE001 - sorted out: what does not pass is raised again
            self._give_up_if_held(kind, found, attempt, error)
            attempt.wait_or_raise(error, gone=True)

    def _give_up_if_held(self, kind: type[AnyResource], found: Found[Any], attempt: Attempt, error: Exception) -> None:
        """After a long wait ask who still uses it: what is not ours does not go by itself, however long we wait."""
        if transient(error) is None or (attempt.waited < LONG and not self._obstructed):
            return
        if why := self.held(kind, found):
            self._obstructed = True
            raise AwsError(f"{attempt.what}: {why}", why=f"{code(error)}: {text(error)}") from error

    @contextmanager
    def _working(self, name: str) -> Iterator[None]:
        self._at_work.name = name
        try:
            yield
        finally:
            self._at_work.name = ""

    def _emit_done(self, name: str, title: str, verb: Verb, began: float, note: str = "", did: str = "") -> None:
        self.emit(events.Done(name, title, verb, time.monotonic() - began, note, did))

    def _waiting(self, what: str, waited: float, limit: float) -> None:
        self.emit(events.Waiting(getattr(self._at_work, "name", ""), what, waited, limit))
