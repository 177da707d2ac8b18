"""Runs a buildspec with a real shell as CodeBuild does: the same phases, handling of failures and log lines.

After the AWS CodeBuild User Guide, "Build specification reference" and "Build phase transitions". What the guide does
not say is taken from builds in public logs: each command is a script of its own that gets the directory and the
variables of the previous one, so those last through a build, while shell options and `trap`s do not.
"""

import functools
import glob
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from ecsctl.sandbox.builds.buildspec_text import PHASES, Artifacts, Env, InvalidBuildspec, Phase, parse
from ecsctl.sandbox.builds.confined import Confined
from ecsctl.sandbox.core import clock, scratch

Status = Literal["SUCCEEDED", "FAILED", "TIMED_OUT"]
Resolve = Callable[[Literal["PARAMETER_STORE", "SECRETS_MANAGER"], str], str]


@dataclass(frozen=True)
class Context:
    """Why a phase failed, as `BatchGetBuilds` shows it: a message, and a status code (COMMAND_EXECUTION_ERROR …)."""

    status_code: str
    message: str


@dataclass(frozen=True)
class PhaseResult:
    """The result of one phase. `seconds` are real ones; `exit_code` is the failed command's, negative for a signal."""

    type: str
    status: Status
    seconds: float
    exit_code: int = 0
    contexts: tuple[Context, ...] = ()


@dataclass(frozen=True)
class Result:
    """The result of a build: its phases in order, the variables it exports, and its artifacts by their name inside."""

    phases: tuple[PhaseResult, ...]
    exported: dict[str, str]
    artifacts: dict[str, Path]

    @property
    def status(self) -> Status:
        """The build's own status: that of the first phase that did not succeed."""
        return next((phase.status for phase in self.phases if phase.status != "SUCCEEDED"), "SUCCEEDED")


def run(
    buildspec_text: str,
    cwd: Path,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
    *,
    secrets: frozenset[str] = frozenset(),
    artifacts: bool = True,
    timeout: float = 3600.0,
    resolve: Resolve | None = None,
    writable: Sequence[Path] = (),
    hidden: Sequence[Path] = (),
) -> Result:
    """Run a build in `cwd` and say how it went. Every line of its log goes to `on_line` at once.

    `env` is all that commands see: nothing of this process leaks in. It wins over the buildspec's own variables.
    `secrets` names those of its variables whose values the log shows as `***` and that cannot be exported, which
    CodeBuild does for Secrets Manager and Parameter Store. `resolve` gives the values that the buildspec's own `env`
    refers to there. `artifacts=False` is a project with NO_ARTIFACTS. The commands can write in `cwd` and in `writable`
    folders; `hidden` ones are out of their reach, as the user's home is (see `confined`).
    After `timeout` real seconds the build is killed and TIMED_OUT. What commands left in the background dies with
    the build. Raises InvalidBuildspec before anything runs.
    """
    spec = parse(buildspec_text)
    for note in spec.ignored_keys():
        on_line(f"[sandbox] {note}")
    found = _referred(spec.env, resolve)
    env, secrets = {**found, **env}, secrets | (found.keys() - env.keys())
    with _Container(spec.env, cwd, env, on_line, secrets, timeout, (writable, hidden)) as container:
        phases: list[PhaseResult] = []
        for name in PHASES:
            phase: Phase = getattr(spec.phases, name)
            phases.append(container.run_phase(name.upper(), phase))
            if not _continues_after(name, phase, phases[-1].status):
                break
        made: dict[str, Path] = {}
        # Public logs end after a failed INSTALL or PRE_BUILD. After BUILD the guide has the upload "always attempted";
        # that this holds for an aborted one as well is our assumption.
        if phases[-1].type in ("BUILD", "POST_BUILD") and phases[-1].status != "TIMED_OUT":
            wanted = spec.artifacts if artifacts else None
            made = _matching(wanted, cwd) if wanted else {}
            missing = Context("CLIENT_ERROR", "no matching artifact paths found")
            phases.append(container.end_phase("UPLOAD_ARTIFACTS", 0.0, 0, missing if wanted and not made else None))
        exported = {
            name: container.env[name]
            for name in spec.env.exported_variables
            if name in container.env and name not in secrets and not name.startswith("AWS_")  # AWS exports neither
        }
    return Result(tuple(phases), exported, made)


def _referred(env: Env, resolve: Resolve | None) -> dict[str, str]:
    """The values from Parameter Store and Secrets Manager, by variable. All of them are masked in the log."""
    wanted = [("PARAMETER_STORE", name, where) for name, where in env.parameter_store.items()]
    wanted += [("SECRETS_MANAGER", name, where) for name, where in env.secrets_manager.items()]
    if wanted and resolve is None:
        raise InvalidBuildspec("env: there is no Parameter Store and no Secrets Manager to read from here")
    return {name: resolve(kind, where) for kind, name, where in wanted if resolve}  # type: ignore[arg-type]  # one of the two


def _continues_after(name: str, phase: Phase, status: Status) -> bool:
    """Whether the next phase runs. By default a failure ends the build, except that POST_BUILD runs after BUILD."""
    if status == "FAILED":
        return phase.on_failure == "CONTINUE" or (phase.on_failure is None and name == "build")
    return status == "SUCCEEDED"


def _matching(wanted: Artifacts, cwd: Path) -> dict[str, Path]:
    """The files that `artifacts` selects, by their name in the artifact."""
    found = {}
    for base in sorted(glob.glob(wanted.base_directory, root_dir=cwd)):
        left_out = {name for pattern in wanted.exclude_paths for name in _globbed(pattern, cwd / base)}
        for pattern in wanted.files:
            for name in sorted(_globbed(pattern, cwd / base) - left_out):
                path = cwd / base / name
                if path.is_file() and path.resolve().is_relative_to(cwd.resolve()):  # no link out of the sources
                    found[path.name if wanted.discard_paths in ("yes", "true") else name] = path
    return found


def _globbed(pattern: str, root: Path) -> set[str]:
    return set(glob.glob(pattern, root_dir=root, recursive=True, include_hidden=True))


def _is_folder(place: str) -> bool:
    """Whether a folder of PATH can be read: PATH may contain folders of other users."""
    with suppress(OSError):
        return Path(place).is_dir()
    return False


class _TimedOutError(Exception):
    """The build ran longer than its timeout."""


class _Container:
    """What the commands of one build share: directory, variables, deadline, log, and the process group to kill."""

    def __init__(
        self,
        spec: Env,
        cwd: Path,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
        secrets: frozenset[str],
        timeout: float,
        reach: tuple[Sequence[Path], Sequence[Path]],
    ) -> None:
        asked = "/bin/sh" if spec.shell.endswith(".exe") else spec.shell
        self._shell = shutil.which(asked) or asked
        # `docker login` writes there, not into ours.
        self._home = tempfile.TemporaryDirectory(prefix="codebuild-", dir=scratch.place())
        self._source = str(cwd)
        self._on_line = on_line
        self._deadline = time.monotonic() + timeout
        ours = {"PATH": os.defpath, "HOME": self._home.name, "CODEBUILD_SRC_DIR": self._source}
        self.env = {**ours, **spec.variables, **env, "CODEBUILD_BUILD_SUCCEEDING": "1", "PWD": self._source}
        lines = {line for name in secrets for line in env.get(name, "").splitlines() if line.strip()}
        longest_first = sorted(lines, key=len, reverse=True)
        tools = [Path(place) for place in self.env["PATH"].split(os.pathsep) if _is_folder(place)]
        writable, hidden = [cwd, Path(self._home.name), *reach[0]], reach[1]
        self._confined = Confined(writable, tools, hidden, env.get("CODEBUILD_BUILD_ID", ""))
        self._hide = functools.partial(re.compile("|".join(map(re.escape, longest_first)) or r"(?!)").sub, "***")

    def __enter__(self) -> Self:
        self._confined.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._confined.__exit__(kind, error, trace)
        self._home.cleanup()

    def run_phase(self, name: str, phase: Phase) -> PhaseResult:
        """Run a phase's commands up to the first that fails, then its `finally` commands in the same way."""
        started = time.monotonic()
        self._say(f"Entering phase {name}")
        code, failed = 0, None
        try:
            for commands in (phase.commands, phase.finally_):
                for command in commands:
                    self._say(f"Running command {command}")
                    status = self._execute(command)
                    if status:
                        self._say(f"Command did not exit successfully {command} {_reason(status)}")
                        reason = f"Error while executing command: {command}. Reason: {_reason(status)}"
                        code, failed = code or status, failed or Context("COMMAND_EXECUTION_ERROR", reason)
                        break
        except _TimedOutError:
            failed = Context("BUILD_TIMED_OUT", "Build has timed out.")
        return self.end_phase(name, time.monotonic() - started, code, failed)

    def end_phase(self, name: str, seconds: float, code: int, failed: Context | None) -> PhaseResult:
        """Log how a phase ended, and set CODEBUILD_BUILD_SUCCEEDING for later commands."""
        status: Status = "SUCCEEDED"
        contexts: tuple[Context, ...] = ()
        if failed:
            status = "TIMED_OUT" if failed.status_code == "BUILD_TIMED_OUT" else "FAILED"
            contexts = (Context(failed.status_code, self._hide(failed.message)),)
            self.env["CODEBUILD_BUILD_SUCCEEDING"] = "0"
        self._say(f"Phase complete: {name} State: {status}")
        said = contexts[0] if contexts else Context("", "")
        self._say(f"Phase context status code: {said.status_code} Message: {said.message}")
        return PhaseResult(name, status, seconds, code, contexts)

    def _execute(self, command: str) -> int:
        """Run one command in the directory and with the variables of the last one, and keep those that it leaves.

        Returns its exit code.
        """
        directory, source = shlex.quote(self.env.get("PWD", self._source)), shlex.quote(self._source)
        change_directory = f"cd {directory} 2>/dev/null || cd {source}"
        with tempfile.TemporaryFile() as left:  # without a name, since variables may be secret
            remember = f"{shlex.quote(shutil.which('env') or 'env')} -0 > /dev/fd/{left.fileno()}"
            after = f"trap 'CODEBUILD_LAST_EXIT=$?; {remember}; exit $CODEBUILD_LAST_EXIT' EXIT"
            with self._confined.start(
                [self._shell, "-c", f"{change_directory}; {after}; set -a\n{command}"],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(left.fileno(),),
            ) as process:
                try:
                    for line in self._lines(process):
                        self._on_line(self._hide(line))
                except BaseException:
                    self._confined.end()  # before Popen waits for it
                    raise
            left.seek(0)
            pairs = left.read().decode(errors="surrogateescape").split("\0")
        self.env = dict(pair.split("=", 1) for pair in pairs if "=" in pair) or self.env
        return process.returncode

    def _lines(self, process: "subprocess.Popen[bytes]") -> Iterator[str]:
        """The command's output, line by line, until it ends; a process it left behind may keep the pipe open."""
        assert process.stdout  # noqa: S101  # for mypy: what stdout=PIPE means
        output, open_, rest = process.stdout.fileno(), True, b""
        while True:
            if time.monotonic() > self._deadline:
                raise _TimedOutError
            ended = process.poll() is not None
            if open_ and select.select([output], [], [], 0 if ended else 0.05)[0]:
                read = os.read(output, 65536)
                open_ = bool(read)
                *lines, rest = (rest + read).split(b"\n")
                yield from (line.decode(errors="replace") for line in lines)
            elif ended:
                break
            elif not open_:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
        if rest:
            yield rest.decode(errors="replace")

    def _say(self, text: str) -> None:
        stamp = datetime.fromtimestamp(clock.now(), UTC).strftime("%Y/%m/%d %H:%M:%S.%f")
        self._on_line(self._hide(f"[Container] {stamp} {text}"))


def _reason(code: int) -> str:
    """CodeBuild's message for the exit code of a command."""
    with suppress(ValueError):
        if code < 0:
            return f"signal: {(signal.strsignal(-code) or str(-code)).lower()}"
    return f"exit status {code}"
