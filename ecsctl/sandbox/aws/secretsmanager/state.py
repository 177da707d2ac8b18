"""Finding a secret by name or ARN, and the value that other services read."""

from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse


def secret_value(backend: SecretsManagerBackend, wanted: str, stage: str = "", version: str = "") -> str | None:
    """The value of a secret, for services that read one; None if it does not exist, has no value or is being deleted.

    It is the current version's, unless a `stage` such as AWSPREVIOUS or a version id is given.
    """
    for secret in dict.values(backend.secrets):
        if wanted in (secret.name, secret.arn, secret.arn[:-7]) and not secret.is_deleted():
            staged = (one for one, held in secret.versions.items() if stage in held.get("version_stages", ()))
            configured = version or (next(staged, "") if stage else str(secret.default_version_id))
            value: str | None = secret.versions.get(configured, {}).get("secret_string")
            return value
    return None


def found(response: SecretsManagerResponse) -> Any:
    """The secret with this name or ARN. A new secret with a deleted one's name has another ARN."""
    wanted, backend = response._get_param("SecretId"), response.backend
    for secret in dict.values(backend.secrets):
        if wanted in (secret.name, secret.arn, secret.arn[:-7]):
            return secret
    return None
