"""How a state file of one version becomes one of the next. The kinds are plain words here: the engine imports none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

RENAMED: Mapping[str, Mapping[str, str]] = {
    "alarm": {
        "minutes": "evaluation_periods",
    },
    "backlog-alarm": {
        "insights": "container_insights",
        "minutes": "evaluation_periods",
    },
    "borrowed-certificate": {
        "also": "subject_alternative_names",
    },
    "bucket": {
        "private": "public_access_block",
        "expire_days": "expiration_days",
        "abort_days": "abort_incomplete_multipart_upload_days",
    },
    "build-project": {
        "branch": "source_version",
        "pulled_by": "image_pull_credentials_type",
        "image_login": "registry_credential",
        "environment": "environment_variables",
        "container": "environment_type",
        "compute": "compute_type",
        "privileged": "privileged_mode",
        "minutes": "timeout_in_minutes",
        "auth": "source_auth",
        "place": "vpc_config",
        "place.groups": "security_groups",
    },
    "build-rule": {
        "caller": "role",
    },
    "certificate": {
        "also": "subject_alternative_names",
    },
    "cluster": {
        "insights": "container_insights",
        "providers": "capacity_providers",
        "storage_key": "fargate_ephemeral_storage_kms_key",
    },
    "dns-record": {
        "alias_dns": "alias_dns_name",
        "value": "resource_record",
    },
    "file-system": {
        "key": "kms_key",
    },
    "flow-log": {
        "traffic": "traffic_type",
        "group": "log_group",
    },
    "image": {
        "machine.pulled_by": "image_pull_credentials_type",
        "machine.login": "registry_credential",
    },
    "listener-rule": {
        "hosts": "host_header",
        "to": "redirect_host",
    },
    "log-bucket": {
        "private": "public_access_block",
        "expire_days": "expiration_days",
        "abort_days": "abort_incomplete_multipart_upload_days",
    },
    "log-group": {
        "days": "retention_in_days",
        "key": "kms_key",
    },
    "mount-targets": {
        "groups": "security_groups",
    },
    "pipeline": {
        "key": "encryption_key",
        "deploys.file": "file_name",
        "deploys.minutes": "timeout_in_minutes",
    },
    "pipeline-webhook": {
        "action": "target_action",
    },
    "release": {
        "public_ip": "assign_public_ip",
        "container": "container_name",
    },
    "repository": {
        "mutability": "image_tag_mutability",
        "mutable_tags": "image_tag_mutability_exclusion_filters",
        "key": "kms_key",
        "lifecycle": "lifecycle_policy",
    },
    "role": {
        "trust": "assume_role_policy",
        "boundary": "permissions_boundary",
    },
    "rule": {
        "caller": "role",
        "paths": "input_paths_map",
    },
    "scaling": {
        "minimum": "min_capacity",
        "maximum": "max_capacity",
        "insights": "container_insights",
        "schedules": "scheduled_actions",
        "schedules.at": "schedule",
        "schedules.time_zone": "timezone",
        "schedules.minimum": "min_capacity",
        "schedules.maximum": "max_capacity",
    },
    "schedule": {
        "time_zone": "timezone",
        "window": "flexible_time_window",
        "launch": "launch_type",
        "public_ip": "assign_public_ip",
        "tasks": "task_group",
        "execute_command": "enable_execute_command",
        "managed_tags": "enable_ecs_managed_tags",
        "retries": "maximum_retry_attempts",
        "within_seconds": "maximum_event_age_in_seconds",
    },
    "security-group": {
        "ingress.port_from": "from_port",
        "ingress.port_to": "to_port",
        "lets_out_to": "egress",
    },
    "service": {
        "container": "container_name",
        "port": "container_port",
        "public_ip": "assign_public_ip",
        "minimum_percent": "minimum_healthy_percent",
        "reset_on_healthy": "reset_on_healthy_task",
        "early_success.cleanup": "source_service_revision_cleanup",
        "strategy.way": "strategy",
        "strategy.bake": "bake_time_in_minutes",
        "strategy.percent": "step_percent",
        "strategy.minutes": "step_bake_time_in_minutes",
        "pause.at": "lifecycle_stages",
        "pause.minutes": "timeout_in_minutes",
        "pause.then": "action",
        "alternate": "alternate_target_group",
        "rule": "production_listener_rule",
        "balancing": "role",
        "grace_period": "health_check_grace_period_seconds",
        "execute_command": "enable_execute_command",
        "managed_tags": "enable_ecs_managed_tags",
        "rebalancing": "availability_zone_rebalancing",
    },
    "target-group": {
        "path": "health_check_path",
        "version": "protocol_version",
        "interval": "health_check_interval_seconds",
        "timeout": "health_check_timeout_seconds",
        "healthy": "healthy_threshold_count",
        "unhealthy": "unhealthy_threshold_count",
        "cookie_seconds": "lb_cookie_duration_seconds",
    },
    "task-definition": {
        "container": "container_name",
        "port": "container_port",
        "architecture": "cpu_architecture",
        "log_prefix": "log_stream_prefix",
        "log_buffer": "log_max_buffer_size",
        "init_process": "init_process_enabled",
        "sound": "usable",
        "unsound": "unusable_because",
        "read_only": "readonly_root_filesystem",
        "sidecars.entrypoint": "entry_point",
        "sidecars.restart_after": "restart_attempt_period",
        "sidecars.restart_ignores": "ignored_exit_codes",
        "sidecars.read_only": "readonly_root_filesystem",
        "sidecars.mounts": "mount_points",
        "volumes.directory": "root_directory",
        "mounts": "mount_points",
    },
    "topic": {
        "key": "kms_master_key",
    },
    "webhook": {
        "url": "invocation_endpoint",
    },
}
"""By kind: fields that version 1 called by words of our own, by path, and the last part of that in version 2."""
SETS = frozenset({("scaling", "schedules"), ("security-group", "ingress")})
"""The sets, by path in version 1, whose elements have renamed fields: a set is stored in the order of their JSON."""


def named_as_on_aws(body: dict[str, Any]) -> dict[str, Any]:
    """From version 1 to 2: fields are called as the AWS API calls them. What has another form stays as it is."""
    entries = body.get("entries")
    if not isinstance(entries, dict):
        return body
    return {**body, "entries": {name: _entry(entry) for name, entry in entries.items()}}


def _entry(entry: Any) -> Any:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or kind not in RENAMED:
        return entry
    found = {name: _value(kind, entry[name]) if name in ("applied", "otherwise") else entry[name] for name in entry}
    intent = entry.get("intent")
    if isinstance(intent, dict) and isinstance(intent.get("fields"), list):
        found["intent"] = {**intent, "fields": sorted(RENAMED[kind].get(one, one) for one in intent["fields"])}
    return found


def _value(kind: str, value: Any, path: str = "") -> Any:
    """A value with its fields renamed. `path` leads to it, in version 1."""
    if isinstance(value, dict):
        inner = f"{path}." if path else ""
        return {
            RENAMED[kind].get(f"{inner}{name}", name): _value(kind, one, f"{inner}{name}")
            for name, one in value.items()
        }
    if isinstance(value, list):
        found = [_value(kind, one, path) for one in value]
        sorts = (kind, path) in SETS and all(isinstance(one, dict) for one in found)
        return sorted(found, key=lambda one: json.dumps(one, sort_keys=True)) if sorts else found
    return value
