"""Which ports and health paths can be relied on, and which the user should check.

Reliable are those of the image itself: EXPOSE if another source agrees, the command, ENV PORT, HEALTHCHECK, the web
server's settings, and a framework's own path. Those in compose files, other platforms' files, manifests and sources are
only proposals, unless two of them agree; for a path in the sources, its handler is read. If two reliable sources have
different ports, the user is warned.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.discovery.serving.checks import Health
from ecsctl.discovery.serving.port_hints import Port

_GUARDS = re.compile(
    r"(?:\.use|\.Use|\.wrap|\.layer|addHook|before_request|before_action|middleware)\b[^\n]{0,80}?"
    r"(?:auth|login|protect|guard|jwt|clerk|passport)",
    re.IGNORECASE,
)
# Routers below a path of their own, as `app.use("/auth", authRoutes)`: they guard nothing else.
_MOUNTED = re.compile(r"(?m)^.*\.use\(\s*[\"'`]/[^\"'`\n]+[\"'`]\s*,\s*(?:\w+\.)?\w*[rR]oute\w*\s*\)[; \t]*$")
_ASKS_MORE = re.compile(
    r"(?<![a-z])(?:db|database|quer(?:y|ies)|prisma|mongo\w*|redis|sql\w*|connection|pool|knex|repo\w*|cursor|health_?indicator|"
    r"login\w*|auth\w*|token|redirect\w*|jwt|session|current_user|permission\w*|require\w*)",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"\b(?:ok|20[04]|healthy|alive|pong|up|live|success\w*|(?:status)?no_?content|statusok)\b|head\b", re.IGNORECASE
)
_LISTENS = re.compile(
    r"its command|HEALTHCHECK|ENV (?:PORT|ASPNETCORE)|what |(?:.*/)?application[\w-]*\.(?:properties|ya?ml)$"
)
"""Sources of ports that a program does listen on, unless it is configured otherwise."""
_HOLDS = re.compile(r"what |(?:.*/)?(?:runtime\.exs|application\.(?:properties|ya?ml))$")
"""Sources of ports that need no second one: defaults, and settings that the framework itself reads."""
_FOLLOWING = re.compile(
    r"\n[ \t]*\n[ \t]*(?:from|import|#|\w+\s*=|\w+\.\w+\()|"
    r"\n\s*(?:@|\w+\.(?:get|post|put|delete|use|all|GET|POST|HandleFunc|Handle|route)\(|(?:re_)?path\("
    r"|\}\)+;?\s*\n|(?:get|post|match|root|resources?|namespace|scope|mount)[ (])"
)
"""Where the code of one route ends, because the next one begins."""
_HANDLER = re.compile(
    r"(?:web::get\(\)\.to\(|get\()?\s*(?:&?\w{1,60}(?:\.|::)){0,4}(\w+)(?:\.as_view\()?\)*[,;]?\s*(?:,\s*name=.*)?$"
)
_LANGUAGES = r"[\w.-]+\.(?:[cm]?[jt]sx?|py|rb|go|rs|php)"


def of_port(found: Sequence[Port], port: int) -> Iterator[str]:
    """A sentence if a port has a single hint, or if the image contradicts itself."""
    chosen = next((one for one in found if one.number == port), None)
    if chosen is None:
        return
    if not chosen.sure and not chosen.agreed and not _HOLDS.match(chosen.source):
        yield f"port {port} is a proposal, from {chosen.source} alone"
    if chosen.source.startswith("EXPOSE") and not chosen.agreed:
        for other in found:
            if (_LISTENS.match(other.source) or other.fixed) and not other.is_side_port:
                yield f"the port is not certain: {port} (EXPOSE of the Dockerfile) or {other.number} ({other.source})"
                return
    elif chosen.conflicting:
        yield f"the port is not certain: {port} ({chosen.source}) or {chosen.conflicting} (EXPOSE of the Dockerfile)"
    elif (chosen.source.startswith("the ") or not chosen.sure) and not chosen.fixed:
        numbers = [one for one in found if one.fixed and not one.is_side_port and one.number != port][:1]
        yield from (
            f"the port is not certain: {port} ({chosen.source}) or {one.number} ({one.source})" for one in numbers
        )


def of_path(tree: Tree, context: str, checked: Health, paths: Sequence[Health], foreign: Collection[str] = ()) -> str:
    """A sentence if the user should check the health path; empty if the path is reliable.

    `foreign` are the folders of other apps, whose routes do not count.
    """
    if any(checked.file.startswith(f"{folder}/") for folder in foreign):
        return f"health path {checked.path} is a proposal, from {checked.source}, which may belong to another app"
    routes = [one for one in paths if one.file and not any(one.file.startswith(f"{folder}/") for folder in foreign)]
    if checked.source.startswith("the healthcheck of") and routes and not _serves(routes, checked.path):
        return (f"health path {checked.path} is a proposal, from {checked.source}: the sources have "
                f"{routes[0].path} ({routes[0].file})")  # fmt: skip
    same = {one.source for one in paths if one.path.rstrip("/") == checked.path.rstrip("/")}
    if checked.sure or len(same) > 1 or (checked.file and _answers(tree, context, checked.file, checked.path)):
        return ""
    why = ": nothing shows that it answers without a login or a database" if checked.file else ""
    others = dict.fromkeys(f"{one.path} ({one.source})" for one in paths if one.path != checked.path)
    listed = f"; others: {', '.join(list(others)[:3])}" if others else ""
    return f"health path {checked.path} is a proposal, from {checked.source}{why}{listed}"


def _serves(routes: Sequence[Health], path: str) -> bool:
    """Whether the sources have a route at this path."""
    return any(one.path.rstrip("/") == path.rstrip("/") for one in routes)


def _answers(tree: Tree, context: str, file: str, route: str) -> bool:
    """Whether a route's handler clearly answers 200 without a login, a database or a redirect."""
    text = tree.live(file)
    if _is_route(file):
        guarded = any(_GUARDS.search(tree.read(one)) or re.search("auth|clerk", tree.read(one), re.IGNORECASE)
                      for one in tree.named(r"(?:middleware|proxy|hooks\.server)\.[jt]s", context)[:3])  # fmt: skip
        return not guarded and _answers_plainly(text[:1500])
    last = route.strip("/").rpartition("/")[2]
    if not last:
        return False
    place = re.search(rf"[\"'`][^\"'`\n]{{0,40}}\b{re.escape(last)}/?\$?[\"'`]", text)
    if not place or _GUARDS.search(_MOUNTED.sub("", text[: place.start()])):
        return False
    after = _FOLLOWING.split(text[place.end() : place.end() + 500])[0]
    line = after.lstrip(" ,)").partition("\n")[0]
    named = _HANDLER.match(line)
    if named and named[1] not in ("async", "function", "func", "def"):
        return _answers_plainly(_body(tree, context, file, named[1]))
    return _answers_plainly(after)


def _body(tree: Tree, context: str, file: str, name: str) -> str:
    """The source of a function, from this file or another one; empty if it is not found."""
    defined = re.compile(rf"\b(?:def|func|fn|function|const|class)\s+(?:\([^)\n]{{0,60}}\)\s*)?{re.escape(name)}\b")
    files = [one for one in tree.named(_LANGUAGES, context) if not is_auxiliary(one)][:400]
    for one in (file, *files):
        text = tree.read(one)
        if match := defined.search(text):
            return re.split(r"\n(?=\}|def |func |fn |@|class )", text[match.start() : match.start() + 800])[0]
    return ""


def _answers_plainly(body: str) -> bool:
    return bool(_ANSWERS.search(body)) and not _ASKS_MORE.search(body)


def _is_route(file: str) -> bool:
    """Whether the file's path is the route, as in Next.js."""
    return bool(re.search(r"(?:^|/)(?:route|\+server|health\w*|ping|up|index)(?:\.get)?\.[jt]sx?$", file))
