"""The containers of a task beside the one that serves: when they start and end, by their dependencies."""

from math import inf

import pytest
from answers import refused

from ecsctl.sandbox.aws.ecs.container_states import Outcome, planned

T = 100.0


def container(name, **more):
    return {"name": name, "image": name, "essential": True, **more}


def after(**conditions):
    return [{"containerName": name, "condition": condition} for name, condition in conditions.items()]


def checked(**more):
    return {"healthCheck": {"command": ["CMD", "true"], "interval": 30, "retries": 3, **more}}


def test_containers_without_dependencies_start_together():
    made = planned([container("app"), container("proxy")], {}, T)
    assert made["app"].start == made["proxy"].start < T + 5


def test_one_starts_only_once_what_it_waits_for_has_come_so_far():
    migrate = container("migrate", essential=False)
    made = planned(
        [container("app", dependsOn=after(migrate="SUCCESS", db="HEALTHY")), migrate, container("db", **checked())],
        {},
        T,
    )
    assert made["migrate"].code == 0, "one whose end is waited for has an end"
    assert made["app"].start > max(made["migrate"].end, made["db"].healthy)
    assert made["db"].healthy == made["db"].start + 30


def test_one_that_waits_for_a_success_in_vain_is_never_started_and_says_why():
    migrate = container("migrate", essential=False)
    made = planned(
        [container("app", dependsOn=after(migrate="SUCCESS")), migrate], {"migrate": Outcome("ends", 5, 2)}, T
    )
    assert (made["app"].start, made["app"].code) == (None, 143)
    assert "[migrate(migrate) (STOPPED->RUNNING) - Exit: 2]" in made["app"].reason
    assert made["app"].reason.endswith("as dependency did not exit successfully.")


def test_for_the_mere_end_an_error_is_good_enough():
    migrate = container("migrate", essential=False)
    made = planned(
        [container("app", dependsOn=after(migrate="COMPLETE")), migrate], {"migrate": Outcome("ends", 5, 2)}, T
    )
    assert made["app"].start > made["migrate"].end


def test_who_waits_for_a_health_that_never_comes_waits_for_ever_or_for_the_time_that_is_given():
    db = container("db", essential=False, **checked())
    app = container("app", dependsOn=after(db="HEALTHY"))
    assert planned([app, db], {"db": Outcome("sick")}, T)["app"].start == inf
    given_up = planned([app, db | {"startTimeout": 60}], {"db": Outcome("sick")}, T)["app"]
    assert given_up.start is None
    assert given_up.reason.endswith("has timed out.")


@pytest.mark.parametrize(("restart", "ends"), [
    ({"enabled": True, "restartAttemptPeriod": 60}, False),
    ({"enabled": True, "restartAttemptPeriod": 60, "ignoredExitCodes": [1]}, True),
    ({"enabled": True}, True),  # it must have run for 300 seconds
    ({"enabled": False}, True),
])  # fmt: skip
def test_a_container_with_a_restart_policy_goes_on_if_it_ran_long_enough(restart, ends):
    made = planned([container("agent", restartPolicy=restart)], {"agent": Outcome("ends", 90, 1)}, T)["agent"]
    assert (made.end is not None) == ends


REFUSED = [
    ([container("app", dependsOn=after(db="START"))], "is not in the task definition"),
    ([container("app", dependsOn=after(db="SUCCESS")), container("db")], "SUCCESS on an essential container"),
    ([container("app", dependsOn=after(db="HEALTHY")), container("db")], "must have a health check"),
    (
        [container("app", dependsOn=after(db="START")), container("db", dependsOn=after(app="START"))],
        "must not have a cycle",
    ),
    ([container(f"b{n}") for n in range(11)], "Too many containers"),
    ([container("app", cpu=200), container("db", cpu=100)], "The total cpu of the containers, 300"),
    (
        [container("app", portMappings=[{"containerPort": 80}]), container("db", portMappings=[{"containerPort": 80}])],
        "port 80",
    ),
    ([container("app", restartPolicy={"enabled": True, "restartAttemptPeriod": 5})], "Invalid restart policy"),
    ([container("app", startTimeout=300)], "between 2 and 120"),
]


@pytest.mark.parametrize(("containers", "message"), REFUSED)
def test_what_cannot_run_in_one_task_is_not_registered(aws, containers, message):
    ask = {"family": "app", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
           "memory": "512",
           "containerDefinitions": containers}  # fmt: skip
    code, text = refused(aws("ecs").register_task_definition, **ask)
    assert code == "ClientException"
    assert message in text
