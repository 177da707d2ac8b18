"""A desired state laid over a live task definition: nothing of it is lost, and drift is named."""

import copy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsctl.engine.plan import diff
from ecsctl.resources.support.containers import HealthCheck
from ecsctl.resources.support.definitions import actual_of, merged
from ecsctl.resources.support.revisions import Revision, container_of, digest, registrable
from tests.resources.merging import ACCEPTED, CONFIG, REGION, SIDECAR, definitions, desired_stack, words


@given(desired_stack, definitions, words)
@settings(max_examples=300)
def test_whatever_the_desired_state_is_laid_over_says_afterwards_exactly_what_is_desired(desired, definition, image):
    result = merged(desired, definition, image, REGION)
    assert actual_of(Revision("", result, {}), desired, REGION) == replace(desired, image=image)
    assert merged(desired, result, image, REGION) == result


@given(desired_stack, definitions)
def test_what_is_not_ours_is_carried_over(desired, definition):
    before = copy.deepcopy(definition)
    result = merged(desired, definition, "repo:1", REGION)
    assert definition == before, "the live definition was changed in place"
    managed = {"family", "cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform",
               "executionRoleArn", "taskRoleArn", "containerDefinitions"}  # fmt: skip
    assert {name: result[name] for name in result.keys() - managed} == {
        name: definition[name] for name in definition.keys() - managed
    }
    ours = definition["containerDefinitions"].index(container_of(definition, desired.container_name))
    for place, container in enumerate(definition["containerDefinitions"]):
        if place != ours:  # others' containers
            assert result["containerDefinitions"][place] == container
    kept = result["containerDefinitions"][ours]
    for name in ("user", "dockerLabels", "cpu"):
        assert kept.get(name) == definition["containerDefinitions"][ours].get(name)


def test_what_others_added_inside_of_what_is_ours_is_kept():
    container = {
        "name": "app",
        "image": "repo:1",
        "portMappings": [{"containerPort": 1, "name": "http", "appProtocol": "http"}, {"containerPort": 9090}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "x", "awslogs-create-group": "true"}},
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
    }
    live = {"requiresCompatibilities": ["EC2"], "containerDefinitions": [container]}
    result = merged(CONFIG, live, "repo:1", REGION)
    ours = result["containerDefinitions"][0]
    port = {"containerPort": 8080, "hostPort": 8080, "protocol": "tcp", "name": "http", "appProtocol": "http"}
    assert ours["portMappings"] == [port, {"containerPort": 9090}]
    assert ours["logConfiguration"]["options"]["awslogs-create-group"] == "true"
    assert ours["linuxParameters"] == {"capabilities": {"drop": ["ALL"]}, "initProcessEnabled": False}
    assert result["requiresCompatibilities"] == ["EC2", "FARGATE"]


def test_an_app_that_waits_for_its_log_has_no_buffer():
    live = merged(CONFIG, {}, "repo:1", REGION)
    assert live["containerDefinitions"][0]["logConfiguration"]["options"]["max-buffer-size"] == "25m"
    result = merged(replace(CONFIG, log_mode="blocking"), live, "repo:1", REGION)
    options = result["containerDefinitions"][0]["logConfiguration"]["options"]
    assert (options["mode"], "max-buffer-size" in options) == ("blocking", False)


def test_a_port_is_not_mapped_twice():
    live = merged(CONFIG, {}, "repo:1", REGION)
    live["containerDefinitions"][0]["portMappings"].append({"containerPort": 9090, "name": "http"})
    ours = merged(replace(CONFIG, container_port=9090), live, "repo:1", REGION)["containerDefinitions"][0]
    mapped = [port for port in ours["portMappings"] if port["containerPort"] == 9090]
    assert mapped == [{"containerPort": 9090, "hostPort": 9090, "protocol": "tcp", "name": "http"}]


CHECKED = replace(CONFIG, health_check=HealthCheck(("CMD", "true")))


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"usable"}, {"networkMode": "bridge"}),
        ({"usable"}, {"requiresCompatibilities": ["EC2"]}),
        ({"usable"}, {"runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "WINDOWS_SERVER_2022"}}),
        ({"cpu_architecture"}, {"runtimePlatform": {}}),
        ({"cpu", "memory"}, {"cpu": "1024", "memory": "2048"}),
        ({"execution_role"}, {"executionRoleArn": "arn:aws:iam::123456789012:role/other"}),
        ({"task_role"}, {"taskRoleArn": None}),
    ],
)
def test_drift_of_the_task_is_named(fields, change):
    assert drifted({**merged(CHECKED, {}, "repo:1", REGION), **change}) == fields


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"usable"}, {"essential": False}),
        ({"container_port"}, {"portMappings": [{"containerPort": 8080, "protocol": "udp"}]}),
        ({"container_port"}, {"portMappings": []}),
        ({"log_group"}, {"logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/ecs/shop", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app",
            "mode": "non-blocking", "max-buffer-size": "25m"}}}),
        ({"log_group", "log_stream_prefix", "log_mode", "log_max_buffer_size"},
         {"logConfiguration": {"logDriver": "awsfirelens", "options": {}}}),
        ({"health_check"}, {"healthCheck": {"command": ["NONE"]}}),
        ({"health_check"}, {"healthCheck": {"command": ["CMD", "true"], "interval": 7}}),
        (set(), {"healthCheck": {"command": ["CMD", "true"], "startPeriod": None}}),
        ({"log_mode", "log_max_buffer_size"}, {"logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/ecs/shop", "awslogs-region": REGION, "awslogs-stream-prefix": "app"}}}),
        ({"stop_timeout"}, {"stopTimeout": 5}),
        (set(), {"stopTimeout": 30, "readonlyRootFilesystem": False, "cpu": 0, "linuxParameters": {}}),
        ({"readonly_root_filesystem", "init_process_enabled"}, {"readonlyRootFilesystem": True, "linuxParameters": {
            "initProcessEnabled": True}}),
        ({"environment", "secrets"}, {"environment": [{"name": "A", "value": "1"}], "secrets": [
            {"name": "B", "valueFrom": "arn"}]}),
        ({"command"}, {"command": ["sh"]}),
        (set(), {"image": "repo:2"}),
    ],
)  # fmt: skip
def test_drift_of_our_container_is_named_and_the_image_is_none(fields, change):
    definition = merged(CHECKED, {}, "repo:1", REGION)
    definition["containerDefinitions"][0] |= change
    assert drifted(definition) == fields


def drifted(definition):
    actual = actual_of(Revision("", definition, {}), CHECKED, REGION)
    return {change.field for change in diff(CHECKED, actual, None)}


def test_a_revision_that_was_deregistered_is_not_usable():
    definition = merged(CHECKED, {}, "repo:1", REGION)
    assert actual_of(Revision("", definition, {}), CHECKED, REGION).usable
    assert not actual_of(Revision("", definition, {}, active=False), CHECKED, REGION).usable


def test_a_placeholder_is_usable_until_there_is_an_image():
    waiting = replace(CHECKED, seed=None, placeholder="none")
    revision = Revision("", merged(waiting, {}, "none", REGION), {})
    assert actual_of(revision, waiting, REGION).usable
    assert not actual_of(revision, replace(waiting, seed="repo:1"), REGION).usable


def test_a_renamed_container_takes_the_place_of_its_old_self():
    live = merged(CONFIG, {}, "repo:1", REGION)
    live["containerDefinitions"].append(SIDECAR)
    result = merged(replace(CONFIG, container_name="web"), live, "repo:1", REGION)
    assert [container["name"] for container in result["containerDefinitions"]] == ["web", "agent"]


def test_only_what_can_be_registered_is_registered_and_none_of_it_is_lost():
    described = {
        "taskDefinitionArn": "arn", "family": "shop", "revision": 3, "status": "ACTIVE", "volumes": [], "tags": [{}],
        "requiresAttributes": [{"name": "x"}], "compatibilities": ["FARGATE"], "registeredAt": datetime.now(UTC),
        "registeredBy": "somebody", "enableFaultInjection": True, "ephemeralStorage": {"sizeInGiB": 40},
        "trustedExecutionConfiguration": {"isolationMode": "x"}, "pidMode": "task", "containerDefinitions": [SIDECAR],
    }  # fmt: skip
    assert registrable(described, ACCEPTED).keys() == {
        "family", "enableFaultInjection", "ephemeralStorage", "trustedExecutionConfiguration", "pidMode",
        "containerDefinitions",
    }  # fmt: skip


@given(desired_stack, st.randoms())
def test_the_digest_does_not_depend_on_order_or_on_what_aws_fills_in_as_empty(desired, chance):
    definition = merged(desired, {}, "repo:1", REGION)
    spelled = copy.deepcopy(definition)
    container = spelled["containerDefinitions"][0]
    chance.shuffle(container.setdefault("environment", []))
    chance.shuffle(container.setdefault("secrets", []))
    container |= {"mountPoints": [], "volumesFrom": []}
    spelled = {name: spelled[name] for name in reversed(spelled)} | {"volumes": []}
    assert digest(spelled) == digest(definition)


def test_the_digest_tells_apart_what_differs():
    told_apart = {
        digest(merged(desired, {}, image, REGION))
        for desired in (
            CONFIG,
            replace(CONFIG, command=("a", "b")),
            replace(CONFIG, command=("b", "a")),
            replace(CONFIG, cpu=512),
        )
        for image in ("repo:1", "repo:2")
    }
    assert len(told_apart) == 8
