from dataclasses import replace

import pytest

from ecsctl.releases.history import Difference
from ecsctl.ui import history
from tests.ui import running
from tests.ui.samples import NOW

GOOD = running.past()
BAD = replace(GOOD, revision=12, outcome="rolled back", current=False, who="ada@example.com",
              message="Ask the database before greeting anybody by name",
              why=f"ECS deployment circuit breaker: tasks failed to start: {running.CAUSE}")  # fmt: skip
TAGGED = replace(GOOD, revision=6, current=False, commit="", message="", tags=("v1.2",), who="ecsctl (ada)")


def shown(room):
    return [line.plain for line in history.table([BAD, GOOD, TAGGED], NOW, room)]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_releases_fit_each_screen(width, snapshot):
    assert max(map(len, shown(width))) <= width
    assert "\n".join(shown(width)) == snapshot


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_is_left_out_is_never_how_it_ended_nor_why(width):
    said = " ".join(" ".join(shown(width)).split())
    for words in ("rolled back", "ada@example.com", "3 days ago", "8486d5c Ask", "v1.2", running.CAUSE):
        assert words in said


def test_a_subject_can_be_recognized_at_every_width():
    for short in (BAD, replace(BAD, who="ada", outcome="deployed")):
        for width in range(72, 140):
            said = "\n".join(line.plain for line in history.table([short], NOW, width))
            assert "8486d5c Ask the database before greetin" in said, width


def test_without_a_terminal_nothing_is_cut():
    assert BAD.message in " ".join(shown(None))


def compared(room):
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop"
    found = [Difference("container.shop.image", f"{image}:0001", f"{image}:0002"),
             Difference("container.shop.cpu", None, "256")]  # fmt: skip
    return [line.plain.rstrip() for line in history.compared("shop:1", "shop:2", found, room)]


def test_values_that_do_not_fit_beside_each_other_stand_below_each_other():
    assert compared(80) == [
        "- shop:1  + shop:2",
        "container.shop.image",
        "  - 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:0001",
        "  + 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:0002",
        "container.shop.cpu",
        "  + 256",
    ]
    assert len(compared(150)) == 3
    assert compared(None) == compared(150)
