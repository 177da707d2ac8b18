"""Reads what the app uses already: whatever exists decides, and the rest is read only for a new app."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsctl.engine.label import APP, ID, RESOURCE, flat
from ecsctl.errors import ConfigError, NotOffered
from ecsctl.fargate import CONSTRAINED, NO_FARGATE_ARM
from ecsctl.names import Names
from ecsctl.parts import BUILD, HTTPS, PLACES, SERVICE, TASK_DEFINITION, private_subnet, public_subnet
from ecsctl.releases.images import Known
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.listener import TLS_POLICIES
from ecsctl.resources.support.common import none_if_gone, tag_filter
from ecsctl.resources.support.dns import existing_records
from ecsctl.resources.support.ecs import service_of
from ecsctl.resources.support.project_parts import auth_of, variables_of
from ecsctl.resources.support.public_access import closed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label
    from ecsctl.engine.state_file import Entry
    from ecsctl.resources.support.project_parts import SourceAuth


def zones(aws: Aws, me: Label, architecture: str, *, fresh: bool) -> tuple[str, ...]:
    """The two zones of the app's subnets; if it has none yet, the first ones that can run its tasks.

    An impaired or a new zone does not move what exists. `fresh`: the deployment's id is not known yet.

    Raises ConfigError if fewer than two zones can run its tasks.
    """
    of = {part(place): place for part in (public_subnet, private_subnet) for place in PLACES}
    used: dict[str, str] = {}
    for subnet in aws.read(aws.ec2.describe_subnets, Filters=tag_filter(me))["Subnets"]:
        tags = flat(subnet.get("Tags"))
        place = of.get(tags.get(RESOURCE, ""))
        if place and (fresh or tags.get(ID) == me.id):
            used[place] = subnet["AvailabilityZoneId"]
    missing = [place for place in PLACES if place not in used]
    if missing:
        free = [zone for zone in _offered(aws, architecture) if zone not in used.values()]
        if len(free) < len(missing):
            offer = f"this region offers {len(free)}" + (f" beside {', '.join(used.values())}" if used else "")
            raise ConfigError("a load balancer needs two availability zones", why=offer)
        used |= dict(zip(missing, free, strict=False))
    return tuple(used[place] for place in PLACES)


def _offered(aws: Aws, architecture: str) -> list[str]:
    """The zones that can run the tasks, by their ids: names mean different places in different accounts. The best
    first.
    """
    listed = aws.read(
        aws.ec2.describe_availability_zones,
        Filters=[
            {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
            {"Name": "zone-type", "Values": ["availability-zone"]},
            {"Name": "state", "Values": ["available"]},
        ],
    )["AvailabilityZones"]
    ids = sorted((zone["ZoneId"] for zone in listed), key=lambda zone: (zone in CONSTRAINED, zone))
    return [zone for zone in ids if architecture != "ARM64" or zone not in NO_FARGATE_ARM]


def shut(aws: Aws, config: Config) -> tuple[str, ...]:
    """Say that the account closes internet gateways that a new app needs; nothing if that cannot be known."""
    inward = config.service.web and not config.load_balancer.internal
    if not inward and config.vpc.id:
        return ()
    try:
        said = closed(aws, config.vpc.id or "", inward=inward, outward=not config.vpc.id)
    except (ClientError, NotOffered):  # it is only a warning
        return ()
    return (said,) if said else ()


def token(aws: Aws, project: str) -> tuple[SourceAuth, str] | None:
    """The way in which the app's project authenticates to its source, and the secret with the token, as the project
    names it.

    None: there is no project.
    """
    found = aws.read(aws.codebuild.batch_get_projects, names=[project])["projects"]
    if not found:
        return None
    variables = variables_of(found[0]["environment"].get("environmentVariables", ()))
    held = next((str(one.value) for one in variables if one.name == "GITHUB_AUTH_TOKEN"), "")
    return auth_of(found[0]["source"]), held


def build_image(aws: Aws, project: str) -> str:
    """The image that the app's project builds on; empty if there is no project."""
    found = aws.read(aws.codebuild.batch_get_projects, names=[project])["projects"]
    return found[0]["environment"]["image"] if found else ""


def tls_policy(aws: Aws, me: Label) -> str:
    """The policy of the app's HTTPS listener, if it is still recommended: that stays. Empty if there is none."""
    name = Names.of(me).balancer
    for balancer in aws.read(aws.elbv2.describe_load_balancers)["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        if balancer["LoadBalancerName"] == name and (
            answer := none_if_gone(partial(aws.read, aws.elbv2.describe_listeners, LoadBalancerArn=arn))
        ):
            policies = (one.get("SslPolicy", "") for one in answer["Listeners"])
            return next((policy for policy in policies if policy in TLS_POLICIES), "")
    return ""


def can_shift_requests(aws: Aws, me: Label) -> bool:
    """Whether the service can shift requests between two target groups, and may have its tasks in either.

    The second one stays when the strategy is changed back to a rolling one: AWS keeps the tasks where they are (ECS
    guide, "Update the deployment strategy from Amazon ECS blue/green to rolling update").
    """
    service = service_of(aws, Names.of(me).cluster, Names.of(me).service)
    balancers = service.get("loadBalancers", []) if service and service["status"] == "ACTIVE" else []
    return any(one.get("advancedConfiguration") for one in balancers)


def hosted_zone(aws: Aws, me: Label, domain: str, candidates: Collection[str]) -> str:
    """The one of these hosted zones that already contains the app's record of the domain; empty if none does."""
    for zone in candidates:
        tags = existing_records(aws, zone, domain, "A").tags
        if tags.get(APP) == me.app:
            return zone
    return ""


def recorded_zone(recorded: Mapping[str, Entry], domain: str) -> str:
    """The hosted zone in which the app's record of the domain was created, as recorded; empty if none is."""
    ids = (entry.ids or {} for entry in recorded.values() if entry.kind == DnsRecord.kind)
    return next((one["zone"] for one in ids if one.get("name") == domain), "")


def certified(recorded: Mapping[str, Entry]) -> frozenset[str]:
    """The names in the certificates that were created for the app, as recorded."""
    desired_stack = (entry.applied for entry in recorded.values() if entry.kind == Certificate.kind and entry.applied)
    return frozenset(
        name for one in desired_stack for name in (one["domain"], *one.get("subject_alternative_names", ()))
    )


def as_recorded(recorded: Mapping[str, Entry]) -> dict[str, Any]:
    """Facts from the state file, or any valid ones, for commands that only read: existing resources keep their own."""

    def applied(name: str, field: str) -> str:
        entry = recorded.get(name)
        return str((entry.applied or {}).get(field) or "") if entry else ""

    zones = tuple(applied(public_subnet(place), "zone_id") for place in PLACES)
    return {
        "tls_policy": applied(HTTPS, "ssl_policy"),
        "build_image": applied(BUILD, "image"),
        "unfit": (),
        "key": {
            "key": applied("repository", "kms_key"),
            "storage_key": applied("cluster", "fargate_ephemeral_storage_kms_key"),
        },
        "key_cautions": (),
        "secret_keys": {},
        "domain": (),
        "past_builds": (),
        "image": Known(image=applied(TASK_DEFINITION, "seed")),
        "shifted": bool(applied(SERVICE, "alternate_target_group")),
        **({"zones": zones} if all(zones) else {}),
    }
