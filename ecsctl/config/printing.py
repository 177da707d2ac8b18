"""A configuration for people and for JSON: complete, with its defaults, and with possible secrets masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecsctl.config.tree import Path, dotted, leaves

if TYPE_CHECKING:
    from ecsctl.config.model import Config

HIDDEN = "***"

_KEY = re.compile(
    r"secret|token|passw|passphrase|pwd|credential|private|api_?key|access_?key"
    r"|(?:^|[_-])(?:key|pass|pat|dsn|auth|salt)$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"gh[a-z]_\w{16}|github_pat_\w|glpat-|(?:AKIA|ASIA)[0-9A-Z]{12}|xox[a-z]-|[rs]k_(?:live|test)_|AIza[\w-]{20}"
    r"|eyJ[\w-]{10,}\.[\w-]+|-----BEGIN|://[^/\s@]*:(?!\*+@)[^/\s@]+@"
)

_PASSWORD = re.compile(r"(://[^/\s@]*:)[^/\s@]+@(?:\S*@)?")


def may_be_secret(path: Path, value: Any) -> bool:
    """Whether a value in a message would perhaps give a secret away, by the names on its path or by its shape."""
    if isinstance(value, bool | int | float):
        return False
    return any(_KEY.search(str(part)) for part in path) or looks_secret(str(value))


def looks_secret(text: str) -> bool:
    """Whether a text has the shape of a token, a key, or an address with a password in it."""
    return bool(_VALUE.search(text))


def without_passwords(text: str) -> str:
    """A text with `***` for the passwords of its addresses, or in its place if it still has the shape of a secret."""
    said = _PASSWORD.sub(rf"\1{HIDDEN}@", text) if "://" in text else text
    return HIDDEN if looks_secret(said) else said


def covered(path: Path, value: Any) -> Any:
    """The value for showing: `***` in its place if it is a variable that may be secret.

    Names and ARNs of secrets are no secrets: they are shown, so that a wrong one can be spotted.
    """
    if isinstance(value, str) and (looks_secret(value) or ("environment" in path and may_be_secret(path[-1:], value))):
        return HIDDEN
    return value


def show(config: Config) -> dict[str, Any]:
    """Every option with its value, nested as in the file. None is an option that is not set."""
    return _covered(config.model_dump(mode="json"), ())


def flatten(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values of `show` with their dotted keys."""
    for path, value in leaves(values):
        yield dotted(path), value


def toml(value: Any) -> str:
    """One value as written in a TOML file; `(not set)` for None, which TOML cannot say."""
    import tomlkit

    if value is None:
        return "(not set)"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{tomlkit.key(key).as_string()} = {toml(below)}" for key, below in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(tomlkit.item(value).as_string())


def _covered(values: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    return {
        key: _covered(value, (*path, key)) if isinstance(value, Mapping) else covered((*path, key), value)
        for key, value in values.items()
    }
