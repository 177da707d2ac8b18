"""Settings of ASP.NET apps: appsettings.json, and the settings that the sources read.

A variable overrides a setting. Its name has two underscores between the levels: `Jwt__Key` for `"Jwt": {"Key": …}`
(ASP.NET Core, "Configuration", "Naming of environment variables").
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

from ecsctl.discovery.files.tree import Tree, is_auxiliary, within

_FILES = r"appsettings(?:\.Production)?\.json"
_MOST = 400  # sources that are read
_READS = re.compile(
    r"[Cc]onfig(?:uration)?(?:\.GetSection\(\"(?P<section>[\w:.-]+)\"\))?"
    r"(?:\[\"(?P<index>[\w:.-]+)\"\]|\.Get(?:Required)?Value<string\??>\(\"(?P<value>[\w:.-]+)\"\)|"
    r"\.GetConnectionString\(\"(?P<connection>[\w.-]+)\"\))(?P<after>[^\n;]{0,60}(?:\n[^\n;]{0,60})?)"
)
_VARIABLE = re.compile(
    r"Environment\.GetEnvironmentVariable\(\"([A-Z]\w*)\"\)(?P<after>[^\n;]{0,60}(?:\n[^\n;]{0,60})?)"
)
# How a source reads a required setting: it throws without it, or calls a method on what would be null.
_DEMANDS = re.compile(r"\s*(?:!|\?\?\s*throw\b|\.(?!Equals)\w+\()")
_OPTIONAL = re.compile(r"\s*(?:\?\?(?!\s*throw\b)|\?\.|\s*(?:[!=]=|is)\s)")
_SECRET = re.compile(
    r"(?:\w+__)+\w*(?:Secret(?:Key)?|SigningKey|SecurityKey|EncryptionKey|Password|ApiKey|(?<=Jwt__)Key|(?<=JWT__)Key|Token)",
)
_PLACEHOLDER = re.compile(
    r"\s*|<[^>]*>|\*+|x{3,}|\{[^}]*\}|.*\b(?:your|change|replace|placeholder|todo|set[ _-](?:in|by|via))\b.*|"
    r".*(?:YOUR|CHANGE|REPLACE|PLACEHOLDER)_.*|__\w+__",
    re.IGNORECASE,
)


def project(tree: Tree, context: str, own: str, command: str) -> str:
    """The folder of the project that an image starts: that of the .dll in its command, else the Dockerfile's own."""
    started = re.search(r"([\w.-]+)\.dll\b", command)
    name = rf"{re.escape(started[1])}\.[cf]sproj" if started else "$."
    found = [one.rpartition("/")[0] or "." for one in tree.named(name, context) if not is_auxiliary(one)]
    return found[0] if found else own if tree.named(r"[\w.]+\.[cf]sproj", own) else context


def others(tree: Tree, built: str) -> tuple[str, ...]:
    """The folders of programs that the Dockerfile at `built` neither starts nor mentions."""
    text = f"{built}\n{tree.read(built)}"
    started = re.findall(r"(?<![\w.-])([\w.-]{1,100})\.dll\b", text)
    folders = dict.fromkeys(one.rpartition("/")[0] for one in tree.named(r"Program\.cs") if "/" in one)
    programs = {folder: {one.rpartition("/")[2].rpartition(".")[0] for one in tree.named(r"[\w.-]+\.[cf]sproj", folder)}
                for folder in folders}  # fmt: skip
    if not any(names & set(started) for names in programs.values()):
        return ()
    return tuple(folder for folder, names in programs.items() if names and not names & set(started)
                 and not re.search(rf"\b{re.escape(folder.rpartition('/')[2])}(?![\w.-])", text))  # fmt: skip


def settings(tree: Tree, context: str, foreign: Collection[str] = ()) -> dict[str, tuple[str, str]]:
    """The settings that apply in a container, by the variable that overrides each: value and file.

    `foreign` are the folders of other apps.
    """
    found: dict[str, tuple[str, str]] = {}
    for file in [one for one in tree.named(_FILES, context) if _is_own(one, foreign)][:10]:
        found |= {name: (value, file) for name, value in _flat(tree.read(file)).items()}
    return found


def _is_own(path: str, foreign: Collection[str]) -> bool:
    return not is_auxiliary(path) and not any(within(path, folder) for folder in foreign)


def secrets(tree: Tree, context: str, foreign: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """The settings that are secrets, judging by their name, each with its file."""
    found = settings(tree, context, foreign)
    yield from ((name, file) for name, (_, file) in found.items() if _SECRET.fullmatch(name))


def is_secret(name: str) -> bool:
    """Whether the variable of a nested setting is a secret, judging by its name."""
    return bool(_SECRET.fullmatch(name))


def required(tree: Tree, context: str, foreign: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Settings that the sources require and no settings file has a value for: the variable, and the source file."""
    files = [one for one in tree.named(r"[\w.-]+\.cs", context) if _is_own(one, foreign)]
    if not files:
        return
    known = {
        name.lower()
        for name, (value, _) in settings(tree, context, foreign).items()
        if not _PLACEHOLDER.fullmatch(value)
    }
    for file in files[:_MOST]:
        text = re.sub(r"(?m)^[ \t]*//.*$", "", tree.read(file))
        yield from ((match[1], file) for match in _VARIABLE.finditer(text) if _DEMANDS.match(match["after"]))
        for match in _READS.finditer(text):
            connection = match["connection"]
            name = f"ConnectionStrings:{connection}" if connection else match["index"] or match["value"]
            name = ":".join(one for one in (match["section"], name) if one).replace(":", "__")
            demanded = connection or is_secret(name) or _DEMANDS.match(match["after"])
            nested = "__" in name
            if nested and demanded and not _OPTIONAL.match(match["after"]) and name.lower() not in known:
                yield name, file


def _flat(text: str) -> dict[str, str]:
    """The settings in a JSON file, which may have comments and trailing commas; none if it is not valid."""
    bare = re.sub(r"(?m)^\s*//.*$|(?<=[,{\[\"\d])[ \t]+//.*$", "", text.lstrip("\ufeff"))
    try:
        read = json.loads(re.sub(r",(\s*[}\]])", r"\1", bare))
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    nodes = [("", read)]
    while nodes:
        path, node = nodes.pop()
        if isinstance(node, dict):
            nodes += [(f"{path}__{key}" if path else str(key), below) for key, below in reversed(node.items())]
        elif not isinstance(node, list) and path:
            found[path] = "" if node is None else str(node)
    return found
