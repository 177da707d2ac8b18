"""The repository's `buildspec.yml`, run by bash as CodeBuild would, with a recording `docker` and `aws` on the PATH."""

import json
import re
import shlex
from pathlib import Path

import pytest

from ecsctl.buildspec import ours
from ecsctl.sandbox.builds import buildspec

BUILDSPEC = (Path(__file__).parents[1] / "buildspec.yml").read_text()
ACCOUNT, REGION = "123456789012", "eu-central-1"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
REPOSITORY = f"{REGISTRY}/team/shop"
COMMIT = "3f2a9c1d5e7b8f0a1c2d3e4f5a6b7c8d9e0f1a2b"
DEFINITIONS = "docker_image_definition.json"

# Docker's client with the registry behind it. An image is a file; a tag other than `latest` can be pushed once.
DOCKER = r"""#!/bin/bash
printf 'docker %s\n' "${*@Q}" >>"$WORLD/calls"
[[ "docker $*" =~ ${BROKEN:-^$} ]] && { echo "docker: broken" >&2; exit 17; }
name() { echo "${1//\//,}"; }
case $1 in
  login) cat >"$WORLD/typed"; cat "$WORLD/typed" >>"$WORLD/all-typed" ;;
  build)
    while [[ $1 != --tag ]]; do shift; done
    echo "$IMAGE_TAG $RANDOM$RANDOM ${MACHINE:-arm64}" >"$WORLD/here/$(name "$2")"
    [[ -z $MEANWHILE ]] || echo "$IMAGE_TAG another $MEANWHILE" >"$WORLD/there/$(name "$2")" ;;
  tag) cp "$WORLD/here/$(name "$2")" "$WORLD/here/$(name "$3")" ;;
  pull)
    image=$(<"$WORLD/there/$(name "$2")")
    [[ -n $STRICT && ${image##* } != "$MACHINE" ]] && { echo "no matching manifest for $MACHINE" >&2; exit 1; }
    cp "$WORLD/there/$(name "$2")" "$WORLD/here/$(name "$2")" ;;
  version) echo "${MACHINE:-arm64}" ;;
  image) image=$(<"$WORLD/here/$(name "${@: -1}")"); echo "${image##* }" ;;
  push)
    [[ $2 != *:@(latest|ecsctl-cache*) && -e "$WORLD/there/$(name "$2")" ]] && {
      echo "tag invalid: it is immutable" >&2; exit 1; }
    cp "$WORLD/here/$(name "$2")" "$WORLD/there/$(name "$2")" ;;
  *) exit 64 ;;
esac
"""

AWS = r"""#!/bin/bash
printf 'aws %s\n' "${*@Q}" >>"$WORLD/calls"
[[ "aws $*" =~ ${BROKEN:-^$} ]] && { echo "aws: broken" >&2; exit 254; }
command="$1 $2"
declare -A option
for ((i = 3; i < $#; i += 2)); do value=$((i + 1)); option[${!i}]=${!value}; done
image="${option[--registry-id]}.dkr.ecr.${option[--region]}.amazonaws.com/${option[--repository-name]}"
image+=":${option[--image-ids]#imageTag=}"
case $command in
  "ecr get-login-password" | "ecr-public get-login-password") echo "$PASSWORD" ;;
  "ecr describe-images") [[ -e "$WORLD/there/${image//\//,}" ]] || {
    echo "An error occurred (ImageNotFoundException) when calling the DescribeImages operation" >&2; exit 254; } ;;
  "ecr describe-image-scan-findings") [[ -n $SCAN ]] || {
    echo "An error occurred (ScanNotFoundException) when calling the operation" >&2; exit 254; }
    echo -e "$SCAN" ;;
  *) exit 64 ;;
esac
"""


class World:
    """A checkout that can be built, one machine after the other, and the registry that stays."""

    def __init__(self, folder):
        self.folder = folder
        self.source = folder / "src"
        self.log = []
        self.built = 0
        for name in ("bin", "there", "src"):
            (folder / name).mkdir()
        for name, text in (("docker", DOCKER), ("aws", AWS)):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)

    def build(self, text=BUILDSPEC, *, without="", **env):
        """One build on a fresh machine: what it called is in `calls`, what it said in `log`."""
        self.built += 1
        here = self.folder / "here"
        here.mkdir(exist_ok=True)
        for image in here.iterdir():
            image.unlink()
        (self.folder / "calls").write_text("")
        given = {
            "REPOSITORY_URI": REPOSITORY,
            "AWS_ACCOUNT_ID": ACCOUNT,
            "AWS_STACK_REGION": REGION,
            "CONTAINER_NAME": "shop",
            "CODEBUILD_BUILD_ID": f"shop-build:00000000-0000-4000-8000-{self.built:012}",
            "CODEBUILD_RESOLVED_SOURCE_VERSION": COMMIT,
            "PASSWORD": "the-ecr-password",
            "WORLD": str(self.folder),
            "PATH": f"{self.folder}/bin:/usr/bin:/bin",
            **env,
        }
        given.pop(without, None)
        self.log.clear()
        return buildspec.run(text, self.source, given, self.log.append, writable=[self.folder])

    @property
    def calls(self):
        """What was called, as `["docker", "push", …]`."""
        return [shlex.split(line) for line in (self.folder / "calls").read_text().splitlines()]

    def called(self, *words):
        """The calls that begin so."""
        return [call for call in self.calls if tuple(call[: len(words)]) == words]

    @property
    def registry(self):
        """The image behind each tag of the registry."""
        prefix = REPOSITORY.replace("/", ",") + ":"
        return {path.name.removeprefix(prefix): path.read_text() for path in (self.folder / "there").iterdir()}

    @property
    def definitions(self):
        return self.source / DEFINITIONS


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def tag_of(result):
    return result.exported["IMAGE_TAG"]


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
    assert any(line.endswith("is there: aws: broken") for line in world.log)


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
    """It may come again with other contents; two of them may look alike once cleaned."""
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


@pytest.mark.parametrize("name", ["", 'sh"op', "sh'op", "100%s", "sh op", "$(id)", "shop\nx"])
def test_a_name_that_ecs_allows_no_container_is_refused_before_anything_is_called(world, name):
    result = world.build(CONTAINER_NAME=name)

    assert result.status == "FAILED"
    assert "CONTAINER_NAME is no name for a container" in world.log
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


def test_backend_is_built_unless_told_otherwise(world):
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
        ("CRITICAL", "COMPLETE\\t2\\t5\\tNone\\tNone", "build.scan: ECR has found 2 CRITICAL in"),
        ("MEDIUM", "ACTIVE\\tNone\\t5\\t1\\t7", "build.scan: ECR has found 5 HIGH 1 MEDIUM in"),
        ("LOW", "FAILED\\tNone\\tNone\\tNone\\tNone", "build.scan: ECR does not scan"),
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


STAGES = """\
# syntax=docker/dockerfile:1
ARG VERSION=22 BASE=base
FROM --platform=$BUILDPLATFORM node:${VERSION:-20} AS Base
FROM ${BASE} AS deps
COPY package.json .
RUN --mount=type=cache,target=/root \\
    # two lines that are one
    npm ci
FROM deps AS build
RUN npm run build
FROM deps AS test
RUN npm test
FROM golang AS tool
FROM golang AS other
FROM node:$VERSION
COPY --from=build /app /app
COPY --from=3 /reports /reports
COPY --from=nginx:latest /etc/nginx /etc/nginx
RUN --mount=type=bind,from=tool,target=/t /t/run
"""


def cached(world, dockerfile=STAGES, **env):
    """A build that keeps its layers: the result, and for each `docker build` its target, its cache and its tag."""
    (world.source / "Dockerfile").write_text(dockerfile)
    result = world.build(BUILD_CACHE="ecsctl-cache", BUILD_CONTEXT=".", **env)
    options = [
        dict(zip(call, [*call[1:], ""], strict=True)) for call in world.called("docker", "build")
    ]  # the last counts
    words = ("--target", "--cache-from", "--tag")
    builds = [[one.get(word, "").removeprefix(f"{REPOSITORY}:") for word in words] for one in options]
    return result, builds


def test_each_stage_that_is_copied_from_is_kept_by_a_tag_that_moves(world):
    result, builds = cached(world)
    assert result.status == "SUCCEEDED"
    assert builds == [
        *([stage, f"ecsctl-cache-{stage}", f"ecsctl-cache-{stage}"] for stage in ("build", "test", "tool")),
        ["", "ecsctl-cache", COMMIT],
        ["", "ecsctl-cache", "ecsctl-cache"],
    ], "a stage that another begins with is part of it, and one that nothing needs is not built"
    assert set(world.registry) == {COMMIT, "latest"} | {f"ecsctl-cache{of}" for of in ("", "-build", "-test", "-tool")}
    told = [call for call in world.called("docker", "build") if "BUILDKIT_INLINE_CACHE=1" not in call]
    assert [call[call.index("--tag") + 1] for call in told] == [f"{REPOSITORY}:{COMMIT}"], "the app's image tells none"
    before = world.registry
    assert cached(world, CODEBUILD_RESOLVED_SOURCE_VERSION="a" * 40)[0].status == "SUCCEEDED"
    assert world.registry["ecsctl-cache-build"] != before["ecsctl-cache-build"]


@pytest.mark.parametrize(("target", "kept"), [("test", []), ("TOOL", []), ("late", ["deps"])])
def test_of_another_target_only_what_it_needs_is_kept(world, target, kept):
    dockerfile = STAGES + "FROM tool AS late\nCOPY --from=deps /a /a\n"
    assert [build[0] for build in cached(world, dockerfile, BUILD_TARGET=target)[1]] == [*kept, target, target]


def test_an_argument_of_the_build_chooses_the_stage(world):
    dockerfile = "ARG KIND=slow\nFROM x AS slow\nFROM y AS fast\nFROM $KIND-stage\nFROM ${KIND} AS one\nFROM z\n"
    dockerfile += "COPY --from=one /a /a\nCOPY --from=slow /b /b\n"
    assert [build[0] for build in cached(world, dockerfile)[1]] == ["one", "", ""]
    told = cached(world, dockerfile, BUILD_ARG_KIND="fast", CODEBUILD_RESOLVED_SOURCE_VERSION="a" * 40)
    assert [build[0] for build in told[1]] == ["slow", "one", "", ""]


def test_layers_that_cannot_be_kept_stop_no_release(world):
    result, _ = cached(world, BROKEN="docker push .*ecsctl-cache")
    assert result.status == "SUCCEEDED"
    assert set(world.registry) == {COMMIT, "latest"}
    assert any("is not kept for the next build" in line for line in world.log)


def test_without_the_option_the_build_knows_nothing_of_it(world):
    text = ours(caches=False)
    assert "cache" not in text.lower()
    assert ours(caches=True) == BUILDSPEC
    assert world.build(text, BUILD_CACHE="ecsctl-cache").status == "SUCCEEDED"
    assert set(world.registry) == {COMMIT, "latest"}
