"""The webhooks of pipelines."""

import json

import pytest
from answers import refused

from ecsctl.sandbox.github import remote


class TestWebhooks:
    desired = {  # noqa: RUF012 - a constant of the tests
        "name": "orders",
        "targetPipeline": "orders",
        "targetAction": "Source",
        "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}],
        "authentication": "GITHUB_HMAC",
        "authenticationConfiguration": {"SecretToken": "s3cret"},
    }

    @pytest.fixture
    def webhook(self, pipeline, made):
        return pipeline.put_webhook(webhook=self.desired, tags=[{"key": "owner", "value": "me"}])["webhook"]

    def test_its_secret_is_never_returned(self, pipeline, webhook):
        found = pipeline.list_webhooks()["webhooks"]
        assert [one["definition"]["name"] for one in found] == ["orders"]
        assert found[0]["tags"] == [{"key": "owner", "value": "me"}]
        assert found[0]["definition"]["authenticationConfiguration"] == {"SecretToken": "****"}
        assert "s3cret" not in json.dumps([webhook, found])

    def test_putting_it_again_changes_it_and_keeps_its_url(self, pipeline, webhook):
        again = pipeline.put_webhook(webhook=self.desired | {"filters": [{"jsonPath": "$.ref"}]})["webhook"]
        assert again["url"] == webhook["url"]
        assert again["definition"]["filters"] == [{"jsonPath": "$.ref"}]
        assert len(pipeline.list_webhooks()["webhooks"]) == 1

    def test_a_deleted_one_comes_back_with_another_url(self, pipeline, webhook):
        pipeline.delete_webhook(name="orders")
        pipeline.delete_webhook(name="orders")
        assert pipeline.list_webhooks()["webhooks"] == []
        assert pipeline.put_webhook(webhook=self.desired)["webhook"]["url"] != webhook["url"]

    def test_github_knows_it_from_registering_to_deregistering(self, pipeline, webhook):
        assert remote.github_hooks() == []
        pipeline.register_webhook_with_third_party(webhookName="orders")
        assert remote.github_hooks() == [["me/orders", webhook["url"]]]
        pipeline.deregister_webhook_with_third_party(webhookName="orders")
        assert remote.github_hooks() == []

    def test_deleting_it_registered_leaves_the_hook_on_github(self, pipeline, webhook):
        pipeline.register_webhook_with_third_party(webhookName="orders")
        pipeline.delete_webhook(name="orders")
        assert remote.github_hooks() == [["me/orders", webhook["url"]]]

    def test_a_revoked_token_neither_registers_nor_deregisters(self, pipeline, webhook):
        remote.revoke_github_token()
        code, message = refused(pipeline.register_webhook_with_third_party, webhookName="orders")
        assert code == "ValidationException"
        assert message.startswith(
            "Webhook could not be registered with GitHub. Error cause: Invalid credentials [StatusCode: 401"
        )
        remote.revoke_github_token(works=True)
        pipeline.register_webhook_with_third_party(webhookName="orders")
        remote.revoke_github_token()
        assert refused(pipeline.deregister_webhook_with_third_party, webhookName="orders")[0] == "ValidationException"

    def test_unknown_webhooks_are_refused(self, pipeline):
        for call in (pipeline.register_webhook_with_third_party, pipeline.deregister_webhook_with_third_party):
            assert refused(call, webhookName="ghost")[0] == "WebhookNotFoundException"

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"targetPipeline": "ghost"}, "PipelineNotFoundException"),
            ({"targetAction": "Build"}, "ValidationException"),
            ({"authenticationConfiguration": {}}, "InvalidWebhookAuthenticationParametersException"),
            ({"authentication": "UNAUTHENTICATED"}, "InvalidWebhookAuthenticationParametersException"),
            ({"filters": [{"jsonPath": "ref"}]}, "InvalidWebhookFilterPatternException"),
            ({"authenticationConfiguration": {"SecretToken": "x" * 101}}, "ValidationException"),
        ],
    )
    def test_webhooks_that_cannot_be_are_refused(self, pipeline, made, changed, code):
        assert refused(pipeline.put_webhook, webhook=self.desired | changed)[0] == code

    def test_it_has_tags_of_its_own(self, pipeline, webhook):
        pipeline.tag_resource(resourceArn=webhook["arn"], tags=[{"key": "app", "value": "orders"}])
        pipeline.untag_resource(resourceArn=webhook["arn"], tagKeys=["owner"])
        found = pipeline.list_tags_for_resource(resourceArn=webhook["arn"])["tags"]
        assert found == [{"key": "app", "value": "orders"}]
