"""What happens to every request, of whichever service."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, BaseResponse

from ecsctl.sandbox import overlay

_before: list[Callable[[], None]] = []


def before_each(function: Callable[[], None]) -> Callable[[], None]:
    """Call `function` before every request: to let what went on meanwhile in one service be seen in the others."""
    _before.append(function)
    return function


@overlay.wraps(BaseResponse)
def call_action(original: Callable[..., Any], response: BaseResponse) -> Any:
    """Bring the world to now; and an unknown operation is an error that names it, with status 501.

    moto's own answer to those is an HTML page with status 500, which clients retry until they give up.
    """
    for function in _before:
        function()
    try:
        return original()
    except NotImplementedError:
        operation = f"{response.boto3_service_name} {response._get_action()}"
        error = overlay.Refusal("NotImplemented", f"The sandbox does not have {operation}.")
        _, headers, body = response.serialized(ActionResult(error))
        return 501, headers, body
