"""What others have set around the app that is no setting of ecsctl's, and that can keep it from working.

`plan` compares only what ecsctl sets. The network ACLs of the app's own subnets, the policy of its repository, a
permissions boundary on its roles, what denies these what ecsctl allows them, rules and a web ACL of others at its load
balancer, and a key of its bucket are left alone, and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl.aws.asking import asking
from ecsctl.aws.codes import DENIED, code, is_gone, text
from ecsctl.engine.label import APP, flat
from ecsctl.errors import NotOffered
from ecsctl.names import Names
from ecsctl.operations.denials import denials
from ecsctl.resources.role import INLINE
from ecsctl.resources.support import ecr
from ecsctl.resources.support.bucket_settings import encryption
from ecsctl.resources.support.common import none_if_gone, tag_filter, where
from ecsctl.resources.support.ecs import services_of
from ecsctl.resources.support.elb import added_by_others
from ecsctl.resources.support.network_acls import Shut, shut
from ecsctl.resources.support.our_roles import managed_policy, our_roles
from ecsctl.resources.support.policy_document import lacking, statements, taken
from ecsctl.resources.support.public_access import closed

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import LoadBalancerTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label


@asking("looking for what others have set around the app")
def set_by_others(aws: Aws, me: Label, config: Config | None) -> tuple[str, ...]:
    """Each in a sentence: what `config`, ecsctl.toml, names is not among them. What may not be read is left out."""
    searches: list[Callable[[], Iterator[str]]] = [
        lambda: _acls(aws, me),
        lambda: _repository(aws, me),
        lambda: _boundaries(aws, me, config.permissions_boundary if config else None),
        lambda: _rules(aws, me),
        lambda: denials(aws, me),
        lambda: _web_acl(aws, me, config),
        lambda: _public_access(aws, me),
    ]
    if config and not config.kms_key:
        searches.append(lambda: _artifacts(aws, me))
    with ThreadPoolExecutor(len(searches)) as pool:
        return tuple(sentence for found in pool.map(_readable, searches) for sentence in found)


@asking("looking for what denies the app's roles something")
def denied_by_others(aws: Aws, me: Label) -> tuple[str, ...]:
    """What denies the app's roles what ecsctl allows them, each in a sentence; nothing if AWS does not answer that."""
    try:
        return tuple(denials(aws, me))
    except (ClientError, NotOffered):
        return ()


def _readable(search: Callable[[], Iterator[str]]) -> list[str]:
    """What the search finds. One that AWS refuses, or cannot answer, ends no command: it is only a look around."""
    try:
        return list(search())
    except NotOffered:  # by this region
        return []
    except ClientError as error:
        if code(error) in DENIED or is_gone(error):
            return []
        return [f"{error.operation_name} failed, so what it shows is not known: {code(error)}: {text(error)}"]


def _acls(aws: Aws, me: Label) -> Iterator[str]:
    """ACLs around subnets that ecsctl made; those of a VPC of the user's are examined with it."""
    balancer = _balancer(aws, me)
    front = [zone["SubnetId"] for zone in balancer.get("AvailabilityZones", ())] if balancer else []
    services = [one for one in services_of(aws, Names.of(me)) if one["status"] == "ACTIVE"]
    back = [
        subnet
        for one in services
        for subnet in one.get("networkConfiguration", {}).get("awsvpcConfiguration", {}).get("subnets", ())
    ]
    port = next((link["containerPort"] for one in services for link in one.get("loadBalancers", ())), 0)
    if not front and not back:
        return
    used = sorted({*front, *back})
    listed = aws.read(aws.ec2.describe_subnets, Filters=where(subnet_id=used))["Subnets"]
    ours = {one["SubnetId"] for one in listed if flat(one.get("Tags")).get(APP) == me.app}
    acls = aws.read(aws.ec2.describe_network_acls, Filters=where(association__subnet_id=used))["NetworkAcls"]
    alike: dict[Shut, list[str]] = {}
    for one in shut(acls, front, sorted({*back}), _ports(aws, balancer), port):
        if one.subnet in ours:
            alike.setdefault(replace(one, subnet=""), []).append(one.subnet)
    yield from (one.sentence(", ".join(subnets)) for one, subnets in alike.items())


def _repository(aws: Aws, me: Label) -> Iterator[str]:
    name = Names.of(me).repository
    document = ecr.policy_of(aws, name)
    for arn, role, _ in our_roles(aws, me) if document else ():
        for which, actions, lost in (
            ("execution", ecr.PULLS, "tasks that start from now on cannot pull the image"),
            ("build", ecr.PUSHES, "builds cannot push"),
        ):
            if role == Names.of(me).role(which) and (denied := taken(document, arn, actions)):
                yield f"the policy of the ECR repository {name} denies {', '.join(denied)} to {role}: {lost}"


def _boundaries(aws: Aws, me: Label, expected: str | None) -> Iterator[str]:
    """Boundaries that ecsctl.toml does not name. Where one may be read, only what it takes away is reported."""
    bounded: dict[str, dict[str, tuple[str, ...]]] = {}
    for _, role, _ in our_roles(aws, me):
        found = aws.read(aws.iam.get_role, RoleName=role)["Role"]
        arn = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        if arn and arn != expected:
            own = none_if_gone(lambda role=role: aws.read(aws.iam.get_role_policy, RoleName=role, PolicyName=INLINE))  # type: ignore[misc]  # a default pins the loop's value
            document = managed_policy(aws, arn)
            lost = lacking(document, statements(own["PolicyDocument"])) if document and own else ()
            if lost or not document:
                bounded.setdefault(arn, {})[role] = lost
    for arn, roles in bounded.items():
        takes = sorted({action for lost in roles.values() for action in lost})
        what = f"takes {', '.join(takes[:3])}{' and more' * (len(takes) > 3)} from" if takes else "may take rights from"
        yield f"the permissions boundary {arn} {what} {', '.join(roles)}: ecsctl.toml does not name it"


def _rules(aws: Aws, me: Label) -> Iterator[str]:
    balancer = _balancer(aws, me)
    added = added_by_others(aws, balancer["LoadBalancerArn"]) if balancer else ""
    if added:
        yield f"others have added {added} to the load balancer: what a rule of theirs matches does not reach the app"


def _web_acl(aws: Aws, me: Label, config: Config | None) -> Iterator[str]:
    """One that a security team, or its Firewall Manager, has put before the app: it may block what the app would
    answer.
    """
    balancer = _balancer(aws, me)
    if balancer is None or (config and config.load_balancer.waf):
        return
    arn = balancer["LoadBalancerArn"]
    acl = aws.read(aws.wafv2.get_web_acl_for_resource, ResourceArn=arn).get("WebACL") or {}
    if acl:
        managed = " (of AWS Firewall Manager)" if acl.get("ManagedByFirewallManager") else ""
        yield (
            f"the web ACL {acl['ARN']}{managed} filters what reaches the load balancer: a request that it blocks is "
            "answered with 403, and not by the app"
        )


def _public_access(aws: Aws, me: Label) -> Iterator[str]:
    """Of the VPC that ecsctl made, or of the user's as far as clients come in from the internet."""
    balancer = _balancer(aws, me)
    ours = [one["VpcId"] for one in aws.read(aws.ec2.describe_vpcs, Filters=tag_filter(me))["Vpcs"]]
    public = balancer is not None and balancer.get("Scheme") == "internet-facing"
    for vpc in ours or ([balancer["VpcId"]] if balancer and public else []):
        if sentence := closed(aws, vpc, inward=public, outward=bool(ours)):
            yield sentence


def _artifacts(aws: Aws, me: Label) -> Iterator[str]:
    """A key of the account's own, of which the roles know nothing. S3's own serves all who may use the bucket."""
    name = Names.of(me).bucket
    key = encryption(aws, name, me.account)
    if key not in ("", "AES256", "aws:kms", "aws:kms:dsse") and not key.endswith("alias/aws/s3"):
        yield (
            f"the bucket {name} encrypts with {key}, which ecsctl.toml does not name (kms_key): builds fail unless the "
            "key's policy lets their roles use it"
        )


def _balancer(aws: Aws, me: Label) -> LoadBalancerTypeDef | None:
    listed = aws.read(aws.elbv2.describe_load_balancers)["LoadBalancers"]
    return next((one for one in listed if one["LoadBalancerName"] == Names.of(me).balancer), None)


def _ports(aws: Aws, balancer: LoadBalancerTypeDef | None) -> list[int]:
    if balancer is None:
        return []
    listed = aws.read(aws.elbv2.describe_listeners, LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return sorted({one["Port"] for one in listed})
