"""What AWS's codebuild does that moto does not."""

from ecsctl.sandbox import (  # noqa: F401 - imported for their declarations
    codebuild_builds,
    codebuild_credentials,
    codebuild_images,
    codebuild_projects,
    codebuild_pushes,
    codebuild_webhooks,
)
