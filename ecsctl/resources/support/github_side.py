"""What is done at GitHub through AWS can fail for GitHub's reasons, and must not hold up what is done on AWS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl.engine.errors import code
from ecsctl.engine.label import Label, flat

if TYPE_CHECKING:
    from ecsctl.aws import Aws

REGISTERED = "ecsctl:registered"  # tag of a pipeline's webhook: the digest of the token that GitHub has for it


def if_github_lets(call: Callable[[], object], *refusals: str) -> bool:
    """Make a call that has GitHub remove a hook, and return whether it did.

    With a token that was revoked it never will: the hook there is then removed by hand, and calls nothing meanwhile.
    `refusals` are the error codes that mean this; other errors pass through.
    """
    try:
        call()
    except ClientError as error:
        if code(error) not in refusals:
            raise
        return False
    return True


def take_down(aws: Aws, name: str) -> None:
    """Have CodePipeline remove a webhook's hook at GitHub, with the token of the pipeline's source action."""
    if_github_lets(
        partial(aws.codepipeline.deregister_webhook_with_third_party, webhookName=name), "ValidationException"
    )


def unregister(aws: Aws, name: str, arn: str) -> None:
    """Take down a webhook's hook, and its tags of being registered before it.

    What a run leaves that dies in between is registered again by the next one that asks for it.
    """
    aws.codepipeline.tag_resource(resourceArn=arn, tags=[{"key": REGISTERED, "value": ""}])
    take_down(aws, name)


def leave_repository(aws: Aws, me: Label, pipeline: str) -> None:
    """Remove our hooks that call a pipeline from GitHub, while it still has their repository and token."""
    with aws.fresh():
        webhooks = aws.read(aws.codepipeline.list_webhooks)["webhooks"]
    for one in webhooks:
        if one["definition"]["targetPipeline"] == pipeline and me.owns(flat(one.get("tags"))):
            unregister(aws, one["definition"]["name"], one["arn"])
