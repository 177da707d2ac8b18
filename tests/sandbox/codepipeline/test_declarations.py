"""What a pipeline may be; and its secrets are never returned."""

import json

import pytest
from answers import refused
from declared import (
    APPROVE,
    BUILD,
    DAY,
    ECS,
    TOKEN,
    action,
    declare,
    document,
    executions,
    source,
    stages,
    state,
    statuses,
)

from ecsctl.sandbox.github import remote


class TestDeclarations:
    def test_making_one_starts_it_at_once(self, pipeline, made):
        assert made["version"] == 1
        assert made["executionMode"] == "SUPERSEDED"
        assert statuses(pipeline) == ["InProgress"]
        execution = pipeline.list_pipeline_executions(pipelineName="orders")["pipelineExecutionSummaries"][0]
        assert execution["trigger"]["triggerType"] == "CreatePipeline"

    def test_a_name_in_use_is_refused(self, pipeline, made, role):
        code, message = refused(pipeline.create_pipeline, pipeline=declare(role))
        assert code == "PipelineNameInUseException"
        assert "'orders' already exists" in message

    def test_a_fresh_role_cannot_be_assumed_yet(self, aws, pipeline, role, clock):
        trust = document(Principal={"Service": "codepipeline.amazonaws.com"}, Action="sts:AssumeRole")
        arn = aws("iam").create_role(RoleName="new", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        message = f"CodePipeline is not authorized to perform AssumeRole on role {arn}"
        assert refused(pipeline.create_pipeline, pipeline=declare(arn)) == ("InvalidStructureException", message)
        clock.sleep(60)
        pipeline.create_pipeline(pipeline=declare(arn))

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"stages": stages()[:1]}, "minimum of 2 stages"),
            ({"stages": stages() + stages()[2:]}, "Stage name 'Deploy' is used more than once"),
            ({"stages": stages()[1:] + stages()[:1]}, "should start with a stage that only contains source actions"),
            ({"stages": [*stages()[:2], {"name": "Late", "actions": [source()]}]}, "a stage that is not the first one"),
            (
                {"stages": [stages()[0], stages()[2]]},
                "Input Artifact Bundle BuildOutput in action Deploy is not declared",
            ),
            (
                {"stages": stages(*[action(f"A{n}", "Approval", "Manual") for n in range(51)])},
                "Stage Approval has 51 actions. The maximum is 50",
            ),
            ({"pipelineType": "V1", "executionMode": "QUEUED"}, "can only be used with pipelines of type V2"),
        ],
    )
    def test_structures_that_cannot_be_are_refused(self, pipeline, role, changed, expected):
        code, message = refused(pipeline.create_pipeline, pipeline=declare(role, **changed))
        assert code == "InvalidStructureException"
        assert expected in message
        assert pipeline.list_pipelines()["pipelines"] == []

    def test_names_and_values_keep_to_the_service_model(self, pipeline, role):
        code, message = refused(pipeline.create_pipeline, pipeline=declare(role, name="a b"))
        assert code == "ValidationException"
        assert message.startswith("1 validation error detected: Value 'a b' at 'pipeline.name'")
        longer = declare(role, stages=stages(first=source(Branch="x" * 1001)))
        assert refused(pipeline.create_pipeline, pipeline=longer)[0] == "ValidationException"

    @pytest.mark.parametrize(
        ("type_", "inputs", "settings", "expected"),
        [
            (
                ("Build", "Jenkins"),
                1,
                {},
                "ActionType (Category: 'Build', Provider: 'Jenkins', Owner: 'AWS', Version: '1')",
            ),
            (
                ("Build", "CodeBuild"),
                0,
                {"ProjectName": "x"},
                "declares 0 input artifacts which is less than the minimum",
            ),
            (("Approval", "Manual"), 1, {}, "declares 1 input artifacts which is more than the maximum count (0)"),
            (("Build", "CodeBuild"), 1, {}, "is missing required configuration 'ProjectName'"),
            (("Build", "CodeBuild"), 1, {"ProjectName": "x", "Speed": "9"}, "contains unknown configuration 'Speed'"),
            (("Deploy", "ECS"), 1, ECS | {"DeploymentTimeout": "61"}, "DeploymentTimeout must be between 1 and 60"),
        ],
    )
    def test_actions_that_cannot_be_are_refused(self, pipeline, role, type_, inputs, settings, expected):
        second = action("Second", *type_, inputs=["SourceOutput"][:inputs], **settings)
        configured = declare(role, stages=[stages()[0], {"name": "Second", "actions": [second]}])
        code, message = refused(pipeline.create_pipeline, pipeline=configured)
        assert code == "InvalidActionDeclarationException"
        assert expected in message

    def test_an_output_has_one_maker(self, pipeline, role):
        twice = [BUILD, BUILD | {"name": "Again"}]
        configured = declare(role, stages=[stages()[0], {"name": "Build", "actions": twice}])
        code, message = refused(pipeline.create_pipeline, pipeline=configured)
        assert (code, "BuildOutput has been used more than once" in message) == ("InvalidStructureException", True)

    def test_an_update_replaces_it_whole_and_starts_nothing(self, pipeline, made, role, clock):
        clock.sleep(DAY)
        updated = pipeline.update_pipeline(pipeline=declare(role, APPROVE))["pipeline"]
        assert updated["version"] == 2
        assert [stage["name"] for stage in updated["stages"]] == ["Source", "Build", "Approval", "Deploy"]
        assert statuses(pipeline) == ["Succeeded"]

    def test_an_update_cancels_what_is_in_flight(self, pipeline, made, role, clock):
        clock.sleep(20)
        pipeline.update_pipeline(pipeline=declare(role, APPROVE))
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Cancelled"]

    def test_a_refused_update_changes_nothing(self, pipeline, made, role):
        assert (
            refused(pipeline.update_pipeline, pipeline=declare(role, stages=stages()[:1]))[0]
            == "InvalidStructureException"
        )
        assert pipeline.get_pipeline(name="orders")["pipeline"]["version"] == 1
        assert statuses(pipeline) == ["InProgress"]

    def test_updating_or_reading_what_is_not_there_is_refused(self, pipeline, role):
        assert refused(pipeline.update_pipeline, pipeline=declare(role))[0] == "PipelineNotFoundException"
        assert refused(pipeline.get_pipeline, name="orders")[0] == "PipelineNotFoundException"
        assert refused(pipeline.get_pipeline_state, name="orders")[0] == "PipelineNotFoundException"

    def test_deleting_is_idempotent_and_forgets_the_executions(self, pipeline, made, role):
        pipeline.delete_pipeline(name="orders")
        pipeline.delete_pipeline(name="orders")
        pipeline.create_pipeline(pipeline=declare(role))
        assert len(executions(pipeline)) == 1

    def test_tags_are_those_given_and_change_apart(self, pipeline, made):
        arn = pipeline.get_pipeline(name="orders")["metadata"]["pipelineArn"]
        pipeline.tag_resource(resourceArn=arn, tags=[{"key": "app", "value": "orders"}])
        pipeline.untag_resource(resourceArn=arn, tagKeys=["owner"])
        assert pipeline.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "app", "value": "orders"}]


class TestSecrets:
    def token_works(self, pipeline, clock):
        execution = pipeline.start_pipeline_execution(name="orders")["pipelineExecutionId"]
        clock.sleep(DAY)
        found = pipeline.get_pipeline_execution(pipelineName="orders", pipelineExecutionId=execution)
        return found["pipelineExecution"]["status"] == "Succeeded"

    def test_the_token_is_never_returned(self, pipeline, made, role, clock):
        updated = pipeline.update_pipeline(pipeline=declare(role))["pipeline"]
        clock.sleep(DAY)
        actions = [made, updated, pipeline.get_pipeline(name="orders"), pipeline.get_pipeline_state(name="orders"),
                pipeline.list_action_executions(pipelineName="orders")]  # fmt: skip
        assert TOKEN not in json.dumps(actions, default=str)
        for one in actions[:2]:
            assert one["stages"][0]["actions"][0]["configuration"]["OAuthToken"] == "****"

    def test_the_mask_keeps_the_token_when_nothing_else_of_the_action_changed(self, pipeline, made, clock):
        declared = pipeline.get_pipeline(name="orders")["pipeline"]
        declared["stages"][2]["actions"][0]["configuration"]["DeploymentTimeout"] = "15"
        pipeline.update_pipeline(pipeline=declared)
        assert self.token_works(pipeline, clock)

    def test_the_mask_is_stored_when_something_else_of_the_action_changed(self, pipeline, made, clock):
        declared = pipeline.get_pipeline(name="orders")["pipeline"]
        declared["stages"][0]["actions"][0]["configuration"]["Branch"] = "release"
        pipeline.update_pipeline(pipeline=declared)
        assert not self.token_works(pipeline, clock)

    def test_a_new_action_cannot_have_the_mask(self, pipeline, role):
        masked = declare(role, stages=stages(first=source(OAuthToken="****")))
        code, message = refused(pipeline.create_pipeline, pipeline=masked)
        assert code == "InvalidActionDeclarationException"
        assert message.startswith('Action configuration for the new action "Source" contains an invalid configuration')

    def test_a_revoked_token_fails_the_source(self, pipeline, made, clock):
        remote.revoke_github_token()
        assert not self.token_works(pipeline, clock)
        error = state(pipeline, "Source")["actionStates"][0]["latestExecution"]["errorDetails"]
        assert "Could not access the GitHub repository" in error["message"]
