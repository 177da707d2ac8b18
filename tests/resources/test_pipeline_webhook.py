import pytest
from moto.codepipeline.models import codepipeline_backends

from ecsctl.engine.secret import Secret
from ecsctl.errors import EcsctlError
from ecsctl.ids import PipelineName
from ecsctl.resources.pipeline_webhook import PipelineWebhook
from ecsctl.sandbox.aws.codepipeline.webhooks import webhooks
from ecsctl.sandbox.github.remote import github_hooks, revoke_github_token
from tests.desired_stack import usual
from tests.rows.delivery import ACCOUNT_ID, CANARY, NEXT, REGION, TOKEN, pushed, stack_of

PART = "pipeline-webhook"
WEBHOOK = stack_of(PART)
CONFIG = usual(PipelineWebhook, name="shop", repository="ann/shop", pipeline=PipelineName("shop"), token=TOKEN)


def rotated(token=NEXT):
    return stack_of(PART, pipeline={"source": pushed(token)}, pipeline_webhook={"token": Secret.of(token)})


def definition():
    """The webhook as AWS keeps it, with its real secret."""
    return webhooks(codepipeline_backends[ACCOUNT_ID][REGION])["shop"].definition


def secret():
    return definition()["authenticationConfiguration"]["SecretToken"]


def hooked():
    """The repositories that have a hook at GitHub."""
    return [repository for repository, _ in github_hooks()]


def test_a_push_to_the_branch_calls_the_pipeline(cloud):
    cloud.up(WEBHOOK)
    assert hooked() == ["ann/shop"]
    made = definition()
    assert (made["targetPipeline"], made["targetAction"]) == ("shop", "Source")
    assert made["filters"] == [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}]
    assert made["authentication"] == "GITHUB_HMAC"


def test_its_secret_is_made_up_and_never_the_token(cloud):
    cloud.up(WEBHOOK)
    first = secret()
    assert len(first) == 64
    assert CANARY not in str(definition())
    assert first not in "".join(path.read_text() for path in cloud.folder.iterdir())
    cloud.down()
    cloud.up(WEBHOOK)
    assert secret() != first


def test_a_new_token_registers_it_anew_with_a_new_secret(cloud):
    cloud.up(WEBHOOK)
    cloud.clock.sleep(3600)
    before = secret()
    cloud.up(rotated())
    assert (hooked(), cloud.plan(rotated()).work) == (["ann/shop"], ())
    assert secret() != before


def test_another_repository_takes_the_hook_from_the_first(cloud):
    cloud.up(WEBHOOK)
    cloud.clock.sleep(3600)
    moved = stack_of(
        PART,
        pipeline={"source": type(pushed())("ann", "other", "main", TOKEN)},
        pipeline_webhook={"repository": "ann/other"},
    )
    cloud.up(moved)
    assert (hooked(), cloud.plan(moved).work) == (["ann/other"], ())


@pytest.mark.parametrize("call", ["RegisterWebhookWithThirdParty", "TagResource"])
def test_a_death_before_it_is_known_to_be_registered_is_repaired(cloud, call):
    cloud.up(stack_of("pipeline"))
    with cloud.dying_before("codepipeline", call):
        cloud.up(WEBHOOK)
    assert cloud.see(PART, CONFIG).actual.registered is False
    cloud.up(WEBHOOK)
    assert (hooked(), cloud.plan(WEBHOOK).work) == (["ann/shop"], ())


@pytest.mark.parametrize("call", ["DeregisterWebhookWithThirdParty", "PutWebhook", "RegisterWebhookWithThirdParty"])
def test_a_death_anywhere_in_a_new_registration_is_repaired(cloud, call):
    cloud.up(WEBHOOK)
    cloud.clock.sleep(3600)
    with cloud.dying_before("codepipeline", call):
        cloud.up(rotated())
    assert cloud.see(PART, CONFIG).actual.registered is False
    cloud.up(rotated())
    assert (hooked(), cloud.plan(rotated()).work) == (["ann/shop"], ())


def test_it_goes_from_aws_and_from_github(cloud):
    cloud.up(WEBHOOK)
    cloud.down()
    assert (hooked(), cloud.boto("codepipeline").list_webhooks()["webhooks"]) == ([], [])


def test_no_longer_desired_it_goes_from_github_too(cloud):
    cloud.up(WEBHOOK)
    cloud.up(stack_of("pipeline"))
    assert (hooked(), cloud.boto("codepipeline").list_webhooks()["webhooks"]) == ([], [])


def test_a_token_that_has_died_holds_up_nothing_but_the_hook_at_github(cloud):
    cloud.up(WEBHOOK)
    revoke_github_token()
    cloud.down()
    assert cloud.boto("codepipeline").list_webhooks()["webhooks"] == []
    assert hooked() == ["ann/shop"]


def test_a_token_that_may_not_make_hooks_is_reported_and_not_shown(cloud):
    cloud.up(stack_of("pipeline"))
    revoke_github_token()
    with pytest.raises(EcsctlError, match="GitHub rejects the token") as failed:
        cloud.up(WEBHOOK)
    assert "Bad credentials" in failed.value.why
    assert CANARY not in f"{failed.value!r}{failed.value.why}{failed.value.hint}"
    revoke_github_token(works=True)
    cloud.up(WEBHOOK)
    assert hooked() == ["ann/shop"]


def test_a_webhook_of_this_name_that_is_not_ours_is_refused(cloud):
    cloud.up(stack_of("pipeline"))
    theirs = {
        "name": "shop",
        "targetPipeline": "shop",
        "targetAction": "Source",
        "filters": [{"jsonPath": "$.ref"}],
        "authentication": "GITHUB_HMAC",
        "authenticationConfiguration": {"SecretToken": "theirs"},
    }
    cloud.boto("codepipeline").put_webhook(webhook=theirs)
    with pytest.raises(EcsctlError, match="not ours"):
        cloud.up(WEBHOOK)
    assert secret() == "theirs"
