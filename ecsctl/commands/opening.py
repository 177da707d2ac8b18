"""Opens an app for a command: the folder, ecsctl.toml, AWS, the screen, and what Ctrl-C does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ecsctl.commands.agreeing import agreed_to_builds
from ecsctl.commands.options import Common, place
from ecsctl.commands.signals import stopping

if TYPE_CHECKING:
    from pathlib import Path

    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config, Loaded
    from ecsctl.engine.events import Listener
    from ecsctl.errors import ConfigError
    from ecsctl.github.committed import Branch
    from ecsctl.session import Place, Session
    from ecsctl.trace import Trace
    from ecsctl.ui.progress import Progress


@dataclass(frozen=True)
class Opened:
    """An open app, until its command ends. `config` is None if there is no ecsctl.toml."""

    where: Place
    aws: Aws
    progress: Progress
    emit: Listener
    app: str
    config: Config | None
    quiet: bool
    protect: Collection[str] | None
    """What `down` keeps according to ecsctl.toml; None if that cannot be read, but seems to say so."""
    sandbox: bool = False

    @cached_property
    def branch(self) -> Branch | None:
        """The branch that is built, as far as git knows here."""
        from ecsctl.github import committed

        return committed.branch(self.where.folder, self.configured, local=self.sandbox)

    @property
    def configured(self) -> Config:
        """ecsctl.toml, for the commands that asked for it."""
        assert self.config is not None  # noqa: S101 - for the type checker
        return self.config

    def introduce(self, session: Session) -> None:
        """Say which app this is, where, and as whom, before anything changes."""
        from ecsctl.ui import words

        if not self.quiet:
            caller = session.identity
            words.heading(caller.account, caller.region, caller.arn, self.app)

    def tell_uncommitted(self) -> None:
        """Warn about what a build of the branch would lack."""
        from ecsctl.github import committed
        from ecsctl.operations import docker_hub
        from ecsctl.ui import words

        if self.branch and not self.quiet:
            for warning in committed.warnings(self.branch, self.configured):
                words.warning(warning)
            if warning := docker_hub.warning(self.branch, self.configured):
                words.warning(warning)

    def over_app(self, id: str = "") -> Session:
        """A session over whatever carries the app's tags, in the account that ecsctl.toml requires.

        `id` says which deployment, if no state file does.
        """
        from ecsctl.account.identity import identify
        from ecsctl.session import open_app

        if self.config:
            identify(self.aws, self.config)
        return open_app(self.aws, self.app, self.where.state_file, emit=self.emit, id=id)

    def over_stack(self, image: str = "", *, as_far: bool = False) -> Session:
        """A session over the stack that ecsctl.toml describes. `image` is the one to run, whatever runs now.

        `as_far` as permissions allow: for a command that shows what exists, and changes nothing.
        """
        from ecsctl import prefetch
        from ecsctl.github.committed import context, own_buildspec
        from ecsctl.session import open_stack
        from ecsctl.ui import words

        self.aws.additions = as_far
        prefetch.start(self.aws, self.app, self.where.state_file, self.configured)
        session = open_stack(self.aws, self.configured, self.where.state_file, emit=self.emit, image=image,
                             as_far=as_far, own_buildspec=own_buildspec(self.branch),
                             context=context(self.branch, self.configured))  # fmt: skip
        if session.unread:
            words.warning(session.unread)
        for caution in session.facts.cautions if session.facts and not self.quiet else ():
            words.warning(caution)
        return session


@contextmanager
def opened(
    common: Common,
    what: str,
    *,
    name: str | None = None,
    config: bool = False,
    reads: bool = False,
    quiet: bool = False,
    stop_announced: Callable[[], bool] | None = None,
    twice: Callable[[], object] = lambda: None,
    builds: bool = False,
) -> Iterator[Opened]:
    """Within it a command reaches its app. `what` says in errors what AWS refused.

    The app is `name`, or ecsctl.toml's; or the state file's, if ecsctl.toml is missing or wrong, unless `config`
    insists on it. `reads` makes every change a bug. `quiet` shows no progress. `stop_announced` is called on Ctrl-C
    instead of the progress, and returns whether the screen already shows it; `twice` on the second. `builds`: it may
    have the sandbox run the repository's commands here, which needs consent first. Raises ConfigError, or UsageError if
    the app is not known.
    """
    from ecsctl.aws import access
    from ecsctl.aws.asking import asking
    from ecsctl.config import find, mentions, read
    from ecsctl.errors import ConfigError
    from ecsctl.session import recorded_app, recorded_value
    from ecsctl.trace import Trace
    from ecsctl.ui import words
    from ecsctl.ui.progress import Progress

    trace = Trace() if common.trace else None
    where = place(common, trace)
    found: Loaded | None = None
    home: str | None = None
    protect: Collection[str] | None = ()
    try:
        found = read(where.folder) if not name and (config or find(where.folder)) else None
    except ConfigError as error:
        if config or not recorded_value(where.state_file, "app"):
            raise
        _warn_of(error, recorded_app(where.state_file))
        home = recorded_value(where.state_file, "region")
        protect = None if mentions("protect", where.folder) else ()
    if found:
        for warning in () if common.quiet else found.warnings:
            words.warning(warning)
        home, protect = found.config.region, found.config.protect
        access.agreed_region(common.region, home, found.origins["region"])
    if builds and common.sandbox and found and found.config.github:
        agreed_to_builds(common, where.folder, found.config, f"ecsctl {what}")
    aws = where.aws(home)
    aws.read_only = reads
    app = found.config.name if found else name or recorded_app(where.state_file)
    access.sign_in(aws.session)  # prompts for what must be typed, before anything moves on the screen
    with (
        Progress(quiet=quiet or common.quiet or common.is_json) as progress,
        stopping(aws.patience, stop_announced or progress.announces_stop, twice),
        asking(what),
    ):
        try:
            yield Opened(where, aws, progress, trace.beside(progress) if trace else progress, app,
                         found.config if found else None, common.quiet, protect, common.sandbox)  # fmt: skip
        finally:
            if trace and common.trace:
                _write(trace, common.trace)


def _write(trace: Trace, file: Path) -> None:
    from ecsctl.ui import words

    try:
        trace.save(file)
    except OSError as error:
        words.warning(f"the timeline was not written to {file}: {error.strerror or error}")


def _warn_of(error: ConfigError, app: str) -> None:
    """Say what is wrong in ecsctl.toml, if the command can do without it."""
    from ecsctl.ui import words

    for line in error.message.splitlines():
        words.warning(line)
    words.warning(f"ecsctl.toml is ignored; the state file of the last run says that the app is {app}")
