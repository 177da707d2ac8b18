"""A KMS key of the user, with a policy that allows whoever needs it."""

from __future__ import annotations

import json
from typing import Any

from tests.stack.conftest import ACCOUNT, REGION, World

ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
    "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
    "Resource": "*",
    "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"}},
}
_CLUSTER = {"StringEquals": {"kms:EncryptionContext:aws:ecs:clusterAccount": ACCOUNT,
                             "kms:EncryptionContext:aws:ecs:clusterName": "hello"}}  # fmt: skip
FARGATE = {"Effect": "Allow", "Principal": {"Service": "fargate.amazonaws.com"}, "Resource": "*"}
DATA = {**FARGATE, "Action": "kms:GenerateDataKeyWithoutPlaintext", "Condition": _CLUSTER}
GRANTS = {**FARGATE, "Action": "kms:CreateGrant", "Condition": {
    **_CLUSTER, "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}}  # fmt: skip
EVENTS = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Resource": "*",
          "Action": ["kms:GenerateDataKey*", "kms:Decrypt"]}  # fmt: skip
ALL = (ROOT, LOGS, DATA, GRANTS, EVENTS)


def document(*statements: Any) -> str:
    """Return a key policy with these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def made_key(world: World, *statements: Any, **how: Any) -> str:
    """Create a key, alias/shop, with these statements or all that are needed, and return its ARN."""
    kms = world.boto("kms")
    made = kms.create_key(Policy=document(*(statements or ALL)), **how)["KeyMetadata"]
    kms.create_alias(AliasName="alias/shop", TargetKeyId=made["KeyId"])
    return str(made["Arn"])
