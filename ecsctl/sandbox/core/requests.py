"""What happens to every request, of whichever service."""

import functools
import traceback
from collections.abc import Callable
from typing import Any

import moto.core.responses
import moto.core.utils
from moto.core.responses import ActionResult, BaseResponse
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker

from ecsctl.sandbox.core import authorization, congestion, overlay, prepared

# moto looks through all members of a class at every request: a third of a call's time. This one is first asked once all
# methods are added.
_method_names = functools.cache(moto.core.utils.method_names_from_class)
# By class of object, key, shape and parent: what a member may be called there; and the shapes, so that none is reborn.
_names: dict[tuple[type, str, int, int], tuple[tuple[str, ...], Any, Any]] = {}
_before: list[Callable[[], None]] = []


def before_each(function: Callable[[], None]) -> Callable[[], None]:
    """Call `function` before every request: to let what went on meanwhile in one service be seen in the others."""
    _before.append(function)
    return function


def bring_to_now() -> None:
    """Let the world be as it is at this moment, before a request is answered.

    What breaks there is a bug of the sandbox: tests meet it, the server writes it into its log and goes on, because
    every later request would meet it too.
    """
    for function in _before:
        try:
            function()
        except Exception:
            if overlay.strict:
                raise
            traceback.print_exc()


@overlay.wraps(BaseResponse)
def call_action(original: Callable[..., Any], response: BaseResponse) -> Any:
    """Bring the world to now, and see that the caller may ask and AWS would have time for the request.

    An unknown operation is an error that names it, with status 501. moto's own answer to those is an HTML page with
    status 500, which clients retry until they give up.
    """
    moto.core.responses.method_names_from_class = _method_names  # type: ignore[attr-defined] # moto's own import
    bring_to_now()
    if refused := authorization.refusal(response) or congestion.refusal(response):
        return _answer(response, *refused)
    if (given := prepared.answer(response)) is not None:
        return response.serialized(ActionResult(given))
    try:
        return original()
    except NotImplementedError:
        operation = f"{response.boto3_service_name} {response._get_action()}"
        return _answer(response, overlay.Refusal("NotImplemented", f"The sandbox does not have {operation}."), 501)
    finally:
        congestion.done(response)


@overlay.wraps(BaseResponse)
def get_region_from_url(original: Callable[..., Any], _response: BaseResponse, *args: Any) -> str:
    """GovCloud's global services are at `iam.us-gov.amazonaws.com`, which names no region; moto takes it for one."""
    region = str(original(*args))
    return "us-gov-west-1" if region == "us-gov" else region


@overlay.wraps(XFormedAttributePicker)
def get_possible_keys(original: Callable[..., Any], _picker: Any, context: AttributePickerContext) -> tuple[str, ...]:
    """moto works it out anew for every member of every answer: a tenth of a call's time. It never changes."""
    parent = getattr(context.shape, "parent", None)
    which = (type(context.obj), context.key, id(context.shape), id(parent))
    if (found := _names.get(which)) is None:
        found = _names[which] = (tuple(dict.fromkeys(original(context))), context.shape, parent)
    return found[0]


def _answer(response: BaseResponse, refusal: overlay.Refusal, status: int) -> Any:
    _, headers, body = response.serialized(ActionResult(refusal))
    return status, headers, body
