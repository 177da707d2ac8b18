"""What is printed about a first push, a first build and a first `up` that failed leads out, done word for word."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from moto.codebuild.models import codebuild_backends

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.codebuild.state import builds as builds_in
from ecsctl.sandbox.aws.codebuild.state import fail_next_build
from ecsctl.sandbox.aws.ecr import put_image
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.github import remote
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.why import Act, Fix, why
from tests.commands.conftest import Ended, folder, live_by, run  # noqa: F401 - fixtures
from tests.stack.conftest import ACCOUNT, REGION, shared_session
from tests.stack.watch import URI

REPOSITORY = "ecsctl/hello"
TOML = 'name = "hello"\n[github]\nrepository = "ecsctl/hello"\n'
BUILD_ONLY = TOML + '[pipeline]\nmode = "build-only"\n'
Run = Callable[..., Ended]
KNOWN = {"service.memory": "= 2048", "service.health_path": '= "/ready"'}
"""What a person would put in, where the fix cannot know it."""
READS = re.compile(r"ecsctl (?:logs|history|status|creds status|pipeline logs)\b")


class Developer:
    """A person with a repository, who does what is printed."""

    def __init__(self, run: Run, clock: Clock, folder: Path) -> None:  # noqa: F811 - the fixtures' values
        self.run, self.clock, self.folder = run, clock, folder
        self.broken = "none"
        self.did: list[str] = []

    def head(self) -> str:
        return remote.commit(ACCOUNT, REGION, REPOSITORY, "main")

    def breaks(self, fate: str) -> None:
        self.broken = self.head()
        ecs.script_tasks(ACCOUNT, self.broken, fate)

    def pushes(self, fate: str = "") -> None:
        commit = push.push("main", repository=REPOSITORY)["commit"]
        if fate:
            self.broken = commit
            ecs.script_tasks(ACCOUNT, commit, fate)
        self.clock.sleep(3600)

    def sets(self, key: str, value: str) -> None:
        """A key of ecsctl.toml; what is left to the person is more than enough."""
        section, _, name = key.partition(".")
        file = self.folder / "ecsctl.toml"
        line = f"{name} {value if value.startswith('=') else KNOWN[key]}"
        text = re.sub(rf"(?m)^{name} =.*\n", "", file.read_text())
        head = f"[{section}]\n"
        file.write_text(text.replace(head, f"{head}{line}\n") if head in text else f"{text}{head}{line}\n")

    def trouble_ends(self) -> None:
        """End the simulated trouble: what the person has fixed stays fixed."""
        builds_in(codebuild_backends[ACCOUNT][REGION]).failures.clear()
        ecs.script_tasks(ACCOUNT, self.broken, "ok")

    def does(self, fix: Fix) -> None:
        """The steps of a fix, word for word."""
        for step in fix.steps:
            self.did.append(str(step))
            match step.act:
                case Act.CODE:
                    builds_in(codebuild_backends[ACCOUNT][REGION]).failures.clear()
                case Act.PUSH:
                    self.pushes()
                case Act.SET:
                    self.sets(step.what, step.value)
                    self.trouble_ends()
                case Act.ASK:
                    self.trouble_ends()
                case Act.WAIT:
                    self.clock.sleep(3600)
                case Act.RUN:
                    assert not re.search(r"[A-Z]{2}|…", step.what), f"only a person can know: {step.what}"
                    ended = self.run(*shlex.split(step.what)[1:], *(["--yes"] if step.what == "ecsctl up" else []))
                    self.did[-1] += f" -> {ended.code} {ended.said[-300:] if ended.code else ''}"
                    if step.what.startswith("ecsctl pipeline"):
                        self.clock.sleep(3600)  # until that run has ended

    def follows(self, which: int) -> None:
        """Follow `why`, until it says that nothing is wrong. A way out that only reads is not the only one."""
        for _ in range(2):
            aws = Aws(Patience(self.clock), session=shared_session())
            found = [one for one in why(aws, "hello").causes if not one.waiting]
            if not found:
                break
            ways = [one for one in found[0].fix if not all(READS.match(step.what) for step in one.steps)]
            self.did.append(f"[{found[0].name}, {len(ways)}]")
            self.does(ways[which])

    def trouble(self) -> str:
        """Returns what is not right, not at rest, or not the newest commit; empty if nothing is."""
        reads = [("status", "--exit-code"), ("plan", "--detailed-exitcode")]
        if "build-only" not in (self.folder / "ecsctl.toml").read_text():
            reads.append(("pipeline", "status"))
        for words in reads:
            ended = self.run(*words)
            if ended.code:
                return f"{words} {ended.code}: {ended.out} {ended.err}"
        return ""


@pytest.fixture
def developer(folder: Path, run: Run, live_by: Callable[[Clock], None]):  # type: ignore[no-untyped-def]  # noqa: F811
    with inprocess() as clock:
        live_by(clock)
        (folder / "ecsctl.toml").write_text(TOML)
        yield Developer(run, clock, folder)


def first(trouble: Callable[[Developer], object]) -> Callable[[Developer], Ended]:
    def happens(one: Developer) -> Ended:
        trouble(one)
        return one.run("up", "--yes")

    return happens


def then(trouble: Callable[[Developer], object]) -> Callable[[Developer], Ended]:
    def happens(one: Developer) -> Ended:
        assert one.run("up", "--yes").code == 0
        trouble(one)
        return one.run("why")

    return happens


def changes_over(one: Developer) -> Ended:
    """Another processor, for which the image cannot be built."""
    assert one.run("up", "--yes").code == 0
    one.sets("service.architecture", '= "X86_64"')
    fail_next_build("BUILD", "exit status 1")
    return one.run("up", "--yes")


def given(one: Developer) -> Ended:
    """A first version that the user names, and that crashes."""
    (one.folder / "ecsctl.toml").write_text('name = "hello"\n')
    assert one.run("up", "--yes").code == 0
    put_image(ACCOUNT, REGION, "hello", ["worse"])  # no part of any digest
    ecs.script_tasks(ACCOUNT, "worse", "crash")
    (one.folder / "ecsctl.toml").write_text(TOML)
    return one.run("up", "--yes", "--image", f"{URI}:worse")


STATES: dict[str, Callable[[Developer], Ended]] = {
    **{
        f"the first build fails in {phase}": first(lambda _, phase=phase: fail_next_build(phase, "exit status 1"))
        for phase in ("DOWNLOAD_SOURCE", "PRE_BUILD", "BUILD", "POST_BUILD")
    },
    **{
        f"the first version: {fate}": first(lambda one, fate=fate: one.breaks(fate))
        for fate in ("crash", "unhealthy", "oom", "architecture")
    },
    **{
        f"a pushed version: {fate}": then(lambda one, fate=fate: one.pushes(fate))
        for fate in ("crash", "unhealthy", "oom", "architecture")
    },
    "another processor cannot be built for": changes_over,
    "an image that was named crashes": given,
    "a pushed commit cannot be built": then(lambda one: (fail_next_build("BUILD", "exit status 1"), one.pushes())),
}


def leads_out(developer: Developer, state: str, toml: str, which: int) -> None:
    """Bring a state about, and do what is said."""
    (developer.folder / "ecsctl.toml").write_text(toml)
    ended = STATES[state](developer)
    assert ended.code or state.startswith("a pushed")
    developer.follows(which)
    if "run the same command again" in ended.said and developer.trouble():
        developer.did.append("ecsctl up")
        developer.run("up", "--yes")
    assert developer.trouble() == "", developer.did


ONE_OF_EACH = (
    "the first build fails in BUILD",
    "the first version: crash",
    "a pushed version: oom",
    "a pushed commit cannot be built",
    "another processor cannot be built for",
    "an image that was named crashes",
)
"""Each of the others, and each other way out, is in tests/long."""


@pytest.mark.parametrize("state", ONE_OF_EACH)
def test_the_fix_that_why_names_ends_the_failure(developer: Developer, state: str) -> None:
    leads_out(developer, state, TOML, 0)


@pytest.mark.parametrize("toml", [TOML, BUILD_ONLY], ids=["pipeline", "build-only"])
def test_right_after_a_first_up_all_is_right_and_at_rest_for_one_build(developer: Developer, toml: str) -> None:
    (developer.folder / "ecsctl.toml").write_text(toml)
    assert developer.run("up", "--yes").code == 0
    assert developer.run("status", "--exit-code").code == 0
    assert developer.trouble() == ""
    assert len(shared_session().client("codebuild").list_builds_for_project(projectName="hello-build")["ids"]) == 1
