"""An account that is prepared once and restored for other tests equals the original, and behaves like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsctl.sandbox import push
from ecsctl.sandbox.server.inprocess import inprocess
from tests.saved import Saved
from tests.stack.conftest import World, same
from tests.stack.watch import URI, runs


def test_a_restored_account_equals_the_original_and_behaves_like_it(tmp_path: Path) -> None:
    with inprocess() as clock:
        world = World(clock, tmp_path / "prepared")
        before = world.account()
        world.up()
        saved = Saved.of(clock, world.state_file.parent)
        original, then = world.exact(), clock.now()
        ages = {name: entry.recent for name, entry in world.open().state.book.entries.items()}
    saved.at -= 3600  # as if it had been prepared an hour ago
    for number in range(2):
        with inprocess() as clock:
            world = World(clock, tmp_path / str(number))
            saved.put_back(clock, world.state_file.parent)
            same(original, world.exact())
            assert clock.now() == then
            assert {name: entry.recent for name, entry in world.open().state.book.entries.items()} == ages
            assert world.up().work == ()
            assert world.changes == 0
            commit = push.push("main")["commit"]
            clock.sleep(3600)
            assert runs(world) == (f"{URI}:{commit}", 1)
            world.down()
            same(before, world.account())


def test_nothing_is_put_back_among_what_is_there(world: World) -> None:
    world.boto("sts").get_caller_identity()
    with pytest.raises(AssertionError, match="would be lost"):
        world.running()
