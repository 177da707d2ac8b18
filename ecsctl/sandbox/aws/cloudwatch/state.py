"""An alarm keeps its state when it is changed, and its tags are deleted with it."""

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends

from ecsctl.sandbox.core import overlay

_STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")


@overlay.wraps(CloudWatchBackend)
def put_metric_alarm(original: Callable[..., Any], backend: CloudWatchBackend, **sent: Any) -> Any:
    """CloudWatch API reference, PutMetricAlarm: a new alarm is in INSUFFICIENT_DATA, an existing one keeps its state.

    "If you are using this operation to update an existing alarm, any tags you specify in this parameter are ignored".
    """
    before = backend.alarms.get(sent["name"])
    if before is not None:
        sent["tags"] = None
    made = original(**sent)
    if before is None:
        made.state_value = "INSUFFICIENT_DATA"
    else:
        for name in _STATE:
            setattr(made, name, getattr(before, name))
    return made


@overlay.wraps(CloudWatchBackend)
def delete_alarms(original: Callable[..., Any], backend: CloudWatchBackend, alarm_names: list[str]) -> Any:
    """Delete the alarms' tags with them."""
    for name in alarm_names:
        if name in backend.alarms:
            backend.tagger.delete_all_tags_for_resource(backend.alarms[name].alarm_arn)
    return original(alarm_names)


def in_alarm(account: str, region: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these alarms are in ALARM."""
    alarms = cloudwatch_backends[account][region].alarms
    return tuple(name for name in names if name in alarms and alarms[name].state_value == "ALARM")


def takes(account: str, region: str, names: tuple[str, ...]) -> float:
    """The period in seconds of the slowest of the alarms."""
    alarms = cloudwatch_backends[account][region].alarms
    return max((_back(alarms[name]) for name in names if name in alarms), default=0.0)


def exists(account: str, region: str, name: str) -> bool:
    """Whether an alarm with this name exists."""
    return name in cloudwatch_backends[account][region].alarms


def _back(alarm: Any) -> float:
    stats = [query.metric_stat for query in alarm.metric_data_queries or () if query.metric_stat]
    periods = [float(one.period or 0) for one in (alarm, *stats)]
    return max(periods) * int(alarm.evaluation_periods or 1)
