"""What AWS's ecr does that moto does not: tags that do not move, digests that are the content's, architectures."""

import fnmatch
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecr.exceptions import ImageAlreadyExistsException
from moto.ecr.models import ECRBackend, Image, Repository, ecr_backends
from moto.moto_api._internal import mock_random

from ecsctl.sandbox.aws import kms
from ecsctl.sandbox.aws.ecr_signing import sign
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.core import clock, overlay, script

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = 31_457_280  # bytes of the layers of an image, unless a test sets others


@dataclass(frozen=True)
class ImageFacts:
    """What a runtime learns of an image when it pulls it."""

    digest: str
    tags: tuple[str, ...]
    architectures: tuple[str, ...]  # as in Go: arm64, amd64; empty if nobody said
    words: frozenset[str] | None = None  # of the sources it was built from; None: nobody here knows them
    built: str | None = None  # its id in this machine's container engine, if that built it


class _Sources(dict[str, frozenset[str]]):
    """By the digest of an image that was built here: the words of its sources."""


@dataclass(frozen=True)
class Origin:
    """What an image that this machine's container engine has built is there: its id, and the processor it is for."""

    image: str
    architecture: str


class _Origins(dict[str, Origin]):
    """By the digest of an image that the engine pushed, whose manifest says no more than one of AWS's ECR does."""


class _Vulnerable(dict[str, dict[str, int]]):
    """By a part of an image's tag: how many vulnerabilities of each severity a scan finds in it."""


@script.switch
def vulnerable(tag: str, severity: str = "CRITICAL", count: int = 1, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let scans find `count` vulnerabilities of a severity in images whose tags contain `tag`."""
    overlay.memory(ecr_backends[account_id]["us-east-1"], _Vulnerable).setdefault(tag, {})[severity] = count


def scanned(account_id: str, region: str, repository: str, reference: str) -> dict[str, int] | None:
    """How many vulnerabilities of each severity a scan has found; None where the repository is not scanned on push."""
    found = ecr_backends[account_id][region].repositories.get(repository)
    image = find_image(account_id, region, repository, reference)
    settings: Any = found.image_scanning_configuration if found else None
    if image is None or not (settings or {}).get("scanOnPush"):
        return None
    known = overlay.memory(ecr_backends[account_id]["us-east-1"], _Vulnerable)  # scripts hold for the account
    return {severity: count for part, counts in known.items() if any(part in tag for tag in image.tags)
            for severity, count in counts.items()}  # fmt: skip


def learn(account_id: str, region: str, manifest: str, words: Iterable[str]) -> None:
    """Remember what an image was built from."""
    overlay.memory(ecr_backends[account_id][region], _Sources)[_digest(manifest)] = frozenset(words)


def came_from(account_id: str, region: str, manifest: str, origin: Origin) -> None:
    """Remember which image of this machine's container engine a manifest is of."""
    overlay.memory(ecr_backends[account_id][region], _Origins)[_digest(manifest)] = origin


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

    The same `content` is the same image; without it each is a new one. With `index` the manifest is an image index,
    as `docker buildx` makes it, which names its architecture; else only the configuration it points to does, as with
    `docker build`. `size` is its layers', in bytes. Raises overlay.Refusal as PutImage does.
    """
    content = content or str(mock_random.uuid4())
    made = _index(content, architecture) if index else manifest(content, architecture, size)
    return push(account_id, region, repository, tags, made)


def push(account_id: str, region: str, repository: str, tags: list[str], manifest: str) -> str:
    """Put an image by its manifest, under those of `tags` that it does not have yet. See `put_image`."""
    backend, digest = ecr_backends[account_id][region], _digest(manifest)
    existing = {tag for image in _repository(backend, repository).images for tag in _tags_if(image, digest)}
    for tag in [tag for tag in tags if tag not in existing]:
        backend.put_image(repository, manifest, tag, json.loads(manifest)["mediaType"], None)
    return digest


def pulled(account_id: str, region: str, repository: str, reference: str) -> str | None:
    """The manifest of the image that a tag or a digest names, None if it is not there."""
    found = ecr_backends[account_id][region].repositories.get(repository)
    for image in found.images if found else []:
        if reference in (image.image_digest, *image.image_tags):
            return str(image.image_manifest)
    return None


def find_image(account_id: str, region: str, repository: str, reference: str) -> ImageFacts | None:
    """The image that a tag or a digest (`sha256:…`) names, None if the repository or the image is not there."""
    found = ecr_backends[account_id][region].repositories.get(repository)
    for image in found.images if found else []:
        if reference in (image.image_digest, *image.image_tags):
            backend, text = ecr_backends[account_id][region], str(image.image_manifest)
            words = overlay.memory(backend, _Sources).get(image.image_digest)
            known = origin(backend, text)
            architectures = (known.architecture,) if known else _architectures(text)
            return ImageFacts(
                image.image_digest, tuple(image.image_tags), architectures, words, known.image if known else None
            )
    return None


def _digest(manifest: str) -> str:
    return f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"


def _tags_if(image: Image, digest: str) -> list[str]:
    return image.image_tags if image.image_digest == digest else []


def manifest(content: str, architecture: str, size: int = LAYER) -> str:
    """The manifest of a plain image with this content, in one layer of so many bytes."""
    config = json.dumps({"architecture": architecture, "os": "linux", "content": content}, sort_keys=True)
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": size, "digest": _digest(content)}
    described = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "size": len(config),
            "digest": _digest(config),
            "data": config,  # the OCI image specification allows the content itself beside its digest
        },
        "layers": [layer],
    }
    return json.dumps(described)


def _index(content: str, architecture: str) -> str:
    made = manifest(content, architecture)
    platform = {"architecture": architecture, "os": "linux"}
    entry = {"mediaType": _MANIFEST, "size": len(made), "digest": _digest(made), "platform": platform}
    return json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [entry]})


def _architectures(manifest: str) -> tuple[str, ...]:
    entries = json.loads(manifest).get("manifests")
    if entries is None:
        found = {str(_configuration(manifest).get("architecture", "unknown"))}
    else:
        found = {entry.get("platform", {}).get("architecture", "unknown") for entry in entries}
    return tuple(sorted(found - {"unknown"}))


def _configuration(manifest: str) -> dict[str, Any]:
    """What the manifest carries of the image's configuration."""
    return dict(json.loads(json.loads(manifest).get("config", {}).get("data", "{}")))


def origin(backend: ECRBackend, manifest: str) -> Origin | None:
    """The image in this machine's container engine, if that built it: by its digest, or by what `manifest` made."""
    known = overlay.memory(backend, _Origins).get(_digest(manifest))
    if known is None and is_local(manifest):
        inside = _configuration(manifest)
        return Origin(inside["content"], inside["architecture"])
    return known


def is_local(manifest: str) -> bool:
    """Whether it is what `manifest` makes of an image in the engine: no registry has seen that one."""
    return str(_configuration(manifest).get("content", "")).startswith("sha256:")


def processor(account_id: str, region: str, manifest: str) -> str:
    """The processor that an image is for, as `docker image inspect` says it."""
    known = origin(ecr_backends[account_id][region], manifest)
    return known.architecture if known else next(iter(_architectures(manifest)), "")


def _repository(backend: ECRBackend, name: str) -> Repository:
    found: Repository = backend._get_repository(name)
    return found


def _is_fixed(repository: Repository, tag: str) -> bool:
    """Whether the tag, once given, stays where it is (ECR guide, "Preventing image tags from being overwritten")."""
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
    """Take an image in; a tag moves from another image only if it may, and the other stays without it."""
    repository = _repository(self, repository_name)
    try:
        kind = image_manifest_mediatype or json.loads(image_manifest).get("mediaType", _MANIFEST)
    except ValueError:
        message = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
        raise overlay.Refusal("InvalidParameterException", message) from None
    actual = _digest(image_manifest)
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
def create_repository(original: Any, self: ECRBackend, *args: Any, **kwargs: Any) -> Any:
    """With a key of KMS, which must be there and enabled, and is shown by its ARN, however it was named.

    ECR asks KMS with the caller's rights: DescribeKey, then CreateGrant (Amazon ECR user guide, "Encryption at rest").
    API reference, CreateRepository, has the code; the words are KMS's own.
    """
    said = kwargs.get("encryption_config") or {}
    if named := said.get("kmsKey"):
        if wrong := kms.refusal(self.account_id, self.region_name, named):
            raise overlay.Refusal("KmsException", wrong)
        kwargs["encryption_config"] = {**said, "kmsKey": kms.arn(self.account_id, self.region_name, named)}
    return original(*args, **kwargs)


@overlay.wraps(ECRBackend)
def batch_delete_image(original: Any, self: ECRBackend, *args: Any, **kwargs: Any) -> Any:
    """An image that no repository has any more goes out of this machine's engine, too."""
    before = _all_built(self)
    answer = original(*args, **kwargs)
    _drop(before - _all_built(self))
    return answer


@overlay.wraps(ECRBackend)
def delete_repository(original: Any, self: ECRBackend, *args: Any, **kwargs: Any) -> Any:
    """As `batch_delete_image`."""
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
    """The size of what is pulled: the layers, not the configuration."""
    manifest = json.loads(self.image_manifest)
    if manifest.get("layers") and all("size" in layer for layer in manifest["layers"]):
        return sum(int(layer["size"]) for layer in manifest["layers"])
    size: int | None = original()
    return size
