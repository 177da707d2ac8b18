"""A secret's name stays taken for a while after its deletion, and recovery windows end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.secretsmanager.responses import SecretsManagerResponse

from ecsctl.sandbox.core import clock, overlay

# Seconds that a name stays taken after a deletion without recovery. "Secrets Manager performs the actual deletion with
# an asynchronous background process, so there might be a short delay" (API reference, DeleteSecret); the number is an
# assumption.
FORCED = 5.0


@dataclass
class Going:
    """Names of deleted secrets that are still taken, and until when."""

    until: dict[str, float] = field(default_factory=dict)


@overlay.wraps(SecretsManagerResponse)
def call_action(original: Callable[..., Any], response: SecretsManagerResponse) -> Any:
    """Before each request, remove the secrets whose recovery window is over."""
    secrets = response.backend.secrets
    for secret in list(secrets.values()):
        due = getattr(secret, "deleted_date", None)
        if due is not None and due <= clock.now():
            dict.pop(secrets, secret.name)
    return original()
