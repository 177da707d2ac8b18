"""Image manifests: digests, architectures, and the manifests that the sandbox creates itself."""

import hashlib
import json
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = 31_457_280  # bytes of an image's layers, unless a test sets another size


def digest_of(manifest: str) -> str:
    """The digest of a manifest or of any other content."""
    return f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"


def manifest(content: str, architecture: str, size: int = LAYER) -> str:
    """The manifest of a plain image with this content, in one layer of `size` bytes."""
    config = json.dumps({"architecture": architecture, "os": "linux", "content": content}, sort_keys=True)
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": size, "digest": digest_of(content)}
    described = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "size": len(config),
            "digest": digest_of(config),
            "data": config,  # the OCI image specification allows embedding the content itself
        },
        "layers": [layer],
    }
    return json.dumps(described)


def index_manifest(content: str, architecture: str) -> str:
    """The manifest of an image index that names the architecture of its one image."""
    made = manifest(content, architecture)
    platform = {"architecture": architecture, "os": "linux"}
    entry = {"mediaType": MANIFEST, "size": len(made), "digest": digest_of(made), "platform": platform}
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})


def architectures_of(manifest: str) -> tuple[str, ...]:
    """The architectures that a manifest names, in order."""
    entries = json.loads(manifest).get("manifests")
    if entries is None:
        found = {str(configuration(manifest).get("architecture", "unknown"))}
    else:
        found = {entry.get("platform", {}).get("architecture", "unknown") for entry in entries}
    return tuple(sorted(found - {"unknown"}))


def configuration(manifest: str) -> dict[str, Any]:
    """The image's configuration, as far as the manifest embeds it."""
    return dict(json.loads(json.loads(manifest).get("config", {}).get("data", "{}")))


def is_local(manifest: str) -> bool:
    """Whether it is a manifest that `manifest` created for an image in the engine, which no registry contains."""
    return str(configuration(manifest).get("content", "")).startswith("sha256:")
