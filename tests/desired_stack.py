"""Usual values for the fields of each kind, for tests that are not about these fields."""

from __future__ import annotations

from typing import Any, TypeVar

from ecsctl.engine.resource import AnyResource
from ecsctl.resources.bucket import Bucket, LogBucket
from ecsctl.resources.build_project import ACCOUNT, OUTSIDE, BuildProject
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.cluster import Cluster
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.listener import Listener
from ecsctl.resources.load_balancer import LoadBalancer
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.pipeline_webhook import FILTER, PipelineWebhook
from ecsctl.resources.repository import Repository
from ecsctl.resources.role import Role
from ecsctl.resources.route_table import RouteTable
from ecsctl.resources.scaling import Scaling
from ecsctl.resources.schedule import Schedule
from ecsctl.resources.security_group import SecurityGroup
from ecsctl.resources.service import Service
from ecsctl.resources.support.containers import HealthCheck
from ecsctl.resources.support.pausing import Pause
from ecsctl.resources.support.strategy import EarlySuccess, Strategy, Threshold
from ecsctl.resources.target_group import TargetGroup
from ecsctl.resources.task_definition import TaskDefinition
from ecsctl.resources.vpc import Vpc

R = TypeVar("R", bound=AnyResource)

USUAL: dict[type[AnyResource], dict[str, Any]] = {
    Vpc: {"dns_hostnames": True, "dns_support": True, "default_group_closed": None},
    RouteTable: {"internet_gateway": None, "nat_gateway": None},
    SecurityGroup: {"description": "Made by ecsctl", "egress": frozenset({"0.0.0.0/0"})},
    LoadBalancer: {
        "scheme": "internet-facing",
        "idle_timeout": 60,
        "http2": True,
        "drop_invalid_header_fields": True,
        "deletion_protection": None,
        "web_acl": "",
        "more": (),
    },
    TargetGroup: {
        "port": 80,
        "target_type": "ip",
        "protocol": "HTTP",
        "protocol_version": "HTTP1",
        "matcher": "200",
        "health_check_interval_seconds": 10,
        "health_check_timeout_seconds": 5,
        "healthy_threshold_count": 2,
        "unhealthy_threshold_count": 3,
        "deregistration_delay": 30,
        "slow_start": 0,
        "stickiness": False,
        "lb_cookie_duration_seconds": None,
        "more": (),
    },
    Certificate: {"subject_alternative_names": frozenset()},
    DnsRecord: {"alias_dns_name": None, "alias_zone": None, "resource_record": None, "ttl": None},
    Listener: {"forward": None, "beside": "", "redirect": False, "certificate": None, "ssl_policy": None, "more": ()},
    Repository: {
        "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
        "image_tag_mutability_exclusion_filters": ("latest",),
        "scan_on_push": True,
        "kms_key": None,
        "lifecycle_policy": "",
    },
    Role: {"path": "/ecsctl/", "statements": (), "permissions_boundary": None, "policies": frozenset()},
    LogGroup: {"retention_in_days": 30, "kms_key": ""},
    Bucket: {
        "public_access_block": True,
        "encryption": "AES256",
        "tls_only": True,
        "expiration_days": 30,
        "abort_incomplete_multipart_upload_days": 7,
    },
    LogBucket: {
        "public_access_block": True,
        "encryption": "AES256",
        "tls_only": True,
        "expiration_days": 90,
        "abort_incomplete_multipart_upload_days": 7,
        "delivery": True,
    },
    BuildProject: {
        "image_pull_credentials_type": "CODEBUILD",
        "registry_credential": "",
        "environment_variables": (),
        "environment_type": "ARM_CONTAINER",
        "compute_type": "BUILD_GENERAL1_SMALL",
        "privileged_mode": True,
        "buildspec": "buildspec.yml",
        "timeout_in_minutes": 30,
        "source_auth": ACCOUNT,
        "artifacts": "NO_ARTIFACTS",
        "vpc_config": OUTSIDE,
        "webhook_branch": "",
        "more": (),
    },
    Pipeline: {
        "encryption_key": "",
        "tests": (),
        "approvals": (),
        "release": None,
        "jobs": "",
        "exact": True,
        "first_run": "over",
    },
    PipelineWebhook: {"target_action": "Source", "filters": (FILTER,), "registered": True},
    Cluster: {
        "container_insights": "enabled",
        "capacity_providers": frozenset(),
        "fargate_ephemeral_storage_kms_key": None,
    },
    TaskDefinition: {
        "image": None,
        "cpu": 256,
        "memory": 512,
        "cpu_architecture": "ARM64",
        "log_stream_prefix": "app",
        "log_mode": "non-blocking",
        "log_max_buffer_size": "25m",
        "environment": (),
        "secrets": (),
        "command": (),
        "health_check": HealthCheck(),
        "init_process_enabled": False,
        "stop_timeout": 30,
        "readonly_root_filesystem": False,
        "more": (),
        "sidecars": (),
        "volumes": (),
        "mount_points": (),
        "usable": True,
    },
    Service: {
        "assign_public_ip": False,
        "minimum_healthy_percent": 100,
        "maximum_percent": 200,
        "circuit_breaker": True,
        "rollback": True,
        "threshold": Threshold(),
        "reset_on_healthy_task": True,
        "early_success": EarlySuccess(),
        "alarms": frozenset(),
        "strategy": Strategy(),
        "pause": Pause(),
        "alternate_target_group": None,
        "production_listener_rule": None,
        "role": None,
        "health_check_grace_period_seconds": 60,
        "enable_execute_command": False,
        "propagate_tags": "SERVICE",
        "enable_ecs_managed_tags": True,
        "platform_version": "LATEST",
        "availability_zone_rebalancing": "ENABLED",
        "settled": True,
        "above_minimum": True,
        "more": (),
    },
    Scaling: {
        "cpu_percent": 60,
        "memory_percent": 0,
        "resolution": 60,
        "requests": 0,
        "load_balancer": None,
        "target_group": None,
        "queue": "",
        "messages": 0,
        "container_insights": False,
        "scheduled_actions": frozenset(),
    },
    Schedule: {
        "timezone": "UTC",
        "enabled": True,
        "flexible_time_window": 0,
        "launch_type": "FARGATE",
        "enable_execute_command": False,
        "enable_ecs_managed_tags": True,
        "maximum_retry_attempts": 10,
        "maximum_event_age_in_seconds": 3600,
        "overrides": "",
    },
}


def usual(kind: type[R], **given: Any) -> R:
    """Return a desired state of this kind: the given values, and the usual ones for all other fields."""
    return kind(**USUAL.get(kind, {}) | given)
