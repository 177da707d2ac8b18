"""Availability zones that become impaired or appear; moto's never change."""

import copy
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.ec2.models.availability_zones_and_regions import Zone
from moto.ec2.responses import EC2Response
from moto.iam.models import iam_backends

from ecsctl.sandbox.core import overlay, script

# API reference, AvailabilityZone: "available | information | impaired | unavailable | constrained".
_USUAL = "availability-zone"
STATES = ("available", "information", "impaired", "unavailable", "constrained")


@dataclass
class _States:
    of: dict[str, str] = field(default_factory=dict)  # by zone id


@script.switch
def zone(zone_id: str, state: str = "impaired", account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Put a zone into one of EC2's states; an unknown zone is added to every region.

    An id that names a city, such as use1-atl1-az1, adds a local zone to which the account is opted in.

    Raises ScriptError.
    """
    if state not in STATES:
        raise script.ScriptError(f"a zone is {', '.join(STATES)}")
    _states(account_id).of[zone_id] = state


def _new(region: str, zone_id: str) -> Zone:
    """A new zone. A local zone's id has its city between region and zone (EC2 guide, "Local Zones")."""
    if zone_id.count("-") > 1:
        return Zone(f"{region}-{zone_id.split('-')[1]}a", region, zone_id, "local-zone")
    return Zone(f"{region}z", region, zone_id, _USUAL)


def _states(account_id: str) -> _States:
    return overlay.memory(iam_backends[account_id]["aws"], _States)  # any backend that is the same in all regions


@overlay.wraps(EC2Response)
def describe_availability_zones(original: Any, self: EC2Response) -> ActionResult:
    """Describe the zones in their current states, with filters by state."""
    states = _states(self.ec2_backend.account_id).of
    if not states:
        answer: ActionResult = original()
        return answer
    filters = self._filters_from_querystring()
    wanted, kinds = filters.pop("state", None), filters.get("zone-type")
    opted = filters.pop("opt-in-status", None)
    names, ids = self._get_param("ZoneNames", []), self._get_param("ZoneIds", [])
    listed = self.ec2_backend.describe_availability_zones(filters, zone_names=names, zone_ids=ids)
    known = {one.zone_id for one in self.ec2_backend.describe_availability_zones()}
    region = self.ec2_backend.region_name
    found: list[Zone] = []
    for one in [*map(copy.copy, listed), *(_new(region, new) for new in states if new not in known)]:
        one.state = states.get(one.zone_id, one.state)
        local = one.zone_type != _USUAL
        fits = (wanted, one.state), (kinds, one.zone_type), (opted, "opted-in" if local else "opt-in-not-required")
        if all(allowed is None or value in allowed for allowed, value in fits):
            found.append(one)
    return ActionResult({"AvailabilityZones": found})
