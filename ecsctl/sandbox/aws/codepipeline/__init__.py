"""What AWS's codepipeline does that moto does not."""

from ecsctl.sandbox.aws.codepipeline import deploy, event_rules, executions, pipelines, transitions, webhooks  # noqa: F401 - imported for their declarations
