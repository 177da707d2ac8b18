"""What KMS says to the services that encrypt: whether a key is there and enabled, and whom its policy lets in."""

from collections.abc import Iterable, Mapping

from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.keys import found
from ecsctl.sandbox.core.permissions import Asked

_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


def suffix(key: str) -> str:
    """What the names of regional services end with in the partition of a key."""
    return _SUFFIXES.get(key.split(":")[1], "amazonaws.com")


def state(arn: str) -> str:
    """The state of a key; empty if it is not there."""
    key = found("", "", arn)
    return key.key_state if key else ""


def arn(account: str, region: str, named: str) -> str:
    """The ARN of a key that is there."""
    key = found(account, region, named)
    return key.arn if key else named


def refusal(account: str, region: str, named: str) -> str:
    """Why KMS does not use a key, in its words (fugue/credstash#86 for the second); empty if it does."""
    key = found(account, region, named)
    if key is None:
        return f"Key '{named}' does not exist"
    if key.key_state != "Enabled":
        return f"{key.arn} is {'disabled' if key.key_state == 'Disabled' else 'pending deletion'}."
    return ""


def lets(arn: str, service: str, actions: Iterable[str], context: Mapping[str, str]) -> bool:
    """Whether a key's policy lets a service do all of this with an encryption context; not if there is no key."""
    key = found("", "", arn)
    if key is None:
        return False
    some = [one for one in permissions.statements([key.policy]) if _names(one.get("Principal"), service)]
    keys = {f"kms:EncryptionContext:{name}": (value,) for name, value in context.items()}
    keys["kms:GrantOperations"] = ("Decrypt",)
    return all(permissions.decision(some, Asked(f"kms:{action}", arn, keys)) == "Allow" for action in actions)


def _names(principal: object, service: str) -> bool:
    if not isinstance(principal, dict):
        return principal == "*"
    named = principal.get("Service", [])
    return service in (named if isinstance(named, list) else [named]) or "*" in principal.values()
