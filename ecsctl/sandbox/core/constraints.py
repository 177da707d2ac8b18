"""The constraints of AWS's service models that botocore leaves to the server: patterns, lengths, enumerations."""

import functools
import re
from collections.abc import Iterator
from typing import Any

import botocore.loaders
import botocore.model


@functools.cache
def model_of(service: str) -> botocore.model.ServiceModel:
    """The model of a service, by boto3's name."""
    loader = botocore.loaders.create_loader()
    return botocore.model.ServiceModel(loader.load_service_model(service, "service-2"), service)


def violation(service: str, operation: str, params: dict[str, Any]) -> str | None:
    """Returns what AWS answers to `params` that its service model does not allow, or None if they are allowed.

    `service` as boto3 calls it, `operation` as in `CreatePipeline`. The wording is that of all AWS services whose
    requests are checked against their model ("1 validation error detected: Value '…' at '…' failed to satisfy
    constraint: Member must …"); each service has its own error code for it, often `ValidationException`.
    """
    shape = model_of(service).operation_model(operation).input_shape
    found = list(_violations(shape, params, "")) if shape is not None else []
    if not found:
        return None
    count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
    return count + "; ".join(found)


def _violations(shape: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, botocore.model.StructureShape) and isinstance(value, dict):
        for name in shape.required_members:
            if value.get(name) is None:
                yield _message(None, f"{path}.{name}".lstrip("."), "Member must not be null")
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _violations(member, value[name], f"{path}.{name}".lstrip("."))
        return
    secret = bool(shape.metadata.get("sensitive"))
    for rule in _broken(shape, value):
        yield _message(None if secret else value, path, rule, secret)
    if isinstance(shape, botocore.model.ListShape) and isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _violations(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, botocore.model.MapShape) and isinstance(value, dict):
        for key, item in value.items():
            yield from _violations(shape.key, key, f"{path}.{key}")
            yield from _violations(shape.value, item, f"{path}.{key}")


def _broken(shape: Any, value: Any) -> Iterator[str]:
    facts = shape.metadata
    if isinstance(value, str):
        if (allowed := getattr(shape, "enum", None)) and value not in allowed:
            yield f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        if (pattern := facts.get("pattern")) and not _matches(pattern, value):
            yield f"Member must satisfy regular expression pattern: {pattern}"
    if isinstance(value, str | list | dict):
        if (most := facts.get("max")) is not None and len(value) > most:
            yield f"Member must have length less than or equal to {most}"
        if (least := facts.get("min")) is not None and len(value) < least:
            yield f"Member must have length greater than or equal to {least}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if (most := facts.get("max")) is not None and value > most:
            yield f"Member must have value less than or equal to {most}"
        if (least := facts.get("min")) is not None and value < least:
            yield f"Member must have value greater than or equal to {least}"


def _matches(pattern: str, value: str) -> bool:
    for name, ours in _CLASSES.items():
        pattern = pattern.replace(name, ours)
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # some models use Java's syntax; what Python cannot read is not checked
        return True


# Java's classes of characters, as they stand in models: letters, separators and numbers of all scripts, about.
_CLASSES = {r"\p{L}": r"a-zA-Z\u00aa-\uffff", r"\p{Z}": r" \u00a0\u2000-\u200a\u3000", r"\p{N}": "0-9"}


def _message(value: Any, path: str, rule: str, secret: bool = False) -> str:
    shown = "***" if secret else "null" if value is None else value
    where = f"'{shown}'" if value is not None or secret else "null"
    return f"Value {where} at '{path}' failed to satisfy constraint: {rule}"
