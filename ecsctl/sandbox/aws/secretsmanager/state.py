"""The secret that a name or an ARN means, and the value that other services read."""

from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse


def secret_value(backend: SecretsManagerBackend, wanted: str, stage: str = "", version: str = "") -> str | None:
    """The value of a secret, for the services that read one; None when there is none that may be read.

    That of the current version, unless a `stage` such as AWSPREVIOUS or a version's id is asked for.
    """
    for secret in dict.values(backend.secrets):
        if wanted in (secret.name, secret.arn, secret.arn[:-7]) and not secret.is_deleted():
            staged = (one for one, held in secret.versions.items() if stage in held.get("version_stages", ()))
            configured = version or (next(staged, "") if stage else str(secret.default_version_id))
            value: str | None = secret.versions.get(configured, {}).get("secret_string")
            return value
    return None


def found(response: SecretsManagerResponse) -> Any:
    """The secret of this name or ARN. The ARN of one that was deleted is not that of a new one of the same name."""
    wanted, backend = response._get_param("SecretId"), response.backend
    for secret in dict.values(backend.secrets):
        if wanted in (secret.name, secret.arn, secret.arn[:-7]):
            return secret
    return None
