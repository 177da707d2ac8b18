"""Helpers for reading AWS: the filter for our tags, a single item, None instead of an error, normalized documents."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from ecsctl.aws.codes import is_gone
from ecsctl.engine.label import APP, Label
from ecsctl.errors import Doubled

T = TypeVar("T")


def tag_filter(me: Label) -> list[Any]:
    """EC2's filter for everything that carries the app's tags: one listing per type is enough."""
    return [{"Name": f"tag:{APP}", "Values": [me.app]}]


def where(**values: str | Iterable[str]) -> list[Any]:
    """EC2's filters by name: `where(vpc_id=…, cidr_block=…)`; several values of one are alternatives.

    Two underscores are a dot: `where(attachment__vpc_id=…)`.
    """
    lists = {name: [value] if isinstance(value, str) else list(value) for name, value in values.items()}
    return [{"Name": name.replace("__", ".").replace("_", "-"), "Values": wanted} for name, wanted in lists.items()]


def network(addresses: str) -> str:
    """A CIDR as AWS returns it: without host bits, IPv6 short and in lower case.

    EC2 API reference, CreateVpc: the CIDR block is brought to its canonical form. A promise (a subclass of str), and
    anything but a CIDR, such as a prefix list's id, is returned unchanged.
    """
    if type(addresses) is not str:
        return addresses
    try:
        return str(ipaddress.ip_network(addresses, strict=False))
    except ValueError:
        return addresses


def only(items: Iterable[T], plural: str, me: Label) -> T | None:
    """The only item, or None. Raises Doubled if there are several, after a lost answer or because of another tool."""
    found = list(items)
    if len(found) > 1:
        listed = ", ".join(str(getattr(item, "ids", item)) for item in found)
        raise Doubled(
            f"two {plural} claim to be {me.resource} of {me.app}",
            why=listed,
            hint="remove the tags ecsctl:* from the one that is not in use, then run it again",
        )
    return found[0] if found else None


def none_if_gone(call: Callable[[], T]) -> T | None:
    """The answer, or None when AWS says that the thing does not exist. Other errors pass through."""
    try:
        return call()
    except ClientError as error:
        if is_gone(error):
            return None
        raise


def canonical(document: Any) -> str:
    """A JSON document in normal form: keys sorted, and a list of one as its element, as AWS returns policies."""
    if isinstance(document, str):
        document = json.loads(document)
    return json.dumps(_plain(document), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [_plain(item) for item in value]
        if all(isinstance(item, str) for item in items):
            items = sorted(items)
        return items[0] if len(items) == 1 else items
    return value
