"""FilterLogEvents by stream name prefix, and backwards from the end of the log."""

import json
from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.responses import LogsResponse

from ecsctl.sandbox.core import overlay

# API reference, FilterLogEvents: with startFromHead=false, startTime must be on or after 2024-01-01 (milliseconds).
_BACKWARDS_SINCE = 1_704_067_200_000
_BACKWARDS = "b/"  # prefix of these pages' tokens
_PAGE = 10_000  # events, as in moto


@overlay.wraps(LogsResponse)
def filter_log_events(original: Any, self: LogsResponse) -> Any:
    """Support logStreamNamePrefix and startFromHead, which moto ignores.

    CloudWatch Logs API reference, FilterLogEvents: "If you specify a value for both logStreamNamePrefix and
    logStreamNames, the action returns an InvalidParameterException error." `interleaved` has been ignored
    since 2019, and is always true.
    """
    prefix, names = self._get_param("logStreamNamePrefix"), self._get_param("logStreamNames")
    if prefix and names:
        raise InvalidParameterException
    asked = {**json.loads(self.body), "interleaved": True}
    group = self.logs_backend.groups.get(self._get_param("logGroupName"))
    if prefix and group is not None:
        # moto treats an empty list of streams as all of them.
        asked["logStreamNames"] = [name for name in group.streams if name.startswith(prefix)] or [""]
    token = str(asked.get("nextToken") or "")
    if asked.get("startFromHead", True) is False and asked.get("startTime", 0) < _BACKWARDS_SINCE:
        raise InvalidParameterException
    if token.startswith(_BACKWARDS) or (not token and asked.get("startFromHead", True) is False):
        return json.dumps(_from_the_end(original, self, asked, token.removeprefix(_BACKWARDS)))
    self.body = json.dumps(asked)
    return original()


def _from_the_end(original: Any, self: LogsResponse, asked: dict[str, Any], after: str) -> dict[str, Any]:
    """A page of the newest events, the last first; with `after`, of those before the event with this id.

    A token determines the direction ("To continue paginating in the same direction, provide the returned
    nextToken": FilterLogEvents, startFromHead).
    """
    events, limit = [], asked.pop("limit", None) or _PAGE
    asked.pop("nextToken", None)
    answer: dict[str, Any] = {"nextToken": ""}
    while answer["nextToken"] is not None:
        self.body = json.dumps(asked | ({"nextToken": answer["nextToken"]} if answer["nextToken"] else {}))
        answer = json.loads(original())
        events += answer["events"]
    events.reverse()
    begin = next((at + 1 for at, one in enumerate(events) if one["eventId"] == after), 0)
    page = events[begin : begin + limit]
    more = begin + limit < len(events)
    return answer | {"events": page, "nextToken": _BACKWARDS + page[-1]["eventId"] if more else None}
