"""Options of a service beyond its fields, and how AWS shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

    from ecsctl.aws.clients import Aws

STRATEGY, MONITORING = "capacityProviderStrategy", "monitoring"
FAST, USUALLY = 20, 60
"""Seconds between two values of a service's own metrics; the second number is the default (ECS API reference,
MonitoringConfiguration).
"""
USUAL: dict[str, Any] = {
    STRATEGY: [],  # back to the launch type
    "deploymentConfiguration.lifecycleHooks": [],
    "gatewayConnectors": [],
    MONITORING: {"metricConfigurations": []},
    "serviceConnectConfiguration": {"enabled": False},
    "serviceRegistries": [],
    "volumeConfigurations": [],
    "vpcLatticeConfigurations": [],
}
"""Parameters of UpdateService beyond the fields, each with the value that undoes it (ECS API reference,
UpdateService).
"""


def published(names: Iterable[str], seconds: int) -> dict[str, Any] | None:
    """The setting with which ECS publishes these metrics this often; None if it does by default."""
    said = {"metricConfigurations": [{"metricNames": list(names), "resolutionSeconds": seconds}]}
    return None if seconds == USUALLY else monitoring(said)


def monitoring(said: Mapping[str, Any] | None) -> dict[str, Any]:
    """The same in normal form: sorted, and without what is published as often as by default."""
    by: dict[int, set[str]] = {}
    for one in (said or {}).get("metricConfigurations", ()):
        by.setdefault(one["resolutionSeconds"], set()).update(one["metricNames"])
    return {
        "metricConfigurations": [
            {"metricNames": sorted(names), "resolutionSeconds": seconds}
            for seconds, names in sorted(by.items())
            if seconds != USUALLY
        ]
    }


def at(aws: Aws, service: ServiceTypeDef, path: str) -> Any:
    """A parameter as AWS shows it: of the service, of its newest deployment, or of the revision that it deploys."""
    parent, _, name = path.rpartition(".")
    shown: Any = service.get(parent, {}) if parent else service
    newest: Any = next(iter(service["deployments"]), {})
    if name == STRATEGY:  # the order in which AWS returns it does not matter
        return sorted(shown.get(name, ()), key=lambda one: str(one["capacityProvider"]))
    for settings in (shown, newest):
        if name in settings:
            return settings[name]
    if name not in (MONITORING, "gatewayConnectors"):  # the others are left out where there are none
        return None
    revisions = [one["arn"] for one in service.get("currentServiceRevisions", ())]
    if not revisions:
        return None
    found = aws.read(aws.ecs.describe_service_revisions, serviceRevisionArns=revisions)["serviceRevisions"]
    if not found:  # those from before October 25, 2024 are not described
        return None
    newest = dict(max(found, key=lambda one: one["createdAt"]))
    return monitoring(newest.get(name)) if name == MONITORING else newest.get(name)
