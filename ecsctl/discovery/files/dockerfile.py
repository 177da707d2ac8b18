"""Parses Dockerfiles: stages, their instructions, and the values of variables."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

Instruction = tuple[str, str]
"""The keyword in capitals, and the rest of the line."""

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?([-+])([^{}]*))?\}|(\w+))")
_PAIR = re.compile(r"""(?<![\w.-])([\w.-]+)=("(?:\\.|[^"\\])*"|'[^']*'|(?:\\.|\S)*)""")
# The start of a here-document, but neither `<<<` nor a shift in arithmetic (BuildKit, "Here-documents").
_HEREDOC = re.compile(r"(?:^|[\s;&|(])\d*<<(?!<)-?[\"']?(\w+)[\"']?")
# What BuildKit sets by itself ("Automatic platform ARGs in the global scope").
_GIVEN = re.compile(r"(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)")
PLATFORM = {
    f"{whose}{what}": value
    for whose in ("BUILD", "TARGET")
    for what, value in (("PLATFORM", "linux/arm64"), ("OS", "linux"), ("ARCH", "arm64"))
}
"""Their values for ARM64, the default processor. BuildKit sets them before the first FROM too."""
_BARE = re.compile(
    r"(?:.*/)?(?:alpine|debian|ubuntu|busybox|amazonlinux|ruby|python|node|golang|rust|elixir|erlang|crystal|"
    r"[\w-]*(?:jdk|jre|temurin|corretto|openjdk)|dotnet/(?:runtime|aspnet)|static|base|cc)[\w-]*(?:[:@].*)?"
)
"""Base images of languages and operating systems: none of them starts an app."""

MOST_STAGES = 200
"""How many stages are read. No real Dockerfile comes near; a hostile one may have any number."""
_LONGEST = 1_000_000
"""How many characters expansion may add to a text: variables that contain each other twice would fill any memory."""


@dataclass(frozen=True)
class Stage:
    """One FROM and the instructions after it. `parent` is the earlier stage it is based on; None for an image."""

    name: str
    base: str
    platform: str
    parent: Stage | None
    instructions: tuple[Instruction, ...]
    written: str = ""  # the base before its variables are expanded

    @property
    def chain(self) -> tuple[Stage, ...]:
        """This stage and the stages it is based on, this one first."""
        found = [self]
        while parent := found[-1].parent:
            found.append(parent)
        return tuple(found)

    @property
    def image(self) -> str:
        """The image that the first stage of the chain is based on."""
        return self.chain[-1].base


@dataclass(frozen=True)
class Dockerfile:
    """All stages, in order, and the defaults of the ARGs before the first FROM."""

    stages: tuple[Stage, ...]
    arguments: tuple[tuple[str, str], ...] = ()

    def stage(self, target: str = "") -> Stage | None:
        """The stage with this name, or the last one if no name is given; None if there is none."""
        named = [one for one in self.stages if one.name == target.lower()] if target else self.stages
        return named[-1] if named else None

    def variables(self, stage: Stage) -> dict[str, str]:
        """The values of ARG and ENV at the end of a stage."""
        known: dict[str, str] = {}
        for one in reversed(stage.chain):
            for word, rest in one.instructions:
                if word in ("ARG", "ENV"):
                    for name, value in _pairs(rest, old=word == "ENV"):
                        given = dict(self.arguments).get(name) if value is None else expanded(value, known)
                        if given is not None:
                            known[name] = given
        return known

    def environment(self, stage: Stage) -> dict[str, str]:
        """The values of ENV at the end of a stage: what the container has in its environment."""
        known = self.variables(stage)
        names = {name for one in stage.chain for word, rest in one.instructions if word == "ENV"
                 for name, _ in _pairs(rest, old=True)}  # fmt: skip
        return {name: known[name] for name in names if name in known}

    def volumes(self, stage: Stage) -> tuple[str, ...]:
        """The folders in VOLUME, of a stage and those it is based on."""
        known, found = self.variables(stage), list[str]()
        for one in stage.chain:
            for word, rest in one.instructions:
                if word == "VOLUME":
                    found += [expanded(name, known) for name in words(rest)]
        return tuple(dict.fromkeys(one for one in found if re.fullmatch(r"/[\w./-]+", one)))

    def command(self, stage: Stage) -> str:
        """ENTRYPOINT and CMD as one line. A new ENTRYPOINT drops the CMD of the stages before."""
        return " ".join(self.parts(stage)).strip()

    def parts(self, stage: Stage) -> tuple[str, str]:
        """ENTRYPOINT and CMD, each as one line; empty where there is none."""
        entry = command = ""
        for one in reversed(stage.chain):
            words = [word for word, _ in one.instructions]
            if "ENTRYPOINT" in words:
                command = ""
            for word, rest in one.instructions:
                if word == "ENTRYPOINT":
                    entry = plain(rest)
                elif word == "CMD":
                    command = plain(rest)
        return entry, command

    def last(self, stage: Stage, word: str) -> str:
        """The arguments of the last instruction of this kind, which is the one in effect; empty if there is none."""
        return next((rest for one in stage.chain for known, rest in reversed(one.instructions) if known == word), "")


def parse(text: str) -> Dockerfile:
    """Parse a Dockerfile. One without FROM has no stages."""
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    body: list[Instruction] = []
    head: tuple[str, str, str, Stage | None] | None = None
    written = ""

    def close() -> None:
        if head:
            stages.append(Stage(*head, tuple(body), written))
        body.clear()

    for word, rest in _instructions(text):
        if len(stages) == MOST_STAGES:
            break
        if word == "FROM":
            close()
            words = rest.split()
            platform = next((one.partition("=")[2] for one in words if one.startswith("--platform=")), "")
            words = [one for one in words if not one.startswith("--")]
            written = words[0] if words else ""
            words = [expanded(one, PLATFORM | arguments) for one in words]
            base = words[0] if words else ""
            name = words[2] if len(words) > 2 and words[1].upper() == "AS" else ""
            parent = next((one for one in reversed(stages) if one.name and one.name == base.lower()), None)
            head = (name.lower(), base, expanded(platform, PLATFORM | arguments), parent)
        elif head:
            body.append((word, rest))
        elif word == "ARG":
            arguments.update({name: expanded(value, arguments) for name, value in _pairs(rest) if value is not None})
    close()
    return Dockerfile(tuple(stages), tuple(arguments.items()))


def is_dockerfile(text: str) -> bool:
    """Whether a text begins as a Dockerfile must: with FROM, or ARGs before it. Sources and templates do not."""
    for word, rest in _instructions(text):
        if word == "FROM":
            words = [one for one in rest.split() if not one.startswith("--")]
            return len(words) == 1 or (len(words) == 3 and words[1].upper() == "AS")
        if word != "ARG":
            return False
    return False


def required_arguments(read: Dockerfile) -> tuple[str, ...]:
    """The ARGs without a default that the build cannot do without.

    They are in FROM, in a COPY from the context, or in the URL or version of a download.
    """
    found: dict[str, None] = {}
    for one in read.stages:
        known = read.variables(one)
        arguments = {name for word, rest in one.instructions if word == "ARG" for name, _ in _pairs(rest)}
        texts = [one.base] + [
            rest for word, rest in one.instructions if word in ("COPY", "ADD") and "--from=" not in rest
        ]
        for index, text in enumerate(texts):
            for match in _VARIABLE.finditer(expanded(text, known)):
                name = match[1] or match[4]
                if (index == 0 or name in arguments) and not _GIVEN.fullmatch(name):
                    found[name] = None
        runs = [expanded(rest, known) for word, rest in one.instructions if word == "RUN" and "$" in rest]
        written = "\n".join(runs)
        for name in islice(sorted(arguments), MOST_STAGES):  # a download without its version
            reached = rf"(?:https?://[^\s?\"']{{0,300}}|[\w\]](?:==|@))\$(?:{name}\b|\{{{name}\}})"
            assigned = re.search(rf"(?:^|[\s;&]){name}=", written)
            asked = re.search(rf"-[nz]\s+\"?\$\{{?{name}\b", written)  # the shell checks whether it is set
            if not _GIVEN.fullmatch(name) and not assigned and not asked and re.search(reached, written):
                found[name] = None
    return tuple(found)


def is_base_image(image: str) -> bool:
    """Whether an image is a base image of a language or an operating system, which starts no app."""
    return bool(_BARE.fullmatch(image))


def expanded(text: str, known: Mapping[str, str]) -> str:
    """Expand the known variables in a text. An unknown one becomes its default; without one it stays as it is."""
    left = _LONGEST

    def value(match: re.Match[str]) -> str:
        nonlocal left
        name, sign, other = match[1] or match[4], match[2], match[3]
        given = known.get(name, "")
        bare = "" if name in known else match[0]  # set, but empty
        found = (other if given else "") if sign == "+" else given or (other if sign else bare)
        left -= len(found)
        return found if left > 0 else match[0]

    for _ in range(3):  # a default may contain a variable again
        text = _VARIABLE.sub(value, text)
    return text


def plain(rest: str) -> str:
    """A command in shell or exec form, as one line."""
    try:
        words = json.loads(rest)
    except (ValueError, RecursionError):
        return rest
    return " ".join(map(str, words)) if isinstance(words, list) else rest


def words(rest: str) -> list[str]:
    """The arguments of COPY or ADD, in either form, without the options."""
    bare = re.sub(r"^(?:--\S+\s+)+", "", rest)
    try:
        listed = json.loads(bare)
        if isinstance(listed, list):
            return [str(one) for one in listed]
    except (ValueError, RecursionError):
        pass
    try:
        return shlex.split(bare)
    except ValueError:
        return bare.split()


def _pairs(rest: str, *, old: bool = False) -> Iterator[tuple[str, str | None]]:
    """The names and values of ENV or ARG; None for an ARG without a default."""
    if re.match(r"[\w.-]+\s+[^=\s]", rest) and (old or not re.match(r"[\w.-]+(\s+[\w.-]+)*$", rest)):
        name, _, value = rest.partition(" ")  # `ENV NAME the old form`
        yield name, value.strip().strip("\"'")
        return
    if pair := re.fullmatch(r"([\w.-]+)\s+(\S+)", rest):
        yield pair[1], pair[2].strip("\"'")
        return
    found = [(match[1], match[2]) for match in _PAIR.finditer(rest)]
    yield from ((name, value[1:-1] if value[:1] in "\"'" and value else value) for name, value in found)
    if not found and re.fullmatch(r"[\w.-]+", rest):
        yield rest, None


def _instructions(text: str) -> Iterator[Instruction]:
    """Each instruction: continued lines are joined; comments and the bodies of here-documents are left out."""
    escape = re.match(r"(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*(\S)", text, re.IGNORECASE)
    joint = escape[1] if escape else "\\"
    lines = iter(text.replace("\r\n", "\n").lstrip("\ufeff").split("\n"))
    for line in lines:
        whole = line.strip()
        if not whole or whole.startswith("#"):
            continue
        while whole.endswith(joint):
            following = next(lines, None)
            if following is None:
                whole = whole[:-1]
                break
            if following.strip().startswith("#") or not following.strip():
                continue
            whole = f"{whole[:-1]} {following.strip()}"
        word, rest = [*re.split(r"\s+", whole, maxsplit=1), ""][:2]
        if word.upper() in ("RUN", "COPY", "ADD"):
            for end in _HEREDOC.findall(rest):
                for inner in lines:
                    if inner.strip() == end:
                        break
        yield word.upper(), rest.strip()
