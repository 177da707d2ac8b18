"""What create_service and update_service check. Nearly all errors have the code InvalidParameterException.

The messages are AWS's own as quoted by the ECS guide ("Service event messages", "API failure reasons") and public
reports; if none is known, a comment says that the wording is an assumption.
"""

from typing import Any

from moto.ec2.models import ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws import cloudwatch, iam
from ecsctl.sandbox.aws.ecs import clusters, views
from ecsctl.sandbox.aws.ecs.rollout import percentages
from ecsctl.sandbox.aws.ecs.state import Definition, Wire, denied, invalid

_ONE_OF = {
    "launchType": ("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"),
    "propagateTags": ("TASK_DEFINITION", "SERVICE", "NONE"),
    "availabilityZoneRebalancing": ("ENABLED", "DISABLED"),
    "schedulingStrategy": ("REPLICA", "DAEMON"),
}


def check(
    backend: EC2ContainerServiceBackend, settings: Wire, definition: Definition, sent: set[str] | None = None
) -> None:
    """Refuse settings with which AWS would not create a service, or not update it by the parameters `sent`.

    Raises InvalidParameterException, and ClientException for a target group that does not exist.
    """
    for name, allowed in _ONE_OF.items():
        if settings.get(name) is not None and settings[name] not in allowed:
            raise invalid(f"{name} should be one of [{','.join(allowed)}]")  # for some names an assumption
    if (settings.get("desiredCount") or 0) < 0:
        raise invalid("Desired count can not be negative.")  # the wording is an assumption
    fargate = settings.get("launchType") == "FARGATE"
    if fargate and "FARGATE" not in definition.document["compatibilities"]:
        raise invalid("Task definition does not support launch_type FARGATE.")

    def touched(*names: str) -> bool:
        return sent is None or not sent.isdisjoint(names)

    if touched("deploymentConfiguration", "availabilityZoneRebalancing"):
        _check_percentages(settings)
        _check_deployment(settings.get("deploymentConfiguration") or {})
    if touched("deploymentConfiguration"):
        _check_alarms(backend, settings.get("deploymentConfiguration") or {})
    if touched("monitoring"):
        _check_monitoring(settings)
    if touched("networkConfiguration", "taskDefinition"):
        check_network(backend, settings, definition)
    grace = touched("healthCheckGracePeriodSeconds") and settings.get("healthCheckGracePeriodSeconds") is not None
    if grace and not settings.get("loadBalancers"):
        raise invalid("Health check grace period is only valid for services configured to use load balancers.")
    if touched("loadBalancers", "taskDefinition"):
        _check_load_balancers(settings, definition)
    if touched("loadBalancers"):
        for balancer in settings.get("loadBalancers") or []:
            _check_target_group(backend, balancer.get("targetGroupArn"), definition)
    if settings.get("enableExecuteCommand") and not definition.document.get("taskRoleArn"):
        raise invalid(
            f"The service couldn't be {'created' if sent is None else 'updated'} because a valid taskRoleArn is not "
            "being used. Specify a valid task role in your task definition and try again."
        )


def check_strategy(strategy: list[Wire] | None, associated: list[str] | None, launch_type: str | None) -> None:
    """Refuse a strategy together with a launch type, with providers that the cluster lacks, or without any task.

    The first two messages are quoted in many public reports; those of the limits are assumptions (API reference,
    CapacityProviderStrategyItem).
    """
    if not strategy:
        return
    if launch_type:
        raise invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    if not {one["capacityProvider"] for one in strategy} <= {*(associated or ())}:
        raise invalid(
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            "the cluster. Associate the capacity provider with the cluster and try again."
        )
    if sum(bool(one.get("base")) for one in strategy) > 1:
        raise invalid("Only one capacity provider in a capacity provider strategy can have a base.")
    if not any(one.get("weight") for one in strategy):
        raise invalid("At least one capacity provider in a strategy must have a weight greater than zero.")


def _check_monitoring(settings: Wire) -> None:
    """Allow two metrics and two resolutions (API reference, MetricConfiguration). Services with other deployment
    controllers do not accept the parameter (API reference, UpdateService). The wordings are assumptions.
    """
    asked = (settings.get("monitoring") or {}).get("metricConfigurations") or ()
    for one in asked:
        if strange := {*one["metricNames"]} - {"CPUUtilization", "MemoryUtilization"}:
            raise invalid(f"Unsupported metric name: {min(strange)}.")
        if one["resolutionSeconds"] not in (20, 60):
            raise invalid("resolutionSeconds should be one of [20,60]")
    if asked and (settings.get("deploymentController") or {}).get("type", "ECS") != "ECS":
        raise invalid("monitoring is only supported for services that use the ECS deployment controller.")


def published(terms: Wire) -> set[str]:
    """The metrics that ECS publishes every 20 seconds for a service with these settings."""
    asked = (terms.get("monitoring") or {}).get("metricConfigurations") or ()
    return {name for one in asked if one["resolutionSeconds"] == 20 for name in one["metricNames"]}


def _check_percentages(settings: Wire) -> None:
    """Refuse only 100/100; other percentages that can never deploy are accepted, and the deployment then hangs."""
    low, high = percentages(settings)
    if low == high == 100:
        raise invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
    if low > high:  # the wording is an assumption
        raise invalid("minimumHealthyPercent cannot be greater than maximumPercent.")
    if settings.get("availabilityZoneRebalancing", "ENABLED") == "ENABLED" and high <= 100:
        raise invalid(
            "Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration."
        )


def _check_deployment(sent: Wire) -> None:
    """API reference, ThresholdConfiguration and DeploymentEarlySuccessCriteria. The wordings are assumptions."""
    threshold = (sent.get("deploymentCircuitBreaker") or {}).get("thresholdConfiguration") or {}
    if threshold and threshold.get("type") not in ("COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"):
        raise invalid("thresholdConfiguration type should be one of [COUNT,BOUNDED_PERCENT,UNBOUNDED_PERCENT]")
    if threshold and threshold.get("value", 0) < 1:
        raise invalid("thresholdConfiguration value must be greater than 0.")
    early = sent.get("earlySuccessCriteria") or {}
    if not early.get("enable"):
        return
    if sent.get("strategy", "ROLLING") != "ROLLING":
        raise invalid("earlySuccessCriteria is only valid with the ROLLING deployment strategy.")
    percent, cleanup = early.get("healthyPercent"), early.get("sourceServiceRevisionCleanup")
    if percent is None or cleanup not in ("BLOCKING", "DEFERRED"):
        raise invalid("earlySuccessCriteria requires healthyPercent and sourceServiceRevisionCleanup when enabled.")
    if not 0 <= percent <= 100 or percent < sent.get("minimumHealthyPercent", 100):
        raise invalid("healthyPercent must be at most 100 and not less than minimumHealthyPercent.")


def _check_alarms(backend: EC2ContainerServiceBackend, sent: Wire) -> None:
    """API reference, DeploymentAlarms: all three are required. That an unknown alarm is refused is an assumption."""
    asked = sent.get("alarms")
    if asked is None:
        return
    if not {"alarmNames", "enable", "rollback"} <= set(asked):
        raise invalid("alarms requires alarmNames, enable and rollback.")
    if asked["enable"] and not asked["alarmNames"]:
        raise invalid("alarmNames can not be empty when alarms are enabled.")
    for name in asked["alarmNames"]:
        if not cloudwatch.exists(backend.account_id, backend.region_name, name):
            raise invalid(f"Alarm {name} does not exist.")


def check_network(backend: EC2ContainerServiceBackend, settings: Wire, definition: Definition) -> None:
    """Refuse a network in which tasks of the definition cannot be started."""
    awsvpc = definition.document["networkMode"] == "awsvpc"
    network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if not awsvpc:
        if network:
            raise invalid("Network Configuration is not valid for the given networkMode of this task definition.")
        return
    if not network:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if not network.get("subnets"):
        raise invalid("subnets can not be empty.")
    ec2: Any = ec2_backends[backend.account_id][backend.region_name]
    subnets = {subnet.id: subnet for zone in ec2.subnets.values() for subnet in zone.values()}
    for wanted in network["subnets"]:
        if wanted not in subnets:
            raise invalid(
                f"Error retrieving subnet information for [{wanted}]: The subnet ID '{wanted}' does not exist "
                "(ErrorCode: InvalidSubnetID.NotFound)"
            )
    vpcs = {subnets[wanted].vpc_id for wanted in network["subnets"]}
    if len(vpcs) > 1:
        raise invalid("Provided subnets must belong to the same VPC")  # the wording is an assumption
    for wanted in network.get("securityGroups") or []:
        group = ec2.get_security_group_from_id(wanted)
        if group is None:
            raise invalid(
                f"Error retrieving security group information for [{wanted}]: "
                f"The security group '{wanted}' does not exist (ErrorCode: InvalidGroup.NotFound)"
            )
        if group.vpc_id not in vpcs:
            raise invalid(f"Security Group {wanted} does not appear to belong to the same VPC as the input subnets.")


def _check_load_balancers(settings: Wire, definition: Definition) -> None:
    for balancer in settings.get("loadBalancers") or []:
        name, port = balancer.get("containerName"), balancer.get("containerPort")
        container = next((c for c in definition.containers if c["name"] == name), None)
        if container is None:
            raise invalid(f"The container {name} does not exist in the task definition.")
        if port not in [mapping["containerPort"] for mapping in container["portMappings"]]:
            raise invalid(f"The container {name} did not have a container port {port} defined.")


def _check_target_group(backend: EC2ContainerServiceBackend, arn: str | None, definition: Definition) -> None:
    elb: Any = elbv2_backends[backend.account_id][backend.region_name]
    group = elb.target_groups.get(arn)
    if group is None:  # the wording is an assumption; TargetGroupNotFound is what ELB itself says
        raise denied(f"Unable to find target group with ARN {arn}.")
    if definition.document["networkMode"] == "awsvpc" and group.target_type != "ip":
        raise invalid(
            f"The provided target group {arn} has target type {group.target_type}, which is incompatible with the "
            "awsvpc network mode specified in the task definition."
        )
    if not listeners(elb, group.arn):
        raise invalid(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")


def listeners(elb: Any, target_group_arn: str) -> list[tuple[Any, Any]]:
    """The load balancers and listeners that forward to a target group, by default action or by a rule."""
    found = []
    for balancer in elb.load_balancers.values():
        for listener in balancer.listeners.values():
            actions = list(listener.default_actions)
            for rule in listener.rules.values():
                actions += list(rule.actions)
            if any(target_group_arn in str(_plain(action)) for action in actions):
                found.append((balancer, listener))
    return found


def _plain(action: Any) -> Any:
    return getattr(action, "data", action)


def check_role(backend: EC2ContainerServiceBackend, role: str | None) -> None:
    """Refuse a load balancer role that cannot be assumed (yet); hashicorp/terraform-provider-aws retries on this."""
    if role and not iam.can_be_assumed(backend.account_id, role, "ecs.amazonaws.com"):
        raise invalid(
            "Unable to assume role and validate the listeners configured on your load balancer. Please verify that the "
            "ECS service role being passed has the proper permissions."
        )


def check_providers(backend: EC2ContainerServiceBackend, ask: Wire, before: Wire, now: Wire) -> None:
    """A changed strategy needs forceNewDeployment; an empty one goes back to the launch type (UpdateService)."""
    if ask.get("capacityProviderStrategy") is None:
        return
    cluster = clusters.find(backend, ask.get("cluster"))
    check_strategy(now["capacityProviderStrategy"], cluster.capacity_providers, None)
    differs = (now["capacityProviderStrategy"] or None) != (before.get("capacityProviderStrategy") or None)
    if differs and not ask.get("forceNewDeployment"):  # quoted in reproio/ecs_deploy#74 and pipe-cd/pipecd#6385
        raise invalid(
            "When switching from launch type to capacity provider strategy on an existing service, or making a change "
            "to a capacity provider strategy on a service that is already using one, you must force a new deployment."
        )
    if now["capacityProviderStrategy"]:
        now.pop("launchType", None)
    else:
        del now["capacityProviderStrategy"]
        now["launchType"] = "FARGATE" if views.is_on_fargate(before) else "EC2"
