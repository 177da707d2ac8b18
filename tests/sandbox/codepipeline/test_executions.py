"""Executions move from stage to stage, are superseded, stopped and retried."""

import copy
import itertools
import json

from answers import refused
from declared import DAY, declare, document, executions, stages, state, statuses

from ecsctl.sandbox.aws.codebuild.state import fail_next_build, limit_builds
from ecsctl.sandbox.aws.codepipeline import time as codepipeline_time


class TestExecutions:
    def test_it_goes_from_stage_to_stage(self, pipeline, made, clock):
        clock.sleep(20)
        assert state(pipeline, "Source")["latestExecution"]["status"] == "Succeeded"
        building = state(pipeline, "Build")["actionStates"][0]["latestExecution"]
        assert building["status"] == "InProgress"
        assert building["externalExecutionId"].startswith("orders-build:")
        assert "latestExecution" not in state(pipeline, "Deploy")
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Succeeded"]
        assert state(pipeline, "Deploy")["latestExecution"]["status"] == "Succeeded"

    def test_it_makes_no_difference_how_often_requests_come(self, pipeline, role, clock):
        def run(step):
            pipeline.create_pipeline(pipeline=declare(role))
            for _ in range(0, 300, step):
                clock.sleep(step)
                pipeline.get_pipeline_state(name="orders")
            actions = pipeline.list_action_executions(pipelineName="orders")["actionExecutionDetails"]
            began = actions[-1]["startTime"]
            pipeline.delete_pipeline(name="orders")
            return [(one["actionName"], one["startTime"] - began, one["lastUpdateTime"] - began) for one in actions]

        assert run(5) == run(300)

    def test_the_build_is_of_the_commit_that_the_source_found(self, aws, pipeline, made, clock):
        clock.sleep(20)
        commit = state(pipeline, "Source")["actionStates"][0]["currentRevision"]["revisionId"]
        build_id = aws("codebuild").list_builds()["ids"][0]
        build = aws("codebuild").batch_get_builds(ids=[build_id])["builds"][0]
        assert build["resolvedSourceVersion"] == commit
        assert build["initiator"] == "codepipeline/orders"
        assert build["source"]["type"] == "CODEPIPELINE"

    def test_a_failed_build_fails_the_execution_and_what_follows_never_runs(self, pipeline, made, clock):
        fail_next_build("BUILD", "exit status 1")
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Failed"]
        error = state(pipeline, "Build")["actionStates"][0]["latestExecution"]["errorDetails"]
        assert error == {"code": "JobFailed", "message": "Build terminated with state: FAILED"}
        assert "latestExecution" not in state(pipeline, "Deploy")

    def test_a_missing_project_fails_the_action_and_not_the_pipelines_making(self, aws, pipeline, role, clock):
        aws("codebuild").delete_project(name="orders-build")
        pipeline.create_pipeline(pipeline=declare(role))
        clock.sleep(DAY)
        error = state(pipeline, "Build")["actionStates"][0]["latestExecution"]["errorDetails"]
        assert "Error calling startBuild: Project cannot be found" in error["message"]

    def test_a_quota_of_no_builds_fails_the_action_and_a_retry_goes_on_once_there_is_one(self, pipeline, made, clock):
        limit_builds(0)
        clock.sleep(DAY)
        message = state(pipeline, "Build")["actionStates"][0]["latestExecution"]["errorDetails"]["message"]
        assert message.startswith(
            "Error calling startBuild: Cannot have more than 0 builds in queue for the account (Serv"
        )
        assert "Error Code: AccountLimitExceededException" in message
        limit_builds(None)
        [(execution, _)] = executions(pipeline)
        pipeline.retry_stage_execution(
            pipelineName="orders", stageName="Build", pipelineExecutionId=execution, retryMode="FAILED_ACTIONS"
        )
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Succeeded"]

    def test_an_action_that_the_sandbox_cannot_do_fails_and_all_else_goes_on(self, pipeline, made, clock, monkeypatch):
        def breaks(*_):
            raise KeyError("surprise")

        monkeypatch.setitem(codepipeline_time.BEGIN, ("Build", "AWS", "CodeBuild"), breaks)
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Failed"]
        error = state(pipeline, "Build")["actionStates"][0]["latestExecution"]["errorDetails"]
        assert error == {"code": "InternalError", "message": "The sandbox broke: KeyError: 'surprise'"}

    def test_a_role_without_rights_fails_the_action(self, aws, pipeline, made, clock):
        only_s3 = document(Action="s3:*", Resource="*")
        aws("iam").put_role_policy(RoleName="codepipeline", PolicyName="all", PolicyDocument=only_s3)
        clock.sleep(DAY)
        error = state(pipeline, "Build")["actionStates"][0]["latestExecution"]["errorDetails"]
        assert "not authorized to perform: codebuild:StartBuild" in error["message"]

    def test_a_retry_runs_the_failed_actions_in_the_same_execution(self, pipeline, made, clock):
        fail_next_build("BUILD", "exit status 1")
        clock.sleep(DAY)
        execution = executions(pipeline)[0][0]
        again = {"pipelineName": "orders", "stageName": "Build", "pipelineExecutionId": execution}
        assert pipeline.retry_stage_execution(**again, retryMode="FAILED_ACTIONS")["pipelineExecutionId"] == execution
        clock.sleep(DAY)
        assert executions(pipeline) == [(execution, "Succeeded")]
        actions = pipeline.list_action_executions(pipelineName="orders")["actionExecutionDetails"]
        assert [one["actionName"] for one in actions] == ["Deploy", "Build", "Build", "Source"]
        counted = {"latestInPipelineExecution": {"pipelineExecutionId": execution, "startTimeRange": "Latest"}}
        actions = pipeline.list_action_executions(pipelineName="orders", filter=counted)["actionExecutionDetails"]
        assert [one["status"] for one in actions] == ["Succeeded", "Succeeded", "Succeeded"]

    def test_only_a_failed_stage_of_the_latest_execution_is_retried(self, pipeline, made, clock):
        execution = executions(pipeline)[0][0]
        again = {"pipelineName": "orders", "pipelineExecutionId": execution, "retryMode": "FAILED_ACTIONS"}
        assert refused(pipeline.retry_stage_execution, **again, stageName="Source")[0] == "ConflictException"
        assert refused(pipeline.retry_stage_execution, **again, stageName="Ghost")[0] == "StageNotFoundException"
        clock.sleep(DAY)
        assert refused(pipeline.retry_stage_execution, **again, stageName="Build")[0] == "StageNotRetryableException"
        fail_next_build("BUILD", "exit status 1")
        failed = pipeline.start_pipeline_execution(name="orders")["pipelineExecutionId"]
        clock.sleep(DAY)
        pipeline.start_pipeline_execution(name="orders")
        clock.sleep(DAY)
        late = again | {"pipelineExecutionId": failed, "stageName": "Build"}
        assert refused(pipeline.retry_stage_execution, **late)[0] == "NotLatestPipelineExecutionException"

    def test_a_token_starts_it_once(self, pipeline, made):
        first = pipeline.start_pipeline_execution(name="orders", clientRequestToken="t")["pipelineExecutionId"]
        assert pipeline.start_pipeline_execution(name="orders", clientRequestToken="t")["pipelineExecutionId"] == first
        assert pipeline.start_pipeline_execution(name="orders")["pipelineExecutionId"] != first

    def test_a_newer_one_overtakes_those_that_wait(self, pipeline, made, clock):
        clock.sleep(20)  # the first is in Build
        second = pipeline.start_pipeline_execution(name="orders")["pipelineExecutionId"]
        clock.sleep(20)
        assert state(pipeline, "Build")["inboundExecution"]["pipelineExecutionId"] == second
        third = pipeline.start_pipeline_execution(name="orders")["pipelineExecutionId"]
        clock.sleep(10)
        assert dict(executions(pipeline))[second] == "Superseded"
        clock.sleep(DAY)
        assert dict(executions(pipeline))[third] == "Succeeded"
        assert statuses(pipeline) == ["Succeeded", "Superseded", "Succeeded"]

    def test_queued_ones_wait_their_turn(self, pipeline, role, clock):
        pipeline.create_pipeline(pipeline=declare(role, executionMode="QUEUED"))
        for _ in range(2):
            pipeline.start_pipeline_execution(name="orders")
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Succeeded"] * 3
        actions = pipeline.list_action_executions(pipelineName="orders")["actionExecutionDetails"]
        builds = sorted((one["startTime"], one["lastUpdateTime"]) for one in actions if one["actionName"] == "Build")
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(builds))

    def test_stopping_lets_the_running_action_end(self, pipeline, made, clock):
        clock.sleep(20)
        stop = {"pipelineName": "orders", "pipelineExecutionId": executions(pipeline)[0][0]}
        pipeline.stop_pipeline_execution(**stop, reason="enough")
        assert statuses(pipeline) == ["Stopping"]
        assert refused(pipeline.stop_pipeline_execution, **stop)[0] == "DuplicatedStopRequestException"
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Stopped"]
        assert state(pipeline, "Build")["actionStates"][0]["latestExecution"]["status"] == "Succeeded"
        assert refused(pipeline.stop_pipeline_execution, **stop)[0] == "PipelineExecutionNotStoppableException"

    def test_abandoning_does_not_wait_and_the_build_goes_on(self, aws, pipeline, made, clock):
        clock.sleep(20)
        stop = {"pipelineName": "orders", "pipelineExecutionId": executions(pipeline)[0][0]}
        pipeline.stop_pipeline_execution(**stop)
        pipeline.stop_pipeline_execution(**stop, abandon=True)
        assert refused(pipeline.stop_pipeline_execution, **stop, abandon=True)[0] == "DuplicatedStopRequestException"
        clock.sleep(2)
        assert statuses(pipeline) == ["Stopped"]
        assert state(pipeline, "Build")["actionStates"][0]["latestExecution"]["status"] == "Abandoned"
        build_id = aws("codebuild").list_builds()["ids"][0]
        assert aws("codebuild").batch_get_builds(ids=[build_id])["builds"][0]["buildStatus"] == "IN_PROGRESS"

    def test_an_unknown_execution_is_refused(self, pipeline, made):
        ghost = {"pipelineName": "orders", "pipelineExecutionId": "00000000-0000-0000-0000-000000000000"}
        assert refused(pipeline.get_pipeline_execution, **ghost)[0] == "PipelineExecutionNotFoundException"
        assert refused(pipeline.stop_pipeline_execution, **ghost)[0] == "PipelineExecutionNotStoppableException"

    def test_a_closed_transition_holds_executions_until_it_opens(self, pipeline, made, clock):
        gate = {"pipelineName": "orders", "stageName": "Deploy", "transitionType": "Inbound"}
        pipeline.disable_stage_transition(**gate, reason="ecsctl up")
        clock.sleep(DAY)
        held = state(pipeline, "Deploy")
        assert held["inboundTransitionState"]["enabled"] is False
        assert held["inboundTransitionState"]["disabledReason"] == "ecsctl up"
        assert held["inboundExecution"]["pipelineExecutionId"] == executions(pipeline)[0][0]
        assert statuses(pipeline) == ["InProgress"]
        pipeline.enable_stage_transition(**gate)
        assert state(pipeline, "Deploy")["latestExecution"]["status"] == "InProgress"
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Succeeded"]

    def test_transitions_of_unknown_stages_are_refused(self, pipeline, made):
        gate = {"pipelineName": "orders", "stageName": "Ghost", "transitionType": "Inbound"}
        assert refused(pipeline.disable_stage_transition, **gate, reason="x")[0] == "StageNotFoundException"
        assert refused(pipeline.enable_stage_transition, **gate)[0] == "StageNotFoundException"
        with_colon = gate | {"stageName": "Deploy", "reason": "no: colon"}
        assert refused(pipeline.disable_stage_transition, **with_colon)[0] == "ValidationException"

    def test_variables_reach_the_build(self, aws, pipeline, role, clock):
        named = copy.deepcopy(stages())
        named[0]["actions"][0]["namespace"] = "SourceVariables"
        tag = json.dumps(
            [{"name": "TAG", "value": "#{SourceVariables.CommitId}-#{variables.colour}", "type": "PLAINTEXT"}]
        )
        named[1]["actions"][0]["configuration"] = {"ProjectName": "orders-build", "EnvironmentVariables": tag}
        variables = [{"name": "colour", "defaultValue": "blue"}]
        pipeline.create_pipeline(pipeline=declare(role, stages=named, variables=variables))
        clock.sleep(20)
        build_id = aws("codebuild").list_builds()["ids"][0]
        build = aws("codebuild").batch_get_builds(ids=[build_id])["builds"][0]
        assert build["environment"]["environmentVariables"][0]["value"] == f"{build['resolvedSourceVersion']}-blue"
        unknown = [{"name": "ghost", "value": "1"}]
        assert refused(pipeline.start_pipeline_execution, name="orders", variables=unknown)[0] == "ValidationException"
