"""GET routes of axum, actix-web and Rocket, with all the prefixes of nests, scopes and mounts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_LOGIN = re.compile(
    r"(?:layer|wrap|guard|extractor)\w*\([^;]{0,200}?(?:auth|jwt|login|secret|session|token)", re.IGNORECASE
)
# The code around a route, read backwards: a scope, a nest, brackets, the start of a statement or a function.
_AROUND = re.compile(
    r"(?:web::)?\bscope\(\s*\"(?P<scope>[^\"]*)\"\s*\)|\.nest\(\s*\"(?P<nest>[^\"]*)\"\s*,|\.mount\(\s*\"(?P<mount>[^\"]*)\"\s*,"
    r"|(?P<open>\()|(?P<close>\))|(?P<end>;|\bfn\s+(?P<fn>\w+)|\blet\s+(?:mut\s+)?(?P<let>\w+)[^=;\n]*=)"
)
_FUNCTION = re.compile(r"\bfn\s+(\w+)")
_DEEPEST = 4  # functions that return routers, one inside the other


@dataclass(frozen=True)
class _Crate:
    """All sources, by file, and the functions that several of them define."""

    texts: Mapping[str, str]
    common: Collection[str]
    known: dict[tuple[str, str], str | None] = field(default_factory=dict)  # prefixes, by file and function

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> _Crate:
        times = Counter(name for text in texts.values() for name in set(_FUNCTION.findall(text)))
        first = sorted(texts.items(), key=lambda one: not one[0].endswith("main.rs"))  # before helpers of tests
        return cls(dict(first), {name for name, number in times.items() if number > 1})


def of(texts: Mapping[str, str], path: str, files: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each route in these files whose own path matches a pattern: its full path, and its file.

    `texts` are all sources, by file.
    """
    direct = re.compile(
        rf"\.route\(\s*\"(/?{path})\"\s*,\s*(?:\w+::)*get\(|\bresource\(\s*\"(/?{path})\"\s*\)\s*\.(?:get\(|to\(|route\(\s*web::get\(\))"
    )
    marked = re.compile(
        rf"#\[get\(\s*\"(/?{path})\"[^\]]*\)\]\s*(?:#\[[^\n]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?fn\s+(\w+)([^{{]*)"
    )
    crate = _Crate.of(texts)
    for file in files:
        text = texts[file]
        for match in direct.finditer(text):
            before = _prefix(crate, file, match.start())
            if before is not None:
                yield _joined(before, match[1] or match[2]), file
        for match in marked.finditer(text):
            if re.search(r"(?i)auth|user|claims|token|session", match[3]):
                continue
            taken = re.compile(rf"(?:\bservice\(|\broutes!\[[^\]]*?)\s*(?:\w+::)*{match[2]}\b")
            for place, other in texts.items():
                use = taken.search(other)
                before = _prefix(crate, place, use.start()) if use else None
                if before is not None:
                    yield _joined(before, match[1]), file
                    break


def _prefix(crate: _Crate, file: str, place: int, deep: int = 0) -> str | None:
    """The prefix of the route at an offset of a file; None if it is unknown or requires a login."""
    text, depth, parts = crate.texts[file], 0, list[str]()
    end = text.find(";", place)
    if _LOGIN.search(text[place : end if end >= 0 else place + 400]):
        return None
    around = list(_AROUND.finditer(text, max(0, place - 20_000), place))
    for one in reversed(around):
        said = next((one[kind] for kind in ("scope", "nest", "mount") if one[kind] is not None), None)
        if one["close"]:
            depth += 1
        elif one["scope"] is not None:
            parts += [one["scope"]] if depth == 0 else []
        elif said is not None or one["open"]:
            parts += [said] if said is not None and depth == 0 else []
            depth = max(0, depth - 1)
        elif one["end"] == ";" and depth == 0:
            continue  # an earlier statement: the function or variable is further up
        elif one["let"] and depth == 0 and ";" not in text[one.end() : place]:
            return _of_name(crate, parts, one["let"], file, deep, own=True)
        elif one["fn"]:
            own = one["fn"] in ("main", "rocket", "start", "run", "serve")
            return _of_name(crate, parts, one["fn"], file, deep, own=own, everywhere=True)
    return _joined(*reversed(parts))


def _of_name(
    crate: _Crate, parts: list[str], name: str, file: str, deep: int, *, own: bool, everywhere: bool = False
) -> str | None:
    """The prefix, including that of the place where the function or variable with the routes is mounted.

    It is defined in `file`; functions in other files may have its name. If no such place is found: what is known so far
    if `own`, or if the name is usual for the app's router; else None.
    """
    usual = "" if own or re.fullmatch(r"(?:\w+_)?(?:app|router|routes)", name) else None
    if not everywhere:
        found = _before(crate, name, file, deep, usual, everywhere=False)
    elif (file, name) in crate.known:
        found = crate.known[file, name]
    else:
        found = crate.known[file, name] = _before(crate, name, file, deep, usual, everywhere=True)
    return None if found is None else _joined(found, *reversed(parts))


def _before(crate: _Crate, name: str, own_file: str, deep: int, usual: str | None, *, everywhere: bool) -> str | None:
    """The prefix of what a function or variable mounts; `usual` if nothing uses it."""
    taken = re.compile(
        r"\.(?:nest\(\s*\"(?P<nest>[^\"]*)\"\s*,|merge\(|configure\(|service\(|attach\()\s*"
        rf"(?P<module>(?:\w+::)*){name}\b(?!::\w)"
    )
    for file in crate.texts if everywhere else (own_file,):
        for use in taken.finditer(crate.texts[file]) if deep < _DEEPEST else ():
            if everywhere and name in crate.common and not _is_meant(use["module"], file, own_file):
                continue
            before = _prefix(crate, file, use.start(), deep + 1)
            return None if before is None else _joined(before, use["nest"] or "")
    return usual


def _is_meant(module: str, file: str, own_file: str) -> bool:
    """Whether a name with this module, used in `file`, can be the one that `own_file` defines: `health::routes::`."""
    names = [one for one in module.split("::") if one not in ("", "crate", "self", "super")]
    if not names:
        return file == own_file
    folder = file.rpartition("/")[0]
    below = own_file.removeprefix(f"{folder}/") if folder else own_file
    parts = below.removesuffix(".rs").split("/")
    return parts[0] == names[0] and names[-1] in parts


def _joined(*parts: str) -> str:
    return "/" + "/".join(part for one in parts if (part := one.strip("/")))
