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
    SecurityGroup: {"description": "Made by ecsctl", "lets_out_to": frozenset({"0.0.0.0/0"})},
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
        "version": "HTTP1",
        "matcher": "200",
        "interval": 10,
        "timeout": 5,
        "healthy": 2,
        "unhealthy": 3,
        "deregistration_delay": 30,
        "slow_start": 0,
        "stickiness": False,
        "cookie_seconds": None,
        "more": (),
    },
    Certificate: {"also": frozenset()},
    DnsRecord: {"alias_dns": None, "alias_zone": None, "value": None, "ttl": None},
    Listener: {"forward": None, "beside": "", "redirect": False, "certificate": None, "ssl_policy": None, "more": ()},
    Repository: {
        "mutability": "IMMUTABLE_WITH_EXCLUSION",
        "mutable_tags": ("latest",),
        "scan_on_push": True,
        "key": None,
        "lifecycle": "",
    },
    Role: {"path": "/ecsctl/", "statements": (), "boundary": None, "policies": frozenset()},
    LogGroup: {"days": 30, "key": ""},
    Bucket: {"private": True, "encryption": "AES256", "tls_only": True, "expire_days": 30, "abort_days": 7},
    LogBucket: {
        "private": True,
        "encryption": "AES256",
        "tls_only": True,
        "expire_days": 90,
        "abort_days": 7,
        "delivery": True,
    },
    BuildProject: {
        "pulled_by": "CODEBUILD",
        "image_login": "",
        "environment": (),
        "container": "ARM_CONTAINER",
        "compute": "BUILD_GENERAL1_SMALL",
        "privileged": True,
        "buildspec": "buildspec.yml",
        "minutes": 30,
        "auth": ACCOUNT,
        "artifacts": "NO_ARTIFACTS",
        "place": OUTSIDE,
        "webhook_branch": "",
        "more": (),
    },
    Pipeline: {
        "key": "",
        "tests": (),
        "approvals": (),
        "release": None,
        "jobs": "",
        "exact": True,
        "first_run": "over",
    },
    PipelineWebhook: {"action": "Source", "filters": (FILTER,), "registered": True},
    Cluster: {"insights": "enabled", "providers": frozenset(), "storage_key": None},
    TaskDefinition: {
        "image": None,
        "cpu": 256,
        "memory": 512,
        "architecture": "ARM64",
        "log_prefix": "app",
        "log_mode": "non-blocking",
        "log_buffer": "25m",
        "environment": (),
        "secrets": (),
        "command": (),
        "health_check": HealthCheck(),
        "init_process": False,
        "stop_timeout": 30,
        "read_only": False,
        "more": (),
        "sidecars": (),
        "volumes": (),
        "mounts": (),
        "sound": True,
    },
    Service: {
        "public_ip": False,
        "minimum_percent": 100,
        "maximum_percent": 200,
        "circuit_breaker": True,
        "rollback": True,
        "threshold": Threshold(),
        "reset_on_healthy": True,
        "early_success": EarlySuccess(),
        "alarms": frozenset(),
        "strategy": Strategy(),
        "pause": Pause(),
        "alternate": None,
        "rule": None,
        "balancing": None,
        "grace_period": 60,
        "execute_command": False,
        "propagate_tags": "SERVICE",
        "managed_tags": True,
        "platform_version": "LATEST",
        "rebalancing": "ENABLED",
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
        "insights": False,
        "schedules": frozenset(),
    },
    Schedule: {
        "time_zone": "UTC",
        "enabled": True,
        "window": 0,
        "launch": "FARGATE",
        "execute_command": False,
        "managed_tags": True,
        "retries": 10,
        "within_seconds": 3600,
        "overrides": "",
    },
}


def usual(kind: type[R], **given: Any) -> R:
    """Return a desired state of this kind: the given values, and the usual ones for all other fields."""
    return kind(**USUAL.get(kind, {}) | given)
