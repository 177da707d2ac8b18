"""Builds that really run their commands: in the server, each in its own thread, with stand-ins for docker and aws.

Build times are the sandbox clock's, while the commands take real time. No request waits for a build: the lock is held
only to read what the build needs and to write its log.
"""

import itertools
import json
import os
import re
import shlex
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.codebuild import builds as codebuild_builds
from ecsctl.sandbox.aws.codebuild import tools
from ecsctl.sandbox.aws.codebuild.state import Build, Commands, Failure, Step
from ecsctl.sandbox.aws.codebuild.state import builds as builds_of
from ecsctl.sandbox.aws.codebuild.time import PLAN
from ecsctl.sandbox.aws.secretsmanager import secret_value
from ecsctl.sandbox.aws.ssm.parameters import parameter_value
from ecsctl.sandbox.builds import buildspec, confined
from ecsctl.sandbox.builds.buildspec_text import InvalidBuildspec
from ecsctl.sandbox.core import clock, overlay, permissions, scratch, script
from ecsctl.sandbox.github import checkout
from ecsctl.sandbox.github.checkout import Checkout

_ENTERING = re.compile(r"\[Container\] \S+ \S+ Entering phase ([A-Z_]+)")
_FLUSH = 0.2  # real seconds between two writes to the log
UNAGREED = "nobody has agreed that this repository's commands run here: ecsctl up --sandbox asks, and --yes agrees"
_TOOLS = Path(buildspec.__file__).with_name("tools.py")


class _Unfit(Exception):
    """The build fails before it runs any command."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _StoppedError(Exception):
    """Someone stopped the build."""


def use(folder: Path, url: str) -> None:
    """From now on really run this process's builds, with the sources in `folder`, against the sandbox at `url`."""
    source = checkout.use(folder)

    def begin(backend: Any, build: Build) -> None:
        spec = _spec(build)
        # A trusted buildspec builds the Dockerfile; a folder without one is no application, so the build is simulated.
        inline = source.has_file(_dockerfile(build)) if spec in source.trusted else "\n" in spec
        if inline or ("\n" not in spec and source.has_file(spec)):
            build.commands = Commands()
            running = _Running(source, url, backend, build, build.commands)
            threading.Thread(target=running.run, daemon=True).start()

    codebuild_builds.begun[:] = [begin]


@script.switch
def builds(spec: str) -> dict[str, Any]:
    """Returns what a user should know before a repository's commands run on this machine.

    `spec` is the buildspec's path. `real`: whether its commands would really run. `agreed`: whether the user agreed.

    `folder`: the repository's. `confined`: whether this machine can keep them from the user's home and credentials.
    """
    source = checkout.current
    if source is None or not source.has_file(spec):
        return {"real": False}
    return {"real": True, "folder": str(source.folder), "agreed": source.agreed, "confined": confined.can_confine()}


@script.switch
def agree_to_builds() -> None:
    """Record that the user agrees to run the commands of the repository's buildspec on this machine."""
    if checkout.current:
        checkout.current.agreed = True


@script.switch
def trust(text: str, variables: list[str]) -> None:
    """Mark a buildspec's text as running no command of the repository, if it has no variables other than these."""
    if checkout.current:
        checkout.current.trusted[text] = frozenset(variables)


def _dockerfile(build: Build) -> str:
    """The Dockerfile that a trusted buildspec builds, according to the build's variables."""
    variables = {one["name"]: one["value"] for one in build.facts["environment"]["environmentVariables"]}
    return variables.get("BUILD_DOCKERFILE") or os.path.normpath(f"{variables.get('BUILD_CONTEXT') or '.'}/Dockerfile")


def _spec(build: Build) -> str:
    return str(build.facts["source"].get("buildspec") or "buildspec.yml")


class _Running:
    """One running build."""

    def __init__(self, source: Checkout, url: str, backend: Any, build: Build, commands: Commands) -> None:
        self.source, self.url, self.build, self.commands = source, url, build, commands
        self.account, self.region, self.partition = backend.account_id, backend.region_name, backend.partition
        self.held = builds_of(backend)
        self.lines: list[dict[str, Any]] = []
        self.written = 0.0

    def run(self) -> None:
        """Run the build, in its thread."""
        before = sum(seconds for _, seconds in PLAN[:3])
        clock.current().sleep(max(0.0, self.build.started + before - clock.now()))
        with overlay.lock:  # wait until the request that started the build has finished
            self.commands.steps.append(Step("DOWNLOAD_SOURCE", clock.now()))
        try:
            with tempfile.TemporaryDirectory(prefix="ecsctl-build-", dir=scratch.place()) as name:
                self._commands(Path(name))
        except _StoppedError:
            return
        except (_Unfit, InvalidBuildspec) as unfit:
            self._say(f"[Container] {unfit}")
            self._finish(Failure("DOWNLOAD_SOURCE", getattr(unfit, "code", "YAML_FILE_ERROR"), str(unfit)))
        except Exception as error:  # a bug of ours must not leave a build that never ends
            self._finish(Failure("", "CLIENT_ERROR", f"The sandbox broke: {type(error).__name__}"))
            raise

    def _commands(self, place: Path) -> None:
        programs, sources = place / "bin", place / "src"
        sources.mkdir()
        with overlay.lock:
            self._check_rights()
            if not self.source.agreed and not self._is_trusted():
                raise _Unfit("CLIENT_ERROR", f"[sandbox] {UNAGREED}")
            if unfetched := codebuild_builds.unfetched(self.account, self.build):
                raise _Unfit(unfetched.code, unfetched.message)
            env, secret_names = self._environment(sources)
            commit = self.build.facts.get("resolvedSourceVersion")
            context = tools.BuildContext(
                self.account,
                self.region,
                self.build.facts["serviceRole"],
                "arm64" if self.build.facts["environment"]["type"].startswith("ARM") else "amd64",
                broken=lambda: commit in self.held.failing_commits,
                closed=lambda: self.commands.done or self.build.stopped is not None,
            )
            token = tools.opened(context)
        try:
            origin = self.source.export(commit, sources)
            self._say(f"[Container] CodeBuild of the sandbox: the sources are {origin}")
            env |= {"ECSCTL_SANDBOX_URL": self.url, "ECSCTL_SANDBOX_BUILD": token}
            env["PATH"] = os.pathsep.join([_install(programs), os.environ.get("PATH", os.defpath)])
            result = buildspec.run(
                self._text(sources),
                sources,
                env,
                self._say,
                secrets=frozenset({*secret_names, "ECSCTL_SANDBOX_BUILD"}),
                artifacts=self.build.facts["source"]["type"] == "CODEPIPELINE",
                timeout=self.build.facts["timeoutInMinutes"] * 60.0,
                resolve=self._resolved,
                hidden=[self.source.folder],
            )
            made = {name: path.read_bytes() for name, path in result.artifacts.items()}
        finally:
            tools.close(token)
        self._conclude(result, made)

    def _is_trusted(self) -> bool:
        """Whether the build runs no command of the repository."""
        known = self.source.trusted.get(_spec(self.build))
        given = {one["name"] for one in self.build.facts["environment"]["environmentVariables"]}
        return known is not None and given <= known

    def _text(self, sources: Path) -> str:
        spec = _spec(self.build)
        if "\n" in spec:
            return spec
        try:
            if not (sources / spec).resolve().is_relative_to(sources.resolve()):
                raise FileNotFoundError
            return (sources / spec).read_text()
        except OSError:
            raise _Unfit("YAML_FILE_ERROR", f"stat {sources / spec}: no such file or directory") from None

    def _check_rights(self) -> None:
        """Fail if the role cannot be assumed, or may not write the log (CodeBuild guide, "Troubleshooting")."""
        role, arn, logs = self.build.facts["serviceRole"], self.build.facts["arn"], self.build.facts["logs"]
        project = (
            f"arn:{self.partition}:codebuild:{self.region}:{self.account}:project/{self.build.facts['projectName']}"
        )
        if not iam.can_be_assumed(self.account, role, "codebuild.amazonaws.com", project):
            raise _Unfit("ACCESS_DENIED", f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}")
        if "groupName" not in logs:
            return
        group = f"arn:{self.partition}:logs:{self.region}:{self.account}:log-group:{logs['groupName']}"
        stream = f"{group}:log-stream:{logs['streamName']}"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if not any(permissions.is_allowed(self.account, role, action, one) for one in (stream, f"{group}:*")):
                message = f"does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build {arn}"
                raise _Unfit("ACCESS_DENIED", f"Service role {role} {message}. It may not {action} on {stream}")
        backend = logs_backends[self.account][self.region]
        if logs["groupName"] not in backend.groups:
            if not permissions.is_allowed(self.account, role, "logs:CreateLogGroup", group):
                raise _Unfit("ACCESS_DENIED", f"Service role {role} may not logs:CreateLogGroup on {group}")
            backend.create_log_group(logs["groupName"], {})
        backend.create_log_stream(logs["groupName"], logs["streamName"])

    def _environment(self, sources: Path) -> tuple[dict[str, str], list[str]]:
        """The commands' environment, and which values are secret (CodeBuild guide, "Environment variables")."""
        facts, found, hidden = self.build.facts, dict[str, str](), list[str]()
        for one in facts["environment"]["environmentVariables"]:
            found[one["name"]] = one["value"]
            if (kind := one.get("type", "PLAINTEXT")) != "PLAINTEXT":
                hidden.append(one["name"])
                found[one["name"]] = self._value(kind, one["value"])
        return found | {
            "LANG": "C.UTF-8",
            "CI": "true",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "CODEBUILD_BUILD_ID": self.build.id,
            "CODEBUILD_BUILD_ARN": facts["arn"],
            "CODEBUILD_BUILD_NUMBER": str(self.build.number),
            "CODEBUILD_BUILD_IMAGE": facts["environment"]["image"],
            "CODEBUILD_INITIATOR": facts["initiator"],
            "CODEBUILD_LOG_PATH": facts["logs"].get("streamName", ""),
            "CODEBUILD_PROJECT_NAME": facts["projectName"],
            "CODEBUILD_RESOLVED_SOURCE_VERSION": facts.get("resolvedSourceVersion", ""),
            "CODEBUILD_SOURCE_VERSION": facts.get("sourceVersion", facts.get("resolvedSourceVersion", "")),
            "CODEBUILD_SOURCE_REPO_URL": facts["source"].get("location", ""),
            "CODEBUILD_SRC_DIR": str(sources),
            "CODEBUILD_START_TIME": str(int(self.build.started * 1000)),
        }, hidden

    def _resolved(self, kind: str, reference: str) -> str:
        """The value of a secret or parameter that the buildspec refers to."""
        with overlay.lock:
            return self._value(kind, reference)

    def _value(self, kind: str, reference: str) -> str:
        """The value of a variable of that type, read with the permissions of the build's role."""
        return self._secret(reference) if kind == "SECRETS_MANAGER" else self._parameter(reference)

    def _secret(self, reference: str) -> str:
        """`secret-id:json-key:version-stage:version-id` (CodeBuild guide, "Build specification reference")."""
        parts = reference.split(":")
        where = 7 if reference.startswith("arn:") else 1
        name, (key, stage, version) = ":".join(parts[:where]), [*parts[where:], "", "", ""][:3]
        backend = secretsmanager_backends[self.account][self.region]
        whole, arn = secret_value(backend, name, stage, version), name
        for secret in dict.values(backend.secrets):
            arn = secret.arn if name in (secret.name, secret.arn, secret.arn[:-7]) else arn
        self._may("secretsmanager:GetSecretValue", arn, "Secrets Manager Error Message")
        try:
            value = whole if not key else json.loads(whole or "{}").get(key)
        except ValueError:
            value = None
        if value is None:
            message = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
            raise _Unfit("Secrets Manager Error Message", message)
        return str(value)

    def _parameter(self, name: str) -> str:
        """A parameter of Systems Manager, by its name or ARN."""
        name = name.rpartition(":parameter")[2] if name.startswith("arn:") else name
        arn = f"arn:{self.partition}:ssm:{self.region}:{self.account}:parameter/{name.lstrip('/')}"
        self._may("ssm:GetParameters", arn, "Parameter Store Error Message")
        found = parameter_value(self.account, self.region, name)
        if found is None:
            raise _Unfit("Parameter Store Error Message", f"ParameterNotFound: {name}")
        return found

    def _may(self, action: str, arn: str, code: str) -> None:
        if not permissions.is_allowed(self.account, self.build.facts["serviceRole"], action, arn):
            message = (
                f"AccessDeniedException: the service role is not authorized to perform: {action} on resource: {arn}"
            )
            raise _Unfit(code, message)

    def _say(self, line: str) -> None:
        """Write a line of the log, which also shows the current phase. Raises _StoppedError if it was stopped."""
        if self.build.stopped is not None:
            raise _StoppedError
        entered = _ENTERING.match(line)
        if entered:
            now, steps = clock.now(), self.commands.steps
            with overlay.lock:
                steps[-1].ended = steps[-1].ended or now
                steps.append(Step(entered[1], now))
        self.lines.append({"timestamp": int(clock.now() * 1000), "message": f"{line}\n"})
        if entered or time.monotonic() - self.written > _FLUSH:
            self._flush()

    def _flush(self) -> None:
        lines, self.lines, self.written = self.lines, [], time.monotonic()
        logs = self.build.facts["logs"]
        with overlay.lock:
            group = logs_backends[self.account][self.region].groups.get(logs.get("groupName", ""))
            if lines and group is not None and logs["streamName"] in group.streams:
                logs_backends[self.account][self.region].put_log_events(logs["groupName"], logs["streamName"], lines)

    def _conclude(self, result: buildspec.Result, made: dict[str, bytes]) -> None:
        """Record the outcome of the buildspec, phase by phase."""
        now, self.build.exported = clock.now(), result.exported
        began = {step.name: step.began for step in self.commands.steps}
        steps = self.commands.steps[:1]
        for phase in result.phases:
            failure = Failure(phase.type, *_context(phase)) if phase.status != "SUCCEEDED" else None
            steps.append(Step(phase.type, began.get(phase.type, now), None, failure))
        if not any(step.failure for step in steps):
            with overlay.lock:
                steps[-1].failure = codebuild_builds.undelivered(self.account, self.build, made)
        for step, following in itertools.pairwise(steps):
            step.ended = following.began
        self._end(steps)

    def _finish(self, failure: Failure) -> None:
        """Fail in the current phase."""
        steps = self.commands.steps
        steps[-1].failure = failure
        self._end(steps)

    def _end(self, steps: list[Step]) -> None:
        self._flush()
        with overlay.lock:
            steps[-1].ended = clock.now()
            self.commands.steps, self.commands.done = steps, True


def _context(phase: buildspec.PhaseResult) -> tuple[str, str]:
    if not phase.contexts:
        return "COMMAND_EXECUTION_ERROR", ""
    return phase.contexts[0].status_code, phase.contexts[0].message


def _install(folder: Path) -> str:
    """Install the stand-ins for docker and aws in a folder, and return it."""
    folder.mkdir()
    for name in ("docker", "aws", "inspector-sbomgen"):
        program = folder / name
        words = shlex.join([sys.executable, "-IS", str(_TOOLS), name])
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
    return str(folder)
