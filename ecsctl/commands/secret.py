"""ecsctl secret: the app's own secrets. A value comes from a prompt or from stdin, never from an argument."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ecsctl.commands.opening import opened
from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from ecsctl.config import Config

app = typer.Typer(name="secret", no_args_is_help=True, help="Store the app's secrets in Secrets Manager.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The secret's name, as service.secrets names it.")]


@app.command("set")
@shares(*ON_AWS)
def put(
    common: Common,
    name: Name,
    source: Annotated[
        str | None, typer.Argument(metavar="-", help="- reads the value from stdin; without it you are asked.")
    ] = None,
) -> None:
    """Store a value under the app's name: a new secret, or a new value. It is typed without echo, or read from
    stdin.
    """
    from ecsctl import own_secrets
    from ecsctl.account import encryption_key
    from ecsctl.errors import UsageError
    from ecsctl.ui import words

    if source not in (None, "-"):
        raise UsageError(
            "a value is never given as an argument: other processes could read it",
            hint=f"ecsctl secret set {name} asks for it unseen, and ecsctl secret set {name} - reads it from stdin",
        )
    own_secrets.full("", name)
    command = f"ecsctl secret set {name} - < FILE"
    with opened(common, "secret", config=True) as app:  # what is wrong here is said before the value is typed
        me = app.over_app().engine.label
        key = encryption_key.facts_of(app.aws, app.configured)["key"]
        typed = words.piped(sys.stdin.read) if source else words.ask_unseen(f"{name}:", command=command)
        done = own_secrets.put(app.aws, me, name, own_secrets.checked(typed), key)
        used = _used_by(app.configured, name)
    words.say(f"the secret {own_secrets.full(app.app, name)} is {done}")
    if not used:
        words.next_step(f'[service.secrets] VARIABLE = "{name}"', "in ecsctl.toml, then ecsctl up, gives it to the app")
    elif done == "made":
        words.next_step("ecsctl up", "gives it to the app")
    else:
        words.next_step("ecsctl deploy --restart", "brings the new value to the tasks")


@app.command("list")
@shares(*ON_AWS, "output")
def show(common: Common) -> None:
    """List the app's secrets: since when, who uses them, and which are scheduled for deletion. Never their values."""
    from ecsctl import own_secrets
    from ecsctl.ui import output as json
    from ecsctl.ui import secrets as shown

    with opened(common, "secret", config=True, reads=True) as app:
        session = app.over_app()
        found = [(one, _used_by(app.configured, one.name)) for one in own_secrets.held(app.aws, app.app)]
    if common.is_json:
        json.emit(shown.document(found, session.where))
    else:
        shown.show(found)


@app.command("rm")
@shares(*ON_AWS, "yes")
def remove(
    common: Common,
    name: Name,
    days: Annotated[
        int, typer.Option("--days", min=7, max=30, help="For so many days `secret set` can still restore it.")
    ] = 30,
    force: Annotated[bool, typer.Option("--force", help="Also one that ecsctl.toml uses.")] = False,
) -> None:
    """Delete a secret, after asking; `ecsctl secret set NAME` restores it within its recovery window."""
    from ecsctl import own_secrets
    from ecsctl.errors import Refused
    from ecsctl.ui import words

    command = f"ecsctl secret rm {name}"
    with opened(common, "secret", config=True) as app:
        own_secrets.full(app.app, name)
        if (used := _used_by(app.configured, name)) and not force:
            raise Refused(f"the secret {name} is used: {', '.join(used)}",
                          why="a task that starts without it fails",
                          hint=f"take it out of ecsctl.toml and run ecsctl up first; or {command} --force")  # fmt: skip
        app.over_app()
        if common.must_ask(command, due=not own_secrets.is_scheduled_for_deletion(app.aws, app.app, name)):
            words.confirm(f"Delete the secret {own_secrets.full(app.app, name)}?", command=f"{command} --yes")
        done = own_secrets.remove(app.aws, app.app, name, days)
    outcome = f"is deleted in {days} days" if done else "was scheduled for deletion already"
    words.say(
        f"the secret {own_secrets.full(app.app, name)} {outcome}; ecsctl secret set {name} restores it until then"
    )


def _used_by(config: Config, name: str) -> list[str]:
    """The keys of ecsctl.toml that name the secret, with or without a key of its JSON."""
    known = (name, f"{config.name}/{name}")
    return [key for key, source in config.task_secrets.items() if source.partition(":")[0] in known]
