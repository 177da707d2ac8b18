"""Visiting a graph, where a visit may let what needs its node go on before it has ended."""

from __future__ import annotations

import threading
import time

from ecsctl.aws.explaining import together
from ecsctl.engine.walk import Release, walk
from ecsctl.errors import AwsError, ConfigError, Several


def test_a_visit_that_fails_after_all_others_have_ended_is_reported() -> None:
    release, last = Release(), threading.Event()

    def visit(name: str) -> None:
        if name == "below":
            last.set()
            return
        release(name)
        last.wait(10)
        time.sleep(0.1)  # so that it is noticed first that the other has ended
        raise OSError(name)

    failed = walk({"above": frozenset(), "below": frozenset({"above"})}, visit, threads=2, release=release,
                  skip=lambda name, because: None)  # fmt: skip
    assert [*map(str, failed.values())] == ["above"]


def test_what_several_met_alike_is_said_once_and_what_differs_is_not_lost() -> None:
    alike = [AwsError("the disk is full", why="no space") for _ in range(2)]
    assert together(alike) is alike[1]
    several = together([*alike, AwsError("the disk is full", why="read-only"), ConfigError("the disk is full")])
    assert isinstance(several, Several)
    assert len(several.errors) == 3
