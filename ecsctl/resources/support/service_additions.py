"""Options of a service beyond its fields, and how AWS shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

    from ecsctl.aws import Aws

STRATEGY = "capacityProviderStrategy"
USUAL: dict[str, Any] = {
    STRATEGY: [],  # back to the launch type
    "deploymentConfiguration.lifecycleHooks": [],
    "gatewayConnectors": [],
    "monitoring": {"metricConfigurations": []},
    "serviceConnectConfiguration": {"enabled": False},
    "serviceRegistries": [],
    "volumeConfigurations": [],
    "vpcLatticeConfigurations": [],
}
"""Parameters of UpdateService beyond the fields, each with what takes it back (ECS API reference, UpdateService)."""


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
    if name not in ("monitoring", "gatewayConnectors"):  # the others are left out where there are none
        return None
    revisions = [one["arn"] for one in service.get("currentServiceRevisions", ())]
    if not revisions:
        return None
    found = aws.read(aws.ecs.describe_service_revisions, serviceRevisionArns=revisions[:1])["serviceRevisions"]
    return dict(found[0]).get(name) if found else None
