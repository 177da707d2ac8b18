"""Managed signing: the rules of a registry, and the signatures that ECR pushes after an image.

Amazon ECR user guide, "Managed signing"; ECR API reference, PutSigningConfiguration.
"""

import fnmatch
import json
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.models import ECRBackend, Image, ecr_backends
from moto.ecr.responses import ECRResponse

from ecsctl.sandbox.aws.ecr.checks import check_signing
from ecsctl.sandbox.core import overlay

_SIGNATURE = "application/vnd.cncf.notary.signature"


@dataclass
class _Rules:
    """The signing rules; None if none have been set."""

    of: list[dict[str, Any]] | None = field(default=None)


def _known(backend: ECRBackend) -> _Rules:
    return overlay.memory(backend, _Rules)


@overlay.adds(ECRResponse)
def put_signing_configuration(response: ECRResponse) -> ActionResult:
    """Replace all rules."""
    backend, rules = response.ecr_backend, response._get_param("signingConfiguration")["rules"]
    check_signing(rules, backend.region_name)
    _known(backend).of = rules
    return ActionResult({"signingConfiguration": {"rules": rules}})


@overlay.adds(ECRResponse)
def get_signing_configuration(response: ECRResponse) -> ActionResult:
    """Return all rules. Raises a refusal if there is no configuration."""
    backend = response.ecr_backend
    return ActionResult({"registryId": backend.account_id, "signingConfiguration": {"rules": _set(backend)}})


@overlay.adds(ECRResponse)
def delete_signing_configuration(response: ECRResponse) -> ActionResult:
    """Delete all rules."""
    backend = response.ecr_backend
    rules, _known(backend).of = _set(backend), None
    return ActionResult({"registryId": backend.account_id, "signingConfiguration": {"rules": rules}})


def signing_rules(account: str, region: str) -> list[dict[str, Any]]:
    """The signing rules of a region."""
    return list(_known(ecr_backends[account][region]).of or ())


def sign(backend: ECRBackend, repository: str, image: Image) -> None:
    """Push an untagged signature that refers to the image, for each rule that matches, as ECR does after a push.

    "Signatures cannot be signed." The pusher's permission to sign is not simulated.
    """
    manifest = json.loads(str(image.image_manifest))
    if "subject" in manifest or manifest.get("artifactType"):
        return
    for rule in _known(backend).of or ():
        filters = [one["filter"] for one in rule.get("repositoryFilters") or ()]
        if not filters or any(fnmatch.fnmatchcase(repository, one) for one in filters):
            subject = {"mediaType": image.image_manifest_media_type, "digest": image.image_digest, "size": 1}
            signature = {"schemaVersion": 2, "artifactType": _SIGNATURE, "subject": subject, "layers": [],
                         "annotations": {"signer": rule["signingProfileArn"]}}  # fmt: skip
            kind: Any = "application/vnd.oci.image.manifest.v1+json"
            untagged: Any = None
            backend.put_image(repository, json.dumps(signature), untagged, kind)


def _set(backend: ECRBackend) -> list[dict[str, Any]]:
    rules = _known(backend).of
    if rules is None:
        raise overlay.Refusal("SigningConfigurationNotFoundException", "No signing configuration was found.")
    return rules
