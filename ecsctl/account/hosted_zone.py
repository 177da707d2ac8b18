"""The hosted zone that holds the app's domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecsctl.account import in_use
from ecsctl.aws.codes import DENIED, code
from ecsctl.aws.explaining import explained
from ecsctl.errors import ConfigError

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config.tables.network import Domain
    from ecsctl.engine.label import Label
    from ecsctl.engine.state_file import Entry


def facts_of(
    aws: Aws, domain: Domain, me: Label, recorded: Mapping[str, Entry], *, as_far: bool = False
) -> dict[str, Any]:
    """The hosted zones' facts. A running app does not need the list of zones: a caller who may not read it keeps its
    zones. So does, `as_far` as the stack is only to be shown, an app whose zone is gone.

    Raises what `hosted_zone` does if there is no record of a name yet, or another zone is named by its id.
    """
    first, configured = domain.name or "", domain.hosted_zone
    try:
        return {"hosted_zones": {name: hosted_zone(aws, name, configured, me, further=name != first)
                                 for name in domain.zoned}}  # fmt: skip
    except Exception as error:
        used = {name: in_use.recorded_zone(recorded, name) for name in domain.zoned}
        named = (
            configured and "." not in configured and configured != used.get(first)
        )  # an id has no dot, and the name of a zone has
        gone = as_far and isinstance(error, ConfigError)
        if not (gone or code(error) in DENIED) or not all(used.values()) or named:
            raise
        if gone:
            return {"hosted_zones": used, "zone_unread": f"{error}; without one ecsctl up changes nothing"}
        held = sorted({*used.values()})
        zones = f"zones {', '.join(held)} that are" if len(held) > 1 else f"zone {held[0]} that is"
        why = explained(error, f"finding the hosted zone of {first}").message
        return {"hosted_zones": used, "zone_unread": f"{why}: the app runs without it, in the {zones} recorded"}


def hosted_zone(
    aws: Aws, domain: str, configured: str | None, me: Label | None = None, *, further: bool = False
) -> str:
    """The id of the public hosted zone of the domain: the configured one, or the one with the longest matching name.

    A zone that already contains the app's own record remains the one, whatever others there are. A `further` name need
    not be in the configured one. Raises ConfigError if there is none.
    """
    listed = aws.read(aws.route53.list_hosted_zones)["HostedZones"]
    zones = [zone for zone in listed if not zone.get("Config", {}).get("PrivateZone")]
    named = {zone["Id"].rsplit("/", 1)[-1]: zone["Name"].rstrip(".").lower() for zone in zones}
    if further and configured and not f".{domain}".endswith(f".{named.get(configured, configured)}"):
        configured = None
    if configured in named:
        fitting = [configured]
    else:
        ends = [name for name in named.values() if domain == name or domain.endswith("." + name)]
        if me and not configured and len(ends) > 1:
            able = [zone for zone, name in named.items() if name in ends]
            if used := in_use.hosted_zone(aws, me, domain, able):
                return used
        best = configured.rstrip(".").lower() if configured else max(ends, key=len, default="")
        fitting = [zone for zone, name in named.items() if name == best]
    if not fitting:
        known = ", ".join(sorted(named.values())) or "none"
        ours = {zone["Id"].rsplit("/", 1)[-1]: zone["Name"].rstrip(".").lower() for zone in listed if zone not in zones}
        inside = [f"{name} ({one})" for one, name in ours.items() if f".{domain}".endswith(f".{name}")]
        if inside:  # kubernetes-sigs/aws-load-balancer-controller#4840
            known += f"; {', '.join(inside)} is private: neither ACM nor clients outside its VPCs find what is in it"
        raise ConfigError(
            f"no public hosted zone here holds {domain}"
            if not configured
            else f"there is no public hosted zone {configured}",
            why=f"the account's public hosted zones: {known}",
            hint=f"make the zone and delegate the domain to it; or, if its DNS is elsewhere, domain.elsewhere = "
            f'["{domain}"]',
        )
    if len(fitting) > 1:
        raise ConfigError(
            f"{len(fitting)} public hosted zones are called {named[fitting[0]]}",
            why=", ".join(sorted(fitting)),
            hint="name the one that the domain is delegated to by its id: domain.hosted_zone",
        )
    if not (domain == named[fitting[0]] or domain.endswith("." + named[fitting[0]])):
        raise ConfigError(f"{domain} is not in the hosted zone {named[fitting[0]]}", hint="fix domain in ecsctl.toml")
    return fitting[0]
