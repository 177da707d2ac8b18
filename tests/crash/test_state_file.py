"""Whatever happens to the state file: nothing is lost, doubled or taken from a neighbour."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine.state_file import checksum
from ecsctl.errors import StateError
from tests.crash.branch import branch
from tests.crash.conftest import Struck, some
from tests.crash.matrix import HOLDS, Matrix
from tests.crash.table import Tally

pytestmark = pytest.mark.timeout(900)
PATH = Path(".ecsctl/state.json")


def _rewritten(change: Callable[[dict[str, Any]], None]) -> None:
    body = json.loads(PATH.read_bytes())
    body.pop("checksum")
    change(body)
    PATH.write_text(json.dumps({**body, "checksum": checksum(body)}))


def deleted(_world: Struck) -> None:
    PATH.unlink()
    PATH.with_name("state.json.bak").unlink(missing_ok=True)


def folder_gone(_world: Struck) -> None:
    shutil.rmtree(PATH.parent)


def emptied(_world: Struck) -> None:
    PATH.write_bytes(b"")


def halved(_world: Struck) -> None:
    whole = PATH.read_bytes()
    PATH.write_bytes(whole[: len(whole) // 2])


def garbage(_world: Struck) -> None:
    PATH.write_bytes(b"\x00\xff{]" * 99)


def garbage_and_its_copy(world: Struck) -> None:
    garbage(world)
    PATH.with_name("state.json.bak").write_bytes(b"{}")


def of_another_type(_world: Struck) -> None:
    PATH.write_text('["state"]')


def a_bit_flipped(_world: Struck) -> None:
    whole = bytearray(PATH.read_bytes())
    whole[len(whole) // 3] ^= 4
    PATH.write_bytes(bytes(whole))


def poisoned(world: Struck) -> None:
    """A good checksum, and the neighbour's ids in place of ours."""
    ec2 = world.boto("ec2")
    theirs = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if "hello-2" in json.dumps(vpc.get("Tags", []))]
    address = next(one for one in ec2.describe_addresses()["Addresses"] if not one.get("Tags"))
    bad = {
        "vpc_id": theirs[0],
        "allocation_id": address["AllocationId"],
        "public_ip": address["PublicIp"],
        "name": "hello-2",
        "bucket": "hello-theirs",
        "cluster": "hello-2",
    }

    def poison(body: dict[str, Any]) -> None:
        for entry in body["entries"].values():
            entry["ids"] = {key: bad.get(key, value) for key, value in (entry["ids"] or {}).items()} or None

    _rewritten(poison)


DAMAGE = [
    deleted,
    folder_gone,
    emptied,
    halved,
    garbage,
    garbage_and_its_copy,
    of_another_type,
    a_bit_flipped,
    poisoned,
]


@pytest.mark.parametrize("damage", some(DAMAGE, 3), ids=lambda damage: damage.__name__)
def test_a_damaged_state_file_costs_nothing(struck: Struck, tally: Tally, damage: Callable[[Struck], None]) -> None:
    matrix = Matrix(struck, tally)
    struck.up()

    def up() -> None:
        damage(struck)
        matrix.up_again()

    def down() -> None:
        damage(struck)
        matrix.down_again()

    what = f"state file {damage.__name__.replace('_', ' ')}"
    failures = [
        tally.add(what, "", HOLDS[holds.__name__], [failure] if (failure := branch(case).failure) else [])
        for case, holds in ((up, matrix.up_again), (down, matrix.down_again))
    ]
    assert failures == [[], []]


@pytest.mark.parametrize("damage", some([deleted, halved, poisoned], 1), ids=lambda damage: damage.__name__)
def test_damaged_half_way_through_it_costs_nothing_either(
    struck: Struck, tally: Tally, damage: Callable[[Struck], None]
) -> None:
    matrix = Matrix(struck, tally)

    def up_and_down_again() -> None:
        damage(struck)
        struck.clock.sleep(120.0)  # without the journal nobody knows to wait for what AWS shows late
        matrix.up_and_down_again()

    also = f", state file {damage.__name__}"
    assert matrix.killed(struck.up, ["killed after"], up_and_down_again, (30, 1000), also) == []


def test_a_state_file_of_somewhere_else_is_refused_and_nothing_is_changed(struck: Struck, tally: Tally) -> None:
    struck.up()
    before, ours = struck.exact(), PATH.read_bytes()
    elsewhere: dict[str, object] = {"account": "999999999999", "region": "eu-west-1", "app": "other", "version": 99}
    for field, value in elsewhere.items():
        PATH.write_bytes(ours)
        _rewritten(lambda body, field=field, value=value: body.update({field: value}))
        struck.changes = 0
        with pytest.raises(StateError):
            struck.up()
        with pytest.raises(StateError):
            struck.down()
        assert struck.changes == 0
        tally.add(f"state file of another {field}", "", "it is refused, nothing is changed", [])
    assert struck.exact() == before
