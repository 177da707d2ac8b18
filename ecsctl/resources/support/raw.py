"""Parameters from [raw], by path: compared with AWS, and recorded in a tag, so that they can be undone.

A path is a parameter of AWS's call, one of its members (`source.gitCloneDepth`), or an attribute by its own name.
`usual` has AWS's default by path: a parameter that is no longer configured is reset to it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ecsctl.resources.support.additions import Additions, additions, part_of

KEYS = "ecsctl:keys"
"""The tag that records the paths, as six digits each: a tag has at most 256 characters (AWS General Reference)."""
MOST = 256 // 7
Usual = Mapping[str, Any]


def memory(paths: Iterable[str]) -> dict[str, str]:
    """The value of the tag that records these paths.

    Paths are added to it before they are sent, and removed after they have been reset, so that an interrupted run
    leaves no unrecorded path behind.
    """
    return {KEYS: " ".join(map(_code, paths))}


def paths(configured: Additions) -> list[str]:
    """The paths of the configured parameters."""
    return [path for path, _ in configured]


def remembered(tags: Mapping[str, str], usual: Usual) -> list[str]:
    """The paths that were configured at the last change."""
    codes = tags.get(KEYS, "").split()
    return [path for path in usual if _code(path) in codes]


def found(configured: Additions, tags: Mapping[str, str], usual: Usual, at: Callable[[str], Any]) -> Additions:
    """AWS's values at the configured paths, and at formerly configured ones that are not back at AWS's default."""
    like = {path: json.loads(value) for path, value in configured}
    shown = {path: part_of(at(path), value) for path, value in like.items()}
    for path in remembered(tags, usual):
        value = at(path)
        if path not in like and value not in (None, usual[path]):
            shown[path] = value
    return additions(shown)


def wanted(configured: Additions, tags: Mapping[str, str], usual: Usual) -> dict[str, Any]:
    """The values to send, by path: the configured ones, and AWS's defaults for paths that are no longer configured."""
    back = {path: usual[path] for path in remembered(tags, usual)}
    return back | {path: json.loads(value) for path, value in configured}


def merge_parameters(parameters: Mapping[str, Any], over: dict[str, Any]) -> None:
    """Merge parameters by path into those of a call. A None leaves the call's own value."""
    for path, value in parameters.items():
        parent, _, name = path.rpartition(".")
        if value is not None:
            (over.setdefault(parent, {}) if parent else over)[name] = value


def keyed(attributes: Iterable[tuple[str, Any]]) -> list[Any]:
    """Attributes in the form that ELB accepts: names and strings."""
    return [{"Key": name, "Value": text(value)} for name, value in attributes]


def text(value: Any) -> str:
    """A value in the form that ELB uses."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _code(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:6]
