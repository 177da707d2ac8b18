import json
import re

import pytest

from ecsctl.app_rights import mounting
from ecsctl.config.tables.permissions import Permission
from ecsctl.ensure import policies
from ecsctl.ensure.operator_policy import LIMIT, operator
from ecsctl.names import Names
from ecsctl.resources.support.policy_document import (
    Condition,
    Statement,
    lacking,
    policy,
    statements,
    trust_of,
    trust_policy,
)
from ecsctl.resources.support.rights import Scope, Uses, both_prefixes
from tests.requests.in_use import uses

ACCOUNT, REGION = "123456789012", "eu-central-1"
SCOPE = Scope(Names("shop", ACCOUNT, REGION), ACCOUNT, REGION)
CONNECTION = f"arn:aws:codestar-connections:{REGION}:{ACCOUNT}:connection/1"
TOKEN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:github/token-AbCdEf"
SECRETS = (f"{TOKEN}:key::", TOKEN, f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/db")
REPOSITORY = "acme/shop"
SYSTEM = SCOPE.arn("elasticfilesystem", "file-system/fs-0123456789abcdef0")
KEY = SCOPE.arn("kms", "key/1b2c3d4e-0000-4000-8000-000000000000")
SIGNER = SCOPE.arn("signer", "/signing-profiles/images")
POINT = SCOPE.arn("elasticfilesystem", "access-point/fsap-0123456789abcdef0")
PROJECTS = ("shop-build", "shop-test-unit")

ROLES = {
    "execution": (policies.tasks_trust(SCOPE), policies.execution(SCOPE, SECRETS)),
    "task": (
        policies.tasks_trust(SCOPE),
        (*policies.task(SCOPE, True), mounting(SYSTEM, POINT, read_only=False, root=True)),
    ),
    "build": (
        policies.codebuild_trust(SCOPE),
        policies.codebuild(
            SCOPE,
            PROJECTS,
            connection=CONNECTION,
            repository=REPOSITORY,
            secret=TOKEN,
            scans=True,
            signer=SIGNER,
            key=KEY,
            keys=[KEY],
        ),
    ),
    "notify": (policies.notify_trust(SCOPE), policies.notify(SCOPE)),
    "flowlogs": (policies.flow_logs_trust(SCOPE), policies.flow_logs(SCOPE)),
    "pipeline": (
        policies.codepipeline_trust(SCOPE),
        policies.codepipeline(SCOPE, PROJECTS, connection=CONNECTION, repository=REPOSITORY, key=KEY),
    ),
}
MANAGED = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
USES = Uses("Z1", "shop.example.com", True, "vpc-1", CONNECTION, REPOSITORY, TOKEN, SECRETS, BOUNDARY, True, (MANAGED,),
            topic=SCOPE.topic, redirects=True, listener_attributes=True, spot=True, alarms=True, own_secrets=True,
            schedules=True, metrics=True, access_logs=True, volumes=True, shifts=True, pauses=True, jobs=True,
            flow_logs=True, closes=True, signs=True,
            mounted=("fs-0123456789abcdef0",),
            web_acl=SCOPE.arn("wafv2", "regional/webacl/shop/1b2c3d4e-0000-4000-8000-000000000000"),
            webhook=(TOKEN,), speaks="GRPC", entered=True, scales=True, queues=(SCOPE.arn("sqs", "mail"),),
            key=KEY)  # fmt: skip
OPERATOR = operator(SCOPE, USES)
ALL = {name: found for name, (_, found) in ROLES.items()} | dict(OPERATOR)


def template():
    """Roles and the operator's policies as CloudFormation, which cfn-lint can check."""
    resources = {}
    for name, (trust, found) in ROLES.items():
        document = {"PolicyName": "ecsctl", "PolicyDocument": json.loads(policy(found))}
        resources[name.title()] = {"Type": "AWS::IAM::Role", "Properties": {
            "Path": "/ecsctl/", "RoleName": SCOPE.names.role(name),
            "AssumeRolePolicyDocument": json.loads(trust_policy(trust)), "Policies": [document]}}  # fmt: skip
    for name, found in OPERATOR.items():
        resources[name.title().replace("-", "")] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {
            "PolicyDocument": json.loads(policy(found))}}  # fmt: skip
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


def complaints(text):
    from cfnlint.api import ManualArgs, lint

    found = lint(text, config=ManualArgs(regions=[REGION], include_checks=["I", "W", "E"]))
    return [f"{one.rule.id} {one.message}" for one in found]


def test_cfn_lint_finds_nothing_to_complain_about():
    assert complaints(template()) == []


def test_cfn_lint_would_notice_an_action_that_aws_does_not_have():
    found = complaints(template().replace('"ecr:PutImage"', '"ecr:PutPicture"'))
    assert [one for one in found if "putpicture" in one.lower()]


@pytest.mark.parametrize("name", ALL)
def test_what_is_allowed_is_named(name):
    for statement in ALL[name]:
        for action in statement.actions:
            service, _, verb = action.partition(":")
            assert "*" not in service
            assert verb == "Describe*" or "*" not in verb, f"{action} is more than one action that changes something"
        assert not statement.other


@pytest.mark.parametrize("name", ROLES)
def test_a_role_reaches_everything_only_where_aws_has_nothing_narrower(name):
    everywhere = {action for one in ALL[name] if "*" in one.resources for action in one.actions}
    assert everywhere <= {
        "ecr:GetAuthorizationToken",
        "ecs:DescribeTaskDefinition",
        "ecs:ListTasks",
        "logs:DescribeLogGroups",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }


@pytest.mark.parametrize("name", ALL)
def test_a_role_is_only_handed_to_the_services_that_are_meant(name):
    for statement in ALL[name]:
        if "iam:PassRole" in statement.actions:
            assert statement.actions == ("iam:PassRole",)
            assert [one.key for one in statement.conditions] == ["iam:PassedToService"]
            assert all(
                resource.startswith(f"arn:aws:iam::{ACCOUNT}:role/ecsctl/shop-") for resource in statement.resources
            )


@pytest.mark.parametrize("name", ALL)
def test_objects_and_buckets_are_distinguished(name):
    for statement in ALL[name]:
        for action in statement.actions:
            if action.startswith("s3:"):
                about_objects = re.search(r":(Get|Put|Delete)Object", action) is not None
                assert {resource.endswith("/*") for resource in statement.resources} == {about_objects}, action


@pytest.mark.parametrize("name", ROLES)
def test_nothing_of_another_app_account_or_region_is_reached(name):
    for statement in ALL[name]:
        for resource in set(statement.resources) - {"*"}:
            assert "shop" in resource or resource in (SYSTEM, TOKEN, SIGNER, KEY, *both_prefixes(CONNECTION)), resource
            assert ACCOUNT in resource.split(":")[4:5] or resource.startswith("arn:aws:s3:::")


def test_a_trust_names_the_account_that_aws_acts_for():
    tasks, build = ROLES["execution"][0], ROLES["build"][0]
    assert (tasks.source_account, tasks.source_arn) == (ACCOUNT, f"arn:aws:ecs:{REGION}:{ACCOUNT}:*")
    assert (build.source_account, build.source_arn) == (ACCOUNT, f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/shop-*")


@pytest.mark.parametrize("name", ROLES)
def test_iam_gives_back_what_was_written(name):
    trust, found = ROLES[name]
    assert trust_of(json.loads(trust_policy(trust))) == trust
    assert set(statements(json.loads(policy(found)))) == set(found)


def test_a_secret_is_read_by_its_exact_arn():
    found = {one.sid: one.resources for one in policies.execution(SCOPE, SECRETS)}
    assert found["Secrets"] == (TOKEN,)
    assert found["Parameters"] == (f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/db",)


def test_a_connection_is_used_by_either_of_its_names():
    source = next(one for one in policies.codepipeline(SCOPE, PROJECTS, connection=CONNECTION) if one.sid == "Source")
    assert {arn.split(":")[2] for arn in source.resources} == {"codeconnections", "codestar-connections"}


def test_without_secrets_connection_and_exec_there_is_no_right_to_them():
    assert policies.task(SCOPE, False) == ()
    assert {one.sid for one in policies.execution(SCOPE)} == {"EcrLogin", "EcrPull", "AppLogs"}
    for found in (policies.codebuild(SCOPE, PROJECTS), policies.codepipeline(SCOPE, PROJECTS)):
        assert not [
            action for one in found for action in one.actions if re.match("secretsmanager|code.*connections", action)
        ]


def test_the_operators_policies_fit_into_iam_for_the_longest_of_names():
    longest = Names("a" * 20, ACCOUNT, "ap-southeast-1")
    scope = Scope(longest, ACCOUNT, "ap-southeast-1", "aws-us-gov")
    arn = scope.arn("codestar-connections", "connection/12345678-1234-1234-1234-123456789012")
    secret = scope.arn("secretsmanager", "secret:" + "x" * 60)
    boundary = f"arn:aws-us-gov:iam::{ACCOUNT}:policy/{'b' * 60}"
    uses = Uses(
        "Z" + "0" * 31,
        "d" * 60 + ".example.com",
        True,
        "vpc-" + "0" * 17,
        arn,
        f"{'o' * 39}/{'r' * 60}",
        secret,
        (secret,) * 3,
        boundary,
        alarms=True,
        access_logs=True,
        jobs=True,
        topic=scope.topic,
        webhook=(secret, secret),
        speaks="GRPC",
        entered=True,
        scales=True,
        queues=(scope.arn("sqs", "q" * 80), scope.arn("sqs", "r" * 80)),
        key=f"alias/{'k' * 60}",
    )
    found = operator(scope, uses)
    assert {name for name, one in found.items() if len(policy(one)) > LIMIT} == set()
    roles = (policies.codebuild(scope, PROJECTS, connection=arn, secret=TOKEN), policies.codepipeline(scope, PROJECTS))
    assert all(len(policy(one)) < 10_240 for one in roles)  # all inline policies of a role together


WITHHELD = {
    # Only asks for call them that no ecsctl.toml brings about: no boundary, no expiry, plain requests to the bucket.
    "iam:DeleteRolePermissionsBoundary",
    "ecr:DeleteLifecyclePolicy",
    "logs:DeleteRetentionPolicy",
    "logs:DisassociateKmsKey",
    "s3:DeleteBucketPolicy",
    # Called only where someone has put a role of ours into an instance profile. IAM cannot narrow it to our roles:
    # whoever may call it takes any role from any machine of the account.
    "iam:RemoveRoleFromInstanceProfile",
}


def test_the_operator_may_make_every_call_that_ecsctl_makes():
    made = {one.action for one in uses() if one.service != "sts"} - WITHHELD  # who one is, anybody may ask
    assert len(made) > 100
    allowed = {action for found in OPERATOR.values() for one in found for action in one.actions}
    assert sorted(made - allowed) == []


def test_without_a_connection_the_operator_may_read_one_that_is_to_come():
    found = {one.sid: one for one in operator(SCOPE, Uses(secret=TOKEN))["ecsctl-delivery"]}
    assert "codeconnections:GetConnection" in found["Connections"].actions
    assert f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/*" in found["Connections"].resources
    assert not any("UseConnection" in action for one in found.values() for action in one.actions)


def test_names_in_the_apps_rights_are_filled_in_and_iams_own_stay():
    found = policies.task(SCOPE, False, [Permission(
        actions=("s3:GetObject",), resources=("arn:{partition}:s3:::{app}-{account}-{region}/${aws:username}/*",),
        conditions={"StringEquals": {"aws:ResourceTag/team": "web", "s3:prefix": ["a", "b"]}})])  # fmt: skip
    statement = json.loads(policy(found))["Statement"]
    assert statement["Resource"] == f"arn:aws:s3:::shop-{ACCOUNT}-{REGION}/${{aws:username}}/*"
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/team": "web", "s3:prefix": ["a", "b"]}}


def test_rights_that_are_not_used_add_none_to_the_operators():
    def of_iam(uses):
        return {(action, one.resources, one.conditions) for found in operator(SCOPE, uses).values() for one in found
                for action in one.actions if action.startswith("iam:")}  # fmt: skip

    more = of_iam(Uses(policies=(MANAGED,))) - of_iam(Uses())
    these = Condition("ArnEquals", "iam:PolicyARN", (MANAGED,))
    assert more == {("iam:AttachRolePolicy", (SCOPE.role("task"),), (these,)), ("iam:GetPolicy", (MANAGED,), ())}


def test_nobody_to_notify_adds_no_right_to_change_and_a_topic_of_the_users_is_only_read():
    def more(topic):
        found = {(action, one.resources) for found in operator(SCOPE, Uses(topic=topic)).values() for one in found
                 for action in one.actions}  # fmt: skip
        return {one for one in found if one[0].startswith(("sns:", "events:"))}

    theirs = SCOPE.arn("sns", "alerts")
    reads = {
        ("sns:ListTagsForResource", (SCOPE.topic,)),
        ("events:ListRules", ("*",)),
    }  # for what is no longer asked for
    assert more("") == reads
    assert {one for one in more(theirs) - reads if one[0].startswith("sns:")} == {("sns:GetTopicAttributes", (theirs,))}
    assert more(SCOPE.topic) > {one for one in more(theirs) if one[0].startswith("events:")}


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, ()),
        ({"Effect": "Allow", "Action": ["s3:get*"], "Resource": "arn:aws:s3:::shop-*"}, ("s3:PutObject",)),
        ({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}, ("s3:GetObject", "s3:PutObject")),
        ({"Effect": "Allow", "NotAction": ["s3:Put*"], "Resource": "*"}, ("s3:PutObject",)),
    ],
)
def test_what_a_boundary_takes_away_is_found(statement, missing):
    asked = [Statement("App1", ("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::shop-uploads/*",))]
    assert lacking({"Version": "2012-10-17", "Statement": [statement]}, asked) == missing


def test_a_boundary_that_denies_wins_over_what_it_allows():
    limits = [{"Effect": "Allow", "Action": "*", "Resource": "*"},
              {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}]  # fmt: skip
    asked = [Statement("App1", ("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::shop-uploads/*",))]
    assert lacking({"Statement": limits}, asked) == ("s3:PutObject",)
