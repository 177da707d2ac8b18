"""What AWS's resourcegroupstaggingapi does that moto does not: it hears of the new late, and lists the dead."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.codebuild.models import codebuild_backends
from moto.codepipeline.models import codepipeline_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.resource_tagging import TaggedResource, iter_taggable_backends, make_tag_matcher, match_resource_type
from moto.core.responses import BaseResponse
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.elbv2.models import elbv2_backends
from moto.events.models import events_backends
from moto.iam.models import iam_backends
from moto.resourcegroupstaggingapi.models import (
    ResourceGroupsTaggingAPIBackend,
    resourcegroupstaggingapi_backends,
)
from moto.route53.models import route53_backends
from moto.s3.responses import S3Response
from moto.scheduler.models import scheduler_backends

from ecsctl.sandbox.aws.autoscaling import tags_of_targets
from ecsctl.sandbox.aws.codepipeline.webhooks import webhooks
from ecsctl.sandbox.core import clock, overlay, script

# API reference, GetResources: "tagged or previously tagged resources"; boto/boto3#3341 shows both.
LATE = 60.0  # seconds until a new resource or a changed tag is listed; an assumption
HAUNTING = 3600.0  # seconds for which a deleted resource stays listed; an assumption, hours have been observed

_GLOBAL = ("iam", "sts", "route53")  # their calls change nothing that a region lists, zones apart
_READS = re.compile(r"^(Describe|Get|List|BatchGet|BatchCheck|Head|Search|Lookup|Filter|Simulate|Validate|Start|Stop)")


@dataclass
class _Delays:
    late: float = LATE
    haunting: float = HAUNTING


@dataclass
class _Past:
    """One resource's tags since when, the newest last, and when it died; in sandbox time."""

    tags: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    died: float | None = None


@dataclass
class _Memory:
    pasts: dict[tuple[str, str], _Past] = field(default_factory=dict)  # by service and ARN
    read: float | None = None  # when ECS was last read, which goes on by itself


def _delays(account_id: str) -> _Delays:
    return overlay.memory(iam_backends[account_id]["aws"], _Delays)  # any backend that is one for all regions


@script.switch
def delay_tagging(late: float = LATE, haunting: float = HAUNTING, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let the tagging API list changes `late` seconds of sandbox time later, and the dead for `haunting` seconds."""
    _delays(account_id).late, _delays(account_id).haunting = late, haunting


def _type(arn: str) -> str:
    """`service:type`, as ResourceTypeFilters spell it, out of an ARN."""
    parts = arn.split(":")
    if parts[2] == "s3":
        return "s3:bucket"
    if parts[2] == "codepipeline":
        return "codepipeline:webhook" if parts[5] == "webhook" else "codepipeline:pipeline"
    return f"{parts[2]}:{parts[5].split('/')[0]}"


def _living(account_id: str, region: str, of: frozenset[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every taggable resource that a service of these has, as moto knows it, and those that moto leaves out here.

    With the service that has it, as moto calls it; no services stand for all. A flow log's ARN is as in the Service
    Authorization Reference.
    """
    for backend in iter_taggable_backends(account_id, region):
        service = _package(backend)
        if not of or service in of:
            for resource in backend.iter_tagged_resources():
                if ":network-interface/" not in resource.arn:  # a service's interfaces carry no tags
                    yield service, resource.arn.replace(":flow-logs/", ":vpc-flow-log/"), resource.tags
    for service, more in _LEFT_OUT.items():
        if not of or service in of:
            for arn, tags in more(account_id, region):
                yield service, arn, tags


def _package(one: object) -> str:
    """What moto calls the service of a backend, or of what answers for it."""
    return type(one).__module__.split(".")[1]


def _of_elbv2(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    elb = elbv2_backends[account_id][region]
    for balancer in elb.load_balancers.values():
        for listener in balancer.listeners.values():
            yield listener.arn, elb.tagging_service.get_tag_dict_for_resource(listener.arn)
            for rule in listener.rules.values():
                yield rule.arn, elb.tagging_service.get_tag_dict_for_resource(rule.arn)


def _of_autoscaling(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    if region in applicationautoscaling_backends[account_id]:  # not every region has it
        yield from tags_of_targets(applicationautoscaling_backends[account_id][region])


def _of_ecr(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    ecr = ecr_backends[account_id][region]
    for repository in ecr.repositories.values():
        yield repository.arn, ecr.tagger.get_tag_dict_for_resource(repository.arn)


def _of_events(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    events = events_backends[account_id][region]
    for rule in events.event_buses["default"].rules.values():
        yield rule.arn, events.tagger.get_tag_dict_for_resource(rule.arn)


def _of_scheduler(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    if region in scheduler_backends[account_id]:  # not every region has it
        schedules = scheduler_backends[account_id][region]
        for group in schedules.schedule_groups.values():
            yield group.arn, schedules.tagger.get_tag_dict_for_resource(group.arn)


def _of_route53(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    if region == "us-east-1":  # global services are listed there
        zones = route53_backends[account_id]["aws"]
        for ident in zones.zones:
            yield f"arn:aws:route53:::hostedzone/{ident}", zones.list_tags_for_resource(ident)


def _of_ec2(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    ec2 = ec2_backends[account_id][region]
    rules = [
        rule.id
        for groups in ec2.groups.values()
        for group in groups.values()
        for rule in (*group.ingress_rules, *group.egress_rules)
    ]
    left_out: dict[str, list[Any]] = {
        "elastic-ip": [address.allocation_id for address in ec2.addresses],
        "vpc-endpoint": list(ec2.vpc_end_points),
        "security-group-rule": rules,
    }
    for kind, idents in left_out.items():
        for ident in idents:
            yield f"arn:{ec2.partition}:ec2:{region}:{account_id}:{kind}/{ident}", dict(ec2.tags.get(ident, {}))


def _of_codebuild(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    if region in codebuild_backends[account_id]:  # not every region has it
        for project in codebuild_backends[account_id][region].codebuild_projects.values():
            metadata: Any = project.project_metadata
            yield metadata["arn"], {tag["key"]: tag["value"] for tag in metadata.get("tags") or []}


def _of_codepipeline(account_id: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    if region in codepipeline_backends[account_id]:  # likewise
        pipelines: Any = codepipeline_backends[account_id][region]
        for pipeline in pipelines.pipelines.values():
            yield pipeline._arn, dict(pipeline.tags)
        for webhook in webhooks(pipelines).values():
            yield webhook.arn, dict(webhook.tags)


_LEFT_OUT: dict[str, Callable[[str, str], Iterator[tuple[str, dict[str, str]]]]] = {
    "ec2": _of_ec2,
    "elbv2": _of_elbv2,
    "applicationautoscaling": _of_autoscaling,
    "ecr": _of_ecr,
    "codebuild": _of_codebuild,
    "codepipeline": _of_codepipeline,
    "events": _of_events,
    "scheduler": _of_scheduler,
    "route53": _of_route53,
}


def _census(account_id: str, region: str, of: frozenset[str] = frozenset()) -> dict[tuple[str, str], _Past]:
    """Note what has come, changed and gone since the last time: with these services alone, if some are named.

    With ECS in any case, if time has passed.
    """
    memory = overlay.memory(resourcegroupstaggingapi_backends[account_id][region], _Memory)
    pasts, now = memory.pasts, clock.now()
    if of and memory.read != now:
        of |= {"ecs"}
    if not of or "ecs" in of:
        memory.read = now
    living = {(service, arn): tags for service, arn, tags in _living(account_id, region, of)}
    for which, tags in living.items():
        past = pasts.get(which)
        if past is None and tags:
            pasts[which] = past = _Past()
        if past is not None and (past.died is not None or not past.tags or past.tags[-1][1] != tags):
            past.tags.append((now, dict(tags)))
            past.died = None
    for which in pasts.keys() - living.keys():
        if pasts[which].died is None and (not of or which[0] in of):
            pasts[which].died = now
    return pasts


@overlay.wraps(BaseResponse)
def _dispatch(original: Any, self: BaseResponse, *args: Any, **kwargs: Any) -> Any:
    """After each call that may have changed something, see what has."""
    answer = original(*args, **kwargs)
    regional = self.service_name not in _GLOBAL and self.region in ec2_backends[self.current_account].regions
    if regional and not _READS.match(self._get_action() or "Get"):
        _census(self.current_account, self.region, _changed_by(self))
    return answer


def _changed_by(response: BaseResponse) -> frozenset[str]:
    """The services of which a call to one may have changed something; Route 53's own calls are not heard of."""
    service = _package(response)
    anything = service == "resourcegroupstaggingapi" or not type(response).__module__.startswith("moto.")
    return frozenset() if anything else frozenset({service, "route53"})


@overlay.wraps(S3Response)
def bucket_response(original: Any, self: S3Response, request: Any, *args: Any, **kwargs: Any) -> Any:
    """The same for buckets, which moto serves by another door."""
    answer = original(request, *args, **kwargs)
    if request.method in ("PUT", "DELETE"):
        _census(self.current_account, self.region, _changed_by(self))
    return answer


def _visible(past: _Past, late: float, haunting: float) -> dict[str, str] | None:
    """The tags that the service shows of the resource now, None while it does not show it."""
    now = clock.now()
    if past.died is not None and now - past.died >= haunting:
        return None
    heard = [tags for since, tags in past.tags if now - since >= late]
    return heard[-1] if heard else None


@overlay.wraps(ResourceGroupsTaggingAPIBackend)
def _get_resources_generator(
    original: Any,  # noqa: ARG001 - it shows how things are
    self: ResourceGroupsTaggingAPIBackend,
    tag_filters: list[dict[str, Any]] | None = None,
    resource_type_filters: list[str] | None = None,
    resource_arn_list: list[str] | None = None,
) -> Iterator[TaggedResource]:
    """List what the service has heard of, dead or alive."""
    delays, matches, found = _delays(self.account_id), make_tag_matcher(tag_filters), []
    for (_, arn), past in _census(self.account_id, self.region_name).items():
        tags = _visible(past, delays.late, delays.haunting)
        if tags is None or not matches(tags) or not match_resource_type(_type(arn), resource_type_filters):
            continue
        if not resource_arn_list or arn in resource_arn_list:
            found.append(TaggedResource(arn=arn, tags=tags, resource_type=_type(arn)))
    return iter(found)
