"""Images expire by the lifecycle policies of their repositories.

Amazon ECR user guide, "Automate the cleanup of images by using lifecycle policies". All rules are evaluated at the same
time, and applied by priority: at most one rule expires an image, and an image whose tags match a rule is not expired by
a rule of lower priority. A rule also counts images that another one expires. Images expire by push time, the oldest
first. "Images become expired within 24 hours after they meet the expiration criteria": here once a day of
sandbox time, starting a day after the policy was first set.
"""

import fnmatch
import json
from typing import Any

from moto.ecr.models import ECRBackend, Image, ecr_backends

from ecsctl.sandbox.core import clock, overlay, requests

DAY = 86_400.0


class _Due(dict[str, float]):
    """When each repository's images are examined next, by its name."""


@overlay.wraps(ECRBackend, "put_lifecycle_policy")
def planned(original: Any, self: ECRBackend, registry_id: str, repository_name: str, lifecycle_policy_text: str) -> Any:
    """Plan to examine the repository in a day, unless that is planned already."""
    answer = original(registry_id, repository_name, lifecycle_policy_text)
    overlay.memory(self, _Due).setdefault(repository_name, clock.now() + DAY)
    return answer


@requests.before_each
def expire() -> None:
    """Examine the repositories that are due."""
    for account in list(ecr_backends.values()):
        for backend in list(account.values()):
            due = overlay.memory(backend, _Due)
            for name in [name for name, moment in due.items() if clock.now() >= moment]:
                due[name] = clock.now() + DAY
                repository = backend.repositories.get(name)
                if repository is None or not repository.lifecycle_policy:
                    del due[name]
                elif gone := expired(json.loads(repository.lifecycle_policy)["rules"], repository.images):
                    backend.batch_delete_image(name, None, [{"imageDigest": one.image_digest} for one in gone])


def expired(rules: list[dict[str, Any]], images: list[Image]) -> list[Image]:
    """The images that the rules expire now, and those that refer to them, such as signatures."""
    gone: list[Image] = []
    claimed: list[Image] = []
    for rule in sorted(rules, key=lambda one: int(one["rulePriority"])):
        selection = rule["selection"]
        fitting = [one for one in images if _fits(selection, one)]
        youngest = sorted(fitting, key=lambda one: -one.image_pushed_at)
        if selection["countType"] == "imageCountMoreThan":
            old = youngest[int(selection["countNumber"]) :]
        else:
            since = clock.now() - int(selection["countNumber"]) * DAY
            old = [one for one in youngest if one.image_pushed_at < since]
        gone += [one for one in old if one not in claimed and not _is_in_index(one, images)]
        claimed += fitting
    left = {one.image_digest for one in images} - {one.image_digest for one in gone}
    subjects = [(one, getattr(one, "subject_manifest_digest", None)) for one in images if one not in gone]
    return gone + [one for one, subject in subjects if subject and subject not in left]


def _fits(selection: dict[str, Any], image: Image) -> bool:
    """Whether a rule selects an image: its tags must match all the patterns, or all the prefixes."""
    tags, status = list(image.image_tags), selection["tagStatus"]
    if status != "tagged":
        return status == "any" or not tags
    patterns = selection.get("tagPatternList") or [f"{prefix}*" for prefix in selection["tagPrefixList"]]
    return all(any(fnmatch.fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns)


def _is_in_index(image: Image, images: list[Image]) -> bool:
    """Whether an existing image index refers to the image, which then does not expire."""
    return any(
        entry.get("digest") == image.image_digest
        for one in images
        for entry in json.loads(one.image_manifest).get("manifests", ())
    )
