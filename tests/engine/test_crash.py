"""Killed before and after every change of `up` and of `down`: the same command again finishes, nothing is doubled."""

from __future__ import annotations

import pytest

from ecsctl.engine.events import Message
from tests.engine.conftest import Run, toybox
from tests.engine.test_up import BOTH, held
from tests.engine.toys import Cloud


class Killed(BaseException):
    """The process is gone: no handler may see it."""


def kill_at(cloud: Cloud, which: int, when: str) -> None:
    """Let the cloud kill whoever makes its change number `which`."""
    change, made = cloud.change, 0

    def deadly(operation: str, effect: object) -> object:
        nonlocal made
        made += 1
        if made < which:
            return change(operation, effect)
        if when == "after" and made == which:
            change(operation, effect)
        raise Killed

    cloud.change = deadly  # type: ignore[method-assign, assignment]


def revive(cloud: Cloud) -> None:
    del cloud.change  # type: ignore[attr-defined]


@pytest.mark.parametrize("lag", [0.0, 5.0])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("which", [1, 2])
def test_up_again_finishes_what_a_killed_up_began(run: Run, cloud: Cloud, which: int, when: str, lag: float) -> None:
    cloud.lag = lag
    kill_at(cloud, which, when)
    with pytest.raises(Killed):
        run.up(toybox())
    revive(cloud)
    run.up(toybox())
    assert [one.text for one in run.events if isinstance(one, Message) and "earlier run" in one.text][:1] == [
        f"an earlier run stopped while {'box' if which == 1 else 'ball'} was being created; "
        + ("it exists, and this run continues with it" if when == "after" and not lag else "it does not exist")
    ]
    assert held(cloud) == BOTH
    assert run.up(toybox()).calls == []
    run.down()
    assert cloud.things == []


@pytest.mark.parametrize("lag", [0.0, 5.0])
@pytest.mark.parametrize("which", [1, 2])
def test_down_alone_cleans_up_after_a_killed_up(run: Run, cloud: Cloud, which: int, lag: float) -> None:
    cloud.lag = lag
    kill_at(cloud, which, "after")
    with pytest.raises(Killed):
        run.up(toybox())
    revive(cloud)
    run.down()
    assert cloud.things == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("which", [1, 2])
@pytest.mark.parametrize("then", ["down", "up"])
def test_a_killed_down_is_finished_or_undone(run: Run, cloud: Cloud, which: int, when: str, then: str) -> None:
    run.up(toybox())
    kill_at(cloud, which, when)
    with pytest.raises(Killed):
        run.down()
    revive(cloud)
    if then == "up":
        run.up(toybox())
        assert held(cloud) == BOTH
    else:
        run.down()
        assert cloud.things == []
