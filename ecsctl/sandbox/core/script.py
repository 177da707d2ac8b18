"""Switches that make the sandbox misbehave on purpose, or do what a person would do: for tests and demos.

A service's module declares one with `@switch` on a plain function, whose arguments are JSON values and which returns
one. In process it is called like any function; over HTTP as `POST /sandbox/script/<name>`, with the keyword arguments
as a JSON object.
"""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_switches: dict[str, Callable[..., Any]] = {}


class ScriptError(Exception):
    """There is no such switch, or it does not accept these arguments."""


def switch(function: F) -> F:
    """Make `function` a switch of the sandbox, under its own name."""
    if function.__name__ in _switches:
        raise ValueError(f"there are two switches called {function.__name__}")
    _switches[function.__name__] = function
    return function


def names() -> list[str]:
    """The names of all switches, sorted."""
    return sorted(_switches)


def call(name: str, arguments: dict[str, Any]) -> Any:
    """Call a switch, and return what it returns. Raises ScriptError, which lists the existing ones."""
    if name not in _switches:
        raise ScriptError(f"there is no switch {name!r}; there are: {', '.join(names())}")
    function = _switches[name]
    signature = inspect.signature(function)
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise ScriptError(f"{name}{signature}: {error}") from None
    return function(**arguments)
