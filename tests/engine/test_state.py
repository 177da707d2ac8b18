"""The state file on disk: what it survives, and what it refuses."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ecsctl.engine.state import State
from ecsctl.engine.state_file import text
from ecsctl.errors import Locked, StateError


def load(path: Path, said: list[str] | None = None, **other: str) -> State:
    heard = [] if said is None else said
    return State.load(path, **{"app": "shop", "account": "1", "region": "r", **other}, say=heard.append)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    state = load(tmp_path / ".ecsctl" / "state.json")
    state.begin("vpc", "vpc", "create")
    state.made("vpc", {"vpc_id": "vpc-1"})
    state.settle("vpc", "vpc", {"vpc_id": "vpc-1"}, {"cidr": "10.0.0.0/16"}, borrowed=False)
    return state.path


def test_what_is_settled_is_read_back(path: Path) -> None:
    entry = load(path).entry("vpc")
    assert entry is not None
    assert (entry.ids, entry.intent) == ({"vpc_id": "vpc-1"}, None)
    assert not load(path).fresh


def test_a_begin_is_on_disk_before_it_returns_and_keeps_its_nonce(path: Path) -> None:
    nonce = load(path).begin("nat", "nat_gateway", "create")
    assert load(path).begin("nat", "nat_gateway", "create") == nonce
    assert load(path).unsettled.keys() == {"nat"}


def test_a_new_incarnation_has_a_new_nonce(path: Path) -> None:
    state = load(path)
    first = state.begin("nat", "nat_gateway", "create")
    state.settle("nat", "nat_gateway", {"id": "1"}, {}, borrowed=False)
    state.forget("nat")
    assert state.begin("nat", "nat_gateway", "create") != first


def test_each_step_writes_all_that_is_known_though_only_one_entry_has_changed(path: Path) -> None:
    state = load(path)
    steps: list[Callable[[], object]] = [
        lambda: state.begin("nat", "nat_gateway", "create"),
        lambda: state.made("nat", {"id": "nat-1"}),
        lambda: state.begin("vpc", "vpc", "update"),
        lambda: state.settle("nat", "nat_gateway", {"id": "nat-1"}, {"b": 1, "a": {"ä": None}}, borrowed=False),
        lambda: state.shown_otherwise("vpc", {"vpc_id": "vpc-2"}, {"cidr": ["10.0.0.0/16", None]}),
        lambda: state.begin("a", "subnet", "create"),
        lambda: state.drop("a"),
        lambda: state.begin("nat", "nat_gateway", "delete"),
        lambda: state.drop("nat"),
        lambda: state.forget("vpc"),
        lambda: state.begin("vpc", "vpc", "create"),
    ]
    for step in steps:
        before = path.read_bytes()
        step()
        assert path.read_bytes() not in (before, b"")
        assert path.read_bytes() == text(state.book.model_dump(mode="json"))
        assert load(path).book == state.book


def test_it_is_private(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"version": 1}',
        b"[" * 100_000,
    ],
    ids=["empty", "half", "list", "null", "binary", "poor", "deep"],
)
def test_a_damaged_record_is_kept_aside_and_the_previous_copy_used(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    said: list[str] = []
    assert load(path, said).entry("vpc") is not None
    assert any("kept as state.json.corrupt-" in line for line in said)
    assert [kept.read_bytes() for kept in path.parent.glob("state.json.corrupt-*")] == [damage]


def test_nobody_else_may_read_or_take_what_lies_beside_the_state_file(path: Path) -> None:
    with load(path).locked("up"):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert {"lock", "owner", "reserve", path.name} <= modes.keys()
    assert set(modes.values()) == {0o600}, modes


def test_with_no_good_copy_the_record_is_rebuilt_from_tags_and_that_is_said(path: Path) -> None:
    path.write_bytes(b"{")
    path.with_name("state.json.bak").write_bytes(b"{")
    said: list[str] = []
    assert load(path, said).fresh
    assert said[-1] == "the state file is rebuilt from the tags on AWS"


def test_a_flipped_bit_is_noticed(path: Path) -> None:
    path.write_text(path.read_text().replace("vpc-1", "vpc-2"))
    said: list[str] = []
    load(path, said)
    assert "does not match its checksum" in said[0]


@pytest.mark.parametrize(("what", "value"), [("account", "2"), ("region", "elsewhere"), ("app", "shop2")])
def test_the_record_of_another_account_region_or_app_is_refused(path: Path, what: str, value: str) -> None:
    before = path.read_bytes()
    with pytest.raises(StateError, match=f"is the state file of {what}") as refusal:
        load(path, **{what: value})
    assert "ECSCTL_STATE" in refusal.value.hint
    assert path.read_bytes() == before


def test_a_record_of_a_newer_ecsctl_is_refused_and_untouched(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    before = path.read_bytes()
    with pytest.raises(StateError, match="newer ecsctl"):
        load(path)
    assert path.read_bytes() == before


def test_a_link_is_refused(path: Path, tmp_path: Path) -> None:
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError, match="expected a file, found a symbolic link"):
        load(path)


def test_a_second_run_names_the_one_at_work(path: Path) -> None:
    with load(path).locked("up"), pytest.raises(Locked) as locked, load(path).locked("down"):
        pass
    assert f"up, process {os.getpid()} on " in locked.value.why


def test_the_lock_dies_with_its_process(path: Path) -> None:
    program = f"""
import os, pathlib
from ecsctl.engine.state_file import text
from ecsctl.engine.state import State
state = State.load(pathlib.Path({str(path)!r}), app="shop", account="1", region="r", say=print)
context = state.locked("up"); context.__enter__()
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    with load(path).locked("up"):
        pass


def test_the_lock_of_another_process_holds(path: Path) -> None:
    program = f"""
import pathlib, sys
from ecsctl.engine.state_file import text
from ecsctl.engine.state import State
state = State.load(pathlib.Path({str(path)!r}), app="shop", account="1", region="r", say=print)
with state.locked("up"):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Locked, match="another run is at work here"), load(path).locked("up"):
            pass
        other.communicate("")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_reported_before_anything_is_changed(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(StateError, match="cannot be written"), load(path).locked("up"):
            pytest.fail("nothing may be begun")
    finally:
        path.parent.chmod(0o700)


def test_a_full_disk_is_reported_before_anything_is_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StateError, match="cannot be written") as failure, load(path).locked("up"):
        pytest.fail("nothing may be begun")
    assert failure.value.why == "No space left on device"


def test_the_reserve_is_given_up_when_the_disk_fills_in_the_middle(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecsctl.engine import state as module

    write, reserve = module.files.write, path.parent / "reserve"
    state = load(path)
    with state.locked("up"):

        def full(target: Path, text: bytes) -> None:
            if reserve.exists():
                raise OSError(28, "No space left on device")
            write(target, text)

        monkeypatch.setattr(module.files, "write", full)
        state.begin("nat", "nat_gateway", "create")
    assert load(path).unsettled.keys() == {"nat"}


def test_no_secret_can_be_written(path: Path) -> None:
    from ecsctl.engine.codec import plain
    from ecsctl.engine.secret import Secret

    state = load(path)
    state.settle("x", "x", {}, {"token": plain(Secret.of("ghp_canary"))}, borrowed=False)
    assert "ghp_canary" not in path.read_text()
    assert "ghp_canary" not in repr(Secret.of("ghp_canary")) + str(Secret.of("ghp_canary"))


def test_the_entries_may_be_gone_through_while_others_come_and_go(path: Path) -> None:
    """Each resource is ensured by a thread of its own, and some read what else is recorded."""
    state = load(path)
    before = {*state.entries}
    for name in state.entries:
        state.begin(f"{name}'s lid", "toy", "create")
        state.forget(name)
    assert before
    assert {*state.entries} == {f"{name}'s lid" for name in before}
