"""`secure = true`: what a security review asks for and ecsctl does not do by default, unless the file says otherwise.

docs/security.md goes through the findings one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecsctl.config.section import Problem
from ecsctl.config.tables import Tables

PRESET: Mapping[str, Mapping[str, Any]] = {
    "load_balancer": {"access_logs": {}, "deletion_protection": True},
    "logs": {"retention_days": 365},
}
NETWORK: Mapping[str, Any] = {"flow_logs": "reject", "close_default_group": True}
READ_ONLY = "read_only_root"


def preset(written: Mapping[str, Any]) -> dict[str, Any]:
    """The file's values, with these options where it does not set them."""
    found = dict(written)
    vpc = found.get("vpc", {})
    if isinstance(vpc, Mapping) and not vpc.get("id"):  # an existing network is never changed
        found["vpc"] = {**NETWORK, **vpc}
    service, sidecars = found.get("service", {}), found.get("sidecars")
    web = not isinstance(service, Mapping) or service.get("web") is not False
    for table, options in PRESET.items():
        if (web or table != "load_balancer") and isinstance(found.get(table, {}), Mapping):
            found[table] = {**options, **found.get(table, {})}
    if isinstance(service, Mapping) and service.get("exec") is not True:  # it needs one that can be written
        found["service"] = {READ_ONLY: True, **service}
    if isinstance(sidecars, Mapping):
        found["sidecars"] = {
            name: {READ_ONLY: True, **one} if isinstance(one, Mapping) else one for name, one in sidecars.items()
        }
    return found


def problems(config: Tables) -> Iterator[Problem]:
    """Mistakes: settings that cannot be made secure."""
    if config.service.web and not config.domain and not config.load_balancer.internal:
        yield "secure", "needs [domain]: without a certificate everything goes over the internet unencrypted"
    vpc = config.vpc
    if not vpc.private_subnets if vpc.id else vpc.egress == "public":
        yield "secure", "does not go with tasks that have public addresses: expected private subnets for them"
