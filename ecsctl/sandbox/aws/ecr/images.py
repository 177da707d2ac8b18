"""Pushing, finding and deleting images, with immutable tags."""

import fnmatch
import json
from dataclasses import dataclass
from typing import Any

from moto.ecr.exceptions import ImageAlreadyExistsException
from moto.ecr.models import ECRBackend, Image, Repository, ecr_backends
from moto.moto_api._internal import mock_random

from ecsctl.sandbox.aws.ecr.manifests import LAYER, MANIFEST, architectures_of, digest_of, index_manifest, manifest
from ecsctl.sandbox.aws.ecr.signing import sign
from ecsctl.sandbox.aws.ecr.state import Sources, origin
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.core import clock, overlay


@dataclass(frozen=True)
class ImageFacts:
    """What a runtime knows about an image that it has pulled."""

    digest: str
    tags: tuple[str, ...]
    architectures: tuple[str, ...]  # as in Go: arm64, amd64; empty if unknown
    words: frozenset[str] | None = None  # in the sources it was built from; None: unknown
    built: str | None = None  # its id in this machine's container engine, if it was built there


def put_image(
    account_id: str,
    region: str,
    repository: str,
    tags: list[str],
    architecture: str = "arm64",
    content: str | None = None,
    index: bool = False,
    size: int = LAYER,
) -> str:
    """Push an image as `docker push` would, and return its digest.

    The same `content` gives the same image; without it each call pushes a new one. With `index` the manifest is an
    image index that names the architecture, as `docker buildx` creates it; otherwise only the image's configuration
    does, as with `docker build`. `size` is that of the layers, in bytes. Raises overlay.Refusal as PutImage does.
    """
    content = content or str(mock_random.uuid4())
    made = index_manifest(content, architecture) if index else manifest(content, architecture, size)
    return push(account_id, region, repository, tags, made)


def push(account_id: str, region: str, repository: str, tags: list[str], manifest: str) -> str:
    """Push an image's manifest, with those of `tags` that it does not have yet. See `put_image`."""
    backend, digest = ecr_backends[account_id][region], digest_of(manifest)
    existing = {tag for image in _repository(backend, repository).images for tag in _tags_if(image, digest)}
    for tag in [tag for tag in tags if tag not in existing]:
        backend.put_image(repository, manifest, tag, json.loads(manifest)["mediaType"], None)
    return digest


def pulled(account_id: str, region: str, repository: str, reference: str) -> str | None:
    """The manifest of the image that a tag or digest names; None if it does not exist."""
    found = ecr_backends[account_id][region].repositories.get(repository)
    for image in found.images if found else []:
        if reference in (image.image_digest, *image.image_tags):
            return str(image.image_manifest)
    return None


def find_image(account_id: str, region: str, repository: str, reference: str) -> ImageFacts | None:
    """The image that a tag or digest (`sha256:…`) names; None if the repository or the image does not exist."""
    found = ecr_backends[account_id][region].repositories.get(repository)
    for image in found.images if found else []:
        if reference in (image.image_digest, *image.image_tags):
            backend, text = ecr_backends[account_id][region], str(image.image_manifest)
            words = overlay.memory(backend, Sources).get(image.image_digest)
            known = origin(backend, text)
            architectures = (known.architecture,) if known else architectures_of(text)
            return ImageFacts(
                image.image_digest, tuple(image.image_tags), architectures, words, known.image if known else None
            )
    return None


def _tags_if(image: Image, digest: str) -> list[str]:
    return image.image_tags if image.image_digest == digest else []


def _repository(backend: ECRBackend, name: str) -> Repository:
    found: Repository = backend._get_repository(name)
    return found


def _is_fixed(repository: Repository, tag: str) -> bool:
    """Whether the tag is immutable (ECR guide, "Preventing image tags from being overwritten")."""
    filters = repository.image_tag_mutability_exclusion_filters or []
    excluded = any(fnmatch.fnmatchcase(tag, each["filter"]) for each in filters)
    immutable = repository.image_tag_mutability in ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION")
    return immutable != excluded


@overlay.wraps(ECRBackend, "put_image")
def _put_image(
    original: Any,  # noqa: ARG001 - it deletes what lost its last tag, and invents digests
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Image:
    """Store an image. Only a mutable tag is moved from another image, which remains without it."""
    repository = _repository(self, repository_name)
    try:
        kind = image_manifest_mediatype or json.loads(image_manifest).get("mediaType", MANIFEST)
    except ValueError:
        message = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
        raise overlay.Refusal("InvalidParameterException", message) from None
    actual = digest_of(image_manifest)
    if digest and digest != actual:
        message = f"The specified image digest '{digest}' does not match the digest '{actual}' that ECR calculated"
        raise overlay.Refusal("ImageDigestDoesNotMatchException", message)
    same = next((image for image in repository.images if image.image_digest == actual), None)
    if same is not None and (image_tag is None or image_tag in same.image_tags):
        raise ImageAlreadyExistsException(repository_name, repository.registry_id, actual, image_tag or "null")
    for other in [image for image in repository.images if image_tag in image.image_tags]:
        if _is_fixed(repository, str(image_tag)):
            message = f"The image tag '{image_tag}' already exists in the '{repository_name}' repository and cannot be"
            raise overlay.Refusal(
                "ImageTagAlreadyExistsException", f"{message} overwritten because the tag is immutable."
            )
        other.image_tags.remove(str(image_tag))
        other.image_tag = other.image_tags[-1] if other.image_tags else None  # type: ignore[assignment] # untagged
    if same is not None:
        same.update_tag(str(image_tag))
        return same
    made = Image(self.account_id, image_tag, image_manifest, repository_name, kind, actual)  # type: ignore[arg-type] # None is untagged
    made.image_pushed_at = int(clock.now())
    if subject := json.loads(image_manifest).get("subject"):  # a signature or the like (ECR API, ImageDetail)
        made.subject_manifest_digest = subject["digest"]  # type: ignore[attr-defined] # moto shows what is there
    repository.images.append(made)
    sign(self, repository_name, made)
    return made


@overlay.wraps(ECRBackend)
def batch_delete_image(original: Any, self: ECRBackend, *args: Any, **kwargs: Any) -> Any:
    """Delete images, and in this machine's container engine those that no repository has any more."""
    before = _all_built(self)
    answer = original(*args, **kwargs)
    _drop(before - _all_built(self))
    return answer


@overlay.wraps(ECRBackend)
def delete_repository(original: Any, self: ECRBackend, *args: Any, **kwargs: Any) -> Any:
    """Like `batch_delete_image`."""
    before = _all_built(self)
    answer = original(*args, **kwargs)
    _drop(before - _all_built(self))
    return answer


def _all_built(backend: ECRBackend) -> set[str]:
    every = (image for repository in backend.repositories.values() for image in repository.images)
    found = (origin(backend, str(image.image_manifest)) for image in every)
    return {one.image for one in found if one} if machine.current else set()


def _drop(gone: set[str]) -> None:
    for image in gone if machine.current else ():
        machine.current.drop(image)  # type: ignore[union-attr] # checked above


@overlay.wraps(Image)
def get_image_size_in_bytes(original: Any, self: Image) -> int | None:
    """The size of the image's layers, without its configuration."""
    manifest = json.loads(self.image_manifest)
    if manifest.get("layers") and all("size" in layer for layer in manifest["layers"]):
        return sum(int(layer["size"]) for layer in manifest["layers"])
    size: int | None = original()
    return size
