"""The options that many commands share, and what they mean for the environment of a run."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, Literal, ParamSpec

import typer

from ecsctl.ui import copied

if TYPE_CHECKING:
    from ecsctl.trace import Trace

P = ParamSpec("P")

Sandbox = Annotated[
    bool,
    typer.Option("--sandbox", envvar="ECSCTL_SANDBOX", help="Use the embedded AWS on this machine: no account needed."),
]
# No envvar here: an explicit option takes precedence over what boto3 finds, and one of AWS's variables must not.
Profile = Annotated[
    str | None, typer.Option(help="The AWS profile to use, over AWS_PROFILE and keys in the environment.")
]
Region = Annotated[
    str | None,
    typer.Option(help="The AWS region to use, over AWS_REGION. Must be the one in ecsctl.toml, if that names one."),
]
Debug = Annotated[bool, typer.Option("--debug", envvar="ECSCTL_DEBUG", help="One line for each AWS call, on stderr.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", envvar="ECSCTL_YES", help="Answer every question with yes.")]
# Which container a command enters.
Process = Annotated[str, typer.Option("--process", metavar="NAME", help="A worker, by its name; the web if left out.")]
Task = Annotated[
    str, typer.Option("--task", metavar="ID", help="The task, or its id's beginning; the newest healthy if left out.")
]
Container = Annotated[
    str, typer.Option("--container", metavar="NAME", help="The container; the app's own if left out.")
]
TraceFile = Annotated[
    Path | None,
    typer.Option("--trace", metavar="FILE", help="Write the run's timeline to FILE, in the Chrome trace format.",
                 show_default=False),
]  # fmt: skip
Output = Annotated[Literal["text", "json"], typer.Option("--output", "-o", help="The format of what goes to stdout.")]


@dataclass(frozen=True)
class Common:
    """The shared options of one run."""

    sandbox: bool = False
    profile: str | None = None
    region: str | None = None
    debug: bool = False
    trace: Path | None = None
    quiet: bool = False
    yes: bool = False
    output: str = "text"
    has_sandbox: bool = False  # whether the command has the option --sandbox

    def __post_init__(self) -> None:
        """From its first line on a command's errors are shown as its options say."""
        global chosen  # noqa: PLW0603 - one command runs in a process
        chosen = self
        copied.sandbox = self.sandbox
        copied.profile, copied.region = self.profile or "", self.region or ""

    @property
    def is_json(self) -> bool:
        """Whether stdout carries JSON."""
        return self.output == "json"

    def has_unused_sandbox(self) -> bool:
        """Whether a sandbox runs in this folder, and the command was for AWS."""
        from ecsctl.sandbox.server import process

        with suppress(process.SandboxError):
            return self.has_sandbox and not self.sandbox and process.status(folder() / ".ecsctl") is not None
        return False

    def must_ask(self, command: str, *, due: bool = True) -> bool:
        """Whether a pending question must be asked because --yes does not answer it; its subject must then be shown.

        Raises UsageError if the subject is not shown: one cannot agree to that.
        """
        if due and self.is_json and not self.yes:
            from ecsctl.errors import UsageError

            raise UsageError(
                "this must be agreed to, and --output json shows no plan and asks nothing",
                hint=f"{command} --yes",
            )
        return due and not self.yes


SHARED = {  # in the order of the help
    "sandbox": Sandbox,
    "yes": Yes,
    "profile": Profile,
    "region": Region,
    "output": Output,
    "quiet": Quiet,
    "debug": Debug,
    "trace": TraceFile,
}
ON_AWS = ("sandbox", "profile", "region", "debug")  # of every command that calls AWS


def shares(*names: str) -> Callable[[Callable[Concatenate[Common, P], None]], Callable[..., None]]:
    """A command with these shared options after its own; it takes them as one, its first parameter.

    Typer reads the signature that is built here (https://typer.tiangolo.com, "Commands").
    """
    usual = {one.name: one.default for one in fields(Common)}

    def give(command: Callable[Concatenate[Common, P], None]) -> Callable[..., None]:
        first, *own = inspect.signature(command, eval_str=True).parameters.values()
        shared = [
            inspect.Parameter(name, first.kind, default=usual[name], annotation=SHARED[name])
            for name in SHARED
            if name in names
        ]

        @functools.wraps(command)
        def run(*own: P.args, **options: P.kwargs) -> None:
            given: dict[str, Any] = {name: options.pop(name) for name in names}
            common = Common(**given, has_sandbox="sandbox" in names)
            command(common, *own, **options)

        run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in (*own, *shared)}
        return run

    return give


chosen = Common()
"""The shared options of the command that runs in this process."""


def folder() -> Path:
    """The project's folder: the nearest one upwards with an ecsctl.toml, otherwise the current one."""
    from ecsctl.config import find

    found = find(Path.cwd())
    return found.parent if found else Path.cwd()


def place(common: Common, trace: Trace | None = None) -> Any:
    """The folder and account that the command works in. With --sandbox the embedded AWS is started, and the
    environment points to it.
    """
    from ecsctl.aws.access import region_of_environment
    from ecsctl.session import Place
    from ecsctl.ui import words

    here, listeners = folder(), [_heard] * common.debug + ([trace.call_ended] if trace else [])

    def heard(*call: Any) -> None:
        for listener in listeners:
            listener(*call)

    if common.sandbox:
        from ecsctl.operations.sandbox_account import forget
        from ecsctl.sandbox.core.defaults import REGION
        from ecsctl.sandbox.server import process

        ambient = region_of_environment()
        found = Place(here, region=common.region, ambient=ambient, usual=REGION, heard=heard if listeners else None)
        with words.ctrl_c_ends():
            process.enter(process.start(here / ".ecsctl", begins=partial(forget, found.state_file)))
        return found
    return Place(here, common.profile, common.region, ask=words.ask_code,
                 heard=heard if listeners else None)  # fmt: skip


def _heard(service: str, operation: str, seconds: float, failure: BaseException | None, _parameters: object) -> None:
    """One line for each AWS call: what, how long, how it ended. Never a parameter: they may contain secrets."""
    from ecsctl.aws.codes import code

    outcome = "ok" if failure is None else code(failure) or type(failure).__name__
    sys.stderr.write(f"aws {service} {operation} {seconds * 1000:.0f} ms {outcome}\n")  # at once, for all threads
