"""The behaviour of AWS's codepipeline that moto lacks."""

from ecsctl.sandbox.aws.codepipeline import deploy, event_rules, executions, pipelines, transitions, webhooks  # noqa: F401 - imported for their declarations
