"""Says what calls about tags need to be allowed: by AWS's own names of them, whatever the service."""

import functools
import re
from typing import Any

from ecsctl.sandbox.core.constraints import model_of

_ADDS = re.compile(r"(?:AddTags|Tag)(?=[A-Z]|$)")
_ABOUT_TAGS = re.compile(r"AddTags|ListTags|Tag|Untag")
# Where it is none of the usual: of two that ACM has; of one for each kind of thing. EC2 says what is tagged.
_ADDED_BY = {"acm": "AddTagsToCertificate", "ec2": "", "iam": "TagRole"}


def about(operation: str, parameters: dict[str, Any]) -> str:
    """Returns what a call about tags names by its one ARN; empty for any other call."""
    arns = [str(value) for name, value in parameters.items() if name.lower().endswith("arn")]
    return arns[0] if len(arns) == 1 and _ABOUT_TAGS.match(operation) else ""


def besides(service: str, operation: str) -> str:
    """The action that a call needs besides its own which brings tags along; empty for one that only adds tags.

    It is what adds tags to a thing that exists (each service's guide on tagging at creation).
    """
    return "" if _ADDS.match(operation) else _adding(service)


@functools.cache
def _adding(service: str) -> str:
    """The action that adds tags. CodeBuild, for one, has none."""
    if service in _ADDED_BY:
        return _ADDED_BY[service]
    found = [one for one in model_of(service).operation_names if _ADDS.match(one)]
    return "TagResource" if "TagResource" in found else next(iter(found), "")
