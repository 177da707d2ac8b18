"""The behaviour of AWS's codebuild that moto lacks."""

from ecsctl.sandbox.aws.codebuild import builds, credentials, images, projects, pushes, webhooks  # noqa: F401 - imported for their declarations
