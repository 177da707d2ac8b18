"""Everything in the sandbox's account, as one canonical value: two equal snapshots are two equal accounts.

Read with boto3 clients that are answered in this process, so that it contains what a user of AWS would see; and the
webhooks that AWS's services created on GitHub, which outlive a webhook that is deleted carelessly.
"""

import contextlib
import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.core.models import botocore_stubber

from ecsctl.sandbox.aws.account import ACCOUNT, TOKEN, TOKEN_SECRET
from ecsctl.sandbox.aws.ec2.time import lag_of
from ecsctl.sandbox.aws.ecr.signing import signing_rules
from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.core.defaults import CREDENTIALS, REGION
from ecsctl.sandbox.core.regions import is_offered
from ecsctl.sandbox.github import remote
from ecsctl.sandbox.snapshot.ids import without_ids
from ecsctl.sandbox.snapshot.table import DETAILS, GLOBAL, LISTS, Listing, digest

_REGION = re.compile("(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-[0-9]")
SERVICES = tuple(dict.fromkeys(listing.service for listing in LISTS))


def snapshot(ids: bool = True, ended: bool = False, regions: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Returns what the account holds: `{region: {kind: [resource, …]}}`, sorted; global services under `aws`.

    Times are left out. `ids=False` replaces generated ids by names made from what the resource is and is tied to, so
    that the snapshots of two accounts made alike are equal. `ended=True` adds what AWS still lists though it is gone
    (deleted NAT gateways, inactive clusters and services), as kinds `… (ended)`. `regions`: by default all that were
    ever asked for anything. A region that holds no more than every account does from its beginning is left out.
    """
    with overlay.lock, _everything_visible():
        found = {"aws": _read(GLOBAL, "us-east-1", ended)}
        for region in regions or _regions():
            kinds = _read([listing for listing in LISTS if listing not in GLOBAL], region, ended)
            known = remote.github_hooks(region) if is_offered("codebuild", region) else []
            hooks = [{"id": url, "repository": repository} for repository, url in known]
            kinds |= {"hooks on github": hooks} if hooks else {}
            rules = signing_rules(ACCOUNT, region) if is_offered("ecr", region) else []
            signing = [{"id": json.dumps(one, sort_keys=True), **one} for one in rules]
            kinds |= {"signing rules": signing} if signing else {}
            if not _is_initial(kinds):
                found[region] = kinds
    plain = json.loads(json.dumps(found, sort_keys=True, default=str))
    whole: dict[str, Any] = _sorted(plain if ids else without_ids(plain))
    return whole


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Returns what `after` has that `before` has not (`+`) and the reverse (`-`), one line a resource. Empty when
    equal.
    """
    lines = []
    for region in sorted(before.keys() | after.keys()):
        old, new = before.get(region, {}), after.get(region, {})
        for kind in sorted(old.keys() | new.keys()):
            were, are = old.get(kind, []), new.get(kind, [])
            lines += [f"- {region} {kind} {json.dumps(one, sort_keys=True)}" for one in were if one not in are]
            lines += [f"+ {region} {kind} {json.dumps(one, sort_keys=True)}" for one in are if one not in were]
    return lines


# What a region has without anybody's doing: the default VPC with its parts, and what `world` puts there.
_INITIAL: dict[str, Callable[[dict[str, Any]], Any]] = {
    "vpcs": lambda one: one["IsDefault"] and one["enableDnsHostnames"]["EnableDnsHostnames"]["Value"],
    "subnets": lambda one: one["DefaultForAz"] and one["MapPublicIpOnLaunch"],
    "route tables": lambda one: len(one["Routes"]) == 1 and one["Associations"][0].get("Main"),
    "security groups": lambda one: one["GroupName"] == "default",
    "group rules": lambda one: one["IpProtocol"] == "-1",
    "network acls": lambda one: one["IsDefault"] and len(one["Entries"]) == 4,
    "secrets": lambda one: (one["Name"], one.get("value")) == (TOKEN_SECRET, digest(TOKEN)),
}  # fmt: skip
_INITIAL_SERVICES = ("ec2", "secretsmanager")  # the services of which an account holds something from its beginning
_SINGLE = ("vpcs", "route tables", "security groups", "network acls", "secrets")


def _is_initial(kinds: dict[str, list[dict[str, Any]]]) -> bool:
    """Whether a region contains only what every account has from its beginning."""
    if kinds.keys() - _INITIAL or any(len(kinds.get(kind, [])) != 1 for kind in _SINGLE):
        return False
    untagged = all(not one.get("Tags") for found in kinds.values() for one in found)
    rules = len(kinds.get("group rules", [])) <= 2  # all out, and all in from the group itself
    return untagged and rules and all(_INITIAL[kind](one) for kind, found in kinds.items() for one in found)


@contextlib.contextmanager
def _everything_visible() -> Iterator[None]:
    """Within it, ids that were just created are visible, though AWS would not show them yet."""
    lag = lag_of(ACCOUNT)
    seconds, lag.seconds = lag.seconds, 0.0
    try:
        yield
    finally:
        lag.seconds = seconds


def _regions() -> list[str]:
    used = {os.environ.get("AWS_REGION", REGION)}
    for backends in BackendDict._instances:  # type: ignore[misc] # moto's own list of what is in use
        used |= {name for name in backends.get(ACCOUNT, {}) if _REGION.fullmatch(name)}
    return sorted(used)


@functools.cache
def _session() -> boto3.Session:
    return boto3.Session(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])


@functools.cache
def _client(service: str, region: str) -> Any:
    return _session().client(service, region, config=Config(ignore_configured_endpoint_urls=True))  # type: ignore[call-overload,call-arg] # any service; not in the stubs


def _read(listings: list[Listing], region: str, ended: bool) -> dict[str, list[dict[str, Any]]]:
    if not botocore_stubber.enabled:
        raise RuntimeError("no sandbox runs in this process: these calls would go to AWS")
    kinds: dict[str, list[dict[str, Any]]] = {}
    for listing in listings:
        if listing not in GLOBAL and listing.service not in _INITIAL_SERVICES and _is_unused(listing.service, region):
            continue
        if not is_offered(listing.service, region):
            continue
        client = _client(listing.service, region)
        for listed in _all(client, listing):
            gone = listing.gone(listed)
            if gone and not ended:
                continue
            resource = dict(listed)
            for detail in DETAILS.get(listing.kind, ()):
                resource |= detail(client, resource)
            kind = f"{listing.kind} (ended)" if gone else listing.kind
            kinds.setdefault(kind, []).append(_settled(resource) | {"id": resource.get(listing.id)})
    return kinds


def _is_unused(service: str, region: str) -> bool:
    """Whether nobody called the service in this region yet: then it holds nothing, and asking would take time."""
    return region not in get_backend(service).get(ACCOUNT, {}).keys()  # type: ignore[call-overload] # noqa: SIM118 - `in` alone means the regions there could be


def _all(client: Any, listing: Listing) -> Iterator[dict[str, Any]]:
    if client.can_paginate(listing.operation):
        pages = client.get_paginator(listing.operation).paginate(**listing.arguments)
    else:
        pages = [getattr(client, listing.operation)(**listing.arguments)]
    for page in pages:
        for item in page.get(listing.member) or []:
            yield item if isinstance(item, dict) else {"id": item}


# CloudWatch Logs shows its time as a number; how much was written is the history of the tasks, not a setting.
_UNSETTLED = ("ResponseMetadata", "events", "creationTime", "storedBytes")


def _settled(value: Any) -> Any:
    """Without times and with secrets as their hash."""
    if isinstance(value, dict):
        kept = {name: _settled(inner) for name, inner in value.items() if name not in _UNSETTLED}
        return {name: inner for name, inner in kept.items() if inner is not None}
    if isinstance(value, list):
        return [_settled(inner) for inner in value]
    return None if isinstance(value, datetime) else value


def _sorted(value: Any) -> Any:
    """AWS gives most lists in no order; those of a pipeline have one."""
    if isinstance(value, dict):
        kept = ("stages", "actions", "filterGroups")
        return {name: value[name] if name in kept else _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((_sorted(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value
