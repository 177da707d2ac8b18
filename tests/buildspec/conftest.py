"""The repository's `buildspec.yml`, run by bash as CodeBuild would, with a recording `docker` and `aws` on the PATH."""

import shlex
from pathlib import Path

import pytest

from ecsctl.sandbox.builds import buildspec

BUILDSPEC = (Path(__file__).parents[2] / "buildspec.yml").read_text()
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
        """Returns what was called, as `["docker", "push", …]`."""
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
