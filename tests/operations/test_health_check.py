"""Before a health check is changed under a running app, that app is asked whether it passes the new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine.plan import Plan
from ecsctl.errors import Refused
from ecsctl.operations.health_check import check_new_health_check, over_http
from ecsctl.sandbox.aws.ecs import script_tasks
from ecsctl.sandbox.aws.ecs.http_requests import visit
from tests.stack.conftest import ACCOUNT, World, desired_stack, world  # noqa: F401 - a fixture

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
PLAIN = desired_stack(domain=None, github=None)


def answering(**answers: Any) -> None:
    script_tasks(ACCOUNT, "nginx", "app", answers={f"/{path}": code for path, code in answers.items()}, otherwise=404)


def up(world: World, service: dict[str, Any]) -> Plan:  # noqa: F811 - the fixture
    session = world.open({**PLAIN, "service": service}, IMAGE)
    session.aws.forget()
    return session.engine.up(
        session.desired_stack,
        agree=lambda plan: check_new_health_check(session.aws, session.desired_stack, plan, visit),
    )


def running(world: World, **answers: int) -> None:  # noqa: F811 - the fixture
    """An app that answers so, as a first `up` leaves it."""

    def call() -> None:
        answering(**{"": 200}, **answers)
        up(world, {})

    world.once(f"an app that answers {answers}", call)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"health_path": "/nowhere"}, "answers 404"),
        ({"health": {"path": "/", "codes": "204"}}, "answers 200"),
        ({"health": {"path": "/login"}}, "answers 302"),
    ],
)
def test_a_check_that_the_running_app_fails_is_refused_before_anything_changes(
    world: World,  # noqa: F811 - the fixture
    service: dict[str, Any],
    expected: str,
) -> None:
    running(world, login=302)
    before = world.exact()
    with pytest.raises(Refused) as refused:
        up(world, service)
    assert expected in refused.value.message
    assert "--force" in refused.value.hint
    assert world.exact() == before


@pytest.mark.parametrize("health", [{"path": "/login", "codes": "200-399"}, {"path": "/ready", "codes": "200,204"}])
def test_a_check_that_the_running_app_passes_is_made(world: World, health: dict[str, Any]) -> None:  # noqa: F811
    running(world, login=302, ready=204)
    up(world, {"health": health})
    world.clock.sleep(600)
    [group] = world.boto("elbv2").describe_target_groups()["TargetGroups"]
    assert (group["HealthCheckPath"], group["Matcher"]["HttpCode"]) == (health["path"], health["codes"])
    health_of = world.boto("elbv2").describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    assert [one["TargetHealth"]["State"] for one in health_of["TargetHealthDescriptions"]] == ["healthy"]


def test_an_app_that_fails_the_old_check_recovers_with_the_new_one(world: World) -> None:  # noqa: F811
    answering(right=200, wrong=200)
    up(world, {"health_path": "/wrong"})
    answering(right=200)
    elb = world.boto("elbv2")
    [group] = elb.describe_target_groups()["TargetGroups"]
    elb.modify_target_group(TargetGroupArn=group["TargetGroupArn"], HealthCheckPath="/wrong")
    world.clock.sleep(120)
    up(world, {"health_path": "/right"})
    world.clock.sleep(300)
    health_of = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    assert "healthy" in {one["TargetHealth"]["State"] for one in health_of["TargetHealthDescriptions"]}


def test_where_the_app_cannot_be_reached_the_message_says_so(world: World) -> None:  # noqa: F811 - the fixture
    up(world, {})
    session = world.open({**PLAIN, "service": {"health_path": "/ready"}})

    def unreachable(_url: str) -> int:
        raise TimeoutError("timed out")

    with pytest.raises(Refused, match="cannot be asked: timed out"):
        check_new_health_check(
            session.aws, session.desired_stack, session.engine.plan(session.desired_stack), unreachable
        )


def test_a_visitor_over_http_reads_the_code_and_follows_no_redirect(tmp_path: Path) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    asked = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert over_http(f"http://127.0.0.1:{server.server_port}/ready?deep=1") == 302
    assert asked == ["/ready?deep=1"]
