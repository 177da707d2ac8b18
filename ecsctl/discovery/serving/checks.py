"""A path for the health check, and the usual names of such routes, which the patterns of all frameworks share."""

from __future__ import annotations

import re
from dataclasses import dataclass

WELL = r"(?:health|healthz|healthy|health[_-]?checks?|livez?|alive|liveness|heartbeat|__lbheartbeat__|readyz|ping|up)"
_HINT = re.compile(r"[\"'`/^_-](?:[Hh]ealth|live|alive|heartbeat|lbheartbeat|readyz|ping\b|up\b|ht/|status)")


def hinted(text: str) -> bool:
    """Whether a source may have such a route: this is quick, and saves trying every pattern on every file."""
    return bool(_HINT.search(text))


@dataclass(frozen=True)
class Health:
    """A path, where it is named, and the port asked there if it says one."""

    path: str
    source: str
    port: int = 0
    redirects: bool = False  # whether a redirect counts as healthy for whoever checks it now
    leads: bool = False  # whether the app redirects every check
    sure: bool = True  # whether the image or its framework has it, and no hint from elsewhere
    file: str = ""  # the source in which a pattern found it: its handler decides
