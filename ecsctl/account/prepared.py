"""What the user has prepared and ecsctl.toml names: examined by reads alone, before the first change.

The network and the certificate are resources that are only used, and examine themselves. What cannot be known from
here (a secret of another account that only the tasks may read) is taken to be right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.account import delegation
from ecsctl.app_rights import app_rights, mounting
from ecsctl.config.places import queues
from ecsctl.config.tree import dotted
from ecsctl.engine.errors import DENIED, code, is_gone
from ecsctl.engine.label import APP, flat
from ecsctl.engine.plan import Step, Verb
from ecsctl.engine.refusals import HEAD
from ecsctl.names import Names
from ecsctl.resources.support import ecr, log_delivery
from ecsctl.resources.support.common import none_if_gone, where
from ecsctl.resources.support.ecs import service_of
from ecsctl.resources.support.policy_document import lacking, lets_in, lets_put
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label
    from ecsctl.resources.support.policy_document import Statement

NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")  # the SDK's code, and the model's
CURRENT = "AWSCURRENT"  # the version of a secret that is meant where none is named


def examine(aws: Aws, config: Config, me: Label) -> tuple[Step, ...]:
    """What of it does not exist, is elsewhere or of no use, each as a step that cannot be taken."""
    from ecsctl.account.prepared_volumes import examined

    checks: list[Callable[[], Iterator[Step]]] = [
        lambda: _boundary(aws, config, me),
        *(partial(_image, aws, key, image) for key, image in _images(config)),
        *(partial(_secret, aws, me, key, arn) for key, arn in config.task_secrets.items()),
        *(partial(_secret, aws, me, key, arn) for key, arn in _of_builds(config)),
        lambda: _policies(aws, config, me),
        lambda: _groups(aws, config),
        lambda: _task_groups(aws, config, me),
        lambda: _topic(aws, config, me),
        lambda: _alarms(aws, config, me),
        *(partial(examined, aws, config, me, name) for name, one in config.volumes.items() if one.file_system),
        lambda: _log_bucket(aws, config, me),
        lambda: _web_acl(aws, config, me),
        *(partial(_queue, aws, me, key, arn) for key, arn in queues(config).items()),
    ]
    if config.silent:
        checks.append(lambda: _web(aws, me))
    with ThreadPoolExecutor(len(checks)) as pool:
        return tuple(step for found in pool.map(lambda check: list(check()), checks) for step in found)


def unfit(title: str, name: str, reason: str, hint: str) -> Step:
    """A thing that stands in the way of the whole plan. `name` is its key in ecsctl.toml."""
    return Step(name, "prepared", title, Verb.REFUSE, reason=reason, hint=hint, borrowed=True)


def _web(aws: Aws, me: Label) -> Iterator[Step]:
    """A web that runs, and would be removed because of a missing table: the first worker is no reason for that."""
    names = Names.of(me)
    found = service_of(aws, names.cluster, names.service)
    if found and found["status"] == "ACTIVE" and flat(found.get("tags")).get(APP) == me.app:
        yield unfit(
            "ECS service",
            "service",
            f"the service {names.service} runs behind a load balancer, and there is no [service] in ecsctl.toml",
            "write [service] for it; or, to have it removed, web = false in [service]",
        )


def _boundary(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """A managed policy must exist for IAM. One of another place has been refused by its ARN."""
    arn = config.permissions_boundary or ""
    if arn.split(":")[1:2] != [me.partition] or arn.split(":")[4] not in (me.account, "aws"):
        return
    answer = none_if_gone(lambda: aws.read(aws.iam.get_policy, PolicyArn=arn))
    if answer is None:
        yield unfit("policy", "permissions_boundary", f"there is no policy {arn}",
                    "make it, or correct permissions_boundary")  # fmt: skip
    elif answer["Policy"].get("IsAttachable") is False:
        yield unfit("policy", "permissions_boundary", f"{arn} cannot be attached to roles", "name another policy")


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


def _policies(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """Managed policies for the app's role, which must exist and fit a role."""
    for path, arn in config.managed_policies.items():
        if arn.split(":")[1] != me.partition or arn.split(":")[4] not in (me.account, "aws"):
            continue  # refused by its ARN
        answer = none_if_gone(lambda arn=arn: aws.read(aws.iam.get_policy, PolicyArn=arn))  # type: ignore[misc]  # mypy cannot type a lambda's default
        key = dotted(path)
        if answer is None:
            yield unfit("policy", key, f"there is no policy {arn}", "make it, or fix its ARN in ecsctl.toml")
        elif answer["Policy"].get("IsAttachable") is False:
            yield unfit("policy", key, f"{arn} cannot be attached to roles", "name another policy")


def forbidden(aws: Aws, config: Config, me: Label) -> tuple[str, ...]:
    """Rights of the app that the permissions boundary takes away again, in sentences: IAM takes them without a word.

    Where the boundary may not be read, nothing is said.
    """
    arn = config.permissions_boundary
    rights = dict(_rights_of_the_app(config, Scope.of(me, Names.of(me))))
    if not arn or not rights:
        return ()
    try:
        version = aws.read(aws.iam.get_policy, PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = aws.read(aws.iam.get_policy_version, PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except Exception as error:
        if code(error) in DENIED or is_gone(error):
            return ()
        raise
    return tuple(
        f"{key}: {', '.join(missing)} is not allowed by the permissions boundary {arn}, so the app cannot do it"
        for key, statements in rights.items()
        if (missing := lacking(document, statements))
    )


def _rights_of_the_app(config: Config, scope: Scope) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    """What the app's role is allowed, by the key that says so. The id of a file system to be made is not known yet."""
    for path, one in config.permissions.items():
        yield dotted(path), app_rights(scope, [one])
    for name, said in config.volumes.items():
        arn = scope.arn("elasticfilesystem", f"file-system/{said.file_system or '*'}")
        root = not said.file_system and said.uid == 0
        yield f"volumes.{name}", (mounting(arn, "", read_only=said.read_only, root=root),)


def _topic(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """The user's own topic, into which EventBridge must get: a message that it may not publish is lost unsaid."""
    arn = (config.notify.topic if config.notify else "") or ""
    if arn.split(":")[1:5] != [me.partition, "sns", me.region, me.account]:
        return  # there is none, or it has been refused by its ARN
    answer = none_if_gone(lambda: aws.read(aws.sns.get_topic_attributes, TopicArn=arn))
    if answer is None:
        yield unfit("topic", "notify.topic", f"there is no topic {arn}",
                    "make it (aws sns create-topic), or fix its ARN in ecsctl.toml")  # fmt: skip
    elif not lets_in(answer["Attributes"].get("Policy", "{}"), "events.amazonaws.com", "sns:Publish"):
        statement = f'"Principal": {{"Service": "events.amazonaws.com"}}, "Action": "sns:Publish", "Resource": "{arn}"'
        yield unfit("topic", "notify.topic", f"the policy of {arn} does not let EventBridge publish",
                    f'add to its policy the statement {{"Effect": "Allow", {statement}}}')  # fmt: skip


def _alarms(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """The user's own alarms: one that does not exist never rings, and ECS does not say so."""
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
    """A queue whose backlog is followed: of one that does not exist no metric ever has a value."""
    if arn.split(":")[1:5] != [me.partition, "sqs", me.region, me.account]:
        return  # it has been refused by its ARN
    try:
        aws.read(aws.sqs.get_queue_url, QueueName=arn.rpartition(":")[2])
    except Exception as error:
        if code(error) not in NO_QUEUE:
            raise
        yield unfit("queue", key, f"there is no queue {arn}",
                    "make it (aws sqs create-queue), or fix its ARN in ecsctl.toml")  # fmt: skip


def _log_bucket(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """The user's own bucket of access logs, of which ELB asks much. One that may not be read is not refused."""
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
    elif not any(lets_put(stated["Policy"] if stated else "{}", who, folder) for who in writers):
        statement = {"Effect": "Allow", "Principal": writers[0], "Action": "s3:PutObject", "Resource": folder}
        yield unfit("bucket", key, f"the policy of {name} does not let the load balancer write",
                    f"add to its policy the statement {json.dumps(statement)}")  # fmt: skip


def _web_acl(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """The user's own web ACL."""
    arn = config.load_balancer.waf or ""
    if arn.split(":")[1:5] != [me.partition, "wafv2", me.region, me.account]:
        return  # there is none, or it has been refused by its ARN
    name, ident = arn.split("/")[-2:]
    if none_if_gone(lambda: aws.read(aws.wafv2.get_web_acl, Name=name, Scope="REGIONAL", Id=ident)) is None:
        yield unfit("web ACL", "load_balancer.waf", f"there is no web ACL {arn}",
                    "make it (aws wafv2 create-web-acl --scope REGIONAL), or fix its ARN in ecsctl.toml")  # fmt: skip


def _secret(aws: Aws, me: Label, key: str, arn: str) -> Iterator[Step]:
    """A secret or parameter that the tasks read when they start, or a build. Its value is not read here."""
    _, partition, service, region, account, *rest = arn.split(":")
    if partition != me.partition:
        return
    place = aws.elsewhere(region)
    title = "secret" if service == "secretsmanager" else "parameter"
    try:
        if service == "ssm":
            wrong = _parameter(place, rest[0].removeprefix("parameter/"), arn)
        else:
            wrong = _version(place, ":".join(arn.split(":")[:7]), *(*rest[2:], "", "", "")[1:3])
    except Exception as error:
        if account != me.account and code(error) in DENIED:
            return  # its policy may let in the tasks alone
        raise
    if wrong:
        yield unfit(title, key, *wrong)


def _version(aws: Aws, arn: str, stage: str, version: str) -> tuple[str, str] | None:
    """What is wrong with a secret, and what to do."""
    found = none_if_gone(lambda: aws.read(aws.secretsmanager.describe_secret, SecretId=arn))
    region = arn.split(":")[3]
    if found is None:
        return f"there is no secret {arn}", "make it (aws secretsmanager create-secret), or fix its ARN in ecsctl.toml"
    if found.get("DeletedDate"):
        return (f"{arn} is scheduled for deletion",
                f"aws secretsmanager restore-secret --region {region} --secret-id {arn}")  # fmt: skip
    versions = found.get("VersionIdsToStages") or {}
    if not versions:
        return (f"{arn} has no value yet", f"aws secretsmanager put-secret-value --region {region} --secret-id {arn} "
                "--secret-string file://FILE")  # fmt: skip
    if version and version not in versions:
        return f"{arn} has no version {version}", "fix the version in ecsctl.toml, or leave it out"
    wanted = stage or ("" if version else CURRENT)
    stages = versions[version] if version else [one for held in versions.values() for one in held]
    if wanted and wanted not in stages:
        return f"{arn} has no version in the stage {wanted}", "fix the stage in ecsctl.toml, or leave it out"
    return None


def _parameter(aws: Aws, name: str, arn: str) -> tuple[str, str] | None:
    """The same of a parameter. One of a name without a path has no `/` at its beginning, or one."""
    names = [f"/{name}"] if "/" in name else [name, f"/{name}"]
    filters = [{"Key": "Name", "Option": "Equals", "Values": names}]
    if aws.read(aws.ssm.describe_parameters, ParameterFilters=filters)["Parameters"]:
        return None
    return f"there is no parameter {arn}", "make it (aws ssm put-parameter), or fix its ARN in ecsctl.toml"


def _images(config: Config) -> Iterator[tuple[str, str]]:
    """The images that are named, by their keys: the one that builds run in, where there are builds; the sidecars'."""
    if config.github and config.pipeline.mode != "none":
        yield "build.image", config.build.image or ""
    yield from ((f"sidecars.{name}.image", one.image) for name, one in config.sidecars.items())


def _image(aws: Aws, key: str, image: str) -> Iterator[Step]:
    """An image in ECR is read; of another registry nothing is known. One that may not be read is not refused."""
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


def _of_builds(config: Config) -> Iterator[tuple[str, str]]:
    """What builds read, where there are any."""
    if config.github and config.pipeline.mode != "none":
        yield from config.build.named_secrets()


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
    """Whether the world is led to each name's zone, and whether Amazon may issue a certificate for it.

    `held` are the zones by name. What is wrong with the zone of several names is reported once.
    """
    reported: set[tuple[str, str]] = set()
    ours = config.domain is None or not config.domain.certificate_arn
    for name, zone in held.items():
        if delegation.proven(aws, zone, name, me):
            continue
        for wrong in delegation.unfit(aws, zone, name, certificate=ours):
            if wrong not in reported:
                reported.add(wrong)
                yield unfit("hosted zone", "domain.hosted_zone", *wrong)
