"""A path for the health check, and the usual names of such routes, which the patterns of all frameworks share."""

from __future__ import annotations

import re
from dataclasses import dataclass

WELL = r"(?:health|healthz|healthy|health[_-]?checks?|livez?|alive|liveness|heartbeat|__lbheartbeat__|readyz|ping|up)"
_HINT = re.compile(r"[\"'`/^_-](?:[Hh]ealth|live|alive|heartbeat|lbheartbeat|readyz|ping\b|up\b|ht/|status)")


def may_have_route(text: str) -> bool:
    """A quick test whether a source may have such a route, before every pattern is tried on it."""
    return bool(_HINT.search(text))


@dataclass(frozen=True)
class Health:
    """A candidate for the health check's path, its source, and the port that is asked there; 0 if none is given."""

    path: str
    source: str
    port: int = 0
    redirects: bool = False  # whether the present checker accepts a redirect
    accepts_redirect: bool = False  # whether a redirect has to count as healthy
    sure: bool = True  # whether the image or its framework has it; False for a hint from elsewhere
    file: str = ""  # the source file with the route, whose handler is read
