"""CodeBuild's curated images, and which of them run where."""

from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult

from ecsctl.sandbox import overlay

# CodeBuild guide, "Docker images provided by CodeBuild", and the README of github.com/aws/aws-codebuild-docker-images.
_CURATED = {
    "AMAZON_LINUX": [
        ("aws/codebuild/amazonlinux-x86_64-standard:4.0", "AL2023 x86_64"),
        ("aws/codebuild/amazonlinux-x86_64-standard:5.0", "AL2023 x86_64"),
        ("aws/codebuild/amazonlinux-aarch64-standard:2.0", "AL2 aarch64"),
        ("aws/codebuild/amazonlinux-aarch64-standard:3.0", "AL2023 aarch64"),
        ("aws/codebuild/amazonlinux-aarch64-standard:4.0", "AL2023 aarch64"),
        ("aws/codebuild/amazonlinux2-aarch64-standard:2.0", "AL2 aarch64"),
        ("aws/codebuild/amazonlinux2-aarch64-standard:3.0", "AL2023 aarch64"),
        ("aws/codebuild/amazonlinux2-x86_64-standard:4.0", "AL2 x86_64"),
        ("aws/codebuild/amazonlinux2-x86_64-standard:5.0", "AL2023 x86_64"),
    ],
    "UBUNTU": [
        ("aws/codebuild/standard:6.0", "Ubuntu 22.04 x86_64"),
        ("aws/codebuild/standard:7.0", "Ubuntu 22.04 x86_64"),
    ],
}


def runs(image: str, environment: str) -> bool:
    """Whether a curated image runs in an environment of this type; images of others are not known and pass."""
    if not image.startswith("aws/codebuild/"):
        return True
    name, _, version = image.partition(":")
    known = {curated for found in _CURATED.values() for curated, _ in found}
    if f"{name}:{version.partition('-')[0]}" not in known:  # a version may be pinned: …:3.0-24.01.15
        return False
    return ("aarch64" in name) == environment.startswith("ARM") and "WINDOWS" not in environment


@overlay.adds(CodeBuildResponse)
def list_curated_environment_images(_response: CodeBuildResponse) -> ActionResult:
    """The curated images, by platform."""
    platforms = []
    for platform, found in _CURATED.items():
        images = [{"name": name, "description": told, "versions": [name]} for name, told in found]
        platforms.append({"platform": platform, "languages": [{"language": "BASE", "images": images}]})
    return ActionResult({"platforms": platforms})
