"""A desired state for a task definition, and what others may have made of the live one: values and strategies."""

from dataclasses import replace

import botocore.session
from hypothesis import strategies as st

from ecsctl.engine.label import Label
from ecsctl.resources.support.containers import HealthCheck
from ecsctl.resources.task_definition import TaskDefinition
from tests.desired_stack import usual
from tests.rows.ecs_rows import sidecar

REGION = "eu-central-1"
ME = Label(app="shop", id="1", account="123456789012", region=REGION, resource="task-definition", owner="ann")
ACCEPTED = set(
    botocore.session.get_session()
    .get_service_model("ecs")
    .operation_model("RegisterTaskDefinition")
    .input_shape.members
)
CONFIG = usual(
    TaskDefinition,
    family="shop",
    container_name="app",
    container_port=8080,
    execution_role="arn:aws:iam::123456789012:role/execution",
    task_role="arn:aws:iam::123456789012:role/task",
    log_group="/ecs/shop",
    seed="repo:0",
)

words = st.text("abcXYZ019-_", min_size=1, max_size=6)
pairs = st.dictionaries(words, words, max_size=3).map(lambda found: tuple(found.items()))
checks = st.builds(
    HealthCheck,
    command=st.sampled_from([(), ("CMD-SHELL", "curl -f http://localhost/ || exit 1"), ("CMD", "true")]),
    interval=st.sampled_from([30, 10]),
    timeout=st.sampled_from([5, 2]),
    retries=st.sampled_from([3, 10]),
    start_period=st.sampled_from([0, 60]),
)
CHANGES = {
    "container_name": st.sampled_from(["app", "web"]),
    "container_port": st.sampled_from([8080, 3000]),
    "cpu": st.sampled_from([256, 512]),
    "memory": st.sampled_from([1024, 2048]),
    "cpu_architecture": st.sampled_from(["ARM64", "X86_64"]),
    "execution_role": st.sampled_from(["arn:aws:iam::123456789012:role/execution", "arn:aws:iam::123456789012:role/x"]),
    "task_role": st.sampled_from(["arn:aws:iam::123456789012:role/task", "arn:aws:iam::123456789012:role/y"]),
    "log_group": st.sampled_from(["/ecs/shop", "/ecs/other"]),
    "log_stream_prefix": st.sampled_from(["app", "web"]),
    "log_mode": st.sampled_from(["non-blocking", "blocking"]),
    "log_max_buffer_size": st.sampled_from(["25m", "10m"]),
    "environment": pairs,
    "secrets": pairs,
    "command": st.sampled_from([(), ("serve", "--port", "1"), ("--port", "serve", "1")]),
    "health_check": checks,
    "init_process_enabled": st.booleans(),
    "stop_timeout": st.sampled_from([30, 60, 2]),
    "readonly_root_filesystem": st.booleans(),
    "sidecars": st.dictionaries(st.sampled_from(["agent", "proxy"]), st.fixed_dictionaries({}, optional={
        "image": words, "essential": st.booleans(), "command": st.just(("run",)), "entry_point": st.just(("/run",)),
        "ports": st.sampled_from([(), (9000,)]), "environment": pairs, "secrets": pairs,
        "depends_on": st.just((("app", "START"),)), "health_check": checks, "start_timeout": st.just(60),
        "restart_attempt_period": st.just(300), "ignored_exit_codes": st.just((0,)), "cpu": st.just(64),
        "memory": st.just(64), "user": st.just("7"), "readonly_root_filesystem": st.booleans(),
        "stop_timeout": st.just(5)}),
        max_size=2).map(lambda found: tuple(sidecar(name, **said) for name, said in found.items())),
}  # fmt: skip
changes = st.fixed_dictionaries({}, optional=CHANGES)
desired_stack = changes.map(lambda changed: replace(CONFIG, **changed))
SIDECAR = {"name": "agent", "image": "agent:7", "portMappings": [{"containerPort": 9000}], "environment": []}

# What others may have written into our container and around it, odd and old spellings included.
containers = st.fixed_dictionaries(
    {"name": st.sampled_from(["app", "web", "old"]), "image": words},
    optional={
        "portMappings": st.sampled_from([[], [{"containerPort": 3000, "protocol": "udp"}], [{"containerPort": 8080}],
                                         [{"containerPort": 1, "name": "http", "appProtocol": "http"},
                                          {"containerPort": 8080}]]),
        "environment": pairs.map(lambda found: [{"name": name, "value": value} for name, value in found]),
        "secrets": pairs.map(lambda found: [{"name": name, "valueFrom": value} for name, value in found]),
        "command": st.sampled_from([[], ["x"]]),
        "essential": st.booleans(),
        "cpu": st.just(0),
        "user": st.just("1000"),
        "dockerLabels": st.just({"a": "b"}),
        "logConfiguration": st.sampled_from([
            {"logDriver": "awsfirelens", "options": {"Name": "x"}},
            {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/shop", "mode": "non-blocking"}},
            {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/shop", "max-buffer-size": "10m"}},
        ]),
        "linuxParameters": st.sampled_from([{"initProcessEnabled": True}, {"capabilities": {"drop": ["ALL"]}}]),
        "healthCheck": st.sampled_from([{"command": ["NONE"]}, {"command": ["CMD", "true"], "interval": 7}]),
        "stopTimeout": st.sampled_from([30, 5]),
        "readonlyRootFilesystem": st.booleans(),
    },
)  # fmt: skip
definitions = st.fixed_dictionaries(
    {"family": st.just("shop"), "containerDefinitions": st.lists(containers, min_size=1, max_size=2)},
    optional={
        "cpu": st.just("1024"),
        "memory": st.just("2048"),
        "networkMode": st.sampled_from(["awsvpc", "bridge"]),
        "requiresCompatibilities": st.sampled_from([[], ["EC2"], ["FARGATE"], ["EC2", "FARGATE"]]),
        "runtimePlatform": st.sampled_from([{}, {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}]),
        "executionRoleArn": st.just("arn:aws:iam::123456789012:role/execution"),
        "volumes": st.just([{"name": "data"}]),
        "ephemeralStorage": st.just({"sizeInGiB": 40}),
    },
)
