"""Lists what is left after `down`: what was kept and why, and what AWS is known to leave or to recreate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsctl import own_secrets
from ecsctl.aws.codes import DENIED, code
from ecsctl.aws.explaining import explained
from ecsctl.costs.prices import SECRET, monthly
from ecsctl.engine.label import APP, RESOURCE, flat
from ecsctl.engine.plan import Plan, Verb
from ecsctl.engine.wording import called
from ecsctl.names import Names
from ecsctl.parts import GITHUB_TOKEN
from ecsctl.resources import by_name, kinds, log_group
from ecsctl.resources.elastic_ip import ElasticIp
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.pipeline_webhook import PipelineWebhook
from ecsctl.resources.source_credentials import SourceCredentials
from ecsctl.resources.support.common import none_if_gone, tag_filter

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label


ASKED_HERE = ("ec2:network-interface", "secretsmanager:secret")  # ARNs of what the receipt itself reads


@dataclass(frozen=True)
class Left:
    """One thing that still exists: its kind, its name or id, why, and what it costs in dollars a month."""

    kind: str
    what: str
    why: str
    monthly: float = 0.0


def left(aws: Aws, me: Label, plan: Plan, passed_over: Mapping[str, str]) -> tuple[Left, ...]:
    """Everything that a person should know after `down`, read from AWS again; and what may not be read.

    `passed_over` says which kinds `down` itself could not search for, and why.
    """
    found = [Left(title, "not searched for", why) for title, why in sorted(passed_over.items())]
    aws.forget()
    with ThreadPoolExecutor(len(SWEEPS)) as pool:
        asked = {what: pool.submit(_all, sweep, aws, me, plan) for what, sweep in SWEEPS.items()}
        found += _kept(aws, plan)
    for what, answer in asked.items():
        try:
            found += answer.result()
        except ClientError as error:
            if code(error) not in DENIED:
                raise
            found.append(Left(what, "not searched for", f"AWS does not allow {error.operation_name}"))
    return tuple(found)


def _all(sweep: Callable[[Aws, Label, Plan], Iterable[Left]], aws: Aws, me: Label, plan: Plan) -> list[Left]:
    return list(sweep(aws, me, plan))


def _kept(aws: Aws, plan: Plan) -> Iterator[Left]:
    """The resources that `down` left on purpose, with their contents; the token that CodeBuild keeps for other projects
    of the account; and a webhook that stays at GitHub.
    """
    for step in plan.steps:
        identity = str(next(iter(vars(step.ids).values()), step.name)) if hasattr(step.ids, "__dict__") else step.name
        if step.verb is Verb.KEEP and not step.borrowed:
            try:
                held = by_name()[step.kind].contents(aws, step.ids)
            except ClientError as error:
                raise explained(error, called(step.title, step.name)) from error
            why = f"{step.reason}; it holds {held.summary}" if held.summary else step.reason
            yield Left(step.title, identity, why, monthly(step.kind, held.size))
        elif step.verb is Verb.KEEP or (step.kind in (SourceCredentials.kind, PipelineWebhook.kind) and step.reason):
            yield Left(step.title, identity, step.reason)


def _late_logs(aws: Aws, me: Label, plan: Plan) -> Iterator[Left]:
    """Log groups with our names without any settings: a dying build or Container Insights recreates them.

    Only one that this very run has removed was surely ours; for any other it is not known who writes into it.
    """
    names = Names.of(me)
    removed = {step.ids.name for step in plan.steps if step.verb is Verb.DELETE and step.kind == LogGroup.kind}
    every = sorted({names.app_logs, names.build_logs(names.project), names.insights_logs, *removed})
    with ThreadPoolExecutor(len(every)) as pool:
        for name, found in zip(every, pool.map(partial(_untouched, aws), every), strict=True):
            why = "of this name, and without our tags: find out whose it is before you delete it"
            if name in removed:
                why = "made again by a late writer; aws logs delete-log-group --log-group-name " + name
            for size in found:
                yield Left("log group", name, why, monthly(LogGroup.kind, size))


def _untouched(aws: Aws, name: str) -> list[int]:
    """The size in bytes of the log group of this name, if it has no settings; empty if there is none."""
    return [
        group.get("storedBytes", 0)
        for group in aws.read(aws.logs.describe_log_groups, logGroupNamePrefix=name)["logGroups"]
        if group["logGroupName"] == name
        and (tags := log_group.tags_of(aws, group["arn"])) is not None
        and log_group.has_defaults(group, tags)
    ]


def _tagged_network(aws: Aws, me: Label, _plan: Plan) -> Iterator[Left]:
    """Network interfaces and addresses with the app's tags, whoever created them."""
    aws.ahead([partial(aws.read, aws.ec2.describe_addresses, Filters=tag_filter(me))])
    for interface in aws.read(aws.ec2.describe_network_interfaces, Filters=tag_filter(me))["NetworkInterfaces"]:
        yield Left("network interface", interface["NetworkInterfaceId"], interface.get("Description", ""))
    for address in aws.read(aws.ec2.describe_addresses, Filters=tag_filter(me))["Addresses"]:
        why = f"has our tags, held by {address.get('AssociationId', 'nothing')}"
        yield Left("elastic IP address", address["AllocationId"], why, monthly(ElasticIp.kind))


def _secrets(aws: Aws, me: Label, _plan: Plan) -> Iterator[Left]:
    """The secrets that `creds set` and `secret set` have created: their contents are the user's. The tagging API
    lists deleted ones, too.
    """
    filters: list[Any] = [{"Key": APP, "Values": [me.app]}]
    answer = aws.read(aws.tagging.get_resources, TagFilters=filters, ResourceTypeFilters=["secretsmanager:secret"])
    tagged = {one["ResourceARN"]: flat(one.get("Tags")) for one in answer["ResourceTagMappingList"]}
    for arn, tags in sorted(tagged.items()):
        ours = own_secrets.is_ours(me.app, tags)
        if not ours and tags.get(RESOURCE) != GITHUB_TOKEN:
            continue
        name: str | None = arn
        try:
            found = none_if_gone(lambda arn=arn: aws.read(aws.secretsmanager.describe_secret, SecretId=arn))  # type: ignore[misc]  # mypy cannot type a lambda's default
            name = found["Name"] if found and not found.get("DeletedDate") else None
        except ClientError as error:
            if code(error) not in DENIED:  # without the permission, the tags are what is shown
                raise
        if name:
            why = f"the GitHub token that ecsctl creds set stored; aws secretsmanager delete-secret --secret-id {name}"
            if ours:
                why = "a secret of the app's own; ecsctl down --secrets deletes it too"
            yield Left("secret", name, why, SECRET)


def _other_tagged(aws: Aws, me: Label, _plan: Plan) -> Iterator[Left]:
    """Resources with the app's tags that are of a type that ecsctl never creates: whoever created them has copied
    the tags.
    """
    looked_at = {*ASKED_HERE, *(arns for kind in kinds() for arns in kind.arns.split())}
    answer = aws.read(aws.tagging.get_resources, TagFilters=[{"Key": APP, "Values": [me.app]}])
    for arn in sorted(mapping["ResourceARN"] for mapping in answer["ResourceTagMappingList"]):
        service, _, _, rest = arn.split(":", 5)[2:]
        kind = re.split("[/:]", rest)[0]
        if not {service, f"{service}:{kind}"} & looked_at:
            why = "has our tags, though ecsctl makes no such thing; AWS still lists by tags for a while what is gone"
            yield Left(f"{service} {kind.replace('-', ' ')}", arn, why)


SWEEPS: dict[str, Callable[[Aws, Label, Plan], Iterable[Left]]] = {
    "log groups": _late_logs,
    "network interfaces and addresses": _tagged_network,
    "secrets": _secrets,
    "other resources with our tags": _other_tagged,
}
