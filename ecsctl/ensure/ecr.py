"""Where the images are kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.resources.repository import Repository, RepositoryIds

if TYPE_CHECKING:
    from ecsctl.config import Config
    from ecsctl.names import Names


def ensure_ecr(stack: Stack, config: Config, names: Names) -> RepositoryIds:
    """The repository. Commit tags stay what they are; old images go by number, never by age: the app may run one."""
    untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    tagged = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": config.ecr.keep_images}
    rules = [
        {"rulePriority": 1, "description": "untagged", "selection": untagged, "action": {"type": "expire"}},
        {"rulePriority": 2, "description": "the oldest", "selection": tagged, "action": {"type": "expire"}},
    ]
    exclusion = config.ecr.mutability.endswith("WITH_EXCLUSION")
    desired = Repository(
        name=names.repository,
        mutability=config.ecr.mutability,
        mutable_tags=("latest",) if exclusion else (),
        scan_on_push=config.ecr.scan_on_push,
        lifecycle=json.dumps({"rules": rules}),
    )
    return stack.ensure("repository", desired)
