"""Checks of KMS keys for services that encrypt: whether a key exists and is enabled, and what its policy allows."""

from collections.abc import Iterable, Mapping

from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.keys import found
from ecsctl.sandbox.core.permissions import Asked

_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


def suffix(key: str) -> str:
    """The DNS suffix of regional services in a key's partition."""
    return _SUFFIXES.get(key.split(":")[1], "amazonaws.com")


def state(arn: str) -> str:
    """The state of a key; empty if it does not exist."""
    key = found("", "", arn)
    return key.key_state if key else ""


def arn(account: str, region: str, named: str) -> str:
    """The ARN of a key that exists, named by id, ARN or alias; otherwise `named` itself."""
    key = found(account, region, named)
    return key.arn if key else named


def refusal(account: str, region: str, named: str) -> str:
    """KMS's message about an unusable key (fugue/credstash#86 has the second); empty if it is usable."""
    key = found(account, region, named)
    if key is None:
        return f"Key '{named}' does not exist"
    if key.key_state != "Enabled":
        return f"{key.arn} is {'disabled' if key.key_state == 'Disabled' else 'pending deletion'}."
    return ""


def allows(arn: str, service: str, actions: Iterable[str], context: Mapping[str, str]) -> bool:
    """Whether a key's policy allows a service all these actions with an encryption context; False if no key exists."""
    key = found("", "", arn)
    if key is None:
        return False
    some = [one for one in permissions.statements([key.policy]) if includes_service(one.get("Principal"), service)]
    keys = {f"kms:EncryptionContext:{name}": (value,) for name, value in context.items()}
    keys["kms:GrantOperations"] = ("Decrypt",)
    return all(permissions.decision(some, Asked(f"kms:{action}", arn, keys)) == "Allow" for action in actions)


def includes_service(principal: object, service: str) -> bool:
    """Whether a statement's principal includes an AWS service, or everybody."""
    if not isinstance(principal, dict):
        return principal == "*"
    named = principal.get("Service", [])
    return service in (named if isinstance(named, list) else [named]) or "*" in principal.values()
