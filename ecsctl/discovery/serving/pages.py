"""Paths that answer a plain GET, for apps without a route for a check: a home page, the framework's own pages.

For a health check, any path will do that answers 2xx or 3xx. How sure a path is depends on its handler: one that needs
a login or a database is only a proposal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecsctl.discovery.files import settings
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within
from ecsctl.discovery.serving import mounts
from ecsctl.discovery.serving.checks import WELL, Health

# Words in a handler after which "/" may answer 401 or 500, or wait for another service.
_ASKS_MORE = re.compile(
    r"(?<![a-z])(?:db|database|quer(?:y|ies)|prisma|mongo\w*|redis|sql\w*|objects\.|pool|knex|repo\w*|cursor|find\w*\(|"
    r"where\(|\.all\b|login_required|auth\b|loginrequired\w*|authenticate\w*|current_user|permission\w*|authorize\w*|fetch\(|axios|requests\.|httpx|urlopen)",
    re.IGNORECASE,
)
_GUARDS = re.compile(
    r"(?:\.use|\.Use|\.wrap|\.layer|addHook|before_request|middleware)\b[^\n]{0,80}?(?:auth|login|protect|guard|jwt|passport)",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\n(?:@|def |async def |func |fn |class |#\[|export |\}\)?;?\n|\S*\.(?:get|post|use|route|listen)\()"
)


@dataclass(frozen=True)
class _Page:
    """How a framework defines the route "/": `files` matches file names, `route` the code up to the handler."""

    files: str
    route: re.Pattern[str]
    sign: str = ""  # what the file must also contain


_ROOT = r"[\"'`]/[\"'`]"
_PAGES = (
    _Page(r"[\w-]+\.py", re.compile(rf"@\w*(?:app|application)\.(?:get|route)\(\s*{_ROOT}(?![^\n]*POST)[^\n]*")),
    _Page(r"[\w.-]+\.[cm]?[jt]s", re.compile(
        rf"\b(?:\w*[aA]pp|[sS]erver|fastify|application)\.(?:get|all)(?:<[^>\n]*>)?\(\s*{_ROOT}\s*,")),
    _Page(r"[\w-]+(?<!_test)\.go", re.compile(
        r"\b(?:r|app|router|\w*mux|srv|server|http)\.(?:Get|HandleFunc|Handle)\(\s*\"(?:GET )?/(?:\{\$\})?\"\s*,"),
          "net/http"),
    _Page(r"[\w-]+(?<!_test)\.go", re.compile(
        r"\b(?:r|e|app|router|engine|server)\.(?:GET|Get)\(\s*\"/\"\s*,"), "gin-gonic|labstack/echo|go-chi|gofiber"),
    _Page(r"Program\.cs|Startup\.cs", re.compile(r"\.MapGet\(\s*\"/\"\s*,")),
    _Page(r"[\w-]+\.rb", re.compile(r"(?m)^[ \t]*get[ (]+[\"']/[\"']\)?[ \t]+(?:do|\{)"), "(?i:sinatra)"),
    _Page(r"web\.php", re.compile(r"\bRoute::(?:get|view)\(\s*['\"]/?['\"]\s*,")),
)  # fmt: skip
# Files that are the page at "/": Next.js, SvelteKit, Nuxt, Astro, Remix.
_FILES = re.compile(
    r"(?:src/)?(?:app/(?:\([\w-]+\)/|\[\w+\]/)*page\.[jt]sx?|pages/index\.(?:[jt]sx?|vue|astro)|routes/\+page\.svelte"
    r"|app\.vue|app/pages/index\.vue|app/app\.vue|app/routes/_?index\.[jt]sx|app/routes/home\.tsx)"
)


def of(tree: Tree, context: str, own: str, files: Sequence[str], project: str = ".") -> Iterator[Health]:
    """Each path; those that certainly answer come first.

    `files` are the sources in the image, `own` the Dockerfile's folder, `project` that of the ASP.NET project in it.
    """
    files = [one for one in files if not one.endswith(".cs") or within(one, project)]
    found = [*_roots(tree, files), *_of_python(tree, files), *_documents(tree, context, files),
             *_of_files(tree, context, own), *_of_spring(tree, context), *_of_routers(tree, files)]  # fmt: skip
    yield from sorted(found, key=lambda one: (not one.sure, not re.search(rf"/{WELL}$", one.path)))


def _page(path: str, source: str, file: str, *, sure: bool) -> Health:
    return Health(
        path, source, accepts_redirect=True, sure=sure, file="" if sure else file
    )  # a redirect is an answer too


def _roots(tree: Tree, files: Sequence[str]) -> Iterator[Health]:
    """The route "/" of the app itself."""
    for file in files:
        name = file.rpartition("/")[2]
        for page in _PAGES:
            if not re.fullmatch(page.files, name):
                continue
            text = tree.live(file)
            match = page.route.search(text)
            if match and (not page.sign or re.search(page.sign, text)):
                body = text[match.end() : match.end() + 600]
                end = _ENDS.search(body, 1)
                handler = body[: end.start()] if end and end.start() > 20 else body[:400]
                named = re.match(r"\s*(?:\w+(?:\.|::))?\w+\s*\)", handler)  # a function defined elsewhere
                router = re.search(r"(\w+)\.\w+\(\s*\"", match[0]) if name.endswith(".go") else None
                own = (
                    router is None
                    or router[1] == "http"
                    or re.search(rf"\b{router[1]}\s*:?=\s*(?:\w+\.)?(?:New\w*|Default)\(", text)
                )  # not one of a part of the app
                free = not _ASKS_MORE.search(match[0].rpartition("\n")[2] + handler)
                yield _page(
                    "/", file, file, sure=bool(own) and free and not named and not _GUARDS.search(text[: match.start()])
                )


_OF_PYTHON = re.compile(
    r"(?m)^@\w*app\.(?:get|route)\(\s*[\"'](/[\w.-]+(?:/[\w.-]+)?/?)[\"'](?![^\n]*[\"'](?:POST|PUT|PATCH|DELETE)[\"'])[^\n]*\n"
    r"((?:(?!\n\n)[\s\S]){0,400})"
)


def _of_python(tree: Tree, files: Sequence[str]) -> Iterator[Health]:
    """GET routes of the app itself in Flask and FastAPI, except those about logins and accounts."""
    for file in [one for one in files if one.endswith(".py")]:
        for path, handler in _OF_PYTHON.findall(tree.live(file)):
            if not _OF_PEOPLE.search(path) and not re.match(r"@\w*(?:auth|login|jwt)", handler):
                yield _page(path, file, file, sure=False)


def _documents(tree: Tree, context: str, files: Sequence[str]) -> Iterator[Health]:
    """Pages that frameworks provide: the documentation of an API, the login of an admin site.

    FastAPI, "Metadata and Docs URLs"; Django, "The Django admin site"; NestJS, "OpenAPI"; ASP.NET Core, "Swagger".
    """
    for file in files:
        name = file.rpartition("/")[2]
        if name.endswith(".py"):
            text = tree.live(file)
            if made := _FASTAPI.search(text):
                own = re.search(r"\bdocs_url\s*=\s*(?:[\"'](/[\w/-]+)[\"']|(\S))", made[1])
                hidden = re.search(r"\bopenapi_url\s*=\s*(?![\"'])|\*\*", made[1])
                if not hidden and not (own and own[2]):
                    free = not re.search(r"add_middleware\(\s*\w*(?:Auth|JWT|Token)|@\w+\.middleware\(", text)
                    yield _page(own[1] if own else "/docs", f"FastAPI's own documentation in {file}", file, sure=free)
            admin = _ADMIN.search(text) if "admin.site.urls" in text else None
            if admin and _is_root(tree, context, file):
                yield _page(f"/{admin[1]}login/", f"Django's admin site in {file}", file, sure=True)
        elif name.endswith(".ts") and (
            setup := re.search(r"\bSwaggerModule\.setup\(\s*[\"'`]/?([\w/-]+)[\"'`]\s*,", text := tree.live(file))
        ):
            free = name == "main.ts" and not re.search(
                r"basicAuth|NODE_ENV|isProd|isDev|if\s*\(", text[: setup.start()]
            )
            yield _page(f"/{setup[1]}", f"the API's documentation in {file}", file, sure=free)
        elif name in ("Program.cs", "Startup.cs"):
            text = tree.live(file)
            before = text.partition("UseSwagger(")[0]
            if "UseSwagger(" in text and not re.search(r"IsDevelopment\(\)\s*\)\s*\{?[^}]*$", before):
                yield _page("/swagger/index.html", f"UseSwagger in {file}", file, sure="UseSwaggerUI" in text)
            if _HOME_OF_DOTNET.search(text):
                yield _page("/", f"the page at / in {file}", file, sure=False)


_FASTAPI = re.compile(
    r"(?m)^[ \t]*\w*app\w*\s*(?::\s*FastAPI\s*)?=\s*FastAPI\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)"
)
_ADMIN = re.compile(r"\bpath\(\s*[\"']([\w/-]+/)[\"']\s*,\s*admin\.site\.urls")
_HOME_OF_DOTNET = re.compile(
    r"MapControllerRoute\([^;]*\{controller=Home\}|MapDefaultControllerRoute|MapFallbackTo(?:File|Page)\("
    r"|UseMvcWithDefaultRoute|MapRazorPages\(|MapRazorComponents"
)


def _is_root(tree: Tree, context: str, file: str) -> bool:
    """Whether a file is the root URLconf of Django's settings."""
    for one in tree.named(r".*settings.*\.py|base\.py|common\.py", context)[:20]:
        if root := re.search(r"(?m)^ROOT_URLCONF\s*=\s*[\"']([\w.]+)[\"']", tree.read(one)):
            place = root[1].replace(".", "/")
            return f"/{file}".endswith((f"/{place}.py", f"/{place}/__init__.py"))
    return False


def _of_files(tree: Tree, context: str, own: str) -> Iterator[Health]:
    """Pages that are files, Rails' root route, Phoenix's home page, and index.html of static files."""
    roots = dict.fromkeys(("" if folder == "." else f"{folder}/") for folder in (own, context))
    for root in roots:
        for path in tree.files:
            if path.startswith(root) and _FILES.fullmatch(path[len(root) :]):
                yield _page("/", f"the page {path}", path, sure=False)
                break
    for path in tree.named(r"routes\.rb", context)[:5]:
        if path.endswith("config/routes.rb") and re.search(r"(?m)^ {2,4}root\b", tree.live(path)):
            yield _page("/", f"root in {path}", path, sure=False)
    for path in tree.named(r"router\.ex", context)[:5]:
        if not is_auxiliary(path) and re.search(r"(?m)^\s*(?:get|live)[ (]+\"/\"", tree.live(path)):
            yield _page("/", f"the page at / in {path}", path, sure=False)
    for path in tree.named(r"index\.html", context)[:20]:
        if path.endswith(("src/main/resources/static/index.html", "META-INF/resources/index.html")):
            yield _page("/", path, path, sure=not _is_secured(tree, context))


def _is_secured(tree: Tree, context: str) -> bool:
    builds = [one for one in tree.named(r"pom\.xml|build\.gradle(?:\.kts)?", context) if not is_auxiliary(one)][:20]
    said = (tree.read(one) for one in builds)
    return any(re.search(r"(?:spring|quarkus|micronaut)[\w-]*-(?:security|oauth2|oidc)", one) for one in said)


def _of_spring(tree: Tree, context: str) -> Iterator[Health]:
    """The API descriptions of springdoc and SmallRye, and GET routes of controllers."""
    builds = [one for one in tree.named(r"pom\.xml|build\.gradle(?:\.kts)?", context) if not is_auxiliary(one)][:20]
    values = settings.of(tree, context) if builds else {}
    base = values.get("server.servlet.context-path", "").rstrip("/")
    for build in builds:
        text = tree.read(build)
        if "springdoc-openapi" in text and values.get("springdoc.api-docs.enabled") != "false":
            whole = f"{base}{values.get('springdoc.api-docs.path', '/v3/api-docs')}"
            yield _page(
                whole, f"springdoc's description of the API ({build})", build, sure=not _is_secured(tree, context)
            )
        if "quarkus-smallrye-openapi" in text and "quarkus.management.enabled" not in values:
            root = values.get("quarkus.http.root-path", "").rstrip("/")
            yield _page(f"{root}/q/openapi", f"Quarkus' description of the API ({build})", build,
                        sure=not _is_secured(tree, context))  # fmt: skip
    for file in (
        [one for one in tree.named(r"\w+\.(?:java|kt)", context) if not is_auxiliary(one)][:800] if builds else ()
    ):
        text = tree.live(file)
        if path := _of_controller(text):
            yield _page(f"{base}{path}", file, file, sure=False)


_CONTROLLER = re.compile(r"@(?:RestController|Controller)\b(?P<head>[^{]{0,600}?)\bclass\s")
_MAPPED = re.compile(r"@RequestMapping\(\s*(?:value\s*=\s*|path\s*=\s*)?\{?\s*\"(/?[\w/.-]*)\"\s*\}?\s*[,)]")
_GET = re.compile(
    r"@GetMapping(?:\(\s*(?:value\s*=\s*|path\s*=\s*)?(?:\{?\s*\"(/?[\w/.-]*)\"\s*\}?)?\s*\))?\s*\n(?P<head>(?:\s*@[^\n]*\n)*[^{]{0,300})"
)
_RESOURCE = re.compile(r"@Path\(\s*\"(/?[\w/.-]*)\"\s*\)(?=[^{]{0,400}\bclass\s)")
_JAX_GET = re.compile(r"@GET\b(?P<head>[^{]{0,300})")


_ASKED_OF = re.compile(
    r"@(?:PathVariable|Request(?:Param|Header|Body)|PreAuthorize|Secured|AuthenticationPrincipal)|Principal\b"
)


_OF_PEOPLE = re.compile(r"/(?:log(?:in|out)|auth|sign|admin|me\b|profile|verify|callback)")


def _of_controller(text: str) -> str:
    """A GET route without parameters and without authorization; empty if there is none."""
    if controller := _CONTROLLER.search(text):
        base = _MAPPED.search(controller["head"])
        if "RequestMapping" in controller["head"] and not base:
            return ""
        for get in _GET.finditer(text):
            head = get["head"]
            whole = _joined(base[1] if base else "", get[1] or "")
            if not _ASKED_OF.search(head) and not _OF_PEOPLE.search(whole):
                return whole
    elif resource := _RESOURCE.search(text):
        for get in _JAX_GET.finditer(text):
            path = re.search(r"@Path\(\s*\"([^\"]*)\"", get["head"])
            if (not path or "{" not in path[1]) and not re.search(
                r"@(?:QueryParam|RestQuery|RolesAllowed|Authenticated)", get["head"]
            ):
                return _joined(resource[1], path[1] if path else "")
    return ""


def _of_routers(tree: Tree, files: Sequence[str]) -> Iterator[Health]:
    """GET routes below mounted routers, the shortest first."""
    own = [one for one in files if not re.search(r"plugin|addon|extension", one)]
    for path, file in mounts.of(tree, own, anything=True)[:3]:
        yield _page(path, file, file, sure=False)


def _joined(*parts: str) -> str:
    return "/" + "/".join(part for one in parts if (part := one.strip("/")))
