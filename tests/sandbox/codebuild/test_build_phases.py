"""Builds that are only simulated: their phases in time, their tokens and numbers."""

import json

from answers import refused
from configured import desired

from ecsctl.sandbox.aws.codebuild.state import fail_next_build, limit_builds


class TestBuilds:
    def described(self, build, build_id):
        return build.batch_get_builds(ids=[build_id])["builds"][0]

    def test_a_build_passes_through_its_phases_in_time(self, build, project, clock):
        started = build.start_build(projectName="orders", sourceVersion="main")["build"]
        assert started["buildStatus"] == "IN_PROGRESS"
        assert started["buildNumber"] == 1
        assert len(started["resolvedSourceVersion"]) == 40
        assert started["logs"]["groupName"] == "/aws/codebuild/orders"
        clock.sleep(20)
        assert self.described(build, started["id"])["currentPhase"] == "BUILD"
        clock.sleep(600)
        ended = self.described(build, started["id"])
        assert ended["buildStatus"] == "SUCCEEDED"
        assert ended["buildComplete"] is True
        assert ended["endTime"] > ended["startTime"]
        assert [one["phaseType"] for one in ended["phases"]][-2:] == ["FINALIZING", "COMPLETED"]
        assert all(one["phaseStatus"] == "SUCCEEDED" for one in ended["phases"][:-1])

    def test_a_failed_command_ends_it_with_its_context(self, build, project, clock):
        fail_next_build("PRE_BUILD", "Error while executing command: false. Reason: exit status 1")
        started = build.start_build(projectName="orders")["build"]
        clock.sleep(600)
        ended = self.described(build, started["id"])
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
        names = [one["phaseType"] for one in self.described(build, started["id"])["phases"]]
        assert "POST_BUILD" in names
        assert self.described(build, started["id"])["buildStatus"] == "FAILED"

    def test_an_order_is_refused_with_a_token_and_for_more_builds_than_a_page(self, build, project):
        for _ in range(101):
            build.start_build(projectName="orders")
        first = build.list_builds_for_project(projectName="orders")
        with_token = {"projectName": "orders", "nextToken": first["nextToken"], "sortOrder": "DESCENDING"}
        code, message = refused(build.list_builds_for_project, **with_token)
        assert (code, message) == ("InvalidInputException", "Sort order can't be specified when passing a nextToken")
        many = refused(build.list_builds_for_project, projectName="orders", sortOrder="DESCENDING")
        assert many[0] == "InvalidInputException"

    def test_a_build_is_stopped_where_it_is(self, build, project, clock):
        started = build.start_build(projectName="orders")["build"]
        clock.sleep(30)
        stopped = build.stop_build(id=started["id"])["build"]
        assert stopped["buildStatus"] == "STOPPED"
        assert stopped["phases"][-2]["phaseType"] == "BUILD"
        assert stopped["phases"][-2]["phaseStatus"] == "STOPPED"
        clock.sleep(600)
        assert self.described(build, started["id"])["buildStatus"] == "STOPPED"
        assert refused(build.stop_build, id="orders:ghost")[0] == "ResourceNotFoundException"
        assert refused(build.stop_build, id="ghost")[0] == "InvalidInputException"

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
        assert refused(build.start_build, **other)[0] == "InvalidInputException"
        clock.sleep(2)
        assert build.start_build(**other)["build"]["id"] != first

    def test_without_a_token_each_call_is_a_build(self, build, project):
        ids = [build.start_build(projectName="orders")["build"]["id"] for _ in range(2)]
        assert build.list_builds_for_project(projectName="orders")["ids"] == ids[::-1]
        assert build.list_builds_for_project(projectName="orders", sortOrder="ASCENDING")["ids"] == ids
        assert build.list_builds()["ids"] == ids[::-1]

    def test_a_new_account_may_have_no_build_at_all(self, build, project):
        limit_builds(0)
        assert refused(build.start_build, projectName="orders") == (
            "AccountLimitExceededException",
            "Cannot have more than 0 builds in queue for the account",
        )
        limit_builds(None)
        build.start_build(projectName="orders")

    def test_a_project_of_a_pipeline_needs_overrides(self, build, role):
        pipeline = {"source": {"type": "CODEPIPELINE"}, "artifacts": {"type": "CODEPIPELINE"}}
        build.create_project(**desired(role, **pipeline))
        assert refused(build.start_build, projectName="orders") == (
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
        build.create_project(
            **desired(role, environment=desired(role)["environment"] | {"environmentVariables": variables})
        )
        started = build.start_build(projectName="orders", environmentVariablesOverride=[{"name": "B", "value": "3"}])
        values = {one["name"]: one["value"] for one in started["build"]["environment"]["environmentVariables"]}
        assert values == {"A": "1", "B": "3"}

    def test_builds_outlive_their_project(self, build, project):
        started = build.start_build(projectName="orders")["build"]["id"]
        build.delete_project(name="orders")
        assert self.described(build, started)["projectName"] == "orders"
        assert refused(build.start_build, projectName="orders")[0] == "ResourceNotFoundException"
        assert refused(build.list_builds_for_project, projectName="orders")[0] == "ResourceNotFoundException"

    def test_unknown_builds_are_listed_as_not_found(self, build):
        assert build.batch_get_builds(ids=["orders:ghost"]) | {"ResponseMetadata": None} == {
            "builds": [],
            "buildsNotFound": ["orders:ghost"],
            "ResponseMetadata": None,
        }
        assert refused(build.batch_get_builds, ids=["ghost"])[0] == "InvalidInputException"


class TestItsOwnImage:
    OWN = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/builders:1"

    def built(self, build, clock, role, **environment):
        base = desired(role)["environment"]
        build.create_project(**desired(role, environment=base | {"image": self.OWN} | environment))
        build_id = build.start_build(projectName="orders")["build"]["id"]
        clock.sleep(1000)
        [found] = build.batch_get_builds(ids=[build_id])["builds"]
        contexts = [one["contexts"][0] for one in found["phases"] if one.get("phaseStatus") == "FAILED"]
        return found["buildStatus"], contexts

    def allow(self, aws, role, *actions):
        allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        aws("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="ecr", PolicyDocument=policy)

    def test_in_ecr_it_is_not_pulled_with_codebuilds_own_credentials(self, build, role, clock):
        status, [context] = self.built(build, clock, role)
        assert status == "FAILED"
        assert context["statusCode"] == "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"
        assert "pull access denied" in context["message"]

    def test_in_ecr_it_is_pulled_with_a_role_that_may(self, aws, build, role, clock):
        self.allow(aws, role, "ecr:*")
        assert self.built(build, clock, role, imagePullCredentialsType="SERVICE_ROLE") == ("SUCCEEDED", [])

    def test_behind_a_login_it_is_pulled_with_a_role_that_may_read_the_secret(self, aws, build, role, clock):
        value = '{"username": "me", "password": "s3cr3t"}'
        arn = aws("secretsmanager").create_secret(Name="registry", SecretString=value)["ARN"]
        behind = {"image": "registry.example.com/a", "imagePullCredentialsType": "SERVICE_ROLE",
                  "registryCredential": {"credential": arn, "credentialProvider": "SECRETS_MANAGER"}}  # fmt: skip
        status, [context] = self.built(build, clock, role, **behind)
        assert (status, context["statusCode"]) == ("FAILED", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE")
        assert "not authorized to perform: secretsmanager:GetSecretValue" in context["message"]
        build.delete_project(name="orders")
        self.allow(aws, role, "secretsmanager:GetSecretValue")
        assert self.built(build, clock, role, **behind) == ("SUCCEEDED", [])

    def test_in_ecr_it_is_not_pulled_with_a_role_that_may_not(self, aws, build, role, clock):
        self.allow(aws, role, "ecr:GetAuthorizationToken", "ecr:BatchGetImage")
        status, [context] = self.built(build, clock, role, imagePullCredentialsType="SERVICE_ROLE")
        assert status == "FAILED"
        assert "not authorized to perform: ecr:BatchCheckLayerAvailability" in context["message"]
