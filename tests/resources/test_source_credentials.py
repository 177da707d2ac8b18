import pytest

from ecsctl.engine.plan import Verb
from ecsctl.engine.resource import Contents
from ecsctl.engine.secret import Secret
from ecsctl.errors import EcsctlError, ResourceFailed, Several
from ecsctl.ids import RoleName
from ecsctl.resources.source_credentials import TAG, SourceCredentials
from ecsctl.resources.support.project_parts import uses_account_credentials
from tests.rows.delivery import CANARY, IMAGE, NAMES, NEXT, REPOSITORY, SECRET, TOKEN, stack_of

PART = "github-credentials"
BOTH = stack_of(PART)
ROLE = NAMES.role("build")


def listed(cloud):
    return cloud.boto("codebuild").list_source_credentials()["sourceCredentialsInfos"]


def tag_of(cloud):
    tags = cloud.boto("iam").list_role_tags(RoleName=ROLE)["Tags"]
    return next((tag["Value"] for tag in tags if tag["Key"] == TAG), None)


def somebodys(cloud, kind="PERSONAL_ACCESS_TOKEN", token="ghp_theirs"):  # noqa: S107 - opens nothing
    cloud.boto("codebuild").import_source_credentials(serverType="GITHUB", authType=kind, token=token)
    return listed(cloud)


def other_project(cloud):
    """A project of the account that is not ours and has no credentials of its own."""
    cloud.clock.sleep(60)
    cloud.boto("codebuild").create_project(
        name="theirs",
        source={"type": "GITHUB", "location": REPOSITORY},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "ARM_CONTAINER", "image": IMAGE, "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=cloud.boto("iam").get_role(RoleName="theirs")["Role"]["Arn"],
    )


@pytest.fixture
def their_role(cloud):
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"codebuild.amazonaws.com"},"Action":"sts:AssumeRole"}]}'  # noqa: E501 - one document
    cloud.boto("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=trust)


def test_the_tag_on_the_role_says_that_they_are_ours_and_by_which_token(cloud):
    cloud.up(BOTH)
    assert [one["authType"] for one in listed(cloud)] == ["PERSONAL_ACCESS_TOKEN"]
    assert tag_of(cloud) == f"{PART}:{TOKEN.digest}"
    assert cloud.see(PART, SourceCredentials(token=TOKEN, role=RoleName(ROLE))).actual == SourceCredentials(
        token=TOKEN, role=RoleName(ROLE)
    )


@pytest.mark.parametrize(("kind", "token"), [("PERSONAL_ACCESS_TOKEN", "ghp_theirs"), ("SECRETS_MANAGER", SECRET)])
def test_somebody_elses_are_used_as_they_are_and_survive_everything(cloud, kind, token):
    before = somebodys(cloud, kind, token)
    step = next(step for step in cloud.plan(BOTH).steps if step.name == PART)
    assert (step.verb, step.reason) == (Verb.KEEP, "not ours: used, never changed")
    cloud.up(BOTH)
    cloud.up(stack_of(PART, **{"github-credentials": {"token": Secret.of(NEXT)}}))
    assert cloud.plan(BOTH).work == ()
    assert tag_of(cloud) is None
    cloud.down()
    assert listed(cloud) == before


def test_credentials_of_another_form_that_took_the_place_of_ours_are_theirs(cloud):
    cloud.up(BOTH)
    before = somebodys(cloud, "SECRETS_MANAGER", SECRET)
    assert cloud.plan(BOTH).work == ()
    assert cloud.up(stack_of(PART, **{"github-credentials": {"token": Secret.of(NEXT)}})).work == ()
    cloud.down()
    assert listed(cloud) == before


def test_up_repairs_a_run_that_died_between_tag_and_import(cloud):
    cloud.up(stack_of("build-role"))
    with cloud.dying_before("codebuild", "ImportSourceCredentials"):
        SourceCredentials(token=TOKEN, role=RoleName(ROLE)).create(cloud.aws, cloud.label(PART))
    assert (tag_of(cloud) is not None, listed(cloud)) == (True, [])
    cloud.up(BOTH)
    assert len(listed(cloud)) == 1


def test_a_tag_without_credentials_goes_when_they_are_no_longer_desired(cloud):
    cloud.up(stack_of("build-role"))
    with cloud.dying_before("codebuild", "ImportSourceCredentials"):
        cloud.up(BOTH)
    cloud.up(stack_of("build-role"))
    assert tag_of(cloud) is None
    theirs = somebodys(cloud)
    cloud.down()
    assert listed(cloud) == theirs


def test_a_death_between_a_new_token_and_its_digest_repeats_the_import(cloud):
    cloud.up(BOTH)
    desired = SourceCredentials(token=Secret.of(NEXT), role=RoleName(ROLE))
    with cloud.dying_before("iam", "TagRole"):
        desired.update(cloud.aws, cloud.label(PART), cloud.see(PART, desired).ids, frozenset({"token"}))
    assert cloud.see(PART, desired).actual.token != desired.token
    cloud.up(stack_of(PART, **{"github-credentials": {"token": desired.token}}))
    assert tag_of(cloud) == f"{PART}:{desired.token.digest}"


def test_no_longer_desired_they_go_and_the_tag_with_them(cloud):
    cloud.up(BOTH)
    cloud.up(stack_of("build-role"))
    assert (listed(cloud), tag_of(cloud)) == ([], None)


def test_credentials_that_another_project_uses_survive_down(cloud, their_role):
    cloud.up(stack_of("build"))
    other_project(cloud)
    before = listed(cloud)
    ids = cloud.see(PART, SourceCredentials(token=TOKEN, role=RoleName(ROLE))).ids
    message = "CodeBuild keeps the token: theirs of this account uses it too"
    assert SourceCredentials.contents(cloud.aws, ids) == Contents(message)
    cloud.down()
    assert listed(cloud) == before
    assert cloud.boto("codebuild").list_projects()["projects"] == ["theirs"]


@pytest.mark.parametrize(
    ("leans", "source"),
    [
        (True, {"type": "GITHUB"}),
        (True, {"type": "GITHUB", "auth": {"type": "OAUTH"}}),
        (False, {"type": "GITHUB", "auth": {"type": "CODECONNECTIONS", "resource": "arn"}}),
        (False, {"type": "GITHUB", "auth": {"type": "SECRETS_MANAGER", "resource": "arn"}}),
        (False, {"type": "CODEPIPELINE"}),
        (False, {"type": "S3"}),
    ],
)
def test_a_project_leans_on_the_accounts_credentials_if_it_has_none_of_its_own(leans, source):
    assert uses_account_credentials({"source": source}) is leans
    assert uses_account_credentials({"source": {"type": "S3"}, "secondarySources": [source]}) is leans


def test_the_token_is_in_no_word_of_a_refusal(cloud):
    cloud.up(stack_of("build-role"))
    somebodys(cloud)
    desired = SourceCredentials(token=TOKEN, role=RoleName(ROLE))
    with pytest.raises(Exception, match="already exists") as refused:
        desired.create(cloud.aws, cloud.label(PART))
    assert CANARY not in f"{refused.value!r} {refused.value} {desired!r} {desired}"


def test_a_role_that_vanishes_while_they_are_imported_leaves_no_token_behind(cloud, hear):
    iam = cloud.boto("iam")

    def others_down(**_):
        for name in iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
            iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
        iam.delete_role(RoleName=ROLE)

    hear(cloud.aws.client("codebuild"), "before-call.codebuild.ImportSourceCredentials", others_down)
    with pytest.raises(EcsctlError) as failed:
        cloud.up(BOTH)
    errors = failed.value.errors if isinstance(failed.value, Several) else (failed.value,)
    # The role itself fails too if it was not shown everywhere yet.
    assert any(isinstance(one, ResourceFailed) and "was deleted meanwhile" in one.message for one in errors)
    assert listed(cloud) == []
