"""The refusals that are only temporary, since AWS accepts the same call a moment later: one table, by operation,
error code and message.

The same codes are also used for real mistakes, so a row has no words of the message only if AWS always sends the same
ones. Limits are Terraform's where it has one (hashicorp/terraform-provider-aws, internal/service/…).
"""

from __future__ import annotations

from dataclasses import dataclass

from ecsctl.aws.codes import code, text


@dataclass(frozen=True)
class Transient:
    """One temporary refusal. `words` is a part of AWS's message in lower case; `limit` is in seconds."""

    operations: str  # separated by spaces
    codes: str  # separated by spaces
    words: str
    limit: float
    says: str

    def matches(self, operation: str, error: BaseException) -> bool:
        """Whether this is that refusal: operation, code and words all match."""
        return (
            operation in self.operations.split()
            and code(error) in self.codes.split()
            and self.words in text(error).lower()
        )


FRESH = (
    "InvalidVpcID.NotFound InvalidSubnetID.NotFound InvalidGroup.NotFound InvalidInternetGatewayID.NotFound "
    "InvalidRouteTableID.NotFound NatGatewayNotFound InvalidNatGatewayID.NotFound InvalidAllocationID.NotFound "
    "InvalidNetworkInterfaceID.NotFound"
)
_EC2_CHANGES = (
    "CreateSubnet CreateInternetGateway AttachInternetGateway CreateNatGateway CreateRouteTable CreateRoute "
    "ReplaceRoute AssociateRouteTable ReplaceRouteTableAssociation CreateSecurityGroup AuthorizeSecurityGroupIngress "
    "AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress ModifyVpcAttribute "
    "ModifySubnetAttribute CreateFlowLogs CreateTags"
)
_EC2_READS = (
    "DescribeVpcs DescribeVpcAttribute DescribeSubnets DescribeInternetGateways DescribeAddresses DescribeNatGateways "
    "DescribeRouteTables DescribeSecurityGroups DescribeSecurityGroupRules DescribeNetworkInterfaces"
)

TRANSIENTS = (
    Transient(_EC2_CHANGES, FRESH, "", 120, "EC2 does not show everywhere yet what was just made"),
    Transient(_EC2_READS, FRESH, "", 120, "EC2 does not show everywhere yet what was just made"),
    Transient("RevokeSecurityGroupIngress", "InvalidSecurityGroupRuleId.NotFound InvalidPermission.NotFound", "", 60,
              "EC2 still lists a rule that is gone"),
    Transient("CreateTargetGroup CreateLoadBalancer SetSubnets SetSecurityGroups",
              FRESH, "", 120, "load balancing does not see the new network yet"),
    # The same code means a subnet without free addresses; in our own network the gateway exists already
    # (giantswarm/aws-operator#1231), and a network that is not ours has been checked.
    Transient("CreateLoadBalancer SetSubnets", "InvalidSubnet", "has no internet gateway", 120,
              "load balancing does not see the new internet gateway yet"),
    Transient("CreateLoadBalancer SetSubnets", "SubnetNotFound", "does not exist", 120,
              "load balancing does not see the new network yet"),
    Transient("CreateLoadBalancer SetSecurityGroups", "InvalidSecurityGroup", "security groups are invalid", 120,
              "load balancing does not see the new network yet"),
    Transient("CreateLoadBalancer CreateListener ModifyListener ModifyListenerAttributes CreateRule ModifyRule "
              "DeleteRule CreateTargetGroup ModifyTargetGroup DeleteListener "
              "SetSubnets SetSecurityGroups ModifyLoadBalancerAttributes ModifyTargetGroupAttributes AddTags",
              "PriorRequestNotComplete", "", 60, "an earlier change of the load balancer is under way"),
    # terraform-aws-modules/terraform-aws-s3-bucket#185 has the same words for a policy that lacks something.
    Transient("ModifyLoadBalancerAttributes", "InvalidConfigurationRequest", "access denied for bucket", 120,
              "S3 does not let the load balancer into the bucket yet"),
    Transient("ModifyLoadBalancerAttributes", "InvalidConfigurationRequest", "transient issue", 120,
              "load balancing does not see the bucket yet"),
    # kubernetes-sigs/aws-load-balancer-controller#2022, #685: only while the load balancer is new.
    Transient("AssociateWebACL", "WAFUnavailableEntityException WAFNonexistentItemException", "", 300,
              "WAF does not see the load balancer yet"),
    Transient("CreateListener ModifyListener", "UnsupportedCertificate",
              "must have a fully-qualified domain name", 300, "the new certificate is not known everywhere yet"),
    Transient("CreateListener ModifyListener", "CertificateNotFound", "", 300,
              "the new certificate is not known everywhere yet"),
    Transient("CreateRole UpdateAssumeRolePolicy PutBucketPolicy PutRolePolicy", "MalformedPolicyDocument",
              "invalid principal in policy", 120, "IAM does not know the new role everywhere yet"),
    Transient("UpdateAssumeRolePolicy PutRolePolicy TagRole GetRole ListRoleTags ListRolePolicies "
              "ListAttachedRolePolicies", "NoSuchEntity", "", 60,
              "IAM does not say everywhere yet whether the role is there"),
    Transient("AttachRolePolicy", "NoSuchEntity", "the role with name", 60,
              "IAM does not know the new role everywhere yet"),
    # hashicorp/terraform-provider-aws, internal/service/ec2/vpc_flow_log.go; its #29323.
    Transient("CreateFlowLogs", "InvalidParameter", "unable to assume given iam role", 120,
              "VPC Flow Logs cannot assume the new role yet"),
    # The same provider, internal/service/events/rule.go; Miserlou/Zappa#381.
    Transient("PutRule PutTargets", "ValidationException", "cannot be assumed by principal", 120,
              "EventBridge cannot assume the new role yet"),
    Transient("CreateProject UpdateProject", "InvalidInputException", "not authorized to perform: sts:assumerole", 120,
              "CodeBuild cannot assume the new role yet"),
    Transient("CreateProject UpdateProject", "InvalidInputException", "not authorized to perform describe", 120,
              "CodeBuild does not see the new rights of its role yet"),
    Transient("CreatePipeline UpdatePipeline", "InvalidStructureException",
              "not authorized to perform assumerole on role", 120, "CodePipeline cannot assume the new role yet"),
    Transient("CreateWebhook", "OAuthProviderException", "", 60, "GitHub does not accept the new token yet"),
    Transient("CreateMountTarget CreateAccessPoint PutFileSystemPolicy DeleteFileSystem",
              "IncorrectFileSystemLifeCycleState", "", 300, "the file system is being changed"),
    Transient("ModifyMountTargetSecurityGroups DeleteMountTarget", "IncorrectMountTargetState", "", 300,
              "the mount target is being made"),
    Transient("CreateMountTarget ModifyMountTargetSecurityGroups", "SubnetNotFound SecurityGroupNotFound", "", 120,
              "EFS does not see the new network yet"),
    Transient("CreateMountTarget CreateAccessPoint PutFileSystemPolicy", "FileSystemNotFound", "", 120,
              "EFS does not show the new file system everywhere yet"),
    Transient("CreateMountTarget", "MountTargetConflict", "already exists in this az", 300,
              "an earlier mount target of the zone is being deleted, or what was just made does not show yet"),
    Transient("DeleteFileSystem", "FileSystemInUse", "", 300, "its last mount target is being deleted"),
    # For a cluster created within the minute alchemy-run/alchemy#1558, for a task awslabs/fargatecli#35.
    Transient("CreateCluster CreateService UpdateService PutClusterCapacityProviders RunTask",
              "InvalidParameterException", "unable to assume the service linked role", 120,
              "ECS's service-linked role is being made"),
    Transient("CreateService UpdateService", "InvalidParameterException",
              "verify that the ecs service role being passed has the proper permissions", 120,
              "ECS cannot use the new role yet"),
    Transient("CreateService UpdateService", "InvalidParameterException", "does not have an associated load balancer",
              120, "ECS does not see the listener of the target group yet"),
    # ECS guide, "Update the deployment strategy …": not while a deployment is under way. The words are a guess.
    Transient("UpdateService", "InvalidParameterException", "in progress", 900,
              "ECS changes no strategy while a deployment is under way"),
    # dask/dask-cloudprovider#56: EC2 throttles ECS, and ECS passes that on as an invalid request.
    Transient("CreateService UpdateService RunTask", "InvalidParameterException", "request limit exceeded", 120,
              "EC2 asks ECS to slow down"),
    Transient("PutClusterCapacityProviders", "ClientException", "cluster was not active", 120,
              "the cluster is being made or changed"),  # hashicorp/terraform-provider-aws#11285
    Transient("PutClusterCapacityProviders UpdateClusterSettings", "UpdateInProgressException ResourceInUseException",
              "", 600, "another change of the cluster is under way"),
    Transient("CreateService", "InvalidParameterException", "unable to start a service that is still draining", 600,
              "the service of the same name is still draining"),
    Transient("CreateService RegisterTaskDefinition UpdateClusterSettings", "ClusterNotFoundException", "", 120,
              "ECS does not show the new cluster everywhere yet"),
    # hashicorp/terraform-provider-aws, internal/service/scheduler, retries on the same words.
    Transient("CreateSchedule UpdateSchedule", "ValidationException", "must allow aws eventbridge scheduler to assume",
              120, "EventBridge Scheduler cannot assume the new role yet"),
    # An existing one was read before, and refused: what remains is one that is being deleted, and still has its name.
    Transient("UpdateSchedule DeleteSchedule DeleteScheduleGroup", "ConflictException", "", 60,
              "another change of the schedule is under way"),
    Transient("CreateScheduleGroup", "ConflictException", "", 120, "a schedule group of that name is being deleted"),
    Transient("CreateSchedule", "ConflictException", "being deleted", 120, "its schedule group is being deleted"),
    Transient("RegisterTaskDefinition RunTask", "ClientException", "unable to assume the role", 120,
              "ECS cannot assume the new role yet"),
    Transient("ChangeResourceRecordSets", "PriorRequestNotComplete", "", 300,
              "an earlier change of the hosted zone is under way"),
    Transient("CreateBucket", "OperationAborted", "conflicting conditional operation", 3600,
              "S3 is still removing a bucket of that name"),
    Transient("PutBucketPolicy PutPublicAccessBlock PutBucketEncryption PutBucketLifecycleConfiguration "
              "PutBucketTagging PutBucketVersioning PutBucketOwnershipControls DeleteBucketPolicy DeleteBucket",
              "OperationAborted",
              "conflicting conditional operation", 120, "another setting of the bucket is being written"),
    Transient("PutBucketPolicy PutPublicAccessBlock PutBucketEncryption PutBucketLifecycleConfiguration "
              "PutBucketTagging PutBucketVersioning PutBucketOwnershipControls", "NoSuchBucket", "", 120,
              "S3 does not show the new bucket everywhere yet"),
    Transient("AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey "
              "PutRetentionPolicy TagResource",
              "OperationAbortedException", "", 60,
              "another change of the log group is under way"),
    Transient("CreateSecret", "InvalidRequestException", "scheduled for deletion", 120,
              "the secret of the same name is still being deleted"),
    Transient("CreateProject UpdateProject DeleteProject CreateWebhook", "ConcurrentModificationException", "", 60,
              "another change of the project is under way"),
    Transient("CreatePipeline UpdatePipeline DeletePipeline", "ConcurrentModificationException", "", 60,
              "another change of the pipeline is under way"),
    Transient("CreateRole UpdateAssumeRolePolicy PutRolePolicy DeleteRolePolicy DeleteRole TagRole UntagRole",
              "ConcurrentModification", "", 60, "another change of the role is under way"),
    Transient("CreateProject UpdateProject", "OAuthProviderException", "access denied to connection", 120,
              "CodeBuild cannot use the connection yet"),
    Transient("PutWebhook DeleteWebhook", "ConcurrentModificationException", "", 60,
              "another change of the webhook is under way"),
    Transient("StopPipelineExecution", "PipelineExecutionNotStoppableException DuplicatedStopRequestException "
              "ConflictException", "", 60, "the execution is ending by itself"),
    Transient("PutScalingPolicy", "ObjectNotFoundException", "no scalable target", 120,
              "autoscaling does not show the new target everywhere yet"),
    Transient("RegisterScalableTarget", "ValidationException", "ecs service doesn't exist", 120,
              "autoscaling does not see the new service yet"),
    # hashicorp/terraform-provider-aws, internal/service/appautoscaling, retries on the same words; a first use gets
    # them too.
    Transient("RegisterScalableTarget", "ValidationException", "unable to assume iam role", 120,
              "autoscaling's service-linked role is being made"),
    # hashicorp/terraform-provider-aws#17915.
    Transient("RegisterScalableTarget PutScalingPolicy DeregisterScalableTarget DeleteScalingPolicy PutScheduledAction "
              "DeleteScheduledAction", "ConcurrentUpdateException", "", 60,
              "another change of the autoscaling is under way"),
    # alchemy-run/alchemy#206.
    Transient("PutRule DeleteRule PutTargets RemoveTargets UpdateApiDestination DeleteApiDestination DeleteConnection",
              "ConcurrentModificationException", "", 60, "another change of the EventBridge rule is under way"),
    Transient("TagResource CreateTopic DeleteTopic", "ConcurrentModificationException ConcurrentAccess "
              "ConflictException", "", 60,
              "another change of its tags is under way"),
    Transient("DeleteAlarms", "ResourceConflict", "", 60, "another change of the alarm is under way"),
    # What still uses a resource that is to be deleted, and releases it on its own.
    Transient("DeleteSecurityGroup", "DependencyViolation InvalidGroup.InUse", "", 900,
              "network interfaces that AWS has not released, or another group's rules, still use the group"),
    Transient("DeleteSubnet DeleteVpc DeleteInternetGateway DetachInternetGateway DeleteRouteTable",
              "DependencyViolation", "", 1200, "AWS has not released everything inside yet"),
    Transient("ReleaseAddress", "InvalidIPAddress.InUse DependencyViolation", "", 300,
              "the NAT gateway has not released its address yet"),
    Transient("ReleaseAddress", "AuthFailure", "permission to access the specified resource", 300,  # also: bad keys
              "the NAT gateway has not released its address yet"),
    Transient("DeleteTargetGroup", "PriorRequestNotComplete", "", 60, "an earlier change of the group is under way"),
    Transient("DeleteTargetGroup", "ResourceInUse", "currently in use by a listener or a rule", 120,
              "the listener has not released the target group yet"),
    # Not ResourceInUse: a person has to end an association with another service (cloud-custodian/cloud-custodian#9921).
    Transient("DeleteLoadBalancer", "PriorRequestNotComplete", "", 120,
              "an earlier change of the load balancer is under way"),
    Transient("DeleteCertificate", "ResourceInUseException", "", 1200,
              "the load balancer has not released the certificate yet"),
    Transient("DeleteCertificate", "ConflictException", "", 120, "another change of the certificate is under way"),
    Transient("DeleteService", "InvalidParameterException", "cannot be stopped while", 1200,
              "a deployment of the service is still under way"),
    Transient("DeleteCluster", "ClusterContainsServicesException ClusterContainsTasksException "
              "ClusterContainsContainerInstancesException ClusterContainsCapacityProviderException "
              "UpdateInProgressException", "", 600, "the cluster is still emptying"),
    Transient("DeleteTaskDefinitions", "Failed", "still in active status", 60,
              "ECS does not show everywhere yet that the revision is deregistered"),
    Transient("DeleteRole", "DeleteConflict", "", 120, "IAM has not taken the role's policies away everywhere yet"),
    Transient("DeleteBucket", "BucketNotEmpty", "", 120, "something still writes into the bucket"),
)  # fmt: skip


def transient(error: BaseException) -> Transient | None:
    """The row of the table that this error matches, or None if it is not temporary."""
    operation = getattr(error, "operation_name", "")
    return next((row for row in TRANSIENTS if row.matches(operation, error)), None)
