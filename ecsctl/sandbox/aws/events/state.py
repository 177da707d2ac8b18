"""An existing rule keeps its tags when it is put again."""

from collections.abc import Callable
from typing import Any

from moto.events.responses import EventsHandler

from ecsctl.sandbox.core import overlay


@overlay.wraps(EventsHandler, "put_rule")
def keeping_tags(original: Callable[..., Any], response: EventsHandler) -> Any:
    """Keep an existing rule's tags. EventBridge API reference, PutRule: "any tags you specify in the PutRule operation
    are ignored" if the rule exists.
    """  # fmt: skip
    backend = response.events_backend
    rule = backend.event_buses["default"].rules.get(response._get_param("Name"))
    before = dict(backend.tagger.get_tag_dict_for_resource(rule.arn)) if rule else None
    answer = original()
    if rule and before is not None:
        backend.tagger.delete_all_tags_for_resource(rule.arn)
        backend.tagger.tag_resource(rule.arn, backend.tagger.convert_dict_to_tags_input(before))
    return answer
