"""The images of tasks: which of them the sandbox has, and ECS's messages if it cannot pull one."""

import re

from ecsctl.sandbox.aws import ecr
from ecsctl.sandbox.aws.ecs.definition_checks import is_ecr
from ecsctl.sandbox.aws.ecs.state import Task

AT_ONCE = 5.0
_RETRIED = 110.0  # a missing manifest is requested seven times; in public logs, ECS gives up after two minutes
_ECR = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]+))?$")
_WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NORMAL = re.compile(
    rf"(?:[\w.-]+(?::\d+)?/)?{_WORD}(?:/{_WORD})*(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?", re.ASCII
)
"""A valid image name (distribution/reference, "grammar")."""


def find(reference: str) -> ecr.ImageFacts | None:
    """The image in the sandbox's ECR that a reference names, or None."""
    match = _ECR.match(reference)
    if not match:
        return None
    account, region, name, tag, digest = match.groups()
    return ecr.find_image(account, region, name, digest or tag or "latest")


def pulled(reference: str, digest: str | None) -> ecr.ImageFacts | None:
    """The image in the sandbox's ECR that a task has pulled by a reference, with the digest it had then; or None."""
    return find(f"{reference.rsplit(':', 1)[0]}@{digest}" if digest and "@" not in reference else reference)


def pull(task: Task, reference: str, digests: dict[str, str], kind: str) -> tuple[float, str | None]:
    """Pull an image. In ECR it must exist, for the task's processor. A public image is assumed to exist if its name is
    valid: only its registry could tell, and the sandbox sends no requests outside this machine.

    A tag is resolved once per deployment (ECS guide, "Container image resolution"): later tasks pull that digest.
    """
    wanted = reference
    if reference in task.resolved and "@" not in reference:
        wanted = f"{reference.rsplit(':', 1)[0]}@{task.resolved[reference]}"
    if not _NORMAL.fullmatch(reference):
        return AT_ONCE, f'CannotPullContainerError: failed to normalize image reference "{reference}"'
    found = find(wanted)
    missing = is_ecr(reference) and found is None
    if missing or kind == "missing-image":
        return _RETRIED, (
            "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref "
            f"{wanted}: {wanted}: not found"
        )
    if kind == "pull-denied":
        return AT_ONCE, (
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
            f"{wanted}: unexpected status from HEAD request to https://{wanted}: 403 Forbidden"
        )
    platform = (task.definition.document.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
    needed = {"ARM64": "arm64", "X86_64": "amd64"}[platform]
    offered = found.architectures if found is not None else ()
    if (offered and needed not in offered) or kind == "architecture":
        return AT_ONCE, (
            f"CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/{needed}'"
        )
    if found is not None:
        digests[reference] = found.digest
    return 0.0, None
