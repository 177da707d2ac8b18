"""Options of a service beyond the resource's fields, and how AWS returns them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

    from ecsctl.aws.clients import Aws

STRATEGY, MONITORING = "capacityProviderStrategy", "monitoring"
FAST, USUALLY = 20, 60
"""Seconds between two values of a service's own metrics; the second is the default (ECS API reference,
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
"""Parameters of UpdateService beyond the fields, each with the value that resets it (ECS API reference,
UpdateService).
"""


def published(names: Iterable[str], seconds: int) -> dict[str, Any] | None:
    """The setting to publish these metrics every `seconds`; None if that is the default."""
    setting = {"metricConfigurations": [{"metricNames": list(names), "resolutionSeconds": seconds}]}
    return None if seconds == USUALLY else monitoring(setting)


def monitoring(setting: Mapping[str, Any] | None) -> dict[str, Any]:
    """The setting in normal form: sorted, and without metrics at the default resolution."""
    by: dict[int, set[str]] = {}
    for one in (setting or {}).get("metricConfigurations", ()):
        by.setdefault(one["resolutionSeconds"], set()).update(one["metricNames"])
    return {
        "metricConfigurations": [
            {"metricNames": sorted(names), "resolutionSeconds": seconds}
            for seconds, names in sorted(by.items())
            if seconds != USUALLY
        ]
    }


def at(aws: Aws, service: ServiceTypeDef, path: str) -> Any:
    """A parameter as AWS returns it: in the service, in its newest deployment, or in the revision that is deployed."""
    parent, _, name = path.rpartition(".")
    shown: Any = service.get(parent, {}) if parent else service
    newest: Any = next(iter(service["deployments"]), {})
    if name == STRATEGY:  # the order in which AWS returns it does not matter
        return sorted(shown.get(name, ()), key=lambda one: str(one["capacityProvider"]))
    for settings in (shown, newest):
        if name in settings:
            return settings[name]
    if name not in (MONITORING, "gatewayConnectors"):  # other parameters are omitted if unset
        return None
    revisions = [one["arn"] for one in service.get("currentServiceRevisions", ())]
    if not revisions:
        return None
    found = aws.read(aws.ecs.describe_service_revisions, serviceRevisionArns=revisions)["serviceRevisions"]
    if not found:  # AWS describes none from before October 25, 2024
        return None
    newest = dict(max(found, key=lambda one: one["createdAt"]))
    return monitoring(newest.get(name)) if name == MONITORING else newest.get(name)
