"""What configures a build: names, folders, arguments, logins, secrets, and what a scan may find."""

import pytest

from tests.buildspec.conftest import REGISTRY


@pytest.mark.parametrize("name", ["", 'sh"op', "sh'op", "100%s", "sh op", "$(id)", "shop\nx"])
def test_a_name_that_ecs_allows_no_container_is_refused_before_anything_is_called(world, name):
    result = world.build(CONTAINER_NAME=name)

    assert result.status == "FAILED"
    assert "CONTAINER_NAME is not a valid container name" in world.log
    assert world.calls == []


@pytest.mark.parametrize("name", ["REPOSITORY_URI", "AWS_ACCOUNT_ID", "AWS_STACK_REGION", "CODEBUILD_BUILD_ID"])
def test_a_missing_setting_is_named(world, name):
    assert world.build(without=name).status == "FAILED"

    assert any(line.endswith(f"{name}: is not set") for line in world.log)
    assert world.calls == []


@pytest.mark.parametrize("context", ['it\'s 100%s "big" app', "$(touch x)", "services/web"])
def test_any_folder_can_be_built(world, context):
    world.build(BUILD_CONTEXT=context)

    assert world.called("docker", "build")[0][-1] == context
    assert not (world.source / "x").exists()


def test_backend_is_built_by_default(world):
    world.build()

    assert world.called("docker", "build")[0][-1] == "backend"
    assert "--file" not in world.called("docker", "build")[0]


def test_dockerfile_stage_and_arguments_are_dockers(world):
    world.build(
        BUILD_CONTEXT="api", BUILD_DOCKERFILE="a b/$(touch x)", BUILD_TARGET="release",
        BUILD_ARG_MODE="it's $HOME; touch x", BUILD_ARG_EMPTY="",
    )  # fmt: skip

    words = world.called("docker", "build")[0]
    assert words[words.index("--file") + 1] == "a b/$(touch x)"
    assert words[words.index("--target") + 1] == "release"
    assert [words[at + 1] for at, word in enumerate(words) if word == "--build-arg"] == [
        "IMAGE_TAG", "EMPTY=", "MODE=it's $HOME; touch x",
    ]  # fmt: skip
    assert words[-1] == "api"
    assert not (world.source / "x").exists()


def test_other_registries_are_logged_in_to_before_the_first_build_and_by_stdin_alone(world):
    hosts = {
        "BUILD_LOGIN_HOST_0": "docker.io", "BUILD_LOGIN_USERNAME_0": "ann", "BUILD_LOGIN_PASSWORD_0": "hub's; $word",
        "BUILD_LOGIN_HOST_1": "public.ecr.aws", "BUILD_LOGIN_HOST_2": "210987654321.dkr.ecr.eu-west-1.amazonaws.com",
    }  # fmt: skip
    assert world.build(**hosts).status == "SUCCEEDED"
    logins = [call[2:] for call in world.called("docker", "login")]
    assert [(one[1], one[-1]) for one in logins] == [
        ("AWS", REGISTRY), ("ann", "docker.io"), ("AWS", "public.ecr.aws"), ("AWS", hosts["BUILD_LOGIN_HOST_2"]),
    ]  # fmt: skip
    assert world.calls.index(world.called("docker", "login")[-1]) < world.calls.index(
        world.called("docker", "build")[0]
    )
    assert (world.folder / "all-typed").read_text().splitlines() == [
        "the-ecr-password", "hub's; $word", "the-ecr-password", "the-ecr-password",
    ]  # fmt: skip
    assert ["aws", "ecr", "get-login-password", "--region", "eu-west-1"] in world.calls
    assert "hub's" not in str(world.calls) + "".join(world.log)


def test_a_registry_that_refuses_ends_the_build(world):
    word = {"BUILD_LOGIN_HOST_0": "ghcr.io", "BUILD_LOGIN_USERNAME_0": "ann", "BUILD_LOGIN_PASSWORD_0": "x"}
    result = world.build(**word, BROKEN="docker login .*ghcr.io")
    assert result.status == "FAILED"
    assert world.called("docker", "build") == []


def test_secrets_reach_docker_by_the_names_of_variables_alone(world):
    given = {"BUILD_SECRETS": "NPM_TOKEN license", "NPM_TOKEN": "npm-canary", "license": "license-canary"}
    assert world.build(**given).status == "SUCCEEDED"
    (build,) = world.called("docker", "build")
    named = [build[place + 1] for place, word in enumerate(build) if word == "--secret"]
    assert named == ["id=NPM_TOKEN,env=NPM_TOKEN", "id=license,env=license"]
    assert "canary" not in str(world.calls)


@pytest.mark.parametrize(
    ("asked", "scan", "says"),
    [
        ("CRITICAL", "COMPLETE\\t2\\t5\\tNone\\tNone", "build.scan: ECR found 2 CRITICAL in"),
        ("MEDIUM", "ACTIVE\\tNone\\t5\\t1\\t7", "build.scan: ECR found 5 HIGH 1 MEDIUM in"),
        ("LOW", "FAILED\\tNone\\tNone\\tNone\\tNone", "build.scan: ECR could not scan"),
    ],
)
def test_what_a_scan_finds_stops_the_release_before_anything_names_the_image(world, asked, scan, says):
    assert world.build(BUILD_SCAN=asked, SCAN=scan).status == "FAILED"
    assert any(says in line for line in world.log)
    assert "latest" not in world.registry
    assert not world.definitions.exists()


@pytest.mark.parametrize(("asked", "scan"), [
    ("", ""),
    ("CRITICAL", "COMPLETE\\tNone\\t5\\t1\\t7"),
    ("LOW", "COMPLETE\\t0\\tNone\\tNone\\tNone"),
])  # fmt: skip
def test_a_release_goes_on_with_what_was_not_asked_about(world, asked, scan):
    assert world.build(BUILD_SCAN=asked, SCAN=scan).status == "SUCCEEDED"
    assert bool(world.called("aws", "ecr", "describe-image-scan-findings")) is bool(asked)
