"""GET routes of axum, actix-web and Rocket, with all the prefixes of nests, scopes and mounts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

_LOGIN = re.compile(
    r"(?:layer|wrap|guard|extractor)\w*\([^;]{0,200}?(?:auth|jwt|login|secret|session|token)", re.IGNORECASE
)
# The code around a route, read backwards: a scope, a nest, brackets, the start of a statement or a function.
_AROUND = re.compile(
    r"(?:web::)?\bscope\(\s*\"(?P<scope>[^\"]*)\"\s*\)|\.nest\(\s*\"(?P<nest>[^\"]*)\"\s*,|\.mount\(\s*\"(?P<mount>[^\"]*)\"\s*,"
    r"|(?P<open>\()|(?P<close>\))|(?P<end>;|\bfn\s+(?P<fn>\w+)|\blet\s+(?:mut\s+)?(?P<let>\w+)[^=;\n]*=)"
)
_DEEPEST = 4  # functions that return routers, one inside the other


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
    for file in files:
        text = texts[file]
        for match in direct.finditer(text):
            before = _prefix(texts, file, match.start())
            if before is not None:
                yield _joined(before, match[1] or match[2]), file
        for match in marked.finditer(text):
            if re.search(r"(?i)auth|user|claims|token|session", match[3]):
                continue
            taken = re.compile(rf"(?:\bservice\(|\broutes!\[[^\]]*?)\s*(?:\w+::)*{match[2]}\b")
            for place, other in texts.items():
                use = taken.search(other)
                before = _prefix(texts, place, use.start()) if use else None
                if before is not None:
                    yield _joined(before, match[1]), file
                    break


def _prefix(texts: Mapping[str, str], file: str, place: int, deep: int = 0) -> str | None:
    """The prefix of the route at an offset of a file; None if it is unknown or requires a login."""
    text, depth, parts = texts[file], 0, list[str]()
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
            return _of_name(texts, parts, one["let"], {file: text}, deep, own=True)
        elif one["fn"]:
            return _of_name(
                texts, parts, one["fn"], texts, deep, own=one["fn"] in ("main", "rocket", "start", "run", "serve")
            )
    return _joined(*reversed(parts))


def _of_name(
    texts: Mapping[str, str], parts: list[str], name: str, where: Mapping[str, str], deep: int, *, own: bool
) -> str | None:
    """The prefix, including that of the place where the function or variable with the routes is mounted.

    If no such place is found: what is known so far if `own`, or if the name is usual for the app's router; else None.
    """
    here = _joined(*reversed(parts))
    taken = re.compile(
        rf"\.(?:nest\(\s*\"(?P<nest>[^\"]*)\"\s*,|merge\(|configure\(|service\(|attach\()\s*(?:\w+::)*{name}\b(?!::\w)"
    )
    for file, text in where.items():
        for use in taken.finditer(text) if deep < _DEEPEST else ():
            before = _prefix(texts, file, use.start(), deep + 1)
            return None if before is None else _joined(before, use["nest"] or "", here)
    return here if own or re.fullmatch(r"(?:\w+_)?(?:app|router|routes)", name) else None


def _joined(*parts: str) -> str:
    return "/" + "/".join(part for one in parts if (part := one.strip("/")))
