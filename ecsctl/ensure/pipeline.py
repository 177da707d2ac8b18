"""The pipeline from a push to a running image: Source, Build, tests and approvals if desired, Deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ensure.jobs import ensure_registering
from ecsctl.ensure.release import ensure_release
from ecsctl.ids import ClusterName, PipelineName, ServiceName
from ecsctl.parts import PIPELINE, PIPELINE_ROLE, PIPELINE_WEBHOOK
from ecsctl.resources.bucket import Bucket
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.pipeline_webhook import FILTER, PipelineWebhook
from ecsctl.resources.role import Role
from ecsctl.resources.support.pipeline_structure import (
    NO_JOBS,
    NO_RELEASE,
    Approval,
    Check,
    ConnectionSource,
    Deploy,
    GitHubSource,
    Source,
    deploy_actions,
)
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.ensure.codebuild import Projects
    from ecsctl.ensure.github import Access
    from ecsctl.names import Names


def ensure_pipeline(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    access: Access,
    projects: Projects,
    cluster: ClusterName,
    services: tuple[ServiceName, ...],
    after: tuple[object, ...] = (),
) -> PipelineName:
    """The pipeline, last of all: it starts running the moment it is created. Each push starts it exactly once.

    `after` is what its runs change besides the services, if the services do not depend on that anyway.
    """
    assert config.github is not None  # noqa: S101 - asked by the blueprint
    github = config.github
    scope = Scope.of(facts.identity, names)
    started = [names.project, *(names.test_project(test.name) for test in config.pipeline.tests)]
    started += [names.release_project] if config.release else []
    started += [names.jobs_project] if config.jobs else []
    connection = github.connection_arn or ""
    statements = policies.codepipeline(
        scope,
        started,
        connection=connection,
        repository=github.repository,
        processes=config.processes,
        own_roles=[name for name, one in config.workers.items() if one.has_own_role],
        key=facts.key,
    )
    desired = Role(
        name=names.pipeline_role,
        assume_role_policy=policies.codepipeline_trust(scope),
        statements=statements,
        path=names.role_path,
        permissions_boundary=config.permissions_boundary,
        policies=frozenset(),
    )
    role = stack.ensure(PIPELINE_ROLE, desired).arn
    bucket = stack.ensure(
        "artifacts",
        Bucket(
            name=names.bucket,
            public_access_block=True,
            # S3 encrypts everything, with its own keys at least (S3 guide, "Setting default server-side encryption").
            # If an organization enforces more than that, it may not be allowed to undo it
            # (ministryofjustice/aws-root-account#1609, aws/copilot-cli#5328).
            encryption=facts.key or None,
            tls_only=True,
            expiration_days=config.pipeline.artifact_days,  # keeps it from growing forever
            abort_incomplete_multipart_upload_days=7,
        ),
    ).name
    owner, _, repository = github.repository.partition("/")
    source: Source
    manual = config.pipeline.trigger == "manual"
    if access.connection:
        source = ConnectionSource(
            access.connection, github.repository, github.branch, config.pipeline.paths, config.pipeline.tags, manual
        )
    else:
        assert facts.token is not None  # noqa: S101 - read with the facts whenever there is no connection
        source = GitHubSource(owner, repository, github.branch, facts.token)
    pipeline = Pipeline(
        name=names.pipeline,
        role=role,
        bucket=bucket,
        encryption_key=facts.key,
        source=source,
        build=projects.build,
        release=ensure_release(stack, config, config.release, facts, names) if config.release else NO_RELEASE,
        deploys=tuple(
            Deploy(name, cluster, service, timeout_in_minutes=config.deploy_minutes)
            for name, service in zip(deploy_actions(config.processes), services, strict=True)
        ),
        tests=tuple(
            Check(test.name, project) for test, project in zip(config.pipeline.tests, projects.tests, strict=True)
        ),
        approvals=tuple(Approval(approval.name, approval.note) for approval in config.pipeline.approvals),
        jobs=ensure_registering(stack, config, facts, names) if config.jobs else NO_JOBS,
        exact=True,
        first_run="over",
        given=bool(facts.given),
    )
    name = stack.ensure(PIPELINE, pipeline, after=after).name
    if isinstance(source, GitHubSource) and not manual:
        webhook = PipelineWebhook(
            name=names.pipeline,
            repository=github.repository,
            pipeline=name,
            target_action="Source",
            filters=(FILTER,),
            token=source.token,
            registered=True,
        )
        stack.ensure(PIPELINE_WEBHOOK, webhook)
    return name
