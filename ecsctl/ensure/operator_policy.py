"""The permissions that a person, or a CI job, needs to run ecsctl itself: managed policies, each within IAM's
size limit.

The kinds declare what they need; what the commands need beyond that is here. Permissions are limited to names with the
app's own prefix, and in EC2 to the app's tag. Whoever may write a role's policy and pass the role to a service has
every permission that can be written into it: to contain that, set `permissions_boundary` in ecsctl.toml and require it
here (IAM User Guide, "Permissions boundaries for IAM entities").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ecsctl.resources import kinds
from ecsctl.resources.support.policy_document import Condition, Statement
from ecsctl.resources.support.rights import (
    CHECKS,
    DELIVERY,
    NETWORK,
    PROCESSES,
    SERVICE,
    WEBHOOK,
    Scope,
    Uses,
    anywhere,
    apart,
    keyed,
    of,
)

LIMIT = 6144  # characters of a managed policy, spaces not counted (IAM User Guide, "IAM and AWS STS quotas")
ROOMS = {
    "ec2": NETWORK, "elasticloadbalancing": NETWORK, "route53": NETWORK, "acm": NETWORK, "tag": NETWORK,
    "cloudwatch": NETWORK, "wafv2": NETWORK,
    "ecs": SERVICE, "ecr": SERVICE, "iam": SERVICE, "application-autoscaling": SERVICE,
    "ssm": SERVICE, "ssmmessages": SERVICE, "sns": SERVICE, "events": SERVICE, "sqs": SERVICE,
    "elasticfilesystem": SERVICE,
}  # fmt: skip
"""The policy with the permissions of an AWS service, unless a statement names another; those of all others are in the
third.
"""
TUNNELS = ("AWS-StartPortForwardingSession", "AWS-StartPortForwardingSessionToRemoteHost")
"""AWS's Session Manager documents for a tunnel: to the task itself, and through it."""

Statements = tuple[Statement, ...]


def operator(scope: Scope, uses: Uses) -> Mapping[str, Statements]:
    """The policies by name."""
    rights: list[Statement] = [right for kind in kinds() for right in kind.rights(scope, uses)]
    rooms: dict[str, list[Statement]] = {NETWORK: [], SERVICE: [], DELIVERY: []}
    for right in (*rights, *_of_commands(scope, uses)):
        usual = ROOMS.get(right.actions[0].partition(":")[0], DELIVERY)
        rooms.setdefault(right.room or usual, []).append(right)
    return {name: _together(found) for name, found in rooms.items()}


def _of_commands(scope: Scope, uses: Uses) -> Iterator[Statement]:
    """The permissions for reading before and after a run, and for the commands that work with a running app."""
    names = scope.names
    yield anywhere("ec2", "DescribeAvailabilityZones")
    # What may prevent a network from being removed.
    yield anywhere("ec2", "DescribeEgressOnlyInternetGateways DescribeNetworkAcls DescribeNetworkInterfaces "
                          "DescribeVpcEndpoints DescribeVpnGateways")  # fmt: skip
    yield from apart(DELIVERY, anywhere("ec2", "DescribeVpcPeeringConnections"))  # as above, where there is room
    yield from apart(CHECKS, *_of_checks(scope, uses))
    yield anywhere("elasticloadbalancing", "DescribeSSLPolicies DescribeTargetHealth")
    yield anywhere("codebuild", "ListCuratedEnvironmentImages")
    yield anywhere("tag", "GetResources")
    yield from _of_secrets(scope, uses)
    if uses.boundary or uses.policies:
        arns = (*filter(None, (uses.boundary,)), *uses.policies)
        yield Statement("Boundary", ("iam:GetPolicy",), arns)
    yield from keyed(scope, uses, "Key", "DescribeKey GetKeyPolicy")
    if uses.topic and uses.topic != scope.topic:  # only used: whether it exists, and allows EventBridge
        yield Statement("TheirTopic", ("sns:GetTopicAttributes",), (uses.topic,))
    if uses.log_bucket:  # only used: whether it exists, and allows the load balancer
        actions = of("s3", "GetBucketPolicy GetEncryptionConfiguration ListBucket")
        yield Statement("TheirBucket", actions, (f"arn:{scope.partition}:s3:::{uses.log_bucket}",))
    if uses.watched:  # only used: whether they exist
        arns = tuple(scope.arn("cloudwatch", f"alarm:{name}") for name in uses.watched)
        yield Statement("TheirAlarms", ("cloudwatch:DescribeAlarms",), arns)
    if uses.queues:  # only used: whether they exist
        yield from apart(PROCESSES, Statement("TheirQueues", ("sqs:GetQueueUrl",), uses.queues))
    if uses.mounted:  # only used: whether they admit the tasks
        arns = tuple(scope.arn("elasticfilesystem", f"file-system/{one}") for one in uses.mounted)
        yield Statement("TheirVolumes", ("elasticfilesystem:DescribeMountTargetSecurityGroups",), arns)
    # `deploy`, `rollback`, `cancel`, `exec`, `status` and `why`
    here = Condition("ArnEquals", "ecs:cluster", (scope.cluster,))
    yield Statement("TaskList", ("ecs:ListTasks",), ("*",), (here,))
    yield Statement("Tasks", of("ecs", "DescribeTasks ExecuteCommand"), (scope.arn("ecs", f"task/{names.cluster}/*"),))
    yield Statement("Cluster", ("ecs:ExecuteCommand",), (scope.cluster,))
    # `run`
    yield Statement("RunTask", ("ecs:RunTask",), scope.families, (here,))
    yield Statement("Tasks", ("ecs:TagResource",), (scope.arn("ecs", f"task/{names.cluster}/*"),))
    # A newer session-manager plugin signs its connection to the session (Systems Manager user guide, "Sample IAM
    # policies for Session Manager"); which name ECS gives the session is not documented.
    yield Statement("ExecSessions", ("ssmmessages:OpenDataChannel",), (scope.arn("ssm", "session/*"),))
    if uses.entered:
        yield from _of_tunnels(scope)
    answers = ("ecs:ContinueServiceDeployment",) if uses.pauses else ()
    yield Statement("Service", ("ecs:StopServiceDeployment", *answers), scope.service)
    yield Statement("Images", ("ecr:BatchGetImage",), (scope.repository,))
    # `logs` and `pipeline`, and the lock of `up` and `down`
    yield Statement(
        "Logs",
        of("logs", "CreateLogStream DeleteLogStream DescribeLogStreams FilterLogEvents GetLogEvents"),
        scope.log_groups,
    )
    yield Statement("OtherProjects", ("codebuild:BatchGetProjects",), (scope.arn("codebuild", "project/*"),))
    yield Statement(
        "Pipeline", of("codepipeline", "ListActionExecutions PutApprovalResult RetryStageExecution"), scope.pipeline
    )


def _of_checks(scope: Scope, uses: Uses) -> Iterator[Statement]:
    """What others have set around the app: what denies its roles something, a web ACL, closed internet gateways.

    Without these permissions it is not named.
    """
    yield Statement("RolesTried", ("iam:SimulatePrincipalPolicy",), (scope.role("*"),))
    yield anywhere("ec2", "DescribeVpcBlockPublicAccessExclusions DescribeVpcBlockPublicAccessOptions")
    quotas = tuple(scope.arn("servicequotas", one) for one in ("vpc/L-F678F1CE", "ec2/L-0263D0A3"))  # as account/quotas
    yield Statement("Quotas", ("servicequotas:GetServiceQuota",), quotas)
    if uses.zone:  # the domain's name servers at Route 53's registrar
        yield anywhere("route53domains", "GetDomainDetail")
    if uses.boundary:  # what it takes from the roles
        yield Statement("BoundaryRead", ("iam:GetPolicyVersion",), (uses.boundary,))
    if uses.web and not uses.web_acl:
        acls = (scope.arn("wafv2", "regional/webacl/*"), scope.balancers[0])
        yield Statement("WebAcls", of("wafv2", "GetWebACL GetWebACLForResource"), acls)


def _of_tunnels(scope: Scope) -> Iterator[Statement]:
    """`forward`: sessions into the app's tasks with the two documents for tunnels, and ending one's own sessions.

    A session without a document is a shell: the condition makes IAM check the default document too, which is not
    allowed here (Systems Manager User Guide, "Sample IAM policies for Session Manager", and there "Allow a user to end
    only sessions they started").
    """
    documents = tuple(f"arn:{scope.partition}:ssm:{scope.region}::document/{one}" for one in TUNNELS)
    tasks = scope.arn("ecs", f"task/{scope.names.cluster}/*")
    checked = Condition("BoolIfExists", "ssm:SessionDocumentAccessCheck", ("true",))
    yield from apart(PROCESSES, Statement("Tunnels", ("ssm:StartSession",), (tasks, *documents), (checked,)))
    mine = Condition("StringLike", "ssm:resourceTag/aws:ssmmessages:session-id", ("${aws:userid}",))
    sessions = (scope.arn("ssm", "session/*"),)
    ends = Statement("OwnTunnels", of("ssm", "ResumeSession TerminateSession"), sessions, (mine,))
    yield from apart(PROCESSES, ends)


def _of_secrets(scope: Scope, uses: Uses) -> Iterator[Statement]:
    """To check the secrets of the tasks and of the build's image, and to store GitHub's token."""
    rekeys = " UpdateSecret" if uses.key else ""
    held = tuple(sorted({":".join(arn.split(":")[:7]) for arn in uses.secrets if ":secretsmanager:" in arn}))
    if held:
        yield Statement("TaskSecrets", ("secretsmanager:DescribeSecret",), held)
    if any(":ssm:" in arn for arn in uses.secrets):
        yield anywhere("ssm", "DescribeParameters")
    if uses.own_secrets:  # `secret set`, `list` and `rm`
        changes = "CreateSecret DeleteSecret DescribeSecret PutSecretValue RestoreSecret TagResource" + rekeys
        arn = scope.arn("secretsmanager", f"secret:{scope.names.app}/*")
        yield Statement("AppSecrets", of("secretsmanager", changes), (arn,))
        yield anywhere("secretsmanager", "ListSecrets")
    if uses.own_secrets or uses.secret or uses.webhook:
        yield from keyed(scope, uses, "SecretsKey", "Decrypt GenerateDataKey", "secretsmanager")
    if uses.webhook:
        reads = of("secretsmanager", "DescribeSecret GetSecretValue")
        yield from apart(WEBHOOK, Statement("WebhookUrl", reads, uses.webhook))
    if uses.secret:
        changes = "CreateSecret DescribeSecret GetSecretValue PutSecretValue TagResource" + rekeys
        yield Statement("Token", of("secretsmanager", changes), (uses.secret,))
        # Whether the token in CodeBuild, of which an account has one, was imported for another app.
        roles = f"arn:{scope.partition}:iam::{scope.account}:role{scope.names.role_path}*"
        yield Statement("OtherRoles", ("iam:GetRole",), (roles,))


def _together(rights: Iterable[Statement]) -> Statements:
    """The same permissions in as few statements as possible: same resources and same conditions become one."""
    alike: dict[object, Statement] = {}
    for right in rights:
        before = alike.setdefault((right.resources, right.conditions), right)
        alike[right.resources, right.conditions] = replace(before, actions=tuple({*before.actions, *right.actions}))
    return tuple(_named(_of_one_key(_on_many(alike.values()))))


def _on_many(statements: Iterable[Statement]) -> Iterable[Statement]:
    """Merges what is allowed alike on different resources: two buckets."""
    alike: dict[object, Statement] = {}
    for one in statements:
        key = (frozenset(one.actions), one.conditions)
        before = alike.setdefault(key, one)
        alike[key] = replace(before, resources=tuple(dict.fromkeys((*before.resources, *one.resources))))
    return alike.values()


def _of_one_key(statements: Iterable[Statement]) -> Iterable[Statement]:
    """Merges statements that differ only in the value that one key must have: a role passed to this service or to
    that.
    """
    alike: dict[object, Statement] = {}
    for one in statements:
        values = {test.values for test in one.conditions}
        tests = tuple((test.operator, test.key) for test in one.conditions) if len(values) == 1 else one.conditions
        before = alike.setdefault((one.actions, one.resources, tests), one)
        conditions = tuple(
            replace(test, values=tuple({*was.values, *test.values}))
            for was, test in zip(before.conditions, one.conditions, strict=True)
        )
        alike[one.actions, one.resources, tests] = replace(before, conditions=conditions)
    return alike.values()


def _named(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Each with a unique name, as IAM requires."""
    taken: dict[str, int] = {}
    for one in statements:
        taken[one.sid] = taken.get(one.sid, 0) + 1
        yield replace(one, sid=f"{one.sid}{taken[one.sid] if taken[one.sid] > 1 else ''}")
