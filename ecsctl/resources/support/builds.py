"""What is read about CodeBuild's builds: a project's newest, and why one failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.ecr import images, tags

if TYPE_CHECKING:
    from types_boto3_codebuild.type_defs import BuildTypeDef
    from types_boto3_ecr.type_defs import ImageDetailTypeDef

    from ecsctl.aws.clients import Aws

RECENT = 20  # builds that are read, if the newest is not enough
LINES, READ = 10, 500  # lines at the log's end that are shown, and that are read: CodeBuild repeats long commands there
_COMMAND = re.compile(r"(Error while executing command: )(.*?)(\.? Reason: .*)?$", re.DOTALL)
_OWN, _BEGUN = "[Container]", re.compile(r"\[Container\] .*Running command ")  # CodeBuild's own lines in a log


def newest_build(aws: Aws, project: str) -> BuildTypeDef | None:
    """The project's newest build; None when there is none, or no project."""
    return next(iter(builds_of(aws, project, 1)), None)


def builds_of(aws: Aws, project: str, most: int = RECENT) -> list[BuildTypeDef]:
    """The project's newest builds, the newest first; none if there is no project.

    Builds outlive their project, and are listed for a new project with its name: those from before its creation are
    ignored. They are listed from the newest on by default; with more than 100 of them AWS refuses a sort order
    (CodeBuild API reference, ListBuildsForProject, sortOrder; aws/aws-cli#5863).
    """
    projects = aws.read(aws.codebuild.batch_get_projects, names=[project])["projects"]
    listed = none_if_gone(lambda: aws.first_page(aws.codebuild.list_builds_for_project, projectName=project))
    if not projects or not listed or not listed["ids"]:
        return []
    ids = listed["ids"][:most]
    found = aws.read(aws.codebuild.batch_get_builds, ids=ids)["builds"]
    found.sort(key=lambda build: ids.index(build["id"]))
    return [build for build in found if build["startTime"] >= projects[0]["created"]]


def pushed_by(aws: Aws, build: BuildTypeDef, repository: str) -> ImageDetailTypeDef | None:
    """The image that a build pushed, by the tag that it exports as IMAGE_TAG, as ours does, or by its commit."""
    there_are = images(aws, repository)
    return next((image for tag in names_of(build) for image in there_are if tag in tags(image)), None)


def names_of(build: BuildTypeDef) -> list[str]:
    """The tags that a build's image may have."""
    exported = {one.get("name"): one.get("value") for one in build.get("exportedEnvironmentVariables", ())}
    return [tag for tag in (exported.get("IMAGE_TAG"), build.get("resolvedSourceVersion")) if tag]


def is_running(build: BuildTypeDef) -> bool:
    """Whether it is still in progress."""
    return build["buildStatus"] == "IN_PROGRESS"


def why_failed(aws: Aws, build: BuildTypeDef) -> str:
    """The phase in which it failed, why, and the last output of its commands. Scripts are cut to their first line."""
    status = build["buildStatus"].lower().replace("_", " ")
    phases = [phase for phase in build.get("phases", []) if phase.get("phaseStatus", "SUCCEEDED") != "SUCCEEDED"]
    failures = [
        (phase["phaseType"], context["message"])
        for phase in phases
        for context in phase.get("contexts", [])
        if context.get("message")
    ]
    short = [f"{phase}: {_COMMAND.sub(_shortened, message)}" for phase, message in failures]
    what = "; ".join(short or [phase["phaseType"] for phase in phases]) or "no reason given"
    repeated = {line.strip() for _, message in failures for line in message.splitlines()}
    lines = _last_lines(aws, build)
    begun = next((number for number in reversed(range(len(lines))) if _BEGUN.search(lines[number])), 0)
    output = "\n".join([line for line in lines[begun:] if line.strip() not in repeated and _OWN not in line][-LINES:])
    return f"build {build['id']} {status}: {what}" + (f"\nits log ends with:\n{output}" if output else "")


def _shortened(found: re.Match[str]) -> str:
    first, *more = found[2].strip().splitlines() or [""]
    rest = f" … (a script of {len(more) + 1} lines)" if more else ""
    return f"{found[1]}{first}{rest}{(found[3] or '').lstrip()}"


def _last_lines(aws: Aws, build: BuildTypeDef) -> list[str]:
    logs = build.get("logs", {})
    group, stream = logs.get("groupName"), logs.get("streamName")
    if not group or not stream:
        return []
    answer = none_if_gone(
        lambda: aws.read(
            aws.logs.get_log_events, logGroupName=group, logStreamName=stream, limit=READ, startFromHead=False
        )
    )
    return [line for event in answer["events"] for line in event["message"].rstrip().splitlines()] if answer else []
