"""State of images that moto's dictionaries lack: the words in their sources, and their origin in the engine."""

from collections.abc import Iterable
from dataclasses import dataclass

from moto.ecr.models import ECRBackend, ecr_backends

from ecsctl.sandbox.aws.ecr.manifests import architectures_of, configuration, digest_of, is_local
from ecsctl.sandbox.core import overlay


class Sources(dict[str, frozenset[str]]):
    """The words in the sources of images that were built here, by digest."""


@dataclass(frozen=True)
class Origin:
    """An image in this machine's container engine: its id and processor."""

    image: str
    architecture: str


class Origins(dict[str, Origin]):
    """Origins by digest, for images that the engine pushed: as on AWS, their manifests do not contain them."""


def learn(account_id: str, region: str, manifest: str, words: Iterable[str]) -> None:
    """Remember the words in the sources of an image."""
    overlay.memory(ecr_backends[account_id][region], Sources)[digest_of(manifest)] = frozenset(words)


def came_from(account_id: str, region: str, manifest: str, origin: Origin) -> None:
    """Remember which image in this machine's container engine a manifest belongs to."""
    overlay.memory(ecr_backends[account_id][region], Origins)[digest_of(manifest)] = origin


def origin(backend: ECRBackend, manifest: str) -> Origin | None:
    """The image in this machine's container engine, if it was built there: by digest, or from `manifest`'s content."""
    known = overlay.memory(backend, Origins).get(digest_of(manifest))
    if known is None and is_local(manifest):
        inside = configuration(manifest)
        return Origin(inside["content"], inside["architecture"])
    return known


def processor(account_id: str, region: str, manifest: str) -> str:
    """The processor that an image is for, as in `docker image inspect`."""
    known = origin(ecr_backends[account_id][region], manifest)
    return known.architecture if known else next(iter(architectures_of(manifest)), "")
