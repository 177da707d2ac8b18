"""An app that starts is waited for as long as it works, and not for how long an engine takes to say that it does."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ecsctl.sandbox.containers import probing
from ecsctl.sandbox.containers.probing import Check, Fault, Probe

CHECK = Check("HTTP", "/", "200", interval=10.0, timeout=5.0, healthy=1, unhealthy=2)


@dataclass
class Answers:
    """Describes what an app answers when it is asked."""

    fault: Fault | None

    def ask(self) -> tuple[Check, Fault | None]:
        """As a target is asked."""
        return CHECK, self.fault


def begun(fault: Fault | None, used: Callable[[], float]) -> tuple[Probe, threading.Event]:
    """The checks of an app, and what is set once it starts no more."""
    awake, over = threading.Event(), threading.Event()
    probe = Probe("", Answers(fault), used, lambda _: bool(over.wait(0.01)), awake.set)  # type: ignore[arg-type] # as a target
    return probe, awake


def test_an_app_that_answers_has_started_although_the_engine_does_not_say_yet_how_much_it_works() -> None:
    asked = threading.Event()

    def used() -> float:
        asked.wait(60)
        return 0.0

    probe, awake = begun(None, used)
    assert awake.wait(30)
    asked.set()
    probe.ended.set()


def test_an_app_that_neither_answers_nor_works_is_taken_for_one_that_never_will(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probing, "_STILL", 0.1)
    probe, awake = begun(("Target.Timeout", "Request timed out"), lambda: 1.0)
    assert awake.wait(15)  # and not only after the checks that AWS allows it
    probe.ended.set()
