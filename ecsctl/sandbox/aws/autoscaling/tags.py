"""The tags of scalable targets, which moto does not keep."""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from ecsctl.sandbox.core import overlay


@dataclass
class _Tags:
    """Tags by the ARN of the scalable target."""

    of: dict[str, dict[str, str]] = field(default_factory=dict)


def tags_by_arn(backend: ApplicationAutoscalingBackend) -> dict[str, dict[str, str]]:
    """The tags of each scalable target, by its ARN; to be changed in place."""
    return overlay.memory(backend, _Tags).of


def tags_of_targets(backend: ApplicationAutoscalingBackend) -> list[tuple[str, dict[str, str]]]:
    """The tags of each scalable target, by its ARN."""
    return [(arn, dict(tags)) for arn, tags in tags_by_arn(backend).items()]


@overlay.wraps(ApplicationAutoScalingResponse, "register_scalable_target")
def register_scalable_target_response(original: Any, response: ApplicationAutoScalingResponse) -> str:
    """Store the tags that are sent along."""
    answer: str = original()
    sent = json.loads(response.body).get("Tags") or {}
    tags_by_arn(response.applicationautoscaling_backend).setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(
        sent
    )
    return answer


def _tagged(response: ApplicationAutoScalingResponse) -> dict[str, str]:
    backend = response.applicationautoscaling_backend
    arn = json.loads(response.body)["ResourceARN"]
    known = {target.arn for targets in backend.targets.values() for target in targets.values()}
    if arn not in known:  # the wording is an assumption
        raise JsonRESTError("ResourceNotFoundException", f"Resource not found: {arn}")
    return tags_by_arn(backend).setdefault(arn, {})


@overlay.adds(ApplicationAutoScalingResponse)
def list_tags_for_resource(response: ApplicationAutoScalingResponse) -> str:
    """The tags of a scalable target."""
    return json.dumps({"Tags": _tagged(response)})


@overlay.adds(ApplicationAutoScalingResponse)
def tag_resource(response: ApplicationAutoScalingResponse) -> str:
    """Add tags to a scalable target, fifty at most (API reference, TagResource)."""
    tags = _tagged(response)
    wanted = tags | json.loads(response.body)["Tags"]
    if len(wanted) > 50:  # the wording is an assumption
        raise JsonRESTError("TooManyTagsException", "A resource can have at most 50 tags.")
    tags.update(wanted)
    return "{}"


@overlay.adds(ApplicationAutoScalingResponse)
def untag_resource(response: ApplicationAutoScalingResponse) -> str:
    """Remove tags from a scalable target; a tag that it does not have is not an error."""
    tags = _tagged(response)
    for key in json.loads(response.body)["TagKeys"]:
        tags.pop(key, None)
    return "{}"
