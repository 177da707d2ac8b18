"""ecsctl sandbox: the embedded AWS."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from ecsctl.commands.options import Common, folder, shares

Failure = Literal[
    "build",
    "crash",
    "unhealthy",
    "oom",
    "missing-image",
    "wrong-arch",
    "health",
    "slow-start",
    "secret-unread",
    "release",
]

app = typer.Typer(name="sandbox", help="The embedded AWS on this machine: start, inspect, empty and stop it.",
                  no_args_is_help=True)  # fmt: skip


@app.command()
@shares("output")
def start(
    common: Common,
    as_policy: Annotated[
        Path | None,
        typer.Option(
            "--as-policy",
            metavar="FILE",
            help="Allow callers only what this IAM policy allows, or several by name, as ecsctl policy prints them.",
        ),
    ] = None,
    containers: Annotated[
        bool,
        typer.Option(
            "--containers/--no-containers",
            help="Run the app in this machine's container engine, if it has one, or simulate it.",
        ),
    ] = True,
) -> None:
    """Start it. Other commands start it automatically with --sandbox."""
    from ecsctl.operations.policy_file import read
    from ecsctl.operations.sandbox_account import forget
    from ecsctl.sandbox.server import process
    from ecsctl.session import Place
    from ecsctl.ui import words

    where = folder() / ".ecsctl"
    policies = read(as_policy) if as_policy else None
    with words.ctrl_c_ends():
        found = process.start(where, containers=containers, begins=partial(forget, Place(folder()).state_file))
    if policies is not None:
        process.call(where, "enforce", {"policies": policies})
    _show(found, as_json=common.is_json)
    if as_policy and not common.is_json:
        words.say(f"until it is reset or stopped, callers may do only what {as_policy} allows")


@app.command()
@shares("output")
def status(common: Common) -> None:
    """Show whether it runs, and where."""
    from ecsctl.sandbox.server import process

    found = process.status(folder() / ".ecsctl")
    _show(found, as_json=common.is_json)
    if found is None:
        raise typer.Exit(1)


@app.command()
def reset() -> None:
    """Empty it: the account is new again, and the app's state file here is removed."""
    from ecsctl.operations.sandbox_account import forget
    from ecsctl.sandbox.server import process
    from ecsctl.session import Place
    from ecsctl.ui import words

    process.reset(folder() / ".ecsctl")
    forget(Place(folder()).state_file)
    words.say("the sandbox is empty again")


@app.command()
def stop() -> None:
    """Stop it. Everything in it is lost."""
    from ecsctl.sandbox.server import process
    from ecsctl.ui import words

    stopped = process.stop(folder() / ".ecsctl")
    words.say("the sandbox is stopped" if stopped else "the sandbox was not running")


@app.command()
def dns(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The record's name.", show_default=False)],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What it is a CNAME to.", show_default=False)],
) -> None:
    """Act as the DNS provider of a domain hosted elsewhere: set a CNAME there."""
    from ecsctl.sandbox.server import process
    from ecsctl.ui import words

    process.call(folder() / ".ecsctl", "set_elsewhere", {"name": name, "value": value})
    words.say(f"{name} is a CNAME to {value} from now on, in the sandbox's DNS")


@app.command()
@shares("output")
def push(
    common: Common,
    branch: Annotated[str, typer.Option(help="The branch. The configured one, or main.")] = "",
    fail: Annotated[
        Failure | None, typer.Option(metavar="HOW", help=f"How it is to fail: {', '.join(get_args(Failure))}.")
    ] = None,
    tag: Annotated[str, typer.Option(help="Push a git tag of this name, for pipeline.tags.")] = "",
    file: Annotated[
        list[str] | None, typer.Option(help="A file that the push changes, for pipeline.paths; may be repeated.")
    ] = None,
    uncommitted: Annotated[
        bool, typer.Option("--uncommitted", help="Push what is in the folder now, committed or not.")
    ] = False,
    watch: Annotated[
        bool | None,
        typer.Option("--watch/--no-watch", help="Follow it to its end; on a terminal, this is what happens."),
    ] = None,
) -> None:
    """Simulate a git push: the webhook calls, the pipeline builds and deploys."""
    from ecsctl.errors import EcsctlError
    from ecsctl.operations import sandbox_push
    from ecsctl.ui import output as json
    from ecsctl.ui import words
    from ecsctl.ui.console import is_interactive

    where = folder()
    repository, usual = sandbox_push.usual(where)
    outcome = sandbox_push.push(
        where / ".ecsctl", branch or usual, fail or "", repository, tag, tuple(file or ()), uncommitted=uncommitted
    )
    words.say(f"pushed {outcome['commit']} " + (f"as tag {tag}" if tag else f"to {outcome['branch']}"))
    if left := outcome["left_out"]:
        several = ("file is", "was", "it") if left == 1 else ("files are", "were", "them")
        words.say("{} changed {} not committed and {} not pushed: --uncommitted includes {}".format(left, *several))
    for reason in outcome["unheard"]:
        words.say(f"nothing begins: {reason}")
    for begun in outcome["began"]:
        words.say("started " + ", ".join(f"{kind} {name}" for kind, name in begun.items()))
    failure: EcsctlError | None = None
    if outcome["began"] and (is_interactive() if watch is None else watch):
        try:
            with words.ctrl_c_ends():
                for line in sandbox_push.followed(where / ".ecsctl", outcome["commit"]):
                    words.say(line)
        except EcsctlError as error:
            failure = error
        except KeyboardInterrupt:
            typer.echo(err=True)  # the terminal's ^C has no line break of its own
            words.say("the run goes on: ecsctl pipeline status --sandbox --watch follows it")
            raise typer.Exit(130) from None
    if common.is_json:
        json.emit(json.push_document(outcome, sandbox_push.state(where / ".ecsctl", outcome["commit"])))
        raise typer.Exit(failure.exit_code if failure else 0)
    if failure:
        raise failure


def _show(found: object, *, as_json: bool) -> None:
    from dataclasses import asdict
    from datetime import UTC, datetime

    from ecsctl.sandbox.server import process
    from ecsctl.ui import output as json
    from ecsctl.ui import words
    from ecsctl.ui.spans import age

    running = found if isinstance(found, process.Sandbox) else None
    if as_json:
        more = {"now": process.now(running), "containers": process.containers(running)} if running else {}
        json.emit(json.sandbox_document(asdict(running) | more if running else None))
    elif running is None:
        words.say("the sandbox is not running")
    else:
        print(running.url)  # noqa: T201 - what stdout carries
        began, now = (datetime.fromtimestamp(each, UTC) for each in (running.started, process.now(running)))
        since = age(began, now)
        words.say(f"process {running.pid}, " + ("just started" if since == "now" else f"for {since} by its clock"))
        if said := process.containers(running):
            words.say(said)
