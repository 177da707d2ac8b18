"""A state file as an ecsctl of version 1 would have written it."""

from __future__ import annotations

import json
from typing import Any

from ecsctl.engine.migrations import RENAMED, SETS
from ecsctl.engine.state_file import checksum


def version_one(content: bytes) -> dict[str, Any]:
    """The same state file, with the names of version 1."""
    body = json.loads(content)
    assert body.pop("checksum") == checksum(body)
    body["version"] = 1
    for entry in body["entries"].values():
        for part in ("applied", "otherwise"):
            entry[part] = _older(entry["kind"], entry[part], "")
    return {**body, "checksum": checksum(body)}


def _older(kind: str, value: Any, path: str) -> Any:
    if isinstance(value, list):
        found = [_older(kind, one, path) for one in value]
        return sorted(found, key=lambda one: json.dumps(one, sort_keys=True)) if (kind, path) in SETS else found
    if not isinstance(value, dict):
        return value
    inner = f"{path}." if path else ""
    renamed = {
        new: old.removeprefix(inner)
        for old, new in RENAMED.get(kind, {}).items()
        if old.startswith(inner) and "." not in old.removeprefix(inner)
    }
    return {renamed.get(n, n): _older(kind, one, f"{inner}{renamed.get(n, n)}") for n, one in value.items()}
