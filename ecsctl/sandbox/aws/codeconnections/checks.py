"""What CodeConnections refuses."""

from typing import Any

from ecsctl.sandbox.core import constraints
from ecsctl.sandbox.core.overlay import Refusal

_MOST_TAGS = 200


def check(operation: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Returns the request's parameters. Raises a refusal if the API's own model does not allow them."""
    if wrong := constraints.violation("codeconnections", operation, asked):
        raise Refusal("ValidationException", wrong)
    return asked


def check_provider(asked: dict[str, Any]) -> None:
    """Refuse a connection to a host: the sandbox has none. The wordings are assumptions."""
    if ("ProviderType" in asked) == ("HostArn" in asked):
        raise Refusal("ValidationException", "Either ProviderType or HostArn must be given, and not both")
    if "HostArn" in asked:
        raise Refusal("ResourceNotFoundException", f"Host {asked['HostArn']} not found")


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """Returns the tags. Raises a refusal if there are more than a connection may have."""
    if len(tags) > _MOST_TAGS:
        raise Refusal("LimitExceededException", f"A resource cannot have more than {_MOST_TAGS} tags")
    return tags
