"""A stranger's repository is safe to try: nothing of ours is read or written through what came in its place."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server import process
from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended

Run = Callable[..., Ended]

SECRET = b"a file of the user's, elsewhere\n"

# Each file below the project's folder that ecsctl reads or writes, and a command that does.
FILES = {
    ".ecsctl/state.json": ("up", "--yes"),
    ".ecsctl/state.json.bak": ("up", "--yes"),
    ".ecsctl/lock": ("up", "--yes"),
    ".ecsctl/owner": ("up", "--yes"),
    ".ecsctl/reserve": ("up", "--yes"),
    ".ecsctl/sandbox.json": ("sandbox", "start"),
    ".ecsctl/sandbox.lock": ("sandbox", "start"),
    ".ecsctl/sandbox.log": ("sandbox", "start"),
    ".gitignore": ("init", "--force", "--no-build"),
    "ecsctl.toml": ("init", "--force", "--no-build"),
    "ecsctl.schema.json": ("init", "--force", "--no-build"),
    "buildspec.yml": ("init", "--force", "--no-build", "--buildspec"),
}
# What a user may have there for good reason, and what `init` leaves alone when it is there.
LEFT_ALONE = {("buildspec.yml", "pipe"), ("buildspec.yml", "folder"), ("buildspec.yml", "link")}


def _link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def _dangling(path: Path, victim: Path) -> None:
    path.symlink_to(victim.with_name("not-there"))


def _pipe(path: Path, _victim: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path, _victim: Path) -> None:
    path.mkdir()


THINGS = {"link": _link, "dangling": _dangling, "pipe": _pipe, "folder": _folder}


@pytest.fixture
def live(folder: Path, live_by: Callable[[Clock], None]) -> Iterator[None]:
    """A sandbox in this process, by whose clock the commands live."""
    with inprocess() as clock:
        live_by(clock)
        yield


@pytest.fixture
def victim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is no business of ours, in a folder of its own."""
    path = tmp_path_factory.mktemp("elsewhere") / "precious"
    path.write_bytes(SECRET)
    return path


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("name", FILES)
def test_what_stands_in_the_place_of_a_file_is_refused_by_its_name(
    folder: Path, live: None, run: Run, victim: Path, name: str, thing: str
) -> None:
    place = folder / name
    place.parent.mkdir(mode=0o700, exist_ok=True)
    place.unlink(missing_ok=True)
    THINGS[thing](place, victim)
    ended = run(*FILES[name])
    if (name, thing) not in LEFT_ALONE:
        assert ended.code == 1, ended.err
        assert str(place) in ended.said.replace(" ", "") or name in ended.said
        assert "Traceback" not in ended.err
    assert victim.read_bytes() == SECRET
    assert [one.name for one in victim.parent.iterdir()] == [victim.name], "nothing was made through the link"
    assert THINGS[thing] is not _pipe or place.is_fifo(), "what is not ours stays"
    assert not thing.startswith(("link", "dangling")) or place.is_symlink()
    assert process.status(folder / "nowhere") is None


@pytest.mark.parametrize("command", ["up", "status", "sandbox start", "sandbox status", "sandbox stop"])
def test_the_folder_itself_may_not_be_a_link(folder: Path, live: None, run: Run, victim: Path, command: str) -> None:
    (folder / ".ecsctl").symlink_to(victim.parent)
    ended = run(*command.split())
    assert ended.code == 1, ended.err
    assert ".ecsctl: expected a folder, found a symbolic link" in ended.said
    assert [one.name for one in victim.parent.iterdir()] == [victim.name]


def test_no_other_file_of_the_project_is_opened_for_writing(folder: Path, live: None, run: Run) -> None:
    written: set[str] = set()
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and isinstance(arguments[0], str | Path) and isinstance(arguments[2], int):
            path = Path(str(arguments[0]))
            if path.is_relative_to(folder) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
                written.add(str(path.relative_to(folder)))

    sys.addaudithook(watch)  # for the life of the process: there is no way to take one back
    try:
        assert run("init", "--force", "--no-build", "--buildspec").code == 0
        assert run("plan").code in (0, 1)
        (folder / "ecsctl.toml").write_text('name = "hello"\n[vpc]\negress = "public"\n')
        assert run("up", "--yes").code == 0
        assert run("down", "--yes", "--force").code == 0
    finally:
        watching = False
    names = {name.split("/")[-1].lstrip(".").split(f".{os.getpid()}")[0] for name in written}
    hard_linked = {"state.json.bak"}
    assert names | hard_linked == {Path(name).name.lstrip(".") for name in FILES if "sandbox" not in name}


def test_a_record_that_leads_elsewhere_is_no_sandbox(folder: Path) -> None:
    (folder / ".ecsctl").mkdir(mode=0o700)
    record = process.Sandbox("https://aws.example.com", 1, 1, 0.0, 60.0, "nonce", "key")
    (folder / ".ecsctl" / "sandbox.json").write_text(process.recorded(record))
    assert process.status(folder / ".ecsctl") is None
