"""One command's access to AWS: which config, which account, which state file, which engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ecsctl import raw_parameters
from ecsctl.account import named_secrets, prepared_rights
from ecsctl.account.facts import Facts
from ecsctl.account.gathering import gather
from ecsctl.account.identity import Identity, identify
from ecsctl.aws import access, partitions
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Clock, Patience
from ecsctl.engine.engine import Engine
from ecsctl.engine.events import Listener, Message, ignored
from ecsctl.engine.label import Label
from ecsctl.engine.stack import Stack
from ecsctl.engine.state import State
from ecsctl.errors import UsageError
from ecsctl.names import Names
from ecsctl.parts import IMAGE, LOAD_BALANCER
from ecsctl.prefetch import roles_under
from ecsctl.run_lock import RunLock

if TYPE_CHECKING:
    from ecsctl.config import Config

Heard = Callable[[str, str, float, BaseException | None, dict[str, Any]], None]


@dataclass(frozen=True)
class Place:
    """Describes where a command works: the folder of the state file, and the AWS account that boto3's chain leads
    to.
    """

    folder: Path
    profile: str | None = None
    region: str | None = None  # from an option
    ambient: str | None = None  # in the sandbox: the region that the environment named outside it
    usual: str | None = None  # the default region: the sandbox has one, AWS has not
    ask: Callable[[str], str] | None = None  # asks a person for an MFA code
    heard: Heard | None = None  # called after every AWS call, for --debug

    @property
    def state_file(self) -> Path:
        """The path of the state file. ECSCTL_STATE overrides it."""
        named = os.environ.get("ECSCTL_STATE")
        if not named:
            return self.folder / ".ecsctl" / "state.json"
        return Path(named).parent.resolve() / Path(named).name  # the user's own choice: a link on the way to it is fine

    def aws(self, region: str | None = None, clock: Clock | None = None) -> Aws:
        """AWS with this place's credentials. `region` is the configuration's, which takes precedence over the
        environment's.

        Without one it is the region that every other AWS tool would use; and the state file's if there is none.
        State.load refuses a state file of any other region.
        """
        home = recorded_value(self.state_file, "region")
        chosen = self.region or region or self.ambient or (home or self.usual if self.usual else None)
        session = partial(access.session, self.profile, chosen, home, self.ask)
        speed = float(os.environ.get("ECSCTL_SANDBOX_SPEED") or 1)
        return Aws(Patience(clock, speed=speed), session=session, heard=self.heard, unanswered=access.not_offered)


@dataclass(frozen=True)
class Session:
    """Everything one command needs. `facts` and `stack` are set if there is an ecsctl.toml."""

    aws: Aws
    identity: Identity
    state: State
    engine: Engine
    lock: RunLock
    config: Config | None = None
    facts: Facts | None = None
    stack: Stack | None = None

    @property
    def where(self) -> dict[str, str]:
        """The app, account and region, for people and for JSON."""
        return {"app": self.state.book.app, "account": self.identity.account, "region": self.identity.region}

    @property
    def has_console(self) -> bool:
        """Whether AWS's console shows what is here: not with the sandbox's endpoint, or any other than AWS's own."""
        host = urlsplit(self.aws.client("sts").meta.endpoint_url).hostname or ""
        return host.endswith((*(f".{one}" for one in partitions.SUFFIXES.values()), ".api.aws"))

    @property
    def desired_stack(self) -> Stack:
        """The stack that ecsctl.toml describes. Only a session made by `open_stack` has one."""
        assert self.stack is not None  # noqa: S101 - for the type checker
        return self.stack

    @property
    def url(self) -> str:
        """Returns where the app is reached: its domain, or the load balancer's own name; empty if there is neither."""
        domain = self.config.domain if self.config else None
        if domain and domain.name:
            return f"https://{domain.name}"
        balancer = self.engine.ids(LOAD_BALANCER)
        return f"{'https' if domain else 'http'}://{balancer.dns_name}" if balancer else ""

    @property
    def unread(self) -> str:
        """Returns what a person should know about what could not be read and a running app does not need; empty if
        everything was read.
        """
        if not self.facts:
            return ""
        token, zone = self.facts.token.unread if self.facts.token else "", self.facts.zone_unread
        url = self.facts.webhook.unread if self.facts.webhook else ""
        parts = (
            token and f"{token}: the app runs without it; whether its copies are up to date is not known",
            url and f"{url}: notifications go on without it, to the URL that they know",
            zone,
        )
        return "; ".join(filter(None, parts))

    @property
    def notes(self) -> tuple[str, ...]:
        """Returns what a person should know about the desired stack, in sentences."""
        if not self.config or not self.facts:
            return ()
        notes: list[str] = []
        balancer = self.engine.ids(LOAD_BALANCER)
        if self.config.domain and balancer:
            notes += [f"where the DNS of {name} is, point it at {balancer.dns_name}: with a CNAME, or ALIAS or ANAME "
                      "where DNS takes no CNAME" for name in self.config.domain.elsewhere]  # fmt: skip
        if self.config.service.web and not self.config.domain:
            notes.append("there is no [domain] in ecsctl.toml, so the app is served by HTTP only, without encryption")
        china = self.identity.partition == "aws-cn"
        if china and self.config.service.web and not self.config.load_balancer.internal:
            notes.append("in China ports 80, 443 and 8080 are closed until the account has its ICP filing: ask AWS's "
                         "operator there")  # fmt: skip
        if not self.config.github:
            notes.append("there is no [github] in ecsctl.toml, so nothing builds or deploys by itself")
        if IMAGE not in self.desired_stack.nodes:
            web = self.config.service.web
            what = "the service has 0 tasks" if web else "no task runs"
            then = f"brings it to {self.config.service.desired_count}" if web else "lets them run"
            notes.append(f"there is no image, and without [github] nothing builds one, so {what}:"
                         " push one to the app's repository, or add [github], or name one with ecsctl up --image URI;"
                         f" ecsctl up then {then}")  # fmt: skip
        return tuple(notes)


def open_stack(
    aws: Aws,
    config: Config,
    state_file: Path,
    emit: Listener = ignored,
    image: str = "",
    *,
    as_far: bool = False,
    own_buildspec: bool | None = None,
    context: str = ".",
) -> Session:
    """A session over the stack that ecsctl.toml describes. Reads the facts; changes nothing.

    `image` is the one to run, whatever runs now; without it the pipeline's stays. `as_far` as permissions allow: what
    is denied is taken as recorded, which is enough to show it, and not to change it. `own_buildspec` is whether the
    branch has a buildspec.yml, if that is known; `context` is the folder to build by default.

    Raises ConfigError, AccessError or StateError before any change.
    """
    from ecsctl.blueprint import blueprint
    from ecsctl.resources import kinds

    raw_parameters.check(config)
    identity = identify(aws, config)
    config = named_secrets.found(aws, config, identity, as_far=as_far)
    state = State.load(state_file, app=config.name, account=identity.account, region=identity.region,
                       say=lambda text: emit(Message(text)))  # fmt: skip
    me = label(config, identity, state)
    aws.role_path = roles_under(config, ())
    facts = gather(aws, config, identity, me, state.book.entries, fresh=state.fresh, image=image,
                   as_far=as_far)  # fmt: skip
    facts = replace(facts, own_buildspec=own_buildspec, context=context)
    stack = blueprint(config, facts)
    facts = replace(facts, cautions=facts.cautions + prepared_rights.bounded(aws, config, me, stack.nodes.values()))
    lock = _lock(aws, state, me)
    engine = Engine(aws, state, me, kinds(), emit=emit, lock=lock.held)
    return Session(aws, identity, state, engine, lock, config, facts, stack)


def open_app(aws: Aws, app: str, state_file: Path, emit: Listener = ignored, id: str = "") -> Session:
    """A session over whatever carries the app's tags, without ecsctl.toml: enough to show it and to remove it.

    `id` says which deployment, if no state file does. Raises UsageError if the state file says another.
    """
    from ecsctl.resources import kinds

    identity = identify(aws)
    state = State.load(state_file, app=app, account=identity.account, region=identity.region,
                       say=lambda text: emit(Message(text)))  # fmt: skip
    if id and id != state.book.id:
        if not state.fresh:
            raise UsageError(
                f"the state file here ({state_file}) is of another deployment, {state.book.id}",
                hint="leave --id out to remove that one, or run the command in a folder without a state file",
            )
        state.adopt_id(id)
        state.fresh = False  # which one is meant is known, whatever else is found
    aws.role_path = roles_under(None, state.book.entries.values())
    me = Label(app, state.book.id, identity.account, identity.region, identity.partition, caller=identity.owner)
    lock = _lock(aws, state, me)
    return Session(aws, identity, state, Engine(aws, state, me, kinds(), emit=emit, lock=lock.held), lock)


def _lock(aws: Aws, state: State, me: Label) -> RunLock:
    return RunLock(aws, Names.of(me).app_logs, state, me.caller)


def label(config: Config, identity: Identity, state: State) -> Label:
    """The tags of everything that this deployment creates."""
    return Label(
        app=config.name,
        id=state.book.id,
        account=identity.account,
        region=identity.region,
        partition=identity.partition,
        owner=config.owner or "",
        caller=identity.owner,
        extra=tuple(sorted(config.tags.items())),
    )


def recorded_app(state_file: Path) -> str:
    """The app of the state file in this folder, for commands that work without ecsctl.toml.

    Raises UsageError if there is none to read.
    """
    app = recorded_value(state_file, "app")
    if app is None:
        raise UsageError(
            "there is no ecsctl.toml and no state file here, so it is not clear which app you mean",
            hint="run this in the app's folder; or write an ecsctl.toml with: ecsctl init; "
            "or remove an app that has neither with: ecsctl down --name APP --region REGION",
        )
    return app


def recorded_value(state_file: Path, word: str) -> str | None:
    """A value from the state file's head, if it can be read. Raises StateError if it is no file of the folder."""
    import json

    from ecsctl import files
    from ecsctl.engine.state_file import misplaced

    try:
        return str(json.loads(files.read(state_file))[word])
    except files.Misplaced as error:
        raise misplaced(error) from error
    except (OSError, ValueError, KeyError, TypeError):
        return None
