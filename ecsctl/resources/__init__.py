"""One AWS type per file. `kinds()` lists them, in the order in which they are usually created."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsctl.engine.resource import AnyResource

KINDS = {
    "vpc": "Vpc",
    "subnet": "Subnet",
    "internet_gateway": "InternetGateway",
    "route_table": "RouteTable",
    "elastic_ip": "ElasticIp",
    "nat_gateway": "NatGateway",
    "flow_log": "FlowLog",
    "borrowed_network": "BorrowedVpc BorrowedSubnet",
    "security_group": "SecurityGroup",
    "certificate": "Certificate",
    "validation_record": "ValidationRecord",
    "dns_record": "DnsRecord",
    "issued_certificate": "IssuedCertificate BorrowedCertificate",
    "load_balancer": "LoadBalancer",
    "target_group": "TargetGroup",
    "listener": "Listener",
    "listener_rule": "ListenerRule",
    "shifting_rule": "ShiftingRule",
    "alarm": "Alarm",
    "repository": "Repository",
    "signing_rule": "SigningRule",
    "role": "Role",
    "log_group": "LogGroup",
    "bucket": "Bucket LogBucket",
    "connection": "BorrowedConnection",
    "source_credentials": "SourceCredentials",
    "build_project": "BuildProject",
    "first_image": "FirstImage",
    "file_system": "FileSystem",
    "mount_targets": "MountTargets",
    "access_point": "AccessPoint",
    "webhook": "Webhook",
    "cluster": "Cluster",
    "task_definition": "TaskDefinition",
    "first_release": "FirstRelease",
    "service": "Service",
    "scaling": "Scaling",
    "backlog_alarm": "BacklogAlarm",
    "schedule_group": "ScheduleGroup",
    "schedule": "Schedule",
    "pipeline": "Pipeline",
    "pipeline_webhook": "PipelineWebhook",
    "topic": "Topic",
    "rule": "Rule",
    "build_rule": "BuildRule",
}
"""The module of each kind and its class. Imported only when the kinds are needed, so that `--help` stays fast."""


@functools.cache
def by_name() -> Mapping[str, type[AnyResource]]:
    """All kinds, by their name."""
    return {kind.kind: kind for kind in kinds()}


@functools.cache
def kinds() -> tuple[type[AnyResource], ...]:
    """All kinds that can be created, found and deleted."""
    return tuple(
        getattr(importlib.import_module(f"ecsctl.resources.{module}"), name)
        for module, names in KINDS.items()
        for name in names.split()
    )
