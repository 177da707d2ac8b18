"""Actions that wait for someone: approvals, and connections that nobody has completed."""

import json

import pytest
from answers import refused
from declared import APPROVE, DAY, action, declare, stages, state, statuses


class TestApprovals:
    @pytest.fixture
    def waiting(self, pipeline, role, clock):
        second = APPROVE | {"name": "Again", "runOrder": 2}
        pipeline.create_pipeline(pipeline=declare(role, APPROVE, second))
        clock.sleep(3600)
        return state(pipeline, "Approval")["actionStates"][0]["latestExecution"]["token"]

    def answer(self, pipeline, token, status="Approved", action="Approve"):
        named = {"pipelineName": "orders", "stageName": "Approval", "actionName": action, "token": token}
        return pipeline.put_approval_result(**named, result={"summary": "checked", "status": status})

    def test_it_waits_until_somebody_approves(self, pipeline, waiting, clock):
        assert statuses(pipeline) == ["InProgress"]
        assert self.answer(pipeline, waiting)["approvedAt"]
        assert refused(self.answer, pipeline=pipeline, token=waiting)[0] == "ApprovalAlreadyCompletedException"
        second = state(pipeline, "Approval")["actionStates"][1]["latestExecution"]["token"]
        self.answer(pipeline, second, action="Again")
        clock.sleep(DAY)
        assert statuses(pipeline) == ["Succeeded"]
        approved = state(pipeline, "Approval")["actionStates"][0]["latestExecution"]
        assert (approved["status"], approved["summary"]) == ("Succeeded", "checked")
        assert approved["lastUpdatedBy"].startswith("arn:aws:")

    def test_a_rejection_fails_it(self, pipeline, waiting):
        self.answer(pipeline, waiting, "Rejected")
        assert statuses(pipeline) == ["Failed"]
        error = state(pipeline, "Approval")["actionStates"][0]["latestExecution"]["errorDetails"]
        assert error["message"] == "Rejected: checked"

    def test_nobody_for_seven_days_is_a_failure(self, pipeline, waiting, clock):
        clock.sleep(7 * DAY)
        assert statuses(pipeline) == ["Failed"]
        assert refused(self.answer, pipeline=pipeline, token=waiting)[0] == "ApprovalAlreadyCompletedException"

    def test_a_wrong_token_is_refused(self, pipeline, waiting):
        ghost = "00000000-0000-0000-0000-000000000000"
        assert refused(self.answer, pipeline=pipeline, token=ghost)[0] == "InvalidApprovalTokenException"
        assert refused(self.answer, pipeline=pipeline, token=waiting, action="Ghost")[0] == "ActionNotFoundException"


class TestConnections:
    def settings(self, arn):
        configured = {
            "ConnectionArn": arn,
            "FullRepositoryId": "me/orders",
            "BranchName": "main",
            "DetectChanges": "true",
        }
        return action("Source", "Source", "CodeStarSourceConnection", outputs=["SourceOutput"], **configured)

    def error(self, pipeline):
        return state(pipeline, "Source")["actionStates"][0]["latestExecution"]["errorDetails"]["message"]

    def test_the_source_needs_a_completed_connection_and_the_right_to_use_it(self, aws, pipeline, role, clock):
        from ecsctl.sandbox.aws.codeconnections import complete_handshake

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
