"""What the commands that release have in common: a session, a screen that tells how far it is, and the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ecsctl.commands.options import Common, place
from ecsctl.commands.signals import stopping

if TYPE_CHECKING:
    from ecsctl.operations.release import Release
    from ecsctl.session import Session
    from ecsctl.ui.progress import Progress

Opened = tuple["Session", "Progress"]


@contextmanager
def opened(common: Common, *, title: str = "release", only_looks: bool = False) -> Iterator[Opened]:
    """A session over the app, and a screen that shows what is waited for under that title.

    What AWS refuses within it is raised as an error of ours.
    """
    from ecsctl.account import identify
    from ecsctl.config import find, load
    from ecsctl.engine.errors import explained
    from ecsctl.engine.events import Started, Waiting
    from ecsctl.engine.plan import Verb
    from ecsctl.operations.removal import named
    from ecsctl.session import open_app
    from ecsctl.ui import words
    from ecsctl.ui.progress import Progress

    where = place(common)
    app, home, _ = named(where, None)
    aws = where.aws(home)
    aws.look_only = only_looks
    with Progress(quiet=common.quiet or common.json) as progress, stopping(aws.patience, progress.stop_asked):
        if find(where.folder):
            identify(aws, load(where.folder))  # the account that ecsctl.toml demands
        session = open_app(aws, app, where.record, tell=progress)
        aws.patience.say = lambda what, waited, limit: progress(Waiting(title, what, waited, limit))
        if not only_looks:
            words.heading(session.identity.account, session.identity.region, session.identity.arn, app)
            progress(Started(title, title, Verb.UPDATE))
        try:
            yield session, progress
        except Exception as error:
            raise explained(error, title) from error


def end(kind: str, common: Common, session: Session, release: Release, *, as_wished: bool, hint: str) -> None:
    """Tell how a release ended, and end with its exit code. `as_wished` makes a success of whatever it was."""
    from ecsctl.operations.release import first_line
    from ecsctl.ui import release as shown

    code = 0 if as_wished else release.verdict.exit_code or (kind == "cancel")
    cause = first_line(session, release) if code else ""
    if common.json:
        from ecsctl.ui import output as json

        json.emit(shown.document(kind, release, code, cause, session.where))
    else:
        shown.end(release, failed=bool(code), cause=cause, hint=hint)
    if code:
        raise typer.Exit(int(code))
