"""The content of a buildspec: every key of version 0.2, as CodeBuild takes it.

After the AWS CodeBuild User Guide, "Build specification reference for CodeBuild". Everything that CodeBuild accepts is
accepted. If the sandbox does nothing with a key, `Buildspec.ignored_keys` says so in the sandbox's own words; only a
buildspec with which no build can start is an error, worded like CodeBuild's.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import yaml  # type: ignore[import-untyped]  # PyYAML ships no types
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError


class InvalidBuildspec(ValueError):
    """No build can start with this text. CodeBuild fails DOWNLOAD_SOURCE with YAML_FILE_ERROR and a message like
    this.
    """


def _listed(value: Any) -> Any:
    """A single string means a list of one; an empty key means none."""
    return [value] if isinstance(value, str) and value else value or ()


def _section(value: Any) -> Any:
    """A key with nothing after it is an empty section."""
    return value or {}


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Names = Annotated[dict[str, str], BeforeValidator(_section)]
Free = Annotated[dict[str, Any], BeforeValidator(_section)]
YesNo = Literal["yes", "no", "true", "false"]


class _Section(BaseModel):
    """A part of a buildspec. An undocumented key does nothing in CodeBuild either: it gets a note, not an error."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=lambda name: name.replace("_", "-"))

    def unknown(self, where: str = "") -> Iterator[str]:
        """The keys that CodeBuild does not document, here and below."""
        yield from (f"{where}{name}" for name in self.model_extra or {})
        for name in type(self).model_fields:
            below = getattr(self, name)
            if isinstance(below, _Section):
                yield from below.unknown(f"{where}{name.replace('_', '-') if name not in PHASES else name}.")


class Env(_Section):
    """The environment of the commands. The caller resolves the values behind `parameter_store` and
    `secrets_manager`.
    """

    shell: Literal["bash", "/bin/sh", "powershell.exe", "cmd.exe"] = "/bin/sh"
    variables: Names = {}
    parameter_store: Names = {}
    secrets_manager: Names = {}
    exported_variables: Texts = ()
    git_credential_helper: YesNo = "no"


class Phase(_Section):
    """Commands that run in order until one fails, and those that always run."""

    commands: Texts = ()
    finally_: Annotated[Texts, Field(alias="finally")] = ()
    on_failure: Annotated[str, Field(pattern=r"^(ABORT|CONTINUE|RETRY(-\d+)?(-.+)?)$")] | None = None
    run_as: str | None = None
    runtime_versions: Free = {}


PHASES = ("install", "pre_build", "build", "post_build")


class Phases(_Section):
    """The four phases that run commands, in this order."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=None)

    install: Annotated[Phase, BeforeValidator(_section)] = Phase()
    pre_build: Annotated[Phase, BeforeValidator(_section)] = Phase()
    build: Annotated[Phase, BeforeValidator(_section)] = Phase()
    post_build: Annotated[Phase, BeforeValidator(_section)] = Phase()


class Artifacts(_Section):
    """Which files a build passes on."""

    files: Annotated[Texts, Field(min_length=1)]
    exclude_paths: Texts = ()
    base_directory: str = "."
    discard_paths: YesNo = "no"
    enable_symlinks: YesNo = "no"
    name: str | None = None
    s3_prefix: str | None = None
    secondary_artifacts: Free = {}


class Buildspec(_Section):
    """All keys of version 0.2."""

    version: Literal["0.1", "0.2"]
    run_as: str | None = None
    env: Annotated[Env, BeforeValidator(_section)] = Env()
    proxy: Free = {}
    batch: Free = {}
    phases: Annotated[Phases, BeforeValidator(_section)]
    artifacts: Annotated[Artifacts | None, BeforeValidator(lambda value: value if value != "" else None)] = None
    cache: Free = {}
    reports: Free = {}

    def ignored_keys(self) -> Iterator[str]:
        """What CodeBuild would do with this text and the sandbox does not, one sentence each."""
        phases = {name: getattr(self.phases, name) for name in PHASES}
        if self.version == "0.1":
            yield "version 0.1: its commands run in one shell here, as in 0.2"
        if self.env.shell.endswith(".exe"):
            yield f"env.shell: there is no {self.env.shell} here, the commands run in /bin/sh"
        if self.run_as or any(phase.run_as for phase in phases.values()):
            yield "run-as: all commands run as the user who started the sandbox"
        if any(phase.runtime_versions for phase in phases.values()):
            yield "runtime-versions: nothing is installed, the commands find the programs of this machine"
        for name, phase in phases.items():
            if (phase.on_failure or "").startswith("RETRY"):
                yield f"phases.{name}.on-failure: nothing is retried, a failure ends the build"
        if _is_yes(self.env.git_credential_helper):
            yield "env.git-credential-helper: git finds no credentials"
        for key, played in (("proxy", "no proxy is used"), ("batch", "one build runs, without the batch"),
                            ("cache", "nothing is kept from one build to the next"),
                            ("reports", "no report is made")):  # fmt: skip
            if getattr(self, key):
                yield f"{key}: {played}"
        if self.artifacts and self.artifacts.secondary_artifacts:
            yield "artifacts.secondary-artifacts: only the primary artifact is handed on"
        for name in self.unknown():
            yield f"{name}: CodeBuild documents no such key, it does nothing"


def parse(text: str) -> Buildspec:
    """Read a buildspec. Raises InvalidBuildspec, naming the place but never a value: values may be secret."""
    try:
        # Every scalar stays the string that was written: `0.2`, `NO` and `08` mean themselves in a buildspec.
        written = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # BaseLoader makes strings, lists and mappings
        return Buildspec.model_validate(_lowered(written))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidBuildspec(f"{error.problem} at line {line}") from None
    except yaml.YAMLError:
        raise InvalidBuildspec("not a YAML text") from None
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        messages = [f"{'.'.join(map(str, problem['loc'])) or 'buildspec'}: {problem['msg']}" for problem in problems]
        raise InvalidBuildspec("; ".join(messages)) from None


def _lowered(written: Any) -> Any:
    """`yes`, `NO` or `True` of a switch in lower case: YAML accepts all of them."""
    switches = ("git-credential-helper", "discard-paths", "enable-symlinks")
    if isinstance(written, dict):
        return {
            name: value.lower() if name in switches and isinstance(value, str) else _lowered(value)
            for name, value in written.items()
        }
    return written


def _is_yes(value: str) -> bool:
    return bool(re.fullmatch("yes|true", value))
