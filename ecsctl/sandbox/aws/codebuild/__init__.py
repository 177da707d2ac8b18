"""What AWS's codebuild does that moto does not."""

from ecsctl.sandbox.aws.codebuild import builds, credentials, images, projects, pushes, webhooks  # noqa: F401 - imported for their declarations
