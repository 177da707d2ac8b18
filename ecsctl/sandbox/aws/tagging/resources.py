"""Every resource that has tags, including those that moto leaves out."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.codebuild.models import codebuild_backends
from moto.codepipeline.models import codepipeline_backends
from moto.core.resource_tagging import iter_taggable_backends
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.elbv2.models import elbv2_backends
from moto.events.models import events_backends
from moto.route53.models import route53_backends
from moto.scheduler.models import scheduler_backends

from ecsctl.sandbox.aws.autoscaling import tags_of_targets
from ecsctl.sandbox.aws.codepipeline.webhooks import webhooks


def taggable(account_id: str, region: str, of: frozenset[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """All taggable resources of these services (of all, if none is named): service, ARN and tags.

    Services have moto's names. A flow log's ARN has the form of the Service Authorization Reference.
    """
    for backend in iter_taggable_backends(account_id, region):
        service = package(backend)
        if not of or service in of:
            for resource in backend.iter_tagged_resources():
                if ":network-interface/" not in resource.arn:  # a service's interfaces carry no tags
                    yield service, resource.arn.replace(":flow-logs/", ":vpc-flow-log/"), resource.tags
    for service, more in _LEFT_OUT.items():
        if not of or service in of:
            for arn, tags in more(account_id, region):
                yield service, arn, tags


def package(one: object) -> str:
    """moto's name for the service of a backend or response."""
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
    if region == "us-east-1":  # where global services are listed
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
