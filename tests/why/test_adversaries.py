"""Misleading output: what a test, another command, another container or an app prints is no cause.

Every text of every thread is used where it proves nothing. It may become a hint, but never a certain cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest

from ecsctl.buildspec import PARTS, ours
from ecsctl.sandbox.builds.buildspec_text import PHASES, parse
from ecsctl.why import Certainty
from ecsctl.why.causes.build_commands import is_test
from ecsctl.why.causes.build_phases import PHASE_RULES
from ecsctl.why.causes.delivering import STAGE_RULES
from ecsctl.why.log_events import forms
from ecsctl.why.log_lines import NOISE, STACK
from tests.why.field.scene import (
    SILENT,
    Scene,
    answers,
    beside,
    box,
    build,
    exits,
    fails,
    first,
    log,
    pipeline,
    stage,
    unhealthy,
)
from tests.why.field.threads import CASES


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def poison() -> list[str]:
    """Return all texts of all threads except stack frames and decoration, and all phrases of the rules."""
    said = {text for case in CASES for scene in case.scenes for text in _texts(scene) if " " in text}
    said |= {phrase for rule in (*PHASE_RULES, *STAGE_RULES) for phrase in rule.phrases}
    said |= {
        "No space left on device",
        "the docker build did not complete successfully",
        "Repository not found",
        "denied: push",
    }
    return sorted(text for text in said if "[Container]" not in text and ("\n" in text or not _empty(text)))


def _empty(line: str) -> bool:
    return any(NOISE.search(form) or STACK.search(form) for form in forms(line))


POISON = poison()
FEW = 8  # lines: a rule searches the last 20 of a command, and some of these are printed twice


def together(texts: Iterable[str], most: int = FEW) -> list[tuple[str, ...]]:
    """Return the texts in groups that a log can have at once. What none of a group may cause is asked once for all."""
    groups: list[tuple[str, ...]] = []
    lines = most
    for text in texts:
        size = text.count("\n") + 1
        if lines + size > most:
            groups.append(())
            lines = 0
        groups[-1] += (text,)
        lines += size
    return groups


GROUPS = together(POISON)


def telling(scenes: Callable[..., Sequence[Scene]], groups: Iterable[tuple[str, ...]] = GROUPS) -> Iterator[str]:
    """Yield the texts with which another cause is found than with one that says nothing.

    A group with which the cause stays the same has none. Otherwise each half of it is tried.
    """
    plain = outcome(*scenes("boom"))
    left = [*groups]
    while left:
        texts = left.pop()
        if outcome(*scenes(*texts)) == plain:
            continue
        if len(texts) == 1:
            yield texts[0]
        else:
            left += [texts[: len(texts) // 2], texts[len(texts) // 2 :]]


def outcome(*scenes: Scene) -> tuple[str, Certainty] | None:
    cause = first(*scenes)
    return (cause.name, cause.certainty) if cause else None


def test_there_is_much_to_be_misled_by() -> None:
    assert len(POISON) > 150
    assert sorted(text for group in GROUPS for text in group) == POISON


RUNNERS = ("pytest -q", "npm test", "make check", "./gradlew test", "go test ./...", "bundle exec rspec")


@pytest.mark.parametrize("part", range(len(RUNNERS)))
def test_what_a_failed_test_prints_is_no_cause(part: int) -> None:
    """Each text is tried with one of the runners: whether a command is a test does not depend on what it prints."""
    command = RUNNERS[part]
    for words in GROUPS[part :: len(RUNNERS)]:
        raised = (f"E   AssertionError: {one}" for one in words)
        cause = first(fails("BUILD", command, *raised, *words, "1 failed, 41 passed"))
        assert cause
        assert (cause.name, cause.certainty) == ("build-failed", Certainty.UNKNOWN), words
        assert command in cause.sentence


@pytest.mark.parametrize(("command", "tests"), [
    ("docker build -f Dockerfile.test -t $URI/app-tests .", False), ("docker build . && npm test", True),
])  # fmt: skip
def test_the_names_of_a_dockerfile_and_of_an_image_make_a_build_no_test(command: str, tests: bool) -> None:
    assert is_test(command) == tests


@pytest.mark.parametrize(("command", "tests"), [
    ('docker push "$IMAGE" || echo "check the repository"', False), ("# after the tests\ndocker build .", False),
    ("echo running tests; npm run test", True), ("printf checking | tee log && pytest -q", True),
])  # fmt: skip
def test_what_a_command_only_prints_or_says_in_a_comment_makes_it_no_test(command: str, tests: bool) -> None:
    assert is_test(command) == tests


def test_what_a_condition_of_the_shell_is_about_is_no_test() -> None:
    """No command of ecsctl's own buildspec is a test: its output about build.scan and build.sbom counts."""
    phases = parse(ours(*PARTS)).phases
    commands = [command for name in PHASES for command in getattr(phases, name).commands]
    assert len(commands) > 5
    assert [command for command in commands if is_test(command)] == []
    [lists] = [command for command in commands if "BUILD_SBOM" in command]
    cause = first(fails("BUILD", lists, "build.sbom: could not list what is in u:1"))
    assert cause
    assert (cause.name, cause.certainty) == ("image-unlisted", Certainty.LIKELY)


@pytest.mark.parametrize("part", range(2))
def test_what_a_failed_test_in_a_step_of_the_dockerfile_prints_is_no_cause(part: int) -> None:
    command = ("pytest -q", "npm run test")[part]
    failed = f'process "/bin/sh -c {command}" did not complete successfully: exit code: 1'
    verdict = (f"#9 ERROR: {failed}", f"ERROR: failed to solve: {failed}")
    for words in GROUPS[part::2]:
        printed = (f"#9 12.1 {line}" for one in words for line in one.split("\n"))
        found = outcome(fails("BUILD", "docker build -t $URI .", *printed, *verdict))
        assert found == ("docker-build", Certainty.LIKELY), words


def test_what_other_commands_of_the_build_print_is_no_cause() -> None:
    for words in GROUPS:
        scenes = fails("POST_BUILD", "python manage.py migrate", "boom", before=words, after=words)
        cause = first(scenes)
        assert cause
        assert (cause.name, cause.certainty, cause.hints) == ("build-failed", Certainty.UNKNOWN, ()), words


def printed_by_docker(*words: str) -> Sequence[Scene]:
    return (fails("BUILD", "docker build -t $URI .", *words, *(f"#9 4.5 {one}" for one in words)),)


@pytest.fixture(scope="module")
def of_docker() -> list[str]:
    """The texts that are a cause where docker prints them."""
    return [*telling(printed_by_docker)]


def test_a_line_with_many_of_the_daemons_prefixes_is_read_at_once() -> None:
    assert outcome(*printed_by_docker("Error: " * 50 + "boom")) == ("build-failed", Certainty.UNKNOWN)


def test_what_a_script_prints_is_possible_at_most(of_docker: list[str]) -> None:
    others = set(POISON) - set(of_docker)
    for words in [*of_docker, *("\n".join(group) for group in together(sorted(others)))]:
        cause = first(fails("BUILD", "./scripts/release.sh", words))
        assert cause
        assert cause.certainty <= Certainty.POSSIBLE, words


def test_what_a_docker_build_prints_is_likely_at_most(of_docker: list[str]) -> None:
    assert len(of_docker) > 200
    for words in of_docker:
        cause = first(*printed_by_docker(words))
        assert cause
        assert cause.certainty <= Certainty.LIKELY, words


def test_a_log_changes_nothing_of_what_aws_says_of_a_phase() -> None:
    for words in GROUPS:
        cause = first(build("UPLOAD_ARTIFACTS", "CLIENT_ERROR", "no matching artifact paths found", *words))
        assert cause
        assert cause.name == "artifact-missing", words
        found = outcome(build("DOWNLOAD_SOURCE", "CLIENT_ERROR", "something that nobody has seen before", *words))
        assert found == ("source-failed", Certainty.UNKNOWN), words


def test_a_build_that_succeeded_is_no_cause_whatever_it_printed() -> None:
    for words in GROUPS:
        scene = fails("BUILD", "docker build .", *words)
        scene["build"]["buildStatus"] = "SUCCEEDED"
        assert first(scene) is None, words


def test_what_an_app_prints_before_it_crashes_is_likely_at_most() -> None:
    shown = together(POISON, 6)  # lines of the end, in all of which a runtime's message is looked for
    for words in telling(lambda *texts: (exits(box(code=1)), log(*texts)), shown):
        cause = first(exits(box(code=1)), log(words))
        assert cause
        assert cause.name == "crash" or cause.certainty <= Certainty.LIKELY, words


def test_what_the_app_prints_does_not_blame_it_for_its_sidecar() -> None:
    for words in GROUPS:
        cause = first(exits(box(code=143), box("agent", code=1)), beside("agent"), log(*words))
        assert cause
        assert cause.name == "sidecar", words


ANSWERS = (answers(400), answers(403), answers(500), SILENT, unhealthy("Request timed out", "Target.Timeout"))


@pytest.mark.parametrize("part", range(len(ANSWERS)))
def test_what_an_app_prints_while_its_health_check_fails_is_likely_at_most(part: int) -> None:
    """Each text is tried with one of the answers: how certain a text is does not depend on the check's answer."""
    assert outcome(ANSWERS[part])
    for words in telling(lambda *texts: (ANSWERS[part], log(*texts)), GROUPS[part :: len(ANSWERS)]):
        cause = first(ANSWERS[part], log(words))
        assert cause
        assert cause.certainty <= Certainty.LIKELY, words


def test_an_app_that_runs_is_not_diagnosed_by_its_log() -> None:
    for words in GROUPS:
        assert first(log(*words)) is None, words


def test_what_a_test_action_or_an_approval_says_is_of_that_stage_alone() -> None:
    for words in telling(
        lambda *texts: (stage("Test", "JobFailed", " ".join(texts), action="deploy-the-source-smoke"),)
    ):
        cause = first(stage("Test", "JobFailed", words, action="deploy-the-source-smoke"))
        assert cause
        assert cause.name in ("action-failed", "approval-refused", "build-quota"), words
    for group in GROUPS:
        cause = first(stage("Approve", "ActionFailed", " ".join(group), action="source"))
        assert cause
        assert cause.name == "approval-refused", group


def test_a_source_that_aws_refuses_is_not_explained_by_the_deploy_stages_words() -> None:
    ours = {phrase for rule in STAGE_RULES if rule.stage == "Source" for phrase in rule.phrases}
    for words in ours:
        cause = first(pipeline(), stage("Deploy", "JobFailed", words))
        assert cause
        assert cause.certainty < Certainty.CERTAIN, words
