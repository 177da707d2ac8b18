"""Our errors, each with what to do now.

What AWS's error codes mean is in aws/codes.py; aws/explaining.py turns an error of AWS or of its SDK into one of these.

EcsctlError                 exit 1
├── UsageError              exit 2   a wrong option, or a question without a terminal to answer it
│   └── ConfigError         exit 2   ecsctl.toml is wrong
├── AccessError             exit 3   no way into the account: credentials, a proxy, or a permission that is missing
│   └── Denied              exit 3   a policy does not allow the call
├── TimedOut                exit 4   a wait reached its limit; the same command resumes it
├── Locked                  exit 5   another run holds the lock
├── Interrupted             exit 130 Ctrl-C or SIGTERM
├── Refused                 exit 1   something there is not ours, or cannot be changed in place
│   └── Doubled             exit 1   two things claim to be the same part of the stack
├── Outlived                exit 1   a token's thing is dead; the engine takes another token, so it reaches no user
├── QuotaReached            exit 1   an AWS quota stands in the way
├── StateError              exit 1   the state file is of another account, region, app or newer version
├── ResourceFailed          exit 1   AWS accepted it and then could not make it
├── ShownOtherwise          exit 1   AWS took a change, and shows another value
├── ReleaseFailed           exit 1   a release did not come to run, and what runs now is not sure
├── RolledBack              exit 6   ECS rolled a release back
├── Superseded              exit 7   another release took the place of this one before it was done
├── Stopped                 exit 8   someone stopped a release
├── Paused                  exit 9   a release waits for a person
├── AwsError                exit 1   any other answer of AWS
│   └── Unreachable         exit 1   AWS cannot be reached at all
│       └── NotOffered      exit 1   the region does not have the service
└── Several                 exit: the gravest of its parts
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class EcsctlError(Exception):
    """An error for the user: what went wrong, why, and what to do now."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.hint = hint


class UsageError(EcsctlError):
    """A wrong option, or a question without a terminal to answer it."""

    exit_code = 2


class ConfigError(UsageError):
    """ecsctl.toml is wrong."""


class AccessError(EcsctlError):
    """The account cannot be reached with these settings: no credentials, expired ones, a proxy, or a missing
    permission.
    """

    exit_code = 3


class Denied(AccessError):
    """A policy does not allow the call."""


class TimedOut(EcsctlError):
    """A wait reached its limit. Nothing is lost: the same command resumes it."""

    exit_code = 4


class Locked(EcsctlError):
    """Another run holds the lock."""

    exit_code = 5


class Interrupted(EcsctlError):
    """The user, or the system, asked to stop."""

    exit_code = 130


class Refused(EcsctlError):
    """The existing resource does not carry the app's tags, or cannot be changed in place. Nothing was changed."""


class Doubled(Refused):
    """Two resources carry the tags of one: a create was delivered twice, or someone copied the tags."""


class Outlived(EcsctlError):
    """AWS answered a create's idempotency token with a resource that is gone; the engine retries with a new token."""


class QuotaReached(EcsctlError):
    """An AWS quota stands in the way."""


class StateError(EcsctlError):
    """The state file belongs to another account, region or app, or to a newer ecsctl."""


class ResourceFailed(EcsctlError):
    """AWS accepted the request and then could not create the resource."""


class ShownOtherwise(EcsctlError):
    """AWS accepted a change and then shows another value: something sets it back, or AWS writes it differently."""


class ReleaseFailed(EcsctlError):
    """A release failed, and there was nothing to roll back to."""


class RolledBack(EcsctlError):
    """ECS rolled a release back: the previous version runs."""

    exit_code = 6


class Superseded(EcsctlError):
    """Another release replaced this one before it was done."""

    exit_code = 7


class Stopped(EcsctlError):
    """Someone stopped a release before it was done."""

    exit_code = 8


class Paused(EcsctlError):
    """A release is held until somebody continues it, or rolls it back."""

    exit_code = 9


class AwsError(EcsctlError):
    """Any other error from AWS."""


class Unreachable(AwsError):
    """AWS cannot be reached: no network, or no such address."""


class NotOffered(Unreachable):
    """The region does not have the service."""


class Several(EcsctlError):
    """Everything that failed in one run, and what was not tried because of it."""

    def __init__(self, errors: Sequence[EcsctlError], not_tried: Sequence[str] = ()) -> None:
        first = errors[0]
        super().__init__(first.message if len(errors) == 1 else f"{len(errors)} things failed")
        self.errors = tuple(errors)
        self.not_tried = tuple(not_tried)

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # an instance's, not the class's: the gravest of its parts
        """The most serious exit code of its parts: an interruption first, then access, then failure, then a wait."""
        codes = [error.exit_code for error in self.errors]
        return next(code for code in (130, 3, 5, 2, 1, 6, 7, 8, 4, 9) if code in codes)
