"""The KMS key of a cluster's ephemeral storage: a task does not start if Fargate cannot use it.

ECS developer guide, "Managing AWS KMS keys for Fargate ephemeral storage": new tasks fail, running ones go on. "Create
an encryption key for Fargate ephemeral storage": the actions that the key's policy must allow, and their encryption
context. The wording of the stoppedReason is an assumption, except for KMS's own message. A key of another account is
assumed to be usable.
"""

from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend

from ecsctl.sandbox.aws import kms
from ecsctl.sandbox.aws.ecs.state import Task

_FAILED = "ResourceInitializationError: failed to encrypt the ephemeral storage: "
_ACTIONS = ("GenerateDataKeyWithoutPlaintext", "CreateGrant")


def trouble(backend: EC2ContainerServiceBackend, task: Task) -> str | None:
    """The stoppedReason of a task whose storage cannot be encrypted; None if it can, or if AWS's own key is used."""
    cluster = task.arn.split("/")[-2]
    held = backend.clusters.get(cluster)
    configuration: dict[str, Any] = (held.configuration if held else None) or {}
    key = (configuration.get("managedStorageConfiguration") or {}).get("fargateEphemeralStorageKmsKeyId")
    if not key or key.split(":")[4:5] != [backend.account_id]:
        return None
    if wrong := kms.refusal(backend.account_id, backend.region_name, key):
        return _FAILED + wrong
    context = {"aws:ecs:clusterAccount": backend.account_id, "aws:ecs:clusterName": cluster}
    for action in _ACTIONS:
        if not kms.allows(key, "fargate.amazonaws.com", (action,), context):
            return f"{_FAILED}fargate.amazonaws.com is not authorized to perform: kms:{action} on resource: {key}"
    return None
