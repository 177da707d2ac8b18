"""Whether a value may be a secret, so that nobody prints it."""

from __future__ import annotations

import re
from typing import Any

from ecsctl.config.lines import Path

HIDDEN = "***"

_KEY = re.compile(
    r"secret|token|passw|passphrase|pwd|credential|private|api_?key|access_?key"
    r"|(?:^|[_-])(?:key|pass|pat|dsn|auth|salt)$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"gh[a-z]_\w{16}|github_pat_\w|glpat-|(?:AKIA|ASIA)[0-9A-Z]{12}|xox[a-z]-|[rs]k_(?:live|test)_|AIza[\w-]{20}"
    r"|eyJ[\w-]{10,}\.[\w-]+|-----BEGIN|://[^/\s@]*:[^/\s@]+@"
)


def hides(path: Path, value: Any) -> bool:
    """Whether a value in a message would perhaps give a secret away, by the names on its path or by its looks."""
    if isinstance(value, bool | int | float):
        return False
    return any(_KEY.search(str(part)) for part in path) or looks_secret(str(value))


def looks_secret(text: str) -> bool:
    """Whether a text looks like a token, a key, or an address with a password in it."""
    return bool(_VALUE.search(text))


def covered(path: Path, value: Any) -> Any:
    """The value for showing: `***` in its place if it is a variable that looks secret.

    Names and ARNs of secrets are no secrets: they are shown, so that a wrong one can be seen.
    """
    if isinstance(value, str) and (looks_secret(value) or ("environment" in path and hides(path[-1:], value))):
        return HIDDEN
    return value
