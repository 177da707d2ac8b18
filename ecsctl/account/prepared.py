"""Checks what the user has prepared and ecsctl.toml names, by reads alone, before the first change.

An existing network or certificate is a resource that is only used, and checks itself. What cannot be known from here (a
secret of another account that only the tasks may read) is assumed to be right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.account import delegation, encryption_key, prepared_rights, prepared_secrets
from ecsctl.account.prepared_volumes import examined
from ecsctl.account.unfit import unfit
from ecsctl.aws.codes import DENIED, code
from ecsctl.aws.refusals import HEAD
from ecsctl.config.checks import queues
from ecsctl.engine.label import APP, flat
from ecsctl.engine.plan import Step
from ecsctl.names import Names
from ecsctl.resources.support import ecr, log_delivery
from ecsctl.resources.support.common import none_if_gone, where
from ecsctl.resources.support.ecs import service_of
from ecsctl.resources.support.policy_document import allows, allows_put

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label

NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")  # the SDK's code, and the model's


def examine(aws: Aws, config: Config, me: Label) -> tuple[Step, ...]:
    """Whatever does not exist, is elsewhere or unusable, each as a step that cannot be carried out."""
    checks: list[Callable[[], Iterator[Step]]] = [
        lambda: prepared_rights.boundary(aws, config, me),
        *(partial(_image, aws, key, image) for key, image in _images(config)),
        *(partial(prepared_secrets.secret, aws, me, key, arn) for key, arn in config.task_secrets.items()),
        *(partial(prepared_secrets.secret, aws, me, key, arn) for key, arn in prepared_secrets.of_builds(config)),
        lambda: prepared_rights.policies(aws, config, me),
        lambda: encryption_key.examined(aws, config, me),
        lambda: _groups(aws, config),
        lambda: _task_groups(aws, config, me),
        lambda: _topic(aws, config, me),
        lambda: _alarms(aws, config, me),
        *(partial(examined, aws, config, me, name) for name, one in config.volumes.items() if one.file_system),
        lambda: _log_bucket(aws, config, me),
        lambda: _web_acl(aws, config, me),
        *(partial(_queue, aws, me, key, arn) for key, arn in queues(config).items()),
    ]
    if config.leaves_out_web:
        checks.append(lambda: _web(aws, me))
    with ThreadPoolExecutor(len(checks)) as pool:
        return tuple(step for found in pool.map(lambda check: list(check()), checks) for step in found)


def _web(aws: Aws, me: Label) -> Iterator[Step]:
    """A running web that would be removed because its table is missing: adding the first worker is no reason for
    that.
    """
    names = Names.of(me)
    found = service_of(aws, names.cluster, names.service)
    if found and found["status"] == "ACTIVE" and flat(found.get("tags")).get(APP) == me.app:
        yield unfit(
            "ECS service",
            "service",
            f"the service {names.service} runs behind a load balancer, and there is no [service] in ecsctl.toml",
            "write [service] for it; or, to have it removed, web = false in [service]",
        )


def _task_groups(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """Further security groups of the tasks, which must be of the tasks' own VPC (ECS API, AwsVpcConfiguration)."""
    for number, group in enumerate(config.service.security_groups):
        key = f"service.security_groups[{number}]"
        answer = none_if_gone(lambda group=group: aws.read(aws.ec2.describe_security_groups, GroupIds=[group]))  # type: ignore[misc]  # mypy cannot type a lambda's default
        if answer is None or not answer["SecurityGroups"]:
            yield unfit("security group", key, f"there is no security group {group}", "fix its id in ecsctl.toml")
            continue
        vpc = answer["SecurityGroups"][0].get("VpcId", "")
        tags = flat(aws.read(aws.ec2.describe_vpcs, VpcIds=[vpc])["Vpcs"][0].get("Tags"))
        if config.vpc.id and vpc != config.vpc.id:
            yield unfit("security group", key, f"{group} is of {vpc}, expected one of {config.vpc.id}",
                        "name a group of the VPC that the tasks run in")  # fmt: skip
        elif not config.vpc.id and tags.get(APP) != me.app:
            yield unfit("security group", key, f"{group} is of {vpc}, expected one of the VPC that is made for the app",
                        "name a group of that VPC, or run the app in the other one with vpc.id")  # fmt: skip


def _topic(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """The user's own topic, to which EventBridge must be allowed to publish: otherwise messages are lost silently."""
    arn = (config.notify.topic if config.notify else "") or ""
    if arn.split(":")[1:5] != [me.partition, "sns", me.region, me.account]:
        return  # there is none, or its ARN was refused already
    answer = none_if_gone(lambda: aws.read(aws.sns.get_topic_attributes, TopicArn=arn))
    if answer is None:
        yield unfit("topic", "notify.topic", f"there is no topic {arn}",
                    "make it (aws sns create-topic), or fix its ARN in ecsctl.toml")  # fmt: skip
    elif not allows(answer["Attributes"].get("Policy", "{}"), "events.amazonaws.com", "sns:Publish"):
        statement = f'"Principal": {{"Service": "events.amazonaws.com"}}, "Action": "sns:Publish", "Resource": "{arn}"'
        yield unfit("topic", "notify.topic", f"the policy of {arn} does not let EventBridge publish",
                    f'add to its policy the statement {{"Effect": "Allow", {statement}}}')  # fmt: skip


def _alarms(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """The user's own alarms: one that does not exist never goes off, and ECS does not say so."""
    names = config.deployment.alarms.names if config.deployment.alarms else ()
    if not names:
        return
    kinds = ["MetricAlarm", "CompositeAlarm"]
    answer = aws.read(aws.cloudwatch.describe_alarms, AlarmNames=list(names), AlarmTypes=kinds)
    found = {one["AlarmName"] for kind in kinds for one in answer.get(f"{kind}s", ())}
    for name in names:
        if name not in found:
            yield unfit("alarm", "deployment.alarms.names", f"there is no alarm {name} in {me.region}",
                        "make it (aws cloudwatch put-metric-alarm), or fix its name in ecsctl.toml")  # fmt: skip


def _queue(aws: Aws, me: Label, key: str, arn: str) -> Iterator[Step]:
    """A queue whose backlog is followed: for one that does not exist no metric ever has a value."""
    if arn.split(":")[1:5] != [me.partition, "sqs", me.region, me.account]:
        return  # its ARN was refused already
    try:
        aws.read(aws.sqs.get_queue_url, QueueName=arn.rpartition(":")[2])
    except Exception as error:
        if code(error) not in NO_QUEUE:
            raise
        yield unfit("queue", key, f"there is no queue {arn}",
                    "make it (aws sqs create-queue), or fix its ARN in ecsctl.toml")  # fmt: skip


def _log_bucket(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """The user's own bucket for access logs, on which ELB sets many conditions. One that may not be read is not
    refused.
    """
    key, logs = "load_balancer.access_logs.bucket", config.load_balancer.access_logs
    if logs is None or not (name := logs.bucket):
        return
    try:
        answer = none_if_gone(lambda: aws.read(aws.s3.head_bucket, Bucket=name))
        stated = none_if_gone(lambda: aws.read(aws.s3.get_bucket_policy, Bucket=name))
        encrypts = none_if_gone(lambda: aws.read(aws.s3.get_bucket_encryption, Bucket=name))
    except Exception as error:
        if code(error) in {*DENIED, HEAD}:
            return
        raise
    rules = encrypts["ServerSideEncryptionConfiguration"]["Rules"] if encrypts else []
    algorithm = next(
        (said["SSEAlgorithm"] for one in rules if (said := one.get("ApplyServerSideEncryptionByDefault"))), "AES256"
    )
    folder = f"arn:{me.partition}:s3:::{name}/{log_delivery.where(logs.prefix, me.account)}/*"
    writers = [log_delivery.principal(me.region, me.partition), {"Service": log_delivery.SERVICE}]
    if answer is None:
        yield unfit("bucket", key, f"there is no bucket {name}",
                    "make it, or leave bucket out: ecsctl makes one for the app")  # fmt: skip
    elif (place := answer.get("BucketRegion", me.region)) != me.region:
        yield unfit("bucket", key, f"{name} is of {place}, expected one of {me.region}: a load balancer writes into "
                    "its own region alone", "name a bucket of that region")  # fmt: skip
    elif algorithm != "AES256":
        yield unfit("bucket", key, f"{name} encrypts with {algorithm}, expected AES256: a load balancer cannot write "
                    "with another", "set its default encryption to SSE-S3, or name another bucket")  # fmt: skip
    elif not any(allows_put(stated["Policy"] if stated else "{}", who, folder) for who in writers):
        statement = {"Effect": "Allow", "Principal": writers[0], "Action": "s3:PutObject", "Resource": folder}
        yield unfit("bucket", key, f"the policy of {name} does not let the load balancer write",
                    f"add to its policy the statement {json.dumps(statement)}")  # fmt: skip


def _web_acl(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """The user's own web ACL."""
    arn = config.load_balancer.waf or ""
    if arn.split(":")[1:5] != [me.partition, "wafv2", me.region, me.account]:
        return  # there is none, or its ARN was refused already
    name, ident = arn.split("/")[-2:]
    if none_if_gone(lambda: aws.read(aws.wafv2.get_web_acl, Name=name, Scope="REGIONAL", Id=ident)) is None:
        yield unfit("web ACL", "load_balancer.waf", f"there is no web ACL {arn}",
                    "make it (aws wafv2 create-web-acl --scope REGIONAL), or fix its ARN in ecsctl.toml")  # fmt: skip


def _images(config: Config) -> Iterator[tuple[str, str]]:
    """The images that are named, by their keys: the build image, if there are builds; the sidecars'."""
    if config.github and config.pipeline.mode != "none":
        yield "build.image", config.build.image or ""
    yield from ((f"sidecars.{name}.image", one.image) for name, one in config.sidecars.items())


def _image(aws: Aws, key: str, image: str) -> Iterator[Step]:
    """An image in ECR is read; nothing is known about other registries. One that may not be read is not refused."""
    named = ecr.Reference.of(image)
    if named is None:
        return
    place = aws.elsewhere(named.region)
    try:
        answer = none_if_gone(lambda: place.read(place.ecr.describe_images, registryId=named.account,
                                          repositoryName=named.repository))  # fmt: skip
    except Exception as error:
        if code(error) in DENIED:
            return
        raise
    if answer is None or named.among(answer["imageDetails"]) is None:
        yield unfit("image", key, f"there is no image {image}", f"push it, or fix {key}")


def _groups(aws: Aws, config: Config) -> Iterator[Step]:
    """The security groups that may connect."""
    named = {one for one in config.load_balancer.allow if one.startswith("sg-")}
    if not named:
        return
    listed = aws.read(aws.ec2.describe_security_groups, Filters=where(group_id=sorted(named)))["SecurityGroups"]
    for missing in sorted(named - {one["GroupId"] for one in listed}):
        yield unfit("security group", "load_balancer.allow", f"there is no security group {missing} here",
                    "fix its id in ecsctl.toml")  # fmt: skip


def domain(aws: Aws, config: Config, held: Mapping[str, str], me: Label) -> Iterator[Step]:
    """Whether each name's zone is delegated to, and whether Amazon may issue a certificate for it.

    `held` are the zones by name. A problem with a zone that serves several names is reported once.
    """
    reported: set[tuple[str, str]] = set()
    ours = config.domain is None or not config.domain.certificate_arn
    for name, zone in held.items():
        if delegation.has_worked_before(aws, zone, name, me):
            continue
        for wrong in delegation.unfit(aws, zone, name, certificate=ours, partition=me.partition):
            if wrong not in reported:
                reported.add(wrong)
                yield unfit("hosted zone", "domain.hosted_zone", *wrong)
