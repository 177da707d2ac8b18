import re

import pytest
from botocore.exceptions import ClientError

from ecsctl.errors import EcsctlError
from ecsctl.resources.support import push_filter
from ecsctl.resources.support.github_side import try_at_github
from ecsctl.resources.support.project_parts import ACCOUNT, auth_of
from ecsctl.sandbox.github.remote import revoke_github_token
from tests.rows.delivery import NAMES, project, stack_of

BUILD = stack_of("build")


def builds_on(branch):
    return stack_of("build", build={"webhook_branch": branch})


def test_it_can_build_images_for_arm_by_itself(cloud):
    cloud.up(BUILD)
    made = project(cloud)
    machine = made["environment"]
    assert (machine["type"], machine["privilegedMode"], machine["imagePullCredentialsType"]) == (
        "ARM_CONTAINER",
        True,
        "CODEBUILD",
    )
    assert (made["source"]["type"], made["artifacts"]["type"]) == ("GITHUB", "NO_ARTIFACTS")
    assert made["logsConfig"]["cloudWatchLogs"] == {"status": "ENABLED", "groupName": "/aws/codebuild/shop-build"}
    assert "webhook" not in made
    assert "auth" not in made["source"]


def test_every_push_to_the_branch_builds_and_no_other(cloud):
    cloud.up(builds_on("release/1.x"))
    webhook = project(cloud)["webhook"]
    assert push_filter.branch(webhook) == "release/1.x"
    patterns = {one["type"]: one["pattern"] for one in webhook["filterGroups"][0]}
    assert patterns["EVENT"] == "PUSH"
    assert re.search(patterns["HEAD_REF"], "refs/heads/release/1.x")
    for other in ("refs/heads/release/1ax", "refs/heads/release/1.x-old", "x/refs/heads/release/1.x"):
        assert not re.search(patterns["HEAD_REF"], other)


def test_the_webhook_follows_the_configuration_and_goes_with_it(cloud):
    cloud.up(builds_on("main"))
    url = project(cloud)["webhook"]["payloadUrl"]
    cloud.up(builds_on("next"))
    assert (push_filter.branch(project(cloud)["webhook"]), project(cloud)["webhook"]["payloadUrl"]) == ("next", url)
    assert cloud.plan(builds_on("next")).work == ()
    cloud.up(BUILD)
    assert "webhook" not in project(cloud)


def test_a_filter_that_others_have_widened_is_drift(cloud):
    cloud.up(builds_on("main"))
    wide = [*push_filter.filters("main"), [{"type": "EVENT", "pattern": "PULL_REQUEST_CREATED"}]]
    cloud.boto("codebuild").update_webhook(projectName=NAMES.project, filterGroups=wide)
    assert {step.name: step for step in cloud.plan(builds_on("main")).work}["build"].changed == {"webhook_branch"}
    cloud.up(builds_on("main"))
    assert cloud.plan(builds_on("main")).work == ()


def test_a_webhook_that_failed_is_none():
    failed = {"filterGroups": push_filter.filters("main"), "status": "CREATE_FAILED"}
    assert push_filter.branch(failed) == ""
    assert push_filter.branch(failed | {"status": "ACTIVE"}) == "main"


@pytest.mark.parametrize("branch", ["main", "release/1.x", "feat+x", "a-b_c", "ünïcode", "with space", "x.$^y"])
def test_every_branch_comes_back_as_itself(branch):
    assert push_filter.branch({"filterGroups": push_filter.filters(branch)}) == branch


def test_tags_of_others_outlive_a_change(cloud):
    cloud.up(BUILD)
    tags = [*project(cloud)["tags"], {"key": "cost-center", "value": "42"}]
    cloud.boto("codebuild").update_project(name=NAMES.project, tags=tags)
    assert cloud.plan(BUILD).work == ()
    cloud.up(stack_of("build", build={"timeout_in_minutes": 5}))
    assert {"key": "cost-center", "value": "42"} in project(cloud)["tags"]


def test_the_consoles_word_for_the_accounts_credentials_is_no_drift():
    assert auth_of({"type": "GITHUB", "auth": {"type": "OAUTH"}}) == ACCOUNT
    assert auth_of({"type": "GITHUB"}) == ACCOUNT


def test_what_is_being_built_is_stopped_when_the_project_goes(cloud):
    cloud.up(BUILD)
    codebuild = cloud.boto("codebuild")
    build = codebuild.start_build(projectName=NAMES.project)["build"]["id"]
    assert codebuild.batch_get_builds(ids=[build])["builds"][0]["buildStatus"] == "IN_PROGRESS"
    cloud.down()
    assert codebuild.batch_get_builds(ids=[build])["builds"][0]["buildStatus"] == "STOPPED"


@pytest.mark.parametrize("works", [True, False])
def test_it_goes_with_its_webhook_or_without_when_the_token_has_died(cloud, works):
    cloud.up(builds_on("main"))
    revoke_github_token(works=works)
    cloud.down()
    assert cloud.boto("codebuild").list_projects()["projects"] == []


@pytest.mark.parametrize("code", ["OAuthProviderException", "ThrottlingException"])
def test_only_githubs_own_refusal_is_let_pass(code):
    def refused():
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DeleteWebhook")

    if code == "OAuthProviderException":
        assert try_at_github(refused, "OAuthProviderException") is False
    else:
        with pytest.raises(ClientError, match="Throttling"):
            try_at_github(refused, "OAuthProviderException")


def test_a_webhook_that_github_does_not_give_back_is_reported_while_the_project_stays(cloud):
    cloud.up(builds_on("main"))
    revoke_github_token()
    with pytest.raises(EcsctlError, match="does not let its webhook be made, or removed") as refused:
        cloud.up(BUILD)
    assert "DeleteWebhook" in (refused.value.why or "")
    revoke_github_token(works=True)
    cloud.up(BUILD)
    assert "webhook" not in project(cloud)
