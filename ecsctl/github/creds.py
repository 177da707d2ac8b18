"""The GitHub token: into Secrets Manager, from there to every place that has a copy, and whether these agree."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecsctl.account.token import split_secret
from ecsctl.aws.asking import asking
from ecsctl.engine.engine import Engine
from ecsctl.engine.plan import Change, Plan, Step, Verb
from ecsctl.engine.secret import Secret
from ecsctl.errors import Refused, UsageError
from ecsctl.github_token import TOKEN_HINT, TOKEN_REFUSED, body_of, with_token
from ecsctl.names import Names
from ecsctl.own_secrets import encrypted, store
from ecsctl.parts import GITHUB_CREDENTIALS, GITHUB_TOKEN, PIPELINE, PIPELINE_WEBHOOK
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.support.builds import newest_build
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.pipeline_structure import GitHubSource

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label
    from ecsctl.session import Session

FIELDS = {
    GITHUB_CREDENTIALS: {"token"},
    PIPELINE: {"source"},
    PIPELINE_WEBHOOK: {"token", "registered"},
}
"""The parts of the stack that have a copy of the token, and which of their fields a new one changes."""
LONGEST = 255  # characters: GitHub's tokens have 40 to 93


@dataclass(frozen=True)
class Place:
    """A place that has a copy of the token. `state` is "current", "old", "missing" or "not ours"."""

    name: str
    title: str
    state: str
    note: str = ""


@dataclass(frozen=True)
class Status:
    """Describes where the token is stored, since when, the state of its copies, and GitHub's answer to it. Never the
    token.
    """

    secret: str
    since: datetime | None
    places: tuple[Place, ...]
    refused: str = ""  # AWS's message about GitHub's last refusal of this token; empty: none since it was stored

    @property
    def current(self) -> bool:
        """Whether every copy that is ours is the stored token."""
        return all(place.state in ("current", "not ours") for place in self.places)


def checked(text: str) -> Secret:
    """A token as it was typed or read. Raises UsageError, which never repeats it, for what cannot be one."""
    token = text.strip()
    if not token:
        raise UsageError("the token is empty: nothing was changed")
    if not (token.isascii() and token.isprintable()) or " " in token or len(token) > LONGEST:
        raise UsageError(
            "this is not a GitHub token: nothing was changed", why="expected one word of letters and digits"
        )
    return Secret.of(token)


@asking("storing the token")
def put(aws: Aws, me: Label, secret: str, token: Secret, encryption: str = "") -> bool:
    """Store the token under the name, ARN or `name:key` that ecsctl.toml gives. Whether a new secret was created.

    `encryption` is the ARN of the KMS key that is to encrypt it, if any. A new secret has the form that CodeBuild reads
    directly. In a JSON secret only that key changes. The same call may
    be repeated. Raises Refused for a secret that is scheduled for deletion, is named by an ARN and does not exist, or
    is not JSON though a key is named.
    """
    name, key = split_secret(secret)
    with aws.uncached():
        described = none_if_gone(lambda: aws.read(aws.secretsmanager.describe_secret, SecretId=name))
    if described and described.get("DeletedDate"):
        raise Refused(f"the secret {name} is scheduled for deletion", hint="aws secretsmanager restore-secret")
    call = str(uuid.uuid4())
    if described is None:
        if name.startswith("arn:"):
            raise Refused(f"there is no secret {name}", hint="give github.token_secret a name: ecsctl makes it then")
        value = json.dumps({key: token.reveal()}) if key else with_token("", token.reveal())
        aws.patience.through(
            lambda: aws.secretsmanager.create_secret(
                Name=name, SecretString=value, ClientRequestToken=call, Tags=me.of(GITHUB_TOKEN).upper(),
                Description=f"The GitHub token of {me.app}", **encrypted({}, encryption),
            ),
            what="making the secret",
        )  # fmt: skip
        return True
    value = _with_key(aws, name, key, token) if key else with_token(_text(aws, name), token.reveal())
    store(aws, described, name, value, call, encryption)
    return False


def spread(open_session: Callable[[], Session], store: Callable[[], object]) -> Status:
    """Have `store` change the stored token, copy it to every place that is ours, and check that it has arrived.

    Whatever else ecsctl.toml asks for is left to `up`, and so are places that do not exist yet. A death in between
    loses nothing: `store` may do nothing, and then the stored token is copied. Raises Refused before any change if
    there is no such place or one differs in more than the token, and at the end if one did not accept the token.
    """
    before = open_session()
    places = before.engine.part(before.desired_stack, FIELDS)
    if not places.nodes and FIELDS.keys() & before.desired_stack.nodes.keys():
        raise Refused(
            "nothing uses the token yet", hint="ecsctl creds set stores it, and ecsctl up brings it everywhere"
        )
    _only_token(before.engine.plan(places, prune=False))
    store()
    session = open_session()
    places = session.engine.part(session.desired_stack, FIELDS)
    session.engine.up(places, agree=_only_token, command="creds rotate", prune=False)
    found = status(open_session())
    if wrong := [place.title for place in found.places if place.state == "old"]:
        raise Refused(f"not in every place yet: {', '.join(wrong)}", hint="ecsctl up brings it there")
    return found


@asking("reading the token")
def status(session: Session) -> Status:
    """Returns where the token is and the state of its copies, by their digests. Raises UsageError if there is no
    token.
    """
    github, facts = session.config.github if session.config else None, session.facts
    if github is None or facts is None or facts.token is None:
        raise UsageError("there is no token here", why="ecsctl.toml has no [github], or uses a connection")
    if facts.token.unread:
        raise Refused(
            facts.token.unread, hint="ecsctl creds set stores a token; ecsctl creds rotate brings it everywhere"
        )
    plan = session.engine.plan(session.desired_stack)
    aws, (name, _) = session.aws, split_secret(github.token_secret)
    described = aws.read(aws.secretsmanager.describe_secret, SecretId=name)
    since = described.get("LastChangedDate") or described.get("CreatedDate")
    digest = facts.token.digest
    places = tuple(_place(session.engine, step, digest) for step in plan.steps if step.name in FIELDS)
    return Status(github.token_secret, since, places, _refused(aws, session.engine.label, since))


@asking("reading what GitHub said")
def refusal(session: Session) -> str:
    """A sentence on GitHub's refusal of the stored token in the pipeline's last run; empty if it did not refuse."""
    github, facts = session.config.github if session.config else None, session.facts
    if github is None or facts is None or facts.token is None or facts.token.unread:
        return ""
    aws, (name, _) = session.aws, split_secret(github.token_secret)
    described = aws.read(aws.secretsmanager.describe_secret, SecretId=name)
    failures = _refused_at_source(aws, Names.of(session.engine.label))
    said = _since(failures, described.get("LastChangedDate") or described.get("CreatedDate"))
    return f"GitHub refused the token in the pipeline's last run ({said.rstrip('.')}): {TOKEN_HINT}" if said else ""


def _refused(aws: Aws, me: Label, since: datetime | None) -> str:
    """GitHub's answer to the token, from the pipeline's source and the newest build; nothing about an older one."""
    build = newest_build(aws, Names.of(me).project)
    failures = [
        (phase.get("startTime"), context.get("message", ""))
        for phase in (build.get("phases", []) if build else [])
        for context in phase.get("contexts", [])
    ]
    return _since([*_refused_at_source(aws, Names.of(me)), *failures], since)


def _refused_at_source(aws: Aws, names: Names) -> list[tuple[datetime | None, str]]:
    """Returns when and why the pipeline's actions failed last."""
    pipeline = none_if_gone(lambda: aws.read(aws.codepipeline.get_pipeline_state, name=names.pipeline))
    actions = [action.get("latestExecution", {}) for stage in (pipeline["stageStates"] if pipeline else ())
               for action in stage.get("actionStates", ())]  # fmt: skip
    return [(latest.get("lastStatusChange"), latest.get("errorDetails", {}).get("message", ""))
            for latest in actions if latest.get("status") == "Failed"]  # fmt: skip


def _since(messages: list[tuple[datetime | None, str]], since: datetime | None) -> str:
    """The first text about a refused token that is not older than that moment."""
    fitting = (text for at, text in messages if TOKEN_REFUSED.search(text) and not (at and since and at < since))
    return next(fitting, "")


def _place(engine: Engine, step: Step, digest: str) -> Place:
    name, title, observed = step.name, step.title, engine.observed.get(step.name)
    if step.verb is Verb.DELETE:
        return Place(name, title, "old", "no longer needed: ecsctl up takes it away")
    if observed is None:
        return Place(name, title, "missing")
    if name == GITHUB_CREDENTIALS and (observed.note or not observed.ids.role):  # someone else's, or of another app
        return Place(name, title, "not ours", observed.note)
    actual: Any = observed.actual
    if isinstance(actual, Pipeline):
        held = actual.source.token.digest if isinstance(actual.source, GitHubSource) else ""
    else:
        held = actual.token.digest
    return Place(name, title, "current" if held == digest else "old", observed.note)


def _only_token(plan: Plan) -> None:
    """Raise Refused if a place of the token has to change in more than the token.

    One call changes such a place as a whole: the token cannot be changed alone.
    """
    others = {step.name: sorted(change.field for change in step.changes if not _is_of_token(step.name, change))
              for step in plan.work}  # fmt: skip
    wrong = [f"{step.name}: {', '.join(others[step.name]) or step.verb}"
             for step in plan.work if others[step.name] or not step.changes]  # fmt: skip
    if wrong:
        raise Refused(
            "ecsctl.toml asks for more than a new token where the token is used: the token was brought to no place",
            why="; ".join(wrong),
            hint="ecsctl up first; it brings the stored token everywhere too",
        )


def _is_of_token(name: str, change: Change) -> bool:
    """Whether a change is the token's. A pipeline's source holds the repository and the branch too."""
    if isinstance(change.before, dict) and isinstance(change.after, dict):
        rest = [{key: value for key, value in one.items() if key != "token"} for one in (change.before, change.after)]
        return change.field in FIELDS[name] and rest[0] == rest[1]
    return change.field in FIELDS[name]


def _with_key(aws: Aws, name: str, key: str, token: Secret) -> str:
    """The JSON in the secret with the token in its key. Nothing of it is ever shown."""
    body = body_of(_text(aws, name))
    if body is None:
        raise Refused(f"the secret {name} is not JSON, and github.token_secret names the key {key} in it")
    return json.dumps({**body, key: token.reveal()})


def _text(aws: Aws, name: str) -> str:
    """The content of the secret; empty if nothing was ever stored in it."""
    with aws.uncached():
        answer = none_if_gone(lambda: aws.read(aws.secretsmanager.get_secret_value, SecretId=name))
    return answer.get("SecretString", "") if answer else ""
