"""What a build project may be, and what is refused."""

import pytest
from answers import refused
from configured import ARM, PAIRING, desired, trust

LOGIN = {"credential": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbCdEf",
         "credentialProvider": "SECRETS_MANAGER"}  # fmt: skip


class TestProjects:
    def test_a_project_is_returned_with_aws_defaults(self, project):
        assert project["arn"] == "arn:aws:codebuild:eu-central-1:123456789012:project/orders"
        assert project["timeoutInMinutes"] == 60
        assert project["queuedTimeoutInMinutes"] == 480
        assert project["cache"] == {"type": "NO_CACHE"}
        assert project["environment"]["imagePullCredentialsType"] == "CODEBUILD"
        assert project["environment"]["privilegedMode"] is False
        assert "logsConfig" not in project  # nothing was said about it: its builds log to CloudWatch
        assert project["tags"] == []
        assert project["created"] == project["lastModified"]

    def test_a_name_in_use_is_refused(self, build, project, role):
        assert refused(build.create_project, **desired(role)) == (
            "ResourceAlreadyExistsException",
            f"Project already exists: {project['arn']}",
        )

    def test_unknown_names_are_listed_as_not_found(self, build, project):
        found = build.batch_get_projects(names=["orders", "ghost", project["arn"]])
        assert [one["name"] for one in found["projects"]] == ["orders", "orders"]
        assert found["projectsNotFound"] == ["ghost"]

    def test_a_fresh_role_cannot_be_assumed_yet(self, aws, build, clock):
        made = aws("iam").create_role(RoleName="new", AssumeRolePolicyDocument=trust("codebuild.amazonaws.com"))
        arn = made["Role"]["Arn"]
        message = f"CodeBuild is not authorized to perform: sts:AssumeRole on {arn}"
        assert refused(build.create_project, **desired(arn)) == ("InvalidInputException", message)
        clock.sleep(60)
        assert build.create_project(**desired(arn))["project"]["serviceRole"] == arn

    def test_a_role_that_trusts_another_service_is_refused(self, aws, build, clock):
        made = aws("iam").create_role(RoleName="ecs", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com"))
        clock.sleep(600)
        code, message = refused(build.create_project, **desired(made["Role"]["Arn"]))
        assert code == "InvalidInputException"
        assert "not authorized to perform: sts:AssumeRole" in message

    def test_a_role_that_is_not_there_is_refused(self, build):
        code, message = refused(build.create_project, **desired("arn:aws:iam::123456789012:role/ghost"))
        assert (code, "not authorized to perform" in message) == ("InvalidInputException", True)

    @pytest.mark.parametrize(
        ("changed", "expected"),
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
    def test_what_aws_refuses_is_refused(self, build, role, changed, expected):
        with_role = {"serviceRole": role} | changed
        code, message = refused(build.create_project, **(desired(role) | with_role))
        assert code == "InvalidInputException"
        assert expected in message
        assert build.list_projects()["projects"] == []

    @pytest.mark.parametrize(
        ("environment", "expected"),
        [
            ({"type": "LINUX_CONTAINER"}, "environment type LINUX_CONTAINER and compute type BUILD_GENERAL1_SMALL"),
            ({"image": "aws/codebuild/standard:7.0"}, "curated image aws/codebuild/standard:7.0 is not supported"),
            ({"image": "aws/codebuild/amazonlinux-aarch64-standard:99.0"}, "is not supported"),
            ({"type": "SPARC_CONTAINER"}, "Member must satisfy enum value set"),
            ({"imagePullCredentialsType": "SERVICE_ROLE"}, "CODEBUILD credentials"),
            ({"registryCredential": LOGIN, "image": "registry.example.com/a"}, "need SERVICE_ROLE credentials"),
            (
                {
                    "registryCredential": LOGIN,
                    "imagePullCredentialsType": "SERVICE_ROLE",
                    "image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/a",
                },
                "for no image of AWS nor of ECR",
            ),
            ({"environmentVariables": [{"name": "CODEBUILD_X", "value": ""}]}, "CODEBUILD_X is reserved"),
        ],
    )
    def test_environments_that_do_not_fit_are_refused(self, build, role, environment, expected):
        fits = desired(role)["environment"]
        code, message = refused(build.create_project, **desired(role, environment=fits | environment))
        assert code == "InvalidInputException"
        assert expected in message

    def test_a_pinned_image_and_a_private_one_fit(self, build, role):
        fits = desired(role)["environment"]
        build.create_project(**desired(role, environment=fits | {"image": f"{ARM}-24.01.15"}))
        build.create_project(**desired(role, name="own", environment=fits | {"image": "example.com/image:1"}))

    def test_each_field_that_is_sent_is_replaced_whole_and_no_other(self, build, role, clock):
        variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
        environment = desired(role)["environment"] | {"privilegedMode": True, "environmentVariables": variables}
        tags = [{"key": "owner", "value": "me"}]
        before = build.create_project(**desired(role, environment=environment, tags=tags, description="old"))["project"]
        clock.sleep(5)
        after = build.update_project(name="orders", environment=desired(role)["environment"], description="")["project"]
        assert after["environment"]["environmentVariables"] == []
        assert after["environment"]["privilegedMode"] is False
        assert after["description"] == ""
        assert after["tags"] == tags
        assert after["source"] == before["source"]
        assert after["lastModified"] > before["lastModified"]
        assert build.update_project(name="orders", tags=[])["project"]["tags"] == []

    def test_an_update_is_checked_as_a_whole_and_changes_nothing_when_refused(self, build, project):
        code, message = refused(build.update_project, name="orders", source={"type": "CODEPIPELINE"})
        assert (code, message) == ("InvalidInputException", PAIRING)
        assert build.batch_get_projects(names=["orders"])["projects"] == [project]

    def test_updating_what_is_not_there_is_refused(self, build):
        arn = "arn:aws:codebuild:eu-central-1:123456789012:project/ghost"
        assert refused(build.update_project, name="ghost") == (
            "ResourceNotFoundException",
            f"Project cannot be found: {arn}",
        )

    def test_deleting_is_idempotent_and_frees_the_name(self, build, project, role):
        build.delete_project(name="orders")
        build.delete_project(name="orders")
        assert build.list_projects()["projects"] == []
        build.create_project(**desired(role))

    def test_the_curated_images_name_the_default(self, build):
        platforms = build.list_curated_environment_images()["platforms"]
        names = [i["name"] for p in platforms for language in p["languages"] for i in language["images"]]
        assert ARM in names
