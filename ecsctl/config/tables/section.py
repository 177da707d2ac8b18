"""What all tables of ecsctl.toml have in common: strict, complete, immutable, and checked as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from ecsctl.config.tree import Path, dotted, way

Problem = tuple[str | Path, str]
"""A key relative to its table, and what is wrong with its value compared with others. The key is written with dots, or
is a path if it has parts with dots of their own, or list indexes.
"""


class Section(BaseModel):
    """A table. "8000" is not accepted for 8000, and an unknown key is an error.

    A value never appears in pydantic's own message: it may be a secret.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    def problems(self) -> Iterator[Problem]:
        """Mistakes: values that contradict each other, though each is valid by itself."""
        yield from ()

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if found := tuple(self.problems()):
            summary = "; ".join(f"{dotted(way(key))} {text}" for key, text in found)
            raise PydanticCustomError("together", "{summary}", {"found": found, "summary": summary})
        return self

    def given(self, *keys: str) -> list[str]:
        """Those of the keys (of all, if none is named) that were written, rather than left at their default."""
        return [key for key in keys or type(self).model_fields if key in self.model_fields_set]


def refused(check: Callable[[], None]) -> str:
    """Returns why a check refuses; an empty string if it does not."""
    try:
        check()
    except ValueError as error:
        return str(error)
    return ""


# ECS sets these in every task and its SDKs depend on them (ECS developer guide, "Amazon ECS environment variables").
# AWS_REGION and AWS_DEFAULT_REGION are listed there too, and may be set by the user.
ECS_SETS = frozenset(
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_EXECUTION_ENV ECS_AGENT_URI "
    "ECS_CONTAINER_METADATA_URI ECS_CONTAINER_METADATA_URI_V4".split()
)


def doubled(environment: Mapping[str, str], secrets: Mapping[str, str], where: str) -> Iterator[Problem]:
    """Mistakes: variables that are set twice, or by ECS."""
    for name in sorted(environment.keys() & secrets.keys()):
        yield f"secrets.{name}", f"is in {where} too"
    for table, names in (("environment", environment), ("secrets", secrets)):
        for name in sorted(ECS_SETS & names.keys()):
            yield f"{table}.{name}", "is set by ECS itself"
