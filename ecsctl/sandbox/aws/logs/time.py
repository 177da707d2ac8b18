"""Log groups that AWS services write to may reappear after they are deleted."""

from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from ecsctl.sandbox.core import clock, overlay, script

_WRITTEN_BY_AWS = ("/aws/codebuild/", "/aws/ecs/containerinsights/")


@dataclass
class _Writers:
    """After how many seconds a deleted group that AWS services write to reappears; None if it does not."""

    after: float | None = None


@dataclass
class _Revived:
    """When each deleted group reappears, in sandbox time, and which ones have."""

    due: dict[str, float] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)


def _writers(account_id: str) -> _Writers:
    return overlay.memory(iam_backends[account_id]["aws"], _Writers)  # any backend that is one for all regions


@script.switch
def revive_log_groups(after: float = 15.0, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let deleted groups of CodeBuild and Container Insights reappear once each, `after` seconds of sandbox time later.

    The services that still write create them again, without tags and retention.
    """
    _writers(account_id).after = after


@overlay.wraps(LogsResponse)
def call_action(original: Any, self: LogsResponse) -> Any:
    """Before each request, create the groups that are due to reappear."""
    backend = self.logs_backend
    revived = overlay.memory(backend, _Revived)
    for name in [name for name, when in revived.due.items() if when <= clock.now()]:
        del revived.due[name]
        revived.back.add(name)
        backend.ensure_log_group(name)
    return original()


@overlay.wraps(LogsBackend)
def delete_log_group(original: Any, self: LogsBackend, log_group_name: str) -> None:
    """Delete its tags with it, which moto would give to a new group of this name. It may reappear (see above)."""
    group = self.groups.get(log_group_name)
    original(log_group_name)
    if group is not None:
        self.tagger.delete_all_tags_for_resource(group.arn)
    after = _writers(self.account_id).after
    revived = overlay.memory(self, _Revived)
    if after is not None and log_group_name.startswith(_WRITTEN_BY_AWS) and log_group_name not in revived.back:
        revived.due[log_group_name] = clock.now() + after
