"""Desired states and ids as JSON: for the state file, for plans, and for people. Secrets are replaced by their
digest.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from ecsctl.engine.resource import AnyResource, identity
from ecsctl.engine.secret import Secret

T = TypeVar("T")
Json = Any


def plain(value: Any, *, hide: bool = False) -> Json:
    """A desired state, an id or a part of one as JSON values: dataclasses as objects, sets as sorted lists.

    A secret becomes its digest, or *** with `hide`.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Secret):
        return "***" if hide else {"digest": value.digest}
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name), hide=hide) for item in fields(value)}
    if isinstance(value, frozenset | set):
        return sorted((plain(part, hide=hide) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    if isinstance(value, tuple | list):
        return [plain(part, hide=hide) for part in value]
    return value


def ids_from(kind: type[AnyResource], stored: dict[str, Any]) -> Any:
    """A kind's ids from the state file. Raises TypeError if they do not fit."""
    ids = identity(kind)
    if {item.name for item in fields(ids)} != stored.keys() or not all(isinstance(v, str) for v in stored.values()):
        raise TypeError(f"what the state file says of a {kind.kind} does not fit the kind")
    return ids(**stored)
