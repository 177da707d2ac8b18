"""The command line: all commands, and one main() that turns errors into messages and exit codes."""

from __future__ import annotations

import errno
import gc
import inspect
import os
import re
import sys
from types import ModuleType
from typing import Annotated

import typer
import typer.exceptions

from ecsctl.commands import (
    cancel,
    config,
    continue_,
    creds,
    deploy,
    down,
    forward,
    helping,
    history,
    init,
    jobs,
    logs,
    pipeline,
    plan,
    policy,
    ps,
    rollback,
    run,
    sandbox,
    scale,
    secret,
    status,
    up,
    why,
)
from ecsctl.commands import exec as entering
from ecsctl.ui.copied import copied, program

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
UNREAD = 141  # a shell's exit code of a program that SIGPIPE ended: nobody reads stdout any more, as in `… | head`
EPILOG = copied("Try it without an account: ecsctl up --sandbox, ecsctl status --sandbox, ecsctl down --sandbox.")

app = typer.Typer(
    name="ecsctl",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
    pretty_exceptions_enable=False,
)
EVERYDAY, RELEASES, SETUP = "Everyday", "Releases", "Setup"
app.command(rich_help_panel=EVERYDAY)(up.up)
app.command(rich_help_panel=EVERYDAY)(status.status)
app.command(rich_help_panel=EVERYDAY)(plan.plan)
app.command(rich_help_panel=EVERYDAY)(down.down)
app.command(rich_help_panel=EVERYDAY)(logs.logs)
app.command(rich_help_panel=EVERYDAY)(why.why)
app.command("exec", rich_help_panel=EVERYDAY)(entering.enter)
app.command(rich_help_panel=EVERYDAY)(forward.forward)
app.command(rich_help_panel=EVERYDAY)(run.run)
app.command(rich_help_panel=EVERYDAY)(ps.ps)
app.add_typer(jobs.app, rich_help_panel=EVERYDAY)
app.command(rich_help_panel=EVERYDAY)(scale.scale)
app.add_typer(pipeline.app, rich_help_panel=EVERYDAY)
app.add_typer(creds.app, rich_help_panel=SETUP)
app.add_typer(secret.app, rich_help_panel=SETUP)
app.command(rich_help_panel=RELEASES)(deploy.deploy)
app.command(rich_help_panel=RELEASES)(rollback.rollback)
app.command("continue", rich_help_panel=RELEASES)(continue_.continue_)
app.command(rich_help_panel=RELEASES)(cancel.cancel)
app.add_typer(history.app, rich_help_panel=RELEASES)
app.command(rich_help_panel=SETUP)(init.init)
app.command(rich_help_panel=SETUP)(policy.policy)
app.add_typer(config.app, rich_help_panel=SETUP)
app.add_typer(sandbox.app, rich_help_panel=SETUP)


def _flowing(of: typer.Typer) -> None:
    """Let only the terminal break the paragraphs of every command's help, not the line breaks of the source."""
    for command in of.registered_commands:
        if command.callback and command.callback.__doc__:
            text = inspect.cleandoc(command.callback.__doc__)
            command.callback.__doc__ = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    for group in of.registered_groups:
        if group.typer_instance:
            _flowing(group.typer_instance)


_flowing(app)
helping.install()


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from ecsctl import __version__

        python = ".".join(map(str, sys.version_info[:3]))
        typer.echo(f"ecsctl {__version__} (python {python}, boto3 {version('boto3')})")
        raise typer.Exit


@app.callback()
def ecsctl(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """From a git repository with a Dockerfile to a load-balanced Fargate service and its pipeline, on AWS."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed by whoever started us (Python's docs, sys.__stdout__)
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115 - as long as the process
    gc.set_threshold(100_000, 20, 100)  # AWS's models are a million objects that stay: scanning them often is a waste
    try:
        code = _run()
        sys.stdout.flush()
    except SystemExit as ended:  # typer's own code for a closed pipe is 1
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        code = UNREAD
    except BrokenPipeError:
        _drop_the_rest()
        code = UNREAD
    except OSError as error:
        code = _explained(error)
    sys.exit(code)


def _drop_the_rest() -> None:
    """Drop what is still buffered for stdout; Python does not complain about it on exit (Python's docs, signal)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _help_without_the_rest() -> None:
    """Import what draws typer's help without what it uses to draw Markdown and tracebacks, which none of our help has.

    That would bring a parser and all of pygments: a third of the time that --help takes.
    """
    spared = {name: ModuleType(name) for name in ("rich.markdown", "rich.traceback") if name not in sys.modules}
    for name, module in spared.items():
        module.__dict__.update(Markdown=object, Traceback=object)
        sys.modules[name] = module
    import typer.rich_utils

    # A colour that is dimmed cannot be read on a light background.
    typer.rich_utils.STYLE_OPTION_ENVVAR, typer.rich_utils.STYLE_REQUIRED_LONG = "dim", "red"
    for name in spared:
        del sys.modules[name]


def _run() -> int:
    """Run the command line and return its exit code."""
    if len(sys.argv) == 1 or not {"--help", "-h"}.isdisjoint(sys.argv):
        _help_without_the_rest()
    try:
        ended = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):  # the second is typer's own word for the first
        if sys.stderr.isatty():
            typer.echo(err=True)  # the terminal's ^C has no line break of its own
        return 130
    except typer.exceptions.TyperException as error:
        if context := getattr(error, "ctx", None):
            context.find_root().info_name = program()  # so that "Try '… --help'" can be copied
        if message := getattr(error, "message", ""):  # pydantic, by which typer checks values, begins its own like this
            error.message = message.replace("Value error, ", "")
        error.show()  # type: ignore[attr-defined]  # every one that is raised here has it
        return int(getattr(error, "exit_code", 2))
    except Exception as error:  # noqa: BLE001 - a bug is raised again
        return _explained(error)
    return ended if isinstance(ended, int) else 0


def _explained(error: Exception) -> int:
    """Show one of our errors and return its exit code. Anything else is a bug, and raised again."""
    from ecsctl.commands import options
    from ecsctl.errors import EcsctlError, UsageError
    from ecsctl.sandbox.server.process import SandboxError
    from ecsctl.ui import errors, output

    if isinstance(error, SandboxError):
        error = EcsctlError(error.message, hint=error.hint)
    if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
        _drop_the_rest()
        error = EcsctlError("what was to be printed could not be written", why=error.strerror or "",
                            hint="make room where stdout leads, then run the same command again")  # fmt: skip
    if not isinstance(error, EcsctlError):
        sys.excepthook = errors.bug
        raise error
    if not isinstance(error, UsageError) and options.chosen.has_unused_sandbox():
        otherwise = f"; on AWS: {error.hint}" if error.hint else ""
        error.hint = f"add --sandbox to work in the sandbox of this folder, which runs{otherwise}"
    errors.show(error)
    if options.chosen.is_json:
        output.emit(output.error_document(error))
    return error.exit_code
