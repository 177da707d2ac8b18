"""The program that runs the release command in CodeBuild: really run, on the sandbox, with its role's rights alone."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from botocore import xform_name

from ecsctl.buildspec import releasing
from ecsctl.ensure import policies
from ecsctl.in_build import release as program
from ecsctl.names import Names
from ecsctl.resources.support.policy_document import policy
from ecsctl.resources.support.rights import Scope
from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.requirements import Call, needed
from tests.releases.conftest import APP, Service, service
from tests.stack.conftest import ACCOUNT, REGION

__all__ = ["service"]

SCOPE = Scope(Names(APP, ACCOUNT, REGION), ACCOUNT, REGION)


class Cli:
    """The AWS CLI: its words become a call of the sandbox, which the role must be allowed."""

    def __init__(self, service: Service, role: str) -> None:
        self.service, self.role, self.denied = service, role, list[str]()

    def __call__(self, name: str, operation: str, *words: str) -> Any:
        client = self.service.boto(name)
        model = client.meta.service_model
        shape = next(model.operation_model(one) for one in model.operation_names if xform_name(one, "-") == operation)
        members = {xform_name(one, "-"): one for one in shape.input_shape.members}
        if words[0] == "--generate-cli-skeleton":
            return dict.fromkeys(shape.input_shape.members)
        given: dict[str, Any] = {}
        for option, value in zip(words[::2], words[1::2], strict=True):
            if option == "--cli-input-json":
                given |= json.loads(value)
                continue
            member = members[option.removeprefix("--")]
            kind = shape.input_shape.members[member].type_name
            given[member] = value if kind == "string" else json.loads(value) if value[0] in "[{" else [value]
        for one in needed(Call(name, shape.name, given, ACCOUNT, REGION)):
            if not permissions.is_allowed(ACCOUNT, self.role, one.action, one.resource, one.context):
                self.denied.append(f"{one.action} on {one.resource}")
        return getattr(client, xform_name(shape.name))(**given)


@pytest.fixture
def cli(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The CLI in a build whose artifact names another image than the one that serves."""
    service.start(service.push("v1"))
    role = service.trust("release", "codebuild.amazonaws.com")
    document = policy(policies.release(SCOPE, "task"))
    # The fixture's own role stands for the two of the app.
    document = document.replace(f"role/ecsctl/{APP}-{REGION}-execution", "role/tasks")
    service.boto("iam").put_role_policy(RoleName="release", PolicyName="ecsctl", PolicyDocument=document)
    service.clock.sleep(60)
    image = service.push("v2")
    (tmp_path / "docker_image_definition.json").write_text(json.dumps([{"name": APP, "imageUri": image}]))
    monkeypatch.chdir(tmp_path)
    variables = {"CLUSTER": APP, "SERVICE": APP, "CONTAINER_NAME": APP, "CODEBUILD_BUILD_ID": f"{APP}-release:1234",
                 "RELEASE_COMMAND": '["sh", "-c", "echo migrated; exit 0"]', "RELEASE_SECONDS": "600"}  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    made = Cli(service, role)
    monkeypatch.setattr(program, "aws", made)
    monkeypatch.setattr(program, "time", SimpleNamespace(sleep=service.clock.sleep, monotonic=service.clock.now))
    return made


def test_it_runs_one_task_with_the_new_image_and_no_more_rights_than_it_has(
    service: Service, cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    before = service.revisions
    assert program.main() == 0
    assert cli.denied == []
    said = capsys.readouterr().out
    assert "migrated" in said
    assert said.endswith("the release command ended with exit code 0\n")
    [arn] = service.ecs.list_tasks(cluster=APP, desiredStatus="STOPPED")["taskArns"]
    [task] = service.ecs.describe_tasks(cluster=APP, tasks=[arn], include=["TAGS"])["tasks"]
    ran = next(one for one in task["containers"] if one["name"] == APP)
    assert (task["group"], task["startedBy"], ran["exitCode"]) == ("ecsctl:release", "ecsctl", 0)
    assert ran["imageDigest"] in (Path.cwd() / "docker_image_definition.json").read_text()
    assert {"key": "ecsctl:resource", "value": "release"} in task["tags"]
    assert (service.runs, service.revisions) == ("hello:1", before)  # its revision is gone, and nothing is deployed


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["sh", "-c", "exit 3"], "ended with exit code 3"),
        (["sleep", "700"], "did not end within 10 minutes, and is stopped"),
    ],
)
def test_it_ends_as_the_command_does(
    service: Service, cli: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    command: list[str], says: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("RELEASE_COMMAND", json.dumps(command))
    assert program.main() in (1, 3)
    assert says in capsys.readouterr().out
    assert cli.denied == []
    service.clock.sleep(120)
    assert service.ecs.list_tasks(cluster=APP, startedBy="ecsctl")["taskArns"] == []


def test_one_that_is_stopped_is_a_failure_though_it_ends_with_0(
    service: Service, cli: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        service.clock.sleep(seconds)
        for arn in service.ecs.list_tasks(cluster=APP, startedBy="ecsctl")["taskArns"]:
            if service.ecs.describe_tasks(cluster=APP, tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING":
                service.ecs.stop_task(cluster=APP, task=arn, reason="ecsctl cancel")

    monkeypatch.setenv("RELEASE_COMMAND", '["sleep", "300"]')
    monkeypatch.setattr(program, "time", SimpleNamespace(sleep=sleep, monotonic=service.clock.now))
    assert program.main() == 1
    assert capsys.readouterr().out.endswith("the release command was stopped: ecsctl cancel\n")


def test_what_never_starts_is_a_failure(service: Service, cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    ecs.script_tasks(ACCOUNT, "v2", "missing-image")
    assert program.main() == 1
    assert "the release command did not run: CannotPullContainerError" in capsys.readouterr().out


def test_the_buildspec_holds_the_whole_program() -> None:
    [command] = yaml.safe_load(releasing())["phases"]["build"]["commands"]
    first, *lines, last = command.rstrip().splitlines()
    assert (first, last) == ("python3 - <<'PROGRAM'", "PROGRAM")
    assert "\n".join(lines) + "\n" == Path(str(program.__file__)).read_text()
