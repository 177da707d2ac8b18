"""Variables that a pydantic settings class requires: its fields without a default, with the class's prefix.

pydantic-settings, "Usage": a field's variable is `env_prefix` and its name, in any case; an alias takes no prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ecsctl.discovery.files.tree import Tree

_CLASS = re.compile(r"(?m)^class[ \t]+(\w+)\(([^()]{0,400}(?:\([^()]{0,200}\)[^()]{0,400})?)\)[ \t]*:")
_PREFIX = re.compile(r"\benv_prefix[ \t]*=[ \t]*[\"'](\w*)[\"']")
_FIELD = re.compile(
    r"(?m)^(?:    |\t)([A-Za-z]\w*)[ \t]*:[ \t]*([^=\n#]{1,120}?)[ \t]*(?:=[ \t]*(\S[^\n]*))?(?:#[^\n]*)?$"
)
# Fields of the app's own types are left out: those may have defaults themselves.
_PLAIN_TYPE = re.compile(
    r"(?:str|int|bool|float|bytes|Path|UUID|(?:pydantic\.)?(?:\w*Secret\w*|\w*Url|\w*Dsn|\w*Uri|EmailStr|NameEmail|"
    r"(?:Positive|NonNegative)Int)|(?:[Ll]ist|[Ss]et|[Tt]uple)\[.*\]|Literal\[.*\])"
)
_MOST_CLASSES = 60  # of one file


def required(tree: Tree, files: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each required variable, in capitals, and the file with its class. `files` are Python sources."""
    texts = {file: tree.read(file) for file in files}
    found = [
        (file, match, text)
        for file, text in texts.items()
        if "Settings" in text or "env_prefix" in text
        for match in islice(_CLASS.finditer(text), _MOST_CLASSES)
    ]
    bases = {"BaseSettings"}
    for _ in range(4):  # settings classes may inherit from each other, in any order of the files
        bases |= {match[1] for _, match, _ in found if bases & set(re.findall(r"\w+", match[2]))}
    for file, match, text in found:
        if match[1] in bases:
            given = _given(texts.values(), match[1])
            body = re.split(r"\n(?=\S)", text[match.end() : match.end() + 20_000], maxsplit=1)[0]
            prefix = next(iter(_PREFIX.findall(f"{match[2]}\n{body}")), "")
            yield from ((name, file) for name in _demanded(body, prefix) if name not in given)


def _given(texts: Iterable[str], name: str) -> set[str]:
    """The fields, in capitals, that the app passes itself when it creates the settings."""
    found: set[str] = set()
    for text in texts:
        for made in re.finditer(rf"(?<!class )\b{name}(?=\()", text):
            call = _call(text[made.end() : made.end() + 2000])
            found |= {one.upper() for one in re.findall(r"\b(\w+)\s*=(?!=)", call)}
            if "**" in call:
                found |= {one.upper() for one in re.findall(r"[\"'](\w+)[\"']\s*:", text)}
    return found


def _demanded(body: str, prefix: str) -> Iterator[str]:
    for field in _FIELD.finditer(body):
        name, kind, value = field.groups()
        if not _PLAIN_TYPE.fullmatch(kind):
            continue
        if value is None:
            yield f"{prefix}{name}".upper()
        elif re.match(r"(?:\w+\.)?Field\(", value):
            said = _call(body[field.start(3) : field.start(3) + 600])
            first = re.match(r"\w[\w.]*\(\s*(\.\.\.|\w+\s*=|\))?", said)
            if (first and first[1]) and not re.search(r"\bdefault(?:_factory)?\s*=", said):
                alias = re.search(r"\b(?:validation_)?alias\s*=\s*[\"'](\w+)[\"']", said)
                yield (alias[1] if alias else f"{prefix}{name}").upper()


def _call(text: str) -> str:
    """The text up to the parenthesis that closes the call."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and not depth:
            return text[: place + 1]
    return text
