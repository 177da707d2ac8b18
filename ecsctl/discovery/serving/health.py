"""The path for the health check: from HEALTHCHECK, a compose file, or the framework."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ecsctl.discovery.files import dotnet
from ecsctl.discovery.files.build_context import taken
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage, expanded, plain
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within
from ecsctl.discovery.serving import mounts, own_checks, pages, routes
from ecsctl.discovery.serving.checks import WELL, Health, may_have_route

_ADDRESS = re.compile(
    r"(?:https?://)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|\$\{?(?:HOST|ADDR|BIND)\w*\}?)"
    r"(?::(?P<port>\d+|\$\w+|\$?\{[^}]*\}|%[sd]))?(?:\$?\{[\w.]+\}(?=/)|\$\w+(?=/))?(?P<path>/[^\s\"'`|;)&<>\\]*)?",
    re.IGNORECASE,
)
_ASKS = re.compile(r"curl|wget|http|fetch|urllib|requests|probe|lynx", re.IGNORECASE)
_PATH = re.compile(
    r"\b(?:path|pathname|url|uri|endpoint|route)\b['\"]?\s*[:=]\s*[\"'`](/[\w/.-]*)[\"'`]"
    r"|[\"'`](?=/[\w/.-]*(?:health|ping|alive|ready|live|heartbeat|status|/up\b))(/[\w/.-]+)[\"'`]"
)
_PROBE = re.compile(
    r"(?:readiness|liveness)Probe:\s*\n(?:\s*(?!httpGet)\w+:[^\n]*\n){0,12}\s*httpGet:(?:\s*\n\s*(?!path)\w+:[^\n]*){0,12}"
    r"\s*\n\s*path:\s*[\"']?(/[\w/.-]*)"
)
# Routes of the app itself, which have no prefix: Express, Fastify, Flask, FastAPI, Sinatra, Go's
# net/http, Echo and Laravel's routes/web.php. Routers and groups are left out: their prefix is not known.
_NAMED_ROUTE = re.compile(r"[\"'`](?:GET )?(/(?:(?:api|v\d)/){0,2}" + WELL + r")/?[\"'`]")
_ROUTE = re.compile(
    r"(?:\b(?:\w*(?:app|[Ss]erver|fastify|application|[Mm]ux|engine|[Ee]cho)|http|e|endpoints)"
    r"\.(?:get|use|route|HandleFunc|Handle|GET|Get|MapGet)\(\s*"
    r"|\bRoute::(?:withoutMiddleware\([^)]*\)->)?get\(\s*)$"
)
# A router of Flask or FastAPI without a prefix, which the app takes unchanged; Elysia, whose plugins are apps.
_ROUTER = re.compile(r"(?m)^(\w+)\s*=\s*(?:Blueprint|APIRouter)\(((?:[^()]|\([^()]*\))*)\)")
_ELYSIA = re.compile(r"new Elysia\(\)(?:\s*\.use\([\w.]+\))*\s*\.get\(\s*[\"'`](/" + WELL + r")[\"'`]")
_HONO = re.compile(
    r"\bapp\w*\s*=\s*new Hono(?:<[^>]*>)?\(\)(?:(?!basePath)[^;]){0,2000}?\.get\(\s*[\"'`](/" + WELL + r")[\"'`]"
)
# A group of routes of ASP.NET that the app has ("Route groups").
_GROUP = re.compile(r"\b(\w+)\s*=\s*\w*[aA]pp\w*\.MapGroup\(\s*\"(/" + WELL + r")/?\"\s*\)")
# hapi and Fastify: a route as an object with method and path.
_OBJECT = re.compile(
    r"method:\s*['\"]GET['\"],\s*(?:path|url):\s*['\"](/" + WELL + r")/?['\"]"
    r"|(?:path|url):\s*['\"](/" + WELL + r")/?['\"],\s*method:\s*['\"]GET['\"]"
)
_DJANGO = re.compile(r"\b(?:re_)?path\(\s*r?[\"']\^?((?:" + WELL + r"|ht)/?)\$?[\"']")
_ASIDE = re.compile(r"(?:^|[._-])(?:dev|tests?|spec|mocks?|stubs?|fakes?|examples?|stories)(?:[._-]|$)", re.IGNORECASE)
# Routes that are files: of Next.js, Remix and React Router, SvelteKit, Astro, Nuxt and Nitro.
_ROUTED = re.compile(
    rf"(?:src/)?(?:app((?:/api)?/{WELL})/route|pages(/api/{WELL})(?:/index)?)\.[jt]sx?"
    rf"|(?:src/)?(?:pages(/{WELL})\.[jt]s|routes((?:/api)?/{WELL})/\+server\.[jt]s"
    rf"|server(/api/{WELL})(?:\.get)?\.[jt]s|server/routes(/{WELL})(?:\.get)?\.[jt]s)"
    rf"|app/routes(/{WELL})(?:/route)?\.[jt]sx?"
)
# In strings, and as NestJS and Django write it, whose routes begin without a slash.
_SPOKEN = re.compile(
    r"(?:[\"'`](?:GET )?\^?(?=/)|@Get\(\s*[\"'`](?!/)|\bpath\(\s*[\"'](?!/))"
    r"(/?(?:api/)?(?:v\d/)?(?:-/)?(?:_?health[zy]?|health[_-]?checks?|livez|heartbeat|ping|up|_?status)(?:/(?:live|ready|alive))?/?)\$?[\"'`(]"
)
# Signs that a check logs in; and names that a path for a check has.
_ACCOUNT = re.compile(r"\s(?:-u|--user|--password)[\s=]|authorization|://[^\s/:@]+:[^\s/@]+@|cookie", re.IGNORECASE)
_SENDS = re.compile(
    r"\s(?:-X\s*(?!GET|HEAD)[A-Z]+|--request[ =](?!GET|HEAD)[A-Z]+|-d|--data\S*|--post-data\S*|-F|--form)(?=[\s=]|$)"
)
"""Checks that send data. A load balancer sends a plain GET, which such a path may not answer."""
_NAMED = re.compile(r"health|ping|alive|live|ready|up\b|status|beat|check|version|info|index|login|api", re.IGNORECASE)
_SOURCES = r"(?:[\w.-]+)\.(?:[cm]?[jt]sx?|py|rb|go|rs|php|java|kt|cs|ex)"
_SOURCE = re.compile(r".*\.(?:[cm]?[jt]s|py|rb|sh|go|php)")


def given(
    tree: Tree, context: str, path: str, read: Dockerfile, stage: Stage, services: Sequence[Service],
    texts: Sequence[Text] = (), hosts: Sequence[Host] = (),
) -> tuple[Health, ...]:  # fmt: skip
    """The candidates that do not come from routes in the sources, the most reliable first.

    `texts` are what the container starts.
    """
    return (
        *_own(tree, read, stage),
        *_of_services(services, stage.name, read.environment(stage)),
        *(Health(one.path, one.file, sure=False) for one in hosts if one.path),
        *_of_programs(texts),
        *own_checks.of(tree, context, dotnet.project(tree, context, _folder(path), read.command(stage))),
        *_of_manifests(tree, context),
    )


def routed(tree: Tree, context: str, path: str, read: Dockerfile) -> tuple[Health, ...]:
    """Routes for a health check in the sources. This reads every source file."""
    return (
        *_of_routes(tree, context, path, read),
        *(Health(whole, file, sure=False, file=file) for whole, file in routes.of(tree, context)),
        *(Health(whole, file, sure=False, file=file) for whole, file in mounts.of(tree, _sources(tree, context, read))),
    )


def any_page(tree: Tree, context: str, path: str, read: Dockerfile, stage: Stage) -> tuple[Health, ...]:
    """Paths of ordinary pages, for an app without a route for a health check."""
    project = dotnet.project(tree, context, _folder(path), read.command(stage))
    return tuple(pages.of(tree, context, _folder(path), _sources(tree, context, read), project))


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _own(tree: Tree, read: Dockerfile, stage: Stage) -> Iterator[Health]:
    """Paths in the Dockerfile's HEALTHCHECK, or in the script that it runs."""
    check = read.last(stage, "HEALTHCHECK")
    command = re.sub(r"^(?:--\S+\s+)*CMD\s+", "", check)
    known = read.environment(stage)
    if re.fullmatch(r"/[\w/.-]+", path := known.get("AWS_LWA_READINESS_CHECK_PATH", "")):  # of the Lambda Web Adapter
        yield Health(path, "ENV AWS_LWA_READINESS_CHECK_PATH of the Dockerfile")
    if not check or check.upper() == "NONE":
        return
    command = plain(command)
    several = list(_asked(command, known))
    if several:
        source = "HEALTHCHECK of the Dockerfile"
        if _SENDS.search(command):
            several = [("/", port) for _, port in several if port][:1]
            yield from (Health("/", f"{source}, which sends something to another path", port, sure=False)
                        for _, port in several)  # fmt: skip
            return
        yield from (Health(path, source, port, _accepts_redirects(command)) for path, port in several)
        return
    for word in command.split():
        name = word.strip("\"'").rpartition("/")[2]
        # A script may have no extension: it is one if the repository has a file with its name.
        for path in tree.named(re.escape(name)) if _SOURCE.fullmatch(name) or re.fullmatch(r"\w+-[\w-]+", name) else ():
            if found := _in_source(tree.read(path), known):
                source = f"{path}, which HEALTHCHECK of the Dockerfile runs"
                yield Health(found[0], source, found[1], sure=found[0] != "/")
                return


def _of_services(services: Sequence[Service], stage: str, known: Mapping[str, str]) -> Iterator[Health]:
    """Healthchecks of compose files. One that logs in is left out; a path not named like a check is a proposal."""
    for service in services:
        if (
            not _ACCOUNT.search(service.health)
            and not _SENDS.search(service.health)
            and (found := asked(service.health, known))
        ):
            # curl succeeds with any status code unless it has -f, so the path's own is not known.
            fails = "curl" not in service.health or re.search(r"\s(?:-\w*f\w*|--fail\S*)\b", service.health)
            sure = bool(fails) and service.runs(stage) and (found[0].count("/") < 2 or bool(_NAMED.search(found[0])))
            source = f"the healthcheck of {service.where}"
            yield Health(found[0], source, found[1], _accepts_redirects(service.health), sure=sure)


def _accepts_redirects(command: str) -> bool:
    """Whether a check accepts redirects: curl -f only fails from 400 on, and wget follows them.

    A load balancer does neither (ELB, "Health checks").
    """
    return bool(re.search(r"\b(?:curl|wget)\b", command))


def asked(command: str, known: Mapping[str, str]) -> tuple[str, int] | None:
    """The path, and the port or 0, that a command requests from localhost by HTTP; the first of several."""
    return next(_asked(command, known), None)


def _asked(command: str, known: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """All of them: a shell command may make several requests."""
    text = expanded(command, known)
    if not _ASKS.search(text):
        return
    # A host may come without a path too, as in `curl --noproxy localhost localhost:3000/health`.
    # A program of the app may only get the host, and know the path itself.
    fetches = _ASKS.search(re.sub(r"https?://", "", text))
    for match in sorted(_ADDRESS.finditer(text), key=lambda one: (not one["path"], not one["port"])):
        if not match["path"] and not fetches:
            continue
        path, port = match["path"] or "/", match["port"] or ""
        path = re.sub(r"\$(?:\{\w+\}|\w+)", "", path.partition("#")[0].rstrip(","))  # unset variables, empty in a shell
        if re.fullmatch(r"/[\x21-\x7e]*", path) and not re.search(r"[$`{}]", path):
            yield path, int(port) if port.isdigit() and int(port) < 65536 else 0


def _in_source(text: str, known: Mapping[str, str]) -> tuple[str, int] | None:
    """The same for a program, which may build the URL from host, port and path."""
    found = asked(text, known)
    if found and found[0] != "/":
        return found
    path = _PATH.search(_live(text)) if _ASKS.search(text) else None
    return (path[1] or path[2], found[1] if found else 0) if path else found


def _of_programs(texts: Sequence[Text]) -> Iterator[Health]:
    """Streamlit's own check (its manual, "Deploy Streamlit using Docker")."""
    if any(re.search(r"\bstreamlit\s+run\b", text.text) for text in texts):
        yield Health("/_stcore/health", "Streamlit's own check")


def _of_manifests(tree: Tree, context: str) -> Iterator[Health]:
    """HTTP probes in Kubernetes manifests, which accept codes from 200 to 399 ("HTTP probes")."""
    for path in tree.named(r".+\.ya?ml"):
        if (
            within(path, context)
            and not is_auxiliary(path)
            and re.search(r"k8s|kube|kustomi|manifest|deploy|chart|helm", path)
        ):
            # Of several probes in one file, the most frequent path.
            probes = [one for one in _PROBE.findall(tree.read(path)) if one != "/metrics"]  # an exporter's beside it
            for found, _ in Counter(probes).most_common(1):
                yield Health(found, f"the probe in {path}", redirects=True, sure=False)


def mentioned(tree: Tree, context: str, read: Dockerfile, most: int = 3) -> tuple[Health, ...]:
    """Paths in the sources that look like a health check, though it is not certain that the app serves them.

    Only the sources in the image are searched, or all of them if those have no such path.
    """
    files = _files(tree, context, _SOURCES, 1500)
    return _in_strings(tree, _inside(tree, context, read), most) or _in_strings(tree, files, most)


def _inside(tree: Tree, context: str, read: Dockerfile) -> list[str]:
    """The sources that get into the image."""
    built = _built(context, read)
    return [one for one in _files(tree, context, _SOURCES, 1500) if any(within(one, place) for place in built)]


def _sources(tree: Tree, context: str, read: Dockerfile) -> list[str]:
    """The same without files for development; all of them if none is in the image.

    That is so if the image installs its app as a package.
    """
    found = _inside(tree, context, read) or _files(tree, context, _SOURCES, 1500)
    return [one for one in found if not _ASIDE.search(one.rpartition("/")[2])]


def _in_strings(tree: Tree, files: Sequence[str], most: int) -> tuple[Health, ...]:
    found: dict[str, Health] = {}
    for path in files:
        if "{{" not in path and not _ASIDE.search(path.rpartition("/")[2]):
            text = tree.live(path)
            for name in _SPOKEN.findall(text) if may_have_route(text) else ():
                whole = f"/{name.lstrip('/')}"
                found.setdefault(whole.rstrip("/"), Health(whole, path))
        if sum("status" not in one for one in found) >= most:
            break
    return tuple(sorted(found.values(), key=lambda one: "status" in one.path))[:most]


def listed(tree: Tree, context: str, read: Dockerfile) -> str:
    """The paths of `mentioned` as text."""
    return ", ".join(f"{one.path} ({one.source})" for one in mentioned(tree, context, read))


def _of_routes(tree: Tree, context: str, own: str, read: Dockerfile) -> Iterator[Health]:
    """Routes for a health check in the sources of the image. In some frameworks a route is a file."""
    roots = dict.fromkeys(
        ("" if folder == "." else f"{folder}/") for folder in (context, own.rpartition("/")[0] or ".")
    )
    for path in tree.files:
        for root in roots if within(path, context) else ():
            if path.startswith(root) and (match := _ROUTED.fullmatch(path[len(root) :])):
                yield Health(next(one for one in match.groups() if one), path, sure=False, file=path)
                break
    yield from _of_django(tree, context)
    for path in _sources(tree, context, read):
        if found := _route(tree, path, tree.live(path)):
            yield Health(found, path, sure=False, file=path)


def _built(context: str, read: Dockerfile) -> set[str]:
    """The files and folders of the repository that get into the build."""
    names = [re.sub(r"/?[*?\[].*", "", name) for name in taken(read)]
    return {name if context == "." else context if name == "." else f"{context}/{name}" for name in names}


def _route(tree: Tree, path: str, text: str) -> str:
    """The route for a health check in a source, if nothing comes before it; else empty."""
    if not may_have_route(text):
        return ""
    for match in _NAMED_ROUTE.finditer(text):
        if _ROUTE.search(text, max(0, match.start() - 120), match.start()):
            return match[1]
    for pattern, sign in ((_ELYSIA, "Elysia"), (_HONO, "Hono"), (_OBJECT, "method:")):
        if sign in text and (found := pattern.search(text)):
            return str(next(one for one in found.groups() if one))
    if path.endswith(".cs") and (group := _GROUP.search(text)):
        route = re.search(rf"\b{group[1]}\.MapGet\(\s*\"(/(?:live|liveness|alive|healthz?|)/?)\"", text)
        return f"{group[2]}{route[1]}".rstrip("/") if route else ""
    for name, options in _ROUTER.findall(text) if path.endswith(".py") else ():
        route = re.search(rf"(?m)^@{name}\.(?:get|route)\(\s*[\"'](/{WELL})/?[\"']", text)
        if route and "prefix" not in options and _is_mounted_without_prefix(tree, path, name):
            return route[1]
    return ""


def _is_mounted_without_prefix(tree: Tree, path: str, name: str) -> bool:
    """Whether the app mounts a router without a prefix. A common router name counts only with its module."""
    module = path.rpartition("/")[2].removesuffix(".py")
    named = rf"{module}\.{name}" if name in ("router", "bp", "blueprint", "api") else rf"(?:\w+\.)*{name}"
    alias = re.compile(rf"(?m)^[ \t]*from\s+[\w.]*\b{re.escape(module)}\s+import\s+{name}\s+as\s+(\w+)")
    for one in tree.named(r"__init__\.py|app\.py|main\.py|server\.py|factory\.py"):
        text = tree.read(one)
        names = "|".join([named, *map(re.escape, alias.findall(text))])
        if re.search(rf"\bapp\.(?:register_blueprint|include_router)\(\s*(?:{names})\s*,?\s*\)", text):
            return True
    return False


def _of_django(tree: Tree, context: str) -> Iterator[Health]:
    """A route in the root URLconf of the settings, with its trailing slash: without it Django redirects."""
    for file in _files(tree, context, r".*settings.*\.py|base\.py|common\.py"):
        if root := re.search(r"(?m)^ROOT_URLCONF\s*=\s*[\"']([\w.]+)[\"']", tree.read(file)):
            place = root[1].replace(".", "/")
            for path in tree.named(r"\w+\.py", context):
                if path.endswith((f"{place}.py", f"{place}/__init__.py")) and (
                    match := _DJANGO.search(tree.live(path))
                ):
                    yield Health(f"/{match[1]}", path, sure=False, file=path)
                    return


def _files(tree: Tree, context: str, pattern: str, most: int = 20) -> list[str]:
    return [path for path in tree.named(pattern, context) if not is_auxiliary(path)][:most]


def _live(text: str) -> str:
    """A source without comment lines."""
    return re.sub(r"(?m)^[ \t]*(?:#|//).*$", "", text)
