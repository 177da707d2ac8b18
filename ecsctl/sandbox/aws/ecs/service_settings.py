"""The settings of a service as AWS stores them: the request with defaults (API reference, CreateService)."""

from ecsctl.sandbox.aws.ecs import views
from ecsctl.sandbox.aws.ecs.state import Definition, Wire, invalid

_DEFAULTS: Wire = {
    "desiredCount": 0,
    "loadBalancers": [],
    "serviceRegistries": [],
    "placementConstraints": [],
    "placementStrategy": [],
    "schedulingStrategy": "REPLICA",
    "deploymentController": {"type": "ECS"},
    "propagateTags": "NONE",
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "availabilityZoneRebalancing": "ENABLED",
}
# As AWS has returned it since August 2026: recorded by go-to-k/cdk-real-drift (commit c00ed982).
_BREAKER: Wire = {
    "enable": False,
    "rollback": False,
    "resetOnHealthyTask": True,
    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
}


def of_new(ask: Wire, definition: Definition) -> Wire:
    """The settings of a new service."""
    kept = {key: value for key, value in ask.items() if key not in ("cluster", "serviceName", "clientToken", "tags")}
    settings = _DEFAULTS | kept | {"taskDefinition": definition.arn}
    if not ask.get("capacityProviderStrategy"):
        settings.setdefault("launchType", "EC2")
    settings |= providers(settings)
    if views.is_on_fargate(settings):
        settings.setdefault("platformVersion", "LATEST")
    settings["deploymentConfiguration"] = configuration(ask.get("deploymentConfiguration") or {}, {})
    network = (ask.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if network is not None:
        settings["networkConfiguration"] = {"awsvpcConfiguration": network_of(network)}
    return settings


def providers(settings: Wire) -> Wire:
    """A service's capacity providers with AWS's defaults (API reference, CapacityProviderStrategyItem)."""
    given = settings.get("capacityProviderStrategy")
    return {"capacityProviderStrategy": [{"base": 0, "weight": 0} | each for each in given]} if given else {}


def network_of(sent: Wire) -> Wire:
    """A service's network with AWS's defaults (API reference, AwsVpcConfiguration)."""
    return {"securityGroups": [], "assignPublicIp": "DISABLED"} | sent


def configuration(sent: Wire, before: Wire) -> Wire:
    """The deployment configuration: what is not sent keeps its value (API reference, DeploymentConfiguration)."""
    default: Wire = {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    }
    asked = sent.get("deploymentCircuitBreaker")
    if asked is not None and not {"enable", "rollback"} <= set(asked):  # the wording is an assumption
        raise invalid("deploymentCircuitBreaker requires both enable and rollback.")
    breaker = _BREAKER | before.get("deploymentCircuitBreaker", {}) | (asked or {})
    whole = default | before | sent | {"deploymentCircuitBreaker": breaker}
    for name, strategy in (("linearConfiguration", "LINEAR"), ("canaryConfiguration", "CANARY")):
        if whole["strategy"] != strategy and name not in sent:  # dropped with the strategy; an assumption
            whole.pop(name, None)
    return whole
