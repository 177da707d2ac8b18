"""Changes at GitHub through AWS. They can fail because of GitHub, which must not block changes on AWS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl.aws.codes import code
from ecsctl.engine.label import Label, flat

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

REGISTERED = "ecsctl:registered"  # tag of a pipeline's webhook: the digest of the token that GitHub has for it


def try_at_github(call: Callable[[], object], *refusals: str) -> bool:
    """Make a call that has GitHub remove a webhook, and return whether it worked.

    It never works with a revoked token: then the webhook has to be removed by hand at GitHub, and has no effect
    meanwhile. `refusals` are the error codes that mean this; other errors pass through.
    """
    try:
        call()
    except ClientError as error:
        if code(error) not in refusals:
            raise
        return False
    return True


def deregister_webhook(aws: Aws, name: str) -> None:
    """Have CodePipeline remove a webhook from GitHub, with the token of the pipeline's source action."""
    try_at_github(
        partial(aws.codepipeline.deregister_webhook_with_third_party, webhookName=name), "ValidationException"
    )


def unregister(aws: Aws, name: str, arn: str) -> None:
    """Deregister a webhook, after removing the tags that say it is registered.

    If a run dies in between, the next one that needs the webhook registers it again.
    """
    aws.codepipeline.tag_resource(resourceArn=arn, tags=[{"key": REGISTERED, "value": ""}])
    deregister_webhook(aws, name)


def deregister_webhooks(aws: Aws, me: Label, pipeline: str) -> None:
    """Remove from GitHub our webhooks that notify a pipeline, while it still has their repository and token."""
    with aws.uncached():
        webhooks = aws.read(aws.codepipeline.list_webhooks)["webhooks"]
    for one in webhooks:
        if one["definition"]["targetPipeline"] == pipeline and me.owns(flat(one.get("tags"))):
            unregister(aws, one["definition"]["name"], one["arn"])
