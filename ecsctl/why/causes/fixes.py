"""What fixes a cause, as data: steps in order, each with who does what. A cause may have several ways out.

Every command is one of ecsctl's or the AWS CLI's, every key one of ecsctl.toml: tests/why/test_fixes.py holds it.
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
    """Who does what in a step."""

    RUN = "run"  # a command, word for word; capitals and … stand for what only the user knows
    SET = "set"  # a key of ecsctl.toml
    CODE = "change"  # something in the repository
    PUSH = "push"  # git push
    ASK = "by hand"  # a person, elsewhere: in DNS, at GitHub, in AWS's console where no command exists
    WAIT = "wait"  # it passes by itself


@dataclass(frozen=True)
class Step:
    """One thing to do. Of SET, `what` is the key and `value` what it becomes; else `what` says or is it all."""

    act: Act
    what: str
    value: str = ""

    def __str__(self) -> str:
        if self.act == Act.SET:
            return f"set {self.what} {self.value}".rstrip() + " in ecsctl.toml"
        return self.what


@dataclass(frozen=True)
class Fix:
    """One way out: its steps in order, and what for."""

    steps: tuple[Step, ...]
    note: str = ""

    def spelled(self, keys: Mapping[str, str]) -> Fix:
        """With other keys to set, where the file has others for the same."""
        steps = (replace(one, what=keys.get(one.what, one.what)) if one.act == Act.SET else one for one in self.steps)
        return replace(self, steps=tuple(steps))

    def __str__(self) -> str:
        text = ", then: ".join(str(one) for one in self.steps)
        return f"{text}   ({self.note})" if self.note else text


def run(command: str, note: str = "") -> Fix:
    """A command does it."""
    return Fix((Step(Act.RUN, command),), note)


def up(note: str = "") -> Fix:
    """`ecsctl up` does it."""
    return run("ecsctl up", note)


def change(key: str, value: str, *then: str) -> Fix:
    """Change a key of ecsctl.toml, and let `ecsctl up` (or these commands) make it so."""
    return Fix((Step(Act.SET, key, value), *(Step(Act.RUN, one) for one in then or ("ecsctl up",))))


def by_hand(what: str, *then: str) -> Fix:
    """A person must do something elsewhere; these commands go on from there."""
    return Fix((Step(Act.ASK, what), *(Step(Act.RUN, one) for one in then)))


def renewed(what: str, key: str, value: str) -> Fix:
    """A person makes something elsewhere, and a key of ecsctl.toml names it."""
    return Fix((Step(Act.ASK, what), *change(key, value).steps))


def wait(what: str) -> Fix:
    """It passes."""
    return Fix((Step(Act.WAIT, what),))


def repair(what: str, facts: Facts) -> Fix:
    """Change something in the repository, and bring what comes of it to where it failed.

    A push does that where a pipeline listens. Without one (the first build failed, or there shall be none) nothing
    listens, and `ecsctl deploy` alone would release the old image again.
    """
    return Fix((Step(Act.CODE, what), *bring(facts)))


def bring(facts: Facts) -> tuple[Step, ...]:
    """How a commit comes to run, from where things stand."""
    push = Step(Act.PUSH, "commit and push it")
    if not facts.service and not _unread(facts, "the service"):
        return push, Step(Act.RUN, "ecsctl up")
    if facts.pipeline or _unread(facts, "the pipeline"):
        return (push,)
    if facts.build is None and not _unread(facts, "the newest build"):
        return Step(Act.CODE, "build and push an image of it"), Step(Act.RUN, "ecsctl deploy --image URI")
    before = (Step(Act.RUN, "ecsctl cancel"),) if facts.releases.busy else ()
    first = facts.given_up and not facts.releases.back  # what up makes after the service does not exist yet
    return push, *before, Step(Act.RUN, "ecsctl deploy --build"), *((Step(Act.RUN, "ecsctl up"),) if first else ())


def back(facts: Facts) -> tuple[Fix, ...]:
    """The command that goes back to what ran before; none where ECS has done so, or nothing ran before."""
    if facts.given_up:
        return ()
    if facts.releases.busy:
        if all(one.get("taskDefinition") == facts.suspect for one in (facts.service or {}).get("deployments", ())):
            return ()  # new tasks of what ran before: going back leads nowhere
        return (run("ecsctl cancel", "ends this release: what ran before runs again"),)
    return (run("ecsctl rollback", "what ran before runs again"),)


def resumed(way: Fix, facts: Facts) -> Fix:
    """A way that puts right what a task needs, led on to where the app runs.

    While ECS still tries, the next try finds it. Where ECS has given up nothing begins by itself, neither after an
    `up` that had only a role to fix; and while something rolls out no other release may begin.
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
    """A way that puts right what a build needs, led on to a build: neither `up` nor a person's deed begins one."""
    last = way.steps[-1]
    if last.act == Act.ASK or last.what in ("ecsctl up", "ecsctl creds rotate"):
        steps = again(facts).steps
        return way if steps[-1].what == last.what else replace(way, steps=(*way.steps, *steps))
    return way


def resume(facts: Facts) -> tuple[Step, ...]:
    """What begins the release again that ECS has given up, or someone stopped; nothing where ECS still tries."""
    if not facts.given_up:
        return ()
    if facts.undelivered:
        return (Step(Act.RUN, "ecsctl pipeline retry"),)
    back = facts.releases.back
    if not back:
        return (Step(Act.RUN, "ecsctl up"),)
    if back == facts.suspect:  # new tasks of what runs already: no release of ecsctl's is needed for that
        return (Step(Act.RUN, "ecsctl deploy --restart"),)
    return Step(Act.RUN, "ecsctl up"), Step(Act.RUN, "ecsctl deploy")


def again(facts: Facts) -> Fix:
    """Try the same once more."""
    if facts.pipeline:
        return run("ecsctl pipeline run")
    return run("ecsctl deploy --build") if facts.service else up()


def larger(facts: Facts) -> str:
    """The next size of the machine that builds."""
    kind = str(((facts.build or {}).get("environment") or {}).get("computeType", "BUILD_GENERAL1_SMALL"))
    sizes = ("small", "medium", "large", "xlarge")
    now = next((size for size in reversed(sizes) if kind.endswith(size.upper())), "small")
    return f'= "{sizes[min(sizes.index(now) + 1, 3)]}"'


def _unread(facts: Facts, what: str) -> bool:
    return any(one.startswith(f"{what}:") for one in facts.unread)
