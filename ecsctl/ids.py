"""The type of every id that is used in more than one file: connecting the wrong resources is then a type error."""

from typing import NewType

VpcId = NewType("VpcId", str)
SubnetId = NewType("SubnetId", str)
InternetGatewayId = NewType("InternetGatewayId", str)
AllocationId = NewType("AllocationId", str)
NatGatewayId = NewType("NatGatewayId", str)
RouteTableId = NewType("RouteTableId", str)
SecurityGroupId = NewType("SecurityGroupId", str)

RepositoryUri = NewType("RepositoryUri", str)
RepositoryName = NewType("RepositoryName", str)
ImageUri = NewType("ImageUri", str)
LogGroupName = NewType("LogGroupName", str)
BucketName = NewType("BucketName", str)
RoleArn = NewType("RoleArn", str)
RoleName = NewType("RoleName", str)

CertificateArn = NewType("CertificateArn", str)
IssuedCertificateArn = NewType("IssuedCertificateArn", str)
RecordName = NewType("RecordName", str)
HostedZoneId = NewType("HostedZoneId", str)
LoadBalancerArn = NewType("LoadBalancerArn", str)
LoadBalancerDns = NewType("LoadBalancerDns", str)
LoadBalancerZoneId = NewType("LoadBalancerZoneId", str)
TargetGroupArn = NewType("TargetGroupArn", str)
ListenerArn = NewType("ListenerArn", str)
ListenerRuleArn = NewType("ListenerRuleArn", str)

FileSystemId = NewType("FileSystemId", str)
MountTargetsId = NewType("MountTargetsId", str)
AccessPointId = NewType("AccessPointId", str)
AccessPointArn = NewType("AccessPointArn", str)

ClusterName = NewType("ClusterName", str)
TaskDefinitionArn = NewType("TaskDefinitionArn", str)
ServiceName = NewType("ServiceName", str)
ScalableTargetId = NewType("ScalableTargetId", str)

CredentialsArn = NewType("CredentialsArn", str)
ConnectionArn = NewType("ConnectionArn", str)
ProjectName = NewType("ProjectName", str)
PipelineName = NewType("PipelineName", str)
PipelineWebhookName = NewType("PipelineWebhookName", str)
ScheduleGroupName = NewType("ScheduleGroupName", str)
TopicArn = NewType("TopicArn", str)
ApiDestinationArn = NewType("ApiDestinationArn", str)
AlarmName = NewType("AlarmName", str)
BacklogAlarmName = NewType("BacklogAlarmName", str)

ValidationName = NewType("ValidationName", str)
