"""What the commands that release have in common: a session, a screen that tells how far it is, and the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ecsctl.commands.opening import opened
from ecsctl.commands.options import Common

if TYPE_CHECKING:
    from ecsctl.releases.release import Release
    from ecsctl.session import Session
    from ecsctl.ui.progress import Progress


@contextmanager
def releasing(common: Common, *, title: str = "release") -> Iterator[tuple[Session, Progress]]:
    """A session over the app, and a screen that shows what is waited for under that title."""
    from ecsctl.engine.events import Started, Waiting
    from ecsctl.engine.plan import Verb

    with opened(common, title) as app:
        session, progress = app.over_app(), app.progress
        app.aws.patience.say = lambda what, waited, limit: progress(Waiting(title, what, waited, limit))
        app.introduce(session)
        progress(Started(title, title, Verb.UPDATE))
        yield session, progress


def end(kind: str, common: Common, session: Session, release: Release, *, as_desired: bool, hint: str) -> None:
    """Tell how a release ended, and end with its exit code. `as_desired` makes a success of whatever it was."""
    from ecsctl.ui import release as shown
    from ecsctl.why import first_line

    code = 0 if as_desired else release.verdict.exit_code or (kind == "cancel")
    cause = first_line(session.aws, session.state.book.app) if code and release.to_diagnose else ""
    if common.json:
        from ecsctl.ui import output as json

        json.emit(shown.document(kind, release, code, cause, session.where))
    else:
        shown.end(release, failed=bool(code), cause=cause, hint=hint)
    if code:
        raise typer.Exit(int(code))
