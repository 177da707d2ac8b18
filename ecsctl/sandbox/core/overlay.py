"""Says how the sandbox changes moto: added operations, wrapped operations, and state that a reset clears.

Each service's differences are in a package of `sandbox.aws`, which declares them with `adds` and `wraps`;
`install` applies them all, once. A method that moto no longer has is an error at start. One that moto has gained is an
error in tests, so that an upgrade is noticed and not papered over; in a user's process ours wins, with a warning.
"""

import functools
import importlib
import threading
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from moto.core.exceptions import ServiceException

MODULES = ("core.mototime", "core.caching", "core.requests", "aws.ec2", "aws.elbv2", "aws.acm", "aws.route53",
           "aws.iam", "aws.s3", "aws.logs", "aws.ecr", "aws.secretsmanager",
           "aws.tagging", "aws.ecs", "aws.autoscaling", "aws.codebuild", "aws.codepipeline", "aws.codeconnections",
           "aws.sns", "aws.events", "aws.cloudwatch", "aws.efs", "aws.wafv2", "aws.scheduler",
           "aws.ssm.sessions", "aws.ssm.tunnels", "core.paging", "push", "aws.account")  # fmt: skip

T = TypeVar("T")
Method = Callable[..., Any]

_pending: list[tuple[type, Callable[[], None]]] = []
declared: list[tuple[str, type, str]] = []  # "adds", "wraps" or "replaces", moto's class, and the method
_installed = False
strict = False  # in tests: what is not as this overlay was written for is an error
lock = threading.RLock()  # one request at a time: moto's dictionaries are not made for threads


class OverlayError(RuntimeError):
    """moto is not what this overlay was written for."""


class Refusal(ServiceException):
    """Describes what AWS would answer instead: `raise Refusal(code, message)` in any operation or backend method of
    moto.

    A class of its own, because moto looks for the error's shape in the service whose package contains the class.
    """


def adds(target: type, name: str | None = None) -> Callable[[Method], Method]:
    """Add a method to moto's class that it lacks (on a Response class: an operation, in snake case)."""

    def declare(function: Method) -> Method:
        method = name or function.__name__

        def apply() -> None:
            if hasattr(target, method):
                report_gained(f"{target.__name__}.{method}")
            setattr(target, method, function)

        _pending.append((target, apply))
        declared.append(("adds", target, method))
        return function

    return declare


def report_gained(what: str) -> None:
    """Report that moto has gained something that ours adds. Raises OverlayError in tests, warns anywhere else."""
    if strict:
        raise OverlayError(f"moto now has {what}: compare it and drop ours")
    warnings.warn(f"moto now has {what}, too; the sandbox goes on with its own", RuntimeWarning, stacklevel=2)


def wraps(target: type, name: str | None = None) -> Callable[[Method], Method]:
    """Wrap a method of moto's class. The function is called as `function(original, self, ...)`."""

    def declare(function: Method) -> Method:
        method = name or function.__name__

        def apply() -> None:
            original = getattr(target, method, None)
            if original is None:
                raise OverlayError(f"moto no longer has {target.__name__}.{method}: find what took its place")

            @functools.wraps(original)
            def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
                return function(functools.partial(original, self), self, *args, **kwargs)

            setattr(target, method, wrapped)

        _pending.append((target, apply))
        declared.append(("wraps", target, method))
        return function

    return declare


def replaces(target: type, name: str | None = None) -> Callable[[Method], Method]:
    """Replace a method of moto's class if a call of it costs too much."""

    def declare(function: Method) -> Method:
        method = name or function.__name__

        def apply() -> None:
            if not hasattr(target, method):
                raise OverlayError(f"moto no longer has {target.__name__}.{method}: find what took its place")
            setattr(target, method, function)

        _pending.append((target, apply))
        declared.append(("replaces", target, method))
        return function

    return declare


def memory(backend: Any, make: Callable[[], T]) -> T:
    """The sandbox's own state for one account and region, kept on moto's backend so that a reset clears it too."""
    key = f"_sandbox_{make.__module__}_{make.__qualname__}"
    found: T = backend.__dict__.get(key) or backend.__dict__.setdefault(key, make())
    return found


def install(*, tests: bool = False) -> None:
    """Apply every difference to moto in this process. Idempotent.

    Raises OverlayError when moto has lost what one of them wraps; in `tests` also when it has grown what one adds.
    """
    global _installed, strict
    with lock:
        if _installed:
            return
        strict = tests
        for module in MODULES:
            importlib.import_module(f"ecsctl.sandbox.{module}")
        # A base class before its subclasses, so that what is wrapped around theirs has ours inside, in whatever order
        # the modules happened to be imported.
        for _, apply in sorted(_pending, key=lambda one: len(one[0].__mro__)):
            apply()
        _installed = True
