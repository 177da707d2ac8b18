"""What no option says is said by AWS's own names: checked before any call, made, compared, and taken back."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest

from ecsctl.config.tables import raw as config_raw
from ecsctl.engine.plan import Why
from ecsctl.errors import ConfigError
from ecsctl.raw_parameters import CALLS, attributes, shape_of
from ecsctl.resources import build_project, listener, service, target_group
from tests.stack.conftest import World, desired_stack
from tests.stack.test_container import live

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
SAID = {
    "task_definition": {"volumes": [{"name": "scratch"}]},
    "container": {"mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}], "interactive": True},
}


def plain(**raw: Any) -> dict[str, Any]:
    return {**desired_stack(domain=None, github=None), **({"raw": raw} if raw else {})}


def test_raw_parameters_are_set_compared_and_reset(world: World) -> None:
    world.running(plain(**SAID), IMAGE)
    made = live(world)
    assert [one["name"] for one in made["volumes"]] == ["scratch"]
    assert made["containerDefinitions"][0]["interactive"] is True
    assert world.plan(plain(**SAID)).work == ()
    world.up(plain())
    after = live(world)
    assert not after.get("volumes")
    assert not after["containerDefinitions"][0].get("mountPoints")
    assert world.plan(plain()).work == ()


def test_what_somebody_has_changed_of_it_is_drift(world: World) -> None:
    world.running(plain(**SAID), IMAGE)
    ecs, copy = world.boto("ecs"), live(world)
    names = "family cpu memory networkMode requiresCompatibilities volumes runtimePlatform executionRoleArn taskRoleArn"
    kept = {name: copy[name] for name in names.split()}
    copy["containerDefinitions"][0]["interactive"] = False
    arn = ecs.register_task_definition(**kept, containerDefinitions=copy["containerDefinitions"])["taskDefinition"][
        "taskDefinitionArn"]  # fmt: skip
    ecs.update_service(cluster="hello", service="hello", taskDefinition=arn)
    world.clock.sleep(1800)
    [step] = [step for step in world.plan(plain(**SAID)).work if step.name == "task-definition"]
    assert {change.field: change.why for change in step.changes}["more"] is Why.DRIFT


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"container": {"mountPoint": []}}, "raw.container.mountPoint: ContainerDefinition has no such parameter; "
         "did you mean mountPoints?"),
        ({"container": {"interactive": "yes"}}, "raw.container.interactive: Invalid type for parameter"),
        ({"task_definition": {"volumes": [{"nome": "x"}]}}, 'Unknown parameter in [0]: "nome"'),
        ({"service": {"serviceRegistry": []}}, "CreateService has no such parameter; did you mean serviceRegistries?"),
        ({"service": {"deploymentConfiguration": {"lifecycleHook": []}}}, "did you mean "
         "deploymentConfiguration.lifecycleHooks?"),
        ({"service": {"serviceConnectConfiguration": {"namespace": "x"}}}, "Missing required parameter in input: "
         '"enabled"'),
        ({"service": {"deploymentConfiguration": 7}}, "Invalid type for parameter"),
        ({"target_group": {"HealthCheckPort": 8000}}, "raw.target_group.HealthCheckPort: Invalid type"),
        ({"target_group_attributes": {"load_balancing.algorithm": "x"}}, "a target group has no such attribute; did "
         "you mean load_balancing.algorithm.type?"),
        ({"listener": {"MutualAuthentication": {"Modus": "off"}}}, 'Unknown parameter in input: "Modus"'),
        ({"build_project": {"source": {"gitDepth": 1}}}, "CreateProject has no such parameter; did you mean "
         "source.gitCloneDepth?"),
    ],
)  # fmt: skip
def test_what_the_sdks_model_does_not_know_is_refused_before_any_call(
    world: World, raw: dict[str, Any], message: str
) -> None:
    calls: list[object] = []
    world.heard = lambda *call: calls.append(call)
    with pytest.raises(ConfigError) as refused:
        world.up(plain(**raw))
    assert message in refused.value.message
    assert calls == []


PUSHED = desired_stack(domain=None)
OTHERS: dict[str, dict[str, Any]] = {
    "service": {
        "platformVersion": "1.4.0",
        "serviceConnectConfiguration": {"enabled": True, "namespace": "shop"},
    },
    "target_group": {"HealthCheckPort": "8000"},
    "target_group_attributes": {"load_balancing.algorithm.type": "least_outstanding_requests"},
    "load_balancer_attributes": {
        "client_keep_alive.seconds": 600,
        "routing.http.drop_invalid_header_fields.enabled": False,
    },
    "listener_attributes": {"routing.http.response.x_frame_options.header_value": "DENY"},
    "build_project": {"queuedTimeoutInMinutes": 60, "source": {"gitCloneDepth": 0}, "description": "theirs"},
}


def settings(world: World) -> dict[str, Any]:
    """Returns what AWS tells of all that is said in OTHERS."""
    ecs, elb = world.boto("ecs"), world.boto("elbv2")
    service = ecs.describe_services(cluster="hello", services=["hello"])["services"][0]
    [balancer] = elb.describe_load_balancers(Names=["hello"])["LoadBalancers"]
    [group] = elb.describe_target_groups(Names=["hello"])["TargetGroups"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    [project] = world.boto("codebuild").batch_get_projects(names=["hello-build"])["projects"]
    attributes = [
        *elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"],
        *elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"],
        *elb.describe_listener_attributes(ListenerArn=listener["ListenerArn"])["Attributes"],
    ]
    by_key = {one["Key"]: one["Value"] for one in attributes}
    return {
        "platform": service["platformVersion"],
        "connect": service["deployments"][0].get("serviceConnectConfiguration", {}).get("enabled"),
        "percent": service["deploymentConfiguration"]["maximumPercent"],
        "port": group["HealthCheckPort"],
        "queued": project["queuedTimeoutInMinutes"],
        "depth": project["source"]["gitCloneDepth"],
        "spec": "post_build" in project["source"]["buildspec"],
        "description": project.get("description", ""),
        **{name: by_key[name] for table, said in OTHERS.items() if table.endswith("_attributes") for name in said},
    }


def test_raw_parameters_of_other_calls_are_set_compared_and_reset(world: World) -> None:
    world.up(PUSHED)
    before = settings(world)
    said = {**PUSHED, "raw": OTHERS}
    world.up(said)
    after = settings(world)
    assert after == {
        "platform": "1.4.0",
        "connect": True,
        "percent": 200,
        "port": "8000",
        "queued": 60,
        "depth": 0,
        "spec": before["spec"],
        "description": "theirs",
        "load_balancing.algorithm.type": "least_outstanding_requests",
        "client_keep_alive.seconds": "600",
        "routing.http.drop_invalid_header_fields.enabled": "false",
        "routing.http.response.x_frame_options.header_value": "DENY",
    }
    assert world.plan(said).work == ()
    world.up(PUSHED)
    assert settings(world) == {**before, "connect": False}
    assert world.plan(PUSHED).work == ()


def test_each_parameter_of_each_call_is_said_by_an_option_or_can_be_said_raw() -> None:
    usual = {"service": service.USUAL, "target_group": target_group.USUAL, "listener": listener.USUAL,
             "build_project": build_project.USUAL}  # fmt: skip
    options = {"service": {"platformVersion", "propagateTags", "enableECSManagedTags", "availabilityZoneRebalancing"},
               "listener": {"SslPolicy"}}  # fmt: skip
    for table, known in usual.items():
        named = {*config_raw.SAID[table], *known, *options.get(table, ())}
        top, inner, call = CALLS[table]
        shape = shape_of(top, inner, call)
        parents = config_raw.PARENTS.get(table, ())
        members = {name for name in shape.members if name not in parents}
        members |= {f"{parent}.{name}" for parent in parents for name in shape.members[parent].members}
        assert members - named == set(), table
        assert {path for path in named if path.split(".")[0] in shape.members} - members == set(), table


NOT_OURS = {  # of other load balancers (network, gateway), targets (lambda) and address types (dual stack)
    "target_group_attributes": "deregistration_delay.connection_termination lambda preserve_client_ip "
    "proxy_protocol_v2 target_health_state target_failover send_tcp_reset unhealthy.draining",
    "load_balancer_attributes": "dns_record secondary_ips",
    "listener_attributes": "tcp. send_tcp_reset",
}


def test_each_attribute_that_the_sdk_tells_of_can_be_said() -> None:
    model = botocore.session.get_session().get_service_model("elbv2")
    shapes = {"target_group_attributes": "TargetGroupAttribute", "load_balancer_attributes": "LoadBalancerAttribute",
              "listener_attributes": "ListenerAttribute"}  # fmt: skip
    for table, known in attributes().items():
        text = model.shape_for(shapes[table]).members["Key"].documentation
        linked = set(re.findall(r"<code>([a-z0-9_]+(?:[.][a-z0-9_]+)+)</code>", text))
        linked = {name for name in linked if not name.startswith(tuple(NOT_OURS[table].split()))}
        assert len(linked) > 5
        assert linked - known - config_raw.SAID[table].keys() == set()
