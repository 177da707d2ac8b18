"""Says what happens at every request, whatever the service."""

import traceback
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, BaseResponse

from ecsctl.sandbox.core import authorization, canned_answers, congestion, overlay

_before: list[Callable[[], None]] = []


def before_each(function: Callable[[], None]) -> Callable[[], None]:
    """Call `function` before every request: so that what happened meanwhile in one service shows in the others."""
    _before.append(function)
    return function


def advance_world() -> None:
    """Bring the world up to date before a request is answered.

    An exception in that is a bug of the sandbox: tests fail on it, the server logs it and continues, because every
    later request would run into it too.
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
    """Bring the world up to date, and check that the caller is allowed and AWS would have time for the request.

    An unknown operation is an error that names it, with status 501. moto's own answer to those is an HTML page with
    status 500, which clients retry until they give up.
    """
    advance_world()
    if refused := authorization.refusal(response) or congestion.refusal(response):
        return _answer(response, *refused)
    if (given := canned_answers.answer(response)) is not None:
        return response.serialized(ActionResult(given))
    try:
        return original()
    except NotImplementedError:
        operation = f"{response.boto3_service_name} {response._get_action()}"
        return _answer(response, overlay.Refusal("NotImplemented", f"The sandbox does not have {operation}."), 501)
    finally:
        congestion.done(response)


_action_of: Callable[[BaseResponse], str] = BaseResponse._get_action


@overlay.replaces(BaseResponse)
def _get_action(self: BaseResponse) -> str:
    """Returns what is asked, read once for what a response reads it from; moto and we ask it of each many times."""
    held = vars(self)
    if held.get("_sandbox_asked_by") is not self.querystring:
        held["_sandbox_action"], held["_sandbox_asked_by"] = _action_of(self), self.querystring
    action: str = held["_sandbox_action"]
    return action


@overlay.wraps(BaseResponse)
def get_region_from_url(original: Callable[..., Any], _response: BaseResponse, *args: Any) -> str:
    """GovCloud's global services are at `iam.us-gov.amazonaws.com`, which names no region; moto takes it for one."""
    region = str(original(*args))
    return "us-gov-west-1" if region == "us-gov" else region


def _answer(response: BaseResponse, refusal: overlay.Refusal, status: int) -> Any:
    _, headers, body = response.serialized(ActionResult(refusal))
    return status, headers, body
