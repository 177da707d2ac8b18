"""A build that pulls from Docker Hub without a login is warned of: by its limit, builds fail for days."""

import subprocess

import pytest

from ecsctl.config import Config
from ecsctl.github import committed
from ecsctl.operations import docker_hub

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub-AbCdEf"  # noqa: S105 - the ARN of one


@pytest.fixture
def warning_of(tmp_path):
    def asked(dockerfile, files=(), **build):
        (tmp_path / "Dockerfile").write_text(dockerfile)
        for name in files:
            (tmp_path / name).write_text("")
        named = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c"]
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "first"]):
            subprocess.run([*named, *words], check=True)
        config = Config.model_validate({"name": "shop", "github": {"repository": "acme/shop"}, "build": build})
        found = committed.branch(tmp_path, config, local=True)
        return docker_hub.warning(found, config)

    return asked


@pytest.mark.parametrize(("dockerfile", "images"), [
    ("FROM node:20", "node:20"),
    ("FROM docker.io/library/node:20 AS a\nFROM a", "node:20"),
    ("FROM public.ecr.aws/docker/library/node:20\nCOPY --from=composer:2 /a /b", "composer:2"),
    ("FROM scratch\nRUN --mount=type=bind,from=acme/tool:1,target=/t true", "acme/tool:1"),
    ("ARG V=20\nFROM node:$V AS build\nFROM nginx\nCOPY --from=build /a /b\nCOPY --from=0 /a /b", "node:20, nginx"),
])  # fmt: skip
def test_what_comes_from_docker_hub_is_named(warning_of, dockerfile, images):
    assert f"Dockerfile pulls {images} from Docker Hub" in warning_of(dockerfile)


@pytest.mark.parametrize("dockerfile", [
    "FROM public.ecr.aws/docker/library/node:20", "FROM ghcr.io/astral-sh/uv", "FROM localhost:5000/a", "FROM scratch",
    "ARG BASE\nFROM ${BASE}", "FROM 123456789012.dkr.ecr.eu-central-1.amazonaws.com/base:1 AS node\nFROM node",
])  # fmt: skip
def test_what_comes_from_elsewhere_is_no_matter(warning_of, dockerfile):
    assert warning_of(dockerfile) == ""


def test_a_login_or_a_buildspec_of_ones_own_ends_it(warning_of):
    assert warning_of("FROM node:20", logins={"docker.io": SECRET}) == ""
    assert warning_of("FROM node:20", logins={"ghcr.io": SECRET})
    assert warning_of("FROM node:20", files=["buildspec.yml"]) == ""


def test_the_same_image_elsewhere_is_named(warning_of):
    assert "use public.ecr.aws/docker/library/node:20" in warning_of("FROM node:20")
    assert "public.ecr.aws" not in warning_of("FROM acme/base:1")
