"""The behaviour of ECR that moto lacks: immutable tags, digests of the content, images that expire."""

from ecsctl.sandbox.aws.ecr import checks, signing, time  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.ecr.images import ImageFacts, find_image, pulled, push, put_image
from ecsctl.sandbox.aws.ecr.manifests import LAYER, is_local, manifest
from ecsctl.sandbox.aws.ecr.scanning import scanned, vulnerable
from ecsctl.sandbox.aws.ecr.state import Origin, came_from, learn, origin, processor

__all__ = [
    "LAYER",
    "ImageFacts",
    "Origin",
    "came_from",
    "find_image",
    "is_local",
    "learn",
    "manifest",
    "origin",
    "processor",
    "pulled",
    "push",
    "put_image",
    "scanned",
    "vulnerable",
]
