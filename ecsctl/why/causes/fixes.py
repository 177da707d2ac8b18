"""Fixes as data: ordered steps, each with what to do and how. A cause may have several fixes.

Every command is one of ecsctl's or the AWS CLI's, every key one of ecsctl.toml; checked by tests/why/test_fixes.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsctl.why.evidence import Facts


RELEASES = ("ecsctl deploy", "ecsctl rollback", "ecsctl cancel", "ecsctl pipeline")
READ_ONLY = (
    "ecsctl logs",
    "ecsctl status",
    "ecsctl plan",
    "ecsctl pipeline logs",
    "ecsctl creds status",
    "aws logs tail",
)


class Act(StrEnum):
    """How a step is done."""

    RUN = "run"  # a command; capitals and … are placeholders for what only the user knows
    SET = "set"  # a key of ecsctl.toml
    CODE = "change"  # something in the repository
    PUSH = "push"  # git push
    ASK = "by hand"  # done elsewhere by a person: in DNS, at GitHub, in AWS's console if no command exists
    WAIT = "wait"  # it passes by itself


@dataclass(frozen=True)
class Step:
    """One step. For SET, `what` is the key and `value` its new value; otherwise `what` is the command or the text."""

    act: Act
    what: str
    value: str = ""

    def __str__(self) -> str:
        if self.act == Act.SET:
            return f"set {self.what} {self.value}".rstrip() + " in ecsctl.toml"
        return self.what


@dataclass(frozen=True)
class Fix:
    """One fix: its steps in order, and a note on its purpose."""

    steps: tuple[Step, ...]
    note: str = ""

    def spelled(self, keys: Mapping[str, str]) -> Fix:
        """Replace keys to set by those that the file uses."""
        steps = (replace(one, what=keys.get(one.what, one.what)) if one.act == Act.SET else one for one in self.steps)
        return replace(self, steps=tuple(steps))

    def __str__(self) -> str:
        text = ", then: ".join(str(one) for one in self.steps)
        return f"{text}   ({self.note})" if self.note else text


def run(command: str, note: str = "") -> Fix:
    """Return the fix: run this command."""
    return Fix((Step(Act.RUN, command),), note)


def up(note: str = "") -> Fix:
    """Run `ecsctl up`."""
    return run("ecsctl up", note)


def change(key: str, value: str, *then: str) -> Fix:
    """Change a key of ecsctl.toml, and apply it by `ecsctl up` (or these commands)."""
    return Fix((Step(Act.SET, key, value), *(Step(Act.RUN, one) for one in then or ("ecsctl up",))))


def by_hand(what: str, *then: str) -> Fix:
    """A person does something elsewhere, followed by these commands."""
    return Fix((Step(Act.ASK, what), *(Step(Act.RUN, one) for one in then)))


def renewed(what: str, key: str, value: str) -> Fix:
    """A person creates something elsewhere, and a key of ecsctl.toml refers to it."""
    return Fix((Step(Act.ASK, what), *change(key, value).steps))


def wait(what: str) -> Fix:
    """Wait until it passes."""
    return Fix((Step(Act.WAIT, what),))


def repair(what: str, facts: Facts) -> Fix:
    """Change something in the repository, and deploy it.

    With a pipeline, a push is enough. Without one (the first build failed, or none is configured), `ecsctl deploy`
    alone would release the old image again.
    """
    return Fix((Step(Act.CODE, what), *deploy_steps(facts)))


def deploy_steps(facts: Facts) -> tuple[Step, ...]:
    """Return the steps that deploy a commit, depending on what exists."""
    push = Step(Act.PUSH, "commit and push it")
    if not facts.service and not _is_unread(facts, "the service"):
        return push, Step(Act.RUN, "ecsctl up")
    if facts.pipeline or _is_unread(facts, "the pipeline"):
        return (push,)
    if facts.build is None and not _is_unread(facts, "the newest build"):
        return Step(Act.CODE, "build and push an image of it"), Step(Act.RUN, "ecsctl deploy --image URI")
    before = (Step(Act.RUN, "ecsctl cancel"),) if facts.releases.busy else ()
    first = (
        facts.given_up and not facts.releases.rolled_back_to
    )  # resources that up makes after the service do not exist yet
    return push, *before, Step(Act.RUN, "ecsctl deploy --build"), *((Step(Act.RUN, "ecsctl up"),) if first else ())


def back(facts: Facts) -> tuple[Fix, ...]:
    """Return the command that goes back to the previous version; none if ECS has done so or there is none."""
    if facts.given_up:
        return ()
    if facts.releases.busy:
        if all(one.get("taskDefinition") == facts.suspect for one in (facts.service or {}).get("deployments", ())):
            return ()  # the same version was restarted: there is nothing to go back to
        return (run("ecsctl cancel", "ends this release: what ran before runs again"),)
    return (run("ecsctl rollback", "what ran before runs again"),)


def resumed(way: Fix, facts: Facts) -> Fix:
    """Complete a fix of something that tasks need with the steps after which the app runs.

    While ECS retries, nothing else is needed. After it has given up nothing starts by itself, not even after an `up`
    that only fixed a role; and while something rolls out no other release can start.
    """
    acts = {step.act for step in way.steps}
    if acts & {Act.CODE, Act.PUSH} or way.steps[-1].what.startswith(READ_ONLY):
        return way
    releases = [step.what for step in way.steps if step.what.startswith(RELEASES)]
    if releases:
        cancel = facts.releases.busy and "ecsctl cancel" not in releases and releases[0].startswith("ecsctl deploy")
        return replace(way, steps=(Step(Act.RUN, "ecsctl cancel"), *way.steps)) if cancel else way
    last = way.steps[-1].what
    return replace(way, steps=(*way.steps, *(one for one in resume(facts) if one.what != last)))


def rebuilt(way: Fix, facts: Facts) -> Fix:
    """Complete a fix of something that builds need with a new build, which neither `up` nor a person starts."""
    last = way.steps[-1]
    if last.act == Act.ASK or last.what in ("ecsctl up", "ecsctl creds rotate"):
        steps = again(facts).steps
        return way if steps[-1].what == last.what else replace(way, steps=(*way.steps, *steps))
    return way


def resume(facts: Facts) -> tuple[Step, ...]:
    """Return the steps that restart a release that was given up or stopped; none while ECS retries."""
    if not facts.given_up:
        return ()
    if facts.undelivered:
        return (Step(Act.RUN, "ecsctl pipeline retry"),)
    back = facts.releases.rolled_back_to
    if not back:
        return (Step(Act.RUN, "ecsctl up"),)
    if back == facts.suspect:  # the same version was restarted: no new release is needed
        return (Step(Act.RUN, "ecsctl deploy --restart"),)
    return Step(Act.RUN, "ecsctl up"), Step(Act.RUN, "ecsctl deploy")


def again(facts: Facts) -> Fix:
    """Return the fix: build and deploy once more, by the pipeline if there is one."""
    if facts.pipeline:
        return run("ecsctl pipeline run")
    return run("ecsctl deploy --build") if facts.service else up()


def larger(facts: Facts) -> str:
    """Return the next larger build machine."""
    kind = str(((facts.build or {}).get("environment") or {}).get("computeType", "BUILD_GENERAL1_SMALL"))
    sizes = ("small", "medium", "large", "xlarge")
    now = next((size for size in reversed(sizes) if kind.endswith(size.upper())), "small")
    return f'= "{sizes[min(sizes.index(now) + 1, 3)]}"'


def _is_unread(facts: Facts, what: str) -> bool:
    return any(one.startswith(f"{what}:") for one in facts.unread)
