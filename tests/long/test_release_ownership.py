"""One release, several processes: each runs an image that was released to it, and every edit lands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from ecsctl.errors import Refused
from ecsctl.releases.release import deploy, rollback
from ecsctl.releases.verdict import Outcome
from ecsctl.releases.waiting import before_change, wait_until_quiet
from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.ecr import put_image
from ecsctl.sandbox.server.inprocess import inprocess
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.test_workers import container
from tests.stack.watch import URI

SERVICES = {"web": "hello", "mailer": "hello_mailer"}
NEEDS = 700  # MiB: more than the mailer has, and less than the web
NUMBERS = count()
RELEASED: set[str] = set()  # what the stack has ever run, from one example to the next

MOVES = st.sampled_from(["push", "push that fails in the mailer", "deploy", "rollback", "nothing"])
EDITS = st.one_of(st.none(), st.tuples(st.sampled_from(sorted(SERVICES)), st.sampled_from("ab")))
UPS = st.sampled_from(["up", "up without a state file", "no up"])


def configured(edits: dict[str, str]) -> dict[str, Any]:
    """The stack, with a variable of each process as it was edited last."""
    mailer = {"command": ["python", "worker.py"], "memory": 512, "environment": {"EDIT": edits["mailer"]}}
    web = {"memory": 1024, "environment": {"EDIT": edits["web"]}}
    return desired_stack(domain=None, vpc={"egress": "public"}, service=web, workers={"mailer": mailer})


def images(world: World) -> dict[str, str]:
    return {process: container(world, name)["image"] for process, name in SERVICES.items()}


def edited(world: World) -> dict[str, str]:
    found = {process: container(world, name)["environment"] for process, name in SERVICES.items()}
    return {process: {one["name"]: one["value"] for one in variables}["EDIT"] for process, variables in found.items()}


def up(world: World, desired: dict[str, Any]) -> None:
    session = world.open(desired)
    before_change(session.aws, session.engine, session.desired_stack, "hello")
    session.engine.up(session.desired_stack, agree=lambda plan: None)


def moved(world: World, move: str, desired: dict[str, Any], before: dict[str, str]) -> dict[str, str]:
    """Make a move, and tell the images that must run after it."""
    session = world.open(desired)
    if move.startswith("push"):
        fails = move != "push"
        commit = push.push("main")["commit"]
        if fails:
            ecs.script_tasks("", commit, "app", memory=NEEDS)
        world.clock.sleep(3600)
        image = f"{URI}:{commit}"
        return {"web": image, "mailer": before["mailer"] if fails else image}
    if move == "deploy":
        tag = f"by-hand-{next(NUMBERS)}"
        put_image(ACCOUNT, REGION, "hello", [tag])
        done = deploy(session.aws, session.state, f"{URI}:{tag}", say=lambda _: None)
        assert done.verdict.outcome is Outcome.DEPLOYED
        return dict.fromkeys(SERVICES, done.image)
    if move == "rollback":
        try:
            done = rollback(session.aws, session.state, agree=lambda *_: None, say=lambda _: None)
        except Refused as refused:
            assert "nothing to roll back to" in refused.message  # noqa: PT017 - what it was refused for is the point
            return before
        assert done.verdict.outcome is Outcome.DEPLOYED
        return images(world)
    return before


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack that is lived through by one example after the other: each begins wherever the last ended."""
    with inprocess() as clock:
        world = World(clock, tmp_path_factory.mktemp("lived"))
        up(world, configured({"web": "0", "mailer": "0"}))
        yield world


@pytest.mark.timeout(600)
@settings(
    max_examples=6,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rounds=st.lists(st.tuples(MOVES, EDITS, UPS), min_size=2, max_size=4))
@example(
    rounds=[
        ("push", ("mailer", "a"), "up"),
        ("push that fails in the mailer", ("web", "b"), "up"),
        ("rollback", None, "no up"),
        ("deploy", ("mailer", "b"), "up without a state file"),
    ]
)
def test_an_image_comes_by_a_release_alone_and_every_edit_by_up(
    lived: World, rounds: list[tuple[str, tuple[str, str] | None, str]]
) -> None:
    edits = edited(lived)
    up(lived, configured(edits))
    RELEASED.update(same(lived))
    for move, edit, then in [*rounds, ("nothing", None, "up")]:
        expected = moved(lived, move, configured(edits), images(lived))
        wait_until_quiet(lived.aws(), "hello")
        assert images(lived) == expected
        if move in ("push", "deploy", "rollback"):
            assert len(same(lived)) == 1, "one release is one image over all processes"
        assert move != "rollback" or same(lived) <= RELEASED, "back to what was released before"
        RELEASED.update(same(lived))
        if edit:
            edits[edit[0]] = edit[1]
        if then == "up without a state file":
            lived.state_file.unlink()
        if then != "no up":
            up(lived, configured(edits))
            assert edited(lived) == edits
            assert images(lived) == expected, "up moves no image"
            assert lived.plan(configured(edits)).work == ()


def same(world: World) -> set[str]:
    """The images of all processes by what they stand for: a tag and its digest are one."""
    found = world.boto("ecr").describe_images(repositoryName="hello")["imageDetails"]
    digests = {f"{URI}:{tag}": one["imageDigest"] for one in found for tag in one.get("imageTags", ())}
    return {digests.get(image, image.partition("@")[2]) for image in images(world).values()}
