"""A reader who does what a page says, word for word, on the sandbox inside this process.

Blocks of `sh` are typed, line by line. In a block of `console` the lines after a `$` are typed and the others must then
be printed, in that order; `…` is whatever else was printed. A block with a `title` is a file: one of TOML is laid over
what the file says already, any other is written. A line that ends in `# exits with N` must do so, all others with 0.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import boto3
import tomlkit
from botocore import xform_name

from ecsctl import session
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.cli import main
from ecsctl.sandbox import push
from ecsctl.sandbox.core.clock import Clock
from tests.docs.pages import Fence, fences
from tests.stack.conftest import shared_session

EXITS = re.compile(r"# exits with (\d+)")
TITLE = re.compile(r'title="([^"]+)"')
HANDED_OVER = re.compile(r'with the value "(ecsctl:app=[^"]*)"')  # what must be copied from the screen into a record
VARIABLE = re.compile(r"[A-Z_]+=")
ASKS = {
    "creds set": "ghp_0123456789abcdefghijklmnopqrstuvwxyz\n",
    "secret set db-url": "postgres://a-value\n",
}  # what a person types where only a person is asked


class Astray(AssertionError):
    """Describes what the page says is not what happens."""


class Step(NamedTuple):
    """One thing that a page has its reader do: type a line, or write a file."""

    line: str = ""
    code: int = 0  # with which the line ends
    printed: tuple[str, ...] = ()  # what the page says that it prints
    file: str = ""
    text: str = ""

    def unexpected(self, printed: str) -> str:
        """The first that the page says and that is not printed, in the page's order; empty if all is."""
        rest = " ".join(printed.split())
        for wanted in self.printed:
            for part in filter(None, (" ".join(part.split()) for part in wanted.split("…"))):
                _, found, rest = rest.partition(part)
                if not found:
                    return part
        return ""


def steps(page: Path) -> Iterator[Step]:
    """Returns what the page has its reader do, in its order."""
    for fence in fences(page):
        if title := TITLE.search(fence.about):
            yield Step(file=title[1], text=fence.text)
        elif fence.word in ("sh", "console"):
            yield from _typed(fence)


def _typed(fence: Fence) -> Iterator[Step]:
    found: list[Step] = []
    for line in fence.text.replace("\\\n", " ").splitlines():
        if fence.word == "console" and not line.startswith("$ "):
            found[-1] = found[-1]._replace(printed=(*found[-1].printed, line))
        elif line.strip() and not line.startswith("#"):
            exits = EXITS.search(line)
            found.append(Step(line.removeprefix("$ ").strip(), int(exits[1]) if exits else 0))
    return iter(found)


class Reader:
    """Someone in a folder, with an account. `known` stands in the page's examples for what only the account knows."""

    def __init__(self, clock: Clock, known: Mapping[str, str] | None = None) -> None:
        self.clock, self.known = clock, known or {}

    def follow(self, page: Path) -> int:
        """Do all that the page says. Returns how many commands of ours that were. Raises Astray."""
        done = 0
        for step in steps(page):
            if step.file:
                self._write(Path(step.file), self._meant(step.text))
                continue
            code, printed = self._type(self._meant(step.line))
            if handed := HANDED_OVER.search(" ".join(printed.split())):
                self.known = {**self.known, "ecsctl:app=shop …": handed[1]}
            if code != step.code:
                raise Astray(f"{step.line}: exit code {code}, expected {step.code}\n{printed}")
            if missing := step.unexpected(printed):
                raise Astray(f"{step.line}: the page says {missing!r}, but it prints\n{printed}")
            done += "ecsctl " in step.line
        return done

    def _write(self, path: Path, text: str) -> None:
        """The file; one of TOML is laid over what is there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".toml" and path.exists():
            document = tomlkit.parse(path.read_text())
            _lay(document, tomlkit.parse(text))
            text = tomlkit.dumps(document)
        path.write_text(text)

    def _type(self, line: str) -> tuple[int, str]:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
        lexer.whitespace_split = True
        words = list(lexer)
        variables = dict(word.split("=", 1) for word in itertools.takewhile(VARIABLE.match, words))
        into, words = _redirected(words[len(variables) :])
        with mock.patch.dict(os.environ, variables) if variables else nullcontext():
            code, printed = self._run(words)
        if into:
            Path(into).write_text(printed)
        return code, printed

    def _run(self, words: list[str]) -> tuple[int, str]:
        program, *rest = words
        if program == "ecsctl":
            return ours(rest)
        if program == "export":
            os.environ.update(word.split("=", 1) for word in rest)
        elif program == "cd":
            os.chdir(rest[0])
        elif program == "aws":
            answer = aws(rest)
            if rest[:2] == ["secretsmanager", "create-secret"]:  # six characters of AWS's own end its ARN
                self.known = {**self.known, f"{answer['Name']}-AbCdEf": answer["ARN"].rpartition(":")[2]}
            return 0, json.dumps(answer, default=str)
        else:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if words[:2] == ["git", "push"] and done.returncode == 0:
                push.push(words[-1].rpartition(":")[2] if len(words) > 3 else "main")
                self.clock.sleep(1200)  # the reader has a cup of tea
            return done.returncode, done.stdout + done.stderr
        return 0, ""

    def _meant(self, text: str) -> str:
        for example, real in self.known.items():
            text = text.replace(example, real)
        return text


def ours(words: list[str]) -> tuple[int, str]:
    """A command of ours in this process: its exit code, and what it printed."""
    out = io.StringIO()
    typed = ASKS.get(" ".join(words), "")
    words = [*words, "-"] if typed else words
    with (
        mock.patch.object(sys, "argv", ["ecsctl", *words]),
        mock.patch.object(sys, "stdin", io.StringIO(typed)),
        redirect_stdout(out),
        redirect_stderr(out),
    ):
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue()
    raise AssertionError("main() does not return")


def aws(words: list[str]) -> Any:
    """A command of the AWS CLI, by the SDK's own model of that call: an option it has not is an error here too."""
    client: Any = boto3.client(words[0])  # type: ignore[call-overload]  # the name is a variable here
    return getattr(client, words[1].replace("-", "_"))(**given_to_aws(words))


def given_to_aws(words: list[str]) -> dict[str, Any]:
    """Returns what a command of the AWS CLI hands to the SDK. Raises KeyError for a call, or an option of it, that
    is none.
    """
    service, operation, *rest = words
    model = shared_session()._session.get_service_model(service)
    called = {xform_name(name, "-"): name for name in model.operation_names}[operation]
    shape = model.operation_model(called).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in shape.members.items()}
    given: dict[str, Any] = {}
    for option, values in _options(rest):
        if option not in ("query", "output"):
            name, member = members[option]
            given[name] = _value(member, values)
    return given


@contextmanager
def living_by(clock: Clock) -> Iterator[None]:
    """Within it the commands wait on that clock, where an hour costs nothing."""

    def aws(place: session.Place, region: str | None = None) -> Aws:
        return Aws(Patience(clock), session=shared_session())

    with mock.patch.object(session.Place, "aws", aws):
        yield


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    option, values = "", list[str]()
    for word in [*words, "--"]:
        if word.startswith("--"):
            if option:
                yield option, values
            option, values = word[2:], []
        else:
            values.append(word)


def _value(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "integer":
        return int(values[0])
    if shape.type_name == "list":
        return [_value(shape.member, [value]) for value in values]
    if shape.type_name == "structure" and values[0].startswith("file://"):
        content = Path(values[0].removeprefix("file://"))
        found: dict[str, Any] = json.loads(content.read_text()) if content.exists() else {}
        return found
    if shape.type_name == "structure":
        parts: dict[str, str] = dict(part.split("=", 1) for part in values[0].split(","))
        return {name: _value(shape.members[name], [value]) for name, value in parts.items()}
    path = Path(values[0].removeprefix("file://"))
    return path.read_text() if values[0].startswith("file://") and path.exists() else values[0]


def _redirected(words: list[str]) -> tuple[str, list[str]]:
    return (words[-1], words[:-2]) if ">" in words[-2:-1] else ("", words)


def _lay(under: Any, over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(under.get(key), Mapping):
            _lay(under[key], value)
        else:
            under[key] = value
