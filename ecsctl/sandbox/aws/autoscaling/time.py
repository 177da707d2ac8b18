"""Application Auto Scaling, evaluated once for each minute of the sandbox's clock.

The sandbox has two metrics: the messages waiting in an SQS queue, and the running tasks of a service. A service whose
policy or alarm uses one of these is scaled. A service that scales on CPU or requests keeps its size, because the
sandbox's applications have no load.
"""

import math
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeScalableTarget,
    applicationautoscaling_backends,
)
from moto.cloudwatch.models import cloudwatch_backends
from moto.ecs.models import EC2ContainerServiceBackend
from moto.sqs.models import sqs_backends

from ecsctl.sandbox.aws.autoscaling.state import MINUTES, memory
from ecsctl.sandbox.aws.cloudwatch import metricmath
from ecsctl.sandbox.aws.ecs.rollout import schedule
from ecsctl.sandbox.aws.ecs.state import Service, services
from ecsctl.sandbox.aws.ecs.time import each_minute, launch
from ecsctl.sandbox.aws.ecs.world import Region

DIMENSION = "ecs:service:DesiredCount"

# Application Auto Scaling user guide, "How target tracking scaling works": it scales out when the metric was above the
# target for three minutes, and in when it was 10% below for fifteen; and the default cooldown of an ECS service.
OUT, IN, SHARE, COOLDOWN = 3, MINUTES, 0.9, 300.0


def _targets(backend: ApplicationAutoscalingBackend) -> list[FakeScalableTarget]:
    return list(backend.targets.get(DIMENSION, {}).values())


def _policies(backend: ApplicationAutoscalingBackend, target: FakeScalableTarget) -> Iterator[Any]:
    for policy in backend.policies.values():
        if (policy.resource_id, policy.scalable_dimension) == (target.resource_id, DIMENSION):
            yield policy


def _queries(policy: Any) -> list[dict[str, Any]]:
    """The metric queries of a target tracking policy that uses metric math; empty for any other policy."""
    configuration = policy.target_tracking_scaling_policy_configuration or {}
    found: list[dict[str, Any]] = (configuration.get("CustomizedMetricSpecification") or {}).get("Metrics") or []
    return found


@each_minute
def scale(ecs: EC2ContainerServiceBackend, minute: float | None) -> bool:
    """Apply each service's policies at that minute, if one is given. Returns whether any policy can scale."""
    account, region = ecs.account_id, ecs.region_name
    if not dict.__contains__(applicationautoscaling_backends[account], region):  # not used in this region yet
        return False
    backend = applicationautoscaling_backends[account][region]
    moved = [(target, policy) for target in _targets(backend) for policy in _policies(backend, target)
             if policy.policy_type == "StepScaling" or _queries(policy)]  # fmt: skip
    for target, policy in moved if minute is not None else ():
        service = _service(ecs, target.resource_id)
        if service is None:
            continue
        if policy.policy_type == "StepScaling":
            _step(ecs, backend, target, policy, service, minute or 0.0)
        else:
            _track(ecs, backend, target, policy, service, minute or 0.0)
    return bool(moved)


def _service(ecs: EC2ContainerServiceBackend, resource: str) -> Service | None:
    _, cluster, name = resource.split("/")
    return next((s for s in services(ecs) if (s.cluster_name, s.name, s.status) == (cluster, name, "ACTIVE")), None)


def _track(
    ecs: EC2ContainerServiceBackend,
    backend: ApplicationAutoscalingBackend,
    target: FakeScalableTarget,
    policy: Any,
    service: Service,
    minute: float,
) -> None:
    """Keep the metric at its target; scale in only while no deployment is in progress (ECS guide)."""
    configuration, followed = (
        policy.target_tracking_scaling_policy_configuration,
        memory(backend).followed(policy.policy_arn),
    )
    now, aim, values = _value(ecs, _queries(policy)), float(configuration["TargetValue"]), followed.values
    values.append(now)
    running = _running(service)
    if now is None or not running:
        return
    wanted = math.ceil(running * now / aim)
    if _has_passed(values, OUT, lambda value: value > aim):
        # A larger step is taken even within the cooldown, because the desired count already includes the previous one.
        _set(ecs, backend, target, policy, service, max(wanted, service.desired_count), minute)
    elif _has_passed(values, IN, lambda value: value < aim * SHARE) and not configuration.get("DisableScaleIn"):
        cool = float(configuration.get("ScaleInCooldown", COOLDOWN))
        if minute >= followed.changed + cool and len(service.deployments) == 1:
            _set(ecs, backend, target, policy, service, min(wanted, service.desired_count), minute)


def _step(
    ecs: EC2ContainerServiceBackend,
    backend: ApplicationAutoscalingBackend,
    target: FakeScalableTarget,
    policy: Any,
    service: Service,
    minute: float,
) -> None:
    """Evaluate the alarms that trigger the policy, and while one is in ALARM apply the policy's adjustment."""
    in_alarm = [alarm for alarm in cloudwatch_backends[ecs.account_id][ecs.region_name].alarms.values()
                if policy.policy_arn in alarm.alarm_actions and _is_in_alarm(ecs, backend, alarm)]  # fmt: skip
    configuration, followed = policy.step_scaling_policy_configuration, memory(backend).followed(policy.policy_arn)
    if not in_alarm or minute < followed.changed + float(configuration.get("Cooldown", COOLDOWN)):
        return
    adjustment = int(configuration["StepAdjustments"][-1]["ScalingAdjustment"])
    running = _running(service)
    exact = configuration["AdjustmentType"] == "ExactCapacity"
    wanted = adjustment if exact else running + adjustment
    _set(ecs, backend, target, policy, service, wanted if exact else max(wanted, service.desired_count), minute)


def _is_in_alarm(ecs: EC2ContainerServiceBackend, backend: ApplicationAutoscalingBackend, alarm: Any) -> bool:
    """Whether the alarm is in ALARM now, judged by the last minutes (CloudWatch user guide, "Evaluating an alarm")."""
    queries = [
        {"Id": one.id, "Expression": one.expression, "ReturnData": one.return_data, "MetricStat": one.metric_stat and {
            "Stat": one.metric_stat.stat, "Metric": {
                "Namespace": one.metric_stat.metric.namespace, "MetricName": one.metric_stat.metric.metric_name,
                "Dimensions": [{"Name": each.name, "Value": each.value} for each in one.metric_stat.metric.dimensions],
            }}}
        for one in alarm.metric_data_queries
    ]  # fmt: skip
    followed, count = memory(backend).followed(alarm.alarm_arn), int(alarm.evaluation_periods)
    followed.values.append(_value(ecs, queries))
    threshold = float(alarm.threshold)
    beyond = {
        "GreaterThanOrEqualToThreshold": lambda value: value >= threshold,
        "GreaterThanThreshold": lambda value: value > threshold,
        "LessThanThreshold": lambda value: value < threshold,
        "LessThanOrEqualToThreshold": lambda value: value <= threshold,
    }[alarm.comparison_operator]
    state = "ALARM" if _has_passed(followed.values, count, beyond) else "OK"
    if state != alarm.state_value:
        alarm.update_state(f"Threshold Crossed: {count} datapoints", "{}", state)
    return state == "ALARM" and bool(alarm.actions_enabled)


def _has_passed(values: deque[float | None], count: int, test: Any) -> bool:
    """Whether each of the last `count` minutes has a value that passes the test."""
    last = list(values)[-count:]
    return len(last) == count and all(value is not None and test(value) for value in last)


def _value(ecs: EC2ContainerServiceBackend, queries: Iterable[dict[str, Any]]) -> float | None:
    """The value of the query that returns data."""
    asked = list(queries)
    known = {one["Id"]: _metric(ecs, one["MetricStat"]) for one in asked if one.get("MetricStat")}
    for one in asked:
        if not _is_returned(one):
            continue
        return metricmath.value(one["Expression"], known) if one.get("Expression") else known[one["Id"]]
    return None


def _is_returned(query: dict[str, Any]) -> bool:
    return str(query.get("ReturnData", True)).lower() != "false"


def _metric(ecs: EC2ContainerServiceBackend, stat: dict[str, Any]) -> float | None:
    """The metric's value in this minute; None for a metric that the sandbox does not have."""
    metric = stat["Metric"]
    named = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or ()}
    match metric.get("Namespace"), metric.get("MetricName"), stat.get("Stat"):
        case "AWS/SQS", "ApproximateNumberOfMessagesVisible", _:
            queue: Any = sqs_backends[ecs.account_id][ecs.region_name].queues.get(named.get("QueueName", ""))
            return None if queue is None else float(queue.approximate_number_of_messages)
        case "AWS/ECS", "CPUUtilization", "SampleCount":  # no task, no samples
            return _counted(ecs, named) or None
        case "ECS/ContainerInsights", "RunningTaskCount", _:
            cluster = ecs.clusters.get(named.get("ClusterName", ""))
            on = (
                {one["value"] for one in (cluster.settings or ()) if one["name"] == "containerInsights"}
                if cluster
                else ()
            )
            return _counted(ecs, named) if {"enabled", "enhanced"} & {*on} else None
    return None


def _counted(ecs: EC2ContainerServiceBackend, named: dict[str, str]) -> float | None:
    service = _service(ecs, f"service/{named.get('ClusterName')}/{named.get('ServiceName')}")
    return None if service is None else float(_running(service))


def _running(service: Service) -> int:
    return sum(task.status == "RUNNING" and task.wanted for task in service.tasks)


def _set(
    ecs: EC2ContainerServiceBackend,
    backend: ApplicationAutoscalingBackend,
    target: FakeScalableTarget,
    policy: Any,
    service: Service,
    wanted: int,
    minute: float,
) -> None:
    """Set the service's desired count, within the target's bounds, and record the activity."""
    count = min(max(wanted, target.min_capacity or 0), target.max_capacity or 0)
    if count == service.desired_count:
        return
    known = memory(backend)
    known.followed(policy.policy_arn).changed = minute
    service.settings = service.settings | {"desiredCount": count}
    service.steady, service.request = False, {}
    if service.primary.rollout != "FAILED":
        service.primary.desired = count
    schedule(service, Region(ecs), minute, launch)
    at = datetime.fromtimestamp(minute, UTC).timestamp()
    known.activities.insert(0, {
        "ActivityId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{policy.policy_arn} {minute}")),
        "ServiceNamespace": "ecs",
        "ResourceId": target.resource_id,
        "ScalableDimension": DIMENSION,
        "Description": f"Setting desired count to {count}.",
        "Cause": f"monitor alarm in state ALARM triggered policy {policy.policy_name}",
        "StartTime": at,
        "EndTime": at,
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired count to {count}. Change successfully fulfilled by ecs.",
    })  # fmt: skip
