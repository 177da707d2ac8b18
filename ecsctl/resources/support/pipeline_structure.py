"""A pipeline's stages as values, and as the structure that CodePipeline accepts and returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ecsctl.engine.secret import Secret
from ecsctl.ids import BucketName, ClusterName, ConnectionArn, ProjectName, RoleArn, ServiceName
from ecsctl.parts import WEB
from ecsctl.resources.support.common import canonical

SOURCE = "Source"  # the name of the first stage and of its action, to which a webhook refers
BUILD, RELEASE, DEPLOY, JOBS = "Build", "Release", "Deploy", "Jobs"
NO_RELEASE = ProjectName("")  # there is no release command, and so no stage for it
NO_JOBS = ProjectName("")  # there are no jobs, and so no action for them
_SOURCE_OUTPUT, _BUILD_OUTPUT = "SourceOutput", "BuildOutput"
Json = dict[str, Any]


@dataclass(frozen=True)
class GitHubSource:
    """GitHub by a token: CodePipeline's first GitHub action, which needs its own webhook to detect pushes."""

    owner: str
    repository: str
    branch: str
    token: Secret


@dataclass(frozen=True)
class ConnectionSource:
    """GitHub through a connection, which reports pushes by itself."""

    connection: ConnectionArn
    repository: str  # owner/name
    branch: str
    paths: tuple[str, ...] = ()  # only pushes that change one of these count
    tags: tuple[str, ...] = ()  # pushes of these tags count, and none to the branch
    manual: bool = False  # no push counts


@dataclass(frozen=True)
class Check:
    """A test action: another build project that the source has to pass."""

    name: str
    project: ProjectName


@dataclass(frozen=True)
class Approval:
    """A manual approval, without which nothing is deployed."""

    name: str
    message: str = ""  # for the approver


@dataclass(frozen=True)
class Deploy:
    """The ECS deploy action: deploys the service's own task definition with the built image, and waits."""

    name: str
    cluster: ClusterName
    service: ServiceName
    file_name: str = "docker_image_definition.json"
    timeout_in_minutes: int = 15  # AWS's own is 60: a rollback is not noticed and blocks the pipeline for that long


Source = GitHubSource | ConnectionSource


@dataclass(frozen=True)
class Parts:
    """The parts of a pipeline of ours. None: the existing pipeline has no such part."""

    role: RoleArn
    bucket: BucketName
    source: Source | None
    build: ProjectName | None
    tests: tuple[Check, ...]
    approvals: tuple[Approval, ...]
    deploys: tuple[Deploy, ...]  # in parallel
    release: ProjectName = NO_RELEASE
    jobs: ProjectName = NO_JOBS
    encryption_key: str = ""  # the ARN of the KMS key that encrypts the artifacts; empty: S3's in the account


def structure(name: str, parts: Parts, token: str) -> Json:
    """The whole structure for create and update: an update replaces everything, including the token."""
    return {
        "name": name,
        "roleArn": parts.role,
        "artifactStore": {
            "type": "S3",
            "location": parts.bucket,
            **({"encryptionKey": {"type": "KMS", "id": parts.encryption_key}} if parts.encryption_key else {}),
        },
        "pipelineType": "V2",
        "executionMode": "SUPERSEDED",  # a newer push overtakes an older one: two never deploy at the same time
        "stages": [{"name": stage, "actions": actions} for stage, actions in _stages(parts, token) if actions],
    } | _triggers(parts.source)


def parts(found: Mapping[str, Any], digest: str) -> Parts:
    """The parts of an existing pipeline. `digest` is that of the token that was last set."""
    actions = [action for stage in found["stages"] for action in stage["actions"]]
    by = {provider: list(_of(actions, provider)) for provider in _PROVIDERS}
    builds = [action for action in by["CodeBuild"] if action["actionTypeId"]["category"] == "Build"]
    releases = [action for action in builds if action["name"] == RELEASE]
    jobs = [action for action in builds if action["name"] == JOBS]
    builds = [action for action in builds if action["name"] not in (RELEASE, JOBS)]
    tests = [action for action in by["CodeBuild"] if action["actionTypeId"]["category"] == "Test"]
    return Parts(
        role=RoleArn(found["roleArn"]),
        bucket=BucketName(found.get("artifactStore", {}).get("location", "")),
        source=next(_sources(by, digest, found.get("triggers") or []), None),
        build=ProjectName(builds[0]["configuration"]["ProjectName"]) if builds else None,
        tests=tuple(Check(one["name"], ProjectName(one["configuration"]["ProjectName"])) for one in tests),
        approvals=tuple(
            Approval(one["name"], one.get("configuration", {}).get("CustomData", "")) for one in by["Manual"]
        ),
        deploys=tuple(_deploy_of(one["name"], one["configuration"]) for one in by["ECS"]),
        release=ProjectName(releases[0]["configuration"]["ProjectName"]) if releases else NO_RELEASE,
        jobs=ProjectName(jobs[0]["configuration"]["ProjectName"]) if jobs else NO_JOBS,
        encryption_key=found.get("artifactStore", {}).get("encryptionKey", {}).get("id", ""),
    )


def has_our_structure(found: Mapping[str, Any], made_of: Parts, region: str) -> bool:
    """Whether the pipeline contains nothing but these parts, arranged as we arrange them."""
    ours = structure(found["name"], made_of, "")
    return canonical(_plain(found, region)) == canonical(_plain(ours, region))


_PROVIDERS = ("GitHub", "CodeStarSourceConnection", "CodeBuild", "Manual", "ECS")


def _stages(parts: Parts, token: str) -> Iterator[tuple[str, list[Json]]]:
    yield SOURCE, [_source(parts.source, token)] if parts.source else []
    yield "Build", [_build("Build", "Build", parts.build, _BUILD_OUTPUT)] if parts.build else []
    yield "Test", [_build(one.name, "Test", one.project, "") for one in parts.tests]
    yield "Approve", [_approval(one, order) for order, one in enumerate(parts.approvals, 1)]
    yield RELEASE, [_build(RELEASE, "Build", parts.release, "", _BUILD_OUTPUT)] if parts.release else []
    yield DEPLOY, [_deploy(one) for one in parts.deploys]
    yield JOBS, [_build(JOBS, "Build", parts.jobs, "", _BUILD_OUTPUT)] if parts.jobs else []


def _source(source: Source, token: str) -> Json:
    """The source action. Each push starts the pipeline once: by our webhook, without polling, or by the connection."""
    if isinstance(source, GitHubSource):
        owner, provider = "ThirdParty", "GitHub"
        configuration = {
            "Owner": source.owner,
            "Repo": source.repository,
            "Branch": source.branch,
            "OAuthToken": token,
            "PollForSourceChanges": "false",  # absent means true, and then every push runs twice
        }
    else:
        owner, provider = "AWS", "CodeStarSourceConnection"
        configuration = {
            "ConnectionArn": source.connection,
            "FullRepositoryId": source.repository,
            "BranchName": source.branch,
            "OutputArtifactFormat": "CODE_ZIP",
            "DetectChanges": "false" if source.manual or source.paths or source.tags else "true",
        }
    outputs = [{"name": _SOURCE_OUTPUT}]
    return _action(SOURCE, "Source", owner, provider, configuration) | {
        "outputArtifacts": outputs,
        "namespace": "SourceVariables",
    }


def _triggers(source: Source | None) -> Json:
    """The triggers that start it instead of the source's own detection, which is off then (CodePipeline user guide,
    "Automate starting pipelines using triggers and filtering": tags, branches, or branches with file paths).
    """
    if not isinstance(source, ConnectionSource) or not (source.paths or source.tags):
        return {}
    push = {"tags": {"includes": list(source.tags)}} if source.tags else {
        "branches": {"includes": [source.branch]}, "filePaths": {"includes": list(source.paths)}
    }  # fmt: skip
    about = {"sourceActionName": SOURCE, "push": [push]}
    return {"triggers": [{"providerType": "CodeStarSourceConnection", "gitConfiguration": about}]}


def _build(name: str, category: str, project: ProjectName, output: str, takes: str = _SOURCE_OUTPUT) -> Json:
    action = _action(name, category, "AWS", "CodeBuild", {"ProjectName": project})
    outputs = {"outputArtifacts": [{"name": output}]} if output else {}
    return action | {"inputArtifacts": [{"name": takes}]} | outputs


def _approval(approval: Approval, order: int) -> Json:
    """An approval action. They run one after the other: the second starts once the first is approved."""
    configuration = {"CustomData": approval.message} if approval.message else {}
    return _action(approval.name, "Approval", "AWS", "Manual", configuration) | {"runOrder": order}


def _deploy(deploy: Deploy) -> Json:
    configuration = {
        "ClusterName": deploy.cluster,
        "ServiceName": deploy.service,
        "FileName": deploy.file_name,
        "DeploymentTimeout": str(deploy.timeout_in_minutes),
    }
    return _action(deploy.name, "Deploy", "AWS", "ECS", configuration) | {"inputArtifacts": [{"name": _BUILD_OUTPUT}]}


def _action(name: str, category: str, owner: str, provider: str, configuration: Json) -> Json:
    kind = {"category": category, "owner": owner, "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "configuration": configuration, "runOrder": 1}


def _of(actions: list[Json], provider: str) -> Iterator[Json]:
    return (action for action in actions if action["actionTypeId"]["provider"] == provider)


def _sources(by: Mapping[str, list[Json]], digest: str, triggers: list[Json]) -> Iterator[Source]:
    for one in by["GitHub"]:
        about = one["configuration"]
        yield GitHubSource(about["Owner"], about["Repo"], about["Branch"], Secret(digest))
    for one in by["CodeStarSourceConnection"]:
        about = one["configuration"]
        paths, tags = _filters(triggers, one["name"])
        yield ConnectionSource(
            ConnectionArn(about["ConnectionArn"]),
            about["FullRepositoryId"],
            about["BranchName"],
            paths,
            tags,
            manual=about.get("DetectChanges") == "false" and not triggers,
        )


def _filters(triggers: list[Json], action: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paths and tags that a source action's triggers filter by. `has_our_structure` compares
    the rest."""
    pushes = [push for one in triggers if one["gitConfiguration"]["sourceActionName"] == action
              for push in one["gitConfiguration"].get("push", [])]  # fmt: skip
    paths, tags = (
        [name for push in pushes for name in (push.get(key) or {}).get("includes", [])] for key in ("filePaths", "tags")
    )
    return tuple(paths), tuple(tags)


def deploy_actions(processes: Iterable[str]) -> Iterator[str]:
    """The names of the actions that deploy these processes: the web's has the name of its stage."""
    for process in processes:
        yield DEPLOY if process == WEB else f"{DEPLOY}-{process}"


def process_of(action: str) -> str:
    """The process that an action of the stage Deploy deploys."""
    return WEB if action == DEPLOY else action.removeprefix(f"{DEPLOY}-")


def _deploy_of(name: str, about: Mapping[str, str]) -> Deploy:
    return Deploy(
        name,
        ClusterName(about["ClusterName"]),
        ServiceName(about["ServiceName"]),
        about.get("FileName", "imagedefinitions.json"),
        int(about.get("DeploymentTimeout", "60")),
    )


def _plain(found: Mapping[str, Any], region: str) -> Json:
    """The structure without what AWS adds or masks: the version, empty and default values, the token, and triggers."""
    added = ("version", "triggers") if _has_only_default_triggers(found) else ("version",)
    kept = _filled({key: value for key, value in found.items() if key not in added})
    kept["executionMode"] = found.get("executionMode", "SUPERSEDED")
    kept["stages"] = [
        _filled({**stage, "actions": [_plain_action(action, region) for action in stage["actions"]]})
        for stage in found["stages"]
    ]
    return kept


def _plain_action(action: Json, region: str) -> Json:
    kept = _filled({key: value for key, value in action.items() if (key, value) != ("region", region)})
    kept["runOrder"] = action.get("runOrder", 1)
    kept["configuration"] = {
        key: value for key, value in action.get("configuration", {}).items() if key != "OAuthToken"
    }
    return kept


def _has_only_default_triggers(found: Mapping[str, Any]) -> bool:
    """Whether the triggers are equivalent to the sources: each push to a source's own branch starts the pipeline.

    AWS adds them to a pipeline of type V2 that has none (terraform-provider-aws, aws_codepipeline, `trigger_all`).
    """
    sources = {one["name"]: one.get("configuration", {}) for stage in found["stages"] for one in stage["actions"]}
    for trigger in found.get("triggers") or ():
        about = _settled(trigger.get("gitConfiguration", {}))
        branch = sources.get(about.get("sourceActionName", ""), {}).get("BranchName")
        pushes = about.get("push", []) in ([], [{"branches": {"includes": [branch]}}])
        if branch is None or not pushes or about.get("pullRequest"):
            return False
    return True


def _filled(found: Mapping[str, Any]) -> Json:
    kept = {key: _settled(value) for key, value in found.items()}
    return {key: value for key, value in kept.items() if value not in ([], {}, "", None)}


def _settled(value: Any) -> Any:
    """A value without empty parts, however deeply nested, which AWS adds for what was omitted."""
    if isinstance(value, Mapping):
        return _filled(value)
    return [_settled(part) for part in value] if isinstance(value, list) else value


def awaits_answer(action: Mapping[str, Any]) -> bool:
    """Whether an action of GetPipelineState is an approval that nobody has answered yet."""
    latest = action.get("latestExecution", {})
    return latest.get("status") == "InProgress" and bool(latest.get("token"))
