"""CodeBuild's access to GitHub: source credentials and webhooks."""

import json

import pytest
from answers import refused
from configured import PAT, SECRET, desired

from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.github import remote


class TestCredentials:
    def import_(self, build, **changed):
        return build.import_source_credentials(**PAT | changed)["arn"]

    def test_there_is_one_for_a_kind_of_server_and_its_token_is_never_returned(self, build):
        arn = self.import_(build)
        assert arn == "arn:aws:codebuild:eu-central-1:123456789012:token/github"
        found = build.list_source_credentials()["sourceCredentialsInfos"]
        assert found == [{"arn": arn, "serverType": "GITHUB", "authType": "PERSONAL_ACCESS_TOKEN"}]

    def test_a_second_import_overwrites_by_default(self, build):
        self.import_(build)
        assert refused(self.import_, build=build, shouldOverwrite=False) == (
            "ResourceAlreadyExistsException",
            "Access token with server type GITHUB already exists. Delete its source credential and try again.",
        )
        self.import_(build, **SECRET)
        found = build.list_source_credentials()["sourceCredentialsInfos"]
        assert [one["authType"] for one in found] == ["SECRETS_MANAGER"]
        assert found[0]["resource"].endswith("secret:x-AbCdEf")

    def test_deleting_it_takes_it_from_everybody(self, build):
        arn = self.import_(build)
        assert build.delete_source_credentials(arn=arn)["arn"] == arn
        assert build.list_source_credentials()["sourceCredentialsInfos"] == []
        assert refused(build.delete_source_credentials, arn=arn)[0] == "ResourceNotFoundException"

    @pytest.mark.parametrize(
        "changed",
        [
            {"authType": "OAUTH"},
            {"authType": "BASIC_AUTH"},
            {"authType": "SECRETS_MANAGER"},
            {"serverType": "SOURCEFORGE"},
            {"authType": "CODECONNECTIONS", "token": "arn:aws:codeconnections:eu-central-1:1:connection/x"},
        ],
    )
    def test_what_cannot_be_imported_is_refused(self, build, changed):
        assert refused(self.import_, build=build, **changed)[0] == "InvalidInputException"
        assert build.list_source_credentials()["sourceCredentialsInfos"] == []

    def test_a_connection_must_be_complete(self, aws, build):
        arn = aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="hub")["ConnectionArn"]
        configured = {"authType": "CODECONNECTIONS", "token": arn}
        assert refused(self.import_, build=build, **configured) == (
            "InvalidInputException",
            f"Access denied to connection {arn}",
        )
        complete_handshake("hub")
        assert self.import_(build, **configured)

    def test_a_project_goes_through_a_connection_only_with_its_roles_permission(self, aws, build, role):
        arn = aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="hub")["ConnectionArn"]
        complete_handshake("hub")
        auth = {"type": "CODECONNECTIONS", "resource": arn}
        configured = desired(role, source={"type": "GITHUB", "location": "https://github.com/me/orders", "auth": auth})
        assert refused(build.create_project, **configured) == (
            "OAuthProviderException",
            f"Access denied to connection {arn}",
        )
        actions = ["codeconnections:GetConnectionToken", "codeconnections:GetConnection"]
        allow = {"Effect": "Allow", "Action": actions, "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        aws("iam").put_role_policy(RoleName="build", PolicyName="source", PolicyDocument=document)
        assert build.create_project(**configured)["project"]["source"]["auth"] == auth


class TestWebhooks:
    groups = [[{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": "^refs/heads/main$"}]]  # noqa: RUF012 - a constant of the tests

    @pytest.fixture
    def connected(self, build, project):
        build.import_source_credentials(**PAT)

    def test_without_a_credential_there_is_none(self, build, project):
        assert refused(build.create_webhook, projectName="orders", filterGroups=self.groups) == (
            "ResourceNotFoundException",
            "Could not find access token for server type github",
        )

    def test_its_secret_is_returned_once(self, build, connected):
        made = build.create_webhook(projectName="orders", filterGroups=self.groups)["webhook"]
        assert made["status"] == "ACTIVE"
        assert made["url"].startswith("https://api.github.com/repos/me/orders/hooks/")
        assert made["secret"]
        project = build.batch_get_projects(names=["orders"])["projects"][0]["webhook"]
        assert "secret" not in project
        assert project["filterGroups"] == [[{"excludeMatchedPattern": False} | one for one in self.groups[0]]]

    def test_there_is_one_for_a_project(self, build, connected):
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        again = refused(build.create_webhook, projectName="orders", filterGroups=self.groups)
        assert again[0] == "ResourceAlreadyExistsException"

    def test_it_is_updated_and_deleted(self, build, connected):
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        tagged = [[{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": "^refs/tags/.*"}]]
        webhook = build.update_webhook(projectName="orders", filterGroups=tagged)["webhook"]
        assert webhook["filterGroups"][0][1]["pattern"] == "^refs/tags/.*"
        assert "secret" not in webhook
        assert build.update_webhook(projectName="orders", rotateSecret=True)["webhook"]["secret"]
        build.delete_webhook(projectName="orders")
        assert "webhook" not in build.batch_get_projects(names=["orders"])["projects"][0]
        assert refused(build.delete_webhook, projectName="orders")[0] == "ResourceNotFoundException"
        assert refused(build.update_webhook, projectName="orders")[0] == "ResourceNotFoundException"

    @pytest.mark.parametrize(
        "group",
        [
            [{"type": "HEAD_REF", "pattern": "main"}],
            [{"type": "EVENT", "pattern": "SHOVE"}],
            [{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": "("}],
        ],
        ids=["no event", "unknown event", "no regular expression"],
    )
    def test_filters_that_cannot_be_are_refused(self, build, connected, group):
        assert refused(build.create_webhook, projectName="orders", filterGroups=[group])[0] == "InvalidInputException"

    def test_a_revoked_token_makes_and_deletes_none(self, build, connected):
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        remote.revoke_github_token()
        code, message = refused(build.delete_webhook, projectName="orders")
        assert code == "OAuthProviderException"
        assert "Repository not found or permission denied" in message
        assert "webhook" in build.batch_get_projects(names=["orders"])["projects"][0]
        remote.revoke_github_token(works=True)
        build.delete_webhook(projectName="orders")
        remote.revoke_github_token()
        assert refused(build.create_webhook, projectName="orders")[0] == "OAuthProviderException"

    def test_the_hook_on_github_goes_with_the_webhook_and_not_with_the_project(self, build, connected):
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        (hook,) = remote.github_hooks()
        assert hook[0] == "me/orders"
        build.delete_webhook(projectName="orders")
        assert remote.github_hooks() == []
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        build.delete_project(name="orders")
        assert len(remote.github_hooks()) == 1

    def test_a_project_without_such_a_source_can_have_none(self, build, role, connected):
        pipeline = {"source": {"type": "CODEPIPELINE"}, "artifacts": {"type": "CODEPIPELINE"}}
        build.create_project(**desired(role, name="piped", **pipeline))
        assert refused(build.create_webhook, projectName="piped")[0] == "InvalidInputException"
