"""Which images a repository keeps: as many of the app's as it says, whatever a build keeps beside them."""

import fnmatch
import json
from typing import Any

import pytest

from ecsctl import buildspec
from ecsctl.config import Config
from ecsctl.engine.stack import Stack
from ecsctl.ensure.ecr import FRESH, MOST_KEPT, ensure_ecr
from ecsctl.names import LAYERS, Names
from ecsctl.resources.repository import Repository

Image = tuple[float, frozenset[str]]  # how many days ago it was pushed, and its tags


def repository(**configured: Any) -> Repository:
    stack = Stack()
    ensure_ecr(stack, Config.model_validate({"name": "hello", **configured}), Names("hello"), "")
    [node] = stack.nodes.values()
    found = node.desired
    assert isinstance(found, Repository)
    return found


def left(policy: str, images: list[Image]) -> list[Image]:
    """Returns what stays (Amazon ECR user guide, "Automate the cleanup of images"): a rule counts all that fits it,
    and what fits an earlier one is that one's affair.
    """
    gone, settled = set[Image](), set[Image]()
    for rule in sorted(json.loads(policy)["rules"], key=lambda one: one["rulePriority"]):
        selection = rule["selection"]
        patterns = selection.get("tagPatternList", [])
        fits = [
            one
            for one in sorted(images, key=lambda one: one[0])
            if selection["tagStatus"] == "any"
            or (selection["tagStatus"] == "untagged" and not one[1])
            or (patterns and all(fnmatch.filter(one[1], each) for each in patterns))
        ]
        most = selection["countNumber"]
        old = fits[most:] if selection["countType"] == "imageCountMoreThan" else [one for one in fits if one[0] > most]
        gone |= set(old) - settled
        settled |= set(fits)
    return [one for one in images if one not in gone]


def test_kept_layers_take_no_image_of_the_app_its_place() -> None:
    releases = [(day / 8, frozenset({f"commit{day}"})) for day in range(100)]
    layers = [(day / 8 + stage / 100, frozenset() if day else frozenset({f"{LAYERS}-{stage}"}))
              for day in range(100) for stage in range(MOST_KEPT)]  # fmt: skip
    policy = repository(build={"cache": True}, ecr={"keep_images": 20}).lifecycle_policy
    kept = left(policy, [*releases, *layers])
    assert len([one for one in kept if one in releases]) == 20
    assert [one for one in kept if one[1] and one in layers] == layers[:MOST_KEPT]
    assert max(age for age, tags in kept if not tags) <= 7
    stale: list[Image] = [(FRESH + 1, frozenset({LAYERS}))]
    assert left(policy, stale) == []


@pytest.mark.parametrize(
    ("mutability", "moving"),
    [
        ("IMMUTABLE_WITH_EXCLUSION", ("ecsctl-cache*", "latest")),
        ("MUTABLE", ()),
        ("MUTABLE_WITH_EXCLUSION", ("latest",)),
    ],
)
def test_tags_of_layers_move_where_others_do_not(mutability: str, moving: tuple[str, ...]) -> None:
    assert (
        repository(build={"cache": True}, ecr={"mutability": mutability}).image_tag_mutability_exclusion_filters
        == moving
    )


def test_without_the_option_nothing_of_the_repository_changes() -> None:
    plain = repository()
    assert plain.image_tag_mutability_exclusion_filters == ("latest",)
    assert [rule["selection"]["tagStatus"] for rule in json.loads(plain.lifecycle_policy)["rules"]] == [
        "untagged",
        "any",
    ]


def test_a_build_keeps_no_more_images_of_layers_than_the_repository_has_room_for() -> None:
    assert f"count_printed++ < {MOST_KEPT - 1}" in buildspec.ours(*buildspec.PARTS)
