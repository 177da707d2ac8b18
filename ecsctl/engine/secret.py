"""A value that is never shown: it prints as ***, and is compared by its digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace

SHORTEST = 8  # characters: anything shorter may be an ordinary word of a sentence
_held: set[str] = set()


@dataclass(frozen=True)
class Secret:
    """A secret, or only its digest: AWS does not return secrets, so a tag of ours holds the digest."""

    digest: str
    _value: str | None = field(default=None, repr=False, compare=False)
    unread: str = field(default="", compare=False)  # why it could not be read: whether AWS has the same is not known

    @classmethod
    def of(cls, value: str) -> Secret:
        """Hold `value`. The digest is 16 hex digits of SHA-256: two tokens differ in it, and it gives neither away."""
        if len(value) >= SHORTEST:
            _held.update((value, json.dumps(value)[1:-1]))
        return cls(hashlib.sha256(value.encode()).hexdigest()[:16], value)

    def known_by(self, actual: Secret) -> Secret:
        """This one; or the actual one if this could not be read."""
        return replace(actual, _value=None, unread=self.unread) if self.unread else self

    def reveal(self) -> str:
        """The value itself, for the one call that needs it. Raises ValueError if only the digest is known."""
        if self._value is None:
            raise ValueError("only the digest of this secret is known")
        return self._value

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"


def masked(text: str) -> str:
    """The text without any secret that this process has held: text from elsewhere, such as AWS's, may repeat one."""
    for value in _held:
        text = text.replace(value, "***")
    return text
