"""The alarms on which ECS gives up a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.ids import AlarmName
from ecsctl.parts import ERRORS, LATENCY, SECOND
from ecsctl.resources.alarm import Alarm, Metric

if TYPE_CHECKING:
    from ecsctl.config.tables.deployment import Alarms
    from ecsctl.engine.stack import Stack
    from ecsctl.ensure.front import Front
    from ecsctl.names import Names


def ensure_alarms(stack: Stack, desired: Alarms | None, names: Names, front: Front) -> frozenset[AlarmName]:
    """The alarms that ecsctl creates, and the user's: all that ECS should watch.

    If requests are shifted, each target group has its own: the errors of the first few requests would be lost among all
    the others.
    """
    if desired is None:
        return frozenset()
    watched = {*map(AlarmName, desired.names)}
    groups = {"": front.target_group} | ({f"-{SECOND}": front.second} if front.second else {})
    for part, (description, metrics, expression, threshold) in _measures(desired).items():
        for which, group in groups.items():
            alarm = Alarm(
                name=names.alarm(f"{part}{which}"),
                description=description,
                metrics=metrics,
                expression=expression,
                threshold=threshold,
                evaluation_periods=desired.minutes,
                target_group=group,
                load_balancer=front.balancer.arn,
            )
            watched.add(stack.ensure(f"{part}{which}-alarm", alarm).name)
    return frozenset(watched)


def _measures(desired: Alarms) -> dict[str, tuple[str, tuple[Metric, ...], str, float]]:
    """The metrics to watch, by subject.

    Application Load Balancers guide, "CloudWatch metrics for your Application Load Balancer": in a minute without
    errors there is no error count, and in one without requests no data at all.
    """
    minutes = f"{desired.minutes} minutes in a row" if desired.minutes > 1 else "a minute"
    found: dict[str, tuple[str, tuple[Metric, ...], str, float]] = {}
    if (share := desired.errors_percent) is not None:
        counted = (Metric("errors", "HTTPCode_Target_5XX_Count", "Sum"), Metric("requests", "RequestCount", "Sum"))
        words = f"More than {share:g} % of the answers are errors (5xx), for {minutes}"
        found[ERRORS] = (words, counted, "100 * FILL(errors, 0) / requests", float(share))
    if (seconds := desired.latency_seconds) is not None:
        timed = (Metric("latency", "TargetResponseTime", "p90"),)
        words = f"A tenth of the answers takes longer than {seconds:g} s, for {minutes}"
        found[LATENCY] = (words, timed, "", float(seconds))
    return found
