"""The pipeline that builds and deploys every push."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.errors import Refused
from ecsctl.ids import BucketName, PipelineName, ProjectName, RoleArn
from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.first_run import GATE, STOPPED, State, first_run, is_gated
from ecsctl.resources.support.github_side import deregister_webhooks
from ecsctl.resources.support.pipeline_structure import (
    DEPLOY,
    NO_JOBS,
    NO_RELEASE,
    RELEASE,
    Approval,
    Check,
    ConnectionSource,
    Deploy,
    GitHubSource,
    Parts,
    Source,
    has_our_structure,
    parts,
    structure,
)
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, connects, handed, of, pass_roles

if TYPE_CHECKING:
    from types_boto3_codepipeline.type_defs import (
        PipelineDeclarationTypeDef,
        PipelineExecutionSummaryTypeDef,
        StageExecutionTypeDef,
    )

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

JUST = 5.0  # seconds for which what was read about its first run can still be used
TOKEN = "ecsctl:token"  # noqa: S105 - the tag that holds the digest of the token the pipeline was last given


@dataclass(frozen=True)
class PipelineIds:
    """A pipeline's ids."""

    name: PipelineName
    arn: str


@dataclass(frozen=True, kw_only=True)
class Pipeline(Resource[PipelineIds]):
    """A CodePipeline pipeline: Source, Build, Test and Approve if configured, Deploy. It is found by its name.

    It starts running the moment it is created (see `first_run`).
    """

    kind = "pipeline"
    title = "pipeline"
    soon = True
    by_use = True
    arns = "codepipeline"
    independent_of = ("deploys",)  # AWS refuses to change what it deploys to while it runs
    early = True  # its webhook need not wait for the end of its first run
    limit_seconds = 3600.0  # for a first run with a newer commit than the service was created with
    console = "{console}/codesuite/codepipeline/pipelines/{name}/view?region={region}"

    name: Fixed[str]
    role: RoleArn
    bucket: BucketName
    encryption_key: str  # the ARN of the KMS key that encrypts the artifacts; empty: S3's in the account
    source: Source | None
    build: ProjectName | None
    release: ProjectName  # what runs the release command; empty: there is none
    jobs: ProjectName  # what gives the jobs the deployed image; empty: there are none
    deploys: tuple[Deploy, ...]
    tests: tuple[Check, ...]
    approvals: tuple[Approval, ...]
    exact: bool  # it contains only this, arranged as we arrange it
    first_run: State  # what remains to be done about the run that its creation started
    given: bool = field(default=False, compare=False)  # the user named the image: that run must not replace it

    def summary(self) -> str:
        """Shows its stages."""
        source = self.source
        repository = f"{source.owner}/{source.repository}" if isinstance(source, GitHubSource) else ""
        repository = source.repository if isinstance(source, ConnectionSource) else repository
        steps = [
            "build",
            *(one.name for one in self.tests),
            *(f"approval {one.name}" for one in self.approvals),
            *(["release command"] if self.release else []),
            "deploy",
            *(["jobs"] if self.jobs else []),
        ]
        begin = f"{repository} {source.branch if source else ''}"
        if isinstance(source, ConnectionSource):
            begin += f" tags {' '.join(source.tags)}" if source.tags else ""
            begin += f" ({' '.join(source.paths)})" if source.paths else ""
            begin += " started by hand" if source.manual else ""
        return " → ".join([begin, *steps])

    def reason(self, field: str, actual: Pipeline) -> str:
        """The settings that are not fields."""
        if field != "exact":
            return ""
        return (
            "it holds more than ecsctl.toml asks for, or in another arrangement: it is put back as ecsctl arranges it"
        )

    def keeping(self, actual: Pipeline) -> Pipeline:
        """This resource, but with the token that it was last given, if ours could not be read."""
        if not (isinstance(self.source, GitHubSource) and isinstance(actual.source, GitHubSource)):
            return self
        token = self.source.token.known_by(actual.source.token)
        return replace(self, source=replace(self.source, token=token))

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        actions = (
            "CreatePipeline DeletePipeline GetPipeline GetPipelineState ListPipelineExecutions ListTagsForResource "
            "StartPipelineExecution StopPipelineExecution TagResource UpdatePipeline"
        )
        yield Statement("Pipeline", of("codepipeline", actions), scope.pipeline)
        yield pass_roles("PassRoles", (scope.role("*"),), "codepipeline")
        # Whether its first run brings what the service already runs.
        reads = "DescribeServiceDeployments DescribeServiceRevisions DescribeServices ListServiceDeployments"
        yield Statement("Service", of("ecs", reads), scope.service)
        yield anywhere("ecs", "DescribeTaskDefinition ListTaskDefinitionFamilies ListTaskDefinitions")
        yield Statement("Build", of("codebuild", "BatchGetBuilds ListBuildsForProject"), scope.projects)
        yield Statement("Images", of("ecr", "BatchGetImage DescribeImages"), (scope.repository,))
        if uses.connection:
            yield connects("OneRepository", ("UseConnection",), uses.connection, uses.repository)
            yield handed("ConnectionHandedOn", uses.connection, "codepipeline")

    def observe(self, aws: Aws, me: Label) -> Observed[Pipeline, PipelineIds] | None:
        """Read by name. AWS masks the token: we only know its digest, from a tag."""
        answer = none_if_gone(lambda: aws.read(aws.codepipeline.get_pipeline, name=self.name))
        if answer is None:
            return None
        ids = _ids(self.name, me)
        tags = _tags(aws, ids.arn)
        if tags is None:
            return None
        found = parts(answer["pipeline"], tags.get(TOKEN, ""))
        made = answer.get("metadata", {}).get("created")
        run = first_run(aws, self.name, self.build or "", made, at_gate=is_gated(found), given=self.given)
        actual = Pipeline(
            name=answer["pipeline"]["name"],
            role=found.role,
            bucket=found.bucket,
            encryption_key=found.encryption_key,
            source=found.source,
            build=found.build,
            release=found.release,
            jobs=found.jobs,
            deploys=found.deploys,
            tests=found.tests,
            approvals=found.approvals,
            exact=has_our_structure(answer["pipeline"], found, me.region),
            first_run=run.state,
        )
        return Observed(ids, actual, tags, ready=not run.going, note=run.note, since=made)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[PipelineIds]]:
        """Found by its name, which is the app's."""
        name = Names.of(me).pipeline
        if none_if_gone(lambda: aws.read(aws.codepipeline.get_pipeline, name=name)):
            ids = _ids(name, me)
            tags = _tags(aws, ids.arn)
            if tags is not None:
                yield Found(ids, tags)

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: PipelineIds) -> Iterator[Callable[[], object]]:
        """Read each by the name."""
        yield partial(_tags, aws, ids.arn)
        yield partial(aws.first_page, aws.codepipeline.list_pipeline_executions, pipelineName=ids.name, maxResults=20)

    def create(self, aws: Aws, me: Label) -> PipelineIds:
        """The name prevents duplicates. Refused until CodePipeline can assume the role.

        Only its beginning is created: see `first_run`.
        """
        begun = replace(self, build=None, tests=(), approvals=(GATE,), release=NO_RELEASE, jobs=NO_JOBS, deploys=())
        aws.codepipeline.create_pipeline(pipeline=begun.structure(), tags=me.lower(**self._digest()))
        return _ids(self.name, me)

    def update(self, aws: Aws, me: Label, ids: PipelineIds, changed: frozenset[str]) -> None:
        """An update cuts off a running execution (CodePipeline User Guide, "Edit a pipeline"), so never during a
        deployment.

        The release command counts as part of one.

        It replaces the whole structure, and always sends the real token: if its mask were sent back with another
        change, the mask itself would be stored. The token is sent before its digest: after a death between the two it
        is sent again. The webhook of the previous repository can only be removed with the previous token. Raises
        Refused while the pipeline deploys.
        """
        if "first_run" in changed and self._go_on(aws, me, ids.name):
            return
        if changed - {"tags", "first_run"}:
            with aws.uncached():
                stages = aws.read(aws.codepipeline.get_pipeline_state, name=ids.name)["stageStates"]
            if any(
                stage.get("stageName") in (RELEASE, DEPLOY) and _is_running(stage.get("latestExecution"))
                for stage in stages
            ):
                raise Refused(
                    f"pipeline {ids.name} is deploying: a change of it now would cut the deployment off",
                    hint="wait until it has deployed, then run the same command again",
                )
            if "source" in changed and self.repository != self._repository_until_now(aws, ids.name):
                deregister_webhooks(aws, me, ids.name)
            aws.codepipeline.update_pipeline(pipeline=self.structure())
        if changed & {"tags", "source"}:
            aws.codepipeline.tag_resource(resourceArn=ids.arn, tags=me.lower(**self._digest()))

    @classmethod
    def delete(cls, aws: Aws, ids: PipelineIds) -> None:
        """Running executions are abandoned first. What they have deployed stays."""
        with aws.uncached():
            listed = aws.read(aws.codepipeline.list_pipeline_executions, pipelineName=ids.name)
        for one in listed["pipelineExecutionSummaries"]:
            if _is_running(one):
                aws.codepipeline.stop_pipeline_execution(
                    pipelineName=ids.name,
                    pipelineExecutionId=one["pipelineExecutionId"],
                    abandon=True,
                    reason="ecsctl removes the pipeline",
                )
        aws.codepipeline.delete_pipeline(name=ids.name)

    @property
    def repository(self) -> str:
        """The repository that notifies it by a webhook; empty: by a connection."""
        return f"{self.source.owner}/{self.source.repository}" if isinstance(self.source, GitHubSource) else ""

    def _repository_until_now(self, aws: Aws, name: str) -> str:
        with aws.uncached():
            before = parts(aws.read(aws.codepipeline.get_pipeline, name=name)["pipeline"], "").source
        return replace(self, source=before).repository

    def _go_on(self, aws: Aws, me: Label, name: str) -> bool:
        """Do the next step for the first run, and return whether nothing more can be done for now."""
        with aws.no_older_than(time.monotonic() - JUST):
            answer = aws.read(aws.codepipeline.get_pipeline, name=name)
            at_gate = is_gated(parts(answer["pipeline"], ""))
            made = answer.get("metadata", {}).get("created")
            run = first_run(aws, name, self.build or "", made, at_gate=at_gate, given=self.given)
        if run.state == "known":
            aws.codepipeline.stop_pipeline_execution(
                pipelineName=name, pipelineExecutionId=run.id, abandon=True, reason=STOPPED
            )
        elif run.state == "new" and not at_gate:
            aws.codepipeline.start_pipeline_execution(name=name, clientRequestToken=me.token())
        return run.state in ("begun", "known") or not at_gate

    def structure(self) -> PipelineDeclarationTypeDef:
        """Returns what AWS is sent, including the token."""
        made_of = Parts(self.role, self.bucket, self.source, self.build, self.tests, self.approvals, self.deploys,
                        self.release, self.jobs, self.encryption_key)  # fmt: skip
        token = self.source.token.reveal() if isinstance(self.source, GitHubSource) else ""
        return cast("PipelineDeclarationTypeDef", structure(self.name, made_of, token))

    def _digest(self) -> dict[str, str]:
        return {TOKEN: self.source.token.digest if isinstance(self.source, GitHubSource) else ""}


def _ids(name: str, me: Label) -> PipelineIds:
    """A listing omits the ARN; it is composed (CodePipeline User Guide, "ARNs")."""
    return PipelineIds(PipelineName(name), f"arn:{me.partition}:codepipeline:{me.region}:{me.account}:{name}")


def _tags(aws: Aws, arn: str) -> dict[str, str] | None:
    answer = none_if_gone(lambda: aws.read(aws.codepipeline.list_tags_for_resource, resourceArn=arn))
    return None if answer is None else flat(answer["tags"])


def _is_running(execution: StageExecutionTypeDef | PipelineExecutionSummaryTypeDef | None) -> bool:
    return execution is not None and execution.get("status") == "InProgress"
