"""Turns any error of a run into one of ours, with an explanation: AWS's refusal, the SDK's failure, or several at
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ecsctl.aws import refusals, sdk_errors
from ecsctl.aws.codes import PASSING, code, is_throttled, status
from ecsctl.errors import EcsctlError, Interrupted, Several


def is_unanswered(error: BaseException) -> bool:
    """Whether the request may have taken effect anyway: no answer came, or AWS failed while answering."""
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        broken = code(error) in PASSING or (status(error) >= 500 and status(error) != 501)  # 501: it never will
        return broken and not is_throttled(error)
    return isinstance(error, HTTPClientError | ResponseParserError) and sdk_errors.bundle_missing(error) is None


def explained(error: BaseException, what: str) -> EcsctlError:
    """AWS's refusal, or the SDK's failure, in the user's terms.

    `what` names what was being done. A bug is raised again.
    """
    from botocore.exceptions import ClientError

    if isinstance(error, EcsctlError):
        return error
    if isinstance(error, ClientError):
        return refusals.as_error(error, what)
    if isinstance(error, Exception) and (failure := sdk_errors.as_error(error, what)):
        return failure
    raise error


def diagnosed(error: EcsctlError, first_line: Callable[[], str]) -> EcsctlError:
    """The error with the first line of the diagnosis, if there is one: a second failure must not hide the first."""
    try:
        line = first_line()
    except EcsctlError:
        return error
    part = error.errors[0] if isinstance(error, Several) else error
    if line:
        part.why = "; ".join(filter(None, [part.why, line]))
        part.hint = part.hint or "run ecsctl why for the cause"
    return error


def in_the_way(error: EcsctlError, blockers: Sequence[str]) -> EcsctlError:
    """The error of a removal with what was found to be in its way; of several errors, the first gets it. One
    that was stopped by a person is not stopped by them.
    """
    part = error.errors[0] if isinstance(error, Several) else error
    if blockers and not isinstance(part, Interrupted):
        part.why = "; ".join(filter(None, [part.why, "in the way: " + "; ".join(blockers)]))
        part.hint = "remove what is not ours, or wait until AWS has released it, then run the same command again"
    return error


def together(errors: Iterable[BaseException], not_tried: Sequence[str] = ()) -> EcsctlError:
    """One error for everything that failed: the error itself if there is only one. What several have in common is said
    once.
    """
    each = [error if isinstance(error, EcsctlError) else explained(error, "AWS") for error in errors]
    ours = list({(type(one), one.message, one.why, one.hint): one for one in each}.values())
    return ours[0] if len(ours) == 1 and not not_tried else Several(ours, not_tried)
