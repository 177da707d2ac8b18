"""A clear word for what neither moto nor the overlay can do."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, BaseResponse

from ecsctl.sandbox import overlay


@overlay.wraps(BaseResponse)
def call_action(original: Callable[..., Any], response: BaseResponse) -> Any:
    """An unknown operation is an error that names it: status 501, which clients do not retry, in their protocol.

    moto's own answer is an HTML page with status 500, which clients retry until they give up.
    """
    try:
        return original()
    except NotImplementedError:
        operation = f"{response.boto3_service_name} {response._get_action()}"
        error = overlay.Refusal("NotImplemented", f"The sandbox does not have {operation}.")
        _, headers, body = response.serialized(ActionResult(error))
        return 501, headers, body
