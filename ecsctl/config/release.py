"""The table [release]: what runs once for each release, before any process gets it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from ecsctl.config.section import Problem, Section

LONGEST = 8000  # characters: ECS takes 8192 of all overrides of a task (ECS API reference, RunTask)


class Release(Section):
    """A command that runs with the new image before it is deployed, in the pipeline and in `ecsctl deploy`.

    Without this table nothing runs.
    """

    command: tuple[str, ...] = Field(
        min_length=1,
        strict=False,
        description="The command, word by word, in place of the image's own; its entry point stays. It runs in a task "
        "of its own, with the environment, secrets, roles and network of the app. Where it ends with anything but 0 "
        "nothing is deployed.",
        examples=[["python", "manage.py", "migrate"]],
    )
    timeout_minutes: int = Field(
        10,
        ge=1,
        le=60,
        description="After how many minutes it is stopped, and counts as failed.",
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: an empty command, or one longer than ECS accepts."""
        if "" in self.command:
            yield "command", "has an empty word"
        if sum(len(word) + 3 for word in self.command) > LONGEST:
            yield "command", f"is too long: expected at most {LONGEST} characters, for ECS takes no more"
