"""The rows of the kinds of ECS: another value for each field."""

from __future__ import annotations

from typing import Any

from ecsctl.ids import (
    AccessPointId,
    AlarmName,
    ClusterName,
    FileSystemId,
    ListenerRuleArn,
    LoadBalancerArn,
    RoleArn,
    ServiceName,
    TargetGroupArn,
    TaskDefinitionArn,
)
from ecsctl.resources.backlog_alarm import BacklogAlarm
from ecsctl.resources.cluster import PROVIDERS, Cluster
from ecsctl.resources.scaling import Scaling, Scheduled
from ecsctl.resources.service import Service
from ecsctl.resources.support.containers import HealthCheck, Sidecar
from ecsctl.resources.support.pausing import Pause
from ecsctl.resources.support.strategy import EarlySuccess, Strategy, Threshold
from ecsctl.resources.support.volumes import Mount, Volume
from ecsctl.resources.task_definition import TaskDefinition
from tests.rows.delivery import KEY
from tests.rows.ecs import MAIL, PUBLISHED, image
from tests.rows.row import Row

OTHER_SYSTEM = FileSystemId("fs-0123456789abcdef0")


def sidecar(name: str, **changes: Any) -> Sidecar:
    plain = {"image": "public.ecr.aws/docker/library/agent:1", "essential": True, "command": (), "entry_point": (),
             "ports": (), "environment": (), "secrets": (), "depends_on": (), "health_check": HealthCheck(),
             "start_timeout": 0, "restart_attempt_period": 0, "ignored_exit_codes": (), "cpu": 0, "memory": 0,
             "user": "", "readonly_root_filesystem": False, "stop_timeout": 30}  # fmt: skip
    return Sidecar(**{"name": name, **plain, **changes})


OTHER_RULE = ListenerRuleArn("arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/other/0/1/2")
OTHER_GROUP = TargetGroupArn(
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/other/0123456789abcdef"
)


STRATEGY = [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]


def _default_strategy(cloud: Any, ids: Any) -> None:
    cloud.boto("ecs").put_cluster_capacity_providers(
        cluster=ids["cluster"].name, capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=STRATEGY
    )


def _has_default_strategy(cloud: Any, ids: Any) -> bool:
    [found] = cloud.boto("ecs").describe_clusters(clusters=[ids["cluster"].name])["clusters"]
    return bool(found["defaultCapacityProviderStrategy"] == STRATEGY)


ROWS = (
    Row(
        Cluster,
        "ecs",
        "cluster",
        {"container_insights": "enhanced", "capacity_providers": PROVIDERS, "fargate_ephemeral_storage_kms_key": KEY},
        {"name": ClusterName("other")},
        leaves=frozenset({"capacity_providers"}),
        beside=_default_strategy,
        kept=_has_default_strategy,
    ),
    Row(
        TaskDefinition,
        "ecs",
        "task-definition",
        {
            "container_port": 9090,
            "execution_role": lambda ground: ground.other_role,
            "task_role": lambda ground: ground.other_role,
            "log_group": lambda ground: ground.other_logs,
            "image": image(2),
            "cpu": 512,
            "memory": 1024,
            "cpu_architecture": "X86_64",
            "log_stream_prefix": "web",
            "log_mode": "blocking",
            "log_max_buffer_size": "",
            "environment": (("GREETING", "hello"),),
            "secrets": (("KEY", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github/token"),),
            "command": ("run",),
            "health_check": HealthCheck(("CMD-SHELL", "true"), interval=10, timeout=3, retries=2, start_period=5),
            "init_process_enabled": True,
            "stop_timeout": 60,
            "readonly_root_filesystem": True,
            "sidecars": (sidecar("agent"),),
            "volumes": (Volume("data", OTHER_SYSTEM, AccessPointId(""), "/"),),
            "more": (("container.user", '"1000"'), ("ephemeralStorage", '{"sizeInGiB":40}')),
        },
        {"family": "other", "container_name": "web", "mount_points": (Mount("data", "/data", True),)},
        {"usable": "always true in the desired state; tests/resources/test_task_definition.py"},
    ),
    Row(
        Service,
        "ecs",
        "service",
        {
            "subnets": lambda ground: frozenset(sorted(ground.subnets)[:1]),
            "security_groups": lambda ground: frozenset({ground.other_group}),
            "container_port": 9090,
            "minimum_healthy_percent": 0,
            "maximum_percent": 150,
            "circuit_breaker": False,
            "rollback": False,
            "threshold": Threshold("COUNT", 5),
            "reset_on_healthy_task": False,
            "early_success": EarlySuccess(True, 100, "DEFERRED"),
            "alarms": frozenset({AlarmName("lost")}),
            "pause": Pause(frozenset({"POST_SCALE_UP"}), 60, "CONTINUE"),
            "health_check_grace_period_seconds": 90,
            "propagate_tags": "TASK_DEFINITION",
            "enable_ecs_managed_tags": False,
            "platform_version": "1.4.0",
            "availability_zone_rebalancing": "DISABLED",
            "more": (
                (
                    "capacityProviderStrategy",
                    '[{"base":1,"capacityProvider":"FARGATE","weight":0},'
                    '{"base":0,"capacityProvider":"FARGATE_SPOT","weight":1}]',
                ),
                *PUBLISHED,
                ("serviceConnectConfiguration", '{"enabled":true,"namespace":"shop"}'),
            ),
        },
        {
            "cluster": ClusterName("other"),
            "name": ServiceName("other"),
            "task_definition": TaskDefinitionArn("arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:99"),
            "desired_count": 3,
            "target_group": OTHER_GROUP,
            "container_name": "web",
            "assign_public_ip": False,
            "enable_execute_command": True,
            "strategy": Strategy("CANARY", 5, 10.0, 5),
            "alternate_target_group": OTHER_GROUP,
            "production_listener_rule": OTHER_RULE,
            "role": RoleArn("arn:aws:iam::123456789012:role/other"),
        },
        {
            "settled": "always true in the desired state; tests/resources/test_deployments.py",
            "above_minimum": "always true in the desired state; tests/resources/test_service.py",
        },
    ),
    Row(
        Scaling,
        "ecs",
        "scaling",
        {
            "min_capacity": 2,
            "max_capacity": 6,
            "cpu_percent": 70,
            "memory_percent": 80,
            "resolution": 20,
            "queue": MAIL,
            "messages": 100,
            "container_insights": True,
            "scheduled_actions": frozenset({Scheduled("night", "cron(0 20 * * ? *)", "Europe/Berlin", 0, None)}),
        },
        {
            "cluster": ClusterName("other"),
            "service": ServiceName("other"),
            "requests": 1000,
            "load_balancer": LoadBalancerArn("arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/other/1"),
            "target_group": OTHER_GROUP,
        },
    ),
    Row(
        BacklogAlarm,
        "ecs",
        "backlog-alarm",
        {"queue": MAIL.replace("mail", "post"), "container_insights": True, "evaluation_periods": 5},
        {"name": "other-backlog"},
        {
            "target": "the alarm's name follows from the service's, and is fixed",
            "starts": "always true in the desired state; tests/stack/test_backlog.py",
        },
    ),
)
