"""Which image a build makes or takes, under which tag, and what it leaves when it fails."""

import json
import re

import pytest

from tests.buildspec.conftest import BUILDSPEC, COMMIT, DEFINITIONS, REGISTRY, REPOSITORY, tag_of


def test_the_commit_is_pushed_before_latest_and_both_are_one_image(world):
    assert world.build().status == "SUCCEEDED"

    assert [call[2] for call in world.called("docker", "push")] == [f"{REPOSITORY}:{COMMIT}", f"{REPOSITORY}:latest"]
    assert set(world.registry) == {COMMIT, "latest"}
    assert world.registry[COMMIT] == world.registry["latest"]


def test_the_definitions_file_is_what_the_ecs_action_reads(world):
    """A list with one object of exactly these two strings. (CodePipeline guide: "Image definitions file reference".)"""
    result = world.build()

    assert json.loads(world.definitions.read_text("utf-8")) == [{"name": "shop", "imageUri": f"{REPOSITORY}:{COMMIT}"}]
    assert result.artifacts == {DEFINITIONS: world.definitions}


def test_the_tag_is_exported_and_reaches_the_image(world):
    assert tag_of(world.build()) == COMMIT

    assert world.called("docker", "build")[0][3:5] == ["--build-arg", "IMAGE_TAG"]
    assert world.registry[COMMIT].startswith(f"{COMMIT} ")


def test_a_tag_given_from_outside_does_not_win_over_the_commit(world):
    assert tag_of(world.build(IMAGE_TAG="latest")) == COMMIT


def test_it_logs_in_to_its_own_registry_by_a_password_on_stdin(world):
    world.build()

    assert world.called("docker", "login") == [
        ["docker", "login", "--username", "AWS", "--password-stdin", REGISTRY],
    ]
    assert (world.folder / "typed").read_text().strip() == "the-ecr-password"


def test_no_secret_is_said_or_passed_as_an_argument(world):
    """Without the help of CodeBuild, which hides in its log what it knows to be secret."""
    for broken in ("", "docker login", "docker build", "docker push"):
        world.build(GITHUB_AUTH_TOKEN="ghp_canary", PASSWORD="canary-password", BROKEN=broken)  # noqa: S106  # no real one

        assert "canary" not in "\n".join(world.log)
        assert "canary" not in (world.folder / "calls").read_text()


# Should someone take the aborts away, post_build runs after a failure too, and must see for itself.
CARRYING_ON = BUILDSPEC.replace("on-failure: ABORT", "on-failure: CONTINUE")
EITHER_WAY = pytest.mark.parametrize("text", [BUILDSPEC, CARRYING_ON], ids=["abort", "continue"])


@EITHER_WAY
def test_a_failed_build_pushes_nothing_and_leaves_no_definitions_file(world, text):
    world.definitions.write_text("of an earlier build")

    result = world.build(text, BROKEN="docker build")

    assert result.status == "FAILED"
    assert world.called("docker", "push") == []
    assert world.registry == {}
    assert not world.definitions.exists()
    assert result.artifacts == {}
    failed = next(phase for phase in result.phases if phase.status == "FAILED")
    assert (failed.type, failed.exit_code) == ("BUILD", 17)
    assert failed.contexts[0].status_code == "COMMAND_EXECUTION_ERROR"
    assert failed.contexts[0].message.endswith("Reason: exit status 17")


@pytest.mark.parametrize("broken", ["aws ecr get-login-password", "docker login"])
def test_a_failed_login_stops_before_anything_is_built(world, broken):
    result = world.build(BROKEN=broken)

    assert [(phase.type, phase.status) for phase in result.phases] == [
        ("INSTALL", "SUCCEEDED"),
        ("PRE_BUILD", "FAILED"),
    ]
    assert world.called("docker", "build") == world.called("docker", "push") == []


@EITHER_WAY
def test_a_failed_push_of_the_commit_leaves_latest_alone(world, text):
    world.build(CODEBUILD_RESOLVED_SOURCE_VERSION="a" * 40)
    before = world.registry

    assert world.build(text, BROKEN=f"docker push .*{COMMIT}").status == "FAILED"

    assert world.registry == before
    assert not world.definitions.exists()


def test_building_a_commit_again_takes_the_image_of_the_first_time(world):
    world.build()
    before = world.registry

    again = world.build()

    assert again.status == "SUCCEEDED"
    assert world.called("docker", "build") == []
    assert world.registry == before
    assert again.artifacts


def test_a_build_that_died_between_its_pushes_is_completed_by_the_next(world):
    world.build(CODEBUILD_RESOLVED_SOURCE_VERSION="a" * 40)
    assert world.build(BROKEN="docker push .*:latest").status == "FAILED"
    assert not world.definitions.exists()

    assert world.build().status == "SUCCEEDED"

    assert world.registry["latest"] == world.registry[COMMIT]


@pytest.mark.parametrize("once", [False, True], ids=["new", "there"])
def test_a_registry_that_cannot_be_asked_fails_the_build_with_its_reason(world, once):
    """Only "there is no such image" means to build: a refusal taken for it hides why, and pays for a build."""
    if once:
        world.build()
    before = world.registry

    assert world.build(BROKEN="aws ecr describe-images").status == "FAILED"

    assert world.registry == before
    assert world.called("docker", "build") == []
    assert any(line.endswith(": aws: broken") and "could not find out" in line for line in world.log)


def test_a_commit_that_another_build_pushes_meanwhile_is_that_builds_image(world):
    result = world.build(MEANWHILE="arm64")

    assert result.status == "SUCCEEDED"
    assert "another" in world.registry[COMMIT]
    assert world.registry["latest"] == world.registry[COMMIT]
    assert world.definitions.exists()


def test_a_push_that_fails_for_another_reason_fails_the_build(world):
    assert world.build(BROKEN=f"docker push .*{COMMIT}").status == "FAILED"

    assert world.registry == {}


@pytest.mark.parametrize("strict", ["", "yes"], ids=["pulls any", "refuses to pull"])
def test_a_commit_that_was_built_for_another_processor_gets_a_second_image(world, strict):
    world.build(MACHINE="arm64")
    first = world.registry[COMMIT]

    result = world.build(MACHINE="amd64", STRICT=strict)
    again = world.build(MACHINE="amd64", STRICT=strict)

    assert tag_of(result) == tag_of(again) == f"{COMMIT}-amd64"
    assert world.registry[COMMIT] == first
    assert world.registry["latest"] == world.registry[f"{COMMIT}-amd64"]
    assert world.registry["latest"].rstrip().endswith("amd64")
    assert json.loads(world.definitions.read_text())[0]["imageUri"].endswith(f"{COMMIT}-amd64")
    assert world.called("docker", "build") == []


ODD = ["arn:aws:s3:::bucket/app.zip", "refs/heads/a b", "latest", "-rf", "..", "$(id)", "ü" * 99, "v1\n2", "A" * 40]


@pytest.mark.parametrize("source", ODD)
def test_a_source_that_is_no_commit_gives_a_tag_of_its_own_to_each_build(world, source):
    """It may come again with other contents; two of them may be equal once cleaned."""
    first, second = (world.build(CODEBUILD_RESOLVED_SOURCE_VERSION=source) for _ in range(2))

    for result in (first, second):
        assert result.status == "SUCCEEDED"
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", tag_of(result))
    assert set(world.registry) == {tag_of(first), tag_of(second), "latest"}
    assert len(world.registry) == 3


def test_without_a_commit_each_build_still_has_a_tag_of_its_own(world):
    first, second = (world.build(without="CODEBUILD_RESOLVED_SOURCE_VERSION") for _ in range(2))

    assert tag_of(first) == "build-00000000-0000-4000-8000-000000000001-no-commit"
    assert set(world.registry) == {tag_of(first), tag_of(second), "latest"}
