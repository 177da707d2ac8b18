"""How the sandbox runs a buildspec: phases and failures as CodeBuild's user guide and its public logs describe them."""

import json
import os
import re
from pathlib import Path

import pytest

from ecsctl.sandbox.builds import buildspec
from ecsctl.sandbox.builds.buildspec import Context


@pytest.fixture
def codebuild(tmp_path):
    """`codebuild(build=[command, …])` runs a buildspec of such phases in an empty folder; `codebuild.log` is its log.

    A phase with more than commands is a dictionary; `spec` adds sections, `env` to the buildspec's own `env`.
    """

    def run(*, spec=None, env=None, project=None, secrets=frozenset(), artifacts=True, timeout=60.0, **phases):
        phases = {name: phase if isinstance(phase, dict) else {"commands": phase} for name, phase in phases.items()}
        text = json.dumps({"version": "0.2", "env": {"shell": "bash", **(env or {})}, "phases": phases, **(spec or {})})
        run.log = []
        given = {"PATH": "/usr/bin:/bin", **(project or {})}
        options = {"secrets": secrets, "artifacts": artifacts, "timeout": timeout}
        return buildspec.run(text, tmp_path, given, run.log.append, **options)

    return run


def said(codebuild):
    """The log without CodeBuild's own lines."""
    return [line for line in codebuild.log if not line.startswith("[Container]")]


def statuses(result):
    return {phase.type: phase.status for phase in result.phases}


def test_a_build_without_failure_goes_through_all_phases(codebuild):
    result = codebuild(build=["echo built"])

    assert result.status == "SUCCEEDED"
    assert list(statuses(result)) == ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"]
    assert set(statuses(result).values()) == {"SUCCEEDED"}
    assert said(codebuild) == ["built"]


def test_a_failing_command_ends_its_phase_and_is_reported(codebuild):
    result = codebuild(build=["echo one", "exit 3", "echo two"])

    failed = result.phases[2]
    assert result.status == "FAILED"
    assert (failed.type, failed.status, failed.exit_code) == ("BUILD", "FAILED", 3)
    assert failed.contexts == (
        Context("COMMAND_EXECUTION_ERROR", "Error while executing command: exit 3. Reason: exit status 3"),
    )
    assert said(codebuild) == ["one"]


def test_post_build_runs_after_a_failed_build_and_can_know(codebuild):
    ask = "echo $CODEBUILD_BUILD_SUCCEEDING"

    result = codebuild(pre_build=[ask], build=["false"], post_build=[ask])

    assert said(codebuild) == ["1", "0"]
    assert statuses(result)["POST_BUILD"] == "SUCCEEDED"
    assert result.status == "FAILED"


def test_an_aborted_build_has_no_post_build(codebuild):
    result = codebuild(build={"on-failure": "ABORT", "commands": ["false"]}, post_build=["echo never"])

    assert "POST_BUILD" not in statuses(result)
    assert said(codebuild) == []


@pytest.mark.parametrize("phase", ["install", "pre_build"])
def test_a_failure_before_the_build_ends_everything(codebuild, phase):
    result = codebuild(**{phase: ["false"]}, build=["echo never"], post_build=["echo never"])

    assert list(statuses(result))[-1] == phase.upper()
    assert said(codebuild) == []


def test_a_phase_may_be_allowed_to_fail(codebuild):
    result = codebuild(pre_build={"on-failure": "CONTINUE", "commands": ["false"]}, build=["echo built"])

    assert said(codebuild) == ["built"]
    assert result.status == "FAILED"


def test_finally_runs_in_any_case_and_can_fail_the_phase(codebuild):
    result = codebuild(pre_build={"commands": ["true"], "finally": ["echo tidy", "exit 5"]}, build=["echo never"])
    assert (said(codebuild), result.phases[1].exit_code) == (["tidy"], 5)

    result = codebuild(build={"commands": ["exit 4", "echo never"], "finally": ["echo tidy", "exit 5"]})
    assert (said(codebuild), result.phases[2].exit_code) == (["tidy"], 4)


def test_directory_variables_and_functions_last_through_the_build(codebuild):
    codebuild(
        install=["mkdir deep", "cd deep", "PLAIN=1", "export SENT='a  b\n\"c'", 'greet() { echo "hello $1"; }'],
        build=['basename "$PWD"', 'echo "$PLAIN"', 'echo "$SENT"', "greet you", "unset PLAIN"],
        post_build=['echo "${PLAIN-gone}"'],
    )

    assert said(codebuild) == ["deep", "1", "a  b", '"c', "hello you", "gone"]


def test_shell_options_do_not_last(codebuild):
    result = codebuild(build=["set -eu", 'echo "[$NOT_SET]"'])

    assert (said(codebuild), result.status) == (["[]"], "SUCCEEDED")


def test_sh_is_the_shell_unless_bash_is_asked_for(codebuild):
    ask = 'A=1; echo "$0"'

    codebuild(env={"shell": "/bin/sh"}, pre_build=[ask], build=["echo $A"])
    assert said(codebuild) == ["/bin/sh", "1"]
    codebuild(pre_build=[ask])
    assert said(codebuild)[0].endswith("/bash")


def test_a_command_that_removes_its_folder_does_not_stop_the_next(codebuild):
    result = codebuild(build=["mkdir gone", "cd gone", 'rmdir "$PWD"', "ls"])

    assert (said(codebuild), result.status) == ([], "SUCCEEDED")


def test_nothing_of_this_process_leaks_into_a_build(codebuild, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-developer")

    codebuild(build=["env", 'echo "$HOME"', 'echo "$CODEBUILD_SRC_DIR"'])

    assert "of-the-developer" not in "\n".join(codebuild.log)
    assert said(codebuild)[-2] != os.environ.get("HOME")
    assert said(codebuild)[-1] == str(tmp_path)


def test_what_is_written_to_home_dies_with_the_build(codebuild):
    codebuild(build=['touch "$HOME/.docker-login"', 'echo "$HOME"'])

    assert not Path(said(codebuild)[0]).exists()


def test_the_project_s_variables_win_over_the_buildspec_s(codebuild):
    codebuild(env={"variables": {"A": "spec", "B": "spec"}}, project={"B": "project"}, build=['echo "$A $B"'])

    assert said(codebuild) == ["spec project"]


def test_exported_are_the_last_values_but_no_secret_and_nothing_of_aws(codebuild):
    result = codebuild(
        env={"exported-variables": ["TAG", "AWS_THING", "TOKEN", "UNKNOWN"]},
        project={"TOKEN": "hidden"},
        secrets=frozenset({"TOKEN"}),
        pre_build=["TAG=one", "export AWS_THING=x"],
        build=["TAG=two"],
    )

    assert result.exported == {"TAG": "two"}


def test_the_log_shows_stars_where_a_secret_stood(codebuild):
    result = codebuild(
        project={"TOKEN": "first\nsecond-line\n"},
        secrets=frozenset({"TOKEN"}),
        build=['echo "<$TOKEN>"', "test first = second"],
    )

    assert said(codebuild) == ["<***", "***", ">"]
    assert result.phases[2].contexts[0].message.startswith("Error while executing command: test *** = second.")
    assert not re.search("first|second-line", "\n".join(codebuild.log))


def test_the_log_reads_as_codebuild_s_does(codebuild):
    codebuild(build=["echo hi; exit 2"])

    stamp = r"^(\[Container\]) \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}"
    untimed = [re.sub(stamp, r"\1", line) for line in codebuild.log]
    start = untimed.index("[Container] Entering phase BUILD")
    assert untimed[start : start + 6] == [
        "[Container] Entering phase BUILD",
        "[Container] Running command echo hi; exit 2",
        "hi",
        "[Container] Command did not exit successfully echo hi; exit 2 exit status 2",
        "[Container] Phase complete: BUILD State: FAILED",
        "[Container] Phase context status code: COMMAND_EXECUTION_ERROR Message: "
        "Error while executing command: echo hi; exit 2. Reason: exit status 2",
    ]


def test_output_without_an_end_of_line_or_of_no_encoding_is_not_lost(codebuild):
    codebuild(build=[r"printf 'a\nb'", r"printf '\377'"])

    assert said(codebuild) == ["a", "b", "\N{REPLACEMENT CHARACTER}"]


def test_a_command_killed_by_a_signal_says_which(codebuild):
    result = codebuild(build=["kill -9 $$"])

    assert result.phases[2].exit_code == -9
    assert result.phases[2].contexts[0].message.endswith("Reason: signal: killed")


def test_a_command_reads_nothing_from_the_terminal(codebuild):
    silent, typist = os.pipe()
    ours = os.dup(0)
    os.dup2(silent, 0)
    try:
        assert codebuild(build=["cat"], timeout=5.0).status == "SUCCEEDED"
    finally:
        os.dup2(ours, 0)
        for descriptor in (silent, typist, ours):
            os.close(descriptor)


def test_a_process_left_in_the_background_does_not_hold_the_build_up_and_dies_with_it(codebuild, tmp_path):
    os.mkfifo(tmp_path / "alive")
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)

    result = codebuild(build=["sleep 600 3>alive &"])

    assert result.status == "SUCCEEDED"
    os.set_blocking(alive, True)
    assert os.read(alive, 1) == b""  # nobody holds the other end any more
    os.close(alive)


@pytest.mark.parametrize("command", ["sleep 600", "exec >/dev/null 2>&1; sleep 600", "while :; do echo busy; done"])
def test_a_build_that_takes_too_long_is_killed(codebuild, command):
    result = codebuild(build={"commands": [command], "finally": ["echo never"]}, timeout=0.5)

    assert result.status == "TIMED_OUT"
    assert result.phases[-1].contexts == (Context("BUILD_TIMED_OUT", "Build has timed out."),)
    assert "never" not in codebuild.log


FILES = ["mkdir -p out/deep", "touch a.json out/b.txt out/deep/.c"]


@pytest.mark.parametrize(
    ("artifacts", "names"),
    [
        ({"files": ["a.json"]}, {"a.json": "a.json"}),
        ({"files": ["*.json", "nowhere"]}, {"a.json": "a.json"}),
        ({"files": ["**/*"], "base-directory": "out"}, {"b.txt": "out/b.txt", "deep/.c": "out/deep/.c"}),
        ({"files": ["out/**/*"], "discard-paths": "yes"}, {"b.txt": "out/b.txt", ".c": "out/deep/.c"}),
        ({"files": ["*.txt"], "base-directory": "o*"}, {"b.txt": "out/b.txt"}),
    ],
)
def test_artifacts_are_the_files_that_match(codebuild, tmp_path, artifacts, names):
    result = codebuild(build=FILES, spec={"artifacts": artifacts})

    assert result.artifacts == {name: tmp_path / path for name, path in names.items()}


@pytest.mark.parametrize("command", ["true", "false"])
def test_artifacts_that_match_nothing_fail_the_build(codebuild, command):
    result = codebuild(build=[command], spec={"artifacts": {"files": ["nowhere", "*.txt"]}})

    assert result.status == "FAILED"
    assert result.phases[-1].contexts == (Context("CLIENT_ERROR", "no matching artifact paths found"),)


def test_a_project_without_artifacts_asks_for_none(codebuild):
    result = codebuild(build=FILES, spec={"artifacts": {"files": ["nowhere"]}}, artifacts=False)

    assert (result.status, result.artifacts) == ("SUCCEEDED", {})


def test_scalars_are_the_text_that_was_written():
    spec = buildspec.parse("version: 0.2\nenv: {variables: {A: NO, B: 08}}\nphases: {build: {commands: [true]}}")

    assert (spec.env.variables, spec.phases.build.commands) == ({"A": "NO", "B": "08"}, ("true",))


EVERYTHING = """
version: 0.2
run-as: root
env:
  shell: bash
  variables: {A: "1"}
  parameter-store: {P: /app/parameter}
  secrets-manager: {S: "app/secret:key"}
  exported-variables: [A, S]
  git-credential-helper: yes
proxy: {upload-artifacts: yes, logs: no}
batch: {fast-fail: true, build-list: [{identifier: one}]}
phases:
  install:
    run-as: root
    runtime-versions: {nodejs: 22, python: 3.13}
    commands: echo $P
  pre_build: {on-failure: RETRY-2, commands: [echo $S], finally: echo tidied}
  build: {on-failure: RETRY-1-.*timeout.*, commands: ["touch out.json left.out"]}
  post_build:
reports: {unit: {files: "**/*", file-format: JUNITXML}}
artifacts:
  files: "*.*"
  exclude-paths: "*.out"
  name: artifact-$(date +%Y)
  discard-paths: NO
  enable-symlinks: yes
  base-directory: .
  s3-prefix: there
  secondary-artifacts: {more: {files: ["*"]}}
cache: {key: k, fallback-keys: [l], action: save, paths: ["/root/.cache/**/*"]}
"""


def test_all_that_codebuild_takes_is_taken_and_what_is_not_played_is_reported(tmp_path):
    """The keys of "Build specification reference for CodeBuild" in the CodeBuild user guide, all of them."""
    log, asked = [], []

    def resolve(kind, reference):
        asked.append((kind, reference))
        return f"canary of {kind}"

    result = buildspec.run(EVERYTHING, tmp_path, {"PATH": "/usr/bin:/bin"}, log.append, resolve=resolve)

    assert (result.status, set(result.artifacts)) == ("SUCCEEDED", {"out.json"})
    assert asked == [("PARAMETER_STORE", "/app/parameter"), ("SECRETS_MANAGER", "app/secret:key")]
    assert result.exported == {"A": "1"}, "what is secret is not exported"
    assert "canary" not in "\n".join(log)
    notes = {line.partition(": ")[0] for line in log if line.startswith("[sandbox] ")}
    assert notes == {f"[sandbox] {what}" for what in (
        "run-as", "runtime-versions", "phases.pre_build.on-failure", "phases.build.on-failure",
        "env.git-credential-helper", "proxy", "batch", "cache", "reports", "artifacts.secondary-artifacts",
    )}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("version: 0.2\nphases: {}\nartefacts: {}", "artefacts"),
        ("version: 0.2\nphases: {deploy: {commands: [x]}}", "phases.deploy"),
        ("version: 0.2\nphases: {build: {comands: [x]}}", "phases.build.comands"),
        ("version: 0.2\nenv: {secrets: {}}\nphases: {}", "env.secrets"),
        ("version: 0.1\nphases: {}", "version 0.1"),
        ("version: 0.2\nenv: {shell: powershell.exe}\nphases: {}", "env.shell"),
    ],
)
def test_a_key_that_does_nothing_gets_a_note_and_stops_no_build(tmp_path, text, key):
    log = []

    assert buildspec.run(text, tmp_path, {"PATH": "/usr/bin:/bin"}, log.append).status == "SUCCEEDED"

    assert any(line.startswith(f"[sandbox] {key}:") for line in log)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("version: 0.2\nphases: {build: {commands: [{echo: x}]}}", "phases.build.commands.0: Input should be a valid"),
        ("version: 0.2\nphases: {build: {on-failure: STOP}}", "phases.build.on-failure: String should match"),
        ("version: 0.3\nphases: {}", "version: Input should be '0.1' or '0.2'"),
        ("version: 0.2", "phases: Field required"),
        ("version: 0.2\nphases: {}\nartifacts: {}", "artifacts.files: Field required"),
        ("version: 0.2\nphases: {}\nartifacts: {files: []}", "artifacts.files: Value should have at least 1 item"),
        ("version: 0.2\nphases:\n\tbuild: {}", "found character '\\t' that cannot start any token at line 3"),
        ("", "buildspec: Input should be"),
        ("a \x00", "not a YAML text"),
    ],
)
def test_a_text_that_is_no_buildspec_says_where(text, problem):
    with pytest.raises(buildspec.InvalidBuildspec, match=re.escape(problem)):
        buildspec.parse(text)


def test_a_refusal_tells_no_value(tmp_path):
    text = "version: 0.2\nenv: {variables: {TOKEN: [canary]}}\nphases: {build: {on-failure: canary}}"

    with pytest.raises(buildspec.InvalidBuildspec) as refused:
        buildspec.run(text, tmp_path, {}, print)

    assert "env.variables.TOKEN" in str(refused.value)
    assert "canary" not in str(refused.value)
    assert refused.value.__suppress_context__  # or a traceback would show it
