"""For each action that our policies allow, each condition key that AWS knows is used, or has a reason here.

condition_keys.txt holds AWS's facts (Service Authorization Reference, "Actions, resources, and condition keys"): each
action, the kinds of resources it can be held to, and its condition keys. `make pages` writes it. Of tags nothing need
be said where an action is allowed only on what the app's name, or its own whole name, says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ecsctl.resources.support.policy_document import Statement
from tests.ensure.test_policies import ALL, SCOPE

# Why a key is not used, by what the action and the key match together; the first that fits counts.
REASONS = {
    r"codebuild:(CreateProject|UpdateProject|StartBuild|CreateWebhook|UpdateWebhook) codebuild:.*":
        "the project's name is the app's; what is in it changes with ecsctl.toml, and what it may do is its role's",
    r"codebuild:ImportSourceCredentials .*": "an account has one token for GitHub: who may import it may import any",
    r"codeconnections:UseConnection|codestar-connections:UseConnection": "the repository is named in whole; its owner, "
        "its name, its branches and what GitHub is asked are of it",
    r"\S+ aws:TagKeys": "tags of the user's own choice may be beside ours",
    r"iam:\S+ iam:PermissionsBoundary": "what takes away, or says who may assume it, gives no right",
    r"iam:\S+ iam:RoleTemplateARN": "ecsctl makes roles of no template",
    r"iam:PassRole iam:AssociatedResourceArn": "the role is named, and the service; both are the app's",
    r"iam:DetachRolePolicy iam:PolicyARN": "whatever somebody has attached to the role goes with it",
    r"ec2:CreateTags ec2:.*": "tags are held to what bears ours or is being created; the other keys are of kinds that "
        "ecsctl never makes",
    r"ec2:\S+ (ec2:.*|aws:.*)": "held to the app's tag, in the request or on the thing; its shape is ecsctl.toml's",
    r"elasticloadbalancing:\S+ .*": "the ARN begins with the app's name; what is in it is ecsctl.toml's",
    r"acm:\S+ .*": "held to the app's tag where it changes something; without a DNS record it is of no use",
    r"application-autoscaling:\S+ .*": "IAM names targets by ids of AWS's own; it can do to a service only what the "
        "caller may do to it, and that is held to the app's",
    r"route53:ChangeResourceRecordSets route53:.*": "the names are what matters: all their types are the app's",
    r"servicequotas:\S+ .*": "each quota is named in whole, and only read",
    r"wafv2:Get\S+ .*": "read alone, and whose web ACL is before the app is not known beforehand",
    r"s3:\S+ .*": "the bucket is named in whole, and account and region are part of its name",
    r"secretsmanager:\S+ .*": "the secret is named in whole",
    r"kms:\S+ .*": "the key is the one that ecsctl.toml names, or a secret's",
    r"signer:\S+ .*": "the profile is named in whole, and whoever pushes takes its newest version",
    r"ssmmessages:\S+ .*": "opened by the agent in the task or the plugin, for whom ECS has begun the session",
    r"ssm:GetParameters .*": "each parameter is named in whole",
    r"ssm:StartSession .*": "only into tasks of the app's own cluster, and only by the two documents that are named",
    r"ssm:\S+ ssm:resourceTag/aws:ssmmessages:target-id": "whose a session is decides, and not what it leads into",
    r"cloudwatch:\S+ .*": "the alarm is named in whole, or begins as autoscaling names those of the app's service",
    r"(ecs|ecr|logs|iam|codepipeline|codeconnections|codestar-connections|codebuild):\S+ (\S+:ResourceTag/.*|aws:\S+)":
        "the ARN holds the app's own name, or is the one thing's that ecsctl.toml names",
    r"(events|sns):\S+ .*": "the app's own rules and topic are named in whole; what is in them is ecsctl.toml's",
    r"elasticfilesystem:Client\S+ .*": "file system and access point are named in whole",
    r"elasticfilesystem:\S+ .*": "held to the app's tag, in the request or on the thing; its shape is ecsctl.toml's",
    r"ecs:\S+ ecs:.*": "the ARN names the app's own cluster, service and family; their settings are ecsctl.toml's",
}  # fmt: skip

# What must be there, whatever reasons would fit: with each action, the keys by which it is held.
HELD = {
    "acm:DeleteCertificate": "aws:ResourceTag/${TagKey}",
    "acm:RequestCertificate": "aws:RequestTag/${TagKey}",
    "codeconnections:PassConnection": "codeconnections:PassedToService",
    "codeconnections:UseConnection": "codeconnections:FullRepositoryId",
    "codestar-connections:PassConnection": "codestar-connections:PassedToService",
    "codestar-connections:UseConnection": "codestar-connections:FullRepositoryId",
    "ec2:CreateTags": "ec2:CreateAction aws:ResourceTag/${TagKey}",
    "ec2:CreateVpc": "aws:RequestTag/${TagKey}",
    "ec2:DeleteVpc": "aws:ResourceTag/${TagKey}",
    "elasticfilesystem:ClientMount": "elasticfilesystem:AccessPointArn",
    "elasticfilesystem:CreateFileSystem": "aws:RequestTag/${TagKey}",
    "elasticfilesystem:DeleteFileSystem": "aws:ResourceTag/${TagKey}",
    "iam:AttachRolePolicy": "iam:PolicyARN iam:PermissionsBoundary",
    "iam:CreateRole": "iam:PermissionsBoundary",
    "iam:CreateServiceLinkedRole": "iam:AWSServiceName",
    "iam:PassRole": "iam:PassedToService",
    "iam:PutRolePermissionsBoundary": "iam:PermissionsBoundary",
    "iam:PutRolePolicy": "iam:PermissionsBoundary",
    "kms:CreateGrant": "kms:ViaService",
    "kms:RetireGrant": "kms:ViaService",
    "ssm:StartSession": "ssm:SessionDocumentAccessCheck",
    "ssm:TerminateSession": "ssm:resourceTag/aws:ssmmessages:session-id",
    "route53:ChangeResourceRecordSets": "route53:ChangeResourceRecordSetsNormalizedRecordNames",
}

# Why an action that can be held to resources is allowed on `*`.
ON_EVERYTHING = {
    "elasticfilesystem:DescribeAccessPoints": "of a file system that is only used, too; it changes nothing",
    "elasticfilesystem:DescribeFileSystems": "all are listed, for the app's are known by their tags alone",
    "elasticfilesystem:DescribeMountTargets": "of a file system that is only used, too; it changes nothing",
    "acm:AddTagsToCertificate": "the certificate has no ARN yet; the app's tag is demanded",
    "ec2:DescribeVpcAttribute": "of a borrowed VPC, too; it tells of DNS settings, and changes nothing",
    "ecs:ListTasks": "held to a cluster by a condition: its resource is a container instance, and Fargate has none",
}


# Why an action that the reference lists without resources is allowed on named ones.
ON_NAMED = {
    "elasticloadbalancing:SetWebAcl": 'WAF developer guide, "How AWS WAF works with IAM": on the load balancer',
    "ssmmessages:OpenDataChannel": 'Systems Manager user guide, "Sample IAM policies for Session Manager": on sessions',
}


@cache
def facts() -> dict[str, tuple[list[str], list[str]]]:
    """By action: the kinds of resources, and the condition keys."""
    rows = Path(__file__).with_name("condition_keys.txt").read_text().splitlines()
    parts = (row.split("|") for row in rows)
    return {action.strip(): (kinds.split(), keys.split()) for action, kinds, keys in parts}


def allowed() -> Iterator[tuple[str, str, Statement]]:
    for policy, statements in ALL.items():
        for statement in statements:
            for action in statement.actions:
                yield policy, action, statement


def used() -> dict[str, set[str]]:
    """By action: the condition keys that any statement with it uses, spelled as AWS's reference does."""
    found: dict[str, set[str]] = {}
    for _, action, statement in allowed():
        keys = {re.sub(r"((?:Request|Resource)Tag)/.*", r"\1/${TagKey}", one.key) for one in statement.conditions}
        found.setdefault(action, set()).update(keys)
    return found


def named() -> set[str]:
    """The actions that are allowed only on things with the app's name in their ARN, or named in whole."""
    on: dict[str, list[str]] = {}
    for _, action, statement in allowed():
        on.setdefault(action, []).extend(one.split(":", 5)[-1] for one in statement.resources)
    return {action for action, found in on.items() if all(SCOPE.names.app in one or "*" not in one for one in found)}


def of_tags(key: str) -> bool:
    return bool(re.fullmatch(r"aws:TagKeys|(aws:RequestTag|[\w-]+:ResourceTag)/\$\{TagKey\}", key))


def test_the_facts_of_each_action_are_here() -> None:
    missing = sorted({action for _, action, _ in allowed()} - facts().keys())
    assert missing == [], "condition_keys.txt has no line for these actions: make pages writes them"


def test_what_carries_a_name_that_aws_chooses_is_not_held_by_names() -> None:
    assert "ecs:DeleteService" in named()
    assert (
        not {"ec2:DeleteVpc", "acm:DeleteCertificate", "elasticfilesystem:DeleteFileSystem", "ecs:ListTasks"} & named()
    )


def test_each_condition_key_that_aws_knows_is_used_or_has_a_reason() -> None:
    by_name = named()
    unused = [(action, key) for action, keys in used().items() for key in facts().get(action, ([], []))[1]
              if key not in keys and not (action in by_name and of_tags(key))]  # fmt: skip
    open_ = [f"{action} {key}" for action, key in unused]
    assert [one for one in open_ if not any(re.match(pattern, one) for pattern in REASONS)] == []


def test_what_must_be_held_is_held() -> None:
    keys = used()
    assert {action: key for action, wanted in HELD.items() for key in wanted.split() if key not in keys[action]} == {}


def test_no_condition_asks_for_a_key_that_the_action_does_not_know() -> None:
    globally = ("aws:ResourceTag/", "aws:RequestTag/")
    unknown = {
        f"{action} {key}" for action, keys in used().items() for key in keys
        if key not in facts().get(action, ([], []))[1] and not key.startswith(globally)
    }  # fmt: skip
    twins = {f"{one} {two}" for one, two in _twins()}
    assert unknown - twins == set()


def _twins() -> Iterator[tuple[str, str]]:
    """A statement about a connection names both of its prefixes, and so each action also the other's key."""
    pairs = {"UseConnection": "FullRepositoryId", "PassConnection": "PassedToService"}
    for action, key in pairs.items():
        yield f"codeconnections:{action}", f"codestar-connections:{key}"
        yield f"codestar-connections:{action}", f"codeconnections:{key}"


def test_what_can_be_held_to_resources_is_not_allowed_on_all_of_them_without_a_reason() -> None:
    wide = {action for _, action, one in allowed() if "*" in one.resources and facts().get(action, ([], []))[0]}
    assert wide == ON_EVERYTHING.keys() & wide


def test_what_can_be_held_to_nothing_is_allowed_on_everything() -> None:
    """Or AWS would deny it, whatever the sandbox says of the call."""
    narrow = {action for _, action, one in allowed() if "*" not in one.resources and not facts()[action][0]}
    assert narrow == ON_NAMED.keys() & narrow
