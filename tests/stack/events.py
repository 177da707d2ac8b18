"""EventBridge's comparison of an event with a pattern, as far as ours use it (EventBridge user guide, "Comparison
operators"; aws/event-ruler: of an array of objects each is compared by itself)."""

from __future__ import annotations

from typing import Any


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether the event fits."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(one, event) for one in wanted):
                return False
        elif isinstance(wanted, dict):
            found = event.get(key)
            if not any(matches(wanted, one) for one in (found if isinstance(found, list) else [found or {}])):
                return False
        else:
            found = event.get(key)
            if not any(_leaf(wanted, one) for one in (found if isinstance(found, list) else [found])):
                return False
    return True


def _leaf(wanted: list[Any], found: Any) -> bool:
    return any(_fits(one, found) for one in wanted)


def _fits(wanted: Any, found: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(wanted == found)
    if "anything-but" in wanted:
        return found is not None and found not in wanted["anything-but"]
    if "prefix" in wanted:
        return isinstance(found, str) and found.startswith(wanted["prefix"])
    raise AssertionError(f"no test knows {wanted}")
