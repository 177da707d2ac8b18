"""Unpacks a build's context into a folder, since Podman's tool needs root for an archive on its stdin.

The tool packs the folder again, with links as links. The archive comes from a build, whose commands are isolated from
this machine: so nothing is written outside of the folder, nor through a link.
"""

import os
import tarfile
from pathlib import Path


def unpacked(archive: Path, into: Path) -> Path:
    """Unpack an archive into an empty folder. Raises OSError for a member that leads out of it."""
    into.mkdir()
    links: list[tuple[Path, str]] = []
    with tarfile.open(archive) as tar:
        for member in tar:
            path = into / member.name
            if not Path(os.path.normpath(path)).is_relative_to(into):
                raise OSError(f"the context of the build has a file that is not in it: {member.name}")
            if member.issym():
                links.append((path, member.linkname))
            elif member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif (content := tar.extractfile(member)) is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
                path.chmod(member.mode & 0o777)
    for path, target in links:  # at the end, when no file can come through one any more
        if not path.parent.resolve().is_relative_to(into.resolve()):
            raise OSError(f"the context of the build has a link that leads out of it: {path.parent.relative_to(into)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    return into
