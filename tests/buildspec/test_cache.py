"""Layers that are kept for the next build: of which stages, by which tags, and what they may not do."""

import pytest

from ecsctl.buildspec import PARTS, ours
from tests.buildspec.conftest import BUILDSPEC, COMMIT, REPOSITORY

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
    final = [call for call in world.called("docker", "build") if "BUILDKIT_INLINE_CACHE=1" not in call]
    assert [call[call.index("--tag") + 1] for call in final] == [f"{REPOSITORY}:{COMMIT}"], "the app's image tells none"
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
    result = cached(world, dockerfile, BUILD_ARG_KIND="fast", CODEBUILD_RESOLVED_SOURCE_VERSION="a" * 40)
    assert [build[0] for build in result[1]] == ["slow", "one", "", ""]


def test_layers_that_cannot_be_kept_stop_no_release(world):
    result, _ = cached(world, BROKEN="docker push .*ecsctl-cache")
    assert result.status == "SUCCEEDED"
    assert set(world.registry) == {COMMIT, "latest"}
    assert any("the next build will be slower" in line for line in world.log)


def test_without_the_option_the_build_knows_nothing_of_it(world):
    text = ours()
    assert not any(part in text.lower() for part in PARTS)
    assert ours(*PARTS) == BUILDSPEC
    assert world.build(text, BUILD_CACHE="ecsctl-cache").status == "SUCCEEDED"
    assert set(world.registry) == {COMMIT, "latest"}
