"""Whether the repository's own buildspec does what the pipeline needs."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

from ecsctl.buildspec import PARTS, ours
from ecsctl.discovery.files.yaml_text import documents

DEFINITIONS = "docker_image_definition.json"
"""The file from which the pipeline's deploy action reads the image (set in ensure/pipeline.py)."""


def missing_steps(text: str, container: str = "") -> tuple[str, ...]:
    """What a buildspec does not do, as phrases after "it does not"; a single phrase if it cannot be parsed.

    `container` is the name of the app's container, which the buildspec may contain as it is. Only the buildspec's own
    commands count: scripts that it runs are not read.
    """
    if text in {ours(*some) for count in range(len(PARTS) + 1) for some in combinations(PARTS, count)}:
        return ()
    read = documents(text, strings=True)
    if read is None:
        return ("read as YAML",)
    spec = read[0] if read else None
    if not isinstance(spec, dict) or not isinstance(spec.get("phases"), dict):
        return ("say which phases there are",)
    commands = "\n".join(_commands(spec["phases"]))
    live = re.sub(r"(?m)^[ \t]*#.*$", "", commands)
    artifacts = str(spec.get("artifacts") or "")
    found = []
    if not re.search(r"(?:docker|podman|buildah|crane|kaniko)\b[^\n]*\bpush\b|--push\b|jib", live):
        found.append("push an image")
    if not re.search(r"\$\{?REPOSITORY_URI\b", live):
        found.append("push to $REPOSITORY_URI")
    elif _overrides(spec, live, "REPOSITORY_URI"):
        found.append("leave REPOSITORY_URI as the project gives it, but makes up another repository's")
    if DEFINITIONS not in live:
        found.append(f"write {DEFINITIONS}")
    if DEFINITIONS not in artifacts and not re.search(r"\*\*/\*|\*\.json", artifacts):
        found.append(f"list {DEFINITIONS} under artifacts")
    given = re.search(r"\$\{?CONTAINER_NAME\b", live) and not _overrides(spec, live, "CONTAINER_NAME", container)
    literal = container and re.search(rf"[\"\\]*name[\"\\]*\s*:\s*[\"\\]*{re.escape(container)}[\"\\]", live)
    if not given and not literal:
        found.append("name the container by $CONTAINER_NAME")
    return tuple(found)


def _overrides(spec: dict[str, Any], commands: str, name: str, right: str = "") -> bool:
    """Whether a buildspec overrides a variable of the project with another value, as AWS's own tutorial does."""
    declared = (spec.get("env") or {}).get("variables") or {} if isinstance(spec.get("env") or {}, dict) else {}
    values = [str(declared[name])] if isinstance(declared, dict) and name in declared else []
    values += re.findall(rf"(?m)(?:^|[;&|(\s])(?:export\s+)?{name}=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;&|]+)", commands)
    return any(value.strip("\"'") not in (right, "") and f"${name}" not in value.replace("{", "") for value in values)


def _commands(phases: dict[str, object]) -> list[str]:
    found: list[str] = []
    for phase in phases.values():
        for key in ("commands", "finally"):
            listed = phase.get(key) if isinstance(phase, dict) else None
            found += [listed] if isinstance(listed, str) else [str(one) for one in listed or ()]
    return found
