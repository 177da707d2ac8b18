"""How Route 53 lists zones and records: from a name on, in any spelling."""

from typing import Any

from moto.core.responses import ActionResult
from moto.route53.models import Route53Backend, reverse_domain_name
from moto.route53.responses import Route53

from ecsctl.sandbox.aws.route53.state import normal
from ecsctl.sandbox.core import overlay


@overlay.wraps(Route53)
def list_hosted_zones_by_name(original: Any, self: Route53) -> ActionResult:  # noqa: ARG001 - it filters
    """Sort zones by name from DNSName on: a sort, not a filter (API reference, ListHostedZonesByName)."""
    name, zone_id, most = self._get_param("DNSName"), self._get_param("HostedZoneId"), self._get_int_param("MaxItems")
    start = (reverse_domain_name(normal(name)), zone_id or "") if name else ("", "")
    keyed = sorted(((reverse_domain_name(z.name), z.resource_id), z) for z in self.backend.zones.values())
    found = [zone for key, zone in keyed if key >= start]
    page, rest = found[: most or 100], found[most or 100 :]
    result = {"DNSName": name, "HostedZones": page, "IsTruncated": bool(rest), "MaxItems": most or 100}
    if rest:
        result |= {"NextDNSName": rest[0].name, "NextHostedZoneId": rest[0].resource_id}
    return ActionResult(result)


@overlay.wraps(Route53Backend)
def list_resource_record_sets(
    original: Any, _self: Route53Backend, zone_id: str, start_type: str, start_name: str, max_items: int
) -> Any:
    """List from the first record at or after the start, in any spelling of its name."""
    return original(zone_id, start_type, normal(start_name) if start_name else start_name, max_items)
