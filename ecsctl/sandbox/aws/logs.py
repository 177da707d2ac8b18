"""What AWS's logs does that moto does not: it checks retention and ARNs, and late writers bring groups back."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException, ValidationException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from ecsctl.sandbox.aws import kms
from ecsctl.sandbox.core import clock, overlay, script

# API reference, PutRetentionPolicy: the possible values, in days.
RETENTION = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)

# API reference, FilterLogEvents: with startFromHead=false, startTime must be on or after 2024-01-01 (milliseconds).
_BACKWARDS_SINCE = 1_704_067_200_000
_BACKWARDS = "b/"  # how the tokens of such pages begin
_PAGE = 10_000  # lines, as moto counts them

_WRITTEN_BY_AWS = ("/aws/codebuild/", "/aws/ecs/containerinsights/")


@dataclass
class _Writers:
    """How long after its end a group of AWS's own comes back, if at all."""

    after: float | None = None


@dataclass
class _Ghosts:
    """When each deleted group is due to come back, in sandbox time, and which have."""

    due: dict[str, float] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)


@dataclass
class _Protection:
    """Whether a log group may not be deleted."""

    on: bool = False


def _writers(account_id: str) -> _Writers:
    return overlay.memory(iam_backends[account_id]["aws"], _Writers)  # any backend that is one for all regions


@script.switch
def revive_log_groups(after: float = 15.0, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let each group of CodeBuild's or Container Insights' come back once, `after` sandbox seconds after its end.

    Made by those who still had something to write: without tags, and never to expire.
    """
    _writers(account_id).after = after


@overlay.wraps(LogsResponse)
def call_action(original: Any, self: LogsResponse) -> Any:
    """At each request, what has come back by now."""
    backend = self.logs_backend
    ghosts = overlay.memory(backend, _Ghosts)
    for name in [name for name, when in ghosts.due.items() if when <= clock.now()]:
        del ghosts.due[name]
        ghosts.back.add(name)
        backend.ensure_log_group(name)
    return original()


@overlay.wraps(LogsBackend)
def create_log_group(original: Any, self: LogsBackend, log_group_name: str, *args: Any, **kwargs: Any) -> Any:
    """Refuse a name with other characters than API reference, CreateLogGroup, allows; and a key that does not fit."""
    if not re.fullmatch(r"[.\-_/#A-Za-z0-9]+", log_group_name):
        constraint = r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"
        raise InvalidParameterException(constraint=constraint, parameter="logGroupName", value=log_group_name)
    if kwargs.get("kmsKeyId"):
        _check_key(self, log_group_name, kwargs["kmsKeyId"])
    return original(log_group_name, *args, **kwargs)


def _check_key(backend: LogsBackend, group: str, key: str) -> None:
    """Refuse a key that is not named by its ARN, is not there or off, or does not let the service encrypt this group.

    The words are those of hashicorp/terraform#24194 and hashicorp/terraform-provider-aws#29282; for the key that is off
    API reference, AssociateKmsKey, has the code alone.
    """
    if not key.startswith("arn:"):
        raise overlay.Refusal("InvalidParameterException", f"The specified KMS Key Id could not be found. '{group}'")
    arn = f"arn:{key.split(':')[1]}:logs:{backend.region_name}:{backend.account_id}:log-group:{group}"
    state = kms.state(key)
    if state and state != "Enabled":
        raise overlay.Refusal("InvalidParameterException", f"The specified KMS key {key} is not enabled. '{group}'")
    service = f"logs.{backend.region_name}.{kms.suffix(key)}"
    if not kms.lets(key, service, ("Encrypt", "Decrypt", "GenerateDataKey"), {"aws:logs:arn": arn}):
        raise overlay.Refusal(
            "AccessDeniedException",
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'",
        )


@overlay.adds(LogsResponse)
def associate_kms_key(self: LogsResponse) -> str:
    """API reference: for what comes in from now on."""
    _group_of(self).kms_key_id = self._get_param("kmsKeyId")
    return ""


@overlay.adds(LogsResponse)
def disassociate_kms_key(self: LogsResponse) -> str:
    """API reference: what is encrypted stays so."""
    _group_of(self).kms_key_id = None
    return ""


def _group_of(response: LogsResponse) -> LogGroup:
    name, key = response._get_param("logGroupName"), response._get_param("kmsKeyId")
    if (group := response.logs_backend.groups.get(name)) is None:
        raise ResourceNotFoundException
    if key:
        _check_key(response.logs_backend, name, key)
    return group


@overlay.wraps(LogsBackend)
def delete_log_group(original: Any, self: LogsBackend, log_group_name: str) -> None:
    """Refuse while it is protected. Forget its tags with it: a new group of this name would have them in moto.

    CloudWatch Logs guide, "Protecting log groups from deletion", has the code and the words.
    """
    group = self.groups.get(log_group_name)
    if group is not None and overlay.memory(group, _Protection).on:
        raise ValidationException(
            "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
        )
    original(log_group_name)
    if group is not None:
        self.tagger.delete_all_tags_for_resource(group.arn)
    after = _writers(self.account_id).after
    ghosts = overlay.memory(self, _Ghosts)
    if after is not None and log_group_name.startswith(_WRITTEN_BY_AWS) and log_group_name not in ghosts.back:
        ghosts.due[log_group_name] = clock.now() + after


@overlay.wraps(LogsBackend)
def put_retention_policy(original: Any, _self: LogsBackend, log_group_name: str, retention_in_days: Any) -> None:
    """Refuse a number of days that is not among those AWS offers."""
    if retention_in_days not in RETENTION:
        constraint = f"Member must satisfy enum value set: [{', '.join(map(str, RETENTION))}]"
        raise InvalidParameterException(constraint=constraint, parameter="retentionInDays", value=retention_in_days)
    original(log_group_name, retention_in_days)


@overlay.wraps(LogGroup)
def to_describe_dict(original: Any, self: LogGroup) -> dict[str, Any]:
    """With what AWS shows of every group (recorded by go-to-k/cdk-real-drift, commit c00ed982; the SDK's model)."""
    answer: dict[str, Any] = original()
    return {
        **answer,
        "logGroupArn": answer["arn"].removesuffix(":*"),
        "logGroupClass": answer.get("logGroupClass") or "STANDARD",
        "deletionProtectionEnabled": overlay.memory(self, _Protection).on,
        "bearerTokenAuthenticationEnabled": False,
    }


@overlay.adds(LogsResponse)
def put_log_group_deletion_protection(self: LogsResponse) -> str:
    """API reference: by name or ARN; nothing is answered."""
    name = self._get_param("logGroupIdentifier").rpartition(":log-group:")[2].removesuffix(":*")
    if (group := self.logs_backend.groups.get(name)) is None:
        raise ResourceNotFoundException
    overlay.memory(group, _Protection).on = self._get_param("deletionProtectionEnabled")
    return ""


def _check_arn(response: LogsResponse) -> None:
    """Tags hang on a group's ARN without the `:*` that DescribeLogGroups puts at the end of `arn`.

    API reference, TagResource; what AWS answers to the other form is an assumption.
    """
    arn = response._get_param("resourceArn")
    if ":log-group:" not in arn:
        return
    if arn.endswith(":*"):
        raise InvalidParameterException(f"The specified ARN is invalid: {arn}")
    if arn not in [group.arn for group in response.logs_backend.groups.values()]:
        raise ResourceNotFoundException


@overlay.wraps(LogsResponse)
def tag_resource(original: Any, self: LogsResponse) -> Any:
    """Refuse for what is not there."""
    _check_arn(self)
    return original()


@overlay.wraps(LogsResponse)
def untag_resource(original: Any, self: LogsResponse) -> Any:
    """Refuse for what is not there."""
    _check_arn(self)
    return original()


@overlay.wraps(LogsResponse)
def list_tags_for_resource(original: Any, self: LogsResponse) -> Any:
    """Refuse for what is not there."""
    _check_arn(self)
    return original()


@overlay.wraps(LogsResponse)
def filter_log_events(original: Any, self: LogsResponse) -> Any:
    """By the beginning of the streams' names, and from the log's end, both of which moto overlooks.

    CloudWatch Logs API reference, FilterLogEvents: "If you specify a value for both logStreamNamePrefix and
    logStreamNames, the action returns an InvalidParameterException error." `interleaved` is ignored since 2019, and
    always true.
    """
    prefix, names = self._get_param("logStreamNamePrefix"), self._get_param("logStreamNames")
    if prefix and names:
        raise InvalidParameterException
    asked = {**json.loads(self.body), "interleaved": True}
    group = self.logs_backend.groups.get(self._get_param("logGroupName"))
    if prefix and group is not None:
        # A list that no stream is in stands for nothing: moto takes an empty one for all.
        asked["logStreamNames"] = [name for name in group.streams if name.startswith(prefix)] or [""]
    token = str(asked.get("nextToken") or "")
    if asked.get("startFromHead", True) is False and asked.get("startTime", 0) < _BACKWARDS_SINCE:
        raise InvalidParameterException
    if token.startswith(_BACKWARDS) or (not token and asked.get("startFromHead", True) is False):
        return json.dumps(_from_the_end(original, self, asked, token.removeprefix(_BACKWARDS)))
    self.body = json.dumps(asked)
    return original()


def _from_the_end(original: Any, self: LogsResponse, asked: dict[str, Any], after: str) -> dict[str, Any]:
    """A page of the newest lines, the last first, or of those before the line of this id.

    Once a token is given it says the direction ("To continue paginating in the same direction, provide the returned
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
