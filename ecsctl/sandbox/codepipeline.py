"""What AWS's codepipeline does that moto does not."""

from ecsctl.sandbox import (  # noqa: F401 - imported for their declarations
    codepipeline_deploy,
    codepipeline_executions,
    codepipeline_pipelines,
    codepipeline_transitions,
    codepipeline_webhooks,
)
