"""What EventBridge refuses: invalid parameters and input templates, and missing destinations."""

import json
import re
from collections.abc import Callable
from typing import Any

from moto.events.responses import EventsHandler

from ecsctl.sandbox.core import constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal


def _checked(operation: str) -> Callable[[Callable[..., Any], EventsHandler], Any]:
    def check(original: Callable[..., Any], response: EventsHandler) -> Any:
        params = json.loads(response.body or "{}")
        if wrong := constraints.violation("events", operation, params):
            raise Refusal("ValidationException", wrong)
        if operation == "PutTargets":
            _templates(params["Targets"])
            _called(response, params["Targets"])
        return original()

    return check


for _name, _operation in (
    ("put_rule", "PutRule"),
    ("put_targets", "PutTargets"),
    ("remove_targets", "RemoveTargets"),
    ("create_connection", "CreateConnection"),
    ("create_api_destination", "CreateApiDestination"),
    ("update_api_destination", "UpdateApiDestination"),
):
    overlay.wraps(EventsHandler, _name)(_checked(_operation))


def _templates(targets: list[dict[str, Any]]) -> None:
    """Refuse templates that are not JSON once filled in, or use undefined placeholders (EventBridge user guide, "Input
    transformation"). The end of the message is an assumption.
    """  # fmt: skip
    for target in targets:
        words = target.get("InputTransformer")
        if words is None:
            continue
        template, known = words["InputTemplate"], words.get("InputPathsMap", {})
        holes = re.findall(r"<([\w-]+)>", template)
        try:
            json.loads(re.sub(r"<[\w-]+>", "0", template))
        except ValueError:
            holes = ["?"]
        if not {*holes} <= known.keys():
            raise Refusal("ValidationException", f"Invalid InputTemplate for target {target['Id']} : [{template}]")


def _called(response: EventsHandler, targets: list[dict[str, Any]]) -> None:
    """Refuse API destinations that are missing or without a role (API reference, PutTargets). Assumed wording."""
    for target in targets:
        name = re.search(r":api-destination/([^/]+)/", target["Arn"])
        if name and not target.get("RoleArn"):
            raise Refusal("ValidationException", f"RoleArn is required for target {target['Arn']}.")
        if name and name[1] not in response.events_backend.destinations:
            raise Refusal("ResourceNotFoundException", f"An api-destination '{name[1]}' does not exist.")


def _once(kind: str, operation: str) -> Callable[[Callable[..., Any], EventsHandler], Any]:
    """Refuse an existing name (API reference, ResourceAlreadyExistsException), which moto would replace."""

    def make(original: Callable[..., Any], response: EventsHandler) -> Any:
        name = response._get_param("Name")
        if name in getattr(response.events_backend, kind):
            raise Refusal("ResourceAlreadyExistsException", f"{operation} {name} already exists.")
        return original()

    return make


overlay.wraps(EventsHandler, "create_connection")(_once("connections", "Connection"))
overlay.wraps(EventsHandler, "create_api_destination")(_once("destinations", "Api-destination"))


@overlay.wraps(EventsHandler)
def update_api_destination(original: Callable[..., Any], response: EventsHandler) -> Any:
    """Refuse a connection that does not exist."""
    arn, backend = response._get_param("ConnectionArn"), response.events_backend
    if arn and all(one.arn != arn for one in backend.connections.values()):
        raise Refusal("ResourceNotFoundException", f"Connection '{arn}' does not exist.")
    return original()
