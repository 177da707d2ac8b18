"""The context of a build becomes a folder, and nothing of it gets out of that."""

import io
import tarfile
from pathlib import Path

import pytest

from ecsctl.sandbox.containers.unpacked import unpacked


def packed(path: Path, *members: tuple[str, str, bytes]) -> Path:
    """An archive of members: a name, what it links to, and its content."""
    with tarfile.open(path, "w") as tar:
        for name, link, content in members:
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(content), 0o755
            about.type, about.linkname = (tarfile.SYMTYPE, link) if link else (tarfile.REGTYPE, "")
            tar.addfile(about, io.BytesIO(content))
    return path


def test_files_folders_and_links_are_as_they_were(tmp_path: Path) -> None:
    made = unpacked(packed(tmp_path / "c.tar", ("link", "a/run", b""), ("a/run", "", b"#!/bin/sh")), tmp_path / "made")
    assert (made / "a" / "run").read_bytes() == b"#!/bin/sh"
    assert (made / "a" / "run").stat().st_mode & 0o777 == 0o755
    assert (made / "link").readlink() == Path("a/run")


def test_nothing_is_written_elsewhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for number, members in enumerate((
        [("../outside/new", "", b"x")],
        [(f"{outside}/new", "", b"x")],
        [("a", str(outside), b""), ("a/new", str(outside), b"")],
    )):  # fmt: skip
        archive = packed(tmp_path / f"{number}.tar", *members)
        with pytest.raises(OSError, match="context of the build"):
            unpacked(archive, tmp_path / f"made-{number}")
    through = unpacked(packed(tmp_path / "t.tar", ("a", str(outside), b""), ("b", "", b"x")), tmp_path / "t")
    assert (through / "a").is_symlink()
    with pytest.raises(OSError, match="exists"):
        unpacked(packed(tmp_path / "u.tar", ("a", str(outside), b""), ("a/new", "", b"x")), tmp_path / "u")
    assert not [*outside.iterdir()]
