"""Two JSON values side by side: which parts differ, key by key and element by element. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NAMES = ("name", "key", "sid", "Sid", "Key", "Name")
"""What identifies the elements of a list, if each has one: such a list is compared like an object."""

SHORT = 60  # characters up to which two lists together are shown whole


@dataclass(frozen=True)
class Difference:
    """One difference between two values: "+" is only in the new one, "-" only in the old one, "~" in both."""

    sign: str
    path: str
    before: str = ""
    after: str = ""


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Every difference between the values. A document inside a string is compared as a document."""
    before, after = _opened(before), _opened(after)
    old, new = _named(before), _named(after)
    if old is not None and new is not None:
        yield from _of_objects(old, new, path)
    elif isinstance(before, list) and isinstance(after, list) and not _is_short(before, after):
        left = list(after)
        for element in before:
            if element in left:
                left.remove(element)
            else:
                yield Difference("-", path, before=compact(element))
        yield from (Difference("+", path, after=compact(element)) for element in left)
    else:
        yield Difference("~", path, compact(before), compact(after))


def compact(value: Any) -> str:
    """A JSON value as one short line for a person: no quotes where none are needed, no empty values."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if value and value == value.strip() else json.dumps(value)
    if isinstance(value, list):
        return ", ".join(_within(element) for element in value) or "none"
    if isinstance(value, Mapping):
        return " ".join(f"{key}={_within(part)}" for key, part in value.items() if part is not None) or "none"
    return str(value)


def _within(value: Any) -> str:
    """A value inside another: in brackets if it would run into its neighbours."""
    short = compact(value)
    return f"({short})" if isinstance(value, list | Mapping) and value else short


def _of_objects(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for key in [*old, *(key for key in new if key not in old)]:
        here = f"{path}.{key}" if path else str(key)
        if key not in new:
            yield Difference("-", here, before=compact(old[key]))
        elif key not in old:
            yield Difference("+", here, after=compact(new[key]))
        elif old[key] != new[key]:
            yield from differences(old[key], new[key], here)


def _opened(value: Any) -> Any:
    """The document in a string; any other value unchanged."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _is_short(before: list[Any], after: list[Any]) -> bool:
    """Whether two lists of single values are best shown whole."""
    single = not any(isinstance(one, list | Mapping) for one in (*before, *after))
    return single and len(compact(before)) + len(compact(after)) <= SHORT


def _named(value: Any) -> Mapping[str, Any] | None:
    """The value as an object, if it is one, or a list of pairs or of objects that have a name each."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, list):
        return None
    if all(isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) for one in value):
        pairs = {one[0]: one[1] for one in value}
        return pairs if len(pairs) == len(value) else None
    for name in NAMES:
        if all(isinstance(one, Mapping) and isinstance(one.get(name), str) for one in value):
            named = {one[name]: _rest(one, name) for one in value}
            return named if len(named) == len(value) else None
    return None


def _rest(one: Mapping[str, Any], name: str) -> Any:
    """An element without its name: a lone value by itself."""
    rest = {key: part for key, part in one.items() if key != name}
    return next(iter(rest.values())) if len(rest) == 1 else rest
