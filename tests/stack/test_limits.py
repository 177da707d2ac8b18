"""Limits of AWS on the whole, though each option of ecsctl.toml is valid: reported before the first change."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.resource import Resource
from ecsctl.ensure import limits
from ecsctl.errors import ConfigError, EcsctlError
from ecsctl.sandbox.aws.ecr import put_image
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack

SECRETS = {f"SECRET_{n}": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{'s' * 100}{n}-AbCdEf" for n in range(60)}
PARAMETERS = {f"SECRET_{n}": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{'p' * 100}{n}" for n in range(80)}
TESTS = [{"name": f"{'t' * 95}{n}", "buildspec": "tests.yml"} for n in range(50)]
LARGE: list[tuple[dict[str, Any], str]] = [
    ({"service": {"environment": {"CONFIG": "x" * 66_000}}}, "service.environment"),
    ({"service": {"environment": {"CONFIG": "ü" * 33_000}}}, "service.environment"),  # bytes, not characters
    ({"service": {"command": ["run", "x" * 66_000]}}, "service.command"),
    ({"service": {"secrets": SECRETS}}, "service.secrets"),
    ({"service": {"secrets": PARAMETERS}}, "service.secrets"),
    ({"pipeline": {"tests": TESTS}}, "pipeline.tests"),
]
STRANGE: list[tuple[dict[str, Any], str]] = [
    ({"domain": {"certificate_arn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1b"}},
     "domain.certificate_arn is of us-east-1, but a load balancer in eu-central-1"),
    ({"domain": {"certificate_arn": f"arn:aws:acm:{REGION}:000000000000:certificate/1b"}},
     "domain.certificate_arn is of account 000000000000"),
    ({"permissions_boundary": "arn:aws:iam::000000000000:policy/b"}, "permissions_boundary is of account 0000"),
    ({"permissions_boundary": "arn:aws-cn:iam::aws:policy/b"},
     "permissions_boundary is of the partition aws-cn, but eu-central-1 is of aws"),
    ({"service": {"secrets": {"DB": f"arn:aws-us-gov:ssm:us-gov-west-1:{ACCOUNT}:parameter/db"}}},
     "service.secrets.DB is of the partition aws-us-gov"),
]  # fmt: skip


def refused(world: World, configured: dict[str, Any]) -> ConfigError:
    """Returns what `up` says, having changed nothing."""
    calls: list[str] = []
    world.heard = lambda _service, operation, *_: calls.append(operation)
    before = world.exact()
    with pytest.raises(ConfigError) as caught:
        world.up(configured)
    assert world.exact() == before
    assert [one for one in calls if one.startswith(("create", "put", "run", "start", "allocate", "register"))] == []
    return caught.value


@pytest.mark.parametrize(("changed", "key"), LARGE)
def test_what_is_too_large_together_is_reported_by_the_users_own_key(
    world: World, changed: dict[str, Any], key: str
) -> None:
    error = refused(world, desired_stack(**changed))
    assert key in error.message
    assert "expected at most" in error.message


@pytest.mark.parametrize(("changed", "message"), STRANGE)
def test_what_is_of_another_place_is_refused_before_anything_is_made(
    world: World, changed: dict[str, Any], message: str
) -> None:
    assert message in refused(world, desired_stack(**changed)).message


def test_each_limit_is_awss_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check before, the sandbox refuses as AWS does, half way."""
    monkeypatch.setattr("ecsctl.blueprint.check", lambda *_: None)
    with pytest.raises(EcsctlError, match="RegisterTaskDefinition"):
        world.up(desired_stack(domain=None, github=None, **LARGE[0][0]), image="public.ecr.aws/x/y:1")
    assert world.boto("iam").list_roles(PathPrefix="/ecsctl/")["Roles"]


def test_every_kind_that_can_be_too_large_names_the_options_behind_it(world: World) -> None:
    stack = world.open(desired_stack(pipeline={"tests": [{"name": "Smoke", "buildspec": "t.yml"}]})).desired_stack
    able = {
        name for name, node in stack.nodes.items() if type(node.desired).exceeded_limit is not Resource.exceeded_limit
    }
    assert limits.BEHIND.keys() <= able


OWN = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/builders:1"


def test_a_builds_image_in_ecr_is_pulled_with_the_role_that_builds(world: World) -> None:
    world.boto("ecr").create_repository(repositoryName="builders")
    put_image(ACCOUNT, REGION, "builders", ["1"])
    world.up(desired_stack(domain=None, build={"image": OWN}))
    [project] = world.boto("codebuild").batch_get_projects(names=["hello-build"])["projects"]
    assert project["environment"]["imagePullCredentialsType"] == "SERVICE_ROLE"
    builds = world.boto("codebuild").list_builds_for_project(projectName="hello-build")["ids"]
    found = world.boto("codebuild").batch_get_builds(ids=builds)["builds"]
    assert [one["buildStatus"] for one in found] == ["SUCCEEDED"]
    assert world.plan(desired_stack(domain=None, build={"image": OWN})).work == ()


def test_the_most_that_is_taken_is_taken() -> None:
    most = {"name": "hello", "service": {"desired_count": 251}}
    assert Config.model_validate(most).service.desired_count == 251
