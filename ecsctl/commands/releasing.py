"""The common part of the release commands: a session, a progress display, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from ecsctl.commands.opening import opened
from ecsctl.commands.options import Common

if TYPE_CHECKING:
    from ecsctl.releases.verdict import Release
    from ecsctl.session import Session
    from ecsctl.ui.progress import Progress


@contextmanager
def releasing(common: Common, *, title: str = "release") -> Iterator[tuple[Session, Progress]]:
    """A session over the app, and a display of what is waited for under that title."""
    from ecsctl.engine.events import Started, Waiting
    from ecsctl.engine.plan import Verb

    with opened(common, title) as app:
        session, progress = replace(app.over_app(), config=app.config), app.progress
        app.aws.patience.say = lambda what, waited, limit: progress(Waiting(title, what, waited, limit))
        app.introduce(session)
        progress(Started(title, title, Verb.UPDATE))
        yield session, progress


def release_command(session: Session, say: Callable[[str], None]) -> Callable[[str], None]:
    """The release command, before a revision is deployed. Raises Refused if it is not known what it is."""
    from ecsctl.errors import Refused
    from ecsctl.names import Names
    from ecsctl.operations import one_off

    release = session.config.release if session.config else None

    def before(revision: str) -> None:
        if release:
            limit = 60.0 * release.timeout_minutes
            one_off.before_release(session.aws, session.engine.label, revision, release.command, limit, say)

    if session.config is None:
        project = Names.of(session.state.book).release_project
        if session.aws.read(session.aws.codebuild.batch_get_projects, names=[project])["projects"]:
            raise Refused(
                "this app has a release command, which is in ecsctl.toml, and that cannot be read here",
                hint="run the same command in the app's folder, with a valid ecsctl.toml",
            )
    return before


def end(kind: str, common: Common, session: Session, release: Release, *, as_desired: bool, hint: str) -> None:
    """Show how a release ended, and exit with its code. With `as_desired` any end counts as success."""
    from ecsctl.ui import release as shown
    from ecsctl.why import first_line

    code = 0 if as_desired else release.verdict.exit_code or (kind == "cancel")
    cause = first_line(session.aws, session.state.book.app) if code and release.to_diagnose else ""
    if common.is_json:
        from ecsctl.ui import output as json

        json.emit(shown.document(kind, release, code, cause, session.where))
    else:
        shown.end(release, failed=bool(code), cause=cause, hint=hint)
    if code:
        raise typer.Exit(int(code))
