"""Routes for a health check in frameworks that nest routes: Rails, Phoenix, Play, Tornado, chi, Echo, NestJS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.discovery.serving.checks import WELL, may_have_route

_UNKNOWN = "?"
"""Stands for an unknown prefix: routes below it are not proposed."""
_RUBY = re.compile(
    r"^\s*(?:namespace\s*\(?\s*:?[\"']?(?P<space>[\w/-]+)[\"']?\s*\)?|scope\s*\(?\s*(?:path:\s*)?[\"'](?P<scope>/?[\w/-]*)[\"']\s*\)?)"
    r"(?P<more>.*?)\s+do\s*$"
)
_RUBY_GET = re.compile(r"^\s*get[ (]+[\"']/?(" + WELL + r"(?:/(?:live|liveness|ready))?|\w+/" + WELL + r")[\"']")
_ELIXIR = re.compile(r"^\s*scope\s*\(?\s*(?:path:\s*)?\"(?P<scope>/[\w/-]*)\"(?P<more>.*?)\bdo\s*$")
_ELIXIR_GET = re.compile(r"^\s*get\s*\(?\s*\"(/(?:[\w-]+/)?" + WELL + r"|/)\"")
_ENDS_WELL = re.compile(r".*/" + WELL + r"(?:/(?:live|liveness|ready))?")
_OPENS = re.compile(r"\bdo\s*(?:\|[^|]*\|)?\s*$|^\s*(?:if|unless|case|begin)\b(?!.*\bend\b)")
_GUARDED = re.compile(r"auth|login|ensure|protect|admin|require|restrict", re.IGNORECASE)
_PLAY = re.compile(r"(?m)^GET\s+(/(?:api/)?" + WELL + r")\s+\S")
_TORNADO = re.compile(r"\(\s*r?[\"'](/" + WELL + r")/?\$?[\"']\s*,\s*[\w.]+\s*[,)]")
_CHI = re.compile(r"\bmiddleware\.Heartbeat\(\s*\"(/[\w/-]+)\"")
_GROUP = re.compile(r"\b(\w+)\s*:?=\s*\w+\.Group\(\s*(\"\"\s*\))?|\b(\w+)\.(?:GET|Get)\(\s*\"(/" + WELL + r")\"")
_CONTROLLER = re.compile(
    r"@Controller\(\s*(?:\{\s*path:\s*)?(?:[\"'`](?P<path>[\w/-]*)[\"'`])?\s*(?P<more>[^)]{0,300})\)(?P<between>.{0,400}?)\bclass\s",
    re.DOTALL,
)
_NEST_GET = re.compile(r"@Get\(\s*(?:[\"'`]([\w/-]*)[\"'`])?\s*\)")
_PREFIX = re.compile(r"\.setGlobalPrefix\(\s*(?:[\"'`]/?([\w/-]+)[\"'`])?\s*(\)?)")


def of(tree: Tree, context: str) -> Iterator[tuple[str, str]]:
    """Each route for a health check, with the file that defines it."""
    for file in _files(tree, context, r"routes\.rb"):
        if file.endswith("config/routes.rb"):
            yield from ((path, file) for path in _nested(tree.read(file), _RUBY, _RUBY_GET))
    for file in _files(tree, context, r"router\.ex"):
        yield from ((path, file) for path in _nested(tree.read(file), _ELIXIR, _ELIXIR_GET))
    for file in _files(tree, context, r"(?:.+\.)?routes"):
        if file.endswith("conf/routes"):
            yield from ((path, file) for path in _PLAY.findall(tree.read(file))[:1])
    for file in _files(tree, context, r"[\w-]+\.py", 400):
        text = tree.read(file)
        if "tornado" in text and (match := _TORNADO.search(text)):
            yield match[1], file
    for file in _files(tree, context, r"[\w-]+(?<!_test)\.go", 800):
        text = tree.read(file)
        if match := _CHI.search(text):
            yield match[1], file
        yield from ((path, file) for path in (_ungrouped(text) if may_have_route(text) else ()))
    yield from _of_nest(tree, context)


def _nested(text: str, block: re.Pattern[str], get: re.Pattern[str]) -> Iterator[str]:
    """Routes with the prefixes of their enclosing blocks; none if a prefix is unknown or a block requires a login."""
    above: list[str] = []
    for line in text.splitlines()[:5000]:
        bare = re.sub(r"(?:^|\s)#.*", "", line)
        if match := get.match(bare):
            whole = "/" + "/".join(part for one in [*above, match[1]] if (part := one.strip("/")))
            if _UNKNOWN not in above and _ENDS_WELL.fullmatch(whole):
                yield whole
        elif match := block.match(bare):
            named = match.groupdict()
            known = not re.search(r"path:|constraints|host:|subdomain", named["more"])
            above.append((named.get("space") or named.get("scope") or "") if known else _UNKNOWN)
        elif re.match(r"\s*pipe_through\b", bare) and _GUARDED.search(bare) and above:
            above[-1] = _UNKNOWN
        elif _OPENS.search(bare):
            above.append(
                _UNKNOWN if re.match(r"\s*(?:resources?|authenticated?|constraints|scope|namespace)\b", bare) else ""
            )
        elif re.match(r"\s*end\b", bare) and above:
            above.pop()


def _ungrouped(text: str) -> Iterator[str]:
    """Routes of a group without a prefix and without middleware (Echo, "Group")."""
    plain: dict[str, bool] = {}
    for match in _GROUP.finditer(text):
        if match[1]:
            plain[match[1]] = bool(match[2])
        elif plain.get(match[3]):
            yield match[4]


def _of_nest(tree: Tree, context: str) -> Iterator[tuple[str, str]]:
    """Global prefix, then the controller's path, then the method's (NestJS, "Controllers", "Global prefix")."""
    files = _files(tree, context, r"[\w.-]+(?<!\.spec)(?<!\.test)\.ts", 3000)
    controllers = [
        one for one in files if re.search(r"health|status|monitor|ping|app\.controller", one.rpartition("/")[2])
    ]
    found = [one for one in controllers[:20] if "@Controller(" in tree.read(one)]
    if not found:
        return
    starts = "\n".join(
        tree.read(one)
        for one in files
        if re.fullmatch(r"(?:main|app|app\.module|bootstrap)\.ts", one.rpartition("/")[2])
    )
    prefix = _PREFIX.search(starts)
    if re.search(r"enableVersioning|RouterModule", starts) or (prefix and not (prefix[1] and prefix[2])):
        return
    guarded = "APP_GUARD" in starts
    for file in found:
        text = tree.read(file)
        controller = _CONTROLLER.search(text)
        open_to_all = re.search(r"@\w*(?:Public|SkipAuth|AllowAnonymous)\w*\(", text)
        if (
            not controller
            or controller["more"].strip("}, \n")
            or "UseGuards" in controller["between"]
            or (guarded and not open_to_all)
        ):
            continue
        for method in _NEST_GET.findall(text):
            parts = [one.strip("/") for one in (prefix[1] if prefix else "", controller["path"] or "", method)]
            whole = "/" + "/".join(one for one in parts if one)
            if re.fullmatch(r"(?:/[\w-]+)*/" + WELL, whole):
                yield whole, file
                break


def _files(tree: Tree, context: str, pattern: str, most: int = 20) -> Sequence[str]:
    return [path for path in tree.named(pattern, context) if not is_auxiliary(path)][:most]
