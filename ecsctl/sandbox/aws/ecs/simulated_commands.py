"""Commands that are simulated instead of run in a container: their output and exit code.

A few shell commands are supported, so that exit codes can be tried; any other command is assumed to succeed.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

from ecsctl.sandbox.aws.ecs.outside import Run

_AND, _THEN = "&&", ";"


def simulated(words: Sequence[str]) -> Run:
    """The run of a container that was started with this command."""
    code, seconds, lines = 0, 1.0, list[str]()
    for operator, one in _parts(words):
        if operator == _AND and code:
            continue
        name, given = one[0], one[1:]
        if name == "exit":
            code = _number(given, code) % 256
            break
        if name == "sleep":
            seconds += _number(given, 0)
        code = 1 if name == "false" else 0
        if name == "echo":
            lines.append(" ".join(given))
        elif name not in ("true", "false", "sleep"):
            lines.append(f"the sandbox simulates this command, which succeeds: {shlex.join(one)}")
    return Run("exit", seconds, code, lines=tuple(lines))


def _parts(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The commands in it, each with the operator before it."""
    shell = len(words) == 3 and words[0].rpartition("/")[2] in ("sh", "bash") and words[1].startswith("-")
    split = _split(words[2]) if shell else None
    if split is None:
        yield _THEN, [*words]
        return
    operator, held = _THEN, list[str]()
    for word in [*split, _THEN]:
        if word in (_AND, _THEN):
            if held:
                yield operator, held
            operator, held = word, []
        else:
            held.append(word)


def _split(script: str) -> list[str] | None:
    """The words of a script that consists only of commands in sequence; None for any other script."""
    if re.search(r"[|<>`$(){}*?#\\]|(?<!&)&(?!&)", script):
        return None
    lexer = shlex.shlex(script.replace("\n", _THEN), posix=True, punctuation_chars=";&")
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:
        return None


def _number(given: Sequence[str], otherwise: int) -> int:
    return int(given[0]) if given and given[0].isdecimal() else otherwise
