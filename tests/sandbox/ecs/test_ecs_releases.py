import pytest
from ecs_stack import ACCOUNT, Stack, refused

from ecsctl.sandbox.aws import ecs


@pytest.fixture
def stack(aws, clock):
    """A stack whose service has completed its first deployment."""
    made = Stack(aws, clock).everything()
    made.first = made.definition()
    made.service(made.first)
    made.steady()
    return made


def release(stack, image, **change):
    """Start a deployment of another image; the ARN of the new task definition."""
    arn = stack.definition(image)
    stack.ecs.update_service(cluster="app", service="web", taskDefinition=arn, **change)
    return arn


def newest(stack):
    listed = stack.ecs.list_service_deployments(cluster="app", service="web")["serviceDeployments"]
    arns = [listed[0]["serviceDeploymentArn"]]
    [full] = stack.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    assert full["status"] == listed[0]["status"]
    return full


def revision(stack, arn):
    return stack.ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"][0]


BAD = "public.ecr.aws/app:bad"


def test_a_release_goes_from_in_progress_to_successful(stack):
    source = stack.read()["currentServiceRevisions"][0]["arn"]
    second = release(stack, "public.ecr.aws/app:2")
    under_way = newest(stack)
    assert under_way["serviceDeploymentArn"] == stack.read()["currentServiceDeployment"]
    assert under_way["status"] == "IN_PROGRESS"
    assert "finishedAt" not in under_way
    assert [each["arn"] for each in under_way["sourceServiceRevisions"]] == [source]
    target = under_way["targetServiceRevision"]
    assert (target["requestedTaskCount"], target["pendingTaskCount"]) == (1, 1)
    assert under_way["deploymentCircuitBreaker"] == {"status": "MONITORING", "failureCount": 0, "threshold": 3}
    assert revision(stack, target["arn"])["taskDefinition"] == second
    stack.steady()
    done = newest(stack)
    assert done["status"] == "SUCCESSFUL"
    assert done["finishedAt"] > done["startedAt"]
    assert done["deploymentCircuitBreaker"]["status"] == "MONITORING_COMPLETE"
    assert [each["arn"] for each in stack.read()["currentServiceRevisions"]] == [target["arn"]]
    assert revision(stack, source)["taskDefinition"] == stack.first


def test_the_circuit_breaker_rolls_back_to_the_last_completed_deployment(stack, clock):
    good = stack.read()["deployments"][0]["id"]
    source = stack.read()["currentServiceRevisions"][0]["arn"]
    ecs.script_tasks(ACCOUNT, ":bad", "crash")
    bad = release(stack, BAD)
    failed = stack.read()["deployments"][0]["id"]
    while stack.read()["deployments"][0]["id"] == failed:
        clock.sleep(5)
    service = stack.read()
    primary, active = service["deployments"]
    assert (primary["id"], primary["rolloutState"]) == (good, "IN_PROGRESS")
    assert primary["rolloutStateReason"] == f"ECS deployment circuit breaker: rolling back to deploymentId {good}."
    assert (active["status"], active["rolloutState"], active["failedTasks"]) == ("ACTIVE", "FAILED", 3)
    assert active["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert service["taskDefinition"] == stack.first
    assert service["runningCount"] == 1
    assert newest(stack)["status"] == "ROLLBACK_IN_PROGRESS"
    done = stack.steady()
    assert [deployment["id"] for deployment in done["deployments"]] == [good]
    end = newest(stack)
    assert end["status"] == "ROLLBACK_SUCCESSFUL"
    assert end["statusReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert end["rollback"]["serviceRevisionArn"] == source
    assert end["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert end["deploymentCircuitBreaker"]["failureCount"] == 3
    assert revision(stack, end["targetServiceRevision"]["arn"])["taskDefinition"] == bad
    events = stack.events()
    assert f"(service web) (deployment {failed}) deployment failed: tasks failed to start." in events
    at = events.index(f"(service web) rolling back to deployment {good}.")
    assert events[at:][-2:] == [
        f"(service web) (deployment {good}) deployment completed.",
        "(service web) has reached a steady state.",
    ]


def test_a_missing_image_is_rolled_back_without_the_running_task_being_touched(stack):
    [before] = stack.tasks()
    release(stack, f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/app:none")
    stack.steady(1200)
    assert [task["taskArn"] for task in stack.tasks()] == [before["taskArn"]]
    assert newest(stack)["status"] == "ROLLBACK_SUCCESSFUL"


def test_without_rollback_a_failed_deployment_stays_primary_and_the_old_tasks_serve_on(stack, clock):
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    ecs.script_tasks(ACCOUNT, ":bad", "unhealthy")
    release(stack, BAD, deploymentConfiguration=breaker, healthCheckGracePeriodSeconds=0)
    clock.sleep(600)
    failed, old = stack.read()["deployments"]
    assert (failed["status"], failed["rolloutState"], failed["desiredCount"]) == ("PRIMARY", "FAILED", 0)
    assert (old["status"], old["runningCount"]) == ("ACTIVE", 1)
    end = newest(stack)
    assert end["status"] == "STOPPED"
    assert "stoppedAt" in end
    assert "rollback" not in end
    launched = len(stack.tasks("STOPPED"))
    clock.sleep(1200)
    assert len(stack.tasks("STOPPED")) <= launched
    release(stack, "public.ecr.aws/app:3")
    assert stack.steady()["runningCount"] == 1


def test_a_first_deployment_that_fails_leaves_a_service_without_tasks(aws, clock):
    stack = Stack(aws, clock).everything()
    ecs.script_tasks(ACCOUNT, "", "crash")
    stack.service()
    clock.sleep(600)
    service = stack.read()
    assert service["status"] == "ACTIVE"
    assert (service["desiredCount"], service["runningCount"], service["pendingCount"]) == (1, 0, 0)
    [only] = service["deployments"]
    assert (only["rolloutState"], only["failedTasks"], only["desiredCount"]) == ("FAILED", 3, 0)
    assert newest(stack)["status"] == "STOPPED"
    assert len(stack.tasks("STOPPED")) == 3


def test_without_a_circuit_breaker_a_bad_image_is_tried_for_ever(stack, clock):
    off = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    ecs.script_tasks(ACCOUNT, ":bad", "missing-image")
    release(stack, BAD, deploymentConfiguration=off)
    clock.sleep(6 * 3600)
    primary = stack.read()["deployments"][0]
    assert primary["rolloutState"] == "IN_PROGRESS"
    assert primary["failedTasks"] > 10
    assert newest(stack)["deploymentCircuitBreaker"]["status"] == "DISABLED"
    assert stack.read()["runningCount"] == 1


def test_a_newer_release_supersedes_one_that_is_under_way(stack):
    release(stack, "public.ecr.aws/app:2")
    overtaken = newest(stack)["serviceDeploymentArn"]
    last = release(stack, "public.ecr.aws/app:3")
    done = stack.steady()
    assert done["taskDefinition"] == last
    [old] = stack.ecs.describe_service_deployments(serviceDeploymentArns=[overtaken])["serviceDeployments"]
    assert old["status"] == "STOPPED"
    assert newest(stack)["status"] == "SUCCESSFUL"


def test_a_release_can_be_stopped_and_goes_back(stack, clock):
    [before] = stack.tasks()
    release(stack, "public.ecr.aws/app:2")
    clock.sleep(20)
    arn = newest(stack)["serviceDeploymentArn"]
    assert stack.ecs.stop_service_deployment(serviceDeploymentArn=arn)["serviceDeploymentArn"] == arn
    assert newest(stack)["status"] == "ROLLBACK_REQUESTED"
    stack.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")  # goes on
    clock.sleep(8)
    assert newest(stack)["status"] == "ROLLBACK_IN_PROGRESS"
    done = stack.steady()
    assert done["taskDefinition"] == stack.first
    assert [task["taskArn"] for task in stack.tasks()] == [before["taskArn"]]
    assert newest(stack)["status"] == "ROLLBACK_SUCCESSFUL"
    with pytest.raises(Exception, match="cannot be stopped") as caught:
        stack.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    assert caught.value.response["Error"]["Code"] == "ConflictException"


def test_an_aborted_release_stops_where_it_is(stack, clock):
    release(stack, "public.ecr.aws/app:2")
    arn = newest(stack)["serviceDeploymentArn"]
    stack.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")
    assert newest(stack)["status"] == "STOP_REQUESTED"
    clock.sleep(60)
    assert newest(stack)["status"] == "STOPPED"
    assert stack.read()["deployments"][0]["rolloutState"] == "FAILED"
    assert stack.read()["runningCount"] == 1


def test_releases_are_listed_newest_first_and_can_be_filtered(stack, clock):
    moment = stack.read()["createdAt"]
    for number in (2, 3):
        release(stack, f"public.ecr.aws/app:{number}")
        stack.steady()
    release(stack, "public.ecr.aws/app:4")

    def listed(**filters):
        found = stack.ecs.list_service_deployments(cluster="app", service="web", **filters)["serviceDeployments"]
        return [revision(stack, each["targetServiceRevisionArn"])["taskDefinition"].rsplit(":", 1)[1] for each in found]

    assert listed() == ["4", "3", "2", "1"]
    assert listed(status=["IN_PROGRESS"]) == ["4"]
    assert listed(maxResults=2) == ["4", "3"]
    assert listed(createdAt={"before": moment}) == []
    assert listed(createdAt={"after": moment}) == ["4", "3", "2", "1"]


def test_a_revision_names_the_digest_its_image_was_resolved_to(stack):
    reference = stack.image("v1")
    release(stack, reference)
    stack.steady()
    [image] = revision(stack, newest(stack)["targetServiceRevision"]["arn"])["containerImages"]
    assert image["image"] == reference
    assert image["imageDigest"] == stack.tasks()[0]["containers"][0]["imageDigest"]


def test_what_nobody_knows_is_missing_or_not_found(stack):
    arn = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:service-deployment/app/web/none"
    found = stack.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    assert found == found | {"serviceDeployments": [], "failures": [{"arn": arn, "reason": "MISSING"}]}
    assert stack.ecs.describe_service_revisions(serviceRevisionArns=[arn])["failures"][0]["reason"] == "MISSING"
    refused(
        "ServiceDeploymentNotFoundException",
        f"Service deployment {arn} not found.",
        stack.ecs.stop_service_deployment,
        serviceDeploymentArn=arn,
    )
    refused(
        "ServiceNotFoundException",
        "Service not found.",
        stack.ecs.list_service_deployments,
        cluster="app",
        service="none",
    )


def test_exec_needs_a_task_that_was_started_with_it_and_an_agent_that_is_up(stack, clock):
    def enter(**change):
        [task] = stack.tasks()
        asked = {"cluster": "app", "task": task["taskArn"], "command": "/bin/sh", "interactive": True}
        return stack.ecs.execute_command(**asked | change)

    def entering_fails(code, fragment, **change):
        with pytest.raises(Exception, match=fragment) as caught:
            enter(**change)
        assert caught.value.response["Error"]["Code"] == code

    entering_fails("InvalidParameterException", "execute command was not enabled when the task was run")
    stack.ecs.update_service(cluster="app", service="web", enableExecuteCommand=True)
    entering_fails("InvalidParameterException", "execute command was not enabled when the task was run")
    configuration = {"minimumHealthyPercent": 0}
    stack.ecs.update_service(
        cluster="app", service="web", forceNewDeployment=True, deploymentConfiguration=configuration
    )
    clock.sleep(35)
    [task] = stack.tasks()
    assert task["enableExecuteCommand"] is True
    assert task["lastStatus"] == "RUNNING"
    assert task["containers"][0]["managedAgents"] == [{"name": "ExecuteCommandAgent", "lastStatus": "PENDING"}]
    message = "The execute command failed due to an internal error. Try again later."
    entering_fails("TargetNotConnectedException", message)
    clock.sleep(20)
    assert stack.tasks()[0]["containers"][0]["managedAgents"][0]["lastStatus"] == "RUNNING"
    answer = enter()
    assert answer["containerName"] == "app"
    assert answer["session"]["sessionId"].startswith("ecs-execute-command-")
    assert answer["session"]["streamUrl"].startswith("wss://127.0.0.1:")  # a real plugin carries nothing to AWS
    assert answer["session"]["tokenValue"]
    entering_fails("InvalidParameterException", "Interactive is the only mode", interactive=False)
    entering_fails("InvalidParameterException", "The container other was not found", container="other")
    entering_fails("InvalidParameterException", "The referenced task was not found", task="0" * 32)
