"""The state that is kept of images beside moto's dictionaries: the words of their sources, and where the engine has
them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from moto.ecr.models import ECRBackend, ecr_backends

from ecsctl.sandbox.aws.ecr.manifests import architectures_of, configuration, digest_of, is_local
from ecsctl.sandbox.core import overlay


class Sources(dict[str, frozenset[str]]):
    """Indexed by the digest of an image that was built here: the words of its sources."""


@dataclass(frozen=True)
class Origin:
    """Describes where an image is in this machine's container engine: its id, and the processor it is for."""

    image: str
    architecture: str


class Origins(dict[str, Origin]):
    """Origins by digest, of images that the engine pushed: their manifests do not say it, as on AWS."""


def learn(account_id: str, region: str, manifest: str, words: Iterable[str]) -> None:
    """Remember what an image was built from."""
    overlay.memory(ecr_backends[account_id][region], Sources)[digest_of(manifest)] = frozenset(words)


def came_from(account_id: str, region: str, manifest: str, origin: Origin) -> None:
    """Remember which image of this machine's container engine a manifest is of."""
    overlay.memory(ecr_backends[account_id][region], Origins)[digest_of(manifest)] = origin


def origin(backend: ECRBackend, manifest: str) -> Origin | None:
    """The image in this machine's container engine, if that built it: by its digest, or by what `manifest` made."""
    known = overlay.memory(backend, Origins).get(digest_of(manifest))
    if known is None and is_local(manifest):
        inside = configuration(manifest)
        return Origin(inside["content"], inside["architecture"])
    return known


def processor(account_id: str, region: str, manifest: str) -> str:
    """The processor that an image is for, as `docker image inspect` says it."""
    known = origin(ecr_backends[account_id][region], manifest)
    return known.architecture if known else next(iter(architectures_of(manifest)), "")
