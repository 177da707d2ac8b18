"""Paths for a health check that frameworks provide, or that their generators write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ecsctl.discovery.files import settings
from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.discovery.serving.checks import WELL, Health

_RAILS = re.compile(r"(?m)^  get[ (]+[\"']/?(" + WELL + r"(?:/(?:live|liveness)|\.json)?)[\"']")
_SECURED = re.compile(r"(?:spring|quarkus|micronaut)[\w-]*-(?:security|oauth2|oidc)")


def of(tree: Tree, context: str, project: str) -> Iterator[Health]:
    """Each such path that the sources still have.

    Rails guides, "Getting started" (rails/health#show since 7.1); Laravel's "Health" route (since 11); Spring Boot
    reference, "Actuator: endpoints"; Quarkus guide, "SmallRye Health"; ASP.NET Core, "Health checks".
    """
    for path in _files(tree, context, r"routes\.rb"):
        text = tree.live(path)
        if match := re.search(r"get\s*\(?\s*[\"']/?([\w/-]+)[\"'][^\n]*rails/health#show", text):
            yield Health(f"/{match[1]}", f"Rails' health route in {path}")
        elif match := _RAILS.search(text):  # it is in no namespace
            yield Health(f"/{match[1]}", path, sure=False, file=path)
    for path in _files(tree, context, r"app\.php"):
        if path.endswith("bootstrap/app.php") and (
            match := re.search(r"\bhealth:\s*[\"'](/[\w/-]*)[\"']", tree.live(path))
        ):
            yield Health(match[1], f"Laravel's health route in {path}")
    for path in _files(tree, context, r"pom\.xml|build\.gradle(?:\.kts)?"):
        text = tree.read(path)
        if _has_actuator(tree, context, text) and (found := _actuator(tree, context)):
            yield Health(found, f"Spring Boot's actuator in {path}", sure=not _SECURED.search(text))
        elif re.search(r"quarkus-smallrye-health", text) and "quarkus.management.enabled" not in settings.of(
            tree, context
        ):
            yield Health("/q/health", f"Quarkus' health extension in {path}", sure=not _SECURED.search(text))
        elif re.search(r"micronaut-management", text) and "endpoints.all.port" not in settings.of(tree, context):
            yield Health("/health", f"Micronaut's management in {path}", sure=not _SECURED.search(text))
    for path in _files(tree, project, r"(?:Program|Startup|\w*Extensions|\w*HealthChecks?\w*)\.cs"):
        text = tree.live(path)
        for match in islice(re.finditer(r"(?:Map|Use)HealthChecks\(\s*\"/?([\w/-]*)\"[^;]{0,300}", text), 20):
            before = text[: match.start()].rpartition("IsDevelopment()")
            if not before[1] or _is_closed(before[2]):
                open_to_all = "RequireAuthorization" not in match[0]
                yield Health(f"/{match[1]}", f"MapHealthChecks in {path}", sure=open_to_all)
                break


def _is_closed(text: str) -> bool:
    """Whether the first block that a text opens is closed in it."""
    depth = 0
    for match in re.finditer(r"[{}]", text):
        depth += 1 if match[0] == "{" else -1
        if depth <= 0:
            return True
    return False


def _has_actuator(tree: Tree, context: str, build: str) -> bool:
    """Whether Spring Boot has its actuator: as a dependency, or by a plugin, as settings for it show."""
    named = "spring-boot-starter-actuator" in build
    return named or any(one.startswith("management.endpoint") for one in settings.of(tree, context))


def _actuator(tree: Tree, context: str) -> str:
    """The path of the actuator's health endpoint; empty if it has a port of its own, which no load balancer asks."""
    values = settings.of(tree, context)
    if "management.server.port" in values or "management.port" in values:
        return ""
    base = values.get("management.endpoints.web.base-path", "/actuator")
    root = values.get("server.servlet.context-path", "").rstrip("/")
    whole = f"{root}{base.rstrip('/')}/health"
    return whole if re.fullmatch(r"/[\w/.-]+", whole) else ""


def _files(tree: Tree, context: str, pattern: str, most: int = 20) -> list[str]:
    return [path for path in tree.named(pattern, context) if not is_auxiliary(path)][:most]
