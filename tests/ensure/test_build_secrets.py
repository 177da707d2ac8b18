"""What a build may read: its secrets and the registries that it logs in to, as references."""

import pytest

from ecsctl.config import Config
from ecsctl.ensure import build_secrets
from ecsctl.resources.build_project import EnvVar
from tests.stack.conftest import ACCOUNT, World, desired_stack, world  # noqa: F401 - a fixture

NPM = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:npm-AbCdEf"
HUB = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:hub-AbCdEf"
BUILD = {
    "secrets": {"NPM_TOKEN": f"{NPM}:token::", "license": f"arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/shop/license"},
    "logins": {"docker.io": HUB, "public.ecr.aws": "role", "210987654321.dkr.ecr.eu-west-1.amazonaws.com": "role"},
}


def test_values_are_references_and_parameters_go_by_name():
    build = Config.model_validate({"name": "shop", "build": BUILD}).build
    assert set(build_secrets.variables(build)) == {
        EnvVar("NPM_TOKEN", f"{NPM}:token", "SECRETS_MANAGER"),
        EnvVar("license", "/shop/license", "PARAMETER_STORE"),
        EnvVar("BUILD_LOGIN_USERNAME_1", f"{HUB}:username", "SECRETS_MANAGER"),
        EnvVar("BUILD_LOGIN_PASSWORD_1", f"{HUB}:password", "SECRETS_MANAGER"),
    }
    assert build.variables["BUILD_SECRETS"] == "NPM_TOKEN license"
    assert build.variables["BUILD_LOGIN_HOST_1"] == "docker.io"


def statements(world):  # noqa: F811 - the fixture
    iam = world.boto("iam")
    role = next(one["RoleName"] for one in iam.list_roles()["Roles"] if "build" in one["RoleName"])
    policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
    found = [iam.get_role_policy(RoleName=role, PolicyName=one)["PolicyDocument"]["Statement"] for one in policies]
    return {one["Sid"]: one for each in found for one in each}


def test_the_role_reads_these_and_no_others_and_only_while_they_are_configured(world: World) -> None:  # noqa: F811
    plain = desired_stack(domain=None, vpc={"egress": "public"}, pipeline={"mode": "build-only"})
    world.up(plain)
    before = statements(world)
    assert not {"Secrets", "Parameters", "EcrPublicLogin", "OtherRegistries"} & before.keys() - {"Secrets"}
    make = world.boto("secretsmanager").create_secret
    npm, hub = (make(Name=name, SecretString='{"token": "t"}')["ARN"] for name in ("npm", "hub"))
    world.boto("ssm").put_parameter(Name="/shop/license", Value="x", Type="SecureString")
    build = {
        "secrets": {**BUILD["secrets"], "NPM_TOKEN": f"{npm}:token::"},
        "logins": {**BUILD["logins"], "docker.io": hub},
    }
    world.up({**plain, "build": build})
    after = statements(world)
    assert {npm, hub} <= {*_listed(after["Secrets"]["Resource"])}
    assert _listed(after["Parameters"]["Resource"]) == [BUILD["secrets"]["license"]]
    assert after["EcrPublicLogin"]["Action"]
    assert _listed(after["OtherRegistries"]["Resource"]) == ["arn:aws:ecr:eu-west-1:210987654321:repository/*"]
    assert world.plan({**plain, "build": build}).work == ()
    world.up(plain)
    assert statements(world) == before


def _listed(found):
    return [found] if isinstance(found, str) else found


@pytest.mark.parametrize(("build", "expected"), [
    ('[build.logins]\n"ghcr.io" = "role"', 'build.logins."ghcr.io": is not an ECR registry'),
    ('[build.logins]\n"docker.io" = "hunter2"', "expected the ARN of a secret"),
    ('[build.secrets]\nTOKEN = "hunter2"', "build.secrets.TOKEN: expected the ARN of a secret"),
    (f'[build]\nenvironment = {{ A = "b" }}\nsecrets = {{ A = "{NPM}" }}',
     "build.secrets.A: is in build.environment too"),
    (f'[build.secrets]\nBUILD_CONTEXT = "{NPM}"', "build.secrets.BUILD_CONTEXT: is set by ecsctl itself"),
    (f'[build.secrets]\nCODEBUILD_X = "{NPM}"', "begins with CODEBUILD_"),
])  # fmt: skip
def test_what_is_no_secret_or_registry_is_refused(tmp_path, build, expected):
    from ecsctl import config
    from ecsctl.errors import ConfigError

    (tmp_path / "ecsctl.toml").write_text(f'name = "shop"\n[github]\nrepository = "acme/shop"\n{build}\n')
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path)
    text = f"{caught.value} {caught.value.why} {caught.value.hint}"
    assert expected in text, text
