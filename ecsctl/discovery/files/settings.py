"""Settings in application.properties and application.yml, of Spring Boot, Quarkus and Micronaut."""

from __future__ import annotations

import re

from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.discovery.files.yaml_text import documents

FILES = r"application\.(?:properties|ya?ml)"


def of(tree: Tree, context: str) -> dict[str, str]:
    """The settings of all such files of an app, by their dotted name."""
    found: dict[str, str] = {}
    for file in [path for path in tree.named(FILES, context) if not is_auxiliary(path)][:20]:
        found |= read(file, tree.read(file))
    return found


_SELECTED = re.compile(
    r"(?:SPRING_PROFILES_ACTIVE|QUARKUS_PROFILE|spring\.profiles\.active)[\"']?(?:\s*[:=]|\s*\n\s*value\s*:)\s*[\"']?([\w-]+)"
)
_FOR_DEVELOPERS = re.compile(r"(?:.*-)?(?:dev\w*|local\w*|tests?|default|true|false)", re.IGNORECASE)


def profile(tree: Tree, context: str) -> str:
    """The one profile that Dockerfiles, compose files, manifests and settings select; empty if none or several do."""
    files = [one for one in tree.named(r"[\w.-]*dockerfile[\w.-]*|.+\.ya?ml|.+\.properties|\.env[\w.-]*", context)
             if not is_auxiliary(one) and "src/test" not in one][:200]  # fmt: skip
    found = {name for one in files for name in _SELECTED.findall(tree.read(one)) if not _FOR_DEVELOPERS.fullmatch(name)}
    return found.pop() if len(found) == 1 else ""


def selects(tree: Tree, context: str, name: str) -> bool:
    """Whether the app or a Dockerfile selects this profile itself."""
    files = [one for one in tree.named(rf"{FILES}|[\w.-]*dockerfile[\w.-]*", context) if not is_auxiliary(one)][:40]
    said = re.compile(
        rf"(?i:spring[._]profiles[._]active|profiles:\s*\n\s*active)[\"']?\s*[:=]\s*[\"']?(?:\$\{{\w+:)?{re.escape(name)}\b"
    )
    return any(said.search(tree.read(one)) for one in files)


def is_spring(tree: Tree, context: str) -> bool:
    """Whether it is a Spring Boot app. Quarkus applies the settings for production by itself."""
    builds = tree.named(r"pom\.xml|build\.gradle(?:\.kts)?", context)[:20]
    return any("spring-boot" in (text := tree.read(one)) or "springframework.boot" in text for one in builds)


def applying(tree: Tree, context: str) -> list[str]:
    """The settings files that apply in production: without a profile, and of the one selected or named "prod"."""
    chosen = re.escape(profile(tree, context)) or r"prod\w*"
    found = tree.named(rf"application(?:-{chosen})?\.(?:properties|ya?ml)", context)
    return [one for one in found if not is_auxiliary(one)][:10]


def read(file: str, text: str) -> dict[str, str]:
    """The settings of one file."""
    found = dict(re.findall(r"(?m)^[ \t]*([\w.-]+)\s*=\s*(\S+)\s*$", text))
    return found | (_flat(text) if file.endswith(("yml", "yaml")) else {})


def _flat(text: str) -> dict[str, str]:
    """The settings in a YAML text, by their dotted name; none if it is not valid YAML."""
    found: dict[str, str] = {}

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict):
            for key, below in value.items():
                walk(below, f"{path}.{key}".lstrip("."))
        elif value is not None:
            found[path] = str(value)

    for document in documents(text) or ():
        walk(document, "")
    return found
