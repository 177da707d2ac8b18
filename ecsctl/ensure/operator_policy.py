"""What a person, or a CI job, needs to run ecsctl itself: three managed policies, each within IAM's size limit.

What has a name is held to the app's own prefix, and what EC2 has to the app's tag. Whoever may write a role's policy
and hand the role to a service has whatever is written into it: to contain that, give `permissions_boundary` in
ecsctl.toml and demand it here (IAM User Guide, "Permissions boundaries for IAM entities").
"""

from __future__ import annotations

from collections.abc import Mapping

from ecsctl.engine.label import APP
from ecsctl.ensure.policies import Scope, Statements, both_prefixes, passes
from ecsctl.resources.our_roles import PATH
from ecsctl.resources.policy_document import Condition, Statement

LIMIT = 6144  # characters of a managed policy, spaces not counted (IAM User Guide, "IAM and AWS STS quotas")
_EC2_CREATES = (
    "AllocateAddress CreateInternetGateway CreateNatGateway CreateRouteTable CreateSecurityGroup CreateSubnet CreateVpc"
)
_EC2_KINDS = "elastic-ip internet-gateway natgateway route-table security-group subnet vpc"


def operator(scope: Scope, *, zone: str = "", connection: str = "", secret: str = "") -> Mapping[str, Statements]:
    """The policies by name. `zone` is the hosted zone's id, the others are full ARNs; empty where it is not used."""
    return {
        "ecsctl-network": _network(scope),
        "ecsctl-service": _service(scope, zone),
        "ecsctl-delivery": _delivery(scope, connection, secret),
    }


def _network(scope: Scope) -> Statements:
    app = scope.names.app
    tagged = (Condition("StringEquals", f"aws:RequestTag/{APP}", (app,)),)
    ours = (Condition("StringEquals", f"aws:ResourceTag/{APP}", (app,)),)
    anything = (scope.arn("ec2", "*/*"),)
    balancers = tuple(
        scope.arn("elasticloadbalancing", resource)
        for resource in (f"loadbalancer/app/{app}/*", f"listener/app/{app}/*/*", f"targetgroup/{app}/*")
    )
    return (
        Statement("Read", ("ec2:Describe*", "elasticloadbalancing:Describe*", "tag:GetResources"), ("*",)),
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


def _service(scope: Scope, zone: str) -> Statements:
    app, names = scope.names.app, scope.names
    tagged = (Condition("StringEquals", f"aws:RequestTag/{APP}", (app,)),)
    ours = (Condition("StringEquals", f"aws:ResourceTag/{APP}", (app,)),)
    certificates = (scope.arn("acm", "certificate/*"),)
    definitions = scope.arn("ecs", f"task-definition/{app}:*")
    scaling = (scope.arn("application-autoscaling", "scalable-target/*"),)
    alarms = (scope.arn("cloudwatch", f"alarm:TargetTracking-service/{app}/*"),)
    linked = "ecs.amazonaws.com", "ecs.application-autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com"
    dns = (
        Statement(
            "Dns",
            _of("route53", "ChangeResourceRecordSets ListResourceRecordSets"),
            (f"arn:{scope.partition}:route53:::hostedzone/{zone}",),
        ),
    )
    return (
        *(dns if zone else ()),
        Statement(
            "NoNarrower",
            (
                "acm:ListCertificates",
                "route53:ListHostedZones",
                *_of("iam", "ListRoles"),
                *_of("ecs", "DeregisterTaskDefinition DescribeTaskDefinition ListClusters ListServices "
                     "ListTaskDefinitionFamilies ListTaskDefinitions ListTasks"),
                *_of("application-autoscaling", "DescribeScalableTargets DescribeScalingPolicies"),
            ),
            ("*",),
        ),
        Statement("CertificateRequest", _of("acm", "AddTagsToCertificate RequestCertificate"), ("*",), tagged),
        Statement("CertificateRead", _of("acm", "DescribeCertificate ListTagsForCertificate"), certificates),
        Statement("CertificateOurs", _of("acm", "AddTagsToCertificate DeleteCertificate"), certificates, ours),
        Statement(
            "Roles",
            _of("iam", "CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRole "
                "GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags "
                "PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy"),
            (scope.role("*"),),
        ),
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
            (scope.arn("ecs", f"cluster/{app}"),),
        ),
        Statement(
            "Service",
            _of("ecs", "CreateService DeleteService DescribeServiceDeployments DescribeServiceRevisions "
                "DescribeServices ListServiceDeployments StopServiceDeployment TagResource UpdateService"),
            tuple(
                scope.arn("ecs", resource)
                for resource in (f"service/{app}/{app}", f"service-deployment/{app}/{app}/*",
                                 f"service-revision/{app}/{app}/*")
            ),
        ),
        # A newer session-manager plugin signs its way into the session (Systems Manager user guide, "Sample IAM
        # policies for Session Manager"); which name ECS gives the session is not documented.
        Statement("ExecSessions", ("ssmmessages:OpenDataChannel",), (scope.arn("ssm", "session/*"),)),
        Statement("Tasks", _of("ecs", "DescribeTasks ExecuteCommand StopTask"), (scope.arn("ecs", f"task/{app}/*"),)),
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
            _of("ecr", "BatchDeleteImage BatchGetImage CreateRepository DeleteLifecyclePolicy DeleteRepository "
                "DescribeImages DescribeRepositories GetLifecyclePolicy ListTagsForResource "
                "PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy TagResource"),
            (scope.arn("ecr", f"repository/{names.app}"),),
        ),
    )  # fmt: skip


def _delivery(scope: Scope, connection: str, secret: str) -> Statements:
    app, names = scope.names.app, scope.names
    groups = (names.app_logs, names.build_logs(f"{app}-*"), names.insights_logs)
    statements = [
        Statement(
            "NoNarrower",
            (
                *_of("codebuild", "DeleteSourceCredentials ImportSourceCredentials ListCuratedEnvironmentImages "
                     "ListProjects ListSourceCredentials"),
                "codepipeline:ListPipelines",
                "ecr:DescribeRepositories",
                "logs:DescribeLogGroups",
            ),
            ("*",),
        ),
        Statement(
            "Logs",
            _of("logs", "CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DescribeLogStreams FilterLogEvents "
                "GetLogEvents ListTagsForResource PutRetentionPolicy StartLiveTail TagResource"),
            tuple(scope.arn("logs", f"log-group:{group}{part}") for group in groups for part in ("", ":*")),
        ),
        Statement(
            "Bucket",
            _of("s3", "CreateBucket DeleteBucket DeleteBucketPolicy GetBucketPolicy GetBucketPublicAccessBlock "
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
            (scope.arn("codebuild", f"project/{app}-*"),),
        ),
        Statement("OtherProjects", ("codebuild:BatchGetProjects",), (scope.arn("codebuild", "project/*"),)),
        Statement(
            "Pipeline",
            _of("codepipeline", "CreatePipeline DeletePipeline DisableStageTransition EnableStageTransition "
                "GetPipeline GetPipelineExecution GetPipelineState ListActionExecutions ListPipelineExecutions "
                "ListTagsForResource PutApprovalResult PutWebhook RetryStageExecution StartPipelineExecution "
                "StopPipelineExecution TagResource UpdatePipeline"),
            tuple(scope.arn("codepipeline", resource) for resource in (app, f"{app}/*", f"webhook:{app}")),
        ),
        Statement(
            "PipelineWebhook",
            _of("codepipeline", "DeleteWebhook DeregisterWebhookWithThirdParty ListWebhooks "
                "RegisterWebhookWithThirdParty"),
            (scope.arn("codepipeline", "webhook:*"),),
        ),
    ]  # fmt: skip
    if connection:
        actions = tuple(
            f"{prefix}:{action}"
            for prefix in ("codeconnections", "codestar-connections")
            for action in ("GetConnection", "PassConnection", "UseConnection")
        )
        statements.append(Statement("Connection", actions, both_prefixes(connection)))
    else:  # to look at the one that is to take the token's place
        actions = ("codeconnections:GetConnection", "codestar-connections:GetConnection")
        places = both_prefixes(scope.arn("codeconnections", "connection/*"))
        statements.append(Statement("Connections", actions, places))
    if secret:
        actions = _of("secretsmanager", "CreateSecret DescribeSecret GetSecretValue PutSecretValue TagResource")
        statements.append(Statement("Token", actions, (secret,)))
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
