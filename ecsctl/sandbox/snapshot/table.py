"""Says what a snapshot reads: one row for each kind of resource, and what its listing leaves out."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ecsctl.sandbox.aws.account import ACCOUNT
from ecsctl.sandbox.builds import artifacts

Resource = dict[str, Any]
Detail = Callable[[Any, Resource], Resource]


def _never(_resource: Resource) -> bool:
    return False


def _ended(*states: str) -> Callable[[Resource], bool]:
    return lambda resource: (resource.get("State") or resource.get("status")) in states


def _is_default(group: Resource) -> bool:
    return bool(group["Name"] == "default")


@dataclass(frozen=True)
class Listing:
    """A kind of resource, the operation that lists it, the member of its answer, and the field that names one.

    `gone` says which of what AWS lists no longer exists. A listing of bare names gives `{"id": name}`.
    """

    kind: str
    service: str
    operation: str
    member: str
    id: str = "id"
    arguments: dict[str, Any] = field(default_factory=dict, compare=False)
    gone: Callable[[Resource], bool] = _never


_ROLES = Listing("roles", "iam", "list_roles", "Roles", "RoleName")
_ZONES = Listing("hosted zones", "route53", "list_hosted_zones", "HostedZones", "Id")
_BUCKETS = Listing("buckets", "s3", "list_buckets", "Buckets", "Name")
_POLICIES = Listing("managed policies", "iam", "list_policies", "Policies", "Arn", {"Scope": "Local"})
_USERS = Listing("users", "iam", "list_users", "Users", "UserName")
_PROFILES = Listing("instance profiles", "iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName")
GLOBAL = [_ROLES, _ZONES, _BUCKETS, _POLICIES, _USERS, _PROFILES]

_SCALING, _SCALED = "application-autoscaling", {"ServiceNamespace": "ecs"}

LISTS = [
    *GLOBAL,
    Listing("vpcs", "ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Listing("flow logs", "ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Listing("subnets", "ec2", "describe_subnets", "Subnets", "SubnetId"),
    Listing("internet gateways", "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Listing("addresses", "ec2", "describe_addresses", "Addresses", "AllocationId"),
    Listing(
        "nat gateways", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", gone=_ended("deleted", "failed")
    ),
    Listing("route tables", "ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    Listing("security groups", "ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    Listing("group rules", "ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    Listing("network interfaces", "ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    Listing("network acls", "ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    Listing("vpc endpoints", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", gone=_ended("deleted")),
    Listing("load balancers", "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    Listing("target groups", "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    Listing("certificates", "acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    Listing("log groups", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    Listing("repositories", "ecr", "describe_repositories", "repositories", "repositoryName"),
    Listing("clusters", "ecs", "list_clusters", "clusterArns"),
    Listing("task definitions", "ecs", "list_task_definitions", "taskDefinitionArns", arguments={"status": "ACTIVE"}),
    Listing("scalable targets", _SCALING, "describe_scalable_targets", "ScalableTargets", "ResourceId", _SCALED),
    Listing("scaling policies", _SCALING, "describe_scaling_policies", "ScalingPolicies", "PolicyName", _SCALED),
    Listing("build projects", "codebuild", "list_projects", "projects"),
    Listing("source credentials", "codebuild", "list_source_credentials", "sourceCredentialsInfos", "arn"),
    Listing("pipelines", "codepipeline", "list_pipelines", "pipelines", "name"),
    Listing("pipeline webhooks", "codepipeline", "list_webhooks", "webhooks", "arn"),
    Listing("connections", "codeconnections", "list_connections", "Connections", "ConnectionArn"),
    Listing("topics", "sns", "list_topics", "Topics", "TopicArn"),
    Listing("subscriptions", "sns", "list_subscriptions", "Subscriptions", "Endpoint"),
    Listing("alarms", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Listing("web ACLs", "wafv2", "list_web_acls", "WebACLs", "ARN", {"Scope": "REGIONAL"}),
    Listing("event rules", "events", "list_rules", "Rules", "Name"),
    Listing("event connections", "events", "list_connections", "Connections", "Name"),
    Listing("API destinations", "events", "list_api_destinations", "ApiDestinations", "Name"),
    Listing("file systems", "efs", "describe_file_systems", "FileSystems", "FileSystemId"),
    Listing("access points", "efs", "describe_access_points", "AccessPoints", "AccessPointId"),
    Listing("schedule groups", "scheduler", "list_schedule_groups", "ScheduleGroups", "Name", gone=_is_default),
    Listing("schedules", "scheduler", "list_schedules", "Schedules", "Name"),
    Listing("secrets", "secretsmanager", "list_secrets", "SecretList", "Name", {"IncludePlannedDeletion": True}),
]  # fmt: skip


def digest(text: str) -> str:
    """Returns what stands in a snapshot for a secret value."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _asked(client: Any, operation: str, **arguments: Any) -> Resource:
    """An answer without its metadata; nothing where AWS says that there is nothing."""
    try:
        answer: Resource = getattr(client, operation)(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code.startswith("NoSuch") or "NotFound" in code or code == "InvalidRequestException":
            return {}
        raise
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _detail(operation: str, argument: str, name: str, source: str = "id", many: bool = False) -> Detail:
    """Ask `operation` about the resource; what it answers stands under `name`."""

    def ask(client: Any, resource: Resource) -> Resource:
        value = resource[source]
        return {name: _asked(client, operation, **{argument: [value] if many else value})}

    return ask


def _vpc_attributes(client: Any, vpc: Resource) -> Resource:
    names = ("enableDnsSupport", "enableDnsHostnames")
    return {name: _asked(client, "describe_vpc_attribute", VpcId=vpc["VpcId"], Attribute=name) for name in names}


def _role(client: Any, role: Resource) -> Resource:
    name = role["RoleName"]
    inline = _asked(client, "list_role_policies", RoleName=name)["PolicyNames"]
    documents = {one: client.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in inline}
    whole: Resource = client.get_role(RoleName=name)["Role"]
    whole.pop("RoleLastUsed", None)
    return whole | {
        "inline": documents,
        "attached": _asked(client, "list_attached_role_policies", RoleName=name)["AttachedPolicies"],
    }


def _zone(client: Any, zone: Resource) -> Resource:
    records = client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone["Id"])
    tags = client.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone["Id"].rpartition("/")[2])
    return {
        "records": [record for page in records for record in page["ResourceRecordSets"]],
        "tags": tags["ResourceTagSet"]["Tags"],
    }


_BUCKET_SETTINGS = (
    "get_bucket_location", "get_bucket_versioning", "get_bucket_policy", "get_bucket_encryption", "get_bucket_tagging",
    "get_public_access_block", "get_bucket_ownership_controls", "get_bucket_lifecycle_configuration",
)  # fmt: skip


def _bucket(client: Any, bucket: Resource) -> Resource:
    name = bucket["Name"]
    objects = client.get_paginator("list_object_versions").paginate(Bucket=name)
    versions = [one for page in objects for kind in ("Versions", "DeleteMarkers") for one in page.get(kind, [])]
    settings = {operation: _asked(client, operation, Bucket=name) for operation in _BUCKET_SETTINGS}
    kept = [one for one in versions if not artifacts.is_artifact(ACCOUNT, name, one["Key"])]  # the rest is history
    return settings | {"objects": [{"Key": one["Key"], "ETag": one.get("ETag")} for one in kept]}


def _listeners(client: Any, balancer: Resource) -> Resource:
    found = client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {"listeners": [listener | _listener(client, listener["ListenerArn"]) for listener in found]}


def _listener(client: Any, arn: str) -> Resource:
    return {
        "tags": client.describe_tags(ResourceArns=[arn])["TagDescriptions"],
        "rules": client.describe_rules(ListenerArn=arn)["Rules"],
    }


def _health(client: Any, group: Resource) -> Resource:
    found = client.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    return {"targets": [one["Target"] for one in found]}


def _certificate(client: Any, certificate: Resource) -> Resource:
    arn = certificate["CertificateArn"]
    tags = client.list_tags_for_certificate(CertificateArn=arn)["Tags"]
    return _asked(client, "describe_certificate", CertificateArn=arn) | {"tags": tags}


def _log_group(client: Any, group: Resource) -> Resource:
    name = group["logGroupName"]
    streams = client.get_paginator("describe_log_streams").paginate(logGroupName=name)
    return {
        "tags": client.list_tags_log_group(logGroupName=name)["tags"],
        "streams": [stream["logStreamName"] for page in streams for stream in page["logStreams"]],
    }


def _repository(client: Any, repository: Resource) -> Resource:
    name, arn = repository["repositoryName"], repository["repositoryArn"]
    images = client.get_paginator("list_images").paginate(repositoryName=name)
    return {
        "tags": client.list_tags_for_resource(resourceArn=arn)["tags"],
        "images": [image for page in images for image in page["imageIds"]],
        "lifecycle": _asked(client, "get_lifecycle_policy", repositoryName=name).get("lifecyclePolicyText"),
        "policy": _asked(client, "get_repository_policy", repositoryName=name).get("policyText"),
    }


def _cluster(client: Any, cluster: Resource) -> Resource:
    arn = cluster["id"]
    described = client.describe_clusters(clusters=[arn], include=["TAGS", "SETTINGS", "CONFIGURATIONS"])["clusters"]
    whole: Resource = described[0]
    return whole | {"services": list(_services(client, arn)), "tasks": list(_tasks(client, arn))}


def _services(client: Any, cluster: str) -> Iterator[Resource]:
    for page in client.get_paginator("list_services").paginate(cluster=cluster):
        for arn in page["serviceArns"]:
            yield from client.describe_services(cluster=cluster, services=[arn], include=["TAGS"])["services"]


def _tasks(client: Any, cluster: str) -> Iterator[Resource]:
    for page in client.get_paginator("list_tasks").paginate(cluster=cluster):
        for arn in page["taskArns"]:
            yield from client.describe_tasks(cluster=cluster, tasks=[arn], include=["TAGS"])["tasks"]


def _secret(client: Any, secret: Resource) -> Resource:
    value = _asked(client, "get_secret_value", SecretId=secret["ARN"])
    return {"value": digest(value["SecretString"]) if "SecretString" in value else None}


def _policy_versions(client: Any, policy: Resource) -> Resource:
    versions = client.list_policy_versions(PolicyArn=policy["Arn"])["Versions"]
    return {"versions": versions}


DETAILS: dict[str, tuple[Detail, ...]] = {
    "roles": (_role,),
    "managed policies": (_policy_versions,),
    "hosted zones": (_zone,),
    "buckets": (_bucket,),
    "vpcs": (_vpc_attributes,),
    "load balancers": (
        _detail("describe_load_balancer_attributes", "LoadBalancerArn", "attributes", "LoadBalancerArn"),
        _detail("describe_tags", "ResourceArns", "tags", "LoadBalancerArn", many=True),
        _listeners,
    ),
    "target groups": (
        _detail("describe_target_group_attributes", "TargetGroupArn", "attributes", "TargetGroupArn"),
        _detail("describe_tags", "ResourceArns", "tags", "TargetGroupArn", many=True),
        _health,
    ),
    "certificates": (_certificate,),
    "log groups": (_log_group,),
    "repositories": (_repository,),
    "clusters": (_cluster,),
    "task definitions": (
        lambda client, one: client.describe_task_definition(taskDefinition=one["id"], include=["TAGS"]),
    ),
    "build projects": (_detail("batch_get_projects", "names", "project", many=True),),
    "pipelines": (
        _detail("get_pipeline", "name", "pipeline", "name"),
        lambda client, one: {
            "tags": client.list_tags_for_resource(resourceArn=one["pipeline"]["metadata"]["pipelineArn"])["tags"]
        },
    ),
    "connections": (_detail("list_tags_for_resource", "ResourceArn", "tags", "ConnectionArn"),),
    "topics": (
        _detail("get_topic_attributes", "TopicArn", "attributes", "TopicArn"),
        _detail("list_tags_for_resource", "ResourceArn", "tags", "TopicArn"),
    ),
    "alarms": (_detail("list_tags_for_resource", "ResourceARN", "tags", "AlarmArn"),),
    "event rules": (
        _detail("list_targets_by_rule", "Rule", "targets", "Name"),
        _detail("list_tags_for_resource", "ResourceARN", "tags", "Arn"),
    ),
    "file systems": (
        _detail("describe_mount_targets", "FileSystemId", "targets", "FileSystemId"),
        _detail("describe_file_system_policy", "FileSystemId", "policy", "FileSystemId"),
    ),
    "schedule groups": (_detail("list_tags_for_resource", "ResourceArn", "tags", "Arn"),),
    "schedules": (
        lambda client, one: {"schedule": _asked(client, "get_schedule", Name=one["Name"], GroupName=one["GroupName"])},
    ),
    "secrets": (_secret,),
}
