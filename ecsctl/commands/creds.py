"""ecsctl creds: the GitHub token. It comes from a prompt or from stdin, never from an argument."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecsctl.commands.opening import opened
from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from ecsctl.engine.secret import Secret
    from ecsctl.github.creds import Status
    from ecsctl.session import Session

app = typer.Typer(
    name="creds", no_args_is_help=True, help="Store the GitHub token, change it everywhere, or see how it is used."
)

Source = Annotated[
    str | None, typer.Argument(metavar="-", help="- reads the token from stdin; without it you are asked.")
]


@app.command("set")
@shares(*ON_AWS)
def put(
    common: Common,
    source: Source = None,
) -> None:
    """Store the token in Secrets Manager, under github.token_secret's name. `ecsctl up` uses it from there."""
    from ecsctl.account import encryption_key
    from ecsctl.github import creds
    from ecsctl.ui import words

    _refuse_argument(source, "set")
    with opened(common, "creds", config=True) as app:  # what is wrong here is said before the token is typed
        secret, me = _secret(app.configured), app.over_app().engine.label
        key = encryption_key.facts_of(app.aws, app.configured)["key"]
        made = creds.put(app.aws, me, secret, _token(source, "set"), key)
    words.say(f"the token is in {secret}" + (", a new secret, which ecsctl down leaves there" if made else ""))
    words.next_step("ecsctl creds rotate --stored,", "or ecsctl up, brings it to where it is used")


@app.command()
@shares(*ON_AWS, "output")
def rotate(
    common: Common,
    source: Source = None,
    stored: Annotated[bool, typer.Option("--stored", help="Use the token that is stored already.")] = False,
) -> None:
    """Store a new token and copy it to CodeBuild, the pipeline and its webhook; then check that it arrived.

    After an interrupted run, `--stored` continues. CodeBuild credentials that are not this app's are left alone.
    """
    from ecsctl.account import encryption_key
    from ecsctl.github import creds

    _refuse_argument(source, "rotate")
    with opened(common, "creds", config=True) as app:
        token = None
        if not stored:
            _secret(app.configured)
            app.over_app()
            token = _token(source, "rotate")

        def session() -> Session:
            app.aws.forget()
            return app.over_stack()

        def store() -> None:
            if token is not None:
                key = encryption_key.facts_of(app.aws, app.configured)["key"]
                creds.put(app.aws, app.over_app().engine.label, _secret(app.configured), token, key)

        found = creds.spread(session, store)
    _show(found, common)


@app.command()
@shares(*ON_AWS, "output")
def status(
    common: Common,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 if a copy is not the stored one, or GitHub refuses it.")
    ] = False,
) -> None:
    """Show where the token is, since when, and whether each copy is up to date. Never the token itself.

    Also whether GitHub has refused it since it was stored.
    """
    from ecsctl.github import creds

    with opened(common, "creds", config=True, reads=True) as app:
        found = creds.status(app.over_stack())
    _show(found, common)
    if exit_code and (found.refused or not found.current):
        raise typer.Exit(1)


@app.command("use-connection")
@shares(*ON_AWS)
def use_connection(
    common: Common,
    arn: Annotated[str, typer.Argument(metavar="ARN", help="The connection's ARN.")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for its handshake, or end with 4.")] = True,
    timeout: Annotated[float, typer.Option("--timeout", help="Minutes to wait at most.", min=0)] = 30,
) -> None:
    """Change from the token to a CodeConnections connection: check it, and write it into ecsctl.toml.

    If its handshake with GitHub is pending, this waits, and says where a person completes it. The next `ecsctl up`
    moves the pipeline over. To go back, remove connection_arn from ecsctl.toml, and run `ecsctl up`.
    """
    from ecsctl.config import editing, find
    from ecsctl.engine.events import Waiting
    from ecsctl.github import connection
    from ecsctl.ui import words

    with opened(common, "creds", config=True, reads=True) as app:
        progress = app.progress
        app.aws.patience.say = lambda what, waited, limit: progress(Waiting("", what, waited, limit))
        file = find(app.where.folder)
        assert file is not None  # noqa: S101 - for the type checker: the config was read
        editing.with_connection(file, arn)  # a file that cannot be written later is reported before the wait
        who, say = app.over_app().identity, progress.plain
        connection.usable(app.aws, who, arn, say=say, wait=wait, limit=timeout * 60)
        editing.put(file, editing.with_connection(file, arn))
    words.say(f"{file.name} uses the connection now; the token's secret stays where it is")
    words.say("builds can reach every repository that the connection's GitHub App is installed on: on GitHub, under"
              " Settings, Applications, choose \"Only select repositories\"")  # fmt: skip
    words.next_step("ecsctl up", "moves the pipeline over")


def _refuse_argument(source: str | None, verb: str) -> None:
    """Raise UsageError for a token on the command line."""
    from ecsctl.errors import UsageError

    if source not in (None, "-"):
        raise UsageError(
            "a token is never given as an argument: other processes could read it",
            hint=f"revoke this one; ecsctl creds {verb} asks for one unseen, and with - it reads one from stdin",
        )


def _token(source: str | None, verb: str) -> Secret:
    """The token, typed without echo or read from stdin."""
    from ecsctl.github import creds
    from ecsctl.ui import words

    if source == "-":
        return creds.checked(words.piped(sys.stdin.readline))
    return creds.checked(words.ask_unseen("GitHub token:", command=f"ecsctl creds {verb} - < FILE"))


def _secret(config: Any) -> str:
    """The name of the secret. Raises UsageError if ecsctl.toml uses none."""
    from ecsctl.errors import UsageError

    if config.github is None or config.github.connection_arn:
        raise UsageError("there is no token here", why="ecsctl.toml has no [github], or uses a connection")
    return str(config.github.token_secret)


def _show(found: Status, common: Common) -> None:
    from ecsctl.ui import creds as shown
    from ecsctl.ui import output as json

    if common.is_json:
        json.emit(shown.document(found))
    else:
        shown.show(found)
