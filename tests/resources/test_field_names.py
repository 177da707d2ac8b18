"""A field of a resource is called as the AWS API calls what it is sent or shown as; `_id`, `_arn`, `_name` may lack."""

from __future__ import annotations

import functools
import gzip
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import botocore

from ecsctl.engine.resource import AnyResource
from ecsctl.resources import kinds

ENDINGS = ("", "s", "_id", "_ids", "_arn", "_arns", "_name", "_names")
CLIENTS = {"autoscaling": "application-autoscaling"}  # where the SDK calls the service otherwise
BY_SUPPORT = {  # kinds whose calls are in `resources/support` alone
    "validation-record": ("acm", "route53"),
    "issued-certificate": ("acm", "route53"),
    "borrowed-certificate": ("acm",),
    "connection": ("codeconnections",),
    "rule": ("events",),
    "build-rule": ("events",),
}
OTHERWISE: Mapping[str, str] = {
    "the key of an attribute, a log option or a dimension, whose names are no members": """
        vpc.dns_hostnames load-balancer.idle_timeout load-balancer.http2 load-balancer.drop_invalid_header_fields
        load-balancer.deletion_protection target-group.deregistration_delay target-group.slow_start
        target-group.stickiness target-group.lb_cookie_duration_seconds task-definition.log_mode
        task-definition.log_max_buffer_size topic.kms_master_key topic.policy alarm.load_balancer alarm.target_group
        build-project.log_group cluster.container_insights""",
    "one of two or more values of a member, as yes or no or as its own field": """
        schedule.enabled rule.enabled build-rule.enabled listener.forward listener.redirect security-group.ingress""",
    "a prefix is left out that the API gives to several members, or a suffix that says the form": """
        role.assume_role_policy schedule.timezone rule.pattern build-rule.pattern bucket.public_access_block
        log-bucket.public_access_block bucket.expiration_days log-bucket.expiration_days
        bucket.abort_incomplete_multipart_upload_days log-bucket.abort_incomplete_multipart_upload_days
        build-project.role build-project.source_auth listener-rule.host_header listener-rule.redirect_host
        dns-record.alias_dns_name dns-record.alias_zone signing-rule.profile schedule.family schedule.task_group
        schedule.overrides""",
    "another resource, called by its kind, which is part of an id, a label or a target": """
        dns-record.zone build-project.repository image.repository
        backlog-alarm.target scaling.cluster scaling.service scaling.load_balancer scaling.target_group scaling.queue
        backlog-alarm.queue schedule.cluster rule.topic rule.webhook build-rule.project
        pipeline-webhook.repository pipeline.release""",
    "the ARN itself, of something that is only used": "borrowed-certificate.arn connection.arn",
    "the statements of a policy, as one yes or no or as a list": """
        role.statements bucket.tls_only log-bucket.tls_only log-bucket.delivery file-system.encrypted_only""",
    "a target value of one of several policies": """
        scaling.cpu_percent scaling.memory_percent scaling.requests scaling.messages scaling.resolution
        scaling.container_insights backlog-alarm.container_insights""",
    "several members or resources as one value": """
        borrowed-vpc.balancer_subnets borrowed-vpc.task_subnets topic.emails rule.message build-rule.variables
        task-definition.sidecars service.early_success service.pause pipeline.deploys pipeline.tests pipeline.approvals
        pipeline.build pipeline.source
        load-balancer.more target-group.more listener.more build-project.more task-definition.more service.more""",
    "what follows from several members, and is checked": """
        vpc.default_group_closed shifting-rule.first task-definition.usable service.settled service.above_minimum
        backlog-alarm.starts pipeline.exact pipeline.first_run pipeline-webhook.registered build-project.webhook_branch
        listener.beside""",
    "only the order of creation": """
        load-balancer.internet_gateway cluster.logs service.files release.files build-project.credentials""",
    "not on AWS: what the first image is made from, and stands in for it": "image.uri image.placeholder",
}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@functools.cache
def members(service: str) -> frozenset[str]:
    """The members of all shapes of a service, by the text of botocore's model: to parse it takes far longer."""
    [*_, path] = sorted((Path(botocore.__file__).parent / "data" / service).glob("*/service-2.json.gz"))
    names = re.findall(rb'"(\w+)":\s*\{\s*"shape":', gzip.decompress(path.read_bytes()))
    return frozenset(snake(name.decode()) for name in set(names)) - {"input", "output", "member", "key", "value"}


def services(kind: type[AnyResource]) -> set[str]:
    text = Path(str(sys.modules[kind.__module__].__file__)).read_text("utf-8")
    called = set(re.findall(r"\baws\.(\w+)\.\w+\(|\baws\.\w+\(\s*aws\.(\w+)\.", text))
    return {CLIENTS.get(name, name) for pair in called for name in pair if name} | {*BY_SUPPORT.get(kind.kind, ())}


def test_fields_are_called_as_members_of_the_api_or_there_is_a_reason() -> None:
    excused = {name for names in OTHERWISE.values() for name in names.split()}
    otherwise = set()
    for kind in kinds():
        known = frozenset().union(*map(members, services(kind)))
        otherwise |= {
            f"{kind.kind}.{one.name}"
            for one in fields(kind)
            if one.compare and not any(one.name + ending in known for ending in ENDINGS)
        }
    assert otherwise == excused
