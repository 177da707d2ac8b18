"""The keys of KMS, however they are named, and what services ask KMS with the rights of their callers."""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.ecr.models import ecr_backends
from moto.kms.models import Key, kms_backends
from moto.secretsmanager.models import secretsmanager_backends


def found(account: str, region: str, named: str) -> Key | None:
    """The key with this id, alias or ARN. One of another account is found by its ARN alone."""
    if named.startswith("arn:"):
        region, account, named = named.split(":", 5)[3:]
    held = kms_backends[account][region].keys
    if named.startswith("alias/"):
        return next((one for one in held.values() if named in one.aliases), None)
    return held.get(named.removeprefix("key/"))


def used(
    service: str, operation: str, given: Mapping[str, Any], account: str, region: str
) -> Iterator[tuple[Key, str]]:
    """The key that a service uses with the caller's rights, and what it asks KMS for.

    Amazon ECR user guide, "Encryption at rest", "Required permissions"; aws/containers-roadmap#1152 for a repository
    that goes. EFS user guide, "Managing access to encrypted file systems". Secrets Manager user guide, "Secret
    encryption and decryption", "Permissions for the KMS key".
    """
    named = ""
    if service == "ecr" and operation == "CreateRepository":
        named = given.get("encryptionConfiguration", {}).get("kmsKey", "")
    elif service == "ecr" and operation == "DeleteRepository":
        held = ecr_backends[account][region].repositories.get(given["repositoryName"])
        named = (held.encryption_configuration or {}).get("kmsKey", "") if held else ""
    elif service == "secretsmanager" and operation in _OF_VALUES:
        secret = secretsmanager_backends[account][region].secrets.get(given.get("SecretId", ""))
        named = given.get("KmsKeyId") or getattr(secret, "kms_key_id", "") or ""
    elif service == "efs" and operation == "CreateFileSystem":
        named = given.get("KmsKeyId", "")
    key = found(account, region, named) if named else None
    if key:
        yield key, _OF_VALUES.get(operation, _OF_THINGS.get(operation, ""))


_OF_THINGS = {
    "CreateRepository": "DescribeKey CreateGrant",
    "DeleteRepository": "RetireGrant",
    "CreateFileSystem": "CreateGrant Decrypt DescribeKey GenerateDataKeyWithoutPlaintext",
}
_OF_VALUES = {
    "CreateSecret": "Decrypt GenerateDataKey",
    "PutSecretValue": "Decrypt GenerateDataKey",
    "UpdateSecret": "Decrypt GenerateDataKey",
    "GetSecretValue": "Decrypt",
}
