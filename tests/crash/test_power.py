"""A power cut forgets what was not synced: whatever it leaves is a state file, and one plain run repairs the rest.

The model is the weakest that fsync(2) and rename(2) promise: of a file that was not synced the content is gone, and
of what was made, linked, renamed or removed in a folder that was not synced since, any part may be gone, in any order.
"""

from __future__ import annotations

import copy
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine.state import State
from tests.crash.conftest import Part, Struck, sample
from tests.crash.matrix import Matrix
from tests.crash.table import SEED, Tally
from tests.engine.conftest import Run, toybox
from tests.engine.test_up import BOTH, held
from tests.engine.toys import Clock, Cloud

Change = tuple[str, int | None]  # a name in the folder, and what it names from here on
HOME, STATE_FILE = Path(".ecsctl"), ".ecsctl/state.json"


@dataclass
class Disk:
    """Describes what of one project's folder is on the disk for good, and what is only in memory yet."""

    top: Path
    kept: dict[int, bytes] = field(default_factory=dict)  # contents that were synced
    names: dict[str, int] = field(default_factory=dict)  # names that were synced
    pending: dict[str, list[list[Change]]] = field(default_factory=dict)  # by folder: changes of names, not synced
    count: int = 0

    def now(self) -> dict[str, int]:
        """The names as a running process sees them."""
        return self._after([change for several in self.pending.values() for change in several])

    def change(self, *changes: Change) -> None:
        """Changes of names that happen as one: a rename never leaves both or none."""
        self.pending.setdefault(str(Path(changes[0][0]).parent), []).append(list(changes))

    def make(self, name: str) -> None:
        """A new file or folder."""
        self.count += 1
        self.change((name, self.count))

    def sync(self, name: str) -> None:
        """fsync of a file or of a folder."""
        if (self.top / name).is_dir():
            self.names = self._after(self.pending.pop(name, []))
        else:
            self.kept[self.now()[name]] = (self.top / name).read_bytes()

    def after_a_power_cut(self) -> Iterator[dict[str, bytes]]:
        """Every content that the disk may have: the names that count, and what is in them."""
        pending = [change for several in self.pending.values() for change in several]
        assert len(pending) < 10, "a folder is never synced"
        for some in itertools.product([False, True], repeat=len(pending)):
            names = self._after([change for change, is_kept in zip(pending, some, strict=True) if is_kept])
            if ".ecsctl" in names:
                yield {name: self.kept.get(what, b"") for name, what in names.items() if Path(name).parent == HOME}
            else:
                yield {}

    def _after(self, pending: list[list[Change]]) -> dict[str, int]:
        names = dict(self.names)
        for name, what in itertools.chain.from_iterable(pending):
            names.pop(name, None)
            if what is not None:
                names[name] = what
        return names


@contextmanager
def watched(disk: Disk, moment: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the disk hear of every change in its folder, and call `moment` after each."""
    files: dict[int, str] = {}

    def inside(path: Any) -> str | None:
        whole = Path(os.path.abspath(path))
        return str(whole.relative_to(disk.top)) if whole.is_relative_to(disk.top) else None

    def opened(real: Any, path: Any, flags: int, *more: Any, **options: Any) -> Any:
        name = inside(path)
        fresh = name is not None and flags & os.O_CREAT and name not in disk.now()
        descriptor = real(path, flags, *more, **options)
        if name is not None:
            files[descriptor] = name
            if fresh:
                disk.make(name)
                moment()
        return descriptor

    def synced(real: Any, descriptor: int) -> None:
        if descriptor in files:
            disk.sync(files[descriptor])
            moment()

    def linked(real: Any, source: Any, target: Any) -> None:
        real(source, target)
        if (name := inside(target)) is not None:
            disk.change((name, disk.now()[inside(source) or ""]))
            moment()

    def replaced(real: Any, source: Any, target: Any) -> None:
        real(source, target)
        if (name := inside(target)) is not None:
            disk.change((name, disk.now()[inside(source) or ""]), (inside(source) or "", None))
            moment()

    def removed(real: Any, path: Any, *more: Any, **options: Any) -> None:
        real(path, *more, **options)
        if not options and (name := inside(path)) is not None:
            disk.change((name, None))
            moment()

    def made(real: Any, path: Any, *more: Any) -> None:
        real(path, *more)
        if (name := inside(path)) is not None:
            disk.make(name)
            moment()

    with monkeypatch.context() as patch:
        for name, heard in (("open", opened), ("fsync", synced), ("link", linked), ("replace", replaced),
                            ("unlink", removed), ("mkdir", made)):  # fmt: skip
            real = getattr(os, name)
            patch.setattr(os, name, lambda *words, heard=heard, real=real, **options: heard(real, *words, **options))
        yield


@pytest.mark.parametrize("command", ["up", "down"])
def test_whatever_a_power_cut_leaves_is_a_record_and_the_next_run_finishes(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = Cloud(Clock())
    top = tmp_path / "home"
    top.mkdir()
    run, disk = Run(cloud, top / STATE_FILE), Disk(top)
    left: dict[str, tuple[dict[str, bytes], Cloud, set[str]]] = {}
    begun: set[str] = set()  # what was promised to be on disk

    def moment() -> None:
        for files in disk.after_a_power_cut():
            key = repr((sorted(files.items()), [vars(thing) for thing in cloud.things], sorted(begun)))
            left.setdefault(key, (files, copy.deepcopy(cloud), set(begun)))

    begin = State.begin

    def begins(self: State, name: str, kind: str, verb: str) -> str:
        nonce = begin(self, name, kind, verb)
        begun.add(nonce)
        moment()
        begun.clear()
        return nonce

    with watched(disk, moment, monkeypatch):
        if command == "down":
            run.up(toybox())
            left.clear()
        monkeypatch.setattr(State, "begin", begins)
        run.up(toybox()) if command == "up" else run.down()
    monkeypatch.setattr(State, "begin", begin)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    assert len(left) > 20
    for number, (files, then, promised) in enumerate(left.values()):
        again = Run(then, tmp_path / str(number) / STATE_FILE)
        again.state_file.parent.mkdir(parents=True)
        for name, content in files.items():
            (again.state_file.parent.parent / name).write_bytes(content)
        assert not promised or any(nonce.encode() in content for content in files.values() for nonce in promised)
        engine = again.engine()
        assert again.said == [], "what a power cut leaves is no damage"
        del engine
        if command == "up":
            again.up(toybox())
            assert held(then) == BOTH
        again.down()
        assert then.things == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("command", ["up", "down"])
@pytest.mark.parametrize("part", sample(32))
def test_the_next_run_finishes_the_whole_stack_after_a_power_cut_at_a_change(
    struck: Struck, tally: Tally, part: Part, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix, disk = Matrix(struck, tally), Disk(Path.cwd())

    def the_power_comes_back() -> None:
        every = list(disk.after_a_power_cut())
        shutil.rmtree(".ecsctl")
        Path(".ecsctl").mkdir()
        for name, content in every[SEED % len(every)].items():
            Path(name).write_bytes(content)

    def up_again() -> None:
        the_power_comes_back()
        matrix.up_again()

    def down_again() -> None:
        the_power_comes_back()
        matrix.down_again()

    run, then = {"up": (struck.up, up_again), "down": (struck.down, down_again)}[command]
    with watched(disk, lambda: None, monkeypatch):
        if command == "down":
            struck.up()
        assert matrix.killed(run, ["killed after"], then, part, ", power cut") == []
