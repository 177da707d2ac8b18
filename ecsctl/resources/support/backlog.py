"""A queue's backlog per task, computed by CloudWatch: the metrics it uses, and how our queries are recognized.

Application Auto Scaling user guide, "Create a target tracking scaling policy using metric math": messages waiting to be
received, divided by the running tasks. The queue's length alone does not say how many tasks share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WAITING, RUNNING, RESULT = "waiting", "running", "result"  # the ids of the metrics and of the expression
PER_TASK = f"{WAITING} / {RUNNING}"
"""No value while no task runs: there is nothing to divide by, and target tracking waits."""
UNSERVED = f"IF({WAITING} > 0 AND FILL({RUNNING}, 0) < 1, 1, 0)"
"""Whether messages wait and no task runs: the metric of a service without tasks has no values (CloudWatch user guide,
"Using metric math", FILL).
"""


@dataclass(frozen=True)
class Source:
    """A queue, by its ARN, and the service that processes it.

    `insights`: Container Insights counts the tasks. Otherwise the samples of CPU utilization are counted, one per task
    and minute (ECS developer guide, "Service RUNNING task count": Period 1 Minute, Statistic Sample Count).
    """

    queue: str
    cluster: str
    service: str
    insights: bool

    def queries(self, expression: str, period: int | None = None) -> list[dict[str, Any]]:
        """The metrics and the expressions over them; with a `period` in seconds for an alarm, without
        for a policy.
        """
        counted = ("ECS/ContainerInsights", "RunningTaskCount", "Average")
        if not self.insights:
            counted = ("AWS/ECS", "CPUUtilization", "SampleCount")
        of_service = {"ClusterName": self.cluster, "ServiceName": self.service}
        of_queue = {"QueueName": self.queue.rpartition(":")[2]}
        waiting = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Sum")
        return [
            _query(WAITING, *waiting, of_queue, period),
            _query(RUNNING, *counted, of_service, period),
            {"Id": RESULT, "Expression": expression, "ReturnData": True},
        ]


def _query(
    name: str, namespace: str, metric: str, statistic: str, dimensions: dict[str, str], period: int | None
) -> dict[str, Any]:
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    stat = {"Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": pairs}, "Stat": statistic}
    return {"Id": name, "MetricStat": stat | ({"Period": period} if period else {}), "ReturnData": False}


def observed(wanted: Source, queries: list[dict[str, Any]], expression: str, period: int | None = None) -> Source:
    """The source that these queries measure; an empty one if they have another form, or are about another service.

    SQS metrics contain only the queue's name: account and region are those in which they are read.
    """
    place, _, _ = wanted.queue.rpartition(":")
    named = {one["Id"]: one for one in queries}.get(WAITING, {}).get("MetricStat", {}).get("Metric", {})
    queue = next((one["Value"] for one in named.get("Dimensions") or () if one["Name"] == "QueueName"), "")
    for insights in (wanted.insights, not wanted.insights):
        found = Source(f"{place}:{queue}" if place else queue, wanted.cluster, wanted.service, insights)
        if _are_alike(found.queries(expression, period), queries):
            return found
    return Source("", wanted.cluster, wanted.service, False)


def _are_alike(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> bool:
    """Whether they are the same apart from labels and order."""
    return sorted(map(_essence, ours), key=str) == sorted(map(_essence, theirs), key=str)


def _essence(query: dict[str, Any]) -> tuple[Any, ...]:
    stat = query.get("MetricStat") or {}
    metric = stat.get("Metric") or {}
    dimensions = frozenset((one["Name"], one["Value"]) for one in metric.get("Dimensions") or ())
    named = (metric.get("Namespace"), metric.get("MetricName"), dimensions, stat.get("Stat"), stat.get("Period"))
    return (query["Id"], query.get("Expression"), bool(query.get("ReturnData", True)), *named)
