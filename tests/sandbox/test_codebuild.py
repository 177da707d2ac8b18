import json

import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox import github
from ecsctl.sandbox.codebuild_builds import fail_next_build, limit_builds
from ecsctl.sandbox.codeconnections import complete_handshake

ARM = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
PAIRING = "Invalid input: when using CodePipeline both sourceType, and artifactType must be set to: CODEPIPELINE"


PAT = {"serverType": "GITHUB", "authType": "PERSONAL_ACCESS_TOKEN", "token": "ghp_1"}
SECRET = {"authType": "SECRETS_MANAGER", "token": "arn:aws:secretsmanager:eu-central-1:1:secret:x-AbCdEf"}


def trust(service):
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def role(aws, clock):
    made = aws("iam").create_role(RoleName="build", AssumeRolePolicyDocument=trust("codebuild.amazonaws.com"))
    clock.sleep(60)
    return made["Role"]["Arn"]


def wish(role, **changed):
    return {
        "name": "orders",
        "source": {"type": "GITHUB", "location": "https://github.com/me/orders.git"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {"type": "ARM_CONTAINER", "image": ARM, "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": role,
    } | changed


@pytest.fixture
def build(aws):
    return aws("codebuild")


@pytest.fixture
def project(build, role):
    return build.create_project(**wish(role))["project"]


class TestProjects:
    def test_a_project_is_told_with_aws_defaults(self, project):
        assert project["arn"] == "arn:aws:codebuild:eu-central-1:123456789012:project/orders"
        assert project["timeoutInMinutes"] == 60
        assert project["queuedTimeoutInMinutes"] == 480
        assert project["cache"] == {"type": "NO_CACHE"}
        assert project["environment"]["imagePullCredentialsType"] == "CODEBUILD"
        assert project["environment"]["privilegedMode"] is False
        assert project["logsConfig"]["cloudWatchLogs"] == {"status": "ENABLED"}
        assert project["tags"] == []
        assert project["created"] == project["lastModified"]

    def test_a_name_in_use_is_refused(self, build, project, role):
        assert refusal(build.create_project, **wish(role)) == (
            "ResourceAlreadyExistsException",
            f"Project already exists: {project['arn']}",
        )

    def test_unknown_names_are_listed_as_not_found(self, build, project):
        told = build.batch_get_projects(names=["orders", "ghost", project["arn"]])
        assert [one["name"] for one in told["projects"]] == ["orders", "orders"]
        assert told["projectsNotFound"] == ["ghost"]

    def test_a_fresh_role_cannot_be_assumed_yet(self, aws, build, clock):
        made = aws("iam").create_role(RoleName="new", AssumeRolePolicyDocument=trust("codebuild.amazonaws.com"))
        arn = made["Role"]["Arn"]
        told = f"CodeBuild is not authorized to perform: sts:AssumeRole on {arn}"
        assert refusal(build.create_project, **wish(arn)) == ("InvalidInputException", told)
        clock.sleep(60)
        assert build.create_project(**wish(arn))["project"]["serviceRole"] == arn

    def test_a_role_that_trusts_another_service_is_refused(self, aws, build, clock):
        made = aws("iam").create_role(RoleName="ecs", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com"))
        clock.sleep(600)
        code, told = refusal(build.create_project, **wish(made["Role"]["Arn"]))
        assert code == "InvalidInputException"
        assert "not authorized to perform: sts:AssumeRole" in told

    def test_a_role_that_is_not_there_is_refused(self, build):
        code, told = refusal(build.create_project, **wish("arn:aws:iam::123456789012:role/ghost"))
        assert (code, "not authorized to perform" in told) == ("InvalidInputException", True)

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"source": {"type": "CODEPIPELINE"}}, PAIRING),
            ({"artifacts": {"type": "CODEPIPELINE"}}, PAIRING),
            ({"source": {"type": "GITHUB"}}, "Project source location is required"),
            ({"source": {"type": "GITHUB", "location": "me/orders"}}, "valid GitHub repository URL"),
            ({"source": {"type": "NO_SOURCE"}}, "NO_SOURCE needs a buildspec"),
            ({"artifacts": {"type": "NO_ARTIFACTS", "location": "b"}}, "NO_ARTIFACTS should have null location"),
            ({"artifacts": {"type": "NO_ARTIFACTS", "name": "n"}}, "NO_ARTIFACTS should have null output name"),
            ({"artifacts": {"type": "S3"}}, "location must not be null"),
            ({"name": "a b"}, "Member must satisfy regular expression pattern"),
            ({"timeoutInMinutes": 2161}, "Member must have value less than or equal to 2160"),
            ({"tags": [{"key": "aws:x", "value": ""}]}, "must not start with aws:"),
            ({"serviceRole": "arn:aws:iam::999999999999:role/x"}, "does not match caller's account"),
            (
                {"source": {"type": "GITHUB", "location": "https://github.com/me/x", "auth": {"type": "OAUTH"}}},
                "No Access token found, please visit AWS CodeBuild console to connect to GitHub",
            ),
        ],
    )
    def test_what_aws_refuses_is_refused(self, build, role, changed, told):
        with_role = {"serviceRole": role} | changed
        code, message = refusal(build.create_project, **(wish(role) | with_role))
        assert code == "InvalidInputException"
        assert told in message
        assert build.list_projects()["projects"] == []

    @pytest.mark.parametrize(
        ("environment", "told"),
        [
            ({"type": "LINUX_CONTAINER"}, "environment type LINUX_CONTAINER and compute type BUILD_GENERAL1_SMALL"),
            ({"image": "aws/codebuild/standard:7.0"}, "curated image aws/codebuild/standard:7.0 is not supported"),
            ({"image": "aws/codebuild/amazonlinux-aarch64-standard:99.0"}, "is not supported"),
            ({"type": "SPARC_CONTAINER"}, "Member must satisfy enum value set"),
            ({"imagePullCredentialsType": "SERVICE_ROLE"}, "CODEBUILD credentials"),
            ({"environmentVariables": [{"name": "CODEBUILD_X", "value": ""}]}, "CODEBUILD_X is reserved"),
        ],
    )
    def test_environments_that_do_not_fit_are_refused(self, build, role, environment, told):
        fits = wish(role)["environment"]
        code, message = refusal(build.create_project, **wish(role, environment=fits | environment))
        assert code == "InvalidInputException"
        assert told in message

    def test_a_pinned_image_and_a_private_one_fit(self, build, role):
        fits = wish(role)["environment"]
        build.create_project(**wish(role, environment=fits | {"image": f"{ARM}-24.01.15"}))
        build.create_project(**wish(role, name="own", environment=fits | {"image": "example.com/image:1"}))

    def test_each_field_that_is_sent_is_replaced_whole_and_no_other(self, build, role, clock):
        variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
        environment = wish(role)["environment"] | {"privilegedMode": True, "environmentVariables": variables}
        tags = [{"key": "owner", "value": "me"}]
        before = build.create_project(**wish(role, environment=environment, tags=tags, description="old"))["project"]
        clock.sleep(5)
        after = build.update_project(name="orders", environment=wish(role)["environment"], description="")["project"]
        assert after["environment"]["environmentVariables"] == []
        assert after["environment"]["privilegedMode"] is False
        assert after["description"] == ""
        assert after["tags"] == tags
        assert after["source"] == before["source"]
        assert after["lastModified"] > before["lastModified"]
        assert build.update_project(name="orders", tags=[])["project"]["tags"] == []

    def test_an_update_is_checked_as_a_whole_and_changes_nothing_when_refused(self, build, project):
        code, told = refusal(build.update_project, name="orders", source={"type": "CODEPIPELINE"})
        assert (code, told) == ("InvalidInputException", PAIRING)
        assert build.batch_get_projects(names=["orders"])["projects"] == [project]

    def test_updating_what_is_not_there_is_refused(self, build):
        arn = "arn:aws:codebuild:eu-central-1:123456789012:project/ghost"
        assert refusal(build.update_project, name="ghost") == (
            "ResourceNotFoundException",
            f"Project cannot be found: {arn}",
        )

    def test_deleting_is_idempotent_and_frees_the_name(self, build, project, role):
        build.delete_project(name="orders")
        build.delete_project(name="orders")
        assert build.list_projects()["projects"] == []
        build.create_project(**wish(role))

    def test_the_curated_images_name_the_default(self, build):
        platforms = build.list_curated_environment_images()["platforms"]
        names = [i["name"] for p in platforms for language in p["languages"] for i in language["images"]]
        assert ARM in names


class TestCredentials:
    def import_(self, build, **changed):
        return build.import_source_credentials(**PAT | changed)["arn"]

    def test_there_is_one_for_a_kind_of_server_and_its_token_is_never_told(self, build):
        arn = self.import_(build)
        assert arn == "arn:aws:codebuild:eu-central-1:123456789012:token/github"
        told = build.list_source_credentials()["sourceCredentialsInfos"]
        assert told == [{"arn": arn, "serverType": "GITHUB", "authType": "PERSONAL_ACCESS_TOKEN"}]

    def test_a_second_import_overwrites_unless_told_not_to(self, build):
        self.import_(build)
        assert refusal(self.import_, build=build, shouldOverwrite=False) == (
            "ResourceAlreadyExistsException",
            "Access token with server type GITHUB already exists. Delete its source credential and try again.",
        )
        self.import_(build, **SECRET)
        told = build.list_source_credentials()["sourceCredentialsInfos"]
        assert [one["authType"] for one in told] == ["SECRETS_MANAGER"]
        assert told[0]["resource"].endswith("secret:x-AbCdEf")

    def test_deleting_it_takes_it_from_everybody(self, build):
        arn = self.import_(build)
        assert build.delete_source_credentials(arn=arn)["arn"] == arn
        assert build.list_source_credentials()["sourceCredentialsInfos"] == []
        assert refusal(build.delete_source_credentials, arn=arn)[0] == "ResourceNotFoundException"

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
        assert refusal(self.import_, build=build, **changed)[0] == "InvalidInputException"
        assert build.list_source_credentials()["sourceCredentialsInfos"] == []

    def test_a_connection_must_be_complete(self, aws, build):
        arn = aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="hub")["ConnectionArn"]
        wished = {"authType": "CODECONNECTIONS", "token": arn}
        assert refusal(self.import_, build=build, **wished) == (
            "InvalidInputException",
            f"Access denied to connection {arn}",
        )
        complete_handshake("hub")
        assert self.import_(build, **wished)

    def test_a_project_goes_through_a_connection_only_with_its_roles_permission(self, aws, build, role):
        arn = aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="hub")["ConnectionArn"]
        complete_handshake("hub")
        auth = {"type": "CODECONNECTIONS", "resource": arn}
        wished = wish(role, source={"type": "GITHUB", "location": "https://github.com/me/orders", "auth": auth})
        assert refusal(build.create_project, **wished) == (
            "OAuthProviderException",
            f"Access denied to connection {arn}",
        )
        actions = ["codeconnections:GetConnectionToken", "codeconnections:GetConnection"]
        allow = {"Effect": "Allow", "Action": actions, "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        aws("iam").put_role_policy(RoleName="build", PolicyName="source", PolicyDocument=document)
        assert build.create_project(**wished)["project"]["source"]["auth"] == auth


class TestWebhooks:
    groups = [[{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": "^refs/heads/main$"}]]  # noqa: RUF012 - a constant of the tests

    @pytest.fixture
    def connected(self, build, project):
        build.import_source_credentials(**PAT)

    def test_without_a_credential_there_is_none(self, build, project):
        assert refusal(build.create_webhook, projectName="orders", filterGroups=self.groups) == (
            "ResourceNotFoundException",
            "Could not find access token for server type github",
        )

    def test_its_secret_is_told_once(self, build, connected):
        made = build.create_webhook(projectName="orders", filterGroups=self.groups)["webhook"]
        assert made["status"] == "ACTIVE"
        assert made["url"].startswith("https://api.github.com/repos/me/orders/hooks/")
        assert made["secret"]
        told = build.batch_get_projects(names=["orders"])["projects"][0]["webhook"]
        assert "secret" not in told
        assert told["filterGroups"] == [[{"excludeMatchedPattern": False} | one for one in self.groups[0]]]

    def test_there_is_one_for_a_project(self, build, connected):
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        again = refusal(build.create_webhook, projectName="orders", filterGroups=self.groups)
        assert again[0] == "ResourceAlreadyExistsException"

    def test_it_is_updated_and_deleted(self, build, connected):
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        tagged = [[{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": "^refs/tags/.*"}]]
        told = build.update_webhook(projectName="orders", filterGroups=tagged)["webhook"]
        assert told["filterGroups"][0][1]["pattern"] == "^refs/tags/.*"
        assert "secret" not in told
        assert build.update_webhook(projectName="orders", rotateSecret=True)["webhook"]["secret"]
        build.delete_webhook(projectName="orders")
        assert "webhook" not in build.batch_get_projects(names=["orders"])["projects"][0]
        assert refusal(build.delete_webhook, projectName="orders")[0] == "ResourceNotFoundException"
        assert refusal(build.update_webhook, projectName="orders")[0] == "ResourceNotFoundException"

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
        assert refusal(build.create_webhook, projectName="orders", filterGroups=[group])[0] == "InvalidInputException"

    def test_a_revoked_token_makes_and_deletes_none(self, build, connected):
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        github.revoke_github_token()
        code, told = refusal(build.delete_webhook, projectName="orders")
        assert code == "OAuthProviderException"
        assert "Repository not found or permission denied" in told
        assert "webhook" in build.batch_get_projects(names=["orders"])["projects"][0]
        github.revoke_github_token(works=True)
        build.delete_webhook(projectName="orders")
        github.revoke_github_token()
        assert refusal(build.create_webhook, projectName="orders")[0] == "OAuthProviderException"

    def test_the_hook_on_github_goes_with_the_webhook_and_not_with_the_project(self, build, connected):
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        (hook,) = github.github_hooks()
        assert hook[0] == "me/orders"
        build.delete_webhook(projectName="orders")
        assert github.github_hooks() == []
        build.create_webhook(projectName="orders", filterGroups=self.groups)
        build.delete_project(name="orders")
        assert len(github.github_hooks()) == 1

    def test_a_project_without_such_a_source_can_have_none(self, build, role, connected):
        pipeline = {"source": {"type": "CODEPIPELINE"}, "artifacts": {"type": "CODEPIPELINE"}}
        build.create_project(**wish(role, name="piped", **pipeline))
        assert refusal(build.create_webhook, projectName="piped")[0] == "InvalidInputException"


class TestBuilds:
    def told(self, build, build_id):
        return build.batch_get_builds(ids=[build_id])["builds"][0]

    def test_a_build_passes_through_its_phases_in_time(self, build, project, clock):
        started = build.start_build(projectName="orders", sourceVersion="main")["build"]
        assert started["buildStatus"] == "IN_PROGRESS"
        assert started["buildNumber"] == 1
        assert len(started["resolvedSourceVersion"]) == 40
        assert started["logs"]["groupName"] == "/aws/codebuild/orders"
        clock.sleep(20)
        assert self.told(build, started["id"])["currentPhase"] == "BUILD"
        clock.sleep(600)
        ended = self.told(build, started["id"])
        assert ended["buildStatus"] == "SUCCEEDED"
        assert ended["buildComplete"] is True
        assert ended["endTime"] > ended["startTime"]
        assert [one["phaseType"] for one in ended["phases"]][-2:] == ["FINALIZING", "COMPLETED"]
        assert all(one["phaseStatus"] == "SUCCEEDED" for one in ended["phases"][:-1])

    def test_a_failed_command_ends_it_with_its_context(self, build, project, clock):
        fail_next_build("PRE_BUILD", "Error while executing command: false. Reason: exit status 1")
        started = build.start_build(projectName="orders")["build"]
        clock.sleep(600)
        ended = self.told(build, started["id"])
        assert ended["buildStatus"] == "FAILED"
        names = [one["phaseType"] for one in ended["phases"]]
        assert names[-3:] == ["PRE_BUILD", "FINALIZING", "COMPLETED"]
        failed = ended["phases"][-3]
        assert failed["phaseStatus"] == "FAILED"
        assert failed["contexts"] == [
            {
                "statusCode": "COMMAND_EXECUTION_ERROR",
                "message": "Error while executing command: false. Reason: exit status 1",
            }
        ]
        assert build.start_build(projectName="orders")["build"]["buildNumber"] == 2

    def test_post_build_runs_even_when_build_failed(self, build, project, clock):
        fail_next_build("BUILD", "exit status 1")
        started = build.start_build(projectName="orders")["build"]
        clock.sleep(600)
        names = [one["phaseType"] for one in self.told(build, started["id"])["phases"]]
        assert "POST_BUILD" in names
        assert self.told(build, started["id"])["buildStatus"] == "FAILED"

    def test_a_build_is_stopped_where_it_is(self, build, project, clock):
        started = build.start_build(projectName="orders")["build"]
        clock.sleep(30)
        stopped = build.stop_build(id=started["id"])["build"]
        assert stopped["buildStatus"] == "STOPPED"
        assert stopped["phases"][-2]["phaseType"] == "BUILD"
        assert stopped["phases"][-2]["phaseStatus"] == "STOPPED"
        clock.sleep(600)
        assert self.told(build, started["id"])["buildStatus"] == "STOPPED"
        assert refusal(build.stop_build, id="orders:ghost")[0] == "ResourceNotFoundException"
        assert refusal(build.stop_build, id="ghost")[0] == "InvalidInputException"

    def test_one_that_has_ended_cannot_be_stopped(self, build, project, clock):
        started = build.start_build(projectName="orders")["build"]
        clock.sleep(600)
        assert build.stop_build(id=started["id"])["build"]["buildStatus"] == "SUCCEEDED"

    def test_a_token_makes_it_one_build_for_five_minutes(self, build, project, clock):
        first = build.start_build(projectName="orders", sourceVersion="main", idempotencyToken="t")["build"]["id"]
        clock.sleep(299)
        again = build.start_build(projectName="orders", sourceVersion="main", idempotencyToken="t")["build"]["id"]
        assert again == first
        other = {"projectName": "orders", "sourceVersion": "dev", "idempotencyToken": "t"}
        assert refusal(build.start_build, **other)[0] == "InvalidInputException"
        clock.sleep(2)
        assert build.start_build(**other)["build"]["id"] != first

    def test_without_a_token_each_call_is_a_build(self, build, project):
        ids = [build.start_build(projectName="orders")["build"]["id"] for _ in range(2)]
        assert build.list_builds_for_project(projectName="orders")["ids"] == ids[::-1]
        assert build.list_builds_for_project(projectName="orders", sortOrder="ASCENDING")["ids"] == ids
        assert build.list_builds()["ids"] == ids[::-1]

    def test_a_new_account_may_have_no_build_at_all(self, build, project):
        limit_builds(0)
        assert refusal(build.start_build, projectName="orders") == (
            "AccountLimitExceededException",
            "Cannot have more than 0 builds in queue for the account",
        )
        limit_builds(None)
        build.start_build(projectName="orders")

    def test_a_project_of_a_pipeline_needs_overrides(self, build, role):
        pipeline = {"source": {"type": "CODEPIPELINE"}, "artifacts": {"type": "CODEPIPELINE"}}
        build.create_project(**wish(role, **pipeline))
        assert refusal(build.start_build, projectName="orders") == (
            "InvalidInputException",
            "ArtifactsOverride must be set when using artifacts type CodePipelines",
        )
        override = {"type": "NO_ARTIFACTS"}
        started = build.start_build(
            projectName="orders",
            sourceTypeOverride="GITHUB",
            sourceLocationOverride="https://github.com/me/orders",
            artifactsOverride=override,
        )
        assert started["build"]["source"]["location"] == "https://github.com/me/orders"

    def test_variables_are_overridden_by_name(self, build, role):
        variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
        build.create_project(**wish(role, environment=wish(role)["environment"] | {"environmentVariables": variables}))
        started = build.start_build(projectName="orders", environmentVariablesOverride=[{"name": "B", "value": "3"}])
        told = {one["name"]: one["value"] for one in started["build"]["environment"]["environmentVariables"]}
        assert told == {"A": "1", "B": "3"}

    def test_builds_outlive_their_project(self, build, project):
        started = build.start_build(projectName="orders")["build"]["id"]
        build.delete_project(name="orders")
        assert self.told(build, started)["projectName"] == "orders"
        assert refusal(build.start_build, projectName="orders")[0] == "ResourceNotFoundException"
        assert refusal(build.list_builds_for_project, projectName="orders")[0] == "ResourceNotFoundException"

    def test_unknown_builds_are_listed_as_not_found(self, build):
        assert build.batch_get_builds(ids=["orders:ghost"]) | {"ResponseMetadata": None} == {
            "builds": [],
            "buildsNotFound": ["orders:ghost"],
            "ResponseMetadata": None,
        }
        assert refusal(build.batch_get_builds, ids=["ghost"])[0] == "InvalidInputException"
