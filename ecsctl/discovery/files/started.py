"""What a container starts: its command, and the scripts and settings files that the command uses."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ecsctl.discovery.files.tree import Tree, within

_RUNNERS = ("npm", "yarn", "pnpm", "bun", "npm-run-all", "run-s", "run-p", "concurrently")
_SETTINGS = re.compile(
    r"(?:gunicorn|puma|uvicorn|hypercorn|unicorn|uwsgi)[\w.-]*(?:\.py|\.rb|\.ini|\.toml)?", re.IGNORECASE
)


_PROGRAM = re.compile(r"(?m)^\[program:[^\]\n]+\](?:\n(?!\[)[^\n]*)*?\ncommand\s*=\s*(\S[^\n]*)")


# Files of Linux packages, which may have the program's name.
_PACKAGED = re.compile(r"(?:^|/)(?:init\.d|sysvinit|systemd|debian|rpm|completions?)/")


@dataclass(frozen=True)
class Text:
    """A command, a script or a settings file: where it was found, and its text."""

    where: str
    text: str
    shell: bool = True  # whether it is shell commands, not settings or another language


def started(tree: Tree, context: str, command: str, renamed: Mapping[str, str] | None = None) -> tuple[Text, ...]:
    """The command, then what it uses of the repository: scripts in package.json, shell scripts, servers' settings.

    `renamed` are the files that the image has under other names, by that name.
    """
    found = [Text("its command", command)]
    scripts = _scripts(tree, context)
    observed: set[str] = set()
    for text in found:  # the loop appends to it
        if len(found) > 20:
            break
        for name, said in scripts.items():
            if name not in observed and _runs(text.text, name):
                observed.add(name)
                found.append(Text(f"{name} of package.json", said))
        words = {word.rpartition("/")[2] for word in _words(text.text)} if renamed else set()
        others = [path for name, path in (renamed or {}).items() if name in words]
        for path in (*_named(tree, context, text.text), *others, *_procfile(tree, context, text.text)):
            if path not in observed:
                observed.add(path)
                said = tree.read(path)
                found.append(Text(path, _code(said), _is_shell(path, said)))
                if programs := _PROGRAM.findall(_code(said)):  # of supervisord ("Configuration File", program section)
                    found.append(Text(path, "\n".join(programs)))
    return tuple(found)


def _procfile(tree: Tree, context: str, text: str) -> list[str]:
    """The Procfile, if a program starts all of its processes."""
    starts = re.search(r"\b(?:honcho|foreman|overmind|goreman|forego|hivemind)\b(?:[^\n]*\bstart\b)?", text)
    return [one for one in tree.named("Procfile", context) if starts][:1]


def _scripts(tree: Tree, context: str) -> dict[str, str]:
    path = "package.json" if context == "." else f"{context}/package.json"
    try:
        found = json.loads(tree.read(path)).get("scripts", {})
        return {str(name): str(said) for name, said in found.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}


def _runs(text: str, name: str) -> bool:
    words = _words(text)
    return any(one in _RUNNERS for one in words) and name in words


def _named(tree: Tree, context: str, text: str) -> Iterator[str]:
    """The files whose name is in a text, whatever their folder in the image; and settings of the servers in it."""
    names = {PurePosixPath(word.removeprefix("python:").replace("python:", "")).name for word in _words(text)}
    dotted = {word.rpartition(":")[2].replace(".", "/") + ".py" for word in _words(text) if word.startswith("python:")}
    programs = {re.sub(r"\d", "", name) for name in names}
    for path in tree.files:
        if not within(path, context) or path.count("/") > context.count("/") + 4 or _PACKAGED.search(path):
            continue
        pure = PurePosixPath(path)
        script = pure.suffix in ("", ".sh", ".bash", ".ini", ".toml", ".conf", ".json", ".py", ".rb", ".yml", ".yaml")
        if (
            (pure.name in names and script and not pure.name.startswith(".") and len(pure.name) > 3)
            or any(path.endswith(f"/{one}") or path == one for one in dotted)
            or (
                _SETTINGS.fullmatch(pure.name)
                and any(pure.name.startswith(program) and len(program) > 3 for program in programs)
            )
        ):
            yield path


def _is_shell(path: str, text: str) -> bool:
    first = text.partition("\n")[0]
    if first.startswith("#!"):
        return bool(re.search(r"\b(?:ba|da|a|z|k)?sh\b", first))
    return PurePosixPath(path).suffix in ("", ".sh", ".bash")


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _code(text: str) -> str:
    """A script without its comments."""
    return "\n".join(line for line in text.splitlines() if not re.match(r"\s*(?:#|//|;)", line))
