"""A user who carries out the fixes of `ecsctl why` literally, in a sandbox account."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ecsctl import session
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.cli import main
from ecsctl.operations import health_check
from ecsctl.sandbox import push
from ecsctl.sandbox.aws.ecs import http_requests
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.github import remote
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.why import Act, Cause, Diagnosis, Fix, Step, why
from tests.stack.conftest import ACCOUNT, REGION, shared_session

ORDINARY: dict[str, Any] = {
    "name": "hello",
    "github": {"repository": "ecsctl/hello"},
    "vpc": {"egress": "public"},
}
HOUR = 3600.0
Toml = dict[str, Any]


class Person:
    """The account and the project's folder."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.folder = clock, folder
        self.toml: Toml = {}
        # What is typed where a secret is asked for.
        self.stdin: str | io.TextIOWrapper = "ghp_" + "a1B2c3D4e5F6" * 3 + "\n"
        self.done: list[str] = []
        self.heard: Callable[..., None] | None = None  # hears of every call of a command
        self.write(ORDINARY)

    # the project

    def write(self, toml: Toml) -> None:
        """Write ecsctl.toml."""
        self.toml = json.loads(json.dumps(toml))
        (self.folder / "ecsctl.toml").write_text("\n".join(_tables(self.toml)))

    def set(self, key: str, value: Any) -> None:
        """Change one key of ecsctl.toml; None removes it."""
        *path, last = key.split(".")
        table = self.toml
        for name in path:
            table = table.setdefault(name, {})
        if value is None:
            table.pop(last, None)
        else:
            table[last] = value
        self.write(self.toml)

    # what stands in AWS

    def boto(self, service: str) -> Any:
        return shared_session().client(service)  # type: ignore[call-overload]  # the name is a variable here

    def aws(self) -> Aws:
        return Aws(Patience(self.clock), session=shared_session(), heard=self.heard)

    def why(self) -> Diagnosis:
        """Return what `ecsctl why` finds."""
        aws = self.aws()
        aws.read_only = True
        return why(aws, "hello", self.toml.get("domain", {}).get("name", ""))

    # hands

    def ecsctl(self, command: str) -> tuple[int, str]:
        """Run a command of ecsctl, confirming with yes. Returns exit code and output."""
        code, output = self.typed(command)
        if code == 2 and "--yes" in output:
            code, output = self.typed(f"{command} --yes")
        elif code == 2 and "there is no terminal to ask on" in output:
            code, output = self.typed(f"{command} -")
        return code, output

    def typed(self, command: str) -> tuple[int, str]:
        """The same, without a yes."""
        words, out = shlex.split(command), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            patch.setattr(sys, "argv", words)
            typed = io.StringIO(self.stdin) if isinstance(self.stdin, str) else self.stdin
            patch.setattr(sys, "stdin", typed)
            patch.chdir(self.folder)
            patch.setattr(session.Place, "aws", lambda *_a, **_k: self.aws())
            patch.setattr(health_check, "over_http", http_requests.visit)  # no name of the sandbox's leads anywhere
            try:
                main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
                return code, out.getvalue()
        raise AssertionError("main() always exits")

    def call(self, command: str) -> None:
        """Run a command of the AWS CLI as the same API call, by its model. Raises AWS's errors."""
        _, service, operation, *words = shlex.split(command)
        if (service, operation) == ("logs", "tail"):
            return
        client = self.boto(service)
        name = "".join(part.title() for part in operation.split("-"))
        shape = client.meta.service_model.operation_model(name).input_shape
        given: dict[str, Any] = {}
        while words:
            option = words.pop(0).removeprefix("--")
            given[option] = words.pop(0) if words and not words[0].startswith("--") else True
        members = {member.lower(): (member, kind.type_name) for member, kind in shape.members.items()}
        parameters: dict[str, Any] = {}
        for option, value in _whole(service, given).items():
            member, kind = members[option.replace("-", "").lower()]
            parameters[member] = int(value) if kind == "integer" else value
        getattr(client, operation.replace("-", "_"))(**parameters)

    def push(self) -> str:
        """Commit and push, which starts a pipeline if there is one."""
        made = push.push("main")
        commit: str = made["commit"]
        if not made["began"]:  # GitHub has it, though nobody of AWS's listens
            remote.push(ACCOUNT, REGION, "ecsctl/hello", "main", commit)
        self.clock.sleep(HOUR / 2)
        self.why()  # a read brings the sandbox to now: what is scripted later does not change anything earlier
        return commit

    def do(self, fix: Fix, values: Mapping[str, Any], hand: Callable[[Person], None] | None) -> None:
        """Carry out a fix, step by step. `values` are what only the user knows, `hand` what is done elsewhere."""
        for step in fix.steps:
            self.done.append(str(step))
            self._step(step, values, hand)

    def _step(self, step: Step, values: Mapping[str, Any], hand: Callable[[Person], None] | None) -> None:
        match step.act:
            case Act.RUN:
                command = _filled(step.what, values)
                if command.startswith("aws "):
                    self.call(command)
                else:
                    code, output = self.ecsctl(command)
                    found = command == "ecsctl plan" and "refused" in output  # it tells what `up` would not do
                    assert code == 0 or found, f"{command}: {output}"
            case Act.SET:
                literal = tomllib.loads(f"x {step.value}")["x"] if step.value.startswith("= ") else None
                self.set(step.what, values.get(step.what) if literal is None else literal)
            case Act.PUSH:
                self.push()
            case Act.CODE:
                if hand:
                    hand(self)
            case Act.ASK:
                assert hand, f"a person must act: {step.what}"
                hand(self)
            case Act.WAIT:
                if hand:  # AWS's part
                    hand(self)
                self.clock.sleep(HOUR)


def only_reads(fix: Fix) -> bool:
    """Whether a fix only shows more, and changes nothing."""
    reads = ("ecsctl logs", "ecsctl status", "ecsctl plan", "ecsctl pipeline logs", "ecsctl creds status", "aws logs")
    return all(step.act == Act.RUN and step.what.startswith(reads) for step in fix.steps)


def named(found: Diagnosis) -> list[str]:
    """The names of the causes."""
    return [cause.name for cause in found.causes]


def first(found: Diagnosis) -> Cause:
    """The first cause."""
    assert found.causes, "no cause"
    return found.causes[0]


@contextlib.contextmanager
def somebody(folder: Path) -> Iterator[Person]:
    """A person with an empty account and a project."""
    (folder / ".git").mkdir()
    with inprocess() as clock:
        yield Person(clock, folder)


def _tables(toml: Toml, path: str = "") -> Iterator[str]:
    plain = {key: value for key, value in toml.items() if not isinstance(value, dict)}
    if path and (plain or not toml):
        yield f"[{path}]"
    yield from (f"{key} = {_value(value)}" for key, value in plain.items())
    for key, value in toml.items():
        if isinstance(value, dict):
            yield from _tables(value, f"{path}.{key}" if path else key)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {_value(one)}' for key, one in value.items())}}}"
    return json.dumps(value)


def _filled(command: str, values: Mapping[str, Any]) -> str:
    """Replace a command's placeholders in capitals, and files that hold them, by the user's values."""
    words = shlex.split(command)
    return " ".join(shlex.quote(str(values.get(word.removeprefix("file://"), word))) for word in words)


def _whole(service: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options as the API has them: the CLI has short forms of EC2's rules."""
    if service != "ec2":
        return given
    group = {"group-id": given["group-id"]}
    if "ip-permissions" in given:
        assert given["ip-permissions"] == "IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]"
        return {**group, "ip-permissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}
    port = int(given["port"])
    pair = [{"GroupId": given["source-group"]}]
    rule = {"IpProtocol": given["protocol"], "FromPort": port, "ToPort": port, "UserIdGroupPairs": pair}
    return {**group, "ip-permissions": [rule]}
