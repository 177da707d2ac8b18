import copy
import itertools
import json

import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox import codepipeline_actions, codepipeline_run, github
from ecsctl.sandbox.codebuild_builds import fail_next_build

TOKEN = "ghp_" + "x" * 36
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def deployments_that_take_90_seconds(monkeypatch):
    """These tests are about pipelines: what ECS's Deploy action does stands in test_runs.py."""

    def deploy(_runs, _execution, attempt):
        done = codepipeline_run.Outcome(attempt.began + 90.0, "Succeeded")
        return codepipeline_actions.Timed(done)

    monkeypatch.setitem(codepipeline_run.BEGIN, ("Deploy", "AWS", "ECS"), deploy)


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def role(aws, clock):
    iam = aws("iam")
    for name in ("codepipeline", "codebuild"):
        trust = document(Principal={"Service": f"{name}.amazonaws.com"}, Action="sts:AssumeRole")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    allow = document(Action="*", Resource="*")
    iam.put_role_policy(RoleName="codepipeline", PolicyName="all", PolicyDocument=allow)
    clock.sleep(60)
    aws("codebuild").create_project(
        name="orders-build",
        source={"type": "GITHUB", "location": "https://github.com/me/orders"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "ARM_CONTAINER",
            "image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole="arn:aws:iam::123456789012:role/codebuild",
    )
    return "arn:aws:iam::123456789012:role/codepipeline"


def action(name, category, provider, owner="AWS", inputs=(), outputs=(), order=1, **configuration):
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": owner, "provider": provider, "version": "1"},
        "configuration": configuration,
        "inputArtifacts": [{"name": one} for one in inputs],
        "outputArtifacts": [{"name": one} for one in outputs],
        "runOrder": order,
    }


def source(**changed):
    settings = {"Owner": "me", "Repo": "orders", "Branch": "main", "OAuthToken": TOKEN, "PollForSourceChanges": "false"}
    return action("Source", "Source", "GitHub", "ThirdParty", outputs=["SourceOutput"], **settings | changed)


BUILD = action(
    "Build", "Build", "CodeBuild", inputs=["SourceOutput"], outputs=["BuildOutput"], ProjectName="orders-build"
)
ECS = {"ClusterName": "orders", "ServiceName": "orders"}
DEPLOY = action("Deploy", "Deploy", "ECS", inputs=["BuildOutput"], **ECS)
APPROVE = action("Approve", "Approval", "Manual")


def stages(*approvals, first=None):
    middle = [{"name": "Approval", "actions": list(approvals)}] if approvals else []
    named = [("Source", [first or source()]), ("Build", [BUILD]), ("Deploy", [DEPLOY])]
    made = [{"name": name, "actions": found} for name, found in named]
    return made[:2] + middle + made[2:]


def declare(role, *approvals, **changed):
    return {
        "name": "orders",
        "roleArn": role,
        "artifactStore": {"type": "S3", "location": "orders-artifacts"},
        "stages": stages(*approvals),
        "pipelineType": "V2",
    } | changed


@pytest.fixture
def pipeline(aws):
    return aws("codepipeline")


@pytest.fixture
def made(pipeline, role):
    return pipeline.create_pipeline(pipeline=declare(role), tags=[{"key": "owner", "value": "me"}])["pipeline"]


def executions(pipeline):
    told = pipeline.list_pipeline_executions(pipelineName="orders")["pipelineExecutionSummaries"]
    return [(one["pipelineExecutionId"], one["status"]) for one in told]


def statuses(pipeline):
    return [status for _, status in executions(pipeline)]


def state(pipeline, stage):
    return next(one for one in pipeline.get_pipeline_state(name="orders")["stageStates"] if one["stageName"] == stage)


class TestDeclarations:
    def test_making_one_starts_it_at_once(self, pipeline, made):
        assert made["version"] == 1
        assert made["executionMode"] == "SUPERSEDED"
        assert statuses(pipeline) == ["InProgress"]
        told = pipeline.list_pipeline_executions(pipelineName="orders")["pipelineExecutionSummaries"][0]
        assert told["trigger"]["triggerType"] == "CreatePipeline"

    def test_a_name_in_use_is_refused(self, pipeline, made, role):
        code, told = refusal(pipeline.create_pipeline, pipeline=declare(role))
        assert code == "PipelineNameInUseException"
        assert "'orders' already exists" in told

    def test_a_fresh_role_cannot_be_assumed_yet(self, aws, pipeline, role, clock):
        trust = document(Principal={"Service": "codepipeline.amazonaws.com"}, Action="sts:AssumeRole")
        arn = aws("iam").create_role(RoleName="new", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        told = f"CodePipeline is not authorized to perform AssumeRole on role {arn}"
        assert refusal(pipeline.create_pipeline, pipeline=declare(arn)) == ("InvalidStructureException", told)
        clock.sleep(60)
        pipeline.create_pipeline(pipeline=declare(arn))

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"stages": stages()[:1]}, "minimum of 2 stages"),
            ({"stages": stages() + stages()[2:]}, "Stage name 'Deploy' is used more than once"),
            ({"stages": stages()[1:] + stages()[:1]}, "should start with a stage that only contains source actions"),
            ({"stages": [*stages()[:2], {"name": "Late", "actions": [source()]}]}, "a stage that is not the first one"),
            (
                {"stages": [stages()[0], stages()[2]]},
                "Input Artifact Bundle BuildOutput in action Deploy is not declared",
            ),
            ({"pipelineType": "V1", "executionMode": "QUEUED"}, "can only be used with pipelines of type V2"),
        ],
    )
    def test_structures_that_cannot_be_are_refused(self, pipeline, role, changed, told):
        code, message = refusal(pipeline.create_pipeline, pipeline=declare(role, **changed))
        assert code == "InvalidStructureException"
        assert told in message
        assert pipeline.list_pipelines()["pipelines"] == []

    def test_names_and_values_keep_to_the_service_model(self, pipeline, role):
        code, told = refusal(pipeline.create_pipeline, pipeline=declare(role, name="a b"))
        assert code == "ValidationException"
        assert told.startswith("1 validation error detected: Value 'a b' at 'pipeline.name'")
        longer = declare(role, stages=stages(first=source(Branch="x" * 1001)))
        assert refusal(pipeline.create_pipeline, pipeline=longer)[0] == "ValidationException"

    @pytest.mark.parametrize(
        ("type_", "inputs", "settings", "told"),
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
    def test_actions_that_cannot_be_are_refused(self, pipeline, role, type_, inputs, settings, told):
        second = action("Second", *type_, inputs=["SourceOutput"][:inputs], **settings)
        wished = declare(role, stages=[stages()[0], {"name": "Second", "actions": [second]}])
        code, message = refusal(pipeline.create_pipeline, pipeline=wished)
        assert code == "InvalidActionDeclarationException"
        assert told in message

    def test_an_output_has_one_maker(self, pipeline, role):
        twice = [BUILD, BUILD | {"name": "Again"}]
        wished = declare(role, stages=[stages()[0], {"name": "Build", "actions": twice}])
        code, told = refusal(pipeline.create_pipeline, pipeline=wished)
        assert (code, "BuildOutput has been used more than once" in told) == ("InvalidStructureException", True)

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
            refusal(pipeline.update_pipeline, pipeline=declare(role, stages=stages()[:1]))[0]
            == "InvalidStructureException"
        )
        assert pipeline.get_pipeline(name="orders")["pipeline"]["version"] == 1
        assert statuses(pipeline) == ["InProgress"]

    def test_updating_or_reading_what_is_not_there_is_refused(self, pipeline, role):
        assert refusal(pipeline.update_pipeline, pipeline=declare(role))[0] == "PipelineNotFoundException"
        assert refusal(pipeline.get_pipeline, name="orders")[0] == "PipelineNotFoundException"
        assert refusal(pipeline.get_pipeline_state, name="orders")[0] == "PipelineNotFoundException"

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

    def test_the_token_is_told_to_nobody(self, pipeline, made, role, clock):
        updated = pipeline.update_pipeline(pipeline=declare(role))["pipeline"]
        clock.sleep(DAY)
        told = [made, updated, pipeline.get_pipeline(name="orders"), pipeline.get_pipeline_state(name="orders"),
                pipeline.list_action_executions(pipelineName="orders")]  # fmt: skip
        assert TOKEN not in json.dumps(told, default=str)
        for one in told[:2]:
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
        code, told = refusal(pipeline.create_pipeline, pipeline=masked)
        assert code == "InvalidActionDeclarationException"
        assert told.startswith('Action configuration for the new action "Source" contains an invalid configuration')

    def test_a_revoked_token_fails_the_source(self, pipeline, made, clock):
        github.revoke_github_token()
        assert not self.token_works(pipeline, clock)
        error = state(pipeline, "Source")["actionStates"][0]["latestExecution"]["errorDetails"]
        assert "Could not access the GitHub repository" in error["message"]


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

    def test_it_makes_no_difference_how_often_anybody_looks(self, pipeline, role, clock):
        def run(step):
            pipeline.create_pipeline(pipeline=declare(role))
            for _ in range(0, 300, step):
                clock.sleep(step)
                pipeline.get_pipeline_state(name="orders")
            told = pipeline.list_action_executions(pipelineName="orders")["actionExecutionDetails"]
            began = told[-1]["startTime"]
            pipeline.delete_pipeline(name="orders")
            return [(one["actionName"], one["startTime"] - began, one["lastUpdateTime"] - began) for one in told]

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

    def test_a_role_without_rights_fails_the_action(self, aws, pipeline, made, clock):
        aws("iam").delete_role_policy(RoleName="codepipeline", PolicyName="all")
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
        told = pipeline.list_action_executions(pipelineName="orders")["actionExecutionDetails"]
        assert [one["actionName"] for one in told] == ["Deploy", "Build", "Build", "Source"]
        counted = {"latestInPipelineExecution": {"pipelineExecutionId": execution, "startTimeRange": "Latest"}}
        told = pipeline.list_action_executions(pipelineName="orders", filter=counted)["actionExecutionDetails"]
        assert [one["status"] for one in told] == ["Succeeded", "Succeeded", "Succeeded"]

    def test_only_a_failed_stage_of_the_latest_execution_is_retried(self, pipeline, made, clock):
        execution = executions(pipeline)[0][0]
        again = {"pipelineName": "orders", "pipelineExecutionId": execution, "retryMode": "FAILED_ACTIONS"}
        assert refusal(pipeline.retry_stage_execution, **again, stageName="Source")[0] == "ConflictException"
        assert refusal(pipeline.retry_stage_execution, **again, stageName="Ghost")[0] == "StageNotFoundException"
        clock.sleep(DAY)
        assert refusal(pipeline.retry_stage_execution, **again, stageName="Build")[0] == "StageNotRetryableException"
        fail_next_build("BUILD", "exit status 1")
        failed = pipeline.start_pipeline_execution(name="orders")["pipelineExecutionId"]
        clock.sleep(DAY)
        pipeline.start_pipeline_execution(name="orders")
        clock.sleep(DAY)
        late = again | {"pipelineExecutionId": failed, "stageName": "Build"}
        assert refusal(pipeline.retry_stage_execution, **late)[0] == "NotLatestPipelineExecutionException"

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
        told = pipeline.list_action_executions(pipelineName="orders")["actionExecutionDetails"]
        builds = sorted((one["startTime"], one["lastUpdateTime"]) for one in told if one["actionName"] == "Build")
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(builds))

    def test_stopping_lets_the_running_action_end(self, pipeline, made, clock):
        clock.sleep(20)
        stop = {"pipelineName": "orders", "pipelineExecutionId": executions(pipeline)[0][0]}
        pipeline.stop_pipeline_execution(**stop, reason="enough")
        assert statuses(pipeline) == ["Stopping"]
        assert refusal(pipeline.stop_pipeline_execution, **stop)[0] == "DuplicatedStopRequestException"
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Stopped"]
        assert state(pipeline, "Build")["actionStates"][0]["latestExecution"]["status"] == "Succeeded"
        assert refusal(pipeline.stop_pipeline_execution, **stop)[0] == "PipelineExecutionNotStoppableException"

    def test_abandoning_does_not_wait_and_the_build_goes_on(self, aws, pipeline, made, clock):
        clock.sleep(20)
        stop = {"pipelineName": "orders", "pipelineExecutionId": executions(pipeline)[0][0]}
        pipeline.stop_pipeline_execution(**stop)
        pipeline.stop_pipeline_execution(**stop, abandon=True)
        assert refusal(pipeline.stop_pipeline_execution, **stop, abandon=True)[0] == "DuplicatedStopRequestException"
        clock.sleep(2)
        assert statuses(pipeline) == ["Stopped"]
        assert state(pipeline, "Build")["actionStates"][0]["latestExecution"]["status"] == "Abandoned"
        build_id = aws("codebuild").list_builds()["ids"][0]
        assert aws("codebuild").batch_get_builds(ids=[build_id])["builds"][0]["buildStatus"] == "IN_PROGRESS"

    def test_an_unknown_execution_is_refused(self, pipeline, made):
        ghost = {"pipelineName": "orders", "pipelineExecutionId": "00000000-0000-0000-0000-000000000000"}
        assert refusal(pipeline.get_pipeline_execution, **ghost)[0] == "PipelineExecutionNotFoundException"
        assert refusal(pipeline.stop_pipeline_execution, **ghost)[0] == "PipelineExecutionNotStoppableException"

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
        assert refusal(pipeline.disable_stage_transition, **gate, reason="x")[0] == "StageNotFoundException"
        assert refusal(pipeline.enable_stage_transition, **gate)[0] == "StageNotFoundException"
        with_colon = gate | {"stageName": "Deploy", "reason": "no: colon"}
        assert refusal(pipeline.disable_stage_transition, **with_colon)[0] == "ValidationException"

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
        told = aws("codebuild").batch_get_builds(ids=[build_id])["builds"][0]
        assert told["environment"]["environmentVariables"][0]["value"] == f"{told['resolvedSourceVersion']}-blue"
        unknown = [{"name": "ghost", "value": "1"}]
        assert refusal(pipeline.start_pipeline_execution, name="orders", variables=unknown)[0] == "ValidationException"


class TestApprovals:
    @pytest.fixture
    def waiting(self, pipeline, role, clock):
        second = APPROVE | {"name": "Again", "runOrder": 2}
        pipeline.create_pipeline(pipeline=declare(role, APPROVE, second))
        clock.sleep(3600)
        return state(pipeline, "Approval")["actionStates"][0]["latestExecution"]["token"]

    def answer(self, pipeline, token, status="Approved", action="Approve"):
        named = {"pipelineName": "orders", "stageName": "Approval", "actionName": action, "token": token}
        return pipeline.put_approval_result(**named, result={"summary": "seen", "status": status})

    def test_it_waits_until_somebody_approves(self, pipeline, waiting, clock):
        assert statuses(pipeline) == ["InProgress"]
        assert self.answer(pipeline, waiting)["approvedAt"]
        assert refusal(self.answer, pipeline=pipeline, token=waiting)[0] == "ApprovalAlreadyCompletedException"
        second = state(pipeline, "Approval")["actionStates"][1]["latestExecution"]["token"]
        self.answer(pipeline, second, action="Again")
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Succeeded"]
        approved = state(pipeline, "Approval")["actionStates"][0]["latestExecution"]
        assert (approved["status"], approved["summary"]) == ("Succeeded", "seen")
        assert approved["lastUpdatedBy"].startswith("arn:aws:")

    def test_a_rejection_fails_it(self, pipeline, waiting):
        self.answer(pipeline, waiting, "Rejected")
        assert statuses(pipeline) == ["Failed"]
        error = state(pipeline, "Approval")["actionStates"][0]["latestExecution"]["errorDetails"]
        assert error["message"] == "Rejected: seen"

    def test_nobody_for_seven_days_is_a_failure(self, pipeline, waiting, clock):
        clock.sleep(7 * DAY)
        assert statuses(pipeline) == ["Failed"]
        assert refusal(self.answer, pipeline=pipeline, token=waiting)[0] == "ApprovalAlreadyCompletedException"

    def test_a_wrong_token_is_refused(self, pipeline, waiting):
        ghost = "00000000-0000-0000-0000-000000000000"
        assert refusal(self.answer, pipeline=pipeline, token=ghost)[0] == "InvalidApprovalTokenException"
        assert refusal(self.answer, pipeline=pipeline, token=waiting, action="Ghost")[0] == "ActionNotFoundException"


class TestConnections:
    def settings(self, arn):
        wished = {"ConnectionArn": arn, "FullRepositoryId": "me/orders", "BranchName": "main", "DetectChanges": "true"}
        return action("Source", "Source", "CodeStarSourceConnection", outputs=["SourceOutput"], **wished)

    def error(self, pipeline):
        return state(pipeline, "Source")["actionStates"][0]["latestExecution"]["errorDetails"]["message"]

    def test_the_source_needs_a_completed_connection_and_the_right_to_use_it(self, aws, pipeline, role, clock):
        from ecsctl.sandbox.codeconnections import complete_handshake

        arn = aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="hub")["ConnectionArn"]
        pipeline.create_pipeline(pipeline=declare(role, stages=stages(first=self.settings(arn))))
        clock.sleep(60)
        assert self.error(pipeline) == f"Connection {arn} is not available"
        complete_handshake("hub")
        deny = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": arn}]})
        aws("iam").put_role_policy(RoleName="codepipeline", PolicyName="deny", PolicyDocument=deny)
        pipeline.start_pipeline_execution(name="orders")
        clock.sleep(60)
        assert self.error(pipeline).startswith(f"Unable to use Connection: {arn}.")
        aws("iam").delete_role_policy(RoleName="codepipeline", PolicyName="deny")
        pipeline.start_pipeline_execution(name="orders")
        clock.sleep(DAY)
        assert statuses(pipeline)[0] == "Succeeded"


class TestWebhooks:
    wish = {  # noqa: RUF012 - a constant of the tests
        "name": "orders",
        "targetPipeline": "orders",
        "targetAction": "Source",
        "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}],
        "authentication": "GITHUB_HMAC",
        "authenticationConfiguration": {"SecretToken": "s3cret"},
    }

    @pytest.fixture
    def webhook(self, pipeline, made):
        return pipeline.put_webhook(webhook=self.wish, tags=[{"key": "owner", "value": "me"}])["webhook"]

    def test_its_secret_is_told_to_nobody(self, pipeline, webhook):
        told = pipeline.list_webhooks()["webhooks"]
        assert [one["definition"]["name"] for one in told] == ["orders"]
        assert told[0]["tags"] == [{"key": "owner", "value": "me"}]
        assert told[0]["definition"]["authenticationConfiguration"] == {"SecretToken": "****"}
        assert "s3cret" not in json.dumps([webhook, told])

    def test_putting_it_again_changes_it_and_keeps_its_url(self, pipeline, webhook):
        again = pipeline.put_webhook(webhook=self.wish | {"filters": [{"jsonPath": "$.ref"}]})["webhook"]
        assert again["url"] == webhook["url"]
        assert again["definition"]["filters"] == [{"jsonPath": "$.ref"}]
        assert len(pipeline.list_webhooks()["webhooks"]) == 1

    def test_a_deleted_one_comes_back_with_another_url(self, pipeline, webhook):
        pipeline.delete_webhook(name="orders")
        pipeline.delete_webhook(name="orders")
        assert pipeline.list_webhooks()["webhooks"] == []
        assert pipeline.put_webhook(webhook=self.wish)["webhook"]["url"] != webhook["url"]

    def test_github_knows_it_from_registering_to_deregistering(self, pipeline, webhook):
        assert github.github_hooks() == []
        pipeline.register_webhook_with_third_party(webhookName="orders")
        assert github.github_hooks() == [["me/orders", webhook["url"]]]
        pipeline.deregister_webhook_with_third_party(webhookName="orders")
        assert github.github_hooks() == []

    def test_deleting_it_registered_leaves_the_hook_on_github(self, pipeline, webhook):
        pipeline.register_webhook_with_third_party(webhookName="orders")
        pipeline.delete_webhook(name="orders")
        assert github.github_hooks() == [["me/orders", webhook["url"]]]

    def test_a_revoked_token_neither_registers_nor_deregisters(self, pipeline, webhook):
        github.revoke_github_token()
        code, told = refusal(pipeline.register_webhook_with_third_party, webhookName="orders")
        assert code == "ValidationException"
        assert told.startswith(
            "Webhook could not be registered with GitHub. Error cause: Invalid credentials [StatusCode: 401"
        )
        github.revoke_github_token(works=True)
        pipeline.register_webhook_with_third_party(webhookName="orders")
        github.revoke_github_token()
        assert refusal(pipeline.deregister_webhook_with_third_party, webhookName="orders")[0] == "ValidationException"

    def test_unknown_webhooks_are_refused(self, pipeline):
        for call in (pipeline.register_webhook_with_third_party, pipeline.deregister_webhook_with_third_party):
            assert refusal(call, webhookName="ghost")[0] == "WebhookNotFoundException"

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
        assert refusal(pipeline.put_webhook, webhook=self.wish | changed)[0] == code

    def test_it_has_tags_of_its_own(self, pipeline, webhook):
        pipeline.tag_resource(resourceArn=webhook["arn"], tags=[{"key": "app", "value": "orders"}])
        pipeline.untag_resource(resourceArn=webhook["arn"], tagKeys=["owner"])
        told = pipeline.list_tags_for_resource(resourceArn=webhook["arn"])["tags"]
        assert told == [{"key": "app", "value": "orders"}]
