"""The ECR repository of the app's images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.names import LAYERS
from ecsctl.parts import SIGNING
from ecsctl.resources.repository import Repository, RepositoryIds
from ecsctl.resources.signing_rule import SigningRule

if TYPE_CHECKING:
    from ecsctl.config import Config
    from ecsctl.names import Names


FRESH = 14
"""Days after which a cached layer is rebuilt, and with it whatever it installs."""
MOST_KEPT = 10
"""The most images that a build uses to cache its layers: those of nine stages, and the last."""


def ensure_ecr(stack: Stack, config: Config, names: Names, key: str) -> RepositoryIds:
    """The repository. Commit tags are immutable. Old images are deleted by count, never by age, since the app may run
    one.

    A rule counts every image that matches it, even one that a rule with a lower number decides about (Amazon ECR user
    guide, "Automate the cleanup of images": rules "can still identify them as if they haven't been expired"). So with
    cached layers the last rule counts only tagged images, not those that a moving tag has left, and allows as many more
    as there may be cached layers.

    A signature is untagged, and counts as an image for a rule on all images; it is deleted within a day of the image
    that it signs (Amazon ECR user guide, "Sign images in Amazon ECR"). So with signatures there is no rule for untagged
    images.
    """
    untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    tagged: dict[str, object] = {"tagStatus": "any"}
    layers: list[dict[str, object]] = []
    kept = config.ecr.keep_images
    if config.build.cache:
        of_layers = {"tagStatus": "tagged", "tagPatternList": [f"{LAYERS}*"]}
        layers = [{**of_layers, "countType": "sinceImagePushed", "countUnit": "days", "countNumber": FRESH}]
        tagged = {"tagStatus": "tagged", "tagPatternList": ["*"]}
        kept += MOST_KEPT
    if config.ecr.sign:
        tagged = {"tagStatus": "tagged", "tagPatternList": ["*"]}
    tagged |= {"countType": "imageCountMoreThan", "countNumber": kept}
    descriptions = [*([] if config.ecr.sign else ["untagged"]), *(["layers"] if layers else []), "the oldest"]
    selections = [*([] if config.ecr.sign else [untagged]), *layers, tagged]
    rules = [
        {"rulePriority": number, "description": what, "selection": selection, "action": {"type": "expire"}}
        for number, (what, selection) in enumerate(zip(descriptions, selections, strict=True), 1)
    ]
    moving = ("latest", *([f"{LAYERS}*"] if config.build.cache and config.ecr.mutability.startswith("IM") else []))
    exclusion = config.ecr.mutability.endswith("WITH_EXCLUSION")
    desired = Repository(
        name=names.repository,
        image_tag_mutability=config.ecr.mutability,
        image_tag_mutability_exclusion_filters=moving if exclusion else (),
        scan_on_push=config.ecr.scan_on_push,
        kms_key=key or None,
        lifecycle_policy=json.dumps({"rules": rules}),
    )
    made = stack.ensure("repository", desired)
    if config.ecr.sign:
        stack.ensure(SIGNING, SigningRule(repository=made.name, profile=config.ecr.sign))
    return made
