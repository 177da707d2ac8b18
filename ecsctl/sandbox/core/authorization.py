"""The policies that the sandbox was asked to enforce decide what a caller may do; and what each call needs.

Off unless switched on: without it whoever reaches the sandbox is its administrator, but for who comes as a role.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model

from ecsctl.sandbox.core import principals, s3_actions, script, sessions
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.core.permissions import Asked, Statements, decision, enforced, statements
from ecsctl.sandbox.core.requirements import Call, needed

# IAM guide, "Troubleshoot access denied error messages": how AWS says which kind of policy it was. All that are there
# must allow, and any may deny.
LAYERS = {
    "service-control": "a service control policy",
    "identity": "an identity-based policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
}
_FREE = frozenset({"sts"})  # GetCallerIdentity needs no permission
_ASSUMES = ("AssumeRole", "AssumeRoot")
# Besides those of the query protocol, whose code is AccessDenied, with HTTP's own status.
_QUERY = frozenset({"route53", "s3", "sqs"})


_recorders: list[dict[str, list[Asked]]] = []
_mine = threading.local()


@script.switch
def enforce(policies: Any = None, layer: str = "identity") -> None:
    """Allow callers only what these policies allow: one policy, or several by name; None allows everything again.

    `layer`: identity, service-control, boundary or session. All that are enforced must allow.

    Raises ScriptError.
    """
    if layer not in LAYERS:
        raise script.ScriptError(f"there are the layers {', '.join(LAYERS)}")
    if policies is None:
        enforced().layers.pop(layer, None)
        return
    many = [policies] if "Statement" in policies else list(policies.values())
    enforced().layers[layer] = statements(many)


@contextlib.contextmanager
def administrator() -> Iterator[None]:
    """Within it this thread may do everything, and nothing is recorded: the sandbox reads itself."""
    before = getattr(_mine, "free", False)
    _mine.free = True
    try:
        yield
    finally:
        _mine.free = before


@contextlib.contextmanager
def recording(into: dict[str, list[Asked]] | None = None) -> Iterator[dict[str, list[Asked]]]:
    """Within it what every call needs is written down, by `service Operation`, each once."""
    heard: dict[str, list[Asked]] = {} if into is None else into
    _recorders.append(heard)
    try:
        yield heard
    finally:
        _recorders.remove(heard)


def refusal(response: BaseResponse) -> tuple[Refusal, int] | None:
    """Returns what AWS answers to a request that is not allowed, and with which HTTP status; None if it is."""
    service, operation = response.boto3_service_name, response._get_action()
    role = sessions.role(response)
    if not operation or not (role or _is_listening()) or (service in _FREE and not (role and operation in _ASSUMES)):
        return None
    call = Call(
        service, operation, _parameters(response), response.current_account, response.region, response.partition
    )
    if role:
        return _denied(response, role, sessions.needs(call))
    return _decided(response, f"{service} {operation}", needed(call))


def s3_refusal(
    response: Any, request: Any, key: str | None = None, *, lists: bool = False
) -> tuple[Refusal, int] | None:
    """The same for S3, whose requests take another way through moto; for an object, if a key is given.

    Of what ecsctl itself asks S3 for only buckets are checked. `lists`: whether it may see what is in the bucket.
    """
    role = sessions.role(response)
    if not (role or (_is_listening() and key is None)):
        return None
    query, place = response._get_querystring(request, request.url), f"arn:{response.partition}:s3:::"
    if not response.bucket_name:
        things = [Asked("s3:ListAllMyBuckets", f"{place}*")]
    elif lists:
        things = [Asked("s3:ListBucket", f"{place}{response.bucket_name}")]
    elif key is None:
        body = response.raw_body or b""
        things = s3_actions.bucket(request.method, f"{place}{response.bucket_name}", query, body)
    else:
        things = s3_actions.object_rights(
            request.method, f"{place}{response.bucket_name}/{key}", query, request.headers
        )
    if role:
        return _denied(response, role, things)
    return _decided(response, f"s3 {things[0].action.removeprefix('s3:')}", things) if things else None


def _is_listening() -> bool:
    return not getattr(_mine, "free", False) and bool(_recorders or enforced().layers)


def _decided(response: BaseResponse, what: str, asked: list[Asked]) -> tuple[Refusal, int] | None:
    for heard in _recorders:
        held = heard.setdefault(what, [])  # by the thread that calls
        held += [one for one in asked if one not in held]
    of_all = sessions.known(response, principals.caller(response))
    for one in asked:
        if why := denial(enforced().layers, replace(one, context={**of_all, **one.context})):
            return _refused(response, one, why)
    return None


def _denied(response: BaseResponse, role: str, asked: list[Asked]) -> tuple[Refusal, int] | None:
    """Returns what comes of a request with a role's credentials: by its policies, and by those that hold for the
    account.
    """
    account = {layer: some for layer, some in enforced().layers.items() if layer == "service-control"}
    for one in asked:
        whole = replace(one, context={**sessions.known(response, role), **one.context})
        if why := denial(account | sessions.layers(response, role, whole), whole):
            return _refused(response, one, why)
    return None


def denial(layers: Mapping[str, Statements], asked: Asked) -> str:
    """Returns how AWS ends its sentence about what is denied; empty if it is allowed."""
    found = {layer: decision(some, asked) for layer, some in layers.items()}
    for layer, kind in LAYERS.items():
        if found.get(layer) == "Deny":
            return f"with an explicit deny in {kind}"
    for layer, kind in LAYERS.items():
        if found.get(layer, "Allow") != "Allow":
            return f"because no {kind.split(' ', 1)[1]} allows the {asked.action} action"
    return ""


def _refused(response: BaseResponse, asked: Asked, why: str) -> tuple[Refusal, int]:
    service = response.boto3_service_name
    user, action, resource = principals.caller(response), asked.action, asked.resource or "*"
    place = f" on resource: {resource}"
    if service == "s3":  # aws-samples/serverless-patterns#2457; to list all buckets is about none
        place = "" if action == "s3:ListAllMyBuckets" else f' on resource: "{resource}"'
    if service == "sqs":  # aws/serverless-application-model#3633
        action, why = action.lower(), why.replace(asked.action, action.lower())
    message = f"User: {user} is not authorized to perform: {action}{place} {why}"
    if service == "ec2":
        return Refusal("UnauthorizedOperation", f"You are not authorized to perform this operation. {message}"), 403
    if service == "sns":  # SNS API reference, "Common errors" of each operation
        return Refusal("AuthorizationError", message), 403
    if service in _QUERY or get_service_model(service).metadata["protocol"] == "query":
        return Refusal("AccessDenied", message), 403
    return Refusal("AccessDeniedException", message), 400


def _parameters(response: BaseResponse) -> dict[str, Any]:
    """The parameters as the SDK was given them."""
    request = response.normalized_request
    model = get_service_model(response.boto3_service_name)
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)]
    parsed: dict[str, Any] = parser(model.operation_model(response._get_action())).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": response.uri_match,
        }
    )
    return parsed
