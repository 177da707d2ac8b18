"""The KMS key that ecsctl.toml names: which one it is, and whether the AWS services that encrypt with it may use it.

Some services find out only in the middle of a run (CreateLogGroup), others with every task or message: so the key's
policy is read before the first change, as far as it may be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.account.unfit import unfit
from ecsctl.aws import partitions
from ecsctl.aws.codes import DENIED, code
from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.policy_document import allows

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label
    from ecsctl.engine.plan import Step

LOG_CONTEXT = "kms:EncryptionContext:aws:logs:arn"
CLUSTER_CONTEXT = "kms:EncryptionContext:aws:ecs:cluster"


@dataclass(frozen=True)
class Need:
    """A permission that a service needs in the key's policy: what for, and AWS's own statement for it."""

    why: str
    statement: Mapping[str, Any]
    actions: tuple[str, ...]
    context: Mapping[str, str]

    @property
    def service(self) -> str:
        """The service, as policies name it."""
        return str(self.statement["Principal"]["Service"])

    def is_met_by(self, policy: str) -> bool:
        """Whether the key's policy allows all of it."""
        return all(allows(policy, self.service, action, self.context) for action in self.actions)


def facts_of(aws: Aws, config: Config) -> dict[str, str]:
    """The key's ARN, and the same for the tasks' storage, which takes no multi-Region key; empty where there is none.

    ECS API reference, ManagedStorageConfiguration: "The key must be a single Region key." All services are given the
    ARN: with an id CodeBuild would search the key in its own account (awsdocs/aws-cloudformation-user-guide#645), and
    logs takes nothing else (hashicorp/terraform#24194). Where the key is named by its ARN and may not be described, as
    that of another account, it is taken as it is. Raises Denied for an alias that may not be.
    """
    found = _described(aws, config) or {}
    arn = str(found.get("Arn", ""))
    return {"key": arn, "storage_key": "" if found.get("MultiRegion") else arn}


def examined(aws: Aws, config: Config, me: Label) -> Iterator[Step]:
    """A step for whatever is wrong with the key, and for the statements that its policy lacks."""
    named = config.kms_key
    if not named:
        return
    found = _described(aws, config)
    if found is None:
        yield unfit("KMS key", "kms_key", f"there is no key {named} in {me.region}",
                    "make it (aws kms create-key, aws kms create-alias), or fix it in ecsctl.toml")  # fmt: skip
        return
    if (state := found.get("KeyState", "Enabled")) != "Enabled":
        hint = "aws kms enable-key" if state == "Disabled" else "name a key that is enabled"
        yield unfit("KMS key", "kms_key", f"{named} is {state}, expected Enabled", hint)
        return
    if found.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        yield unfit("KMS key", "kms_key", f"{named} is {found['KeySpec']}, expected a symmetric one, for encryption",
                    "name one of the usual kind: aws kms create-key makes it")  # fmt: skip
        return
    policy = _policy(aws, str(found["Arn"]), me)
    reported = []
    for need in needs(config, me, storage=not found.get("MultiRegion")) if policy else ():
        if need.statement not in reported and not need.is_met_by(policy):
            reported.append(need.statement)
            yield unfit("KMS key", "kms_key", f"the policy of {named} does not let {need.service} {need.why}",
                        f"add to its policy the statement {json.dumps(need.statement)}")  # fmt: skip


def cautions(aws: Aws, config: Config, me: Label) -> tuple[str, ...]:
    """Warnings, in sentences, about what may be intended: a policy that names each role, and a key that Fargate does
    not take.
    """
    found = _described(aws, config) if config.kms_key else None
    if not found:
        return ()
    said = []
    if found.get("MultiRegion"):
        said.append("kms_key is a multi-Region key, which Fargate does not take: the tasks' own storage stays "
                    "encrypted with AWS's key")  # fmt: skip
    policy = _policy(aws, str(found["Arn"]), me)
    if policy and not allows(policy, me.account, "kms:Decrypt"):
        roles = f"arn:{me.partition}:iam::{me.account}:root"
        said.append(f"the policy of kms_key does not leave it to IAM who may use the key ({roles} is not allowed "
                    "kms:Decrypt): it must name the roles of the app itself, and whoever runs ecsctl")  # fmt: skip
    return tuple(said)


def needs(config: Config, me: Label, *, storage: bool) -> Iterator[Need]:
    """The permissions that the services need, each with the statement of its own guide.

    CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS Key Management Service"; ECS developer
    guide, "Create an encryption key for Fargate ephemeral storage"; SNS developer guide, "Key management", for events
    that AWS services publish.
    """
    names, dns = Names.of(me), partitions.suffix(me.partition)
    place = f"arn:{me.partition}:logs:{me.region}:{me.account}:log-group"
    groups = [names.app_logs, *([names.build_logs(names.project)] if config.github else [])]
    for group in groups:
        condition = {"ArnLike": {LOG_CONTEXT: f"{place}:*"}}
        actions = [f"kms:{one}*" for one in ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "Describe")]
        statement = _statement(f"logs.{me.region}.{dns}", actions, condition)
        used = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")
        yield Need(f"encrypt the log group {group}", statement, used, {LOG_CONTEXT.lower(): f"{place}:{group}"})
    if storage:
        whose = {f"{CLUSTER_CONTEXT}Account": me.account, f"{CLUSTER_CONTEXT}Name": names.cluster}
        grants = {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}
        more: tuple[tuple[str, Mapping[str, Any]], ...] = (
            ("GenerateDataKeyWithoutPlaintext", {}),
            ("CreateGrant", grants),
        )
        for action, granted in more:
            statement = _statement("fargate.amazonaws.com", [f"kms:{action}"], {"StringEquals": whose, **granted})
            context = {key.lower(): value for key, value in whose.items()}
            yield Need("encrypt the tasks' storage", statement, (f"kms:{action}",), context)
    if config.notify and config.notify.email:
        actions = ["kms:GenerateDataKey*", "kms:Decrypt"]
        statement = _statement("events.amazonaws.com", actions, {})
        yield Need("publish to the topic of notifications", statement, ("kms:GenerateDataKey", "kms:Decrypt"), {})


def _statement(service: str, actions: list[str], condition: Mapping[str, Any]) -> dict[str, Any]:
    said = {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions, "Resource": "*"}
    return {**said, **({"Condition": condition} if condition else {})}


def _described(aws: Aws, config: Config) -> Mapping[str, Any] | None:
    """KMS's description of the key: an empty mapping where none is named, None if it does not exist."""
    named = config.kms_key
    if not named:
        return {}
    try:
        answer = none_if_gone(partial(aws.read, aws.kms.describe_key, KeyId=named))
    except Exception as error:
        if ":key/" in named and code(error) in DENIED:
            return {"Arn": named}
        raise
    found: Mapping[str, Any] | None = answer["KeyMetadata"] if answer else None
    return found


def _policy(aws: Aws, arn: str, me: Label) -> str:
    """The key's policy; empty of a key of another account, whose policy nobody reads, and where it may not be read."""
    if arn.split(":")[4] != me.account:
        return ""
    try:
        return str(aws.read(aws.kms.get_key_policy, KeyId=arn, PolicyName="default")["Policy"])
    except Exception as error:
        if code(error) in DENIED:
            return ""
        raise
