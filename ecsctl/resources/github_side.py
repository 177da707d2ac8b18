"""What is done at GitHub through AWS can fail for GitHub's reasons, and must not hold up what is done on AWS."""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import ClientError

from ecsctl.engine.errors import code


def if_github_lets(call: Callable[[], object], *refusals: str) -> bool:
    """Make a call that has GitHub take back a hook, and tell whether it did.

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
