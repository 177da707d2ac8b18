"""What a person, or a CI job, needs to run ecsctl itself: three managed policies, each within IAM's size limit.

What has a name is held to the app's own prefix, and what EC2 has to the app's tag. Whoever may write a role's policy
and hand the role to a service has whatever is written into it: to contain that, give `permissions_boundary` in
ecsctl.toml and demand it here (IAM User Guide, "Permissions boundaries for IAM entities").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecsctl.engine.label import APP
from ecsctl.ensure.policies import Scope, Statements, connects, handed, passes
from ecsctl.resources.support.our_roles import PATH
from ecsctl.resources.support.policy_document import Condition, Statement

LIMIT = 6144  # characters of a managed policy, spaces not counted (IAM User Guide, "IAM and AWS STS quotas")
_EC2_CREATES = (
    "AllocateAddress CreateInternetGateway CreateNatGateway CreateRouteTable CreateSecurityGroup CreateSubnet CreateVpc"
)
_EC2_KINDS = "elastic-ip internet-gateway natgateway route-table security-group subnet vpc"


@dataclass(frozen=True)
class Uses:
    """What the app uses that is not its own: by id, by full ARN, and empty where it uses none."""

    zone: str = ""  # the hosted zone's id, or `*`
    domain: str = ""  # the name in it
    certificate: bool = False  # it is served by HTTPS
    vpc: str = ""  # the id of a VPC that was there before
    connection: str = ""
    repository: str = ""  # owner/name, of all that the connection opens
    secret: str = ""  # with the token
    secrets: tuple[str, ...] = ()  # of the tasks
    boundary: str = ""


def operator(scope: Scope, uses: Uses) -> Mapping[str, Statements]:
    """The policies by name."""
    return {
        "ecsctl-network": _network(scope, uses),
        "ecsctl-service": _service(scope, uses),
        "ecsctl-delivery": _delivery(scope, uses),
    }


def _network(scope: Scope, uses: Uses) -> Statements:
    names, app = scope.names, scope.names.app
    tagged = (Condition("StringEquals", f"aws:RequestTag/{APP}", (app,)),)
    ours = (Condition("StringEquals", f"aws:ResourceTag/{APP}", (app,)),)
    anything = (scope.arn("ec2", "*/*"),)
    balancers = tuple(
        scope.arn("elasticloadbalancing", resource)
        for resource in (
            f"loadbalancer/app/{names.balancer}/*",
            f"listener/app/{names.balancer}/*/*",
            f"targetgroup/{names.balancer}/*",
        )
    )
    zones = f"arn:{scope.partition}:route53:::hostedzone/"
    # The domain's own records, and those that prove to Certificate Manager that it is ours.
    records = Condition("ForAllValues:StringLike", "route53:ChangeResourceRecordSetsNormalizedRecordNames",
                        (uses.domain, f"_*.{uses.domain}"))  # fmt: skip
    dns = (Statement("Dns", ("route53:ChangeResourceRecordSets",), (f"{zones}{uses.zone}",), (records,)),)
    groups = (Statement("GroupsInTheVpc", ("ec2:CreateSecurityGroup",), (scope.arn("ec2", f"vpc/{uses.vpc}"),)),)
    return (
        *(groups if uses.vpc else ()),
        *(dns if uses.zone else ()),
        # Route 53's records bear no tags: what is ours among them is found by reading the zones.
        Statement("DnsRead", ("route53:ListResourceRecordSets",), (f"{zones}*",)),
        Statement(
            "Read",
            (
                *_of("ec2", "DescribeAddresses DescribeAvailabilityZones DescribeDhcpOptions "
                     "DescribeEgressOnlyInternetGateways DescribeInternetGateways DescribeNatGateways "
                     "DescribeNetworkAcls DescribeNetworkInterfaces DescribeRouteTables "
                     "DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeVpcAttribute "
                     "DescribeVpcEndpoints DescribeVpcs DescribeVpnGateways"),
                *_of("elasticloadbalancing", "DescribeListeners DescribeLoadBalancerAttributes DescribeLoadBalancers "
                     "DescribeSSLPolicies DescribeTags DescribeTargetGroupAttributes DescribeTargetGroups "
                     "DescribeTargetHealth"),
                "tag:GetResources",
            ),
            ("*",),
        ),
        Statement("CreateTagged", _of("ec2", _EC2_CREATES), _kinds(scope, _EC2_KINDS), tagged),
        Statement(  # one call is asked about several things: a subnet is made in a VPC that is already there
            "CreateInsideOurs",
            _of("ec2", "CreateNatGateway CreateRouteTable CreateSecurityGroup CreateSubnet"),
            _kinds(scope, "elastic-ip route-table security-group subnet vpc"),
            ours,
        ),
        Statement(
            "TagOnCreate",
            ("ec2:CreateTags",),
            anything,
            (Condition("StringEquals", "ec2:CreateAction", (*_EC2_CREATES.split(), "AuthorizeSecurityGroupIngress")),),
        ),
        Statement(
            "ChangeOurs",
            _of("ec2", "AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroupEgress "
                "AuthorizeSecurityGroupIngress CreateRoute CreateTags DeleteInternetGateway DeleteNatGateway "
                "DeleteRouteTable DeleteSecurityGroup DeleteSubnet DeleteVpc DetachInternetGateway "
                "DisassociateRouteTable ModifyVpcAttribute ReleaseAddress ReplaceRoute ReplaceRouteTableAssociation "
                "RevokeSecurityGroupIngress"),
            anything,
            ours,
        ),
        Statement(
            "NewRules",
            _of("ec2", "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress"),
            _kinds(scope, "security-group-rule"),
        ),
        Statement(
            "LoadBalancing",
            _of("elasticloadbalancing", "AddTags CreateListener CreateLoadBalancer CreateTargetGroup DeleteListener "
                "DeleteLoadBalancer DeleteTargetGroup ModifyListener ModifyLoadBalancerAttributes ModifyTargetGroup "
                "ModifyTargetGroupAttributes SetSecurityGroups SetSubnets"),
            balancers,
        ),
    )  # fmt: skip


def _service(scope: Scope, uses: Uses) -> Statements:
    app, names = scope.names.app, scope.names
    tagged = (Condition("StringEquals", f"aws:RequestTag/{APP}", (app,)),)
    ours = (Condition("StringEquals", f"aws:ResourceTag/{APP}", (app,)),)
    path = names.service_path
    certificates = (scope.arn("acm", "certificate/*"),)
    definitions = scope.arn("ecs", f"task-definition/{names.family}:*")
    scaling = (scope.arn("application-autoscaling", "scalable-target/*"),)
    alarms = (scope.arn("cloudwatch", f"alarm:TargetTracking-service/{names.cluster}/*"),)
    described = " DescribeCertificate" if uses.certificate else ""
    bounds = " PutRolePermissionsBoundary" if uses.boundary else ""
    bounded = (Condition("StringEquals", "iam:PermissionsBoundary", (uses.boundary,)),) if uses.boundary else ()
    linked = "ecs.amazonaws.com", "ecs.application-autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com"
    here = (Condition("ArnEquals", "ecs:cluster", (scope.arn("ecs", f"cluster/{names.cluster}"),)),)
    held = tuple(sorted({":".join(arn.split(":")[:7]) for arn in uses.secrets if ":secretsmanager:" in arn}))
    parameters = any(":ssm:" in arn for arn in uses.secrets)  # it knows no narrower resource
    return (
        *((Statement("TaskSecrets", ("secretsmanager:DescribeSecret",), held),) if held else ()),
        *((Statement("TaskParameters", ("ssm:DescribeParameters",), ("*",)),) if parameters else ()),
        *((Statement("Boundary", ("iam:GetPolicy",), (uses.boundary,)),) if uses.boundary else ()),
        Statement(
            "NoNarrower",
            (
                "acm:ListCertificates",
                "route53:ListHostedZones",
                "iam:ListRoles",
                *_of("ecs", "DeregisterTaskDefinition DescribeTaskDefinition ListTaskDefinitions"),
                *_of("application-autoscaling", "DescribeScalableTargets DescribeScalingPolicies"),
            ),
            ("*",),
        ),
        *((Statement("CertificateRequest", _of("acm", "AddTagsToCertificate RequestCertificate"), ("*",), tagged),)
          if uses.zone else ()),
        Statement("CertificateRead", _of("acm", f"ListTagsForCertificate{described}"), certificates),
        Statement("CertificateOurs", _of("acm", "AddTagsToCertificate DeleteCertificate"), certificates, ours),
        # A role that is not there (yet, or any more) has no path by which IAM could know it.
        Statement("RolesRead", _of("iam", "GetRole ListRoleTags"), (scope.role("*"), scope.role("*", path="/"))),
        Statement(
            "Roles",
            _of("iam", "DeleteRole DeleteRolePolicy DetachRolePolicy GetRolePolicy ListAttachedRolePolicies "
                "ListInstanceProfilesForRole ListRolePolicies "
                "TagRole UntagRole UpdateAssumeRolePolicy"),
            (scope.role("*"),),
        ),
        Statement("RoleRights", _of("iam", f"CreateRole PutRolePolicy{bounds}"),
                  (scope.role("*"),), bounded),
        passes("PassRoles", (scope.role("*"),), "ecs-tasks", "codebuild", "codepipeline"),
        Statement(
            "ServiceLinkedRoles",
            ("iam:CreateServiceLinkedRole",),
            (f"arn:{scope.partition}:iam::{scope.account}:role/aws-service-role/*",),
            (Condition("StringEquals", "iam:AWSServiceName", linked),),
        ),
        Statement(
            "Cluster",
            _of("ecs", "CreateCluster DeleteCluster DescribeClusters ExecuteCommand TagResource UpdateClusterSettings"),
            (scope.arn("ecs", f"cluster/{names.cluster}"),),
        ),
        Statement(
            "Service",
            _of("ecs", "CreateService DeleteService DescribeServiceDeployments DescribeServiceRevisions "
                "DescribeServices ListServiceDeployments StopServiceDeployment TagResource UpdateService"),
            tuple(
                scope.arn("ecs", resource)
                for resource in (f"service/{path}", f"service-deployment/{path}/*", f"service-revision/{path}/*")
            ),
        ),
        # A newer session-manager plugin signs its way into the session (Systems Manager user guide, "Sample IAM
        # policies for Session Manager"); which name ECS gives the session is not documented.
        Statement("ExecSessions", ("ssmmessages:OpenDataChannel",), (scope.arn("ssm", "session/*"),)),
        Statement("TaskList", ("ecs:ListTasks",), ("*",), here),
        Statement("Tasks", _of("ecs", "DescribeTasks ExecuteCommand"), (scope.arn("ecs", f"task/{names.cluster}/*"),)),
        Statement(
            "Definitions", _of("ecs", "DeleteTaskDefinitions RegisterTaskDefinition TagResource"), (definitions,)
        ),
        Statement(
            "Scaling",
            _of("application-autoscaling", "DeregisterScalableTarget ListTagsForResource PutScalingPolicy "
                "RegisterScalableTarget TagResource"),
            scaling,
        ),
        Statement("Alarms", _of("cloudwatch", "DeleteAlarms DescribeAlarms PutMetricAlarm"), alarms),
        Statement(
            "Images",
            _of("ecr", "BatchGetImage CreateRepository DeleteRepository "
                "DescribeImages DescribeRepositories GetLifecyclePolicy ListTagsForResource "
                "PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy TagResource"),
            (scope.arn("ecr", f"repository/{names.repository}"),),
        ),
    )  # fmt: skip


def _delivery(scope: Scope, uses: Uses) -> Statements:
    names = scope.names
    pipeline, projects = names.pipeline, (names.project, names.test_project("*"))
    groups = (names.app_logs, *map(names.build_logs, projects), names.insights_logs)
    statements = [
        Statement(
            "NoNarrower",
            (
                *_of("codebuild", "DeleteSourceCredentials ImportSourceCredentials ListCuratedEnvironmentImages "
                     "ListProjects ListSourceCredentials"),
                "codepipeline:ListPipelines",
                "logs:DescribeLogGroups",
            ),
            ("*",),
        ),
        Statement(
            "Logs",
            _of("logs", "CreateLogGroup DeleteLogGroup DescribeLogStreams FilterLogEvents "
                "GetLogEvents ListTagsForResource PutRetentionPolicy TagResource"),
            tuple(scope.arn("logs", f"log-group:{group}{part}") for group in groups for part in ("", ":*")),
        ),
        Statement(
            "Bucket",
            _of("s3", "CreateBucket DeleteBucket GetBucketPolicy GetBucketPublicAccessBlock "
                "GetBucketTagging GetEncryptionConfiguration GetLifecycleConfiguration ListBucket ListBucketVersions "
                "PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging PutEncryptionConfiguration "
                "PutLifecycleConfiguration TagResource"),
            (scope.bucket,),
        ),
        Statement("BucketObjects", _of("s3", "DeleteObject DeleteObjectVersion"), (f"{scope.bucket}/*",)),
        Statement(
            "Build",
            _of("codebuild", "BatchGetBuilds BatchGetProjects CreateProject CreateWebhook DeleteProject DeleteWebhook "
                "ListBuildsForProject StartBuild StopBuild UpdateProject UpdateWebhook"),
            tuple(scope.arn("codebuild", f"project/{project}") for project in projects),
        ),
        Statement("OtherProjects", ("codebuild:BatchGetProjects",), (scope.arn("codebuild", "project/*"),)),
        Statement(
            "Pipeline",
            _of("codepipeline", "CreatePipeline DeletePipeline DeleteWebhook DeregisterWebhookWithThirdParty "
                "GetPipeline GetPipelineState ListActionExecutions ListPipelineExecutions ListTagsForResource "
                "PutApprovalResult PutWebhook RegisterWebhookWithThirdParty RetryStageExecution "
                "StartPipelineExecution StopPipelineExecution TagResource UpdatePipeline"),
            tuple(scope.arn("codepipeline", one) for one in (pipeline, f"{pipeline}/*", f"webhook:{pipeline}")),
        ),
        Statement(
            "PipelineWebhooks",  # none is listed alone
            ("codepipeline:ListWebhooks",),
            (scope.arn("codepipeline", "webhook:*"),),
        ),
    ]  # fmt: skip
    if uses.connection:
        statements.append(connects("Connection", ("GetConnection",), uses.connection))
        statements.append(connects("OneRepository", ("UseConnection",), uses.connection, uses.repository))
        statements.append(handed("ConnectionHandedOn", uses.connection, "codebuild", "codepipeline"))
    else:  # to look at the one that is to take the token's place
        statements.append(connects("Connections", ("GetConnection",), scope.arn("codeconnections", "connection/*")))
    if uses.secret:
        actions = _of("secretsmanager", "CreateSecret DescribeSecret GetSecretValue PutSecretValue TagResource")
        statements.append(Statement("Token", actions, (uses.secret,)))
        # Whether the token in CodeBuild, of which an account has one, was imported for another app.
        roles = f"arn:{scope.partition}:iam::{scope.account}:role{PATH}*"
        statements.append(Statement("OtherRoles", ("iam:ListRoleTags",), (roles,)))
    return tuple(statements)


def _of(service: str, actions: str) -> tuple[str, ...]:
    """Actions of one service: `_of("ecs", "ListTasks StopTask")`."""
    return tuple(f"{service}:{action}" for action in actions.split())


def _kinds(scope: Scope, kinds: str) -> tuple[str, ...]:
    """All EC2 resources of these kinds in the account and region."""
    return tuple(scope.arn("ec2", f"{kind}/*") for kind in kinds.split())
