"""The program that gives the jobs the new image in CodeBuild: really run on the sandbox, with its role's rights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ecsctl.buildspec import registering
from ecsctl.ensure import policies
from ecsctl.in_build import jobs as program
from ecsctl.resources.support.policy_document import policy
from tests.releases.conftest import APP, Service, service
from tests.stack.conftest import REGION
from tests.test_release_program import SCOPE, Cli

__all__ = ["service"]

FAMILIES = [f"{APP}_hourly", f"{APP}_nightly"]


@pytest.fixture
def cli(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The CLI in a build whose artifact names another image than the jobs have."""
    old = service.push("v1")
    for family in FAMILIES:
        service.register(old, family=family)
    role = service.trust("jobs", "codebuild.amazonaws.com")
    document = policy(policies.registering(SCOPE, ["hourly", "nightly"], [], web=True))
    # The fixture's own role stands for the two of the app.
    document = document.replace(f"role/ecsctl/{APP}-{REGION}-execution", "role/tasks")
    service.boto("iam").put_role_policy(RoleName="jobs", PolicyName="ecsctl", PolicyDocument=document)
    service.clock.sleep(60)
    image = service.push("v2")
    (tmp_path / "docker_image_definition.json").write_text(json.dumps([{"name": APP, "imageUri": image}]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONTAINER_NAME", APP)
    monkeypatch.setenv("JOB_FAMILIES", json.dumps(FAMILIES))
    made = Cli(service, role)
    monkeypatch.setattr(program, "aws", made)
    return made


def test_each_job_gets_the_image_once_and_no_more_rights_are_used_than_there_are(
    service: Service, cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    image = json.loads(Path("docker_image_definition.json").read_text())[0]["imageUri"]
    assert program.main() == 0
    assert cli.denied == []
    for family in FAMILIES:
        found = service.definition(family)
        assert (found["revision"], found["containerDefinitions"][0]["image"]) == (2, image)
        tags = service.ecs.list_tags_for_resource(resourceArn=found["taskDefinitionArn"])["tags"]
        assert {"key": "ecsctl:app", "value": APP} in tags
    assert program.main() == 0
    assert [service.definition(family)["revision"] for family in FAMILIES] == [2, 2]
    assert "has the image already" in capsys.readouterr().out


def test_without_an_image_nothing_is_registered(service: Service, cli: Cli) -> None:
    Path("docker_image_definition.json").write_text("[]")
    assert program.main() == 1
    assert [service.definition(family)["revision"] for family in FAMILIES] == [1, 1]


def test_the_buildspec_holds_the_whole_program() -> None:
    [command] = yaml.safe_load(registering())["phases"]["build"]["commands"]
    first, *lines, last = command.rstrip().splitlines()
    assert (first, last) == ("python3 - <<'PROGRAM'", "PROGRAM")
    assert "\n".join(lines) + "\n" == Path(str(program.__file__)).read_text()
