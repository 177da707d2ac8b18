"""Says what the calls of each service are about: their resources, and what besides them is asked for.

The Service Authorization Reference's tables, "Actions, resources, and condition keys". Only what ecsctl calls is here;
any other call needs its action on `*`, but for those about tags that name a thing by its ARN.
"""

# The ARN's last part with the call's parameters in it. A parameter that holds an ARN is the resource itself. A list
# names one each; several templates are several resources of one call.
_TABLE = {
    "acm": {
        "DeleteCertificate DescribeCertificate": "{CertificateArn}",
    },
    "application-autoscaling": {
        "DeleteScalingPolicy DeleteScheduledAction DeregisterScalableTarget": "scalable-target/*",
        "PutScalingPolicy PutScheduledAction RegisterScalableTarget": "scalable-target/*",
    },
    "cloudwatch": {
        "DeleteAlarms DescribeAlarms": "alarm:{AlarmNames}",
        "PutMetricAlarm": "alarm:{AlarmName}",
    },
    "codebuild": {
        "BatchGetProjects": "project/{names}",
        "CreateProject UpdateProject DeleteProject": "project/{name}",
        "CreateWebhook UpdateWebhook DeleteWebhook ListBuildsForProject StartBuild": "project/{projectName}",
        "BatchGetBuilds": "project/{ids:}",
        "StopBuild": "project/{id:}",
    },
    "codeconnections": {"GetConnection": "{ConnectionArn}"},
    "codepipeline": {
        "GetPipeline DeletePipeline GetPipelineState StartPipelineExecution": "{name}",
        "ListActionExecutions ListPipelineExecutions StopPipelineExecution": "{pipelineName}",
        "CreatePipeline UpdatePipeline": "{pipeline.name}",
        "PutApprovalResult": "{pipelineName}/{stageName}/{actionName}",
        "RetryStageExecution": "{pipelineName}/{stageName}",
        "DeleteWebhook": "webhook:{name}",
        "DeregisterWebhookWithThirdParty RegisterWebhookWithThirdParty": "webhook:{webhookName}",
        "ListWebhooks": "webhook:*",
        "PutWebhook": "webhook:{webhook.name} {webhook.targetPipeline}",
    },
    "ec2": {
        "AllocateAddress": "elastic-ip/*",
        "AssociateRouteTable": "route-table/{RouteTableId} subnet/{SubnetId}",
        "AttachInternetGateway DetachInternetGateway": "internet-gateway/{InternetGatewayId} vpc/{VpcId}",
        "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress": "security-group/{GroupId} security-group-rule/*",
        "CreateFlowLogs": "vpc-flow-log/* vpc/{ResourceIds}",
        "CreateInternetGateway": "internet-gateway/*",
        "CreateNatGateway": "natgateway/* subnet/{SubnetId} elastic-ip/{AllocationId}",
        "CreateRoute DeleteRouteTable ReplaceRoute": "route-table/{RouteTableId}",
        "CreateRouteTable": "route-table/* vpc/{VpcId}",
        "CreateSecurityGroup": "security-group/* vpc/{VpcId}",
        "CreateSubnet": "subnet/* vpc/{VpcId}",
        "CreateVpc": "vpc/*",
        "CreateTags": "{Resources@}",
        "DeleteFlowLogs": "vpc-flow-log/{FlowLogIds}",
        "DeleteInternetGateway": "internet-gateway/{InternetGatewayId}",
        "DeleteNatGateway": "natgateway/{NatGatewayId}",
        "DeleteSecurityGroup RevokeSecurityGroupEgress RevokeSecurityGroupIngress": "security-group/{GroupId}",
        "DeleteSubnet": "subnet/{SubnetId}",
        "DeleteVpc ModifyVpcAttribute DescribeVpcAttribute": "vpc/{VpcId}",
        "DisassociateRouteTable": "route-table/{AssociationId#}",
        "ReplaceRouteTableAssociation": "route-table/{RouteTableId} subnet/{AssociationId#subnet}",
        "ReleaseAddress": "elastic-ip/{AllocationId}",
    },
    "ecr": {
        "DescribeRepositories": "repository/{repositoryNames}",
        "BatchGetImage CreateRepository DeleteLifecyclePolicy DeleteRepository DescribeImages GetLifecyclePolicy "
        "GetRepositoryPolicy PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy":
            "repository/{repositoryName}",
    },
    "ecs": {
        "CreateCluster": "cluster/{clusterName}",
        "DescribeClusters": "cluster/{clusters}",
        "DeleteCluster PutClusterCapacityProviders UpdateCluster UpdateClusterSettings": "cluster/{cluster}",
        "CreateService": "service/{cluster}/{serviceName}",
        "DeleteService UpdateService ListServiceDeployments": "service/{cluster}/{service}",
        "DescribeServices": "service/{cluster}/{services}",
        "DescribeServiceDeployments": "{serviceDeploymentArns}",
        "DescribeServiceRevisions": "{serviceRevisionArns}",
        "ContinueServiceDeployment StopServiceDeployment": "{serviceDeploymentArn}",
        "DescribeTasks": "task/{cluster}/{tasks}",
        "ExecuteCommand": "cluster/{cluster} task/{cluster}/{task}",
        "ListTasks": "container-instance/{cluster}/*",
        "RegisterTaskDefinition": "task-definition/{family}:*",
        "RunTask": "task-definition/{taskDefinition}",
        "StopTask": "task/{cluster}/{task}",
        "DeleteTaskDefinitions": "{taskDefinitions}",
    },
    "efs": {
        "CreateAccessPoint CreateMountTarget DeleteFileSystem DescribeFileSystemPolicy PutFileSystemPolicy":
            "file-system/{FileSystemId}",
        "DeleteAccessPoint": "access-point/{AccessPointId}",
        "DeleteMountTarget DescribeMountTargetSecurityGroups ModifyMountTargetSecurityGroups":
            "file-system/{MountTargetId&}",
        "TagResource": "{ResourceId&}",
    },
    "elbv2": {
        "AddTags": "{ResourceArns}",
        "CreateLoadBalancer": "loadbalancer/app/{Name}/*",
        "CreateTargetGroup": "targetgroup/{Name}/*",
        "CreateListener DeleteLoadBalancer ModifyLoadBalancerAttributes": "{LoadBalancerArn}",
        "SetSecurityGroups SetSubnets": "{LoadBalancerArn}",
        "CreateRule DeleteListener ModifyListener ModifyListenerAttributes": "{ListenerArn}",
        "DeleteRule ModifyRule": "{RuleArn}",
        "DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes": "{TargetGroupArn}",
    },
    "wafv2": {
        "AssociateWebACL": "{WebACLArn} {ResourceArn}",
        "DisassociateWebACL GetWebACLForResource": "{ResourceArn}",
        "GetWebACL": "regional/webacl/{Name}/{Id}",
    },
    "events": {
        "DeleteRule DescribeRule PutRule": "rule/{Name}",
        "ListTargetsByRule PutTargets RemoveTargets": "rule/{Rule}",
        "CreateConnection DeleteConnection DescribeConnection": "connection/{Name}",
        "CreateApiDestination DeleteApiDestination DescribeApiDestination UpdateApiDestination":
            "api-destination/{Name}",
    },
    "logs": {
        "AssociateKmsKey DisassociateKmsKey "
        "CreateLogGroup DeleteLogGroup DeleteRetentionPolicy PutRetentionPolicy DescribeLogStreams FilterLogEvents":
            "log-group:{logGroupName}:*",
        "CreateLogStream DeleteLogStream GetLogEvents": "log-group:{logGroupName}:log-stream:{logStreamName}",
    },
    "kms": {"DescribeKey GetKeyPolicy": "{KeyId^}"},
    "route53": {
        "ChangeResourceRecordSets ListResourceRecordSets GetHostedZone": "hostedzone/{HostedZoneId/}",
    },
    "scheduler": {
        "CreateSchedule UpdateSchedule DeleteSchedule GetSchedule": "schedule/{GroupName}/{Name}",
        "CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup": "schedule-group/{Name}",
    },
    "secretsmanager": {
        "CreateSecret": "{Name}",
        "DeleteSecret DescribeSecret GetSecretValue PutSecretValue RestoreSecret UpdateSecret":
            "{SecretId}",
    },
    "service-quotas": {"GetServiceQuota": "{ServiceCode}/{QuotaCode}"},
    "sqs": {"GetQueueUrl": "{QueueName}"},
    "ssm": {"TerminateSession": "session/{SessionId}"},
    "sns": {
        "CreateTopic": "{Name}",
        "DeleteTopic GetTopicAttributes ListSubscriptionsByTopic SetTopicAttributes Subscribe": "{TopicArn}",
        "Unsubscribe": "{SubscriptionArn}",
    },
}  # fmt: skip
RESOURCES = {
    service: {name: template for names, template in table.items() for name in names.split()}
    for service, table in _TABLE.items()
}
# Which services make their own role at the first call, if it is not there (each one's guide, "Service-linked roles").
LINKED = {
    "CreateCluster": ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    "CreateService": ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    "CreateLoadBalancer": ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
    "CreateConnection": (
        "apidestinations.events.amazonaws.com",
        "AWSServiceRoleForAmazonEventBridgeApiDestinations",
    ),
    "CreateFileSystem": ("elasticfilesystem.amazonaws.com", "AWSServiceRoleForAmazonElasticFileSystem"),
    "RegisterScalableTarget": (
        "ecs.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
    ),
}
