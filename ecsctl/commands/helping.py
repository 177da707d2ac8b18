"""The names that `--help` has for the values of options: TEXT, NUMBER, FILE or the choices; a flag takes none.

Typer shows the Python types instead, `--force <bool>` and `<list[str]>`, which tells nobody what to type.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer.core import TyperArgument, TyperOption


def value(option: Any) -> str:
    """The name of the value to type after an option; empty for a flag."""
    if option.is_flag:
        return ""
    if option.metavar:
        return str(option.metavar)
    annotation = option.type_descriptor.annotation
    if get_origin(annotation) is Literal:
        return "{" + ",".join(map(str, get_args(annotation))) + "}"
    return {int: "NUMBER", float: "NUMBER", Path: "FILE"}.get(annotation, "TEXT")


def _of_option(option: TyperOption, ctx: Any) -> str:  # noqa: ARG001 - typer's signature
    return value(option)


def _of_argument(argument: TyperArgument, ctx: Any) -> None:
    """Nothing: its name stands there already."""


def install() -> None:
    """Have typer use these names."""
    TyperOption.display_type_rich = _of_option  # type: ignore[assignment,method-assign]  # typer has no setting for it
    TyperArgument.display_type_rich = _of_argument  # type: ignore[assignment,method-assign]  # nor for this
