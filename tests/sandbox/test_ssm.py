"""Sessions of Session Manager into the sandbox's tasks."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox.aws.ssm import tunnels as playing
from tests.operations.test_execute import enable, start, steady
from tests.releases.conftest import APP, Service, service  # noqa: F401 - a fixture

TO_HOST = "AWS-StartPortForwardingSessionToRemoteHost"


def target(service: Service) -> str:  # noqa: F811 - the fixture
    [arn] = service.ecs.list_tasks(cluster=APP, serviceName=APP)["taskArns"]
    task = service.ecs.describe_tasks(cluster=APP, tasks=[arn])["tasks"][0]
    runtime = next(one["runtimeId"] for one in task["containers"] if one["name"] == APP)
    return f"ecs:{APP}_{arn.rpartition('/')[2]}_{runtime}"


def code(ssm: Any, **asked: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        ssm.start_session(**asked)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_session_opens_only_where_an_agent_answers_to_the_whole_name(service: Service) -> None:  # noqa: F811
    ssm = service.boto("ssm")
    start(service)
    off = target(service)
    assert code(ssm, Target=off) == ("TargetNotConnected", f"{off} is not connected.")
    enable(service)
    on = target(service)
    cluster, task, runtime = on.removeprefix("ecs:").split("_")
    for wrong in (
        f"ecs:other_{task}_{runtime}",
        f"ecs:{cluster}_{task}_{runtime}0",
        f"ecs:{cluster}_{task}",
        task,
        off,
    ):
        assert code(ssm, Target=wrong)[0] == "TargetNotConnected"
    opened = ssm.start_session(Target=on)
    assert {"SessionId", "StreamUrl", "TokenValue"} <= opened.keys()


def test_the_documents_take_what_aws_documents_take(service: Service) -> None:  # noqa: F811 - the fixture
    ssm = service.boto("ssm")
    start(service)
    enable(service)
    on = target(service)
    assert code(ssm, Target=on, DocumentName="AWS-StartTunnel")[0] == "InvalidDocument"
    assert code(ssm, Target=on, DocumentName="no")[0] == "ValidationException"
    for name, value in (("portNumber", "65536"), ("host", "db"), ("host", "a;reboot"), ("user", "root")):
        refused = code(ssm, Target=on, DocumentName=TO_HOST, Parameters={name: [value]})
        assert refused[0] == "ValidationException", (name, value)
    ssm.start_session(Target=on, DocumentName=TO_HOST, Parameters={"host": ["db.internal"], "portNumber": ["5432"]})


def test_a_session_is_listed_until_it_is_terminated_or_its_task_stops(service: Service) -> None:  # noqa: F811
    ssm = service.boto("ssm")
    start(service)
    enable(service)
    on = target(service)
    one, two = (ssm.start_session(Target=on)["SessionId"] for _ in range(2))

    def listed(state: str) -> set[str]:
        return {each["SessionId"] for each in ssm.describe_sessions(State=state)["Sessions"]}

    assert listed("Active") == {one, two}
    ssm.terminate_session(SessionId=one)
    ssm.terminate_session(SessionId=one)
    assert (listed("Active"), listed("History")) == ({two}, {one})
    assert playing.through(one) == {"ended": "the session was terminated"}
    service.ecs.update_service(cluster=APP, service=APP, desiredCount=0)
    steady(service)
    assert listed("Active") == set()
    assert playing.through(two) == {"ended": "the task has stopped"}


def test_a_tunnel_leads_to_the_task_and_to_hosts_that_are_played(service: Service) -> None:  # noqa: F811
    ssm = service.boto("ssm")
    start(service)
    enable(service)
    on = target(service)

    def to(port: str, host: str = "") -> dict[str, Any]:
        given = {"portNumber": [port]} | ({"host": [host]} if host else {})
        document = TO_HOST if host else "AWS-StartPortForwardingSession"
        return playing.through(ssm.start_session(Target=on, DocumentName=document, Parameters=given)["SessionId"])

    assert to("8080")["address"] == "127.0.0.1"
    assert to("8080", "localhost") == to("8080")
    assert "silent" in to("8081")
    assert "silent" in to("5432", "db.internal")
    playing.serve_as_host("db.internal", 5432, 15432)
    assert to("5432", "db.internal") == {"address": "127.0.0.1", "port": 15432}
    [task] = service.ecs.list_tasks(cluster=APP)["taskArns"]
    [interface] = service.ecs.describe_tasks(cluster=APP, tasks=[task])["tasks"][0]["attachments"]
    address = next(one["value"] for one in interface["details"] if one["name"] == "privateIPv4Address")
    assert to("8080", address) == to("8080")
