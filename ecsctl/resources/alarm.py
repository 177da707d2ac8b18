"""The alarms that ECS watches during a release: a metric of the app's responses that is too high."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import AlarmName, LoadBalancerArn, TargetGroupArn
from ecsctl.names import Names
from ecsctl.parts import ALARMED
from ecsctl.resources.support import alarms
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

NAMESPACE = "AWS/ApplicationELB"
RESULT = "result"  # the id of the expression: that of a metric is its own


@dataclass(frozen=True)
class AlarmIds:
    """An alarm's ids."""

    name: AlarmName
    arn: str


@dataclass(frozen=True, order=True)
class Metric:
    """A metric of the target group, and its statistic for each minute."""

    id: str  # by which the expression names it
    name: str
    statistic: str


@dataclass(frozen=True, kw_only=True)
class Alarm(Resource[AlarmIds]):
    """A CloudWatch alarm on a target group behind a load balancer. It is found by its name.

    It does nothing by itself: ECS reads it. Minutes without requests count as good.
    """

    kind = "alarm"
    title = "CloudWatch alarm"
    arns = "cloudwatch:alarm"
    tagging_type = "cloudwatch:alarm"
    independent_of = ("target_group", "load_balancer")  # the metric of something deleted gets no more values
    hourly = alarms.HOURLY
    console = alarms.CONSOLE

    name: Fixed[str]
    description: str
    metrics: tuple[Metric, ...]
    expression: str  # over the metrics' ids; empty if there is only one metric, which is compared directly
    threshold: float  # the alarm goes off above this value
    evaluation_periods: int  # in a row
    target_group: TargetGroupArn
    load_balancer: LoadBalancerArn

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", tuple(sorted(self.metrics)))

    def summary(self) -> str:
        """Says when it goes off."""
        return self.description

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        reads = "DescribeAlarms ListTagsForResource"  # also for alarms that are no longer asked for
        changes = " DeleteAlarms PutMetricAlarm TagResource" if uses.alarms else ""
        yield Statement("ReleaseAlarms", of("cloudwatch", f"{reads}{changes}"), scope.alarms)

    def observe(self, aws: Aws, me: Label) -> Observed[Alarm, AlarmIds] | None:
        """Read by its name."""
        alarm = next(iter(alarms.listed(aws, [self.name])), None)
        if alarm is None:
            return None
        queries: list[dict[str, Any]] = alarm.get("Metrics") or []
        stats = [one for one in queries if one.get("MetricStat")]
        groups, balancers = _dimensions(stats, "TargetGroup"), _dimensions(stats, "LoadBalancer")
        place = f"arn:{me.partition}:elasticloadbalancing:{me.region}:{me.account}"
        usual = (alarm.get("ComparisonOperator"), alarm.get("TreatMissingData")) == _WAY
        actual = Alarm(
            name=alarm["AlarmName"],
            description=alarm.get("AlarmDescription", ""),
            metrics=tuple(_metric(one) for one in stats) if usual else (),
            expression=next((one["Expression"] for one in queries if one.get("Expression")), ""),
            threshold=float(alarm.get("Threshold", 0)),
            evaluation_periods=int(alarm.get("EvaluationPeriods", 0)),
            target_group=TargetGroupArn(f"{place}:{groups}"),
            load_balancer=LoadBalancerArn(f"{place}:loadbalancer/{balancers}"),
        )
        note = "it is in ALARM" if alarm.get("StateValue") == "ALARM" else ""
        return Observed(_ids(alarm), actual, alarms.tags_of(aws, alarm), note=note)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[AlarmIds]]:
        """Found by the names that our alarms have."""
        for alarm, tags in alarms.tagged(aws, [Names.of(me).alarm(about) for about in ALARMED]):
            yield Found(_ids(alarm), tags)

    def create(self, aws: Aws, me: Label) -> AlarmIds:
        """This call would change an existing alarm of the name, and keep its tags."""
        aws.cloudwatch.put_metric_alarm(**self._request(), Tags=me.upper())
        return AlarmIds(AlarmName(self.name), alarms.arn(me, self.name))

    def update(self, aws: Aws, me: Label, ids: AlarmIds, changed: frozenset[str]) -> None:
        """It is replaced as a whole, and keeps its state until the next evaluation; its tags stay."""
        if changed - {"tags"}:
            aws.cloudwatch.put_metric_alarm(**self._request())
        if "tags" in changed:
            aws.cloudwatch.tag_resource(ResourceARN=ids.arn, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: AlarmIds) -> None:
        """Nothing depends on it: ECS ignores an alarm that does not exist."""
        aws.cloudwatch.delete_alarms(AlarmNames=[ids.name])

    def _request(self) -> dict[str, Any]:
        dimensions = [
            {"Name": "TargetGroup", "Value": self.target_group.rpartition(":")[2]},
            {"Name": "LoadBalancer", "Value": self.load_balancer.rpartition(":loadbalancer/")[2]},
        ]
        queries: list[dict[str, Any]] = [
            {
                "Id": one.id,
                "MetricStat": {
                    "Metric": {"Namespace": NAMESPACE, "MetricName": one.name, "Dimensions": dimensions},
                    "Period": alarms.MINUTE,
                    "Stat": one.statistic,
                },
                "ReturnData": not self.expression,
            }
            for one in self.metrics
        ]
        if self.expression:
            queries.append({"Id": RESULT, "Expression": self.expression, "ReturnData": True})
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            "Metrics": queries,
            "ComparisonOperator": _WAY[0],
            "TreatMissingData": _WAY[1],
            "Threshold": self.threshold,
            "EvaluationPeriods": self.evaluation_periods,
        }


_WAY = ("GreaterThanThreshold", "notBreaching")


def _metric(query: dict[str, Any]) -> Metric:
    """Returns what it watches; with another namespace or period it is another metric."""
    stat = query["MetricStat"]
    here = (stat["Metric"].get("Namespace"), stat.get("Period")) == (NAMESPACE, alarms.MINUTE)
    return Metric(query["Id"], stat["Metric"]["MetricName"] if here else "", stat["Stat"])


def _dimensions(queries: list[dict[str, Any]], name: str) -> str:
    """The value of a dimension that all of them share; empty if they differ."""
    found = {
        next((one["Value"] for one in query["MetricStat"]["Metric"]["Dimensions"] if one["Name"] == name), "")
        for query in queries
    }
    return found.pop() if len(found) == 1 else ""


def _ids(alarm: dict[str, Any]) -> AlarmIds:
    return AlarmIds(AlarmName(alarm["AlarmName"]), alarm["AlarmArn"])
