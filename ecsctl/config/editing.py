"""Edits the user's files, changing as little as possible, and replaces them as a whole."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path as File
from typing import Any

from ecsctl import files
from ecsctl.config import environment
from ecsctl.config.files import FALLBACK, lines, named
from ecsctl.config.tree import Path
from ecsctl.errors import EcsctlError, Refused

BOM = "\ufeff"
CONNECTION, TOKEN = "connection_arn", "token_secret"


def with_connection(file: File, arn: str) -> str:
    """The file's text with `github.connection_arn`, to be `put`. Everything else in it stays unchanged.

    `token_secret`, which cannot be used with it, becomes a comment on its line. Raises Refused if the environment says
    otherwise, without a [github], and if the file is written in a way that cannot be edited here.
    """
    for key in (CONNECTION, TOKEN):
        name = environment.variable(("github", key))
        if os.environ.get(name, "") not in ("", arn if key == CONNECTION else ""):
            raise Refused(f"{name} is set, and wins over {named(file)}", hint=f"unset {name}, and run this again")
    whole = read_text(file) or ""
    text = whole.removeprefix(BOM)
    path: Path = (*(("tool", "ecsctl") if file.name == FALLBACK else ()), "github")
    wanted = tomllib.loads(text)
    table: Any = wanted
    for part in path:
        table = table.get(part, {})
    if not table:
        raise Refused(f"{named(file)} has no [github]", hint="write it first: repository = …")
    if table.get(CONNECTION) == arn:
        return whole
    table.pop(TOKEN, None)
    table[CONNECTION] = arn
    for change in (_by_line, _by_tree):
        changed = change(text, path, arn)
        if _parses_to(changed, wanted):
            return (BOM if whole.startswith(BOM) else "") + changed
    raise Refused(f"{named(file)} is written in a way that this cannot change", hint=f'write {CONNECTION} = "{arn}"')


def read_text(path: File) -> str | None:
    """A file's text, None if it does not exist. Whatever we do not edit is written back by `put` byte for byte.

    Raises EcsctlError if it is not a file, and Refused for a link that leads out of its folder.
    """
    try:
        return files.read(_place(path)).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EcsctlError(f"{path} cannot be read", why=error.strerror or "") from error


def put(path: File, text: str) -> None:
    """Replace a file as a whole, keeping its mode; do nothing if it has this text already.

    A link within its folder stays a link. Raises EcsctlError if it is not a file, and Refused for a link that leads out
    of its folder: in another person's repository it could name any of the user's files.
    """
    if read_text(path) == text:
        return
    try:
        files.write(_place(path), text.encode("utf-8", "surrogateescape"), private=False)
    except OSError as error:
        raise EcsctlError(f"{path} cannot be written", why=error.strerror or "") from error


def _place(path: File) -> File:
    """Returns where a file really is: a link is followed within its folder, and refused if it leads out of it."""
    if not path.is_symlink():
        return path
    target = path.resolve()
    if not target.is_relative_to(path.parent.resolve()):
        raise Refused(
            f"{path} is a link out of its folder",
            why=f"it leads to {target}",
            hint=f"check what it is, then: rm {path}",
        )
    return target


def _by_line(text: str, table: Path, arn: str) -> str:
    """A line of its own below the repository's; or the old connection's line, or the token's, turned into a comment."""
    places, kept = lines(text), re.findall(r"[^\n]*\n|[^\n]+", text)
    at = places.get((*table, "repository"), 0)
    if not at:
        return text
    for key in (CONNECTION, TOKEN):
        old = places.get((*table, key), 0)
        if old:
            kept[old - 1] = "# " + kept[old - 1]
    line = kept[at - 1]
    end = "\r\n" if line.endswith("\r\n") else "\n"
    margin = re.match(r"[ \t]*", line)
    kept[at - 1] = line if line.endswith("\n") else line + end
    kept.insert(at, f'{margin[0] if margin else ""}{CONNECTION} = "{arn}"{end}')
    return "".join(kept)


def _by_tree(text: str, table: Path, arn: str) -> str:
    """For a [github] that is written inline or with dotted keys."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    github: Any = document
    for part in table:
        github = github[part]
    if TOKEN in github:
        del github[TOKEN]
    github[CONNECTION] = arn
    return str(tomlkit.dumps(document))


def _parses_to(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False
