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
