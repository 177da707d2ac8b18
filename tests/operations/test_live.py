"""The app's state, read again and again: shown correctly, also where something is missing or refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.operations.status import Live, read, watch
from ecsctl.sandbox.aws import ecs
from tests.releases.conftest import APP, Service, service
from tests.stack.conftest import ACCOUNT, shared_session

__all__ = ["service"]


def observed(service: Service) -> Live:
    return read(looking(service), APP)


def looking(service: Service) -> Aws:
    aws = service.session().aws
    aws.read_only = True
    return aws


def test_a_service_that_runs_rolls_out_and_is_rolled_back_is_reported_step_by_step(service: Service) -> None:
    service.start(service.push("v1"))
    calm = observed(service)
    assert calm.service
    assert (calm.service.revision, calm.service.running, calm.service.desired) == (1, 1, 1)
    assert calm.release
    assert (calm.release.outcome, calm.release.message) == ("deployed", "revision 1 is deployed: 1 of 1 tasks run it")
    assert [(one.revision, one.status, one.address != "") for one in calm.tasks] == [(1, "RUNNING", True)]
    assert (calm.run, calm.no_run, calm.targets) == (None, "there is no pipeline hello", ())
    assert (calm.healthy, calm.cause, calm.unread) == (True, "", {})

    ecs.script_tasks(ACCOUNT, "v2", "crash")
    service.point(service.register(service.push("v2")))
    service.clock.sleep(45)
    rolling = observed(service)
    assert rolling.release
    assert rolling.release.outcome == "rolling out"
    assert {one.revision: one.status for one in rolling.deployments} == {2: "PRIMARY", 1: "ACTIVE"}
    assert {one.revision for one in rolling.tasks} == {1, 2}

    service.clock.sleep(1200)
    back = observed(service)
    assert back.release
    assert back.release.outcome == "rolled back"
    assert (back.service and back.service.revision, back.healthy) == (1, False)
    assert back.cause.startswith("the app crashed")
    assert back.tasks[0].status == "RUNNING"
    assert {(one.revision, one.status) for one in back.tasks[1:]} == {(2, "STOPPED")}
    assert all("Essential container" in one.reason for one in back.tasks[1:])


def test_it_is_dated_by_the_clock_of_aws_and_not_by_this_machines(service: Service) -> None:
    service.start(service.push("v1"))
    service.clock.sleep(40 * 86_400)
    assert abs(observed(service).at.timestamp() - service.clock.now()) < 5


@pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Foo 2026 25:61:61 GMT", "Mon, 23 Nov 2026 07:00:00 -0000"])
def test_what_is_no_date_does_not_set_the_clock(date: str) -> None:
    aws = Aws(Patience(), session=shared_session())
    aws._set_clock({"ResponseMetadata": {"HTTPHeaders": {"date": date}}})
    aws._set_clock({})
    assert abs((aws.now() - datetime.now(UTC)).total_seconds()) < 5


def test_a_service_at_0_is_well_with_no_task(service: Service) -> None:
    service.start(service.push("v1"), desired=0)
    found = observed(service)
    assert (found.service and found.service.desired, found.tasks) == (0, ())
    assert found.healthy


def test_where_nothing_exists_nothing_is_shown_and_nothing_fails(service: Service) -> None:
    found = read(looking(service), "other")
    assert (found.service, found.release, found.deployments, found.tasks, found.targets) == (None, None, (), (), ())
    assert found.no_run == "there is no pipeline other"
    assert found.unread == {}


def test_what_may_not_be_read_is_reported_in_its_place(service: Service, hear: Callable[..., None]) -> None:
    service.start(service.push("v1"))

    def deny(**_: Any) -> None:
        answer: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no identity-based policy allows it"}}
        raise ClientError(answer, "ListTasks")

    aws = looking(service)
    hear(aws.client("ecs"), "before-call.ecs.ListTasks", deny)
    found = read(aws, APP)
    assert list(found.unread) == ["tasks"]
    assert "not allowed to call ListTasks" in found.unread["tasks"]
    assert (found.service and found.service.running, found.tasks) == (1, ())


def test_it_reads_every_few_seconds_until_a_stop_is_asked_for(service: Service) -> None:
    aws, reads, began = looking(service), 0, service.clock.now()
    for found in watch(aws, APP, every=5):
        assert found.no_run
        reads += 1
        if reads == 3:
            aws.patience.stop()
    assert reads == 3
    assert service.clock.now() >= began + 10


def test_a_stop_in_the_middle_of_a_read_is_no_error(service: Service, hear: Callable[..., None]) -> None:
    aws = looking(service)

    def stop_and_slow_down(**_: Any) -> None:
        aws.patience.stop()
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "DescribeServices")

    hear(aws.client("ecs"), "before-call.ecs.DescribeServices", stop_and_slow_down)
    assert list(watch(aws, APP)) == []


def test_a_worker_is_reported_beside_the_web_and_what_happens_to_it_is_not_well(service: Service) -> None:
    image = service.push("v1")
    service.start(image)
    service.start(image, worker="mailer")
    found = observed(service)
    assert [(one.name, one.service, one.revision, one.running, one.state) for one in found.processes] == [
        ("web", "hello", 1, 1, "runs"),
        ("mailer", "hello_mailer", 1, 1, "runs"),
    ]
    assert [one.process for one in found.tasks] == [one.process for one in found.deployments] == ["web", "mailer"]
    assert (found.healthy, found.cause, found.unread) == (True, "", {})

    other = service.push("v2")
    service.point(service.register(other, family="hello_mailer"), "hello_mailer")
    service.clock.sleep(20)
    rolling = observed(service)
    assert [one.state for one in rolling.processes] == ["runs", "rolling out"]
    assert rolling.healthy, "while it rolls out it may run another"
    service.clock.sleep(600)
    differs = observed(service)
    assert [one.state for one in differs.processes] == ["runs", "another image than web"]
    assert not differs.healthy

    ecs.script_tasks(ACCOUNT, "v3", "crash")
    service.point(service.register(image, family="hello_mailer"), "hello_mailer")
    service.clock.sleep(600)
    service.point(service.register(service.push("v3"), family="hello_mailer"), "hello_mailer")
    service.clock.sleep(1500)
    back = observed(service)
    assert [(one.state, bool(one.other)) for one in back.processes] == [("runs", False), ("rolled back", False)]
    assert back.processes[1].trouble.startswith("revision 4 of mailer was rolled back by the circuit breaker")
    assert not back.healthy
    assert back.cause.startswith("the worker mailer crashed")
