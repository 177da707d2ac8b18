"""Health check routes below the routers that mount them: Express, Koa, Flask, FastAPI, Django, Go, and others.

A route is only yielded if every prefix before it is known and nothing on the way requires a login.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ecsctl.discovery.files.tree import Tree, without_tests
from ecsctl.discovery.serving import rust_routes
from ecsctl.discovery.serving.checks import WELL, may_have_route

_WELL = rf"(?:{WELL}(?:/(?:live|liveness|ready|up))?|(?:[\w-]+/){{1,2}}{WELL})"
_GUARDED = re.compile(r"auth|login|protect|guard|passport|jwt|permission|\badmin|session\w*\(|depends\(", re.IGNORECASE)
_DEEPEST = 5  # folders before a route of Django
_MOST_INCLUDED = 200
_BEST = ("livez", "liveness", "live", "alive", "healthz", "health", "healthcheck", "heartbeat", "ping", "readyz", "up")

_NAMED = re.compile(rf"[\"'](/{_WELL}/?)[\"']")
# Code before a path with which the whole request path is compared: no prefix can come before it.
_COMPARED = re.compile(
    r"(?:\brequest_path:|\b(?:req|request)\.(?:url|path|originalUrl)|\bctx\.path|\.URL\.Path"
    r"|\b(?:scope|env|environ)(?:\.get)?[\[(][\"'](?:path|PATH_INFO)[\"'][\])])"
    r"\s*(?:===?)?\s*$"
)
# Middleware that answers at the path that it is given.
_WRAPS = re.compile(rf"\bhealth_?check\w*\(\s*(?:app|application),\s*[\"'](/{_WELL}/?)[\"']", re.IGNORECASE)
_WIRED = re.compile(rf"(?:\bRoute|\.add_get|\bweb\.get)\(\s*[\"'](/{_WELL}/?)[\"']\s*,")  # Starlette, aiohttp
_SINATRA = re.compile(rf"(?m)^[ \t]*get[ \t]*\(?[ \t]*[\"'](/{_WELL})/?[\"']")
_PHP = re.compile(rf"(?:#\[|@)(?:\w+\\)?Route\(\s*(?:path:\s*)?[\"'](/{_WELL}/?)[\"'](?![^\]\n]*POST)")
_PHP_CLASS = re.compile(
    r"(?:#\[|@)Route\(\s*(?:path:\s*)?[\"'](/[\w/-]*)[\"'][^\n]*\s*(?:#\[[^\n]*\s*|\*/\s*)*(?:final\s+)?class\s"
)
_LARAVEL = re.compile(rf"\bRoute::get\(\s*[\"']/?({_WELL}|status(?=[^\n]*(?:Status|Health)))/?[\"']")

_JS_USE = re.compile(r"(?<![\w.])(\w+)\s*\.use\(\s*(?:[\"'`](/?[\w/.-]*)[\"'`]\s*,|([\w.]+)\s*,)?([^;\n]{1,200})\)")
_JS_APP = re.compile(r"=\s*(?:await\s+)?(?:express|polka|restify\.createServer)\(|=\s*new\s+(?:Koa|Hono)(?:<[^>]*>)?\(")
_JS_ROUTER = re.compile(
    r"(?<![\w.])(\w+)(?:\s*:\s*[\w.]+)?\s*=\s*(?:new\s+)?(?:express\.)?(?:Router|PromiseRouter|KoaRouter)(?:<[^>]*>)?\(([^)]*)\)"
)
_JS_IMPORT = re.compile(
    r"import\s+([^;\"']{1,300}?)\s+from\s+[\"'](\.[^\"']*)[\"']"
    r"|(?:const|let|var)\s+([^=;]{1,300}?)\s*=\s*require\(\s*[\"'](\.[^\"']*)[\"']\s*\)"
)

_PY_ROUTER = re.compile(r"(?m)^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:Blueprint|APIRouter)\(((?:[^()]|\([^()]*\))*)\)")
_PY_INCLUDE = re.compile(
    r"(\w+)\.(?:register_blueprint|include_router)\(\s*([\w.]+)\s*((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)"
)
_PY_PREFIX = re.compile(r"\b(?:url_)?prefix\s*=\s*(?:f?[\"']([^\"']*)[\"']|([\w.]+))")
_DJANGO_INCLUDE = re.compile(
    r"\bpath\(\s*r?[\"']([\w/-]*)[\"']\s*,\s*include\(\s*\(?\s*[\"']([\w.]+)[\"']|"
    r"\burl\(\s*r?[\"']\^([\w/-]*)[\"']\s*,\s*include\(\s*[\"']([\w.]+)[\"']"
    r"|\bpath\(\s*r?[\"']([\w/-]*)[\"']\s*,\s*include\(\s*(\w+)\s*\)"
)
_GO_NEW = re.compile(
    r"\b(\w+)\s*:?=\s*(?:gin\.(?:New|Default)|chi\.New(?:Router|Mux)|mux\.NewRouter|fiber\.New|echo\.New"
    r"|http\.NewServeMux|httprouter\.New)\("
)
_GO_GROUP = re.compile(
    r"\b(\w+)\s*:?=\s*(\w+)\.Group\(\s*\"(/?[\w/-]*)\"\s*\)|\b(\w+)\s*:?=\s*(\w+)\.PathPrefix\(\s*\"(/[\w/-]*)\"\)\.Subrouter\("
)
_GO_OF_GROUP = re.compile(r"\b(\w+)\.(?:GET|Get)\(\s*\"/?\"\s*,")
_GO_MOUNT = re.compile(r"\.Mount\(\s*\"(/[\w/-]*)\"\s*,\s*(\w+)\)")
_PARAMETER = re.compile(r"\bfunc\b[^{\n]*\(\s*(\w+)\s+\*?(?:chi\.\w+|gin\.\w+|echo\.\w+|mux\.\w+|fiber\.\w+)")
_OF_PEOPLE = r"log(?:in|out)\b|auth|sign|admin|ws\b|socket|callback|oauth|refresh|metrics|me\b|verify|profile"
_STATIC = rf"(?:(?!{_OF_PEOPLE})[\w.-]+/?){{0,4}}"
"""Any path without parameters, except those about logins and accounts."""


class _Routes:
    """Patterns for routes in several frameworks whose path matches a given pattern."""

    def __init__(self, path: str) -> None:
        self.path = path
        calls = "get|all|use" if path == _WELL else "get|all"
        self.javascript = re.compile(
            rf"(?<![\w.])((?:this\.)?\w+)\s*\.(?:{calls})(?:<[^>\n]*>)?\(\s*[\"'`](/{path})/?[\"'`]([^\n]*)"
        )
        self.django = re.compile(
            rf"\b(?:re_)?path\(\s*r?[\"']\^?(?:({path}/?)|(status/?)(?=[^\n]*health))(?:\?\$|\$)?[\"']\s*,\s*([^\n]*)",
            re.IGNORECASE,
        )
        self.go = re.compile(
            rf"\b(\w+)\.(?:GET|Get|HandleFunc|Handle|(?:Methods\(\"GET\"[^)]*\)\.)?Path)\(\s*\"(?:GET )?(/{path})\""
        )


_CHECKS, _ANY = _Routes(_WELL), _Routes(_STATIC)


@dataclass(frozen=True)
class _Sources:
    texts: Mapping[str, str]  # without commented lines
    routes: _Routes

    def hinted(self, text: str) -> bool:
        """Whether a source may have such a route."""
        return self.routes is _ANY or may_have_route(text)

    def like(self, *endings: str) -> Iterator[tuple[str, str]]:
        """The files with one of these extensions, and their texts."""
        return ((file, text) for file, text in self.texts.items() if file.endswith(endings))


def of(tree: Tree, files: Sequence[str], *, anything: bool = False) -> list[tuple[str, str]]:
    """Each route for a health check, with its file; liveness routes before those that may check other services.

    `files` are the sources that get into the image. `anything`: every GET route that requires no login and has no
    parameters, the shortest first.
    """
    sources = _Sources({file: _of_app(tree, file) for file in files}, _ANY if anything else _CHECKS)
    found: dict[str, str] = {}
    for kind in (*(() if anything else (_whole,)), _of_javascript, _of_python, _of_django, _of_go, _of_rust):
        for path, file in kind(sources):
            found.setdefault(path, file)
    return sorted(found.items(), key=lambda one: _order(one[0]))


def _of_app(tree: Tree, file: str) -> str:
    """A source without its tests."""
    text = tree.live(file)
    return without_tests(text) if file.endswith(".rs") else text


def _order(path: str) -> tuple[int, int]:
    last = re.sub(r"[_-]", "", path.strip("/").rpartition("/")[2].lower())
    return (_BEST.index(last) if last in _BEST else len(_BEST), path.count("/"))


def _whole(sources: _Sources) -> Iterator[tuple[str, str]]:
    for file, text in sources.like(".js", ".ts", ".mjs", ".cjs", ".py", ".rb", ".go", ".ex", ".php"):
        if not may_have_route(text):
            continue
        compared = (
            one[1] for one in _NAMED.finditer(text) if _COMPARED.search(text, max(0, one.start() - 80), one.start())
        )
        yield from ((path, file) for path in (*islice(compared, 1), *_WRAPS.findall(text)[:1]))
        if file.endswith(".py") and re.search(r"\b(?:starlette|aiohttp)\b", text):
            yield from ((path, file) for path in _WIRED.findall(text)[:1])
        if file.endswith(".rb") and re.search(r"Sinatra::|require [\"']sinatra", text):
            yield from ((path, file) for path in _SINATRA.findall(text)[:1])
        if file.endswith(".php") and (route := _PHP.search(text)):
            before = _PHP_CLASS.search(text)
            yield _joined(before[1] if before else "", route[1]), file
        if file.endswith(("routes/web.php", "RouteServiceProvider.php")):
            yield from ((f"/{route[1]}", file) for route in _LARAVEL.finditer(text)
                        if "prefix(" not in text[max(0, route.start() - 300) : route.start()])  # fmt: skip


def _of_javascript(sources: _Sources) -> Iterator[tuple[str, str]]:
    texts = dict(sources.like(".js", ".ts", ".mjs", ".cjs"))
    routed = {file: text for file, text in texts.items() if ".use(" in text or "Router" in text}

    known: dict[tuple[str, str], str | None] = {}

    def above(file: str, name: str) -> str | None:
        """The prefix of a router; None if it is unknown or something on the way requires a login."""
        if (file, name) not in known:
            known[file, name] = None  # if routers mount each other in a circle
            known[file, name] = searched(file, name)
        return known[file, name]

    def searched(file: str, name: str) -> str | None:
        text = routed.get(file, "")
        router = next((one for one in _JS_ROUTER.finditer(text) if one[1] == name), None)
        if router is None:
            made = re.search(rf"(?<![\w.]){re.escape(name)}\s*(?::\s*[\w.]+\s*)?{_JS_APP.pattern}", text)
            own_app = made and re.search(rf"\b{re.escape(name)}\.listen\(", text)  # others may be mounted in another
            return "" if own_app or name in ("app", "server", "application") else None
        own = re.search(r"prefix:\s*[\"'`](/[\w/-]*)[\"'`]", router[2])
        if "prefix" in router[2] and not own:
            return None
        exported = _exported(text, name)
        for place, other in routed.items():
            names = {name} if place == file else _imported(place, other, file, exported)
            for use in _JS_USE.finditer(other) if names else ():
                used = set(re.findall(r"(?<![\w.])\w+(?:\.\w+)?", use[4]))
                used |= {re.sub(r"\.(?:routes|router|default|middleware)$", "", one) for one in used}
                if not names & used or (place == file and use[1] == name):
                    continue
                if _GUARDED.search(use[4]) or (use[3] and not re.search(r"(?i)base_?(?:path|url)|root_?path", use[3])):
                    continue
                before = above(place, use[1])
                if before is not None:
                    return _joined(before, use[2] or "", own[1] if own else "")
        return None

    for file, text in routed.items():
        for route in sources.routes.javascript.finditer(text) if sources.hinted(text) else ():
            guards = [one for one in re.findall(rf"\b{route[1]}\.use\(([^\"'`\n]*)\)", text[: route.start()])
                      if _GUARDED.search(one)]  # fmt: skip
            if not guards and not _GUARDED.search(route[3].partition("=>")[0]):
                before = above(file, route[1])
                if before is not None:
                    yield _joined(before, route[2]), file


def _exported(text: str, name: str) -> set[str]:
    """The names under which a file exports a router; the empty name for a default export."""
    if re.search(rf"(?:export\s+default|module\.exports\s*=)\s*{name}\b", text):
        return {""}
    renamed = re.findall(rf"\b(\w+)\s*:\s*{name}\b|\bexports\.(\w+)\s*=\s*{name}\b", text)
    return {name, *(one or other for one, other in renamed)}


def _imported(place: str, text: str, file: str, exported: set[str]) -> set[str]:
    """The local names of a router that is imported from `file`, or from the folder whose index it is."""
    wanted = {file.rpartition(".")[0], file.rpartition("/")[0]}
    names: set[str] = set()
    for match in _JS_IMPORT.finditer(text):
        module = posixpath.normpath(posixpath.join(posixpath.dirname(place), match[2] or match[4]))
        if module not in wanted and re.sub(r"\.[cm]?[jt]s$", "", module) not in wanted:
            continue
        said = match[1] or match[3]
        for old, new in re.findall(r"(\w+)(?:\s*(?::|\bas\b)\s*(\w+))?", said if "{" in said else ""):
            names |= {new or old} if old in exported else set()
        if "{" not in said and (whole := re.findall(r"\w+", said)):
            names |= {whole[-1]} if "" in exported else {f"{whole[-1]}.{one}" for one in exported}
    return names


def _of_python(sources: _Sources) -> Iterator[tuple[str, str]]:
    texts = {file: re.sub(r"[ \t]*\\\n[ \t]*", " ", text) for file, text in sources.like(".py")
             if re.search(r"lueprint|outer\b", text)}  # fmt: skip
    includes = [(file, match) for file, text in texts.items() for match in _PY_INCLUDE.finditer(text)]

    known: dict[tuple[str, str], str | None] = {}

    def above(file: str, name: str) -> str | None:
        """The same for Flask and FastAPI, the router's own prefix included."""
        if (file, name) not in known:
            known[file, name] = None
            known[file, name] = searched(file, name)
        return known[file, name]

    def searched(file: str, name: str) -> str | None:
        made = next((one for one in _PY_ROUTER.finditer(texts[file]) if one[1] == name), None)
        if made is None:
            return "" if re.fullmatch(r"\w*app|application", name) else None
        own = prefix(made[2])
        if own is None or _GUARDED.search(re.sub(r"tags=\[[^\]]*\]", "", made[2])):
            return None
        module = file.rpartition("/")[2].removesuffix(".py")
        if module == "__init__":
            module = file.rpartition("/")[0].rpartition("/")[2]
        told = re.escape(module)
        for place, match in includes:
            text, parts = texts[place], match[2].split(".")
            alias = re.search(rf"from\s+[\w. ]*\b{told}\s+import\s+\(?[^()]*?\b{name}\s+as\s+(\w+)", text)
            plain = re.search(rf"from\s+[\w.]*\b{told}\s+import\s+\(?[^()\n]*\b{name}\b", text)
            called = {alias[1]} if alias else {name} if plain or place == file else set()
            if not (parts[-1] in called and len(parts) == 1) and parts[-2:] != [module, name]:
                continue
            before, here = above(place, match[1]), prefix(match[3])
            if before is not None and here is not None and not _GUARDED.search(match[3]):
                # In Flask, url_prefix on registration replaces the blueprint's own ("Blueprint.register").
                return _joined(before, here, "" if "url_prefix" in match[3] else own)
        return None

    def prefix(said: str) -> str | None:
        match = _PY_PREFIX.search(said)
        if match is None:
            return ""
        if match[2]:
            last = match[2].rpartition(".")[2]
            setting = re.compile(rf"(?m)^[ \t]*{last}[ \t]*(?::[^=\n]+)?=\s*[\"'](/[\w/-]*)[\"']")
            values = {value for _, text in sources.like(".py") for value in setting.findall(text)}
            return values.pop() if len(values) == 1 else None
        return match[1] if "{" not in match[1] else None

    for file, text in texts.items():
        for made in _PY_ROUTER.finditer(text):
            route = re.search(
                rf"(?m)^@{made[1]}\.(?:get|route|api_route)\(\s*[\"'](/{sources.routes.path}/?|/(?:live|ready)/?|/?)[\"']"
                r"([^\n]*)\n",
                text,
            )
            if route and not _GUARDED.search(route[2]) and (before := above(file, made[1])) is not None:
                whole = _joined(before, route[1])
                if re.search(rf"/{sources.routes.path}/?$", whole) and "{" not in whole:
                    yield whole + ("/" if route[1].endswith("/") and route[1] != "/" else ""), file


def _of_django(sources: _Sources) -> Iterator[tuple[str, str]]:
    texts = dict(sources.like(".py"))
    roots = {
        match for text in texts.values() for match in re.findall(r"(?m)^ROOT_URLCONF\s*=\s*[\"']([\w.]+)[\"']", text)
    }

    seen: set[tuple[str, str]] = set()

    def below(module: str, before: str) -> Iterator[tuple[str, str]]:
        place = module.replace(".", "/")
        ends = (f"/{place}.py", f"/{place}/__init__.py")
        file = next((one for one in texts if f"/{one}".endswith(ends)), "")
        if not file or (file, before) in seen or before.count("/") > _DEEPEST or len(seen) > _MOST_INCLUDED:
            return
        seen.add((file, before))
        text = texts[file]
        for match in sources.routes.django.finditer(text):
            if "include(" not in match[3] and not _GUARDED.search(match[3]):
                yield f"/{before}{match[1] or match[2] or ''}".replace("//", "/"), file
        for match in _DJANGO_INCLUDE.finditer(text):
            module = match[2] or match[4] or ""
            if match[6] and (known := re.search(rf"from\s+([\w.]+)\s+import\s+(\w+)\s+as\s+{match[6]}\b", text)):
                module = f"{known[1]}.{known[2]}"
            if module:
                yield from below(module, before + (match[1] or match[3] or match[5] or ""))

    for root in sorted(roots):
        yield from below(root, "")


def _of_go(sources: _Sources) -> Iterator[tuple[str, str]]:
    texts = [one for one in sources.like(".go") if not one[0].endswith("_test.go")]
    for file, text in texts:
        if not sources.hinted(text):
            continue
        before = {match[1]: "" for match in _GO_NEW.finditer(text)}
        before |= {name: path.rstrip("/") for path, name in _GO_MOUNT.findall(text) if name in before}
        for match in _GO_GROUP.finditer(text):
            name, parent, path = match[1] or match[4], match[2] or match[5], match[3] or match[6] or ""
            if parent in before and not re.search(rf"\b{name}\.Use\([^\n]*(?i:auth|jwt)", text):
                before[name] = _joined(before[parent], path).rstrip("/")
        for match in _GO_OF_GROUP.finditer(text):  # the group's path is the check's
            if (before.get(match[1]) or "").endswith(tuple(f"/{one}" for one in _BEST)):
                yield before[match[1]], file
        for match in sources.routes.go.finditer(text):
            guarded = re.search(rf"\b{match[1]}\.Use\([^\n]*(?i:auth|jwt)", text[: match.start()])
            if match[1] in before and not guarded:
                yield _joined(before[match[1]], match[2]), file
            elif match[1] not in before and match[1] in _PARAMETER.findall(text):
                # The router is a parameter: other files often name the whole path, to keep it out of logs.
                named = {one for _, other in texts for one in re.findall(rf"\"(?:GET )?(/[\w/-]+{match[2]})\"", other)}
                yield from ((path, file) for path in named if len(named) == 1)


def _of_rust(sources: _Sources) -> Iterator[tuple[str, str]]:
    texts = dict(sources.like(".rs"))
    return rust_routes.of(texts, sources.routes.path, [one for one in texts if sources.hinted(texts[one])])


def _joined(*parts: str) -> str:
    return "/" + "/".join(part for one in parts if (part := one.strip("/")))
