import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore.session
import pytest

from ecsctl.engine.promises import Promise
from ecsctl.resources.support import deployments
from ecsctl.resources.support.deployments import Phase, Snapshot, monitor_of, phase_of
from ecsctl.resources.support.stopped import reasons

ARN = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def service(runs, state, running=1, desired=1, draining=0, reason=None):
    primary = {"status": "PRIMARY", "taskDefinition": f"{ARN}{runs}", "rolloutState": state,
               "runningCount": running, "desiredCount": desired, "rolloutStateReason": reason}  # fmt: skip
    old = {"status": "ACTIVE", "taskDefinition": f"{ARN}1", "rolloutState": "COMPLETED",
           "runningCount": draining, "desiredCount": 0}  # fmt: skip
    return {"taskDefinition": f"{ARN}{runs}", "deployments": [old, primary] if draining else [primary]}


@pytest.mark.parametrize(
    ("configured", "there", "runs", "ready", "note"),
    [
        (2, service(2, "COMPLETED"), 2, True, ""),
        (2, service(2, "IN_PROGRESS", running=1, desired=2), 2, False, "revision 2 is rolling out: 1 of 2 running"),
        (2, service(2, "IN_PROGRESS", draining=1), 2, False, "revision 2 is rolling out: 1 of 1 running"),
        (2, service(2, "IN_PROGRESS", running=0, desired=0), 2, True, ""),
        (2, service(2, "IN_PROGRESS", running=0, desired=0, draining=1), 2, False,
         "revision 2 is rolling out: 0 of 0 running"),
        (2, service(2, "COMPLETED", running=0, desired=3), 2, False, "revision 2 has 0 of 3 running"),
        (2, service(2, None), 2, True, ""),
        (2, service(2, None, running=0), 2, False, "revision 2 has 0 of 1 running"),
        (3, service(2, "COMPLETED"), 2, True, ""),
        (2, service(5, "COMPLETED"), 2, True, "superseded by revision 5"),
        (2, service(5, "IN_PROGRESS", running=0), 2, False,
         "superseded by revision 5: revision 5 is rolling out: 0 of 1 running"),
    ],
)  # fmt: skip
def test_the_state_of_a_service_is_that_of_its_newest_deployment(configured, there, runs, ready, note):
    rollout = Snapshot(there).state_for(f"{ARN}{configured}")
    assert (rollout.runs, rollout.ready, rollout.note) == (f"{ARN}{runs}", ready, note)
    assert (rollout.failed, rollout.settled) == ("", True)


def test_a_deployment_that_was_given_up_is_failed_with_the_reason_aws_gives():
    rollout = Snapshot(service(2, "FAILED", running=0, reason="circuit breaker: tasks failed to start.")).state_for(
        f"{ARN}2"
    )
    assert (rollout.ready, rollout.settled) == (False, False)
    assert rollout.failed == "circuit breaker: tasks failed to start."


def test_another_family_is_no_successor_and_an_unknown_desired_value_is_no_trouble():
    other = service(9, "COMPLETED")
    other["taskDefinition"] = ARN.replace("shop", "other") + "9"
    assert Snapshot(other).state_for(f"{ARN}2").runs == other["taskDefinition"]
    assert Snapshot(service(9, "COMPLETED")).state_for(Promise("task-definition", "arn")).runs == f"{ARN}9"


def history(*courses):
    """(target revision, status) of service deployments, the oldest first."""
    deployments = [
        {"createdAt": MOMENT + timedelta(minutes=number), "status": status, "statusReason": f"because of {number}",
         "targetServiceRevisionArn": f"r{number}"}
        for number, (_, status) in enumerate(courses)
    ]  # fmt: skip
    return Snapshot(None, deployments, {f"r{number}": f"{ARN}{target}" for number, (target, _) in enumerate(courses)})


@pytest.mark.parametrize(
    ("expected", "why"),
    [
        ([], ""),
        ([(1, "SUCCESSFUL")], ""),
        ([(1, "SUCCESSFUL"), (2, "SUCCESSFUL")], ""),
        ([(1, "SUCCESSFUL"), (2, "IN_PROGRESS")], ""),
        ([(1, "SUCCESSFUL"), (2, "ROLLBACK_SUCCESSFUL")], "of revision 2 was rolled back: because of 1"),
        ([(1, "SUCCESSFUL"), (2, "ROLLBACK_IN_PROGRESS")], "of revision 2 was rolled back: because of 1"),
        ([(1, "SUCCESSFUL"), (2, "ROLLBACK_FAILED")], "of revision 2 was rolled back: because of 1"),
        ([(1, "SUCCESSFUL"), (2, "STOPPED")], "of revision 2 was stopped: because of 1"),
        ([(2, "ROLLBACK_SUCCESSFUL"), (1, "SUCCESSFUL"), (2, "IN_PROGRESS")], ""),
        ([(2, "SUCCESSFUL"), (3, "ROLLBACK_SUCCESSFUL")], ""),
        ([(2, "SUCCESSFUL"), (1, "SUCCESSFUL")], ""),
    ],
)
def test_only_the_newest_deployment_of_what_is_desired_counts(expected, why):
    assert history(*expected).why_not(f"{ARN}2") == (f"the deployment {why}" if why else "")


def task(number, why, definition=2, **container):
    return {"taskDefinitionArn": f"{ARN}{definition}", "stoppedReason": why,
            "stoppedAt": MOMENT + timedelta(minutes=number), "containers": [{"name": "app", **container}]}  # fmt: skip


def test_the_first_three_different_reasons_are_reported_the_newest_first():
    pull = "CannotPullContainerError: not found"
    tasks = [
        task(1, "Essential container in task exited", exitCode=1),
        task(2, "Essential container in task exited", exitCode=137, reason="OutOfMemoryError"),
        task(3, "Essential container in task exited", exitCode=1),
        task(4, pull, reason=pull),
        task(5, "Task failed ELB health checks", exitCode=0),
        task(6, "of another revision", definition=1),
        {**task(7, ""), "stoppedReason": None},
    ]
    assert reasons(tasks, f"{ARN}2") == (
        "Task failed ELB health checks",
        pull,
        "Essential container in task exited; container app ended with exit code 1",
    )


STATUSES = botocore.session.get_session().get_service_model("ecs").shape_for("ServiceDeploymentStatus").enum
PHASES = {  # as it stands when neither of ECS's monitors ended it, and when one did
    "PENDING": (Phase.ROLLING_OUT, Phase.ROLLING_OUT),
    "IN_PROGRESS": (Phase.ROLLING_OUT, Phase.ROLLING_OUT),
    "STOP_REQUESTED": (Phase.STOPPING, Phase.STOPPING),
    "STOPPED": (Phase.STOPPED, Phase.GIVEN_UP),
    "ROLLBACK_REQUESTED": (Phase.GOING_BACK, Phase.GOING_BACK),
    "ROLLBACK_IN_PROGRESS": (Phase.GOING_BACK, Phase.GOING_BACK),
    "ROLLBACK_SUCCESSFUL": (Phase.TAKEN_BACK, Phase.ROLLED_BACK),
    "ROLLBACK_FAILED": (Phase.NOT_BACK, Phase.NOT_BACK),
    "SUCCESSFUL": (Phase.DEPLOYED, Phase.DEPLOYED),
}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_a_deployment_is_a_phase(status):
    quiet, ended = {"status": "MONITORING_COMPLETE"}, {"status": "TRIGGERED"}
    by_itself = phase_of({"status": status, "deploymentCircuitBreaker": quiet})
    by_the_breaker = phase_of({"status": status, "deploymentCircuitBreaker": ended})
    by_an_alarm = phase_of({"status": status, "deploymentCircuitBreaker": quiet, "alarms": ended})
    assert (by_itself, by_the_breaker, by_an_alarm) == (*PHASES[status], PHASES[status][1])


def test_of_a_deployment_that_is_only_listed_no_person_is_said_to_have_ended_it():
    assert phase_of({"status": "ROLLBACK_SUCCESSFUL"}) is Phase.ROLLED_BACK


@pytest.mark.parametrize("end", ["FAILED", "TIMED_OUT"])
def test_a_function_at_a_stage_that_fails_ends_the_deployment_and_no_person_does(end):
    hook = {"targetType": "AWS_LAMBDA", "targetArn": "arn:aws:lambda:eu-central-1:1:function:smoke", "status": end}
    back = {"status": "ROLLBACK_SUCCESSFUL", "deploymentCircuitBreaker": {"status": "MONITORING_COMPLETE"}}
    ended = {**back, "lifecycleHookDetails": [hook]}
    assert (phase_of(ended), monitor_of(ended)) == (Phase.ROLLED_BACK, "the hook smoke")
    assert monitor_of({**ended, "status": "SUCCESSFUL"}) == ""


def test_the_words_of_ecs_about_its_deployments_are_read_in_one_file():
    root = Path(deployments.__file__).parents[2]
    words = re.compile(r"rolloutState|ROLLBACK_[A-Z]")
    files = [path for path in root.rglob("*.py") if "sandbox" not in path.parts and words.search(path.read_text())]
    assert files == [Path(deployments.__file__)]
